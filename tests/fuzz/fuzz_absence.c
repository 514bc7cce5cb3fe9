/*
 * Property: whatever a note says, the day of return is a real day after today
 * and at most a year ahead, and the same note says the same again.
 */
#include <assent/text/absence.h>

#include <assent/base/mem.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long
rank(const struct absence_date *date)
{
	return date->year * 400L + date->month * 32L + date->day;
}

static void
check(const char *words, const struct absence_date *today, enum date_order order)
{
	const struct absence_date year = { today->year + 1, today->month, today->day };
	struct absence_date got, again;

	if (!absence_return(words, today, order, &got))
		return;
	if (rank(&got) <= rank(today) || rank(&got) > rank(&year) || got.month < 1 ||
	    got.month > 12 || got.day < 1 || got.day > 31)
		abort();
	if (!absence_return(words, today, order, &again) || rank(&again) != rank(&got))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct absence_date days[] = { { 2026, 7, 27 }, { 2027, 12, 31 },
		{ 2028, 2, 29 } };
	AUTO(mem_freep) char *words = mem_alloc(size + 1);

	if (size > 0)
		memcpy(words, data, size);
	words[size] = '\0';

	for (size_t i = 0; i < 3; i++)
		for (int order = DATE_ORDER_UNKNOWN; order <= DATE_ORDER_MONTH; order++)
			check(words, &days[i], (enum date_order)order);
	return 0;
}
