#pragma once
/*
 * form: the exact form of each kind of document, and whether a text has it.
 *
 * Pure and linear. Headings are compared word for word in the reader's
 * language; numbers, addresses, names of commands and identifiers of the text
 * must stand in the bundle, outside of paragraphs that talk to a machine.
 */
#include <assent/ai/bundle.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

#define FORM_BULLETS_MIN 4 /* of a summary */
#define FORM_BULLETS_MAX 6
#define FORM_BULLET_SIZE 200 /* bytes, without the NUL */

enum document_kind {
	DOCUMENT_SUMMARY,
	DOCUMENT_HANDOFF,
	DOCUMENT_RESOLUTION,
	DOCUMENT_PROPOSAL,
	DOCUMENT_NOTES,
	DOCUMENT_KINDS
};

const char *document_kind_name(enum document_kind kind); /* "summary", … */
bool document_kind_find(const char *name, enum document_kind *out) MUST_USE;

/* What headings and fixed words are called; docs/PROMPTS.md says how a language is added. */
enum form_word {
	WORD_PROBLEM,
	WORD_CONFIRMED, /* "What we've confirmed": handoff */
	WORD_TRIED,
	WORD_HYPOTHESIS,
	WORD_SUGGESTED,
	WORD_WE_CONFIRMED, /* "What we confirmed": resolution */
	WORD_CAUSE,
	WORD_RESOLUTION,
	WORD_PROBLEM_SUMMARY,
	WORD_STEPS,
	WORD_NEXT_STEPS,
	WORD_NO_HYPOTHESIS,
	WORD_NOT_STATED,
	WORD_NONE_MATERIAL,
	WORD_SPENT, /* "Time spent" */
	WORD_ASKED, /* the rest are of what is written without a model */
	WORD_IMPACT,
	WORD_COST,
	WORD_WHEN,
	WORD_OPEN,
	WORD_APPLY,
	WORD_ASK,
	WORD_DO,
	WORD_REVIEW,
	WORD_CHECK_AGAIN,
	WORD_NOTHING,
	WORD_SEE_ABOVE,
	WORD_REPORTED,
	WORD_OBSERVED,
	WORD_CHECK,
	WORD_SCRIPT,
	WORD_SUPERSEDED,
	WORD_APPLIED,
	WORD_DISMISSED,
	WORD_UNSTATED, /* "Not stated", before what all is not */
	WORD_APPROVED,
	WORD_REJECTED,
	FORM_WORDS
};

/* As prompts/<language>.words names it, and prompts call it. */
const char *form_word_key(enum form_word word);

/* A language's words. */
struct form_words {
	const char *items[FORM_WORDS];
};

/* Built in: the locale's language, English where there is none of it. */
const struct form_words *form_words(const char *locale);
const char *form_word(const char *locale, enum form_word word);

/*
 * A site's own, of site_dir/prompts/<locale>.words or <language>.words, in
 * arena; what that does not name is built in. ERR_INVALID says
 * file:line:column.
 */
int form_words_read(const char *site_dir, const char *locale, struct arena *arena,
    const struct form_words **out, struct err *err) MUST_USE;
/* Can they be read? For `assent config check`. */
int form_words_check(const char *site_dir, const char *locale, struct err *err) MUST_USE;

struct form_faults { /* each a sentence that a model can act on */
	const char *items[16];
	size_t count;
};

/*
 * Does text have the form? out gets it as it may be stored (marks of bullets
 * made one, blank lines settled, emphasis taken out; a proposal as canonical
 * JSON). False fills faults, in arena. A proposal that is true may have faults,
 * too: what was ignored, and why.
 */
struct form_check {
	enum document_kind kind;
	const char *locale;
	const struct form_words *words; /* NULL: what is built in for the locale */
	const char *text; /* of the model */
	const char *material; /* bundle_text() */
	int confidence; /* of the active fix, -1 for none: what a handoff's hypothesis must be */
	const char *fix; /* its title, "" for none: above 80 it is the first next step */
	const char *spent; /* as in the bundle: notes must say it; "" for none */
};
bool form_read(const struct form_check *check, struct arena *arena, const char **out,
    struct form_faults *faults) MUST_USE;

/* All but text, from a bundle and its bundle_text(). */
struct form_check form_check_of(
    enum document_kind kind, const char *locale, const struct bundle *bundle, const char *material);
