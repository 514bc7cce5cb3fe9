#pragma once
/*
 * bundle: what a document may be written from, as text with named sections.
 *
 * Pure. Every text is taken in without invisible characters, without our own
 * tokens and without what looks like a secret; sections have limits of their
 * own and a common one, newest messages stay with the first report, cuts are
 * at characters and carry a mark. Lines of strangers are set in, so that none
 * looks like a section; a paragraph that talks to a machine carries a mark, and
 * nothing in it grounds a document (ai/form.h).
 */
#include <assent/base/clock.h>
#include <assent/base/mem.h>

#include <stdbool.h>
#include <stddef.h>

#define BUNDLE_MAX ((size_t)48 << 10) /* bytes of the whole */

struct text_pair {
	const char *name, *value;
};

struct bundle_message {
	const char *from; /* "customer", "engineer" or "other": names stay out */
	bool is_public;
	utc_ms at;
	const char *text; /* its own words */
};

struct bundle_finding {
	const char *kind; /* "reported", "observed", "check", "script" */
	const char *text;
	utc_ms at;
};

struct bundle_fix {
	const char *title, *description;
	int confidence; /* 0 to 100 */
	const char *state; /* "active", "superseded", "one_off", … */
};

struct bundle_task {
	const char *kind; /* "question", "action" */
	const char *text, *answer; /* answer "" where there is none yet */
	const char *state; /* "open", "answered", "skipped" */
};

struct bundle {
	const char *title, *question, *customer, *status;
	const char *attributes; /* JSON object, "" for none */
	const struct text_pair *extra; /* more named facts */
	size_t extra_count;
	const struct bundle_message *messages; /* oldest first */
	size_t message_count;
	size_t skipped; /* messages behind the first that are not even in messages */
	const struct bundle_finding *findings;
	size_t finding_count;
	const struct bundle_fix *fixes;
	size_t fix_count;
	const struct bundle_task *tasks;
	size_t task_count;
	const struct text_pair
	    *acts; /* "resolve", "escalate", "spent", …, and what was said with it */
	size_t act_count;
	const char *decision; /* what the owner decided, with comment; "" for none */
	const char *spent; /* time spent, in words; "" when nobody noted any */
	const char *sensitive[16]; /* names of attributes that are never shown; NULL ends */
};

/* The one whose state is "active"; NULL. */
const struct bundle_fix *bundle_active_fix(const struct bundle *bundle);

/* The text that prompts show as {{material}} and that a document is checked against; in arena. */
const char *bundle_text(const struct bundle *bundle, struct arena *arena) MUST_USE;
