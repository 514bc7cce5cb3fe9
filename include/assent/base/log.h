#pragma once
/*
 * log: one line "event key=value key=value" per outcome, to standard error.
 *
 * Under systemd (JOURNAL_STREAM names our standard error) each line starts
 * with its "<priority>" so that the journal files it right. Values are made
 * visible, quoted where they hold blanks, and clipped; secrets, tokens and raw
 * text of a peer never go in. Folders below flow log nothing above debug.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);
enum log_level log_level_now(void);

/*
 * fmt is the event's name; then pairs of key and string value, ended by NULL:
 * log_line(LOG_INFO, "decision", "approval", id, "outcome", "approved", NULL);
 * A NULL value is left out with its key.
 */
void log_line(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* log_line() for an error: adds error="sentence" and code=name. */
void log_err(enum log_level level, const char *event, const struct err *err);
