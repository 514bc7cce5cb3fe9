/* intent: "is this phishing?" */
#include <assent/base/utf8.h>

#include "fold_priv.h"
#include "intent_priv.h"

#include <string.h>

#define FOLDED_MAX ((size_t)64 << 10)
#define GLUED_FROM 0x2e80u /* scripts from here on put no blank between words */

/* Does no word of the text run on over this end of a phrase? */
static bool
is_edge(const char *inside, const char *outside, const char *end)
{
	uint32_t in, out;

	if (utf8_next(inside, (size_t)(end - inside), &in) == 0 || in >= GLUED_FROM ||
	    outside == end || utf8_next(outside, (size_t)(end - outside), &out) == 0)
		return true;
	return !fold_is_word(out);
}

static const char *
before(const char *text, const char *at)
{
	do
		at--;
	while (at > text && (*at & 0xc0) == 0x80);
	return at;
}

/* A single word would be found in any talk about the thing: it must be all that is said. */
static bool
stands_alone(const char *text, const char *at, const char *behind)
{
	uint32_t c;

	for (const char *p = text; *p != '\0'; p += utf8_next(p, strlen(p), &c)) {
		if (p == at)
			p = behind;
		if (*p == '\0')
			break;
		if (utf8_next(p, strlen(p), &c) == 0 || fold_is_word(c))
			return false;
	}
	return true;
}

struct range { /* of the sorted phrases */
	size_t from, to;
};

/* Those of the range whose byte at depth is c. */
static struct range
narrowed(struct range in, size_t depth, unsigned char c)
{
	struct range out = in;

	for (size_t to = in.to; out.from < to;) {
		size_t mid = out.from + (to - out.from) / 2;

		if ((unsigned char)intent_suspicions[mid][depth] < c)
			out.from = mid + 1;
		else
			to = mid;
	}
	for (size_t from = out.from; from < out.to;) {
		size_t mid = from + (out.to - from) / 2;

		if ((unsigned char)intent_suspicions[mid][depth] > c)
			out.to = mid;
		else
			from = mid + 1;
	}
	return out;
}

static bool
stands_here(const struct str *text, const char *at, const char *phrase, size_t n)
{
	const char *start = str_text(text), *behind = at + n, *end = start + text->len;
	uint32_t first;

	utf8_next(phrase, n, &first);
	if ((at > start && !is_edge(at, before(start, at), end)) ||
	    !is_edge(before(start, behind), behind, end))
		return false;
	return strchr(phrase, ' ') != NULL || first >= GLUED_FROM ||
	    stands_alone(start, at, behind);
}

/* Does a phrase of the list stand at this place? */
static bool
one_at(const struct str *text, const char *at, size_t count)
{
	struct range range = { 0, count };

	for (size_t n = 0; at[n] != '\0' && range.from < range.to; n++) {
		range = narrowed(range, n, (unsigned char)at[n]);
		if (range.from < range.to && intent_suspicions[range.from][n + 1] == '\0' &&
		    stands_here(text, at, intent_suspicions[range.from], n + 1))
			return true;
	}
	return false;
}

bool
intent_suspects(const char *words, size_t n)
{
	AUTO(str_donep) struct str folded = STR_INIT(FOLDED_MAX);
	size_t count = 0;

	while (intent_suspicions[count] != NULL)
		count++;
	fold_add(&folded, words, n);
	if (str_overflowed(&folded))
		return false;
	for (size_t i = 0; i < folded.len; i++)
		if (one_at(&folded, str_text(&folded) + i, count))
			return true;
	return false;
}
