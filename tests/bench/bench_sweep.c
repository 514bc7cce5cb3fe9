/*
 * bench_sweep: tickets of a real database looked at by rules (flow/watch.h): all of them, as after
 * a start, and those for which time may have changed something, as each minute; what is kept
 * about them in memory; and what a writer notices of it.
 */
#include "help_bench.h"
#include "help_twenty.h"

#include <assent/base/mem.h>
#include <assent/base/num.h>
#include <assent/flow/watch.h>
#include <assent/store/ticket.h>

#include "daemon/dues.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define T0 INT64_C(1700000000000)
#define NOW (T0 + 5 * MS_DAY + 4 * MS_HOUR)
#define TICKETS 200000 /* or the first argument */
#define BATCH 500
#define CUSTOMERS 40
#define SNAPSHOT 0.05 /* seconds, as the daemon has it */
#define WRITES 400
#define PAUSE 2000 /* us between two of them */

static struct db *db;
static struct id customers[CUSTOMERS];
static const struct policy policy = { .site_dir = "", .locale = "en", .zone_name = "UTC" };
static int64_t added, tickets = TICKETS;

struct pass {
	struct engine *engine;
	struct facts_reader *reader;
	struct dues *dues;
	struct id after;
	bool more;
	int64_t looked, late, due_at_once;
	utc_ms now;
	double longest, wall, cpu;
};

/* --- tickets -------------------------------------------------------------------------- */

static int
add_message(struct tx *tx, const struct ticket *ticket, bool is_staff, struct err *err)
{
	const struct message message = { .id = id_next(ticket->created),
		.ticket = ticket->id,
		.is_public = true,
		.message_id = "",
		.from_email =
		    is_staff ? "sam@brightdesk.example" : "bob.hansen@northwind-tools.example",
		.text = "It stopped this morning. Can you help?",
		.own = "It stopped this morning. Can you help?",
		.at = ticket->created + is_staff };

	return message_add(tx, &message, NULL, err);
}

static int
add_question(struct tx *tx, const struct ticket *ticket, struct err *err)
{
	const struct approval approval = { .id = id_next(ticket->created),
		.ticket = ticket->id,
		.organisation = ticket->organisation,
		.state = AS_SENT,
		.question = "May we order a new printer?",
		.requested_by = "sam@brightdesk.example",
		.created = ticket->created,
		.asked_at = ticket->created,
		.deadline = ticket->created + 7 * MS_DAY };
	const struct ballot ballot = { .id = id_next(ticket->created),
		.approval = approval.id,
		.person_email = "jane@northwind-tools.example",
		.status = "open",
		.generation = 1 };
	int rc = approval_add(tx, &approval, err);

	return rc < 0 ? rc : ballot_add(tx, &ballot, err);
}

