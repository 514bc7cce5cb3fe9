#include "rules/lex_priv.h"

#include <assent/base/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 15 /* digits, which a double holds exactly */
#define NAME_MAX 64

void
expr_fault_meant(struct expr_source *source, size_t offset, const char *message, const char *meant)
{
	source->fault_count++;
	source->fault(source->arg, offset, message, meant);
}

void
expr_fault(struct expr_source *source, size_t offset, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	expr_fault_meant(source, offset, text, NULL);
}

static struct token
broken(struct expr_source *source, size_t at, const char *message)
{
	expr_fault_meant(source, at, message, NULL);
	return (struct token){ .kind = TOKEN_FAULT, .start = at, .end = at };
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct token
take_name(struct expr_source *source, size_t at)
{
	struct token token = { .kind = TOKEN_NAME, .start = at };
	char *text;

	while (is_letter(source->text[at]) || is_digit(source->text[at]))
		at++;
	token.end = at;
	if (at - token.start > NAME_MAX)
		return broken(source, token.start, "a name of more than 64 letters");
	text = arena_dup_n(source->arena, source->text + token.start, at - token.start);
	text_lower(text);
	token.text = text;
	return token;
}

static struct token
take_number(struct expr_source *source, size_t at)
{
	struct token token = { .kind = TOKEN_NUMBER, .start = at };
	size_t digits = 0;

	for (; is_digit(source->text[at]); at++)
		digits++;
	if (source->text[at] == '.' && is_digit(source->text[at + 1]))
		for (at++; is_digit(source->text[at]); at++)
			digits++;
	if (digits > NUMBER_MAX)
		return broken(source, token.start, "a number of more than 15 digits");
	if (is_letter(source->text[at]) || source->text[at] == '.')
		return broken(source, token.start,
		    "a number is digits and at most one point, such as 100000 or 0.5");
	token.end = at;
	token.text = arena_dup_n(source->arena, source->text + token.start, at - token.start);
	return token;
}

/* Where the text ends that begins at at: behind its last quote, or 0. */
static size_t
text_end(const char *text, size_t at)
{
	for (at++; text[at]; at++)
		if (text[at] == '\'' && text[++at] != '\'')
			return at;
	return 0;
}

static struct token
take_text(struct expr_source *source, size_t at)
{
	struct token token = { .kind = TOKEN_TEXT, .start = at, .end = text_end(source->text, at) };
	char *out;

	if (token.end == 0)
		return broken(source, at, "this text has no closing '");
	token.text = out = arena_alloc(source->arena, token.end - at);
	for (at++; at + 1 < token.end; at++) {
		*out++ = source->text[at];
		at += source->text[at] == '\'';
	}
	return token;
}

struct spelling {
	const char *text;
	enum token_kind kind;
	enum expr_op op;
};

/* Longer ones first. */
static const struct spelling spellings[] = {
	{ "<=", TOKEN_OP, OP_LE },
	{ ">=", TOKEN_OP, OP_GE },
	{ "<>", TOKEN_OP, OP_NE },
	{ "!=", TOKEN_OP, OP_NE },
	{ "==", TOKEN_OP, OP_EQ },
	{ "=", TOKEN_OP, OP_EQ },
	{ "<", TOKEN_OP, OP_LT },
	{ ">", TOKEN_OP, OP_GT },
	{ "+", TOKEN_OP, OP_ADD },
	{ "-", TOKEN_OP, OP_SUB },
	{ "*", TOKEN_OP, OP_MUL },
	{ "/", TOKEN_OP, OP_DIV },
	{ "%", TOKEN_OP, OP_MOD },
	{ "(", TOKEN_OPEN, 0 },
	{ ")", TOKEN_CLOSE, 0 },
	{ ",", TOKEN_COMMA, 0 },
};

/* What people try, and what to write instead. */
static const struct {
	const char *text, *advice;
} strangers[] = {
	{ "--", "comments stand outside of expressions, after # in YAML" },
	{ "/*", "comments stand outside of expressions, after # in YAML" },
	{ "&&", "write and instead of &&" },
	{ "||", "write or instead of ||; texts cannot be put together here" },
	{ "\"", "texts stand in single quotes: 'open'" },
	{ "`", "names of facts need no quotes; texts stand in single quotes: 'open'" },
	{ "[", "lists stand in parentheses: status in ('open', 'waiting')" },
	{ "{", "{{…}} is not filled in here; write the name of the fact alone" },
	{ "!", "write not instead of !" },
	{ ";", "this is one expression, nothing follows it" },
	{ "?", "there are no parameters here; write the name of the fact" },
	{ "$", "there are no parameters here; write the name of the fact" },
	{ ":", "there are no parameters here; write the name of the fact" },
	{ "@", "there are no parameters here; write the name of the fact" },
	{ ".", "a fact has one name without a point" },
};

static struct token
take_sign(struct expr_source *source, size_t at)
{
	const char *text = source->text + at;
	uint32_t c;

	for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
		if (text_starts(text, strangers[i].text) && !text_starts(text, "!="))
			return broken(source, at, strangers[i].advice);
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
		if (text_starts(text, spellings[i].text))
			return (struct token){ .kind = spellings[i].kind,
				.op = spellings[i].op,
				.start = at,
				.end = at + strlen(spellings[i].text) };
	utf8_next(text, strlen(text), &c);
	expr_fault(source, at, "character U+%04X has no meaning outside of a text in single quotes",
	    (unsigned)c);
	return (struct token){ .kind = TOKEN_FAULT, .start = at, .end = at };
}

struct token
token_next(struct expr_source *source, size_t at)
{
	size_t before = at;

	at += strspn(source->text + at, " \t\r\n");
	if (source->text[at] == '\0')
		return (struct token){ .kind = TOKEN_END, .start = before, .end = at };
	if (is_letter(source->text[at]))
		return take_name(source, at);
	if (is_digit(source->text[at]))
		return take_number(source, at);
	if (source->text[at] == '\'')
		return take_text(source, at);
	return take_sign(source, at);
}
