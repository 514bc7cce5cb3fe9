/*
 * Properties: any bytes are read; the line that is named lies inside the text;
 * a mail that only says that it goes on trying is never called failed; and
 * what stands behind our returned mail changes nothing.
 */
#include <assent/text/bounce.h>

#include <assent/base/str.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str text = STR_INIT(32u << 20);
	struct bounce_words words, more;
	const char *whole;

	str_add_n(&text, data, size);
	whole = str_text(&text);
	bounce_read(whole, &words);
	if (words.line_size > 0 &&
	    (words.line < whole || words.line + words.line_size > whole + strlen(whole)))
		abort();
	if (words.fate == BOUNCE_UNKNOWN && words.status[0] == '5')
		abort();
	str_clear(&text);
	str_add(&text, "Your mail is delayed, we will keep trying.\n\n--- Original message ---\n");
	bounce_read(str_text(&text), &words);
	str_add_n(&text, data, size);
	bounce_read(str_text(&text), &more);
	if (words.fate != BOUNCE_DELAYED || more.fate != words.fate)
		abort();
	return 0;
}
