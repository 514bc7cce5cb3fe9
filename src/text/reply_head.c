#include "reply_priv.h"

#include "fold_priv.h"

#include <assent/base/utf8.h>

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define JOIN_LINES 4 /* an attribution is wrapped over so many lines at most */
#define JOIN_MAX 480 /* ... and bytes */
#define SHORT_MAX 60 /* bytes of one without a date */
#define WORD_MAX 40 /* bytes of a header's name */

static bool
begins(const char *s, const char *prefix)
{
	/* Asked of every word of a mail and every word of the lists. */
	return s[0] == prefix[0] && strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
begins_any(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (begins(s, *words))
			return true;
	return false;
}

/* Is there word in s, not inside a longer one? Scripts without blanks end words anywhere. */
static bool
holds_word(const char *s, const char *word)
{
	size_t len = strlen(word);
	bool ascii_start = (unsigned char)word[0] < 0x80;
	for (const char *at = strstr(s, word); at; at = strstr(at + 1, word)) {
		bool left = at == s || !ascii_start || !isalnum((unsigned char)at[-1]);
		bool right =
		    !isalnum((unsigned char)at[len]) || !isalnum((unsigned char)word[len - 1]);
		if (left && right)
			return true;
	}
	return false;
}

static bool
holds_any(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (holds_word(s, *words))
			return true;
	return false;
}

/* Four digits, 12:34, 1/2 or 1.2.: something like a date or a time of day. */
static bool
holds_date(const char *s)
{
	int run = 0;
	for (; *s; s++) {
		if (isdigit((unsigned char)*s)) {
			run++;
			continue;
		}
		if (run == 4 ||
		    (run > 0 && run < 3 && strchr(":/.h", *s) && isdigit((unsigned char)s[1])))
			return true;
		run = 0;
	}
	return run == 4;
}

static bool
holds_address(const char *s)
{
	const char *at = strchr(s, '@');
	return at && at > s && isalnum((unsigned char)at[1]);
}

static bool
ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);
	return len >= n && memcmp(s + len - n, end, n) == 0;
}

static bool
ends_in_verb(const char *s, size_t len)
{
	for (const char *const *verb = reply_verbs; *verb; verb++)
		if (ends_with(s, len, *verb))
			return true;
	return false;
}

static bool
begins_like_date(const char *s)
{
	size_t digits = strspn(s, "0123456789");
	bool mark =
	    s[digits] != '\0' && (strchr("-./ ", s[digits]) || (unsigned char)s[digits] >= 0x80);
	return digits > 0 && digits <= 4 && mark && holds_date(s);
}

static bool
is_opened(const char *s)
{
	return begins_any(s, reply_openers) || begins_like_date(s);
}

static bool
ends_with_address(const char *s, size_t len)
{
	const char *last = memrchr(s, ' ', len);
	return last && memchr(last, '@', len - (size_t)(last - s));
}

/* "2016-11-08 12:39 GMT+01:00 Name <a@b.c>:" has no verb at all. */
static bool
is_bare_attribution(const char *s, size_t len)
{
	return is_opened(s) && holds_date(s) && s[len - 1] == ':' && ends_with_address(s, len);
}

/* "On Monday Bob wrote:", with neither date nor address. */
static bool
is_short_attribution(const char *s, size_t len)
{
	size_t words = 0;
	for (size_t i = 0; i + 1 < len; i++)
		words += s[i] == ' ' && s[i + 1] != ':';
	return words >= 2 && is_opened(s) && len <= SHORT_MAX && s[len - 1] == ':' &&
	    holds_any(s, reply_verbs);
}

/* May the lines behind this one complete an attribution that starts here? */
static bool
is_start(const char *s)
{
	return (is_opened(s) && holds_date(s)) || (holds_address(s) && holds_any(s, reply_verbs)) ||
	    begins(s, "on ");
}

