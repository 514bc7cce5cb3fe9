#pragma once
/* command: what staff may tell the desk, one per line of unquoted text. */
#include "flow/intake_priv.h"

#define COMMANDS_MAX 20

enum command_kind {
	CMD_ASK,
	CMD_OWNER,
	CMD_CUSTOMER,
	CMD_BULK,
	CMD_WITHDRAW,
	CMD_STATUS,
	CMD_DELEGATE
};

struct command {
	enum command_kind kind;
	const char *line; /* as written, trimmed */
	const char *argument; /* "" for none */
};

struct command_list {
	struct command items[COMMANDS_MAX];
	size_t count;
	bool more; /* there were more than one mail may hold */
	bool only; /* nothing but commands was written */
};

void command_read(struct arena *arena, const char *own, struct command_list *out);

/* text without the lines that are commands; in arena. */
const char *command_strip(
    struct arena *arena, const char *text, const struct command_list *commands);

struct transcript {
	json_t *lines;
	json_t *asks;
};

/* Run one command for the ticket (NULL: none); what it came to goes into the transcript. */
struct command_context {
	struct arrival *arrival;
	const struct staff *staff;
	const struct id *ticket; /* NULL for none */
	struct transcript *transcript;
};

int command_run(struct desk *desk, const struct command_context *context,
    const struct command *command, struct err *err) MUST_USE;
void transcript_line(struct transcript *transcript, const char *command, bool ok, const char *text);
