#pragma once
/* document_priv: what the files of documents share. */
#include <assent/flow/document.h>
#include <assent/flow/story.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

struct document_matter {
	struct ticket ticket;
	struct organisation organisation; /* key "" where there is none */
	struct document key; /* as it would be stored now; prompt "" while it is not known */
	const char *run;
};

/* ERR_NOT_FOUND for the ticket, ERR_INVALID for the locale. Texts in tx_arena(). */
int document_resolve(struct desk *desk, const struct document_wish *wish,
    struct document_matter *out, struct err *err) MUST_USE;

/* ERR_LIMIT: the wish names a language, and this ticket's documents are in enough of them. */
int document_check_names(struct desk *desk, const struct document_wish *wish,
    const struct document *key, struct err *err) MUST_USE;

/* 1, and out: the stored document answers the key, and may still do so. */
int document_find_fresh(
    struct desk *desk, const struct document *key, struct document *out, struct err *err) MUST_USE;

/* What was written becomes the newest revision, and what it cost is counted. */
struct document_who {
	const char *organisation; /* key; "" for none */
	const char *by;
	bool keep;
};
int document_store(struct desk *desk, const struct document_call *call,
    const struct document_who *who, struct document *out, struct err *err) MUST_USE;
/* Only what it cost. */
int document_count(struct desk *desk, const struct document_call *call, const char *organisation,
    struct err *err) MUST_USE;

/* 1, and out: did a person write one since the job was queued, of a ticket as new as the key's? */
int document_was_edited(struct desk *desk, const struct job *job, const struct document *key,
    struct document *out, struct err *err) MUST_USE;

/*
 * What a person wrote becomes the newest revision, *out; ERR_LIMIT: people wrote
 * as much into this ticket's documents as there is room for.
 */
int document_put_words(
    struct desk *desk, const struct document *row, struct document *out, struct err *err) MUST_USE;

/*
 * Was anything erased since the material was read? Then what was written from it
 * must not be stored, and is written anew.
 */
int document_mark(struct desk *desk, struct document_call *call, struct err *err) MUST_USE;
int document_was_erased(
    struct desk *desk, const struct document_call *call, bool *out, struct err *err) MUST_USE;

/* It was wanted once more. */
int document_touch(
    struct desk *desk, const struct document *document, bool keep, struct err *err) MUST_USE;

/* "document.drafted" and the like. */
int document_event(struct desk *desk, const char *kind, const struct document *document,
    const char *by, struct err *err) MUST_USE;
