/*
 * fuzz_secret: taking secrets out twice changes nothing more; the text stays
 * valid and bounded; and a key put anywhere between blanks is gone.
 */
#include "help_fuzz.h"

#include <assent/base/utf8.h>
#include <assent/text/secret.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEY \
	"sk-" \
	"proj1a2B3c4D5e6F7g8H9i0J"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_donep)
	struct str text = STR_INIT(8u << 20), once = STR_INIT(64u << 20),
		   twice = STR_INIT(64u << 20), with = STR_INIT(64u << 20);

	if (size > 256u << 10)
		return 0;
	utf8_add_visible(&text, (const char *)data, size);
	secret_redact(str_text(&text), text.len, &once);
	must(utf8_is_valid(str_text(&once), once.len));
	must(once.len <= text.len * strlen(SECRET_MARK) + 1);
	secret_redact(str_text(&once), once.len, &twice);
	must(text_is(str_text(&once), str_text(&twice)));
	str_add(&text, "\n\n" KEY "\n");
	secret_redact(str_text(&text), text.len, &with);
	must(memmem(str_text(&with), with.len, KEY, strlen(KEY)) == NULL);
	return 0;
}
