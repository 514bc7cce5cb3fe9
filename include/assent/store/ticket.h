#pragma once
/*
 * ticket: cases, their thread of messages, attachments, and what happened.
 * A change that a reader would notice raises state_version in the same step.
 */
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/model/ticket.h>
#include <assent/store/db.h>

#include <stddef.h>

struct ticket {
	struct id id;
	int64_t ref; /* small number people use: "T-1001" */
	struct id organisation; /* null while unknown */
	const char *title;
	const char *requester_email, *requester_name; /* "" when unknown */
	const char *engineer_email, *engineer_name;
	const char *status; /* model/ticket.h */
	int64_t state_version;
	utc_ms created, updated;
	/* Of a helpdesk; all "" or 0 for tickets that came by mail. */
	const char *source; /* its name in the settings */
	const char *external_id; /* the helpdesk's own, unique for its source */
	const char *external_status, *external_url;
	const char *priority;
	const char *attributes; /* a JSON object as text, keys in order */
	utc_ms external_at; /* the newest event whose facts these are */
	const char *status_before; /* of a paused one; "" for the others */
	const char *status_by; /* who resolved, handed over, … it last; "" for nobody */
	utc_ms status_at;
	int64_t spent; /* minutes */
};

#define TICKET_REF_FIRST 1001

/* ref and state_version are assigned; id, created, updated are the caller's. *ref may be NULL. */
int ticket_add(struct tx *tx, const struct ticket *ticket, int64_t *ref, struct err *err) MUST_USE;
int ticket_get(struct tx *tx, const struct id *id, struct ticket *out, struct err *err) MUST_USE;
int ticket_by_ref(struct tx *tx, int64_t ref, struct ticket *out, struct err *err) MUST_USE;

struct ticket_move {
	const struct ticket *ticket; /* as it was read */
	struct ticket_life to;
	const char *by; /* NULL: nobody's act; status_by and status_at stay */
	utc_ms at;
};
/* ERR_CONFLICT when its status is another one now. */
int ticket_move(struct tx *tx, const struct ticket_move *move, struct err *err) MUST_USE;
/* As it is stored; a word that is none is ERR_INVALID. */
int ticket_life(const struct ticket *ticket, struct ticket_life *out, struct err *err) MUST_USE;
int ticket_set_engineer(
    struct tx *tx, const struct ticket *to, utc_ms now, struct err *err) MUST_USE;
/* Minutes on top of those that are there; ERR_LIMIT above TICKET_SPENT_MAX. */
int ticket_add_spent(
    struct tx *tx, const struct id *id, int64_t minutes, utc_ms now, struct err *err) MUST_USE;
int ticket_set_title(
    struct tx *tx, const struct id *id, const char *title, utc_ms now, struct err *err) MUST_USE;
int ticket_set_organisation(struct tx *tx, const struct id *id, const struct id *organisation,
    utc_ms now, struct err *err) MUST_USE;
int ticket_set_requester(struct tx *tx, const struct id *id, const char *email, const char *name,
    utc_ms now, struct err *err) MUST_USE;
int ticket_by_external(struct tx *tx, const char *source, const char *external_id,
    struct ticket *out, struct err *err) MUST_USE;
/* As facts says: organisation, title, requester, engineer, priority, attributes, the external_ ones but the id. */
int ticket_set_facts(
    struct tx *tx, const struct ticket *facts, utc_ms now, struct err *err) MUST_USE;
/* Nothing changed, but newer is known to be so. */
int ticket_set_external_at(struct tx *tx, const struct id *id, utc_ms at, struct err *err) MUST_USE;
/* Something readers notice changed (a message, a finding). */
int ticket_touch(struct tx *tx, const struct id *id, utc_ms now, struct err *err) MUST_USE;
/* Newest first, at most max; *out in tx_arena(). status "" lists all. */
int ticket_list(struct tx *tx, const char *status, size_t max, struct ticket **out, size_t *count,
    struct err *err) MUST_USE;

struct message {
	struct id id;
	struct id ticket;
	int64_t seq; /* 1, 2, … within the ticket; assigned */
	bool is_public;
	const char *message_id; /* without <>, may be "" */
	const char *from_email, *from_name;
	const char *subject;
	const char *text; /* whole */
	const char *own; /* without quotes and signature */
	struct id inbound; /* null for none */
	utc_ms at;
	const char *external_id; /* a helpdesk's own, unique in its ticket; "" for mail */
};

/* What one ticket may hold, so that its thread always fits into memory. */
#define THREAD_MESSAGES_MAX 2000
#define THREAD_BYTES_MAX ((int64_t)8 << 20) /* of texts, whole and own */
#define THREAD_ATTACHMENTS_MAX 400

/* ERR_LIMIT when the thread is full. */
int message_add(
    struct tx *tx, const struct message *message, int64_t *seq, struct err *err) MUST_USE;
/* Replace the text of a message (a helpdesk edited it); ERR_LIMIT when the thread is full. */
int message_set_text(struct tx *tx, const struct id *id, const char *text, const char *own,
    struct err *err) MUST_USE;
int message_set_public(
    struct tx *tx, const struct id *id, bool is_public, struct err *err) MUST_USE;
/* ERR_NOT_FOUND when the ticket has no message of that id. */
int message_by_external(struct tx *tx, const struct id *ticket, const char *external_id,
    struct message *out, struct err *err) MUST_USE;
/* The seq of the newest message; 0 without one. */
int message_last_seq(
    struct tx *tx, const struct id *ticket, int64_t *out, struct err *err) MUST_USE;

/* As message_list(), but one at a time: the texts go when fn returns. An error of fn ends it. */
struct message_walk {
	const struct id *ticket;
	int64_t up_to; /* 0: all */
	int (*fn)(const struct message *message, void *arg, struct err *err);
	void *arg;
};
int message_each(struct tx *tx, const struct message_walk *walk, struct err *err) MUST_USE;

/* In order, seq <= up_to (0: all). */
int message_list(struct tx *tx, const struct id *ticket, int64_t up_to, struct message **out,
    size_t *count, struct err *err) MUST_USE;
/* The ticket that holds a message with this Message-ID. */
int message_find_ticket(
    struct tx *tx, const char *message_id, struct id *ticket, struct err *err) MUST_USE;

struct stored_attachment {
	struct id message;
	const char *name, *type;
	int64_t size;
	uint8_t sha256[SHA256_SIZE];
};

/* ERR_LIMIT when the ticket has THREAD_ATTACHMENTS_MAX. */
int attachment_add(
    struct tx *tx, const struct stored_attachment *attachment, struct err *err) MUST_USE;
/* Of all messages of the ticket with seq <= up_to, in order of arrival. */
int attachment_list(struct tx *tx, const struct id *ticket, int64_t up_to,
    struct stored_attachment **out, size_t *count, struct err *err) MUST_USE;

struct event {
	int64_t seq; /* assigned, grows */
	struct id ticket; /* null for none */
	utc_ms at;
	const char *kind; /* "ticket.opened", "approval.sent", … */
	const char *actor; /* address, "system", "operator" */
	const char *before, *after; /* old → new, "" for none */
};

int event_add(struct tx *tx, const struct event *event, struct err *err) MUST_USE;
int event_list(struct tx *tx, const struct id *ticket, struct event **out, size_t *count,
    struct err *err) MUST_USE;
