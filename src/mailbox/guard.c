/* The first reader of a server's lines. */
#include "guard_priv.h"

#include <string.h>
#include <strings.h>

#define MORE_THAN_ASKED "it sends far more than it was asked for"
#define DIGITS "0123456789"
#define NUMBER_MAX ((int64_t)UINT32_MAX) /* RFC 3501 section 9 */

struct cursor { /* over one line, its end left out */
	char *at;
	size_t left;
};

void
guard_expect(struct guard *g, int64_t literal_max, int64_t budget, int64_t fetch_room)
{
	g->literal_max = literal_max;
	g->budget = budget;
	g->fetch_room = fetch_room;
	g->wants = NULL;
	g->dropped = 0;
	g->status = GUARD_NONE;
	g->code[0] = g->said[0] = '\0';
}

int
guard_count(struct guard *g, size_t n, struct err *err)
{
	g->budget -= (int64_t)n;
	if (g->budget < 0)
		return err_set(err, ERR_LIMIT, MORE_THAN_ASKED);
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next word up to a blank, and the blank with it; its length. */
static size_t
take_word(struct cursor *c, const char **word)
{
	size_t n = 0;

	*word = c->at;
	while (n < c->left && c->at[n] != ' ')
		n++;
	c->at += n;
	c->left -= n;
	while (c->left > 0 && *c->at == ' ') {
		c->at++;
		c->left--;
	}
	return n;
}

static bool
word_is(const char *word, size_t n, const char *want)
{
	if (n != strlen(want))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((word[i] | 0x20) != (want[i] | 0x20))
			return false;
	return true;
}

/* A whole number that fits, or -1. */
static int64_t
number_of(const char *s, size_t n)
{
	int64_t value = 0;

	if (n < 1 || n > 10)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s[i]))
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value <= NUMBER_MAX ? value : -1;
}

static void
copy_words(char *out, size_t room, const char *words, size_t n)
{
	if (n > room - 1)
		n = room - 1;
	memcpy(out, words, n);
	out[n] = '\0';
}

/* "[UIDNEXT 12]": what stands in it is kept here. */
static int
keep_code(struct guard *g, const char *code, size_t n, struct err *err)
{
	struct cursor c = { (char *)(uintptr_t)code, n };
	const char *name, *value;
	size_t name_n = take_word(&c, &name), value_n = take_word(&c, &value);
	int64_t *into = NULL, number;

	if (word_is(name, name_n, "UIDVALIDITY"))
		into = &g->uidvalidity;
	else if (word_is(name, name_n, "UIDNEXT"))
		into = &g->uidnext;
	if (!into)
		return 0;
	number = number_of(value, value_n);
	if (number < 1)
		return err_set(
		    err, ERR_PEER, "its %.*s is not a number of 32 bits", (int)name_n, name);
	*into = number;
	return 0;
}

/*
 * Words after OK, NO, BAD, PREAUTH, BYE. The bracket of a response code is
 * taken from the library, so that to it the code is text.
 */
static int
read_words(struct guard *g, struct cursor *c, bool is_last, struct err *err)
{
	bool has_code = c->left > 0 && *c->at == '[';
	const char *end = has_code ? memchr(c->at, ']', c->left) : NULL;
	size_t n, name, left = c->left;

	c->left = 0; /* text has no literal at its end */
	if (is_last) {
		copy_words(g->said, sizeof(g->said), c->at, left);
		g->code[0] = '\0';
	}
	if (has_code)
		*c->at = '(';
	if (!end)
		return 0;
	n = (size_t)(end - c->at) - 1;
	for (name = 0; name < n && c->at[1 + name] != ' '; name++)
		;
	if (is_last)
		copy_words(g->code, sizeof(g->code), c->at + 1, name);
	return keep_code(g, c->at + 1, n, err);
}

static enum guard_status
status_of(const char *word, size_t n)
{
	if (word_is(word, n, "OK"))
		return GUARD_OK;
	if (word_is(word, n, "NO"))
		return GUARD_NO;
	return word_is(word, n, "BAD") ? GUARD_BAD : GUARD_NONE;
}

/* libetpan needs a blank and some text behind a status. */
static int
need_words(const struct cursor *c, struct err *err)
{
	if (c->left < 1)
		return err_set(err, ERR_PEER, "it answers with half a line");
	return 0;
}

