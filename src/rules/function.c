#include "rules/expr_priv.h"

#include <string.h>

/* clang-format off */
static const struct function functions[] = {
	{ FN_HOURS_SINCE, "hours_since", "t", 1, 1, TYPE_NUMBER,
	    "hours from a time until now; negative before it" },
	{ FN_DAYS_SINCE, "days_since", "t", 1, 1, TYPE_NUMBER,
	    "the same in days of 24 hours" },
	{ FN_HOURS_UNTIL, "hours_until", "t", 1, 1, TYPE_NUMBER,
	    "hours from now until a time; negative after it" },
	{ FN_DAYS_UNTIL, "days_until", "t", 1, 1, TYPE_NUMBER,
	    "the same in days of 24 hours" },
	{ FN_HOURS_BETWEEN, "hours_between", "tt", 2, 2, TYPE_NUMBER,
	    "hours from the first time to the second" },
	{ FN_BUSINESS_HOURS_SINCE, "business_hours_since", "t", 1, 1, TYPE_NUMBER,
	    "hours since a time in which the organisation's calendar was open; all hours without one" },
	{ FN_MATCHES, "matches", "ss", 2, 2, TYPE_BOOL,
	    "does the whole text match a pattern? * is any text, ? one character; a-z are as A-Z" },
	{ FN_LOWER, "lower", "s", 1, 1, TYPE_TEXT, "with a-z for A-Z" },
	{ FN_UPPER, "upper", "s", 1, 1, TYPE_TEXT, "with A-Z for a-z" },
	{ FN_LENGTH, "length", "s", 1, 1, TYPE_NUMBER, "characters in a text" },
	{ FN_COALESCE, "coalesce", "x", 2, 20, TYPE_ANY, "the first one that is known" },
	{ FN_ABS, "abs", "n", 1, 1, TYPE_NUMBER, "without its sign" },
	{ FN_ROUND, "round", "n", 1, 2, TYPE_NUMBER, "rounded, to so many digits behind the point" },
	{ FN_MIN, "min", "x", 2, 20, TYPE_ANY, "the least; unknown as soon as one is" },
	{ FN_MAX, "max", "x", 2, 20, TYPE_ANY, "the greatest; unknown as soon as one is" },
};
/* clang-format on */

_Static_assert(ARRAY_LEN(functions) == FN_COUNT, "a row for each function");

const struct function *
function_find(const char *name)
{
	for (size_t i = 0; i < FN_COUNT; i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

const struct function *
function_at(size_t i)
{
	return i < FN_COUNT ? &functions[i] : NULL;
}
