#pragma once
/*
 * command: what staff may tell the desk, one per line of unquoted text. What is
 * written down by one (a finding, say) goes on until a blank line or the next
 * command: mail programs wrap lines.
 */
#include "flow/intake_priv.h"

#define COMMANDS_MAX 20

enum command_kind {
	CMD_ASK,
	CMD_OWNER,
	CMD_CUSTOMER,
	CMD_BULK,
	CMD_WITHDRAW,
	CMD_STATUS,
	CMD_DELEGATE,
	CMD_FINDING,
	CMD_FIX,
	CMD_TASK,
	CMD_ANSWER,
	CMD_SKIP,
	CMD_RESOLVE,
	CMD_ESCALATE,
	CMD_PAUSE,
	CMD_RESUME,
	CMD_REOPEN,
	CMD_SPENT
};

struct command {
	enum command_kind kind;
	const char *line; /* as written, trimmed */
	const char *argument; /* "" for none */
	const char
	    *further; /* its other lines as written, trimmed, each with a newline; "" for none */
	int64_t number; /* of what it is about; 0 where it names none */
	const char *person; /* to whom; "" for none */
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

/* 0 and a good line, or a bad line for what the person can mend; only our own faults are errors. */
int command_settle(const struct command_context *context, const struct command *command, int rc,
    const struct err *err) MUST_USE;
int command_run(struct desk *desk, const struct command_context *context,
    const struct command *command, struct err *err) MUST_USE;

/* command_memory.c */
int command_finding(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;
int command_fix(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;
int command_task(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;
int command_answer(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;
int command_skip(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;

/* command_closing.c */
int command_close(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;
int command_spent(struct desk *desk, const struct command_context *context,
    const struct command *command) MUST_USE;

/* The whole of what was written behind it, each line as it was. */
const char *command_whole(struct desk *desk, const struct command *command);

void transcript_line(struct transcript *transcript, const char *command, bool ok, const char *text);
