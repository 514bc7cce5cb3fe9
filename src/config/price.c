/* price: amounts of money as people write them, in millionths. */
#include "kinds_priv.h"

#include <assent/base/num.h>

#include <stdio.h>
#include <string.h>

#define PLACES 6
#define MILLIONTHS 1000000
#define MOST 1000000 /* more would be no price of tokens */

bool
price_parse(const char *text, int64_t *out)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits), places = 0;
	const char *rest = text + whole;
	char number[32];
	int64_t value;

	if (whole == 0 || whole > 7)
		return false;
	if (*rest == '.') {
		places = strspn(++rest, digits);
		if (places == 0 || places > PLACES)
			return false;
	}
	if (rest[places] != '\0')
		return false;
	snprintf(number, sizeof(number), "%.*s%.*s%.*s", (int)whole, text, (int)places, rest,
	    (int)(PLACES - places), "000000");
	if (!num_parse(number, &value) || value > (int64_t)MOST * MILLIONTHS)
		return false;
	*out = value;
	return true;
}

void
price_add(struct str *out, int64_t micros)
{
	int64_t rest = micros % MILLIONTHS;
	int places = PLACES;

	str_addf(out, "%lld", (long long)(micros / MILLIONTHS));
	if (rest == 0)
		return;
	for (; rest % 10 == 0; rest /= 10)
		places--;
	str_addf(out, ".%0*lld", places, (long long)rest);
}
