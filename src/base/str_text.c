/* The small questions about C strings that base/str.h promises. */
#include <assent/base/str.h>

#include <string.h>

#define LONGEST_WORD 64

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
text_is(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
text_is_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (; *a && lower(*a) == lower(*b); a++)
		b++;
	return *a == *b;
}

bool
text_starts(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_starts_nocase(const char *s, const char *prefix)
{
	if (!s)
		return false;
	for (; *prefix; s++, prefix++)
		if (lower(*s) != lower(*prefix))
			return false;
	return true;
}

bool
text_ends_nocase(const char *s, const char *suffix)
{
	size_t n, m = strlen(suffix);

	if (!s)
		return false;
	n = strlen(s);
	return n >= m && text_is_nocase(s + n - m, suffix);
}

const char *
text_find_nocase(const char *hay, const char *needle)
{
	if (!hay)
		return NULL;
	if (!*needle)
		return hay;
	for (; *hay; hay++)
		if (lower(*hay) == lower(*needle) && text_starts_nocase(hay, needle))
			return hay;
	return NULL;
}

void
text_lower(char *s)
{
	for (; s && *s; s++)
		*s = lower(*s);
}

char *
text_trim(char *s)
{
	size_t n;

	if (!s)
		return NULL;
	while (is_space(*s))
		s++;
	for (n = strlen(s); n > 0 && is_space(s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

bool
text_is_blank(const char *s)
{
	while (s && is_space(*s))
		s++;
	return !s || !*s;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edit distance where two letters that changed places count once: rows[0] is
 * the row before the previous one, rows[1] the previous, rows[2] this one.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_WORD + 1], n = strlen(a), m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		rows[1][j] = rows[2][j] = j;
	for (size_t i = 1; i <= n; i++) {
		rows[2][0] = i;
		for (size_t j = 1; j <= m; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);
			size_t d = least(rows[1][j], rows[2][j - 1]) + 1;

			d = least(d, rows[1][j - 1] + !same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				d = least(d, rows[0][j - 2] + 1);
			rows[2][j] = d;
		}
		memcpy(rows[0], rows[1], sizeof(rows[0]));
		memcpy(rows[1], rows[2], sizeof(rows[1]));
	}
	return rows[1][m];
}

const char *
text_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_distance;

	if (!word || strlen(word) > LONGEST_WORD)
		return NULL;
	best_distance = strlen(word) / 3 + 1;
	for (size_t i = 0; i < n; i++) {
		size_t d;

		if (!words[i] || strlen(words[i]) > LONGEST_WORD)
			continue;
		d = distance(word, words[i]);
		if (d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}
