/*
 * fuzz_model_answer: whatever a model writes, what a person is shown are 4 to 6
 * bounded lines of visible text without a link, and without a host name or
 * address that the ticket does not hold.
 */
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include "ai/check_priv.h"
#include "ai/codec_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEEN "Write to bob@northwind.example about cad.northwind.example."

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_visible(const char *text)
{
	AUTO(str_donep) struct str seen = STR_INIT(64u << 10);

	utf8_add_visible(&seen, text, strlen(text));
	return text_is(str_text(&seen), text);
}

static void
check_bullet(const char *bullet)
{
	size_t n = strlen(bullet);

	must(n > 0 && n <= DRAFT_BULLET_SIZE);
	must(utf8_is_valid(bullet, n) && is_visible(bullet));
	must(strpbrk(bullet, "\r\n\t<>*_`#|[]") == NULL);
	must(strstr(bullet, "://") == NULL && text_find_nocase(bullet, "www.e") == NULL);
	must(text_find_nocase(bullet, "evil.example") == NULL);
	must(text_find_nocase(bullet, "eve@") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)64 << 20);
	char *body = arena_dup_n(arena, data, size);
	const char *text = body;
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct codec_answer answer;
	struct draft out = { 0 };
	struct err err;

	if (size > 64u << 10 || !utf8_is_valid(body, strlen(body))) {
		arena_free(arena);
		return 0;
	}
	/* As a whole answer, else as what the model wrote. */
	if (*body == '{' && codec_read(&server, body, arena, &answer, &err) == 0)
		text = answer.text;
	if (check_answer(text, SEEN, arena, &out, &err) == 0) {
		must(out.count >= DRAFT_BULLETS_MIN && out.count <= DRAFT_BULLETS_MAX);
		for (size_t i = 0; i < out.count; i++)
			check_bullet(out.bullets[i]);
	} else {
		must(err.text[0] != '\0' && strstr(err.text, "evil") == NULL);
	}
	arena_free(arena);
	return 0;
}
