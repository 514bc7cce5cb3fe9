/* bench_replay: the rules that ship over what ninety days recorded (flow/replay.h). */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/flow/replay.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define T0 INT64_C(1700000000000)
#define NOW (T0 + 90 * MS_DAY)
#define TICKETS 10000
#define TURNS 10 /* events of each ticket */
#define BATCH 100

static struct db *db;
static struct engine *engine;
static const struct policy policy = { .site_dir = "", .locale = "en", .zone_name = "UTC" };
static int64_t added;

/* A message, or another priority, every day or two. */
static int
add_turn(struct tx *tx, struct ticket *t, int64_t n, int64_t turn, struct err *err)
{
	utc_ms at = t->created + turn * (MS_DAY + n % 1000 * MS_MINUTE);
	bool message = turn % 2 == 0;
	const struct event event = { .ticket = t->id,
		.at = at,
		.kind = message ? "message.added" : "ticket.priority",
		.actor = "x",
		.before = "",
		.after = "" };
	const struct message words = { .id = id_new(at),
		.ticket = t->id,
		.is_public = true,
		.message_id = "",
		.from_email = "bob.hansen@northwind-tools.example",
		.text = "Any news?",
		.own = "Any news?",
		.at = at };
	int rc = message ? message_add(tx, &words, NULL, err) : 0;

	t->priority = turn % 4 == 1 ? "high" : "low";
	if (rc == 0 && !message)
		rc = ticket_set_facts(tx, t, at, err);
	return rc < 0 ? rc : event_add(tx, &event, err);
}

static int
add_one(struct tx *tx, int64_t n, struct err *err)
{
	utc_ms at = T0 + n % 70 * MS_DAY + n;
	struct ticket ticket = { .id = id_new(at),
		.title = "The printer in room 3 does not print",
		.requester_email = "bob.hansen@northwind-tools.example",
		.requester_name = "Bob Hansen",
		.engineer_email = "sam@brightdesk.example",
		.engineer_name = "Sam Okafor",
		.status = "open",
		.created = at,
		.updated = at,
		.attributes = "{\"deal_value\": 1200, \"region\": \"north\"}" };
	int rc = ticket_add(tx, &ticket, NULL, err);

	for (int64_t turn = 0; rc == 0 && turn < TURNS; turn++)
		rc = add_turn(tx, &ticket, n, turn, err);
	return rc;
}

static int
add_batch(struct tx *tx, void *arg, struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < BATCH; i++)
		rc = add_one(tx, added + i, err);
	return rc;
}

struct walk {
	struct replay *replay;
	bool more;
};

static int
step(struct tx *tx, void *arg, struct err *err)
{
	struct desk desk = { tx, &policy, NOW, true };
	struct walk *walk = arg;

	return replay_step(&desk, walk->replay, &walk->more, err);
}

static int
compare(struct tx *tx, void *arg, struct err *err)
{
	struct desk desk = { tx, &policy, NOW, true };

	return replay_compare(&desk, ((struct walk *)arg)->replay, err);
}

static const struct replay_report *
run(struct replay *replay, struct bench_runs *runs)
{
	struct walk walk = { replay, true };
	double began = bench_seconds();
	struct err err;

	while (walk.more)
		bench_die_on(db_read(db, NULL, step, &walk, &err), &err);
	bench_die_on(db_read(db, NULL, compare, &walk, &err), &err);
	bench_add(runs, bench_seconds() - began);
	return replay_report(replay);
}

int
main(void)
{
	const struct replay_wish wish = { T0, NOW, REPLAY_GRAIN, "", { { 0 } } };
	struct bench_runs runs = { 0 };
	struct rules *rules = NULL;
	struct rusage usage;
	char notes[200] = "";
	struct err err;

	mem_start();
	db = bench_db();
	bench_die_on(rules_load_site(&policy, NULL, &rules, &err), &err);
	bench_die_on(engine_new(rules, &engine, &err), &err);
	for (; added < TICKETS; added += BATCH)
		bench_die_on(db_step(db, add_batch, NULL, &err), &err);
	for (int i = 0; i < BENCH_RUNS; i++) {
		struct replay *replay = replay_new(engine, &wish);
		const struct replay_report *report = run(replay, &runs);

		getrusage(RUSAGE_SELF, &usage);
		snprintf(notes, sizeof(notes),
		    "shipped rules, %zu tickets, %d events, 90 days: %zu looks, %zu packets; "
		    "%ld MiB at most",
		    report->tickets, TICKETS * TURNS, report->looks, report->packet_count,
		    usage.ru_maxrss / 1024);
		replay_free(replay);
	}
	bench_tell("replay of rules", "s", &runs, notes);
	engine_free(engine);
	rules_unref(rules);
	db_close(db);
	return 0;
}
