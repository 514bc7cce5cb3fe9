#pragma once
/* find: what people type for an id, and the shortest thing to show them. */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <stddef.h>

enum find_in { FIND_APPROVAL, FIND_INBOUND, FIND_JOB, FIND_TOKEN, FIND_ESCALATION, FIND_COUNT };

#define FIND_PREFIX_MIN 8

/*
 * The id that text, a whole id or at least FIND_PREFIX_MIN of its first
 * characters, names. ERR_INVALID when text is no beginning of an id or begins
 * several, ERR_NOT_FOUND when it begins none. A whole id is not looked up.
 */
int find_id(
    struct tx *tx, enum find_in in, const char *text, struct id *out, struct err *err) MUST_USE;

/* How many characters of id_text() tell id from all others in the table. */
int find_length(
    struct tx *tx, enum find_in in, const struct id *id, size_t *out, struct err *err) MUST_USE;

/* When the first unsettled job of this serial is due; ERR_NOT_FOUND. */
int find_due(struct tx *tx, const char *serial, utc_ms *out, struct err *err) MUST_USE;
