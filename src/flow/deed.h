#pragma once
/*
 * deed: what a rule does besides packets: ask, remind, notify, close. Each is a
 * job of its own, written when the rule begins to hold. It is done once, while
 * the rule still holds for the same; what stands in its way (an open question,
 * a ticket that was laid aside) is waited for.
 */
#include <assent/flow/facts.h>
#include <assent/flow/notice.h>
#include <assent/flow/story.h>

struct deed_wish {
	const struct ticket *ticket;
	const struct rule *rule;
	const char *key; /* watch_key() */
};
/* In the place of what this rule was to do for this ticket and did not yet. */
int deed_want(struct desk *desk, const struct deed_wish *wish, struct err *err) MUST_USE;

/* --- for deed_*.c ------------------------------------------------------------------ */

struct deed { /* one on its way */
	struct desk *desk;
	struct call *call; /* again: not now */
	const json_t *wish; /* the rule's texts and keys, as they were when it began to hold */
	struct ticket ticket;
	const char *rule, *key;
	const char *by; /* "rule:high_value" */
};

#define DEED_RETRY (15 * MS_MINUTE) /* of what stands in the way */

/* It is not done now, but looked at again. */
int deed_wait(struct deed *deed, utc_ms until);

/* title, suggest or ask as this language reads it; in tx_arena(). */
const char *deed_text(const struct deed *deed, const char *field, const char *locale);
/* A key of the rule; "" for none. In tx_arena(). */
const char *deed_word(const struct deed *deed, const char *key);
/* {"title": {…}, "suggest": {…}} as packets have them; in tx_arena(). */
const char *deed_texts(const struct deed *deed);

/* The ticket heard of it: an event that names the rule. */
int deed_record(struct deed *deed, struct err *err) MUST_USE;

/* *out: is a question of this ticket open? *sent (may be NULL) is the newest that was sent. */
int deed_find_open(struct deed *deed, bool *out, struct approval *sent, struct err *err) MUST_USE;

enum deed_why { DEED_NOTIFY, DEED_ASKED, DEED_CLOSED };
struct deed_letter {
	enum deed_why why;
	const char *question, *approver; /* of what was asked; NULL for nothing */
	utc_ms when; /* its mail leaves; 0 for nothing */
	size_t withdrawn; /* questions */
};
/* One mail to each of the people of the rule's `to`, as packets find them; who is on call alone. */
int deed_tell_role(struct deed *deed, const struct deed_letter *letter, struct err *err) MUST_USE;
/* To the ticket's engineer, where there is one who is of this desk. */
int deed_tell_engineer(
    struct deed *deed, const struct deed_letter *letter, struct err *err) MUST_USE;

int deed_ask(struct deed *deed, struct err *err) MUST_USE;
int deed_remind(struct deed *deed, struct err *err) MUST_USE;
int deed_notify(struct deed *deed, struct err *err) MUST_USE;
int deed_close(struct deed *deed, struct err *err) MUST_USE;
