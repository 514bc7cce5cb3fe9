#include <assent/text/redact.h>

#include <string.h>
#include <strings.h>

#define BREAK_MAX 256 /* bytes between two characters of one token */
#define DECODED_MAX ((size_t)16 << 10)

struct text {
	const char *at;
	size_t n;
};

struct hit { /* where a token stands, the breaks inside it included; end 0 for none */
	size_t start, end;
};

/* How "/", "@" and ":" look after one or more rounds of encoding. */
static const char *const slashes[] = { "/", "_", "%2f", "%252f", "%25252f", "-2f", "-252f", "*2f",
	"=2f", "&#x2f;", "&#47;", "\\/", NULL };
static const char *const ats[] = { "@", "%40", "%2540", "%252540", "-40", "-2540", "*40", "=40",
	"&#x40;", "&#64;", NULL };
static const char *const colons[] = { ":", "%3a", "%253a", "=3a", "&#58;", "&#x3a;", NULL };

/* What stands inside a word and is not seen. */
static const char *const marks[] = { "\xc2\xad", "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
	"\xe2\x81\xa0", "\xef\xbb\xbf", "<wbr>", "<wbr/>", "<br>", "<br/>", "<br />", "&shy;",
	"&#173;", "&#8203;", "%0d", "%0a", NULL };

/* "http" and "mailto:" in base64, which some gateways put links in. */
static const char *const packed[] = { "aHR0c", "bWFpbHRv", NULL };

