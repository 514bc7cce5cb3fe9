/* bench_cache: a document that is stored already, in one thread: with 5,000 of them there. */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/flow/document.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

#define T0 INT64_C(1700000000000)
#define ROUNDS 5000

static struct db *db;
static struct id ticket;
static const struct policy policy = { .site_dir = "", .locale = "en", .ai_chain = "openai/m" };

/* A handoff of 2 KB for the ticket, and as many others as are kept at most. */
static int
fill(struct tx *tx, void *arg, struct err *err)
{
	static char text[2048];
	struct desk desk = { .tx = tx, .policy = &policy, .now = T0 };
	struct ticket row = {
		.id = id_new(T0), .title = "Printer", .status = "open", .created = T0, .updated = T0
	};
	int rc = ticket_add(tx, &row, NULL, err);

	(void)arg;
	memset(text, 'a', sizeof(text) - 1);
	ticket = row.id;
	for (int i = 0; rc == 0 && i < DOCUMENTS_MAX; i++)
		rc = document_add(tx,
		    &(struct document){
			.id = id_new(T0),
			.ticket = i == 0 ? ticket : id_new(T0 + i),
			.kind = "handoff",
			.locale = "en",
			.text = text,
			.state_version = 1,
			.prompt = document_prompt(&desk, DOCUMENT_HANDOFF),
			.chain = policy.ai_chain,
			.is_by_ai = true,
			.created = T0,
			.used = T0,
		    },
		    err);
	return rc;
}

static int
look(struct tx *tx, void *arg, struct err *err)
{
	struct desk desk = { .tx = tx, .policy = &policy, .now = T0 };
	const struct document_wish wish = {
		.ticket = ticket, .kind = DOCUMENT_HANDOFF, .locale = "", .by = "bench"
	};
	struct document document;
	int hit = document_cached(&desk, &wish, &document, err);

	(void)arg;
	if (hit == 0)
		return err_set(err, ERR_NOT_FOUND, "it was not found again");
	return hit < 0 ? hit : 0;
}

static double
run(void)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	double start = bench_seconds();
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		bench_die_on(db_read(db, arena, look, NULL, &err), &err);
		arena_reset(arena);
	}
	arena_free(arena);
	return (bench_seconds() - start) / ROUNDS * 1e6;
}

int
main(void)
{
	struct bench_runs runs = { 0 };
	char notes[200];
	struct err err;

	db = bench_db();
	bench_die_on(db_step(db, fill, NULL, &err), &err);
	for (int i = 0; i < BENCH_RUNS; i++)
		bench_add(&runs, run());
	snprintf(notes, sizeof(notes),
	    "snapshot, prompt's hash and look-up, one thread, %d drafts of 2 KB there",
	    DOCUMENTS_MAX);
	bench_tell("document_cache_hit", "us", &runs, notes);
	db_close(db);
	return 0;
}
