#include <assent/base/num.h>

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Digits into *out as a negative number: the smallest int64_t has no positive twin. */
static const char *
digits_negated(const char *p, int64_t *out)
{
	int64_t value = 0;

	if (*p < '0' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *p - '0', &value))
			return NULL;
	*out = value;
	return p;
}

bool
num_parse(const char *text, int64_t *out)
{
	bool negative = text && *text == '-';
	int64_t value;
	const char *end;

	if (!text)
		return false;
	end = digits_negated(text + negative, &value);
	if (!end || *end || (!negative && value == INT64_MIN))
		return false;
	*out = negative ? value : -value;
	return true;
}

bool
num_parse_within(const char *text, int64_t min, int64_t max, int64_t *out)
{
	int64_t value;

	if (!num_parse(text, &value) || value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* Digits and one of the units, which end with a NULL name. */
static bool
amount_parse(const char *text, const struct unit *unit, int64_t *out)
{
	int64_t value;
	const char *end = text ? digits_negated(text, &value) : NULL;

	if (!end || value == INT64_MIN)
		return false;
	for (; unit->name; unit++)
		if (strcmp(end, unit->name) == 0)
			return !__builtin_mul_overflow(-value, unit->factor, out);
	return false;
}

bool
span_parse(const char *text, int64_t *out_ms)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "d", 24 * 60 * 60 * 1000 },
		{ NULL, 0 },
	};
	int64_t value;

	if (text && strcmp(text, "0") == 0) {
		*out_ms = 0;
		return true;
	}
	if (!amount_parse(text, units, &value))
		return false;
	*out_ms = value;
	return true;
}

bool
size_parse(const char *text, int64_t *out)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "KiB", 1 << 10 },
		{ "MiB", 1 << 20 },
		{ "GiB", 1 << 30 },
		{ NULL, 0 },
	};
	int64_t value;

	if (!amount_parse(text, units, &value))
		return false;
	*out = value;
	return true;
}
