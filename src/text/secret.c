#include <assent/text/secret.h>

#include "text/secret_priv.h"

#include <string.h>

#define NAME_MAX_BYTES 64 /* before a colon */
#define QUOTED_MAX 256
#define USERINFO_MAX 512
#define AGAIN 8
#define ODD_MIN ((size_t)15) /* what is shorter is no secret by its looks */

struct scan {
	const char *at;
	size_t n;
	size_t from; /* end of the last one: what stands before it is not there any more */
	size_t run; /* end of the run that was weighed last */
};

struct span {
	size_t start, end; /* end 0 for none */
};

static inline bool
is_alnum(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_marked(const struct scan *s, size_t i)
{
	return s->n - i >= 7 && s->at[i] == '[' &&
	    (strncmp(s->at + i, SECRET_MARK, strlen(SECRET_MARK)) == 0 ||
		strncmp(s->at + i, "[token]", 7) == 0);
}

static bool
begins_whole(const struct scan *s, size_t i, const char *word)
{
	size_t len = strlen(word);

	return len <= s->n - i && strncasecmp(s->at + i, word, len) == 0;
}

/* word has two bytes or more; nearly all texts differ in these. */
static inline bool
begins(const struct scan *s, size_t i, const char *word)
{
	return s->n - i >= 2 && ((s->at[i] ^ word[0]) & 0xdf) == 0 &&
	    ((s->at[i + 1] ^ word[1]) & 0xdf) == 0 && begins_whole(s, i, word);
}

/* --- private keys ------------------------------------------------------------ */

static struct span
pem_at(const struct scan *s, size_t i)
{
	const char *end;
	size_t line = i;

	if (s->at[i] != '-' || !begins(s, i, "-----BEGIN "))
		return (struct span){ 0, 0 };
	while (line < s->n && line - i < 80 && s->at[line] != '\n')
		line++;
	if (memmem(s->at + i, line - i, "PRIVATE KEY", 11) == NULL)
		return (struct span){ 0, 0 };
	end = memmem(s->at + line, s->n - line, "-----END ", 9);
	if (end == NULL)
		return (struct span){ i, s->n };
	line = (size_t)(end - s->at) + 9;
	while (line < s->n && s->at[line] != '\n' && s->at[line] != '-')
		line++;
	while (line < s->n && s->at[line] == '-')
		line++;
	return (struct span){ i, line };
}

/* --- what stands behind its name ------------------------------------------------- */

static bool
is_name_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

/* Does a name of a secret end at i? Marks and a blank may be between. */
static bool
is_named_before(const struct scan *s, size_t i)
{
	char name[NAME_MAX_BYTES + 1];
	size_t end = i, start;

	while (end > s->from && i - end < 4 && strchr(" \t\"'*`", s->at[end - 1]) != NULL)
		end--;
	start = end;
	while (start > s->from && end - start < NAME_MAX_BYTES && is_name_char(s->at[start - 1]))
		start--;
	if (start == end)
		return false;
	memcpy(name, s->at + start, end - start);
	name[end - start] = '\0';
	if (secret_is_said(name))
		return true;
	for (size_t k = 0; secret_phrases[k] != NULL; k++) {
		size_t len = strlen(secret_phrases[k]);
		if (len <= end - s->from && begins(s, end - len, secret_phrases[k]) &&
		    (end - s->from == len || !is_alnum(s->at[end - len - 1])))
			return true;
	}
	return false;
}

/* From i on: blanks and marks, then the value, on this line or alone on the next. */
static struct span
value_at(const struct scan *s, size_t i, const char *stops)
{
	size_t start = i, end, lines = 0;
	char quote = '\0';

	for (; start < s->n && (is_space(s->at[start]) || strchr("*\"'`", s->at[start])); start++) {
		lines += s->at[start] == '\n';
		if (strchr("\"'`", s->at[start]) != NULL)
			quote = s->at[start];
	}
	for (end = start; quote != '\0' && end < s->n && end - start < QUOTED_MAX; end++)
		if (s->at[end] == quote && end > start && !is_marked(s, start))
			return (struct span){ start, end };
	for (end = start; end < s->n && !is_space(s->at[end]); end++)
		if (strchr(stops, s->at[end]) != NULL)
			break;
	if (lines > 1 || (lines == 1 && end < s->n && s->at[end] != '\n' && s->at[end] != '\r'))
		return (struct span){ 0, 0 };
	while (end > start && strchr(".,;)!?\"'`*", s->at[end - 1]) != NULL)
		end--;
	if (end == start || is_marked(s, start))
		return (struct span){ 0, 0 };
	return (struct span){ start, end };
}

/* "password is hunter2", but not "password is wrong". */
static bool
is_no_word(const struct scan *s, struct span value)
{
	size_t odd = 0;

	for (size_t i = value.start; i < value.end; i++)
		odd += !is_alnum(s->at[i]) && (unsigned char)s->at[i] < 0x80 && s->at[i] != '-' &&
		    s->at[i] != '\'';
	for (size_t i = value.start; i < value.end; i++)
		odd += s->at[i] >= '0' && s->at[i] <= '9';
	return odd > 0;
}

static struct span
told_at(const struct scan *s, size_t i)
{
	static const char *const verbs[] = { " is ", " ist ", " lautet ", " est ", " es ", " è ",
		" é ", " is: ", " war " };
	struct span value;

	/* Few words begin as one of these does. */
	if (i + 1 >= s->n || strchr("iIlLeEwW\xc3", s->at[i + 1]) == NULL)
		return (struct span){ 0, 0 };
	for (size_t k = 0; k < ARRAY_LEN(verbs); k++) {
		if (!begins(s, i, verbs[k]) || !is_named_before(s, i))
			continue;
		value = value_at(s, i + strlen(verbs[k]) - 1, "");
		if (value.end > 0 && is_no_word(s, value))
			return value;
	}
	return (struct span){ 0, 0 };
}

static struct span
named_at(const struct scan *s, size_t i)
{
	size_t len = 1;

	if (begins(s, i, "：") || begins(s, i, "＝"))
		len = 3;
	else if (s->at[i] == ' ')
		return told_at(s, i);
	else if (s->at[i] != ':' && s->at[i] != '=')
		return (struct span){ 0, 0 };
	if (begins(s, i, "://") || !is_named_before(s, i))
		return (struct span){ 0, 0 };
	while (i + len < s->n && strchr("=>", s->at[i + len]) != NULL)
		len++; /* "=>", "==" */
	return value_at(s, i + len, s->at[i] == '=' ? ";&" : "");
}

/* "Authorization: Bearer …" */
static struct span
scheme_at(const struct scan *s, size_t i)
{
	static const char *const schemes[] = { "bearer ", "basic ", "apikey " };

	if (i > s->from && is_alnum(s->at[i - 1]))
		return (struct span){ 0, 0 };
	for (size_t k = 0; k < ARRAY_LEN(schemes); k++) {
		size_t start, end;
		if (!begins(s, i, schemes[k]))
			continue;
		start = end = i + strlen(schemes[k]);
		while (end < s->n && (is_alnum(s->at[end]) || strchr("-._~+/=", s->at[end])))
			end++;
		if (end - start >= 12)
			return (struct span){ start, end };
	}
	return (struct span){ 0, 0 };
}

/* "://user:password@host" */
static struct span
userinfo_at(const struct scan *s, size_t i)
{
	size_t colon = 0, at = i + 3;

	if (s->at[i] != ':' || !begins(s, i, "://"))
		return (struct span){ 0, 0 };
	for (; at < s->n && at - i < USERINFO_MAX && !is_space(s->at[at]); at++) {
		if (s->at[at] == ':' && colon == 0)
			colon = at + 1;
		else if (s->at[at] == '@')
			break;
		else if (colon == 0 && s->at[at] == '/')
			return (struct span){ 0, 0 };
	}
	if (colon == 0 || at >= s->n || s->at[at] != '@' || at == colon || is_marked(s, colon))
		return (struct span){ 0, 0 };
	return (struct span){ colon, at };
}

/* --- by its looks ------------------------------------------------------------------ */

static bool
is_run_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' ||
	    c == '.' || c == '~';
}

