#pragma once
/*
 * log: one line "event key=value key=value" per outcome, to standard error.
 *
 * Under systemd (JOURNAL_STREAM names our standard error) a line goes to the
 * journal itself, with its pairs as fields besides: `journalctl
 * ASSENTD_EVENT=decision ASSENTD_OUTCOME=approved`. Where the journal does not
 * take it, it is written with its "<priority>" in front. Values are made
 * visible, quoted where they hold blanks, and clipped; secrets, tokens and raw
 * text of a peer never go in. Folders below flow log nothing above debug.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);
enum log_level log_level_now(void);

/* Where the journal listens, instead of /run/systemd/journal/socket (tests). Not copied. */
void log_set_journal(const char *path);

/*
 * fmt is the event's name; then pairs of key and string value, ended by NULL:
 * log_line(LOG_INFO, "decision", "approval", id, "outcome", "approved", NULL);
 * A NULL value is left out with its key.
 */
void log_line(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* log_line() for an error: adds error="sentence" and code=name. */
void log_err(enum log_level level, const char *event, const struct err *err);