/* One message or two, and for each third ticket a question. */
static int
add_one(struct tx *tx, int64_t n, struct err *err)
{
	const struct ticket ticket = { .id = id_next(T0),
		.organisation = customers[n % CUSTOMERS],
		.title = "The printer in room 3 does not print",
		.requester_email = "bob.hansen@northwind-tools.example",
		.requester_name = "Bob Hansen",
		.engineer_email = "sam@brightdesk.example",
		.engineer_name = "Sam Okafor",
		.status = n % 3 == 0 ? "waiting" : "open",
		.created = T0 + n % 500 * MS_MINUTE,
		.updated = T0 + n % 500 * MS_MINUTE,
		.attributes = "{\"deal_value\": 1200, \"region\": \"north\"}" };
	int rc = ticket_add(tx, &ticket, NULL, err);

	if (rc == 0)
		rc = add_message(tx, &ticket, false, err);
	if (rc == 0 && n % 2 == 0)
		rc = add_message(tx, &ticket, true, err);
	return rc < 0 || n % 3 != 0 ? rc : add_question(tx, &ticket, err);
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
add_people(struct tx *tx, void *arg, struct err *err)
{
	const struct staff sam = { .id = id_next(T0),
		.email = "sam@brightdesk.example",
		.name = "Sam Okafor",
		.role = "engineer",
		.team = "",
		.active = true };
	char key[20];
	int rc = staff_put(tx, &sam, err);

	for (size_t i = 0; rc == 0 && i < CUSTOMERS; i++) {
		snprintf(key, sizeof(key), "customer-%zu", i);
		rc = organisation_put(tx,
		    &(struct organisation){ .id = id_next(T0),
			.key = key,
			.name = key,
			.owner_email = "jane@northwind-tools.example" },
		    &customers[i], err);
	}
	return rc;
}

static void
fill(void)
{
	struct err err;

	bench_die_on(db_step(db, add_people, NULL, &err), &err);
	for (; added < tickets; added += BATCH)
		bench_die_on(db_step(db, add_batch, NULL, &err), &err);
}

/* --- looking --------------------------------------------------------------------------- */

static double
cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
note(struct pass *pass, const struct watch_seen *seen)
{
	pass->looked++;
	pass->due_at_once += seen->until == 0;
	dues_set(pass->dues, seen->ref, seen->until ? seen->until : pass->now + MS_MINUTE);
}

static int
page_step(struct tx *tx, void *arg, struct err *err)
{
	struct pass *pass = arg;
	struct desk desk = { tx, &policy, pass->now, true };
	struct watch_seen seen;
	double began = bench_seconds(), took;
	int rc;

	if (id_is_null(&pass->after))
		facts_reader_begin(pass->reader, &desk);
	do {
		rc = facts_reader_page(pass->reader, &desk, &pass->after, err);
		while (rc == 0 &&
		    (rc = watch_look_next(&desk, pass->engine, pass->reader, &seen, err)) > 0) {
			note(pass, &seen);
			rc = 0;
		}
		pass->more = facts_reader_more(pass->reader, &pass->after);
	} while (rc == 0 && pass->more && bench_seconds() - began < SNAPSHOT);
	took = bench_seconds() - began;
	pass->longest = took > pass->longest ? took : pass->longest;
	return rc;
}

static void *
look_at_all(void *arg)
{
	struct pass *pass = arg;
	double wall = bench_seconds(), used = cpu();
	struct err err;

	pass->after = (struct id){ 0 };
	pass->more = true;
	pass->looked = pass->due_at_once = 0;
	pass->longest = 0;
	while (pass->more)
		bench_die_on(db_read(db, NULL, page_step, pass, &err), &err);
	pass->wall = bench_seconds() - wall;
	pass->cpu = cpu() - used;
	return NULL;
}

static int
late_step(struct tx *tx, void *arg, struct err *err)
{
	struct pass *pass = arg;
	struct desk desk = { tx, &policy, pass->now, true };
	double began = bench_seconds();
	int64_t refs[100];
	size_t n = dues_list(pass->dues, &(struct dues_wish){ pass->now, pass->late, 100 }, refs);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n && bench_seconds() - began < SNAPSHOT; i++) {
		struct watch_seen seen;
		struct id ticket;

		pass->late = refs[i];
		rc = facts_unresolved(tx, refs[i], &ticket, err);
		if (rc == 0)
			rc = watch_look(&desk, pass->engine, &ticket, &seen, err);
		if (rc == 0)
			note(pass, &seen);
	}
	pass->more = n > 0;
	return rc;
}

static void
look_at_late(struct pass *pass)
{
	double wall = bench_seconds(), used = cpu();
	struct err err;

	pass->late = -1;
	pass->looked = 0;
	do
		bench_die_on(db_read(db, NULL, late_step, pass, &err), &err);
	while (pass->more);
	pass->wall = bench_seconds() - wall;
	pass->cpu = cpu() - used;
}

/* --- figures ------------------------------------------------------------------------------ */

static size_t
heap(void)
{
	return mallinfo2().uordblks;
}

