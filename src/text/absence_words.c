/* absence_words: a note as tokens. */
#include "absence_priv.h"

#include "fold_priv.h"

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <string.h>

#define WORDS_MAX ((size_t)16 << 10) /* a longer note says it at its beginning */

/* Lines are joined by blanks; an empty one ends a sentence, as "\n". */
static void
fold_lines(const char *words, struct str *out)
{
	const char *end = words + utf8_cut(words, strnlen(words, WORDS_MAX), WORDS_MAX);

	while (words < end) {
		const char *eol = memchr(words, '\n', (size_t)(end - words));
		size_t n = (size_t)((eol != NULL ? eol : end) - words);

		str_add_char(out, fold_add(out, words, n) > 0 ? ' ' : '\n');
		words = eol != NULL ? eol + 1 : end;
	}
}

/* Scripts that put no blank between words. */
static bool
is_glued(uint32_t c)
{
	return (c >= 0x3040 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3);
}

static bool
ends_word(const char *at, uint32_t last)
{
	uint32_t next;

	if (*at == '\0' || is_glued(last) || (*at >= '0' && *at <= '9'))
		return true;
	utf8_next(at, strlen(at) < 4 ? strlen(at) : 4, &next);
	return !fold_is_word(next);
}

static uint32_t
last_of(const char *text, size_t n)
{
	uint32_t c = 0;

	for (size_t i = 0; i < n;)
		i += utf8_next(text + i, n - i, &c);
	return c;
}

static size_t
known_word(const char *at, struct date_token *out)
{
	unsigned char first = (unsigned char)*at;

	for (size_t i = date_word_from[first]; i < date_word_from[first + 1]; i++) {
		const struct date_word *word = &date_words[i];

		if (strncmp(at, word->text, word->len) != 0 ||
		    !ends_word(at + word->len, last_of(word->text, word->len)))
			continue;
		*out = (struct date_token){ word->kinds, word->value, 0 };
		return word->len;
	}
	return 0;
}

static size_t
number(const char *at, struct date_token *out)
{
	size_t n = strspn(at, "0123456789");

	*out = (struct date_token){ DATE_NUMBER, 0, (int)(n < 9 ? n : 9) };
	for (size_t i = 0; i < n && i < 5; i++)
		out->value = out->value * 10 + (at[i] - '0');
	return n;
}

static size_t
mark_of_east(const char *at, struct date_token *out)
{
	static const struct {
		const char *text;
		unsigned kind;
	} marks[] = {
		{ "年", DATE_YEAR_MARK },
		{ "년", DATE_YEAR_MARK },
		{ "月", DATE_MONTH_MARK },
		{ "월", DATE_MONTH_MARK },
		{ "日", DATE_DAY_MARK },
		{ "일", DATE_DAY_MARK },
		{ "号", DATE_DAY_MARK },
		{ "號", DATE_DAY_MARK },
	};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		size_t n = strlen(marks[i].text);

		if (strncmp(at, marks[i].text, n) != 0)
			continue;
		*out = (struct date_token){ marks[i].kind, 0, 0 };
		return n;
	}
	return 0;
}

/* A word that is not known, to its end. */
static size_t
other_word(const char *at, uint32_t first, struct date_token *out)
{
	size_t i = 0, n;
	uint32_t c = first;

	*out = (struct date_token){ DATE_WORD, 0, 0 };
	do {
		n = utf8_next(at + i, strnlen(at + i, 4), &c);
		if (i > 0 && (!fold_is_word(c) || (c >= '0' && c <= '9')))
			break;
		i += n;
	} while (!is_glued(c) && at[i] != '\0');
	return i;
}

static size_t
next_token(const char *at, struct date_token *out)
{
	uint32_t c;
	size_t n;

	if (*at >= '0' && *at <= '9')
		return number(at, out);
	n = known_word(at, out);
	if (n == 0)
		n = mark_of_east(at, out);
	if (n > 0)
		return n;
	n = utf8_next(at, strnlen(at, 4), &c);
	if (fold_is_word(c))
		return other_word(at, c, out);
	*out = (struct date_token){ DATE_MARK, c < 128 ? (int)c : '?', 0 };
	if (strchr("\n!?;", out->value) != NULL)
		out->kinds = DATE_BREAK;
	return n;
}

/* A full stop behind a number or a month belongs to the date. */
static bool
is_full_stop(const struct date_token *token, const struct date_token *before)
{
	return (token->kinds & DATE_MARK) && token->value == '.' &&
	    (before == NULL || (before->kinds & (DATE_NUMBER | DATE_MONTH)) == 0);
}

size_t
absence_tokens(const char *words, struct date_token *out, size_t max)
{
	AUTO(str_donep) struct str folded = STR_INIT(4 * WORDS_MAX);
	size_t count = 0;

	fold_lines(words, &folded);
	for (const char *at = str_text(&folded); *at != '\0' && count < max;) {
		if (*at == ' ') {
			at++;
			continue;
		}
		at += next_token(at, &out[count]);
		if (is_full_stop(&out[count], count > 0 ? &out[count - 1] : NULL))
			out[count].kinds = DATE_BREAK;
		count++;
	}
	return count;
}
