#include <assent/text/reply.h>

#include "fold_priv.h"
#include "reply_priv.h"

#include <assent/base/mem.h>

#include <string.h>

/* More than this is no person's answer; what is behind it is cut. */
#define INPUT_MAX ((size_t)1 << 20)
#define LINES_MAX 60000
#define DEVICE_WORDS_MAX 12
#define WRAP_MIN 60 /* a quoted line so long may have lost its tail to a wrap */

static bool
begins_any(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (s[0] == **words && strncmp(s, *words, strlen(*words)) == 0)
			return true;
	return false;
}

static bool
holds_any(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strstr(s, *words))
			return true;
	return false;
}

static size_t
trimmed(const char *s, size_t n)
{
	while (n > 0 && (unsigned char)s[n - 1] <= ' ' && strchr(" \t\r\f\v", s[n - 1]))
		n--;
	return n;
}

/* As a quote: ">", and the marks of older and of other people's programs. */
static bool
is_marked(const struct line *line, const char *folded)
{
	return folded[0] == '>' || folded[0] == '|' || (folded[0] == ':' && folded[1] == ' ') ||
	    (line->raw_len >= 2 && memcmp(line->raw, "\xc2\xbb", 2) == 0);
}

/* Split and fold; fold holds the folded lines, each ended by a NUL. */
static struct lines
split(const char *text, size_t n, struct str *fold)
{
	struct lines lines = { 0 };
	size_t room = 0;
	for (size_t at = 0; at < n && lines.count < LINES_MAX;) {
		const char *newline = memchr(text + at, '\n', n - at);
		size_t len = newline ? (size_t)(newline - (text + at)) : n - at;
		if (lines.count == room) {
			room = room ? 2 * room : 64;
			lines.at = mem_grow(lines.at, room * sizeof *lines.at);
		}
		struct line *line = &lines.at[lines.count++];
		*line = (struct line){ .raw = text + at, .raw_len = trimmed(text + at, len) };
		line->fold_len = fold_add(fold, line->raw, line->raw_len);
		str_add_n(fold, "", 1);
		at += len + 1;
	}
	const char *folded = str_text(fold);
	for (size_t i = 0; i < lines.count; i++) {
		lines.at[i].fold = folded;
		lines.at[i].quoted = is_marked(&lines.at[i], folded);
		folded += lines.at[i].fold_len + 1;
	}
	return lines;
}

static void
cut_from(struct lines *lines, size_t index, size_t to)
{
	for (size_t i = index; i < lines->count && i < to; i++)
		lines->at[i].cut = true;
}

static size_t
next_text(const struct lines *lines, size_t index)
{
	while (index < lines->count && lines->at[index].fold_len == 0)
		index++;
	return index;
}

struct folded_markers {
	struct str text; /* each ended by a NUL */
	size_t count;
};

static bool
holds_marker(const struct line *line, const struct folded_markers *markers)
{
	const char *marker = str_text(&markers->text);
	for (size_t i = 0; i < markers->count; i++) {
		if (*marker && strstr(line->fold, marker))
			return true;
		marker += strlen(marker) + 1;
	}
	return false;
}

static struct folded_markers
fold_markers(const struct reply_hints *hints)
{
	struct folded_markers markers = { .text = STR_INIT(8192) };
	for (size_t i = 0; hints && i < hints->marker_count; i++) {
		fold_add(&markers.text, hints->markers[i], strlen(hints->markers[i]));
		str_add_n(&markers.text, "", 1);
		markers.count += !markers.text.overflow;
	}
	return markers;
}

/*
 * A wrapped quote: the tail of a long quoted line without its mark, more quote
 * behind it. It would otherwise read as the writer's.
 */
static bool
is_wrap_tail(const struct lines *lines, size_t i)
{
	if (i == 0 || i + 1 >= lines->count || lines->at[i].fold_len == 0)
		return false;
	const struct line *above = &lines->at[i - 1], *line = &lines->at[i];
	if (!above->quoted || !lines->at[i + 1].quoted)
		return false;
	/* A link that was broken out of the quote. */
	if (strspn(line->fold, "(<") &&
	    strncmp(line->fold + strspn(line->fold, "(<"), "http", 4) == 0)
		return true;
	if (strstr(above->fold, "://") && strchr(line->fold, ' ') == NULL)
		return true;
	return above->raw_len >= WRAP_MIN && line->raw_len < WRAP_MIN;
}

static bool
is_signature(const struct line *line)
{
	const char *s = line->raw;
	size_t n = line->raw_len;
	if (n == 2 && memcmp(s, "--", 2) == 0)
		return true;
	if (n >= 3 && memcmp(s, "\xe2\x80\x94", 3) == 0 && n == 3)
		return true;
	size_t rule = strspn(line->fold, "_");
	return rule >= 2 && rule == line->fold_len;
}

static size_t
count_words(const char *s)
{
	size_t n = 1;
	for (; *s; s++)
		n += *s == ' ';
	return n;
}

