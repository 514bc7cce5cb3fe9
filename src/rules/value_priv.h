#pragma once
/*
 * value_priv: what a part of an expression comes to, without SQLite, and how
 * it goes on as time passes. What is too hard to say is VALUE_ANY.
 */
#include "rules/machine_priv.h"

struct value {
	enum {
		VALUE_NULL,
		VALUE_NUMBER, /* true is 1 */
		VALUE_TIME,
		VALUE_TEXT,
		VALUE_ANY,
	} kind;
	int rises; /* with time: 1, falls: -1, neither: 0; of VALUE_ANY: does time change it? */
	double number;
	utc_ms time;
	const char *text;
};

/* Facts stay as moment has them; at is the time. */
struct value value_at(const struct moment *moment, const struct expr *expr, utc_ms at);

/* less than 0, 0 or more, as SQLite orders them; both of one kind, neither NULL nor ANY. */
int value_order(const struct value *a, const struct value *b);
/* Does a comparison hold of two values in this order? */
bool order_holds(enum expr_op op, int order);
