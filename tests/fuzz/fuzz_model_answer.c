/*
 * fuzz_model_answer: whatever a model writes, what a person is shown are 4 to 6
 * bounded lines of visible text without a link, and without a host name or
 * address that the ticket does not hold.
 */
#include "help_fuzz.h"

#include <assent/ai/form.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include "ai/codec_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEEN "Write to bob@northwind.example about cad.northwind.example."

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

	must(n > 0 && n <= FORM_BULLET_SIZE);
	must(utf8_is_valid(bullet, n) && is_visible(bullet));
	must(strpbrk(bullet, "\r\n\t*") == NULL && strstr(bullet, "](") == NULL);
	must(strstr(bullet, "://") == NULL && text_find_nocase(bullet, "www.e") == NULL);
	must(text_find_nocase(bullet, "evil.example") == NULL);
	must(text_find_nocase(bullet, "eve@") == NULL);
}

static void
check_text(const char *text, struct arena *arena)
{
	struct form_check check = { .kind = DOCUMENT_SUMMARY,
		.locale = "en",
		.text = text,
		.material = SEEN,
		.confidence = -1,
		.fix = "",
		.spent = "" };
	struct form_faults faults;
	const char *out;
	char *rest, *line;
	size_t count = 0;

	if (!form_read(&check, arena, &out, &faults)) {
		must(faults.count > 0);
		return;
	}
	rest = arena_dup(arena, out);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		must(text_starts(line, "- "));
		check_bullet(line + 2);
		count++;
	}
	must(count >= FORM_BULLETS_MIN && count <= FORM_BULLETS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)64 << 20);
	char *body = arena_dup_n(arena, data, size);
	const char *text = body;
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct codec_answer answer;
	struct err err;

	/* As a whole answer, else as what the model wrote. */
	if (size <= 64u << 10 && utf8_is_valid(body, strlen(body))) {
		if (*body == '{' && codec_read(&server, body, arena, &answer, &err) == 0)
			text = answer.text;
		check_text(text, arena);
	}
	arena_free(arena);
	return 0;
}
