#pragma once
/*
 * story: what happens to a job, in three parts.
 *
 * plan reads a snapshot and says what is wanted from outside, as a plain value;
 * the lane carries it (no database); settle writes what came of it, in one
 * step with the settling of the job. more, where a story has it, is a second
 * look at the database between two carries. A part that returns an error fails
 * the try: the lane puts the job back with backoff, or gives it up.
 */
#include <assent/ai/write.h>
#include <assent/flow/desk.h>
#include <assent/mail/letter.h>
#include <assent/mail/outlet.h>
#include <assent/store/document.h>
#include <assent/store/queue.h>
#include <assent/text/intent.h>

enum call_kind {
	CALL_NONE, /* nothing outside: settle at once */
	CALL_PARSE, /* raw → letter */
	CALL_DECIDE, /* words, items → intent */
	CALL_ABSENCE, /* absence → its answer */
	CALL_DRAFT, /* drafts[] → their texts */
	CALL_DOCUMENT, /* document → its text */
	CALL_SEND, /* mail → accepted or not */
	CALL_HTML, /* htmls[] → their words, by the parser */
	CALL_TOKEN, /* token → access and refresh token */
	CALL_POST, /* post → its answer */
};

/* One request to an OAuth2 token or device endpoint (RFC 6749, 8628). */
struct token_call {
	const char *url;
	const char *form; /* application/x-www-form-urlencoded body; holds secrets */
	int status; /* of the answer */
	const char *answer; /* its body, bounded; holds secrets */
	size_t answer_len;
	span_ms retry_after; /* -1 for none */
	int64_t turn; /* of the row that it was made from */
	bool asks_code; /* of a device_url */
};

/* One signed request (Standard Webhooks) to somebody else's program. */
struct post_call {
	const char *url;
	const char *id; /* webhook-id, the same at every try */
	const char *body; /* JSON */
	const struct mac_key *keys; /* of the settings; each signs */
	size_t key_count;
	int status; /* of the answer */
	const char *answer; /* its body, bounded */
	size_t answer_len;
	span_ms retry_after; /* -1 for none */
};

struct hook_event;

struct html_call {
	const char *html;
	const char **words; /* set to its text, in the call's arena */
};

struct document_call {
	const char *run; /* document_run_name() */
	struct document key; /* what it is found by later */
	struct writing writing;
	struct id cached; /* it was there already */
	bool waits; /* while a hold is on */
	int64_t seq; /* the ledger's head when the material was read */
	struct id stored; /* set by settle: what stands now; null: nothing yet */
};

struct call {
	enum call_kind kind;
	struct arena *arena; /* everything below lives in it */

	const void *raw; /* NULL: the spool file is to be read */
	size_t raw_size;
	const char *spool;
	struct letter *letter;

	struct intent_ask ask;
	bool decided; /* intent is filled */
	struct intent intent;
	struct absence_ask absence;

	struct document_call *drafts;
	size_t draft_count;

	struct document_call *document; /* of every job that drafts one, whatever kind says */

	struct outlet_mail mail;
	bool is_alert; /* CALL_SEND by the operator's own route, where there is one */
	bool may_double; /* set by CALL_SEND: a repeat may have arrived as a second mail */

	struct html_call *htmls;
	size_t html_count;
	struct hook_event *hook; /* flow/hook.h: what the inbound row says */
	struct token_call token;
	struct post_call post;

	int rc; /* what the last carry came to */
	struct err err;

	const char *note; /* set by settle: what to log; in arena */
	bool is_bad_news; /* set by settle: the note is logged as a warning */
	utc_ms again; /* set by settle: not done yet, offer again then */
	bool is_patient; /* set by a settle that fails: no number of tries is too many */
	void (*after)(struct desk *desk); /* set by settle: run on a snapshot after the commit */
};

typedef int (*story_fn)(
    struct desk *desk, const struct job *job, struct call *call, struct err *err);

struct story {
	const char *kind; /* of the job */
	enum lane lane;
	story_fn plan; /* NULL: CALL_NONE */
	story_fn more; /* NULL: straight to settle */
	story_fn settle;
	story_fn given_up; /* the job is dead: tell who waits; may be NULL */
};

/* NULL when no story is of that kind. */
const struct story *story_find(const char *kind);
