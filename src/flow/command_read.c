#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/model/ticket.h>

#include "flow/command_priv.h"

#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)
#define BLANKS " \t\r\v\f"

/* clang-format off */
static const struct word {
	const char *word;
	enum command_kind kind;
	bool bare;	/* may stand without an argument */
	enum {
		NOTHING,
		NUMBER,	/* "answer 2: yes" */
		PERSON,	/* "escalate to bob@…: he knows it"; may be left out */
		SPAN,	/* "spent 30m" */
	} follows;	/* the word */
	bool goes_on;	/* over the lines below it */
} words[] = {
	{ "ask",	CMD_ASK,	true,	NOTHING,	false },
	{ "owner",	CMD_OWNER,	false,	NOTHING,	false },
	{ "customer",	CMD_CUSTOMER,	false,	NOTHING,	false },
	{ "bulk",	CMD_BULK,	true,	NOTHING,	false },
	{ "withdraw",	CMD_WITHDRAW,	true,	NOTHING,	false },
	{ "status",	CMD_STATUS,	true,	NOTHING,	false },
	{ "delegate",	CMD_DELEGATE,	false,	NOTHING,	false },
	{ "finding",	CMD_FINDING,	false,	NOTHING,	true },
	{ "fix",	CMD_FIX,	false,	NOTHING,	true },
	{ "task",	CMD_TASK,	false,	NOTHING,	true },
	{ "answer",	CMD_ANSWER,	false,	NUMBER,	true },
	{ "skip",	CMD_SKIP,	true,	NUMBER,	true },
	{ "resolve",	CMD_RESOLVE,	true,	NOTHING,	true },
	{ "escalate",	CMD_ESCALATE,	true,	PERSON,	true },
	{ "pause",	CMD_PAUSE,	true,	NOTHING,	true },
	{ "resume",	CMD_RESUME,	true,	NOTHING,	true },
	{ "reopen",	CMD_REOPEN,	true,	NOTHING,	true },
	{ "spent",	CMD_SPENT,	false,	SPAN,	false },
};
/* clang-format on */

static char *
skip_blanks(char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* "2" behind the word; false when there is none. */
static bool
read_number(struct arena *arena, char **at, int64_t *out)
{
	size_t n = strspn(*at, "0123456789");
	const char *digits = arena_dup_n(arena, *at, n);

	*at = skip_blanks(*at + n);
	return num_parse_within(digits, 1, INT64_MAX, out);
}

/* "to bob@help.example" behind the word, or nothing. */
static bool
read_person(struct arena *arena, char **at, const char **out)
{
	size_t n;

	if (!text_starts_nocase(*at, "to "))
		return true;
	*at = skip_blanks(*at + strlen("to "));
	n = strcspn(*at, " \t:");
	if (memchr(*at, '@', n) == NULL)
		return false;
	*out = arena_dup_n(arena, *at, n);
	*at = skip_blanks(*at + n);
	return true;
}

/* A time, the whole of what stands there: "spent 30m on it" is a sentence. */
static bool
read_span(char **at, struct command *out)
{
	int64_t minutes;

	if (**at == ':')
		return true;
	out->argument = *at;
	*at += strlen(*at);
	return ticket_spent_parse(out->argument, &minutes);
}

static bool
read_following(struct arena *arena, const struct word *word, char **at, struct command *out)
{
	switch (word->follows) {
	case NUMBER:
		return read_number(arena, at, &out->number);
	case PERSON:
		return read_person(arena, at, &out->person);
	case SPAN:
		return read_span(at, out);
	case NOTHING:
		break;
	}
	return true;
}

static bool
read_word(struct arena *arena, char *line, const struct word *word, struct command *out)
{
	char *rest = skip_blanks(line + strlen(word->word));
	const char *argument;
	bool colon;

	*out = (struct command){ word->kind, line, "", "", 0, "" };
	if (!read_following(arena, word, &rest, out))
		return false;
	colon = *rest == ':';
	if (*rest != '\0' && !colon)
		return false;
	argument = text_trim(arena_dup(arena, colon ? rest + 1 : out->argument));
	out->argument = argument;
	return *argument != '\0' || word->bare || (colon && word->goes_on);
}

/* "word", "word: argument"; a sentence that begins with the word is not a command. */
static const struct word *
read_line(struct arena *arena, char *line, struct command *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_starts_nocase(line, words[i].word) &&
		    read_word(arena, line, &words[i], out))
			return &words[i];
	return NULL;
}

