#include "compose_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

#define COLUMNS 72
#define KEEP 78 /* a line this short is left alone: RFC 5322 section 2.1.1 */

struct prefix {
	size_t first; /* bytes of the line before its words */
	size_t quote; /* of these, what every line repeats ("> ") */
	size_t hang; /* blanks instead of the rest */
};

static size_t
columns(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

/* "> ", blanks, then perhaps "- " or "12. ". */
static struct prefix
find_prefix(const char *line, size_t n)
{
	struct prefix p = { 0, 0, 0 };
	size_t i = 0, digits;

	while (i < n && (line[i] == '>' || line[i] == ' '))
		i++;
	p.quote = p.first = i;
	if (i + 1 < n && line[i] == '-' && line[i + 1] == ' ') {
		p.first = i + 2;
	} else {
		for (digits = i; digits < n && line[digits] >= '0' && line[digits] <= '9';)
			digits++;
		if (digits > i && digits + 1 < n && line[digits] == '.' && line[digits + 1] == ' ')
			p.first = digits + 2;
	}
	p.hang = p.first - p.quote;
	return p;
}

static void
start_line(struct str *out, const char *line, const struct prefix *p)
{
	str_add_char(out, '\n');
	str_add_n(out, line, p->quote);
	for (size_t i = 0; i < p->hang; i++)
		str_add_char(out, ' ');
}

static void
wrap_line(struct str *out, const char *line, size_t n)
{
	const struct prefix p = find_prefix(line, n);
	size_t used = columns(line, p.first), i = p.first;
	bool empty = true; /* no word on this output line yet */

	str_add_n(out, line, p.first);
	while (i < n) {
		size_t blanks = i, end, width;

		while (blanks < n && line[blanks] == ' ')
			blanks++;
		for (end = blanks; end < n && line[end] != ' ';)
			end++;
		width = columns(line + blanks, end - blanks);
		/* A word that is longer than a line gains nothing from a new one. */
		if (!empty && width <= COLUMNS && used + (blanks - i) + width > COLUMNS) {
			start_line(out, line, &p);
			used = p.first;
		} else {
			str_add_n(out, line + i, blanks - i);
			used += blanks - i;
		}
		str_add_n(out, line + blanks, end - blanks);
		used += width;
		empty = false;
		i = end;
	}
}

/* A signed block is checked byte by byte: its lines stay as they are. */
static bool
is_in_block(const char *line, bool inside)
{
	if (text_starts(line, "-----BEGIN "))
		return true;
	return inside && !text_starts(line, "-----END ");
}

void
compose_wrap(struct str *out, const char *text)
{
	bool was_blank = true, block = false;

	while (*text) {
		size_t whole = strcspn(text, "\n"), n = whole;

		while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t' || text[n - 1] == '\r'))
			n--;
		block = is_in_block(text, block);
		if (n > 0 || !was_blank) {
			if (block || columns(text, n) <= KEEP)
				str_add_n(out, text, n);
			else
				wrap_line(out, text, n);
			str_add_char(out, '\n');
		}
		was_blank = n == 0;
		text += whole + (text[whole] == '\n');
	}
}
