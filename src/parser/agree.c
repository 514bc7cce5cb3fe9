/*
 * Two alternatives of one body: a person reads one, a program the other. They
 * agree when their own words (no quotes, links, pictures' names) begin alike
 * and share most of the rest.
 */
#include "parser_priv.h"

#include <string.h>
#include <strings.h>

#define WORDS_MAX 60
#define WORDS_EXACT 8 /* must be the same, in the same order */
#define SHARED_PERCENT 70
#define BRACKET_MAX 320 /* of an address in angle brackets */

struct word {
	const char *text;
	size_t n;
};

struct words {
	struct word items[WORDS_MAX];
	size_t count;
};

static const bool ascii_word[256] = {
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

/* Letters and digits; of UTF-8 all but no-break space and general punctuation (curly quotes, dashes). */
static size_t
word_char(const char *s)
{
	if ((signed char)*s >= 0)
		return ascii_word[(unsigned char)*s];
	if (s[0] == '\xc2' && s[1] == '\xa0')
		return 0;
	return s[0] == '\xe2' && s[1] == '\x80' ? 0 : 1;
}

static size_t
blank_char(const char *s)
{
	if (s[0] == '\xe2' && s[1] == '\x80' && s[2])
		return 3;
	return s[0] == '\xc2' && s[1] == '\xa0' ? 2 : 1;
}

static const char *
skip_address(const char *s)
{
	size_t n = 0;
	bool at = false;

	while (n < BRACKET_MAX && s[n] && !strchr("> \n", s[n]))
		at |= s[n++] == '@';
	return at && s[n] == '>' ? s + n + 1 : s;
}

/* Past what one program writes and another does not: links and "[image: logo]". */
static const char *
skip_ornament(const char *s)
{
	static const char *const starts[] = { "[image", "[cid:", "[logo", "<http", "<mailto",
		"(http" };
	size_t n;

	if (*s != 'h' && *s != 'H' && *s != '[' && *s != '<' && *s != '(')
		return s;
	if (ascii_word[(unsigned char)*s] && s[1] != 't' && s[1] != 'T')
		return s;
	if (text_starts_nocase(s, "http://") || text_starts_nocase(s, "https://"))
		return s + strcspn(s, " \t\n");
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		if (!text_starts_nocase(s, starts[i]))
			continue;
		n = strcspn(s, *s == '[' ? "]" : *s == '<' ? ">" : ")");
		return s[n] ? s + n + 1 : s + n;
	}
	return *s == '<' ? skip_address(s) : s;
}

/* The next word, moving *at behind it; of no letters at the end. */
static struct word
next_word(const char **at)
{
	const char *s = *at;
	struct word word;

	while (*s) {
		const char *next = skip_ornament(s);

		if (next == s && word_char(s))
			break;
		s = next == s ? s + blank_char(s) : next;
	}
	word = (struct word){ s, 0 };
	while (ascii_word[(unsigned char)s[word.n]] || word_char(s + word.n))
		word.n++;
	*at = s + word.n;
	return word;
}

static bool
is_same(struct word a, struct word b)
{
	return a.n == b.n && strncasecmp(a.text, b.text, a.n) == 0;
}

/* Word for word the same from beginning to end: the usual case, and cheap to see. */
static bool
are_alike(const char *a, const char *b)
{
	struct word left, right;

	do {
		left = next_word(&a);
		right = next_word(&b);
		if (!is_same(left, right))
			return false;
	} while (left.n > 0);
	return true;
}

static void
split(const char *s, struct words *out)
{
	out->count = 0;
	while (out->count < WORDS_MAX && (out->items[out->count] = next_word(&s)).n > 0)
		out->count++;
}

static bool
holds(const struct words *words, struct word word)
{
	for (size_t i = 0; i < words->count; i++)
		if (is_same(words->items[i], word))
			return true;
	return false;
}

static size_t
percent_in(const struct words *words, const struct words *other)
{
	size_t found = 0;

	for (size_t i = 0; i < words->count; i++)
		found += holds(other, words->items[i]);
	return words->count ? found * 100 / words->count : 100;
}

bool
bodies_agree(const char *plain, const char *html, const struct reply_hints *hints)
{
	AUTO(str_donep) struct str a = STR_INIT(LETTER_TEXT_MAX), b = STR_INIT(LETTER_TEXT_MAX);
	struct words left, right;

	if (are_alike(plain, html))
		return true;
	reply_extract(plain, hints, &a, NULL);
	reply_extract(html, hints, &b, NULL);
	split(str_text(&a), &left);
	split(str_text(&b), &right);
	for (size_t i = 0; i < WORDS_EXACT && (i < left.count || i < right.count); i++)
		if (i >= left.count || i >= right.count || !is_same(left.items[i], right.items[i]))
			return false;
	return percent_in(&left, &right) >= SHARED_PERCENT &&
	    percent_in(&right, &left) >= SHARED_PERCENT;
}
