#pragma once
/*
 * charset: bytes of any charset as UTF-8, whatever they claim to be.
 *
 * The label is believed where the bytes bear it out; else they are guessed
 * (uchardet), else they are windows-1252, which every byte can be.
 */
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Load every conversion that mail needs. Behind the jail's walls nothing can
 * be loaded any more, so this comes first; the conversions stay open.
 */
void charset_open_all(void);
void charset_close_all(void);

/*
 * Append bytes[0..n) to out as clean UTF-8 (no NUL), as much as fits below
 * out's ceiling; false when something was clipped. label may be NULL.
 */
bool charset_decode(const char *label, const char *bytes, size_t n, struct str *out);
