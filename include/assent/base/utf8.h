#pragma once
/* utf8: RFC 3629 checked by hand, because everything a person reads was bytes of a stranger once. */
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is s[0..n) valid UTF-8 (no surrogates, no overlong forms, no NUL)? */
bool utf8_is_valid(const char *s, size_t n);

/*
 * Decode one code point at s[0..n), n > 0. Returns its length in bytes (1-4)
 * and sets *out; malformed bytes count as one byte of U+FFFD.
 */
size_t utf8_next(const char *s, size_t n, uint32_t *out);

void utf8_add(struct str *s, uint32_t code_point);

/* The largest length <= max at which s[0..n) can be cut between code points. */
size_t utf8_cut(const char *s, size_t n, size_t max);

/* How many bytes from s on are printable ASCII, tabs and line ends: they are clean and visible. */
size_t utf8_plain_run(const char *s, size_t n);

/* Append s[0..n) with malformed bytes replaced by U+FFFD and NUL left out. */
void utf8_add_clean(struct str *out, const char *s, size_t n);

/*
 * Append s[0..n) for people: malformed bytes replaced, and every invisible,
 * control or bidirectional-override character dropped except newline and tab
 * (U+200B-U+200F, U+202A-U+202E, U+2060-U+206F, U+FEFF, C0, C1, tags).
 * Emoji joiners between two emoji stay.
 */
void utf8_add_visible(struct str *out, const char *s, size_t n);

/* One line for a log or a terminal: visible, newlines as spaces, clipped to max bytes with a final "…". */
void utf8_add_line(struct str *out, const char *s, size_t max);
