#include <assent/mail/compose.h>

#include <assent/base/utf8.h>

#include <string.h>

#define LOCAL_MAX 64 /* RFC 5321 section 4.5.3.1 */
#define ADDRESS_MAX 254
#define LABEL_MAX 63

/* RFC 5322 atext; with RFC 6531 everything beyond ASCII is one, too. */
static bool
is_atom_char(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
is_label_char(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-';
}

/* Non-empty parts between single dots, each at most part_max bytes of is_ok. */
static bool
is_dotted(const char *s, size_t n, size_t part_max, bool (*is_ok)(unsigned char))
{
	size_t part = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] != '.' && !is_ok((unsigned char)s[i]))
			return false;
		if (s[i] != '.')
			part++;
		else if (part == 0)
			return false;
		else
			part = 0;
		if (part > part_max)
			return false;
	}
	return part > 0;
}

/* Valid UTF-8 in which nothing is invisible or turns the direction. */
static bool
is_visible(const char *s, size_t n)
{
	AUTO(str_donep) struct str seen = STR_INIT(3 * ADDRESS_MAX);

	if (!utf8_is_valid(s, n))
		return false;
	utf8_add_visible(&seen, s, n);
	return seen.len == n && memcmp(str_text(&seen), s, n) == 0;
}

bool
address_is_plain(const char *email)
{
	size_t n = email ? strnlen(email, ADDRESS_MAX + 1) : 0;
	const char *at = n > 0 ? memchr(email, '@', n) : NULL;

	if (!at || n > ADDRESS_MAX || at - email > LOCAL_MAX)
		return false;
	if (!is_dotted(email, (size_t)(at - email), LOCAL_MAX, is_atom_char))
		return false;
	if (!is_dotted(at + 1, n - (size_t)(at + 1 - email), LABEL_MAX, is_label_char))
		return false;
	return is_visible(email, n);
}
