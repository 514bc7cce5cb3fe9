/*
 * Property: a token put anywhere into any text, behind "/a/" or before "@", is
 * never in the result; text without one passes unchanged.
 */
#include <assent/text/redact.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN "qwertyuiopasdfghjklzxcvbnm234567"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *bytes, size_t n, size_t cut, const char *middle)
{
	struct str text = STR_INIT(16u << 20), out = STR_INIT(16u << 20);
	str_add_n(&text, bytes, cut);
	str_add(&text, middle);
	str_add_n(&text, bytes + cut, n - cut);
	size_t found = redact_tokens(text.text, text.len, &out);
	if (found == 0 || memmem(str_text(&out), out.len, TOKEN, strlen(TOKEN)))
		abort();
	str_done(&text);
	str_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct str out = STR_INIT(16u << 20);
	size_t cut = size ? data[0] % (size + 1) : 0;
	if (redact_tokens(bytes, size, &out) == 0 &&
	    (out.len != size || (size && memcmp(out.text, bytes, size) != 0)))
		abort();
	str_done(&out);
	check(bytes, size, cut, "https://d.example/a/" TOKEN "?d=approve");
	check(bytes, size, cut, "%2Fa%2F" TOKEN "%3F");
	check(bytes, size, cut, "agent+" TOKEN "@d.example");
	return 0;
}
