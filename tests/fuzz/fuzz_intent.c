/*
 * Properties: upper case, trailing blanks and quoted lines below never change a
 * verdict; "never" in front of an answer never approves; there are as many
 * items as were asked for, and a comment is text.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#include <ctype.h>
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

static void
read_into(const char *words, size_t count, enum verdict *out)
{
	struct arena *arena = arena_new(ROOM);
	struct intent intent;
	intent_read(words, count, arena, &intent);
	demand(intent.count == count && intent.comment != NULL);
	for (size_t i = 0; i < count; i++) {
		demand(intent.items[i].comment != NULL);
		out[i] = intent.items[i].verdict;
	}
	demand(intent_reason_name(intent.reason) != NULL);
	arena_free(arena);
}

static void
same(const char *words, const enum verdict *want, size_t count)
{
	enum verdict got[INTENT_ITEMS_MAX];
	read_into(words, count, got);
	demand(memcmp(got, want, count * sizeof *got) == 0);
}

static void
check(const char *words, size_t count)
{
	enum verdict want[INTENT_ITEMS_MAX], got[INTENT_ITEMS_MAX];
	struct str text = STR_INIT(ROOM);
	read_into(words, count, want);
	str_add(&text, words);
	str_add(&text, " \n\t\n");
	same(str_text(&text), want, count);
	str_clear(&text);
	for (const char *c = words; *c; c++)
		str_add_char(
		    &text, (unsigned char)*c < 0x80 ? (char)toupper((unsigned char)*c) : *c);
	same(str_text(&text), want, count);
	str_clear(&text);
	str_add(&text, "never ");
	str_add(&text, words);
	read_into(str_text(&text), count, got);
	for (size_t i = 0; i < count; i++)
		demand(got[i] != VERDICT_APPROVE);
	str_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = STR_INIT(ROOM);
	if (size > 8000)
		return 0;
	str_add_n(&text, data, size);
	check(str_text(&text), 1);
	check(str_text(&text), 3);
	str_done(&text);
	return 0;
}
