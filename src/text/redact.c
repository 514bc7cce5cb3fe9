#include <assent/text/redact.h>

#include <string.h>
#include <strings.h>

#define TOKEN_CHARS 32

struct text {
	const char *at;
	size_t n;
};

/* How "/" and "@" look after one or more rounds of encoding. */
static const char *const slashes[] = { "/", "_", "%2f", "%252f", "%25252f", "-2f", "-252f", "*2f",
	"=2f", "&#x2f;", "&#47;", "\\/", NULL };
static const char *const ats[] = { "@", "%40", "%2540", "%252540", "-40", "-2540", "*40", "=40",
	"&#x40;", "&#64;", NULL };

static bool
is_base32(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

/* The first bytes of both lists: few bytes of a mail are one of these. */
static bool
may_begin(char c)
{
	switch (c) {
	case '/':
	case '_': /* urldefense, version 2 */
	case '@':
	case '%':
	case '-':
	case '*':
	case '=':
	case '&':
	case '\\':
		return true;
	default:
		return false;
	}
}

/* Length of the spelling of ours that stands at i, 0 for none. */
static size_t
spelled(const struct text *t, size_t i, const char *const *spellings)
{
	if (i >= t->n || !may_begin(t->at[i]))
		return 0;
	for (; *spellings; spellings++) {
		size_t len = strlen(*spellings);
		if (i + len <= t->n && strncasecmp(t->at + i, *spellings, len) == 0)
			return len;
	}
	return 0;
}

static bool
token_at(const struct text *t, size_t i)
{
	if (i + TOKEN_CHARS > t->n)
		return false;
	for (size_t k = 0; k < TOKEN_CHARS; k++)
		if (!is_base32(t->at[i + k]))
			return false;
	return true;
}

/* "/a/" at i with a token behind it: the length of "/a/". */
static size_t
path_at(const struct text *t, size_t i)
{
	size_t first = spelled(t, i, slashes);
	if (first == 0 || i + first >= t->n || (t->at[i + first] | 0x20) != 'a')
		return 0;
	size_t second = spelled(t, i + first + 1, slashes);
	if (second == 0 || !token_at(t, i + first + 1 + second))
		return 0;
	return first + 1 + second;
}

/*
 * The last 32 characters of a run of base32 that an "@" ends are a token; what
 * stands before them may be an encoded separator such as %2B.
 */
static size_t
run_at(const struct text *t, size_t i, bool *address)
{
	size_t run = 0;
	while (i + run < t->n && is_base32(t->at[i + run]))
		run++;
	*address = run >= TOKEN_CHARS && spelled(t, i + run, ats) > 0;
	return run;
}

/* From behind: one byte that is no base32 rules out all runs across it. */
bool
redact_may_hold(const char *text, size_t n)
{
	size_t i = 0, k;

	while (n - i >= TOKEN_CHARS) {
		for (k = TOKEN_CHARS; k > 0 && is_base32(text[i + k - 1]); k--)
			;
		if (k == 0)
			return true;
		i += k;
	}
	return false;
}

size_t
redact_tokens(const char *text, size_t n, struct str *out)
{
	struct text t = { text, n };
	size_t found = 0;
	if (!redact_may_hold(text, n)) {
		str_add_n(out, text, n);
		return 0;
	}
	for (size_t i = 0; i < n;) {
		size_t path = path_at(&t, i);
		if (path > 0) {
			str_add_n(out, text + i, path);
			str_add(out, REDACTED);
			i += path + TOKEN_CHARS;
			found++;
			continue;
		}
		bool address;
		size_t run = run_at(&t, i, &address);
		if (address) {
			str_add_n(out, text + i, run - TOKEN_CHARS);
			str_add(out, REDACTED);
			found++;
		} else {
			str_add_n(out, text + i, run > 0 ? run : 1);
		}
		i += run > 0 ? run : 1;
	}
	return found;
}
