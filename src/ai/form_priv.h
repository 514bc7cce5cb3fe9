#pragma once
/* form_priv: what the files of ai/form share. */
#include <assent/ai/form.h>

#include <stdint.h>

/* A word of the language that is checked. */
const char *form_said(const struct form_check *check, enum form_word word);

/* --- form_ground.c: what a text may say because the material says it ---------- */

/*
 * One spelling for comparing: ASCII lower-case, digits of all scripts and full
 * width forms as ASCII, all dashes one, all blanks one. In arena.
 */
const char *form_fold(const char *text, struct arena *arena);

struct ground;

/* material's words, without the paragraphs that talk to a machine; in arena. */
struct ground *ground_new(const char *material, struct arena *arena);

enum word_kind { WORD_PLAIN, WORD_LINK, WORD_STRANGER };

/*
 * Tell each word of the folded text that is a link, or that must stand in the
 * material and does not. word[0..n) points into text.
 */
typedef void (*ground_fn)(void *arg, enum word_kind kind, const char *word, size_t n);
void ground_look(const struct ground *ground, const char *folded, ground_fn tell, void *arg);

/* Do these words stand in the material, one behind the other? */
bool ground_holds(const struct ground *ground, const char *folded, size_t n);

/* --- form_plain.c: what holds for a text of any kind ----------------------------- */

struct forming {
	const struct form_check *check;
	const struct ground *ground;
	struct arena *arena;
	struct form_faults *faults;
	struct str strangers; /* "a", "b" */
	size_t stranger_count;
};

void form_fault(struct forming *f, const char *fmt, ...) PRINTF(2, 3);

/* Links, markup, hidden characters, placeholders, secrets, strangers: true when there is none. */
bool form_is_plain(struct forming *f, const char *text);

/* May it be said? As form_is_plain(), without telling why not. */
bool form_may_say(const struct ground *ground, const char *text, struct arena *arena);

/* A title as a document can repeat it; "" when it cannot. */
const char *form_sayable(const struct ground *ground, const char *text, struct arena *arena);

/* --- kinds ------------------------------------------------------------------------ */

bool form_read_bullets(struct forming *f, const char **out);
bool form_read_sections(struct forming *f, const char **out);
bool form_read_proposal(struct forming *f, const char **out);

/* The headings of a kind, in order; returns how many. */
size_t form_headings(enum document_kind kind, enum form_word out[5]);

#define FORM_TEXT_MAX ((size_t)12000) /* bytes of a document */
#define FORM_LINE_MAX ((size_t)1200)
#define FORM_STEPS_MIN 2
#define FORM_STEPS_MAX 4
