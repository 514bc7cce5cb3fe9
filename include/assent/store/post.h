#pragma once
/*
 * post: mail that came in, as raw bytes, and mail that goes out, as what is
 * needed to render it. No token is ever in these tables.
 */
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

#define INBOUND_ROW_MAX (256 << 10) /* larger raw mail lies in the spool */
#define INBOUND_EVENT_MAX (1 << 20) /* events of helpdesks always lie in the row */

struct inbound {
	struct id id;
	const char *source; /* mailbox's name, or "hook:" and a helpdesk's */
	const char *source_key; /* unique: "maildir:desk:1700.M1P2.host" */
	utc_ms received;
	int64_t size;
	const void *raw; /* NULL when spooled, or when not read */
	const char *spool; /* hex SHA-256 of the spool file, "" when in the row */
	const char *status; /* "new", "done", "filed", "quarantined" */
	const char *outcome; /* sentence: what became of it */
	const char *from_email, *subject; /* once parsed, for lists */
	struct id ticket; /* null for none */
};

/* ERR_CONFLICT when this source_key came before (nothing is stored). */
int inbound_add(struct tx *tx, const struct inbound *inbound, struct err *err) MUST_USE;
/* with_raw: raw too. */
int inbound_get(struct tx *tx, const struct id *id, bool with_raw, struct inbound *out,
    struct err *err) MUST_USE;
int inbound_by_key(struct tx *tx, const char *source_key, bool with_raw, struct inbound *out,
    struct err *err) MUST_USE;
/* status, outcome, from_email, subject, ticket are stored; the row must be "new" (ERR_CONFLICT). */
int inbound_settle(struct tx *tx, const struct inbound *inbound, struct err *err) MUST_USE;
/* Newest first; status "" lists all; without raw. */
int inbound_list(struct tx *tx, const char *status, size_t max, struct inbound **out, size_t *count,
    struct err *err) MUST_USE;

/* First sight of a letter's fingerprint? ERR_CONFLICT when it was seen before (invariant 2). */
int seen_add(
    struct tx *tx, const uint8_t fingerprint[SHA256_SIZE], utc_ms now, struct err *err) MUST_USE;

/*
 * True the first time key is answered since `since`; records it (mail answered
 * at most once). What was recorded as far ahead of now as since is behind it,
 * or farther, a wrong clock wrote: it does not count.
 */
int answered_first(
    struct tx *tx, const char *key, utc_ms since, utc_ms now, bool *out, struct err *err) MUST_USE;

struct outgoing {
	struct id id;
	const char *kind; /* template */
	const char *to_email, *to_name;
	const char *locale;
	const char *zone_name;
	const char *view; /* JSON without links and tokens */
	struct id ticket, approval, ballot, batch, escalation; /* null for none */
	const char *message_id; /* stable, without <> */
	const char *in_reply_to;
	const char *references; /* blank-separated, without <> */
	const char *subject; /* "" for the template's */
	bool replied; /* an answer to inbound mail (COMPOSE_REPLIED) */
	/*
	 * "queued", "sent", "maybe", "refused", "dropped"; "gathered" is a line of
	 * its digest and shares its fate, "gathering" a digest that is not full yet.
	 */
	const char *status;
	const char *last_error;
	utc_ms created, sent_at;
	struct id digest; /* whose line it is; null for none */
};

/* Stores it and its Message-ID in sent_ids. */
int outgoing_add(struct tx *tx, const struct outgoing *outgoing, struct err *err) MUST_USE;
int outgoing_get(
    struct tx *tx, const struct id *id, struct outgoing *out, struct err *err) MUST_USE;
int outgoing_set_status(struct tx *tx, const struct id *id, const char *status,
    const char *last_error, utc_ms now, struct err *err) MUST_USE;
/* Of an approval, batch or packet (its id), oldest first. */
int outgoing_list(struct tx *tx, const struct id *about, struct outgoing **out, size_t *count,
    struct err *err) MUST_USE;

/* Digests to this address that are not full yet. */
int outgoing_gathering(struct tx *tx, const char *to_email, struct outgoing **out, size_t *count,
    struct err *err) MUST_USE;
/* What was gathered for it, oldest first, at most max; *more how many there are beyond. */
struct outgoing_lines {
	struct id digest;
	size_t max;
	struct outgoing *list; /* out */
	size_t count;
	int64_t more;
};
int outgoing_lines(struct tx *tx, struct outgoing_lines *lines, struct err *err) MUST_USE;
/* From "gathering" to this status, with this view. ERR_CONFLICT when it is not gathering. */
int outgoing_fill(struct tx *tx, const struct outgoing *digest, struct err *err) MUST_USE;
/* All lines that are still "gathered" are now what their digest is. */
int outgoing_lines_settle(struct tx *tx, const struct id *digest, const char *status, utc_ms now,
    struct err *err) MUST_USE;

struct sent_id { /* what a Message-ID of ours was about */
	struct id outgoing, ticket, approval, ballot, batch, escalation;
	const char *kind;
	bool own; /* we gave it; others were learnt */
};

/* Another id for the same mail (a relay's own). */
int sent_id_add(
    struct tx *tx, const char *message_id, const struct id *outgoing, struct err *err) MUST_USE;
int sent_id_find(
    struct tx *tx, const char *message_id, struct sent_id *out, struct err *err) MUST_USE;