struct reading {
	struct arena *arena;
	struct command_list *out;
	struct str further;
	const struct word *word; /* whose text goes on; NULL for none */
	bool ignored; /* it is one too many */
};

static void
end_text(struct reading *r)
{
	if (r->word != NULL && !r->ignored)
		r->out->items[r->out->count - 1].further =
		    arena_dup(r->arena, str_text(&r->further));
	str_clear(&r->further);
	r->word = NULL;
}

static void
take_command(struct reading *r, const struct word *word, const struct command *command)
{
	r->ignored = r->out->count == COMMANDS_MAX;
	if (r->ignored)
		r->out->more = true;
	else
		r->out->items[r->out->count++] = *command;
	/* What is complete in its line does not go on: "skip 2"; "finding:" alone begins below. */
	r->word =
	    word->goes_on && (command->argument[0] != '\0' || text_ends_nocase(command->line, ":"))
	    ? word
	    : NULL;
}

/* True for a line that belongs to no command. */
static bool
take_line(struct reading *r, char *line)
{
	struct command command;
	const struct word *word = read_line(r->arena, line, &command);

	/* Quoted lines are cut before; should one be left, it is nobody's words. */
	if (*line == '\0' || *line == '>' || word != NULL)
		end_text(r);
	if (word != NULL)
		take_command(r, word, &command);
	if (*line == '\0' || word != NULL)
		return false;
	if (r->word == NULL)
		return true;
	str_addf(&r->further, "%s\n", line);
	return false;
}

void
command_read(struct arena *arena, const char *own, struct command_list *out)
{
	char *rest = arena_dup(arena, own), *raw;
	struct reading r = { .arena = arena, .out = out, .further = STR_INIT(TEXT_MAX) };
	bool other = false;

	*out = (struct command_list){ .count = 0 };
	while ((raw = strsep(&rest, "\n")) != NULL)
		other = take_line(&r, text_trim(raw)) || other;
	end_text(&r);
	str_done(&r.further);
	out->only = out->count > 0 && !other;
}

/* --- without them ------------------------------------------------------------ */

/* Is line[0..n), trimmed, the first line of want? */
static bool
is_line(const char *line, size_t n, const char *want)
{
	size_t len = strcspn(want, "\n");

	/* As text_trim() left the line that it was read from. */
	while (n > 0 && strchr(BLANKS, line[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr(BLANKS, *line) != NULL) {
		line++;
		n--;
	}
	return n > 0 && n == len && memcmp(line, want, n) == 0;
}

/* The lines of a command that is being left out. */
struct leaving {
	const struct command_list *commands;
	size_t next; /* they come in their order, and some say the same */
	const char *further; /* what should come next; "" for none */
};

static bool
leave_out(struct leaving *l, const char *line, size_t n)
{
	if (*l->further != '\0' && is_line(line, n, l->further)) {
		l->further += strcspn(l->further, "\n") + 1;
		return true;
	}
	l->further = "";
	for (size_t i = 0; i < l->commands->count; i++) {
		size_t at = (l->next + i) % l->commands->count;

		if (!is_line(line, n, l->commands->items[at].line))
			continue;
		l->further = l->commands->items[at].further;
		l->next = at + 1;
		return true;
	}
	return false;
}

const char *
command_strip(struct arena *arena, const char *text, const struct command_list *commands)
{
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);
	struct leaving l = { commands, 0, "" };

	if (commands->count == 0)
		return text;
	for (const char *line = text; *line != '\0';) {
		const char *end = strchrnul(line, '\n');
		size_t n = (size_t)(end - line);

		if (!leave_out(&l, line, n))
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
