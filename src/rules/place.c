/*
 * Where a byte of a YAML scalar's value stands in its file.
 *
 * YAML folds lines, drops indentation and undoes escapes, so the value and the
 * source are walked side by side. Where they cannot be brought together the
 * place of the scalar is the answer: near, and never wrong by a line more.
 */
#include "rules/rules_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

struct walk {
	const char *text;
	size_t len, at;
	int line, column;
};

static void
forward(struct walk *walk)
{
	uint32_t c;
	size_t n;

	if (walk->at >= walk->len)
		return;
	n = utf8_next(walk->text + walk->at, walk->len - walk->at, &c);
	walk->at += n;
	walk->column++;
	if (c == '\n') {
		walk->line++;
		walk->column = 1;
	}
}

static char
here(const struct walk *walk)
{
	return walk->at < walk->len ? walk->text[walk->at] : '\0';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct walk *walk)
{
	while (is_blank(here(walk)))
		forward(walk);
}

/* To the first character of the value. */
static char
open_scalar(struct walk *walk, const struct node *scalar)
{
	char style;

	while (walk->at < walk->len &&
	    (walk->line < scalar->line ||
		(walk->line == scalar->line && walk->column < scalar->column)))
		forward(walk);
	style = here(walk);
	if (!scalar->quoted || !strchr("'\"|>", style))
		return '\0';
	if (style == '|' || style == '>') {
		while (here(walk) && here(walk) != '\n')
			forward(walk);
		skip_blanks(walk);
	} else {
		forward(walk);
	}
	return style;
}

/* A line end of the source with the blanks around it may be any number of the value's. */
static void
pass_blank(struct walk *walk)
{
	size_t n = walk->at;

	while (n < walk->len && is_blank(walk->text[n]) && walk->text[n] != '\n')
		n++;
	if (n < walk->len && walk->text[n] == '\n')
		skip_blanks(walk);
	else if (is_blank(here(walk)))
		forward(walk);
}

/* Past what stands for one character of the value; false when it is another one. */
static bool
step(struct walk *walk, char style, char value)
{
	if (style == '"' && here(walk) == '\\') {
		bool is_fold = walk->at + 1 < walk->len && walk->text[walk->at + 1] == '\n';

		forward(walk);
		forward(walk);
		if (!is_fold)
			return true;
		skip_blanks(walk);
	}
	if (is_blank(value)) {
		pass_blank(walk);
		return true;
	}
	if (is_blank(here(walk)))
		skip_blanks(walk);
	if (here(walk) != value)
		return false;
	forward(walk);
	if (style == '\'' && value == '\'')
		forward(walk);
	return true;
}

struct rules_place
rules_place_in(const struct str *file, const struct node *scalar, size_t offset)
{
	const struct rules_place start = { scalar->line, scalar->column };
	struct walk walk = { .text = str_text(file), .len = file->len, .line = 1, .column = 1 };
	char style = open_scalar(&walk, scalar);

	for (size_t i = 0; i < offset;) {
		uint32_t c;
		const char *value = scalar->text + i;

		i += utf8_next(value, strlen(value), &c);
		if (!step(&walk, style, *value))
			return start;
	}
	if (scalar->text[offset] && !is_blank(scalar->text[offset]))
		skip_blanks(&walk);
	return (struct rules_place){ walk.line, walk.column };
}
