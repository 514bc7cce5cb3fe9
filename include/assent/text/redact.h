#pragma once
/*
 * redact: take our own tokens out of text before it is stored, shown or
 * forwarded (invariant 7).
 *
 * A token is 32 base32 characters in either case. It is found behind "/a/", "/e/",
 * behind "ref:" and before the "@" of a reply address, as written and as link
 * rewriters (safelinks, urldefense, Mimecast, Barracuda, Cisco, Trend Micro and
 * their kin) and percent-encoding leave it, encoded up to three times; inside a
 * link in base64 (Sophos); and in pieces, wherever a line break, a soft one, the
 * quote marks of the next line or an invisible mark came to stand between two
 * characters. Linear; everything else stays byte for byte.
 */
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

#define REDACTED "[token]"
#define REDACT_CODE "ref:" /* stands before the reply token in a mail's text */
#define REDACT_TOKEN_CHARS 32

/* False when nothing in text is long enough for a token: a fast look that most texts end at. */
bool redact_may_hold(const char *text, size_t n);

/* Append text[0..n) to out with REDACTED in the place of each token; returns how many there were. */
size_t redact_tokens(const char *text, size_t n, struct str *out);

struct redact_code { /* a code with its token, put together again */
	size_t start, end; /* where it stands, "ref:" included */
	char token[REDACT_TOKEN_CHARS + 1];
};

/* The first code at or behind from; false when there is none. */
bool redact_next_code(const char *text, size_t from, struct redact_code *out) MUST_USE;
