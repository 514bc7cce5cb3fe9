/* bench_sweep: all tickets of a real database looked at by the rules that ship (flow/watch.h). */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>

#include "daemon/dues.h"

#include <stdio.h>
#include <time.h>

#define T0 INT64_C(1700000000000)
#define NOW (T0 + MS_DAY)
#define TICKETS 200000
#define BATCH 500
#define SNAPSHOT 0.05 /* seconds, as the daemon has it */

static struct db *db;
static struct engine *engine;
static const struct policy policy = { .site_dir = "", .locale = "en", .zone_name = "UTC" };
static int64_t added;
static struct dues *dues;

struct pass {
	struct facts_reader *reader;
	struct id after;
	bool more;
	int64_t looked, differing;
	double longest;
};

static double
cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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

static void
note(struct pass *pass, const struct watch_seen *seen)
{
	pass->looked++;
	pass->differing += seen->differs;
	dues_set(dues, seen->ref, seen->until);
}

static void
check(int64_t looked, int64_t wanted)
{
	struct err err;

	if (looked != wanted)
		bench_die_on(err_set(&err, ERR_INVALID, "%lld tickets looked at instead of %lld",
				 (long long)looked, (long long)wanted),
		    &err);
}

static int
all_step(struct tx *tx, void *arg, struct err *err)
{
	struct pass *pass = arg;
	struct desk desk = { tx, &policy, NOW, true };
	struct watch_seen seen;
	double began = bench_seconds();
	int rc;

	facts_reader_begin(pass->reader, &desk);
	do {
		rc = facts_reader_page(pass->reader, &desk, &pass->after, err);
		while (rc == 0 &&
		    (rc = watch_look_next(&desk, engine, pass->reader, &seen, err)) > 0) {
			note(pass, &seen);
			rc = 0;
		}
		pass->more = facts_reader_more(pass->reader, &pass->after);
	} while (rc == 0 && pass->more && bench_seconds() - began < SNAPSHOT);
	pass->longest =
	    bench_seconds() - began > pass->longest ? bench_seconds() - began : pass->longest;
	return rc;
}

static void
all(void)
{
	struct pass pass = { .reader = facts_reader_new(engine_rules(engine)), .more = true };
	double began = bench_seconds(), took, used = cpu();
	struct err err;

	while (pass.more)
		bench_die_on(db_read(db, NULL, all_step, &pass, &err), &err);
	took = bench_seconds() - began;
	used = cpu() - used;
	facts_reader_free(pass.reader);
	check(pass.looked, TICKETS);
	printf(
	    "{\"name\": \"all tickets looked at\", \"value\": %.0f, \"unit\": \"1/s\", \"runs\": 1,"
	    " \"notes\": \"shipped rules, %d tickets with a message each; a million: %.1f s (%.1f "
	    "s of CPU); "
	    "longest snapshot %.0f ms\"}\n",
	    TICKETS / took, TICKETS, took / TICKETS * 1e6, used / TICKETS * 1e6,
	    pass.longest * 1000);
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
	dues = dues_new();
	all();
	all();
	db_close(db);
	engine_free(engine);
	rules_unref(rules);
	return 0;
}
