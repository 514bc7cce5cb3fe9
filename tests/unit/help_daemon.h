#pragma once
/*
 * help_daemon: what the daemon's threads share, in a folder of its own: real
 * settings, a real database with its writer, mails kept in memory, stories of
 * the test and a clock that the test moves.
 */
#include <assent/flow/story.h>

#include "daemon/daemon_priv.h"

struct room {
	char folder[256];
	struct daemon daemon;
};

/* lines: more of the settings file, or ""; without mailboxes it has a Maildir named desk. */
void room_start(struct room *room, const char *lines);
void room_end(struct room *room);

/* Rewrite the settings file and reload it. */
void room_settle(struct room *room, const char *lines);
/* Both clocks on by shift, the wall clock by jump as well (milliseconds since room_start()). */
void room_clock(struct room *room, span_ms shift, span_ms jump, bool synchronised);

/* SQL by another hand: the first number of the first row. */
int64_t room_number(struct room *room, const char *sql);
void room_sql(struct room *room, const char *sql);

/* A step or a snapshot that must succeed. */
void room_write(struct room *room, step_fn fn, void *arg);
void room_read(struct room *room, step_fn fn, void *arg);

/* "folder/name"; one at a time. */
const char *room_path(struct room *room, const char *name);
void room_file(struct room *room, const char *name, const void *bytes, size_t n);
bool room_has_file(struct room *room, const char *name);
