#pragma once
/*
 * hold: nothing leaves while it is on. Set after a restore, or by hand; taken
 * off by the operator, who sees before what will go out.
 */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

/* Is it on? *since (may be NULL) says from when, 0 when it is off. */
int hold_get(struct tx *tx, bool *out, utc_ms *since, struct err *err) MUST_USE;
int hold_set(struct tx *tx, bool on, utc_ms now, struct err *err) MUST_USE;

struct held_mail {
	struct id id;
	const char *kind;
	struct id approval, batch; /* null for none */
	bool is_reminder;
	bool is_closed; /* a question that nobody need be asked any more */
	utc_ms created;
};

/* Mails that wait to be sent, oldest first, after the row (created, id); null id for all. */
int hold_list(struct tx *tx, const struct held_mail *after, size_t max, struct held_mail **out,
    size_t *count, struct err *err) MUST_USE;

/* This mail is not sent any more: its status becomes "dropped". ERR_CONFLICT when it is not queued. */
int hold_drop(struct tx *tx, const struct id *id, const char *why, struct err *err) MUST_USE;