static void
tell(const char *name, const char *of, const struct pass *pass)
{
	printf("{\"name\": \"%s, %s\", \"value\": %.0f, \"unit\": \"1/s\", \"runs\": 1, \"notes\": "
	       "\"%lld of %lld tickets in %.3f s, %.3f s of CPU; longest snapshot %.0f ms\"}\n",
	    name, of, (double)pass->looked / pass->wall, (long long)pass->looked,
	    (long long)tickets, pass->wall, pass->cpu, pass->longest * 1000);
}

static void
measure(struct rules *rules, const char *of)
{
	size_t before = heap(), late;
	struct pass pass = { .reader = facts_reader_new(rules), .dues = dues_new(), .now = NOW };
	struct err err;

	bench_die_on(engine_new(rules, &pass.engine, &err), &err);
	look_at_all(&pass);
	look_at_all(&pass);
	tell("all tickets looked at", of, &pass);
	printf("{\"name\": \"a million tickets looked at, %s\", \"value\": %.2f, \"unit\": \"s\","
	       " \"runs\": 1, \"notes\": \"%.2f s of CPU; %lld of %lld not understood; engine, "
	       "reader and"
	       " instants %.1f MiB, instants %.1f MiB\"}\n",
	    of, pass.wall / (double)tickets * 1e6, pass.cpu / (double)tickets * 1e6,
	    (long long)pass.due_at_once, (long long)tickets, (double)(heap() - before) / 0x1p20,
	    (double)dues_bytes(pass.dues) / 0x1p20);
	for (int minute = 1; minute <= 3; minute++) {
		pass.now += MS_MINUTE;
		late = dues_late(pass.dues, pass.now);
		/* As the daemon does it. */
		if (late > 1000 && late > dues_count(pass.dues) / 8)
			look_at_all(&pass);
		else
			look_at_late(&pass);
		tell("a minute later", of, &pass);
	}
	facts_reader_free(pass.reader);
	dues_free(pass.dues);
	engine_free(pass.engine);
	rules_unref(rules);
}

/* --- what a writer notices ------------------------------------------------------------------ */

static int
write_step(struct tx *tx, void *arg, struct err *err)
{
	return add_one(tx, 0, err);
}

static void
tell_writes(const char *name)
{
	static double took[WRITES];
	struct err err;

	for (size_t i = 0; i < WRITES; i++) {
		double began = bench_seconds();

		bench_die_on(db_step(db, write_step, NULL, &err), &err);
		took[i] = bench_seconds() - began;
		usleep(PAUSE);
	}
	bench_sort(took, WRITES);
	printf("{\"name\": \"%s\", \"value\": %.2f, \"unit\": \"ms\", \"runs\": %d, \"notes\":"
	       " \"median; 99th percentile %.2f ms, longest %.2f ms\"}\n",
	    name, took[WRITES / 2] * 1000, WRITES, took[WRITES * 99 / 100] * 1000,
	    took[WRITES - 1] * 1000);
}

static volatile bool stop;

static void *
go_on_looking(void *arg)
{
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	while (!stop)
		look_at_all(arg);
	return NULL;
}

static void
measure_writes(struct rules *rules)
{
	struct pass pass = { .reader = facts_reader_new(rules), .dues = dues_new(), .now = NOW };
	pthread_t thread;
	struct err err;

	bench_die_on(engine_new(rules, &pass.engine, &err), &err);
	tell_writes("a ticket written, nobody looks");
	if (pthread_create(&thread, NULL, go_on_looking, &pass) != 0)
		exit(1);
	tell_writes("a ticket written while all are looked at");
	stop = true;
	pthread_join(thread, NULL);
	facts_reader_free(pass.reader);
	dues_free(pass.dues);
	engine_free(pass.engine);
	rules_unref(rules);
}

int
main(int argc, char **argv)
{
	struct rules *shipped = NULL;
	struct err err;

	if (argc > 1 && (!num_parse(argv[1], &tickets) || tickets < BATCH))
		return 2;
	mem_start();
	bench_die_on(rules_load_site(&policy, NULL, &shipped, &err), &err);
	db = bench_db();
	fill();
	measure(shipped, "shipped rules");
	measure(bench_twenty(), "20 rules");
	measure_writes(bench_twenty());
	db_close(db);
	return 0;
}
