#pragma once
/*
 * str: the one growing string, with a ceiling and a sticky overflow.
 *
 * Appending past the ceiling changes nothing and sets the overflow flag; the
 * writer checks once at the end with str_overflowed(). str_text() is always
 * NUL-terminated. The second half are small questions about C strings.
 */
#include <assent/base/attr.h>
#include <assent/base/mem.h>

#include <stdbool.h>
#include <stdint.h>

struct str {
	char *text; /* NULL while empty; read through str_text() */
	size_t len;
	size_t room;
	size_t ceiling;
	bool overflow;
};

#define STR_INIT(max) ((struct str){ .ceiling = (max) })

void str_done(struct str *s);
static inline void
str_donep(struct str *s)
{
	str_done(s);
}

const char *str_text(const struct str *s); /* "" while empty */
bool str_overflowed(const struct str *s);
void str_clear(struct str *s); /* keeps the memory */
void str_cut(struct str *s, size_t len); /* shorten to len bytes */
void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const void *bytes, size_t n);
void str_add_char(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) PRINTF(2, 3);
char *str_take(struct str *s) MUST_USE; /* caller frees with mem_free(); s is empty after */

/* ASCII-only case folding: locale never matters here. */
bool text_is(const char *a, const char *b); /* equal; NULL equals only NULL */
bool text_is_nocase(const char *a, const char *b);
bool text_starts(const char *s, const char *prefix);
bool text_starts_nocase(const char *s, const char *prefix);
bool text_ends_nocase(const char *s, const char *suffix);
const char *text_find_nocase(const char *hay, const char *needle);
void text_lower(char *s); /* in place, ASCII */
char *text_trim(char *s); /* in place; returns the first non-blank */
bool text_is_blank(const char *s); /* empty or only white space */

/*
 * The entry of words[0..n) that is nearest to word by edit distance and near
 * enough to be a slip of the pen (at most a third of its letters), or NULL.
 */
const char *text_nearest(const char *word, const char *const *words, size_t n);

/* RFC 4648 base64 (with padding), lower-case base32 (without), and hex. */
void str_add_base64(struct str *s, const void *bytes, size_t n);
void str_add_base32(struct str *s, const void *bytes, size_t n);
void str_add_hex(struct str *s, const void *bytes, size_t n);

/*
 * Decode into out[0..room); both cases of base32 letters are read. Returns the
 * number of bytes, or -1 when the text is malformed or does not fit.
 */
long base64_decode(const char *text, size_t len, void *out, size_t room);
long base32_decode(const char *text, size_t len, void *out, size_t room);
long hex_decode(const char *text, size_t len, void *out, size_t room);
