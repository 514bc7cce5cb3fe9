/* bench_store: the store at its shipped settings (synchronous=FULL, one sync a commit). */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/model/id.h>
#include <assent/store/approval.h>
#include <assent/store/ledger.h>
#include <assent/store/queue.h>
#include <assent/store/ticket.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define T0 INT64_C(1700000000000)
#define PENDING 1000000
#define BATCH 500
#define CLAIM 10000
#define THREADS 64
#define STEPS 400 /* by each thread */

static struct db *db;

/* A line of /proc/self/status, in MiB: VmRSS is now, VmHWM the most there ever was. */
static double
mebibytes(const char *which)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[200];
	size_t n = strlen(which);
	long kib = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, which, n) == 0 && line[n] == ':')
			sscanf(line + n + 1, "%ld", &kib);
	if (f != NULL)
		fclose(f);
	return (double)kib / 1024;
}

static void
print_memory(const char *name, double before, const char *notes)
{
	struct bench_runs more = { 0 };

	bench_add(&more, mebibytes("VmHWM") - before);
	bench_tell(name, "MiB", &more, notes);
}

/* --- jobs ------------------------------------------------------------------ */

static int64_t next_job;

static int
insert_batch(struct tx *tx, void *arg, struct err *err)
{
	struct job job = { .kind = "mail.send",
		.lane = LANE_CLOCK,
		.serial = "",
		.created = T0,
		.payload = "{\"approval\": \"01020304-0506-7000-8000-000000000001\"}" };
	int rc = 0;

	(void)arg;
	for (int i = 0; i < BATCH && rc == 0; i++) {
		job.id = id_new(T0 + next_job / 100);
		/* Due times come in no order. */
		job.due = T0 + next_job++ * 7919 % 86400000;
		rc = job_add(tx, &job, err);
	}
	return rc;
}

static void
bench_insert(void)
{
	struct bench_runs runs = { 0 };
	struct err err;

	for (int run = 0; run < 10; run++) {
		double start = bench_seconds();

		for (int i = 0; i < PENDING / 10 / BATCH; i++)
			bench_die_on(db_step(db, insert_batch, NULL, &err), &err);
		bench_add(&runs, PENDING / 10 / (bench_seconds() - start));
	}
	bench_tell("store_insert_jobs", "jobs/s", &runs,
	    "batches of 500, due times at random, up to 1,000,000 pending, durable");
}

static int
claim_and_settle(struct tx *tx, void *arg, struct err *err)
{
	struct job_ask ask = { .lane = LANE_CLOCK,
		.now = T0 + 10 * MS_DAY,
		.boot = 1000,
		.lease = MS_MINUTE,
		.holder = "01020304-0506-7000-8000-000000000001/1",
		.max = CLAIM };
	struct job *jobs;
	size_t count;
	int rc = job_claim(tx, &ask, &jobs, &count, err);

	*(size_t *)arg = count;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = job_done(tx, &jobs[i].id, err);
	return rc;
}

static void
bench_claim(void)
{
	struct bench_runs runs = { 0 };
	struct err err;
	size_t count;

	for (int run = 0; run < BENCH_RUNS; run++) {
		double start = bench_seconds();

		bench_die_on(db_step(db, claim_and_settle, &count, &err), &err);
		bench_add(&runs, (bench_seconds() - start) * 1000);
	}
	bench_tell("store_claim_settle_10000", "ms", &runs,
	    "10,000 jobs claimed and settled one by one in one step among 1,000,000, durable");
}

/* --- group commit ---------------------------------------------------------- */

/* Questions that were asked before, a hundred each millisecond. */
static struct id questions[BENCH_RUNS * THREADS * STEPS];
static atomic_size_t asked, decided;

static int
ask_batch(struct tx *tx, void *arg, struct err *err)
{
	int rc = 0;

	(void)arg;
	for (int i = 0; i < BATCH && asked < BENCH_RUNS * THREADS * STEPS && rc == 0; i++) {
		struct id id = id_new(T0 + (utc_ms)asked / 100);
		struct approval approval = { .id = id,
			.ticket = id,
			.state = AS_SENT,
			.question = "May we replace the switch?",
			.created = T0 };
		struct ballot ballot = { .id = id,
			.approval = id,
			.status = "open",
			.person_email = "olga@acme.example" };
		struct token_row token = { .of = { TOKEN_LINK, id, 1, 1 }, .open = true };

		sha256(&id, sizeof(id), token.hash);
		rc = approval_add(tx, &approval, err);
		if (rc == 0)
			rc = ballot_add(tx, &ballot, err);
		if (rc == 0)
			rc = token_add(tx, &token, err);
		questions[asked++] = id;
	}
	return rc;
}

