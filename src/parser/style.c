/*
 * Text that a person does not see must not become words of a mail: a preheader
 * is noise, a hidden "approved" is an attack.
 */
#include "html_priv.h"

#include <assent/base/str.h>

#include <glib.h>
#include <string.h>

#define VALUE_MAX 64
#define SHEET_MAX ((size_t)256 << 10)

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

/* Letters of one or two pixels, or of a small part of what is around them, are dust. */
static bool
is_dust(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	const char *unit = value + digits;

	if (*unit == '.')
		unit += 1 + strspn(unit + 1, "0123456789");
	if (is_zero(value) ||
	    (text_starts(unit, "em") && (digits == 0 || *value == '0') &&
		strspn(value, "0.12") >= 2 && unit > value))
		return true;
	if (*unit == '%')
		return digits == 1;
	return digits == 1 && *value < '4' && (text_starts(unit, "px") || text_starts(unit, "pt"));
}

/* "0.05" and the like: nobody sees it. */
static bool
is_faint(const char *value)
{
	const char *s = value + strspn(value, "0");

	return is_zero(value) || (*s == '.' && (s[1] == '0' || s[1] == '1'));
}

static bool
is_light_hex(const char *value)
{
	size_t n = strspn(value + 1, "0123456789abcdef"), step = n > 4 ? 2 : 1;

	if (*value != '#' || value[1 + n] != '\0' || (n != 3 && n != 4 && n != 6 && n != 8))
		return false;
	/* No alpha: there is nothing to see. */
	if ((n == 4 && value[4] == '0') || (n == 8 && value[7] == '0' && value[8] == '0'))
		return true;
	return value[1] == 'f' && value[1 + step] == 'f' && value[1 + 2 * step] == 'f';
}

/* rgba(…,0), hsla(…,0%) */
static bool
has_no_alpha(const char *value)
{
	const char *last = strrchr(value, ',');

	if (strchr(value, '/') != NULL)
		last = strrchr(value, '/');
	return last != NULL &&
	    (text_starts(value, "rgba(") || text_starts(value, "hsla(") || *last == '/') &&
	    is_faint(last + 1);
}

static bool
is_white(const char *value)
{
	static const char *const names[] = { "white", "transparent", "rgb(255,255,255)",
		"rgba(255,255,255,1)", "window", "snow", "ivory", "whitesmoke", "ghostwhite" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_is(value, names[i]))
			return true;
	return is_light_hex(value) || has_no_alpha(value) || text_starts(value, "rgb(25");
}

/* "-9999px" and the like move text off the page. */
static bool
is_far_off(const char *value)
{
	return value[0] == '-' && strspn(value + 1, "0123456789") >= 3;
}

static bool
is_any(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(name, names[i]))
			return true;
	return false;
}

/* A colour as a number, to see whether letters and ground have the same. */
static unsigned
colour_mark(const char *value)
{
	unsigned mark = 5381;

	for (; *value != '\0'; value++)
		mark = mark * 33 + (unsigned char)*value;
	return mark;
}

static void
declare_background(struct look *look, const char *value)
{
	look->background = !is_white(value) && !text_is(value, "none");
	look->ground = colour_mark(value);
}

static void
declare_colour(struct look *look, const char *value)
{
	look->white = is_white(value);
	look->ink = colour_mark(value);
}

/* What takes an element off the page, whatever else is said of it. */
static bool
takes_away(const char *name, const char *value)
{
	static const char *const shifts[] = { "text-indent", "left", "right", "top", "bottom",
		"margin-left", "margin-top" };

	if (text_is(name, "display"))
		return text_starts(value, "none");
	if (text_is(name, "mso-hide"))
		return text_starts(value, "all");
	if (text_is(name, "opacity"))
		return is_faint(value);
	if (text_is(name, "max-height"))
		return is_zero(value);
	if (text_is(name, "clip"))
		return text_starts(value, "rect(0") || text_starts(value, "rect(1px");
	if (text_is(name, "clip-path"))
		return text_starts(value, "inset(") || text_starts(value, "circle(0");
	if (text_is(name, "transform"))
		return strstr(value, "scale(0") != NULL;
	if (text_is(name, "text-decoration") || text_is(name, "text-decoration-line"))
		return strstr(value, "line-through") != NULL;
	return is_any(name, shifts, ARRAY_LEN(shifts)) && is_far_off(value);
}