static bool
is_attribution(const char *s, size_t len, bool joined)
{
	while (len > 0 && (s[len - 1] == '-' || s[len - 1] == ' '))
		len--;
	if (len < 8)
		return false;
	if (is_bare_attribution(s, len) || (!joined && is_short_attribution(s, len)))
		return true;
	bool address = holds_address(s);
	bool colon = s[len - 1] == ':';
	if ((!address && !holds_date(s)) || (!colon && !ends_in_verb(s, len)))
		return false;
	if (!holds_any(s, reply_verbs))
		return false;
	return joined || is_opened(s) || address || colon;
}

/* The next line of an attribution that is wrapped, perhaps with a blank one between. */
static const char *
wrapped(const struct line *line, size_t *n)
{
	const char *fold = line->fold;
	*n = line->fold_len;
	/* A wrap inside a quote may leave its mark on the rest: "> wrote:". */
	while (*n > 0 && (*fold == '>' || *fold == ' ')) {
		fold++;
		--*n;
	}
	return fold;
}

static bool
is_dated_name(const struct lines *lines, size_t next, const char *text, size_t len)
{
	while (next < lines->count && lines->at[next].fold_len == 0)
		next++;
	return begins_like_date(text) && ends_with(text, len, ">") && holds_address(text) &&
	    next < lines->count && lines->at[next].quoted;
}

/* "Op za 8 mei om 12:09 schreef" is whole, but its name may stand below. */
static size_t
tail_lines(const struct lines *lines, size_t last, char end)
{
	if (end == ':' || last + 1 >= lines->count)
		return 0;
	const struct line *next = &lines->at[last + 1];
	return !next->quoted && ends_with(next->fold, next->fold_len, ":") &&
	    holds_address(next->fold);
}

static struct head
attribution_at(const struct lines *lines, size_t index)
{
	struct head none = { HEAD_NONE, 0 };
	char text[JOIN_MAX + 2];
	size_t len = 0;
	for (size_t i = index; i < lines->count && i < index + JOIN_LINES; i++) {
		size_t n;
		const char *fold = wrapped(&lines->at[i], &n);
		if (i == index) {
			fold += strspn(fold, "- ");
			n = strlen(fold);
		}
		if (n == 0 && i == index + 1)
			continue;
		if (n == 0 || len + n > JOIN_MAX ||
		    (lines->at[i].quoted && i > index && fold[0] == '\0'))
			return none;
		/* One that is whole by itself starts there, not here. */
		if (i > index && is_attribution(fold, n, false) && is_opened(fold))
			return none;
		if (len > 0)
			text[len++] = ' ';
		memcpy(text + len, fold, n);
		len += n;
		text[len] = '\0';
		if (is_attribution(text, len, i > index) || is_dated_name(lines, i + 1, text, len))
			return (struct head){ HEAD_ATTRIBUTION,
				i - index + 1 + tail_lines(lines, i, text[len - 1]) };
		if (i == index && (lines->at[i].quoted || !is_start(text)))
			return none;
	}
	return none;
}

/* The header that a line is, by its word before the colon. */
static enum header_kind
header_of(const struct line *line)
{
	const char *s = line->fold;
	while (*s == '>' || *s == ' ')
		s++;
	const char *colon = memchr(s, ':', strnlen(s, WORD_MAX + 1));
	if (colon == NULL || colon == s)
		return HEADER_NONE;
	size_t n = (size_t)(colon - s);
	while (n > 0 && s[n - 1] == ' ')
		n--;
	for (const struct header_word *row = reply_headers; row->word; row++)
		if (row->word[0] == s[0] && strncmp(row->word, s, n) == 0 && row->word[n] == '\0')
			return row->kind;
	return HEADER_ANY;
}

/*
 * From four lines on decide whether mail headers stand here: a sender and one
 * more kind, or a date with a recipient or subject. Unknown words count when
 * three of them stand together and the first one names an address.
 */