static bool
is_device(const struct line *line)
{
	if (line->fold_len < 8 || line->fold_len > 120 ||
	    count_words(line->fold) > DEVICE_WORDS_MAX || strstr(line->fold, ", "))
		return false;
	const char *s = line->fold;
	while (*s == '(' || *s == '[' || *s == '<' || *s == '-' || *s == ' ' || *s == '_')
		s++;
	if (begins_any(s, reply_devices))
		return true;
	size_t len = strlen(s);
	while (len > 0 && strchr(".!)", s[len - 1]))
		len--;
	for (const char *const *end = reply_device_ends; *end; end++) {
		size_t n = strlen(*end);
		if (len >= n && memcmp(s + len - n, *end, n) == 0)
			return true;
	}
	return false;
}

/* Is all that follows quoted by '>' lines, so that text below them is kept? */
static bool
quote_follows(const struct lines *lines, size_t index)
{
	index = next_text(lines, index);
	return index < lines->count && lines->at[index].quoted;
}

static bool
is_rule(const struct line *line)
{
	return line->fold_len >= 3 && strspn(line->fold, "-=_ ") == line->fold_len;
}

static size_t
cut_head(struct lines *lines, size_t i, struct head head, struct reply_cut *cut)
{
	cut->quoted = true;
	cut->forwarded |= head.kind == HEAD_FORWARD;
	bool marked = lines->at[i].quoted ||
	    (head.kind == HEAD_ATTRIBUTION && quote_follows(lines, i + head.lines));
	size_t to = marked ? i + head.lines : lines->count;
	/* A rule drawn above the head belongs to it. */
	while (i > 0 && (lines->at[i - 1].fold_len == 0 || is_rule(&lines->at[i - 1])))
		i--;
	cut_from(lines, i, to);
	return to;
}

/*
 * "Please reply above this line" of another system: what is below is quoted,
 * unless it stands on top of that system's own mail.
 */
static size_t
cut_below(struct lines *lines, size_t i, struct reply_cut *cut)
{
	size_t to = lines->has_words ? lines->count : i + 1;
	cut->quoted = true;
	cut_from(lines, i, to);
	return to;
}

/* One line that is not blank, quote or head; returns the next to look at. */
static size_t
look_at_text(struct lines *lines, size_t i, struct reply_cut *cut)
{
	struct line *line = &lines->at[i];
	if (holds_any(line->fold, reply_above))
		return cut_below(lines, i, cut);
	if (begins_any(line->fold, reply_banners)) {
		line->cut = true;
		return i + 1;
	}
	if (is_signature(line) || is_device(line) || begins_any(line->fold, reply_disclaimers)) {
		cut->signature = true;
		cut_from(lines, i, lines->count);
		return lines->count;
	}
	lines->has_words = true;
	return i + 1;
}

static size_t
look_at(struct lines *lines, size_t i, const struct folded_markers *markers, struct reply_cut *cut)
{
	struct line *line = &lines->at[i];
	if (line->fold_len == 0)
		return i + 1;
	if (holds_marker(line, markers)) {
		cut->quoted = true;
		line->cut = true;
		/* Below a marked quote the writer may go on; below a bare one nobody can tell. */
		if (!line->quoted)
			cut_from(lines, i, lines->count);
		return line->quoted ? i + 1 : lines->count;
	}
	if (line->quoted || is_wrap_tail(lines, i)) {
		cut->quoted = true;
		line->cut = true;
		return i + 1;
	}
	size_t inside = reply_head_inside(line);
	if (inside > 0) {
		line->raw_len = trimmed(line->raw, inside);
		cut->quoted = true;
		if (!quote_follows(lines, i + 1))
			cut_from(lines, i + 1, lines->count);
		return i + 1;
	}
	struct head head = reply_head_at(lines, i);
	if (head.kind != HEAD_NONE)
		return cut_head(lines, i, head, cut);
	return look_at_text(lines, i, cut);
}

/* "Best regards, Robert" alone is nobody's answer. */
static void
drop_closing(struct lines *lines)
{
	const struct line *first = NULL;
	size_t kept = 0, long_lines = 0;
	for (size_t i = 0; i < lines->count && kept < 5; i++) {
		const struct line *line = &lines->at[i];
		if (line->cut || line->fold_len == 0)
			continue;
		first = first ? first : line;
		kept++;
		long_lines += line->fold_len > 40;
	}
	if (first && kept < 5 && long_lines == 0 && begins_any(first->fold, reply_closings) &&
	    count_words(first->fold) <= 4)
		cut_from(lines, 0, lines->count);
}

/* Blank lines stay between two lines of the writer, and only there. */
static void
put(const struct lines *lines, struct str *out)
{
	bool any = false, blank = false;
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->at[i];
		if (line->cut || line->raw_len == 0 || line->fold_len == 0) {
			blank |= !line->cut;
			continue;
		}
		if (any)
			str_add(out, blank ? "\n\n" : "\n");
		str_add_n(out, line->raw, line->raw_len);
		any = true;
		blank = false;
	}
}

void
reply_extract(
    const char *text, const struct reply_hints *hints, struct str *out, struct reply_cut *cut)
{
	struct reply_cut unused, *seen = cut ? cut : &unused;
	struct str fold = STR_INIT(4 * INPUT_MAX);
	struct folded_markers markers = fold_markers(hints);
	struct lines lines = split(text, strnlen(text, INPUT_MAX), &fold);
	*seen = (struct reply_cut){ 0 };
	for (size_t i = 0; i < lines.count;)
		i = look_at(&lines, i, &markers, seen);
	drop_closing(&lines);
	put(&lines, out);
	mem_free(lines.at);
	str_done(&fold);
	str_done(&markers.text);
}