static void
declare(struct look *look, const char *name, const char *value)
{
	if (takes_away(name, value))
		look->gone = true;
	else if (text_is(name, "visibility"))
		look->unseen = text_starts(value, "hidden") || text_starts(value, "collapse");
	else if (text_is(name, "font-size"))
		look->tiny = is_dust(value);
	else if (text_is(name, "font") && (text_starts(value, "0/") || text_starts(value, "0p")))
		look->tiny = true;
	else if (text_is(name, "color"))
		declare_colour(look, value);
	else if (text_is(name, "background") || text_is(name, "background-color"))
		declare_background(look, value);
}

/* Without comments and with escapes undone, as CSS reads it. */
static void
plain_css(const char *style, struct str *out)
{
	while (*style != '\0') {
		const char *end =
		    style[0] == '/' && style[1] == '*' ? strstr(style + 2, "*/") : NULL;
		unsigned c = 0;

		if (end != NULL) {
			style = end + 2;
			continue;
		}
		if (*style != '\\' || !g_ascii_isxdigit(style[1])) {
			str_add_char(out, *style++);
			continue;
		}
		style++;
		for (int i = 0; i < 6 && g_ascii_isxdigit(*style); i++)
			c = c * 16 + (unsigned)g_ascii_xdigit_value(*style++);
		style += *style == ' ';
		str_add_char(out, c > ' ' && c < 0x7f ? (char)c : '?');
	}
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

/* A box without height or width hides its text only where that may not spill over. */
static bool
is_no_box(const char *name, const char *value)
{
	return (text_is(name, "height") || text_is(name, "width") || text_is(name, "max-width")) &&
	    is_zero(value);
}

static void
look_style(struct look *look, const char *style)
{
	AUTO(str_donep) struct str plain = STR_INIT(64u << 10);
	char name[VALUE_MAX], value[VALUE_MAX];
	bool no_box = false, no_spill = false;

	if (strchr(style, '\\') != NULL || strstr(style, "/*") != NULL) {
		plain_css(style, &plain);
		style = str_text(&plain);
	}
	while (*style) {
		style = take(style, ":;", name);
		value[0] = '\0';
		if (*style == ':')
			style = take(style + 1, ";", value);
		declare(look, name, value);
		no_box |= is_no_box(name, value);
		no_spill |= text_is(name, "overflow") && text_starts(value, "hidden");
		if (*style)
			style++;
	}
	look->gone |= no_box && no_spill;
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
		declare_colour(look, clean);
}

bool
look_is_hidden(const struct look *look)
{
	return look->gone || look->tiny || look->unseen || (look->white && !look->background) ||
	    (look->ink != 0 && look->ink == look->ground);
}

/* Of one sheet, without blanks and in small letters. */
static bool
sheet_is_odd(const char *sheet)
{
	static const char *const tricks[] = { "display:none", "visibility:hidden",
		"visibility:collapse", "content:", "font-size:0", "font:0", "opacity:0",
		"text-indent:-", "left:-", "top:-", "line-through",
		"clip:", "clip-path:", "scale(0", "color:#fff", "color:white", "color:transparent",
		"\\", "bidi-override" };

	for (size_t i = 0; i < ARRAY_LEN(tricks); i++) {
		const char *at = strstr(sheet, tricks[i]);

		/* The ground may be white, the letters not. */
		while (at != NULL && at > sheet && at[-1] == '-')
			at = strstr(at + 1, tricks[i]);
		if (at != NULL)
			return true;
	}
	return false;
}

bool
sheet_changes_words(const char *html, size_t n)
{
	const char *end = html + n;

	for (const char *at = text_find_nocase(html, "<style"); at != NULL;
	     at = text_find_nocase(at, "<style")) {
		AUTO(str_donep) struct str sheet = STR_INIT(SHEET_MAX), plain = STR_INIT(SHEET_MAX);
		const char *stop = text_find_nocase(at, "</style");

		if (stop == NULL)
			stop = end;
		for (; at < stop; at++)
			if ((unsigned char)*at > ' ')
				str_add_char(&sheet, *at);
		if (sheet.overflow)
			return true;
		plain_css(str_text(&sheet), &plain);
		if (plain.len > 0)
			text_lower(plain.text);
		if (sheet_is_odd(str_text(&plain)))
			return true;
	}
	return false;
}