static struct head
block_at(const struct lines *lines, size_t index)
{
	unsigned kinds = 0;
	size_t known = 0, taken = 0, any = 0;
	bool address = false;
	if (header_of(&lines->at[index]) == HEADER_NONE)
		return (struct head){ HEAD_NONE, 0 };
	for (size_t i = index; i < lines->count && i < index + 8; i++) {
		enum header_kind kind = header_of(&lines->at[i]);
		if (lines->at[i].fold_len == 0 && i > index)
			continue;
		if (kind == HEADER_NONE)
			continue; /* a wrapped value */
		any++;
		address |= i == index && holds_address(lines->at[i].fold);
		if (kind == HEADER_ANY)
			continue;
		known += !(kinds & 1u << kind);
		kinds |= 1u << kind;
		taken = i - index + 1;
	}
	enum header_kind first = header_of(&lines->at[index]);
	bool from = kinds & 1u << HEADER_FROM, date = kinds & 1u << HEADER_DATE;
	bool aim = kinds & (1u << HEADER_TO | 1u << HEADER_SUBJECT);
	bool real = first != HEADER_ANY && known >= 2 && ((from && (date || aim)) || (date && aim));
	if (!real && !(address && any >= 3))
		return (struct head){ HEAD_NONE, 0 };
	return (struct head){ HEAD_BLOCK, taken ? taken : 1 };
}

static size_t
dashes(const char *s)
{
	return strspn(s, "-=_ ");
}

/* "----- Original Message -----", with anything behind it. */
static struct head
separator_at(const struct line *line)
{
	const char *s = line->fold;
	while (*s == '>' || *s == ' ')
		s++;
	size_t lead = dashes(s);
	if (lead >= 2) {
		const char *words = s + lead;
		for (const char *const *row = reply_forwards; *row; row++)
			if (begins(words, *row) && words[strlen(*row)] &&
			    strchr(" :-_=", words[strlen(*row)]))
				return (struct head){ HEAD_FORWARD, 1 };
		for (const char *const *row = reply_originals; *row; row++)
			if (begins(words, *row) && words[strlen(*row)] &&
			    strchr(" :-_=", words[strlen(*row)]))
				return (struct head){ HEAD_BLOCK, 1 };
	}
	for (const char *const *row = reply_begins; *row; row++)
		if (begins(s, *row) && s[strspn(s + strlen(*row), " :") + strlen(*row)] == '\0')
			return (struct head){ HEAD_FORWARD, 1 };
	return (struct head){ HEAD_NONE, 0 };
}

struct head
reply_head_at(const struct lines *lines, size_t index)
{
	const struct line *line = &lines->at[index];
	struct head head = separator_at(line);
	if (head.kind == HEAD_NONE)
		head = attribution_at(lines, index);
	if (head.kind == HEAD_NONE && memchr(line->fold, ':', line->fold_len))
		head = block_at(lines, index);
	return head;
}

/* "reply--- On Wed, Apr 4, 2012 at 3:59 PM, me@domain.com wrote:" */
size_t
reply_head_inside(const struct line *line)
{
	static const char *const marks[] = { "--- On ", ". On ", "! On ", "-----Original ",
		"----- Original " };
	char text[JOIN_MAX + 1];
	if (line->raw_len == 0 || strchr("-*_=", line->fold[0]))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *at = memmem(line->raw, line->raw_len, marks[i], strlen(marks[i]));
		if (at == NULL || at == line->raw)
			continue;
		/* The stop of the writer's sentence stays. */
		at += at[0] != '-';
		size_t n = line->raw_len - (size_t)(at - line->raw);
		if (i > 2)
			return (size_t)(at - line->raw);
		struct str fold = STR_INIT(JOIN_MAX);
		fold_add(&fold, at, n);
		size_t len = fold.overflow ? 0 : fold.len;
		memcpy(text, str_text(&fold), len);
		text[len] = '\0';
		str_done(&fold);
		if (is_attribution(text, len, false))
			return (size_t)(at - line->raw);
	}
	return 0;
}
