#include "rules/machine_priv.h"

static unsigned char
fold(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

/* Past a character of UTF-8: its first byte and those that continue it. */
static const char *
after(const char *p)
{
	for (p++; ((unsigned char)*p & 0xc0) == 0x80;)
		p++;
	return p;
}

/*
 * After a star only the newest one is tried again: what an older one could
 * take, this one can take as well. So the time is text times pattern, at most.
 */
bool
glob_matches(const struct glob *glob, const char *pattern, const char *text)
{
	const char *again = NULL, *from = NULL;

	while (*text) {
		if (*pattern == glob->many) {
			again = ++pattern;
			from = text;
		} else if (*pattern == glob->one) {
			pattern++;
			text = after(text);
		} else if (*pattern && fold(*pattern) == fold(*text)) {
			pattern++;
			text++;
		} else if (again) {
			from = after(from);
			text = from;
			pattern = again;
		} else {
			return false;
		}
	}
	while (*pattern == glob->many)
		pattern++;
	return *pattern == '\0';
}