struct looks {
	size_t lower, upper, digits, hex, seps, turns, len;
};

static struct looks
looks_of(const char *text, size_t n)
{
	struct looks looks = { .len = n };
	char before = '\0';

	for (size_t i = 0; i < n; i++) {
		char c = text[i], kind;
		kind = c >= 'a' && c <= 'z' ? 'a'
		    : c >= 'A' && c <= 'Z'  ? 'A'
		    : c >= '0' && c <= '9'  ? '0'
					    : '\0';
		looks.lower += kind == 'a';
		looks.upper += kind == 'A';
		looks.digits += kind == '0';
		looks.hex += kind == '0' || (kind != '\0' && (c | 0x20) <= 'f') || c == '-';
		looks.seps += kind == '\0';
		looks.turns += kind != '\0' && before != '\0' && kind != before;
		before = kind != '\0' ? kind : before;
	}
	return looks;
}

/* What nobody would type: many changes between letters and digits. */
static bool
is_random(const char *text, size_t n)
{
	struct looks k;

	if (n < 24)
		return false;
	k = looks_of(text, n);
	if (k.hex == n)
		return false; /* a hash, a UUID, a commit */
	if (k.lower > 0 && k.upper > 0 && k.digits > 1)
		return k.turns * 3 >= n && k.seps * 8 <= n;
	return n >= 32 && k.digits >= 4 && k.seps == 0 && k.turns * 4 >= n;
}

