/*
 * Text that a person does not see must not become words of a mail: a preheader
 * is noise, a hidden "approved" is an attack.
 */
#include "html_priv.h"

#include <assent/base/str.h>

#include <string.h>

#define VALUE_MAX 64

/* Is it a number that starts with nothing but zeros ("0", "0px", "0.0em")? */
static bool
is_zero(const char *value)
{
	size_t digits = strspn(value, "0");
	const char *s = value + digits;

	if (*s == '.') {
		size_t more = strspn(s + 1, "0");

		digits += more;
		s += 1 + more;
	}
	return digits > 0 && !(*s >= '0' && *s <= '9');
}

static bool
is_white(const char *value)
{
	static const char *const names[] = { "white", "#fff", "#ffffff", "transparent",
		"rgb(255,255,255)", "rgba(255,255,255,1)", "rgba(0,0,0,0)", "window" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_is(value, names[i]))
			return true;
	return false;
}

/* "-9999px" and the like move text off the page. */
static bool
is_far_left(const char *value)
{
	return value[0] == '-' && strspn(value + 1, "0123456789") >= 3;
}

static void
declare_background(struct look *look, const char *value)
{
	look->background = !is_white(value) && !text_is(value, "none");
}

static void
declare(struct look *look, const char *name, const char *value)
{
	if (text_is(name, "display") && text_starts(value, "none"))
		look->gone = true;
	else if (text_is(name, "mso-hide") && text_starts(value, "all"))
		look->gone = true;
	else if (text_is(name, "opacity") && is_zero(value))
		look->gone = true;
	else if (text_is(name, "max-height") && is_zero(value))
		look->gone = true;
	else if ((text_is(name, "text-indent") || text_is(name, "left")) && is_far_left(value))
		look->gone = true;
	else if (text_is(name, "visibility"))
		look->unseen = text_starts(value, "hidden") || text_starts(value, "collapse");
	else if (text_is(name, "font-size"))
		look->tiny = is_zero(value);
	else if (text_is(name, "color"))
		look->white = is_white(value);
	else if (text_is(name, "background") || text_is(name, "background-color"))
		declare_background(look, value);
}

/* Up to one of stop, lower case, without blanks. */
static const char *
take(const char *s, const char *stop, char out[VALUE_MAX])
{
	size_t n = 0;

	for (; *s && !strchr(stop, *s); s++)
		if ((unsigned char)*s > ' ' && n + 1 < VALUE_MAX)
			out[n++] = *s;
	out[n] = '\0';
	text_lower(out);
	return s;
}

static void
look_style(struct look *look, const char *style)
{
	char name[VALUE_MAX], value[VALUE_MAX];

	while (*style) {
		style = take(style, ":;", name);
		value[0] = '\0';
		if (*style == ':')
			style = take(style + 1, ";", value);
		declare(look, name, value);
		if (*style)
			style++;
	}
}

void
look_attribute(struct look *look, const char *name, const char *value)
{
	char clean[VALUE_MAX];

	if (text_is(name, "style")) {
		look_style(look, value);
		return;
	}
	take(value, "", clean);
	if (text_is(name, "hidden"))
		look->gone = true;
	else if (text_is(name, "bgcolor") || text_is(name, "background"))
		declare_background(look, clean);
	else if (text_is(name, "color"))
		look->white = is_white(clean);
}

bool
look_is_hidden(const struct look *look)
{
	return look->gone || look->tiny || look->unseen || (look->white && !look->background);
}
