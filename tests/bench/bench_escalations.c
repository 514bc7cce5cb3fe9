/* bench_escalations: numbers and lists over a million packets (store/escalation.h). */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/store/escalation.h>

#define T0 INT64_C(1700000000000)
#define MONTH (30 * MS_DAY)
#define MONTHS 24
#define PACKETS 1000000
#define ORGANISATIONS 200
#define BATCH 500

static struct db *db;
static int64_t added;

/* --- a million -------------------------------------------------------------------- */

/* Of the open ones each has a key of its own; most are resolved, within a day or so. */
static struct escalation
packet(int64_t n, struct arena *arena)
{
	uint64_t dice = (uint64_t)n * 0x9e3779b97f4a7c15U;
	utc_ms created = T0 + n * (MONTHS * MONTH / PACKETS);
	bool open = dice % 100 < 2;

	return (struct escalation){ .id = id_new(created),
		.version = 1,
		.organisation =
		    arena_printf(arena, "customer-%d", (int)(dice >> 20) % ORGANISATIONS),
		.title = "A deal above the limit of this site",
		.entity_type = "ticket",
		.entity_id = arena_printf(arena, "T-%lld", (long long)n),
		.reason = escalation_reasons[(dice >> 32) % escalation_reason_count],
		.priority = escalation_priority_names[(dice >> 40) % ESCALATION_PRIORITY_COUNT],
		.risk = "The customer goes to somebody else when nobody answers in time.",
		.suggest = "Review the deal with the customer's manager and agree on a strategy.",
		.missing = "[]",
		.artifacts = "[]",
		.texts = "{}",
		.confidence = -1,
		.rule = "high_value_deal",
		.once_key = arena_printf(arena, "T-%lld", (long long)n),
		.source = "rules",
		.first_to = "manager",
		.to = "manager",
		.levels = "[{\"after_ms\": 7200000, \"to\": \"director\"}]",
		.state = open	     ? dice % 2 == 0 ? "pending" : "in_progress"
		    : dice % 50 == 7 ? "expired"
				     : "resolved",
		.created = created,
		.began = created,
		.due = created + 4 * MS_HOUR,
		.moved_at = created,
		.took = open ? 0 : (int64_t)((dice >> 24) % 100000) * MS_SECOND };
}

static int
add_batch(struct tx *tx, void *arg, struct err *err)
{
	int rc = 0;

	(void)arg;
	for (int i = 0; rc == 0 && i < BATCH; i++) {
		struct escalation e = packet(added + i, tx_arena(tx));

		rc = escalation_add(tx, &e, err);
	}
	return rc;
}

static void
fill(void)
{
	struct bench_runs rate = { 0 };
	double began = bench_seconds();
	struct err err;

	for (; added < PACKETS; added += BATCH)
		bench_die_on(db_step(db, add_batch, NULL, &err), &err);
	bench_add(&rate, PACKETS / (bench_seconds() - began));
	bench_tell("escalations added", "1/s", &rate, "rows alone, in steps of 500");
}

/* --- what is asked ------------------------------------------------------------------ */

static int
count_all(struct tx *tx, void *arg, struct err *err)
{
	struct escalation_stats stats;
	int rc = escalation_stats(tx, arg, &stats, err);

	if (rc == 0 && (stats.total == 0 || stats.p95_minutes <= stats.average_minutes))
		return err_set(err, ERR_INVALID, "the numbers are not those of the rows");
	return rc;
}

static int
list_page(struct tx *tx, void *arg, struct err *err)
{
	struct escalation *list;
	size_t n = 0;
	int rc = escalation_list(tx, arg, &list, &n, err);

	if (rc == 0 && n == 0)
		return err_set(err, ERR_INVALID, "the page is empty");
	return rc;
}

static void
measure(const char *name, step_fn fn, void *arg)
{
	struct bench_runs runs = { 0 };
	struct err err;

	for (int i = 0; i < BENCH_RUNS; i++) {
		double began = bench_seconds();

		bench_die_on(db_read(db, NULL, fn, arg, &err), &err);
		bench_add(&runs, (bench_seconds() - began) * 1e3);
	}
	bench_tell(name, "ms", &runs, "a million packets of 200 organisations and two years");
}

/* clang-format off */
static struct escalation_period all = { NULL, 0, 0, T0 + MONTHS * MONTH };
static struct escalation_period month = { NULL, T0 + 11 * MONTH, T0 + 12 * MONTH, T0 + MONTHS * MONTH };
static struct escalation_period customer = { "customer-7", 0, 0, T0 + MONTHS * MONTH };
static struct escalation_period customer_month = { "customer-7", T0 + 11 * MONTH, T0 + 12 * MONTH, T0 + MONTHS * MONTH };
static struct escalation_filter open_ones = { .state = "open" };
static struct escalation_filter expired = { .state = "expired" };
static struct escalation_filter overdue = { .state = "open", .overdue_at = T0 + MONTH };
static struct escalation_filter of_customer = { .organisation = "customer-7", .state = "open" };
/* clang-format on */

int
main(void)
{
	db = bench_db();
	fill();
	measure("escalation stats, all", count_all, &all);
	measure("escalation stats, one month", count_all, &month);
	measure("escalation stats, one organisation", count_all, &customer);
	measure("escalation stats, one organisation and month", count_all, &customer_month);
	measure("escalations, a page of open ones", list_page, &open_ones);
	measure("escalations, a page of expired ones", list_page, &expired);
	measure("escalations, a page of overdue ones", list_page, &overdue);
	measure("escalations, a page of one organisation", list_page, &of_customer);
	db_close(db);
	return 0;
}
