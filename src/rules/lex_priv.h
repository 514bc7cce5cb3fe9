#pragma once
/* lex: an expression's words, one at a time. */
#include "rules/expr_priv.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_OP, /* compares, adds, …: op */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_FAULT, /* told already */
};

struct token {
	enum token_kind kind;
	enum expr_op op;
	size_t start, end;
	const char *text; /* of names, in lower case; of numbers; of texts, without quotes */
};

/* The token at or after offset at. */
struct token token_next(struct expr_source *source, size_t at);