static bool
is_base32(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

/* The first bytes of the slashes: few bytes of a mail are one of these. */
static bool
may_begin(char c)
{
	switch (c) {
	case '/':
	case '_': /* urldefense, version 2 */
	case '%':
	case '-':
	case '*':
	case '=':
	case '&':
	case '\\':
		return true;
	default:
		return false;
	}
}

/* --- what mail programs put into the middle of a token ------------------------ */

static bool
begins(const struct text *t, size_t i, const char *word)
{
	size_t len;

	if (i >= t->n || (t->at[i] | 0x20) != (word[0] | 0x20))
		return false;
	len = strlen(word);
	return i + len <= t->n && strncasecmp(t->at + i, word, len) == 0;
}

/* The first bytes of the marks. */
static bool
may_mark(char c)
{
	switch (c) {
	case '\xc2':
	case '\xe2':
	case '\xef':
	case '<':
	case '&':
	case '%':
		return true;
	default:
		return false;
	}
}

static size_t
mark_at(const struct text *t, size_t i)
{
	if (!may_mark(t->at[i]))
		return 0;
	for (const char *const *mark = marks; *mark; mark++)
		if (begins(t, i, *mark))
			return strlen(*mark);
	return 0;
}

static bool
is_line_end(const struct text *t, size_t i)
{
	while (i < t->n && (t->at[i] == ' ' || t->at[i] == '\t' || t->at[i] == '\r'))
		i++;
	return i < t->n && t->at[i] == '\n';
}

/* Line breaks with the quote marks of the next line, soft ones, and what is not seen; 0 for none. */
static size_t
break_at(const struct text *t, size_t i)
{
	size_t at = i, len;
	bool is_break = false;

	while (at < t->n && at - i < BREAK_MAX) {
		char c = t->at[at];

		len = 1;
		if (c == '\n')
			is_break = true;
		else if (c == '=' && !is_line_end(t, at + 1))
			break;
		else if (!memchr(" \t\r>|=", c, 6)) {
			len = mark_at(t, at);
			if (len == 0)
				break;
			is_break = true;
		}
		at += len;
	}
	return is_break ? at - i : 0;
}

static size_t
skip_break(const struct text *t, size_t i)
{
	return i + break_at(t, i);
}

/* --- where tokens stand -------------------------------------------------------- */

/* Where the word that begins at i ends, breaks inside it or not; 0 for another word. */
static size_t
word_end(const struct text *t, size_t i, const char *word)
{
	for (; *word; word++) {
		if (i >= t->n ||
		    ((t->at[i] ^ *word) & (*word >= 'a' && *word <= 'z' ? 0xdf : 0xff)))
			return 0;
		i++;
		if (word[1])
			i = skip_break(t, i);
	}
	return i;
}

static size_t
any_end(const struct text *t, size_t i, const char *const *words)
{
	size_t end = 0;

	if (i < t->n)
		for (; *words && end == 0; words++)
			end = word_end(t, i, *words);
	return end;
}

/* 32 characters from i on, with breaks between them; blanks too, where those are breaks. */
static size_t
token_end(const struct text *t, size_t i, bool blanks)
{
	for (int k = 0; k < REDACT_TOKEN_CHARS; k++) {
		if (k > 0)
			i = skip_break(t, i);
		if (k > 0 && blanks && i < t->n && t->at[i] == ' ')
			i++;
		if (i >= t->n || !is_base32(t->at[i]))
			return 0;
		i++;
	}
	return i;
}

static bool
has_digit(const struct text *t, size_t from, size_t to)
{
	for (; from < to; from++)
		if (t->at[from] >= '2' && t->at[from] <= '7')
			return true;
	return false;
}

/*
 * A soft line end without DelSp leaves a blank in the middle (RFC 3676 section
 * 4.1). Then the length has to be right and a digit be there, as in nearly all
 * tokens and in no words.
 */
static bool
token_at(const struct text *t, size_t i, struct hit *hit)
{
	size_t end = token_end(t, i, false);

	if (end == 0) {
		end = token_end(t, i, true);
		if (end == 0 || (end < t->n && is_base32(t->at[end])) || !has_digit(t, i, end))
			return false;
	}
	*hit = (struct hit){ i, end };
	return true;
}

/* "/a/" or "/e/" at i with a token behind it. */
static bool
path_at(const struct text *t, size_t i, struct hit *hit)
{
	size_t at = any_end(t, i, slashes), page;

	if (at == 0)
		return false;
	page = skip_break(t, at);
	at = word_end(t, page, "a");
	if (at == 0)
		at = word_end(t, page, "e");
	if (at > 0)
		at = any_end(t, skip_break(t, at), slashes);
	return at > 0 && token_at(t, skip_break(t, at), hit);
}

static size_t
mark_before(const struct text *t, size_t i)
{
	for (const char *const *mark = marks; *mark; mark++) {
		size_t len = strlen(*mark);

		if (i >= len && begins(t, i - len, *mark))
			return len;
	}
	return 0;
}

/* Where the break that ends at i begins; i itself where none does. */
static size_t
before_break(const struct text *t, size_t i)
{
	bool is_break = false;
	size_t back = i, len;

	for (; back > 0 && i - back < BREAK_MAX; back -= len) {
		char c = t->at[back - 1];

		len = memchr(" \t\r\n>|", c, 6) || (c == '=' && is_line_end(t, back)) ? 1 : 0;
		is_break |= c == '\n';
		if (len == 0 || c == '>') {
			size_t mark = mark_before(t, back);

			is_break |= mark > 0;
			len = mark > 0 ? mark : len;
		}
		if (len == 0)
			break;
	}
	return is_break ? back : i;
}

/*
 * Does a separator of sub-addresses stand before i? Without one, words on
 * lines of their own above an address would look like a token in pieces.
 */
static bool
is_after_separator(const struct text *t, size_t i)
{
	size_t before = before_break(t, i);

	/* "=" may be the separator or the end of a soft line. */
	if (memchr(t->at + before, '=', i - before) != NULL)
		return true;
	i = before;
	if (i == 0 || memchr("+-=_;", t->at[i - 1], 5))
		return i > 0;
	/* "%2B", however often it was encoded and wherever it was broken. */
	if ((t->at[i - 1] | 0x20) != 'b')
		return false;
	i = before_break(t, i - 1);
	return i > 0 && t->at[i - 1] == '2';
}

static bool
is_packed_at(const struct text *t, size_t i)
{
	return (t->at[i] == 'a' || t->at[i] == 'b') && any_end(t, i, packed) > 0;
}

struct run { /* of base32, across breaks */
	size_t last[REDACT_TOKEN_CHARS]; /* where its last characters stand, a ring */
	size_t count, end;
};

static size_t
nth_last(const struct run *run, size_t n)
{
	return run->last[(run->count - n) % REDACT_TOKEN_CHARS];
}

/* A soft "=" before a packed link is no part of a run. */
static void
take_run(const struct text *t, size_t i, struct run *run)
{
	run->count = 0;
	run->end = i;
	while (i < t->n && is_base32(t->at[i])) {
		run->last[run->count++ % REDACT_TOKEN_CHARS] = i++;
		run->end = i;
		i = skip_break(t, i);
		if (i > run->end && i < t->n && is_packed_at(t, i))
			return;
	}
}

/*
 * The last 32 characters of a run that an "@" ends are a token; what stands
 * before them may be an encoded separator such as %2B.
 */
static bool
is_address(const struct text *t, const struct run *run, struct hit *hit)
{
	size_t start, next = skip_break(t, run->end);

	if (run->count < REDACT_TOKEN_CHARS || any_end(t, next, ats) == 0)
		return false;
	start = nth_last(run, REDACT_TOKEN_CHARS);
	*hit = (struct hit){ start, run->end };
	return next == start + REDACT_TOKEN_CHARS || is_after_separator(t, start);
}

/* "ref:" at the run's end with a token behind it. */
static bool
is_code(const struct text *t, const struct run *run, struct hit *hit)
{
	size_t at;

	if (run->count < 3 || (t->at[nth_last(run, 3)] | 0x20) != 'r' ||
	    (t->at[nth_last(run, 2)] | 0x20) != 'e' || (t->at[nth_last(run, 1)] | 0x20) != 'f')
		return false;
	at = any_end(t, skip_break(t, run->end), colons);
	return at > 0 && token_at(t, skip_break(t, at), hit);
}

/* --- links inside base64 --------------------------------------------------------- */

static int
base64_value(char c)
{
	static const char high[] = "0123456789+/";
	const char *at;

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c == '-' || c == '_') /* RFC 4648 section 5 */
		return c == '-' ? 62 : 63;
	at = memchr(high, c, sizeof(high) - 1);
	return at ? (int)(at - high) + 52 : -1;
}