static int
read_goodbye(struct guard *g, struct cursor *c, struct err *err)
{
	int rc = read_words(g, c, true, err);

	return rc < 0 ? rc : err_set(err, ERR_PEER, "it ended the connection");
}

static int
read_greeting(struct guard *g, struct cursor *c, struct err *err)
{
	const char *word;
	size_t n = take_word(c, &word);

	if (!word_is(word, n, "*"))
		return err_set(err, ERR_PEER, "what answers there is no IMAP server");
	n = take_word(c, &word);
	if (word_is(word, n, "BYE"))
		return read_goodbye(g, c, err);
	g->preauth = word_is(word, n, "PREAUTH");
	if (!g->preauth && !word_is(word, n, "OK"))
		return err_set(err, ERR_PEER, "what answers there is no IMAP server");
	g->greeted = true;
	g->status = GUARD_OK;
	return need_words(c, err) < 0 ? ERR_PEER : read_words(g, c, true, err);
}

/*
 * libetpan takes "{9}" for a literal wherever a string may stand, with or
 * without the end of the line behind it: only the one that we count may come.
 */
static int
check_braces(const struct cursor *c, struct err *err)
{
	const char *brace = memchr(c->at, '{', c->left);
	const char *last = c->at + c->left - 1;

	if (!brace)
		return 0;
	if (*last == '}' && last - brace > 1 &&
	    strspn(brace + 1, DIGITS) == (size_t)(last - brace - 1))
		return 0;
	return err_set(err, ERR_PEER, "it sends a literal within a line");
}

static bool
begins(const char *at, size_t left, const char *word)
{
	return left >= strlen(word) && strncasecmp(at, word, strlen(word)) == 0;
}

/* A whole letter, its header and its size are all that we ever ask for. */
static bool
is_unasked(const char *at, size_t left)
{
	if (begins(at, left, "BODY"))
		return !begins(at, left, "BODY[]") && !begins(at, left, "BODY[HEADER]");
	if (begins(at, left, "RFC822"))
		return !begins(at, left, "RFC822.SIZE ");
	return begins(at, left, "ENVELOPE") || begins(at, left, "BINARY");
}

struct scan { /* along a FETCH line */
	bool quoted;
	int depth; /* of parentheses: attributes have names at 1, flags are deeper */
	size_t digits;
};

static void
scan_char(struct scan *scan, char at)
{
	if (at == '"')
		scan->quoted = !scan->quoted;
	if (!scan->quoted)
		scan->depth += (at == '(') - (at == ')');
	scan->digits = !scan->quoted && is_digit(at) ? scan->digits + 1 : 0;
}

/* Every number outside of quotes fits, and nothing comes that was not asked for. */
static int
check_fetch(const struct cursor *c, struct scan scan, struct err *err)
{
	for (size_t i = 0; i < c->left; i++) {
		const char *at = c->at + i;
		bool starts = i == 0 || at[-1] == ' ' || at[-1] == '(';

		if (scan.quoted && *at == '\\') {
			i++;
			continue;
		}
		scan_char(&scan, *at);
		if (scan.digits > 0 && number_of(at + 1 - scan.digits, scan.digits) < 0)
			return err_set(err, ERR_PEER, "it sends a number beyond 32 bits");
		if (starts && scan.depth == 1 && !scan.quoted && is_unasked(at, c->left - i))
			return err_set(err, ERR_PEER, "it sends what nobody asked for");
	}
	if (scan.quoted)
		return err_set(err, ERR_PEER, "it opens a quote and does not close it");
	return check_braces(c, err);
}

static int
read_fetch(struct guard *g, const struct cursor *c, struct err *err)
{
	int rc = check_fetch(c, (struct scan){ 0 }, err);

	if (rc < 0)
		return rc;
	if (g->fetch_room > 0) {
		g->fetch_room--;
		return GUARD_PASS;
	}
	g->dropped++;
	return GUARD_DROP;
}

static void
read_exists(struct guard *g, int64_t count)
{
	if (count > g->exists)
		g->fresh = true;
	g->exists = count;
}

/* "* 12 EXISTS" and its like; the library is told of FETCH only. */
static int
read_numbered(struct guard *g, int64_t number, struct cursor *c, struct err *err)
{
	const char *word;
	size_t n = take_word(c, &word);

	if (word_is(word, n, "FETCH"))
		return read_fetch(g, c, err);
	if (word_is(word, n, "EXISTS"))
		read_exists(g, number);
	else if (word_is(word, n, "EXPUNGE") && g->exists > 0)
		g->exists--;
	return GUARD_DROP;
}

