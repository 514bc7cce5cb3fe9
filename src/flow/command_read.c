#include <assent/base/str.h>

#include "flow/command_priv.h"

#include <string.h>

/* clang-format off */
static const struct word {
	const char *word;
	enum command_kind kind;
	bool bare;	/* may stand without an argument */
} words[] = {
	{ "ask",	CMD_ASK,	true },
	{ "owner",	CMD_OWNER,	false },
	{ "customer",	CMD_CUSTOMER,	false },
	{ "bulk",	CMD_BULK,	true },
	{ "withdraw",	CMD_WITHDRAW,	true },
	{ "status",	CMD_STATUS,	true },
	{ "delegate",	CMD_DELEGATE,	false },
};
/* clang-format on */

/* "word", "word: argument"; a sentence that begins with the word is not a command. */
static bool
read_line(struct arena *arena, char *line, struct command *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].word);
		char *rest = line + n;

		if (!text_starts_nocase(line, words[i].word))
			continue;
		while (*rest == ' ')
			rest++;
		bool colon = *rest == ':';
		if (*rest != '\0' && !colon)
			continue;
		char *argument = colon ? text_trim(arena_dup(arena, rest + 1)) : rest;
		if (*argument == '\0' && !words[i].bare)
			continue;
		*out = (struct command){ words[i].kind, line, argument };
		return true;
	}
	return false;
}

void
command_read(struct arena *arena, const char *own, struct command_list *out)
{
	char *rest = arena_dup(arena, own), *raw;
	bool other = false;

	*out = (struct command_list){ .count = 0 };
	while ((raw = strsep(&rest, "\n")) != NULL) {
		struct command command;
		char *line = text_trim(raw);

		if (*line == '\0')
			continue;
		if (!read_line(arena, line, &command)) {
			other = true;
			continue;
		}
		if (out->count == COMMANDS_MAX)
			out->more = true;
		else
			out->items[out->count++] = command;
	}
	out->only = out->count > 0 && !other;
}

static bool
is_command_line(const char *line, size_t n, const struct command_list *commands)
{
	while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL)
		n--;
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	for (size_t i = 0; n > 0 && i < commands->count; i++)
		if (strlen(commands->items[i].line) == n &&
		    memcmp(commands->items[i].line, line, n) == 0)
			return true;
	return false;
}

const char *
command_strip(struct arena *arena, const char *text, const struct command_list *commands)
{
	AUTO(str_donep) struct str out = STR_INIT(8u << 20);

	if (commands->count == 0)
		return text;
	for (const char *line = text; *line != '\0';) {
		const char *end = strchrnul(line, '\n');
		size_t n = (size_t)(end - line);

		if (!is_command_line(line, n, commands))
			str_add_n(&out, line, *end == '\n' ? n + 1 : n);
		line = *end == '\n' ? end + 1 : end;
	}
	return text_trim(arena_dup(arena, str_text(&out)));
}

void
transcript_line(struct transcript *transcript, const char *command, bool ok, const char *text)
{
	json_array_append_new(transcript->lines,
	    json_pack("{s:s, s:b, s:s}", "command", command, "ok", ok ? 1 : 0, "text", text));
}
