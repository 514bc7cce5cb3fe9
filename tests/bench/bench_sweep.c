/* bench_sweep: all tickets of a real database looked at by the rules that ship (flow/watch.h). */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>

#include <stdio.h>

#define T0 INT64_C(1700000000000)
#define TICKETS 200000
#define BATCH 500
#define PAGE 10
#define SNAPSHOT 0.05 /* seconds, as the daemon has it */

static struct db *db;
static struct engine *engine;
static const struct policy policy = { .site_dir = "", .locale = "en", .zone_name = "UTC" };
static int64_t added, looked, differing;
static double longest;

static int
add_one(struct tx *tx, int64_t n, struct err *err)
{
	const struct ticket ticket = { .id = id_new(T0 + n),
		.title = "The printer in room 3 does not print",
		.requester_email = "bob.hansen@northwind-tools.example",
		.requester_name = "Bob Hansen",
		.engineer_email = "sam@brightdesk.example",
		.engineer_name = "Sam Okafor",
		.status = "open",
		.created = T0 + n,
		.updated = T0 + n,
		.attributes = "{\"deal_value\": 1200, \"region\": \"north\"}" };
	const struct message message = { .id = id_new(T0 + n),
		.ticket = ticket.id,
		.is_public = true,
		.message_id = "",
		.from_email = "bob.hansen@northwind-tools.example",
		.text = "It stopped this morning. Can you help?",
		.own = "It stopped this morning. Can you help?",
		.at = T0 + n };
	int rc = ticket_add(tx, &ticket, NULL, err);

	return rc < 0 ? rc : message_add(tx, &message, NULL, err);
}

static int
add_batch(struct tx *tx, void *arg, struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < BATCH; i++)
		rc = add_one(tx, added + i, err);
	return rc;
}

static int
look_step(struct tx *tx, void *arg, struct err *err)
{
	struct facts_page *page = arg;
	struct desk desk = { tx, &policy, T0 + MS_DAY, true };
	double began = bench_seconds();
	bool differs;
	int rc;

	do {
		rc = facts_unresolved(tx, page, err);
		for (size_t i = 0; rc == 0 && i < page->count; i++, looked++) {
			rc = watch_look(&desk, engine, &page->tickets[i], &differs, err);
			differing += rc == 0 && differs;
		}
	} while (rc == 0 && page->more && bench_seconds() - began < SNAPSHOT);
	longest = bench_seconds() - began > longest ? bench_seconds() - began : longest;
	return rc;
}

static void
sweep(void)
{
	struct facts_page page = { .max = PAGE, .more = true };
	double began = bench_seconds(), took;
	struct err err;

	while (page.more)
		bench_die_on(db_read(db, NULL, look_step, &page, &err), &err);
	took = bench_seconds() - began;
	if (looked != TICKETS || differing != 0)
		bench_die_on(err_set(&err, ERR_INVALID, "%lld tickets looked at, %lld differ",
				 (long long)looked, (long long)differing),
		    &err);
	printf("{\"name\": \"sweep of tickets\", \"value\": %.0f, \"unit\": \"1/s\", \"runs\": 1,"
	       " \"notes\": \"shipped rules, %d tickets with a message each; a million: %.0f s; "
	       "longest snapshot %.0f ms\"}\n",
	    TICKETS / took, TICKETS, took / TICKETS * 1e6, longest * 1000);
}

int
main(void)
{
	struct rules *rules = NULL;
	struct err err;

	mem_start();
	bench_die_on(rules_load_site(&policy, NULL, &rules, &err), &err);
	bench_die_on(engine_new(rules, &engine, &err), &err);
	db = bench_db();
	for (; added < TICKETS; added += BATCH)
		bench_die_on(db_step(db, add_batch, NULL, &err), &err);
	sweep();
	db_close(db);
	engine_free(engine);
	rules_unref(rules);
	return 0;
}
