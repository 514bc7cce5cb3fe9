#pragma once
/*
 * redact: take our own tokens out of text before it is stored, shown or
 * forwarded (invariant 7).
 *
 * A token is 32 base32 characters in either case. It is found behind "/a/"
 * and before the "@" of a reply address, as written and as link rewriters
 * (safelinks, urldefense, Mimecast) and percent-encoding leave it, encoded up
 * to three times. Linear; everything else stays byte for byte.
 */
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

#define REDACTED "[token]"

/* False when no run of base32 in text is long enough for a token: a fast look that most texts end at. */
bool redact_may_hold(const char *text, size_t n);

/* Append text[0..n) to out with REDACTED in the place of each token; returns how many there were. */
size_t redact_tokens(const char *text, size_t n, struct str *out);
