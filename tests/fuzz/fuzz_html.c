/*
 * Whatever a page holds: its text is clean UTF-8 within the ceiling, holds
 * nothing that a reader cannot see, and what is hidden never becomes words.
 */
#include "parser/parser_priv.h"

#include <assent/base/utf8.h>

#include <assert.h>
#include <string.h>

#define CEILING ((size_t)8 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct str *text)
{
	AUTO(str_donep) struct str visible = STR_INIT(CEILING);

	assert(!str_overflowed(text) && text->len <= CEILING);
	assert(utf8_is_valid(str_text(text), text->len));
	utf8_add_visible(&visible, str_text(text), text->len);
	assert(visible.len <= text->len);
}

static void
hidden_words_are_not_read(const char *words)
{
	static const char *const frames[] = { "<p hidden>%s</p>", "<p style='display:none'>%s</p>",
		"<div style='font-size:0'><i>%s</i></div>", "<style>%s</style>" };

	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		AUTO(str_donep) struct str html = STR_INIT(CEILING), text = STR_INIT(CEILING);
		const char *slot = strstr(frames[i], "%s");

		str_add_n(&html, frames[i], (size_t)(slot - frames[i]));
		str_add(&html, words);
		str_add(&html, slot + 2);
		html_to_text(str_text(&html), html.len, &text);
		assert(text_is_blank(str_text(&text)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str html = STR_INIT(3 * size + 3), text = STR_INIT(CEILING);
	AUTO(str_donep) struct str stripped = STR_INIT(CEILING);

	utf8_add_clean(&html, (const char *)data, size);
	html_to_text(str_text(&html), html.len, &text);
	check(&text);
	html_strip(str_text(&html), html.len, &stripped);
	check(&stripped);
	if (!memchr(data, '<', size) && size < CEILING / 4)
		hidden_words_are_not_read(str_text(&html));
	return 0;
}