static size_t
unpack(const struct text *t, size_t i, struct str *out)
{
	unsigned bits = 0;
	int have = 0, value;
	size_t end = i;

	for (; i < t->n && (value = base64_value(t->at[i])) >= 0; i = skip_break(t, i)) {
		end = ++i;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		str_add_char(out, (char)(bits >> have & 0xff));
	}
	return end;
}

/* --- looking ----------------------------------------------------------------------- */

struct scan { /* through one text, once */
	struct text text;
	size_t unpacked; /* base64 before this was looked into */
	bool inside; /* of base64 already */
};

static size_t next_token(struct scan *scan, size_t i, struct hit *hit);

/* The whole run goes: what is left of it would be another link. */
static bool
is_packed(struct scan *scan, size_t i, struct hit *hit)
{
	AUTO(str_donep) struct str bytes = STR_INIT(DECODED_MAX);
	struct scan inner = { .inside = true };
	struct hit within = { 0, 0 };
	size_t end;

	if (scan->inside || i < scan->unpacked || !is_packed_at(&scan->text, i))
		return false;
	end = scan->unpacked = unpack(&scan->text, i, &bytes);
	inner.text = (struct text){ str_text(&bytes), bytes.len };
	for (size_t k = 0; k < bytes.len && within.end == 0;)
		k = next_token(&inner, k, &within);
	*hit = (struct hit){ i, end };
	return within.end > 0;
}

/* Is there a token at i or in the run that begins there? Returns where to look next. */
static size_t
next_token(struct scan *scan, size_t i, struct hit *hit)
{
	const struct text *t = &scan->text;
	struct run run;

	*hit = (struct hit){ 0, 0 };
	if (!is_base32(t->at[i])) {
		if (may_begin(t->at[i]) && path_at(t, i, hit))
			return hit->end;
		return i + 1;
	}
	if (is_packed(scan, i, hit))
		return hit->end;
	take_run(t, i, &run);
	if (is_address(t, &run, hit) || is_code(t, &run, hit))
		return hit->end;
	*hit = (struct hit){ 0, 0 };
	return run.end;
}

bool
redact_may_hold(const char *text, size_t n)
{
	const struct text t = { text, n };
	size_t count = 0, before = 0; /* a blank */

	for (size_t i = 0; i < n;) {
		size_t gap;

		if (is_base32(text[i])) {
			if (++count + before >= REDACT_TOKEN_CHARS || is_packed_at(&t, i))
				return true;
			i++;
			continue;
		}
		gap = count > 0 ? break_at(&t, i) : 0;
		if (gap == 0) {
			before = text[i] == ' ' ? count : 0;
			count = 0;
		}
		i += gap > 0 ? gap : 1;
	}
	return false;
}

size_t
redact_tokens(const char *text, size_t n, struct str *out)
{
	struct scan scan = { .text = { text, n } };
	size_t found = 0;

	if (!redact_may_hold(text, n)) {
		str_add_n(out, text, n);
		return 0;
	}
	for (size_t i = 0, next; i < n; i = next) {
		struct hit hit;

		next = next_token(&scan, i, &hit);
		if (hit.end == 0) {
			str_add_n(out, text + i, next - i);
			continue;
		}
		str_add_n(out, text + i, hit.start - i);
		str_add(out, REDACTED);
		found++;
	}
	return found;
}

/* --- codes -------------------------------------------------------------------------- */

bool
redact_next_code(const char *text, size_t from, struct redact_code *out)
{
	const struct text t = { text, strlen(text) };
	struct run run;
	struct hit hit;

	for (size_t i = from; i < t.n;) {
		if (!is_base32(text[i])) {
			i++;
			continue;
		}
		take_run(&t, i, &run);
		i = run.end;
		if (!is_code(&t, &run, &hit))
			continue;
		out->start = nth_last(&run, 3);
		out->end = hit.end;
		for (size_t k = 0, at = hit.start; k < REDACT_TOKEN_CHARS; k++) {
			out->token[k] = text[at];
			at = skip_break(&t, at + 1);
			at += text[at] == ' ';
		}
		out->token[REDACT_TOKEN_CHARS] = '\0';
		return true;
	}
	return false;
}
