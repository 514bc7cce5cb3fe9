/*
 * Two alternatives of one body: a person reads one, a program the other. They
 * agree when their own words (no quotes, links, pictures' names) begin alike
 * and share most of the rest.
 */
#include "parser_priv.h"

#include <ctype.h>
#include <string.h>

#define WORDS_MAX 60
#define WORDS_EXACT 8 /* must be the same, in the same order */
#define WORD_MAX 40
#define SHARED_PERCENT 70

struct words {
	char items[WORDS_MAX][WORD_MAX];
	size_t count;
};

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || (signed char)c < 0;
}

/* Past what one program writes and another does not: links and "[image: logo]". */
static const char *
skip_ornament(const char *s)
{
	static const char *const starts[] = { "[image", "[cid:", "[logo", "<http", "<mailto",
		"(http" };
	size_t n;

	if (!strchr("hH[<(", *s))
		return s;
	if (text_starts_nocase(s, "http://") || text_starts_nocase(s, "https://"))
		return s + strcspn(s, " \t\n");
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		if (!text_starts_nocase(s, starts[i]))
			continue;
		n = strcspn(s, *s == '[' ? "]" : *s == '<' ? ">" : ")");
		return s[n] ? s + n + 1 : s + n;
	}
	if (*s == '<' && strchr(s, '>') && memchr(s, '@', strcspn(s, "> \n")))
		return strchr(s, '>') + 1;
	return s;
}

static void
split(const char *s, struct words *out)
{
	out->count = 0;
	while (*s && out->count < WORDS_MAX) {
		const char *next = skip_ornament(s);
		size_t n = 0;

		if (next != s) {
			s = next;
			continue;
		}
		while (is_word_char(s[n]))
			n++;
		if (n > 0) {
			char *word = out->items[out->count++];
			size_t len = n < WORD_MAX - 1 ? n : WORD_MAX - 1;

			memcpy(word, s, len);
			word[len] = '\0';
			text_lower(word);
		}
		s += n > 0 ? n : 1;
	}
}

static bool
holds(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (text_is(words->items[i], word))
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

	reply_extract(plain, hints, &a, NULL);
	reply_extract(html, hints, &b, NULL);
	split(str_text(&a), &left);
	split(str_text(&b), &right);
	for (size_t i = 0; i < WORDS_EXACT && (i < left.count || i < right.count); i++)
		if (i >= left.count || i >= right.count || !text_is(left.items[i], right.items[i]))
			return false;
	return percent_in(&left, &right) >= SHARED_PERCENT &&
	    percent_in(&right, &left) >= SHARED_PERCENT;
}