static bool
is_product_key(const char *text, size_t n)
{
	struct looks k;

	if (n != 29)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((text[i] == '-') != (i % 6 == 5))
			return false;
	k = looks_of(text, n);
	return k.lower == 0 && k.digits > 0 && k.upper > 0 && k.seps == 4;
}

/* whole goes over dots, as JSON web tokens do; n is up to the first. */
static bool
is_known(const char *text, size_t n, size_t whole)
{
	if (whole < ODD_MIN)
		return false;
	for (size_t i = 0; secret_makers[i].prefix != NULL; i++) {
		const char *prefix = secret_makers[i].prefix;
		if (*prefix != *text)
			continue;
		size_t len = strchr(prefix, '.') != NULL ? whole : n;
		if (len >= secret_makers[i].least && strncmp(text, prefix, strlen(prefix)) == 0)
			return true;
	}
	return whole >= 30 && n < whole && text[n] == '.' && strncmp(text, "eyJ", 3) == 0;
}

static struct span
odd_at(struct scan *s, size_t i)
{
	size_t end = i, piece = i;

	if (!is_alnum(s->at[i]) || (i > s->from && is_alnum(s->at[i - 1])))
		return (struct span){ 0, 0 };
	if (i >= s->run) {
		while (end < s->n && is_run_char(s->at[end]))
			end++;
		s->run = end;
	}
	end = s->run;
	if (end - i < ODD_MIN)
		return (struct span){ 0, 0 };
	while (end > i && strchr(".-~", s->at[end - 1]) != NULL)
		end--;
	if (end - i < ODD_MIN)
		return (struct span){ 0, 0 };
	/* A run of many pieces is weighed at its start and piece by piece. */
	while (piece < end && strchr("/.=", s->at[piece]) == NULL)
		piece++;
	if (is_known(s->at + i, piece - i, end - i))
		return (struct span){ i, end };
	if ((i == s->from || !is_run_char(s->at[i - 1])) && is_random(s->at + i, end - i) &&
	    memchr(s->at + i, '.', end - i) == NULL)
		return (struct span){ i, end };
	if ((i == s->from || strchr("/.=", s->at[i - 1]) || !is_run_char(s->at[i - 1])) &&
	    (is_random(s->at + i, piece - i) || is_product_key(s->at + i, piece - i)))
		return (struct span){ i, piece };
	return (struct span){ 0, 0 };
}

/* --- all ------------------------------------------------------------------------------ */

static struct span
next_at(struct scan *s, size_t i)
{
	struct span found = { 0, 0 };

	/* Inside of a word nothing begins. */
	if (is_alnum(s->at[i]) && i > s->from && is_alnum(s->at[i - 1]))
		return found;
	found = odd_at(s, i);
	if (found.end == 0)
		found = pem_at(s, i);
	if (found.end == 0)
		found = userinfo_at(s, i);
	if (found.end == 0)
		found = scheme_at(s, i);
	if (found.end == 0)
		found = named_at(s, i);
	return found;
}

static size_t
redact_once(const char *text, size_t n, struct str *out)
{
	struct scan scan = { .at = text, .n = n };
	size_t found = 0;

	for (size_t i = 0; i < n;) {
		struct span hit;
		while (i + 1 < n && i > scan.from && is_alnum(text[i - 1]) && is_alnum(text[i]))
			i++;
		hit = next_at(&scan, i);
		if (hit.end == 0) {
			i++;
			continue;
		}
		str_add_n(out, text + scan.from, hit.start - scan.from);
		str_add(out, SECRET_MARK);
		scan.from = i = hit.end;
		found++;
	}
	str_add_n(out, text + scan.from, n - scan.from);
	return found;
}

/* A mark in a secret's place may end what looked like none before, so it is looked at again. */
size_t
secret_redact(const char *text, size_t n, struct str *out)
{
	AUTO(str_donep) struct str before = STR_INIT(8 * n + 64);
	size_t start = out->len, found = redact_once(text, n, out), more = found;

	for (int i = 0; more > 0 && i < AGAIN && !str_overflowed(out); i++) {
		str_clear(&before);
		str_add_n(&before, out->text + start, out->len - start);
		str_cut(out, start);
		more = redact_once(before.text, before.len, out);
		found += more;
	}
	return found;
}