static int
add_jobs(struct tx *tx, struct err *err)
{
	struct job job = { .kind = "mail.send",
		.lane = LANE_OUTGOING,
		.serial = "",
		.payload = "{}",
		.due = T0,
		.created = T0 };
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++) {
		job.id = id_new(T0 + MS_DAY + (utc_ms)decided / 100);
		rc = job_add(tx, &job, err);
	}
	return rc;
}

static int
add_entry(struct tx *tx, const struct id *id, struct err *err)
{
	struct ledger_field fields[] = { { "outcome", "approved" },
		{ "person", "olga@acme.example" }, { "comment", "go ahead" } };
	struct ledger_entry entry = { .at = T0,
		.kind = "decision",
		.subject = *id,
		.fields = fields,
		.field_count = ARRAY_LEN(fields) };

	return ledger_append(tx, &entry, NULL, err);
}

/* What a decision writes. */
static int
decide(struct tx *tx, void *arg, struct err *err)
{
	struct id id = questions[decided++];
	struct decision yes = { .approve = true, .comment = "go ahead", .at = T0 };
	struct event event = { .ticket = id,
		.at = T0,
		.kind = "approval.approved",
		.actor = "olga@acme.example",
		.before = "sent",
		.after = "approved" };
	int rc = ballot_cast(tx, &id, &yes, "{\"peer\": \"127.0.0.1\"}", err);

	(void)arg;
	if (rc == 0)
		rc = approval_move(tx, &id, AS_SENT, AS_APPROVED, T0, err);
	if (rc == 0)
		rc = approval_set_outcome(tx, &id, "go ahead", T0, 1000, err);
	if (rc == 0)
		rc = token_close(tx, &id, err);
	if (rc == 0)
		rc = event_add(tx, &event, err);
	if (rc == 0)
		rc = add_jobs(tx, err);
	return rc == 0 ? add_entry(tx, &id, err) : rc;
}

static void *
many_steps(void *arg)
{
	step_fn fn = *(step_fn *)arg;
	struct err err;

	for (int i = 0; i < STEPS; i++)
		bench_die_on(db_step(db, fn, NULL, &err), &err);
	return NULL;
}

static atomic_size_t added;

static int
add_one(struct tx *tx, void *arg, struct err *err)
{
	struct job job = { .id = id_new(T0 + MS_HOUR + (utc_ms)added++ / 100),
		.kind = "mail.send",
		.lane = LANE_OUTGOING,
		.serial = "",
		.payload = "{}",
		.due = T0,
		.created = T0 };

	(void)arg;
	return job_add(tx, &job, err);
}

static void
bench_group(const char *name, step_fn fn, const char *notes)
{
	pthread_t threads[THREADS];
	struct bench_runs runs = { 0 };

	for (int run = 0; run < BENCH_RUNS; run++) {
		double start = bench_seconds();

		for (int i = 0; i < THREADS; i++)
			if (pthread_create(&threads[i], NULL, many_steps, &fn) != 0)
				exit(1);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		bench_add(&runs, THREADS * STEPS / (bench_seconds() - start));
	}
	bench_tell(name, "steps/s", &runs, notes);
}

static void
ask_all(void)
{
	struct err err;

	while (asked < BENCH_RUNS * THREADS * STEPS)
		bench_die_on(db_step(db, ask_batch, NULL, &err), &err);
}

static void
bench_log(void)
{
	struct bench_runs size = { 0 };
	char log[300];
	struct stat st;

	snprintf(log, sizeof(log), "%s-wal", bench_db_path());
	bench_add(&size, stat(log, &st) == 0 ? (double)st.st_size / (1 << 20) : 0);
	bench_tell("store_wal", "MiB", &size, "size of the write-ahead log after all of the above");
}

int
main(void)
{
	double before;

	db = bench_db();
	before = mebibytes("VmRSS");
	bench_insert();
	print_memory("store_insert_memory", before,
	    "most memory beyond that of the open store, 1,000,000 timers pending");
	bench_claim();
	print_memory("store_timers_memory", before,
	    "... and 10,000 of them claimed and settled in one step; the daemon claims 32");
	bench_group("store_group_commit", add_one, "64 threads, one job added a step, durable");
	ask_all();
	bench_group("store_group_decide", decide,
	    "64 threads; cast, move, outcome, token closed, event, 2 jobs and ledger a step,"
	    " durable");
	bench_log();
	db_close(db);
	return 0;
}
