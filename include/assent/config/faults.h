#pragma once
/*
 * faults: everything that is wrong with a file, at its place, all at once.
 *
 * Each fault is one sentence with a line and a column (both from 1, columns
 * count characters) and perhaps the word that was meant. Faults are kept in
 * the order of the file.
 */
#include <assent/base/attr.h>
#include <assent/base/str.h>

#include <stddef.h>

#define FAULTS_MAX 200 /* more are counted, not kept */

struct fault {
	int line, column;
	const char *message; /* one line, visible characters only */
	const char *meant; /* the nearest known word, or NULL */
};

struct faults;

struct faults *faults_new(const char *file) MUST_USE;
void faults_free(struct faults *faults);
FREEP(struct faults, faults_free)

void faults_add(struct faults *faults, int line, int column, const char *fmt, ...) PRINTF(4, 5);

/* The word that the last added fault's reader probably meant; NULL is none. */
void faults_meant(struct faults *faults, const char *word);

/* How many there are, those over FAULTS_MAX included. */
size_t faults_count(const struct faults *faults);

/* Was the last one not kept? Then nobody needs a hint for it. */
bool faults_is_full(const struct faults *faults);

/* The ith kept fault in the order of the file, or NULL past the end. */
const struct fault *faults_at(struct faults *faults, size_t i);

const char *faults_file(const struct faults *faults);

/*
 * Append "file:line:column: message (did you mean 'x'?)" and a newline for
 * each fault, and a last line that counts those that were not kept.
 */
void faults_add_text(struct faults *faults, struct str *out);
