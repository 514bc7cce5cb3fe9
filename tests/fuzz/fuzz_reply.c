/*
 * Properties: wholly quoted text leaves nothing; quoted lines put below take at
 * most lines off the end of what was kept and never turn a verdict round; every
 * line that is kept was in the input.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static enum verdict
verdict_of(const char *words)
{
	struct arena *arena = arena_new(ROOM);
	struct intent intent;
	intent_read(words, 1, arena, &intent);
	enum verdict verdict = intent.items[0].verdict;
	arena_free(arena);
	return verdict;
}

static void
check_all_quoted(const char *text)
{
	struct str quoted = STR_INIT(ROOM), out = STR_INIT(ROOM);
	str_add(&quoted, "> ");
	for (; *text; text++) {
		str_add_char(&quoted, *text);
		if (*text == '\n')
			str_add(&quoted, "> ");
	}
	reply_extract(str_text(&quoted), NULL, &out, NULL);
	demand(out.len == 0);
	str_done(&quoted);
	str_done(&out);
}

static void
check_quote_below(const char *text, const struct str *kept)
{
	struct str longer = STR_INIT(ROOM), out = STR_INIT(ROOM);
	str_add(&longer, text);
	str_add(&longer, "\n\n> approved\n> yes\n> no\n");
	reply_extract(str_text(&longer), NULL, &out, NULL);
	demand(out.len <= kept->len && memcmp(str_text(&out), str_text(kept), out.len) == 0);
	enum verdict before = verdict_of(str_text(kept)), after = verdict_of(str_text(&out));
	demand(before == VERDICT_UNCLEAR || after == VERDICT_UNCLEAR || before == after);
	demand(out.len != kept->len || before == after);
	str_done(&longer);
	str_done(&out);
}

static void
check_lines(const char *text, const struct str *kept)
{
	char *copy = mem_dup(str_text(kept)), *rest = copy, *line;
	while ((line = strsep(&rest, "\n")) != NULL)
		demand(strstr(text, line) != NULL);
	mem_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = STR_INIT(ROOM), kept = STR_INIT(ROOM);
	if (size > 100000)
		return 0;
	str_add_n(&text, data, size);
	const char *words = str_text(&text);
	reply_extract(words, NULL, &kept, NULL);
	check_all_quoted(words);
	check_quote_below(words, &kept);
	check_lines(words, &kept);
	str_done(&text);
	str_done(&kept);
	return 0;
}
