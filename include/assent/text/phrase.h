#pragma once
/*
 * phrases: the sentences of one language, by name, so that a mail or a page has
 * one structure for all languages.
 *
 * A file phrases/<locale>.txt has lines "name: sentence"; a line that begins
 * with a blank goes on with the sentence before it, "#" begins a comment. A
 * sentence is a mustache template in plain words: in its HTML form each value
 * stands in <bdi>, and & < > are escaped. The phrase "speaks" lists the mails
 * and pages that this language has all words for.
 *
 * A template uses the sentence "due" as the partial "say.due".
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/text/mustache.h>

#include <stdbool.h>
#include <stddef.h>

#define PHRASE_PREFIX "say."
#define PHRASES_FOLDER "phrases/"
#define PHRASES_MAX 1000 /* sentences of one language */

enum phrase_form { PHRASE_PLAIN, PHRASE_HTML };

struct phrases;

/*
 * The phrases of a locale: those that ship, and over them those of
 * site_dir/phrases/<locale>.txt. ERR_NOT_FOUND where there are neither,
 * ERR_INVALID with the file and the line, ERR_LIMIT, ERR_IO.
 */
int phrases_read(
    const char *site_dir, const char *locale, struct phrases **out, struct err *err) MUST_USE;
void phrases_free(struct phrases *phrases);
FREEP(struct phrases, phrases_free)

/* Has this language all words for that mail or page? NULL has none. */
bool phrases_speak(const struct phrases *phrases, const char *kind);

/* The sentence that the partial "say.<name>" stands for; NULL if there is none. */
const struct mustache *phrases_find(
    const struct phrases *phrases, const char *partial, enum phrase_form form);
