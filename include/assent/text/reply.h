#pragma once
/*
 * reply: cut what was quoted, forwarded and signed, keep what the writer wrote.
 *
 * Pure and linear in its input. Conservative: when it is not clear where the
 * writer's words end, more is cut rather than less, because quoted text must
 * never become an answer.
 */
#include <assent/base/str.h>

#include <stdbool.h>

struct reply_hints {
	const char *const *markers; /* our own cut lines, any of them; may be NULL */
	size_t marker_count;
};

struct reply_cut {
	bool quoted; /* something was cut as a quote */
	bool forwarded; /* ... as a forwarded mail */
	bool signature; /* ... as a signature or device line */
};

/*
 * Append the writer's own words of text (UTF-8, LF or CRLF) to out, lines
 * trimmed at the end, no blank lines at either end. hints and cut may be NULL.
 */
void reply_extract(
    const char *text, const struct reply_hints *hints, struct str *out, struct reply_cut *cut);
