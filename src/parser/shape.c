/* What a mail looks like from outside, before it is parsed. */
#include "parser_priv.h"

#include <string.h>

/* Does it begin with a header field, and do the fields end somewhere? */
int
shape_check(const char *raw, size_t n, struct err *err)
{
	size_t name = 0, most = n < HEADER_BLOCK_MAX ? n : HEADER_BLOCK_MAX;

	while (name < n && name < 1000 && (unsigned char)raw[name] > ' ' && raw[name] != ':')
		name++;
	if (name == 0 || name >= n || !strchr(": \t", raw[name]))
		return err_set(err, ERR_INVALID, "these bytes do not begin with a mail's header");
	if (n > most && !memmem(raw, most, "\n\n", 2) && !memmem(raw, most, "\n\r\n", 3))
		return err_set(
		    err, ERR_LIMIT, "the mail's header is longer than %zu bytes", HEADER_BLOCK_MAX);
	return 0;
}

/* A NUL ends a field for who reads it as a C string: what stands behind is hidden from him. */
bool
shape_has_nul(const char *raw, size_t n)
{
	const char *crlf = memmem(raw, n, "\n\r\n", 3), *lf = memmem(raw, n, "\n\n", 2);
	const char *end = lf && (!crlf || lf < crlf) ? lf : crlf;

	return memchr(raw, '\0', end ? (size_t)(end - raw) : n) != NULL;
}

/* An mbox line or blank lines before the header are no part of the mail. */
size_t
shape_front(const char *raw, size_t n)
{
	size_t at = 0;
	const char *newline;

	while (at < n && (raw[at] == '\n' || raw[at] == '\r'))
		at++;
	if (n - at < 5 || (memcmp(raw + at, "From ", 5) != 0 && memcmp(raw + at, ">From", 5) != 0))
		return at;
	newline = memchr(raw + at, '\n', n - at);
	return newline ? (size_t)(newline - raw) + 1 : at;
}
