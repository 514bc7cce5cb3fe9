/*
 * Answers to a packet's mail: whatever the text, quoted lines say nothing, only
 * the first line of one's own words begins anything, what is read stands in the
 * text, and a time is a time.
 */
#include "help_fuzz.h"

#include "flow/escalation_words.h"

#include <assent/base/str.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MAX (100000 * (span_ms)MS_DAY)

static void
check_word(const char *text, const struct escalation_word *word)
{
	size_t first = strcspn(word->text, "\n");
	AUTO(str_donep) struct str line = STR_INIT(1u << 20);

	must(word->act < ESCALATION_CLIMB);
	must((word->act == ESCALATION_SNOOZE) == (word->span > 0));
	must(word->span <= SPAN_MAX);
	must((word->act == ESCALATION_ASSIGN) <= (strchr(word->text, '@') != NULL));
	str_add_n(&line, word->text, first);
	must(strstr(text, str_text(&line)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u << 20);
	struct escalation_word word;
	const char *text;

	if (size > 16u << 10)
		return 0;
	text = arena_dup_n(arena, data, size);
	if (escalation_words(arena, text, &word) == SAID_ONE)
		check_word(text, &word);
	must(escalation_words(arena, quoted(arena, text), &word) == SAID_NOTHING);
	must(escalation_words(arena, arena_printf(arena, "I would rather not\n%s", text), &word) ==
	    SAID_NOTHING);
	return 0;
}
