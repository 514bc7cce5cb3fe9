/*
 * Commands in staff's words: whatever the text, a quoted line is never one,
 * there are no more than may be, and taking them out leaves none behind.
 */
#include "help_fuzz.h"

#include "flow/command_priv.h"

#include <assent/base/str.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u << 20);
	struct command_list found, again;
	const char *text;

	if (size > 64u << 10)
		return 0;
	text = arena_dup_n(arena, data, size);
	command_read(arena, text, &found);
	must(found.count <= COMMANDS_MAX);
	for (size_t i = 0; i < found.count; i++) {
		must(strstr(text, found.items[i].argument) != NULL);
		must(found.items[i].line[0] != '>');
		must(found.items[i].further[0] != '>');
		must(strstr(found.items[i].further, "\n>") == NULL);
		must(found.items[i].number >= 0);
	}
	if (!found.more) {
		command_read(arena, command_strip(arena, text, &found), &again);
		must(again.count == 0);
	}
	command_read(arena, quoted(arena, text), &again);
	must(again.count == 0);
	return 0;
}
