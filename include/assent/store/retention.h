#pragma once
/*
 * retention: what is kept for its time only goes, a bounded piece at a time.
 *
 * Each function looks at the next few hundred rows after *at (0: from the
 * beginning), removes what is older than before, and moves *at on; *at is 0
 * again when it has seen all. *removed is added to.
 */
#include <assent/base/crypto.h>
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

struct retention_piece {
	int64_t at; /* where the next piece begins; 0: all was seen */
	int64_t removed;
};

typedef int (*retention_fn)(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err);

/* A decision rests on this mail: its bytes stay as long as it does. */
int retention_keep_mail(struct tx *tx, const struct id *inbound, struct err *err) MUST_USE;

/* Bytes of mail that decided nothing. Spool files lose their name here; a sweep removes them. */
int retention_raw_mail(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err) MUST_USE;
/* Network addresses of clicks, in the evidence and in the ledger. */
int retention_ip(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err) MUST_USE;
/* Words and addresses of tickets without an open question that nothing happened to since. */
int retention_people(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err) MUST_USE;
/* Words and addresses of packets that were closed before. */
int retention_packets(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err) MUST_USE;
/* Fingerprints of letters, and whom we answered. */
int retention_seen(
    struct tx *tx, utc_ms before, struct retention_piece *piece, struct err *err) MUST_USE;

/*
 * Forget the values of an entry's fields that are in names (NULL: all but
 * outcome and asked_hash); the chain stays provable.
 */
int ledger_erase(struct tx *tx, int64_t seq, const char *const *names, int64_t *erased,
    struct err *err) MUST_USE;