static int
read_untagged(struct guard *g, struct cursor *c, struct err *err)
{
	const char *word;
	size_t n = take_word(c, &word);
	int64_t number;

	if (word_is(word, n, "BYE"))
		return read_goodbye(g, c, err);
	if (status_of(word, n) != GUARD_NONE) {
		int rc = read_words(g, c, false, err);

		return rc < 0 ? rc : GUARD_DROP;
	}
	if (word_is(word, n, "CAPABILITY") || word_is(word, n, "LIST"))
		return g->wants && word_is(word, n, g->wants) ? check_braces(c, err) : GUARD_DROP;
	if (n < 1 || !is_digit(*word))
		return GUARD_DROP;
	number = number_of(word, n);
	if (number < 0)
		return err_set(err, ERR_PEER, "it sends a number beyond 32 bits");
	return read_numbered(g, number, c, err);
}

static int
read_tagged(struct guard *g, struct cursor *c, struct err *err)
{
	const char *word;
	size_t n = take_word(c, &word);
	int rc;

	g->status = status_of(word, n);
	if (g->status == GUARD_NONE)
		return err_set(err, ERR_PEER, "it answers with what is no answer");
	rc = need_words(c, err);
	return rc < 0 ? rc : read_words(g, c, true, err);
}

static int
read_response(struct guard *g, struct cursor *c, struct err *err)
{
	const char *word;
	size_t n;

	if (!g->greeted)
		return read_greeting(g, c, err);
	n = take_word(c, &word);
	if (word_is(word, n, "*"))
		return read_untagged(g, c, err);
	if (n > 0 && *word == '+')
		return GUARD_PASS;
	return read_tagged(g, c, err);
}

/* "… {123}" at the end of a line: bytes of a literal follow. ERR_NOT_FOUND when none do. */
static int64_t
literal_of(const struct cursor *c, struct err *err)
{
	size_t n = 0;
	int64_t size;

	if (c->left < 3 || c->at[c->left - 1] != '}')
		return ERR_NOT_FOUND;
	while (n + 2 < c->left && is_digit(c->at[c->left - 2 - n]))
		n++;
	if (n < 1 || c->at[c->left - 2 - n] != '{')
		return ERR_NOT_FOUND;
	size = number_of(c->at + c->left - 1 - n, n);
	if (size < 0)
		return err_set(err, ERR_LIMIT, "it announces a literal beyond 32 bits");
	return size;
}

static int
begin_literal(struct guard *g, int64_t size, struct err *err)
{
	if (size > g->literal_max)
		return err_set(err, ERR_LIMIT,
		    "it announces %lld bytes where at most %lld were asked for", (long long)size,
		    (long long)g->literal_max);
	if (size > g->budget)
		return err_set(err, ERR_LIMIT, MORE_THAN_ASKED);
	g->literal = size;
	g->inside = true;
	return 0;
}

static int
read_literal(struct guard *g, const struct cursor *c, int verdict, struct err *err)
{
	int64_t size = literal_of(c, err);
	int rc = size == ERR_LIMIT ? ERR_LIMIT : 0;

	g->dropping = verdict == GUARD_DROP;
	if (size >= 0)
		rc = begin_literal(g, size, err);
	return rc < 0 ? rc : verdict;
}

static int
read_line(struct guard *g, struct cursor *c, struct err *err)
{
	if (memchr(c->at, '\0', c->left))
		return err_set(err, ERR_PEER, "it sends a NUL within a line");
	if (!g->inside)
		return read_response(g, c, err);
	g->inside = false;
	if (g->dropping)
		return GUARD_DROP;
	return check_fetch(c, (struct scan){ .depth = 1 }, err);
}

int
guard_line(struct guard *g, char *line, size_t n, struct err *err)
{
	struct cursor c = { line, n };
	int rc = guard_count(g, n, err);

	if (rc < 0)
		return rc;
	if (n < 2 || line[n - 1] != '\n')
		return err_set(err, ERR_PEER, "it sends a line without words");
	c.left -= line[n - 2] == '\r' ? 2 : 1;
	rc = read_line(g, &c, err);
	return rc < 0 ? rc : read_literal(g, &c, rc, err);
}
