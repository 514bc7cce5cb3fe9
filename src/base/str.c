#include <assent/base/str.h>

#include "str_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
str_done(struct str *s)
{
	if (!s)
		return;
	mem_free(s->text);
	*s = (struct str){ .ceiling = s->ceiling };
}

const char *
str_text(const struct str *s)
{
	return s->text ? s->text : "";
}

bool
str_overflowed(const struct str *s)
{
	return s->overflow;
}

void
str_clear(struct str *s)
{
	s->overflow = false;
	str_cut(s, 0);
}

void
str_cut(struct str *s, size_t len)
{
	if (!s->text || len > s->len)
		return;
	s->len = len;
	s->text[len] = '\0';
}

bool
str_reserve(struct str *s, size_t n)
{
	size_t room;

	if (s->overflow || n > s->ceiling - s->len) {
		s->overflow = true;
		return false;
	}
	if (s->len + n < s->room)
		return true;
	room = s->room ? s->room : 32;
	while (room <= s->len + n)
		room *= 2;
	if (room > s->ceiling)
		room = s->ceiling + 1;
	s->text = mem_grow(s->text, room);
	s->room = room;
	return true;
}

void
str_add(struct str *s, const char *text)
{
	if (text)
		str_add_n(s, text, strlen(text));
}

void
str_add_n(struct str *s, const void *bytes, size_t n)
{
	if (!n || !str_reserve(s, n))
		return;
	memcpy(s->text + s->len, bytes, n);
	s->len += n;
	s->text[s->len] = '\0';
}

void
str_add_char(struct str *s, char c)
{
	/* Asked for most letters of a mail. */
	if (!str_reserve(s, 1))
		return;
	s->text[s->len++] = c;
	s->text[s->len] = '\0';
}

void
str_addf(struct str *s, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (n > 0 && str_reserve(s, (size_t)n)) {
		vsnprintf(s->text + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}

char *
str_take(struct str *s)
{
	char *text = s->text ? TAKE(s->text) : mem_dup("");

	*s = (struct str){ .ceiling = s->ceiling };
	return text;
}
