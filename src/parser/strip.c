/* Tags left out, entities of five kinds read: for pages that the HTML parser refuses. */
#include "parser_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

struct entity {
	const char *name;
	char value;
};

static const struct entity entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
	{ "&quot;", '"' }, { "&nbsp;", ' ' }, { "&#39;", '\'' } };

/* Behind a whole element whose content is no text, or at once behind the tag. */
static const char *
skip_tag(const char *s, const char *end)
{
	static const char *const contents[][2] = { { "<script", "</script" },
		{ "<style", "</style" }, { "<title", "</title" }, { "<!--", "-->" } };
	const char *close;

	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		if (!text_starts_nocase(s, contents[i][0]))
			continue;
		close = text_find_nocase(s + 4, contents[i][1]);
		if (!close)
			return end;
		s = close;
	}
	close = memchr(s, '>', (size_t)(end - s));
	return close ? close + 1 : end;
}

static bool
breaks_line(const char *tag)
{
	static const char *const names[] = { "<br", "<p", "</p", "<div", "</div", "<tr", "<li",
		"<h", "<blockquote", "</blockquote" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_starts_nocase(tag, names[i]))
			return true;
	return false;
}

static size_t
add_entity(const char *s, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (text_starts_nocase(s, entities[i].name)) {
			str_add_char(out, entities[i].value);
			return strlen(entities[i].name);
		}
	str_add_char(out, '&');
	return 1;
}

static void
add_blank(struct str *out, char c)
{
	char last = out->len > 0 ? out->text[out->len - 1] : '\n';

	if (c == '\n' && last == ' ') {
		str_cut(out, out->len - 1);
		add_blank(out, c);
	} else if (last != '\n' && (c == '\n' || last != ' ')) {
		str_add_char(out, c);
	}
}

bool
html_strip(const char *html, size_t n, struct str *out)
{
	AUTO(mem_freep) char *copy = mem_alloc(n + 1);
	const char *s, *end;

	/* A NUL would end every search below. */
	memcpy(copy, html, n);
	for (char *c = copy; (c = memchr(c, '\0', (size_t)(copy + n - c)));)
		*c = ' ';
	end = copy + n;
	for (s = copy; s < end && !out->overflow;) {
		size_t run = strcspn(s, "<& \t\r\n");

		utf8_add_visible(out, s, run);
		s += run;
		if (*s == '<') {
			add_blank(out, breaks_line(s) ? '\n' : ' ');
			s = skip_tag(s, end);
		} else if (*s == '&') {
			s += add_entity(s, out);
		} else if (*s) {
			add_blank(out, ' ');
			s++;
		}
	}
	if (!out->overflow)
		return true;
	out->overflow = false;
	return false;
}
