/*
 * watched: a document's lines for those who watch while it is written. What
 * comes is whole lines that the form lets pass (ai/write.h); here they lose
 * what nobody should see of any text. Who watches takes the stored document
 * for true, not these (invariant 5).
 */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/document.h>
#include <assent/flow/operate.h>
#include <assent/flow/story.h>
#include <assent/store/ledger.h>
#include <assent/text/redact.h>

#include "daemon/daemon_priv.h"

#define PIECE_MAX ((size_t)64 << 10)

struct watched {
	struct daemon *daemon;
	const struct document_call *document;
	bool is_void; /* written from what was erased since */
};

static int
look_run(struct tx *tx, void *arg, struct err *err)
{
	struct watched *watched = arg;

	return ledger_since(tx, watched->document->seq, OPERATE_ERASED, &watched->is_void, err);
}

/* What an earlier try told is forgotten with the erasing itself (live_forget()). */
static void
began(void *arg)
{
	struct watched *watched = arg;
	struct err err;

	if (db_read(watched->daemon->db, NULL, look_run, watched, &err) < 0)
		watched->is_void = true;
	if (!watched->is_void)
		live_begin(watched->daemon->live, watched->document->run);
}

static void
delta(void *arg, const char *text, size_t n)
{
	const struct watched *watched = arg;
	AUTO(str_donep) struct str visible = STR_INIT(PIECE_MAX);
	AUTO(str_donep) struct str clean = STR_INIT(PIECE_MAX);

	if (watched->is_void)
		return;
	utf8_add_visible(&visible, text, n);
	redact_tokens(str_text(&visible), visible.len, &clean);
	live_add(watched->daemon->live, watched->document->run, str_text(&clean), clean.len);
}

void
watched_begin(struct daemon *daemon, struct call *call)
{
	struct watched *watched = arena_alloc(call->arena, sizeof(*watched));

	if (daemon->live == NULL)
		return;
	*watched = (struct watched){ daemon, call->document, false };
	call->document->writing.began = began;
	call->document->writing.delta = delta;
	call->document->writing.arg = watched;
}

struct ending {
	const struct document *key;
	struct arena *arena;
	const char *json;
};

static int
ending_run(struct tx *tx, void *arg, struct err *err)
{
	struct ending *ending = arg;
	const struct document *key = ending->key;
	struct document document;
	int rc = document_get(
	    tx, &(struct document_name){ key->ticket, key->kind, key->locale, 0 }, &document, err);

	if (rc == 0)
		ending->json = document_done_json(&document, ending->arena);
	return rc;
}

/* Not from the call: it may have been there before, or somebody wrote one meanwhile. */
void
watched_done(struct daemon *daemon, const struct call *call)
{
	const struct document_call *document = call->document;
	struct err err;

	if (daemon->live == NULL || document == NULL || id_is_null(&document->stored))
		return;
	struct ending ending = { &document->key, call->arena, NULL };
	if (db_read(daemon->db, call->arena, ending_run, &ending, &err) < 0)
		watched_failed(daemon, call);
	else
		live_end(daemon->live, document->run, "done", ending.json);
}

void
watched_failed(struct daemon *daemon, const struct call *call)
{
	if (daemon->live != NULL && call->document != NULL)
		live_end(daemon->live, call->document->run, "error",
		    "{\"message\":\"this document could not be drafted; the operator's log says "
		    "why\"}");
}
