/* bench_rules: 20 rules over one ticket's facts, as at an event and as in a sweep, in one thread. */
#include "help_twenty.h"

#include <assent/rules/engine.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICKETS 200000 /* a run; a sweep of a million is five of them */
#define DIFFERENT 500
#define RUNS 7
#define NOW ((utc_ms)1795000000000)

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of one ticket; what differs from ticket to ticket follows from i. */
static void
fill(struct fact_value values[], size_t i)
{
	utc_ms created = NOW - (utc_ms)(i % 500) * MS_HOUR;
	bool is_asked = i % 3 == 0;

	values[FACT_OF_STATUS] = fact_text(is_asked ? "waiting" : "open");
	values[FACT_OF_PRIORITY] = fact_text("normal");
	values[FACT_OF_TITLE] =
	    fact_text("No room on the builder since Tuesday, twelve people wait");
	values[FACT_OF_ENGINEER] = fact_text("bob@brightdesk.example");
	values[FACT_OF_CREATED] = fact_time(created);
	values[FACT_OF_STATUS_SINCE] = fact_time(created);
	values[FACT_OF_SPENT_MINUTES] = fact_number(90);
	values[FACT_OF_MESSAGES] = fact_number((double)(i % 30));
	values[FACT_OF_LAST_MESSAGE] = fact_time(created + MS_HOUR);
	values[FACT_OF_LAST_MESSAGE_BY] = fact_text("staff");
	values[FACT_OF_UNANSWERED_SINCE] = fact_time(i % 4 ? 0 : created);
	values[FACT_OF_OPEN_TASKS] = fact_number(2);
	values[FACT_OF_AI_CONFIDENCE] = fact_number((double)(50 + i % 50));
	values[FACT_OF_APPROVAL_STATE] = fact_text(is_asked ? "sent" : NULL);
	values[FACT_OF_ASKED_AT] = fact_time(is_asked ? created + MS_HOUR : 0);
	values[FACT_OF_ANSWER_BY] = fact_time(is_asked ? created + 7 * MS_DAY : 0);
	values[FACT_OF_REMINDERS] = fact_number(is_asked);
	values[FACT_OF_UNCLEAR_ANSWERS] = fact_number(0);
	values[FACT_OF_REJECTIONS] = fact_number(0);
	values[FACT_OF_DELIVERY_FAILURES] = fact_number(i % 100 == 0 ? 3 : 0);
	values[FACT_OF_ORGANISATION] = fact_text("northwind");
	values[FACT_OF_OWNER_AWAY] = fact_bool(false);
	values[FACT_OF_OPEN_APPROVALS] = fact_number(4);
	values[FACT_OF_CONSENT_EXPIRES] = fact_time(NOW + MS_DAY);
	values[FACT_COUNT] = fact_number((double)(i % 1000) * 101);
}

static double
per_ticket(double start)
{
	return (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / TICKETS;
}

/* Facts are filled in before: the engine alone, over tickets that differ. */
static double
sweep(struct engine *engine, size_t *count)
{
	static struct fact_value tickets[DIFFERENT][FACTS_MAX];
	struct moment moment = { .now = NOW };
	struct hits hits;
	struct err err;
	double start;

	for (size_t i = 0; i < DIFFERENT; i++)
		fill(tickets[i], i);
	start = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < TICKETS; i++) {
		moment.values = tickets[i % DIFFERENT];
		if (engine_run(engine, &moment, &hits, &err) < 0)
			exit(1);
		*count += hits.count;
	}
	return per_ticket(start) * 1e6;
}

static double
events(struct engine *engine, size_t *count)
{
	static struct fact_value values[FACTS_MAX];
	const struct moment moment = { .now = NOW, .values = values };
	double start = seconds(CLOCK_THREAD_CPUTIME_ID);
	struct hits hits;
	struct err err;

	for (size_t i = 0; i < TICKETS; i++) {
		fill(values, i);
		if (engine_run(engine, &moment, &hits, &err) < 0)
			exit(1);
		*count += hits.count;
	}
	return per_ticket(start) * 1e6;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct line {
	const char *name, *unit, *notes;
};

static void
tell(const struct line *line, double *values)
{
	qsort(values, RUNS, sizeof(*values), by_size);
	printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"runs\": %d, \"min\": %.3f,"
	       " \"median\": %.3f, \"max\": %.3f, \"notes\": \"%s\"}\n",
	    line->name, values[RUNS / 2], line->unit, RUNS, values[0], values[RUNS / 2],
	    values[RUNS - 1], line->notes);
	fflush(stdout);
}

/* What malloc has handed out: an engine is SQLite's memory and little else. */
static double
kibibytes(void)
{
	return (double)mallinfo2().uordblks / 1024;
}

static double
time_of_load(void)
{
	double start = seconds(CLOCK_MONOTONIC);

	rules_unref(bench_twenty());
	return (seconds(CLOCK_MONOTONIC) - start) * 1e3;
}

int
main(void)
{
	double each[RUNS], million[RUNS], loading[RUNS], memory[RUNS], before = kibibytes();
	struct rules *rules = bench_twenty();
	struct engine *engine = NULL;
	size_t hits = 0;
	struct err err;

	if (engine_new(rules, &engine, &err) < 0)
		return 1;
	for (int i = 0; i < RUNS; i++) {
		each[i] = events(engine, &hits);
		/* Microseconds a ticket are seconds a million. */
		million[i] = sweep(engine, &hits);
		memory[i] = kibibytes() - before;
		loading[i] = time_of_load();
	}
	tell(&(struct line){ "rules_event", "us",
		 "one ticket's facts filled in, bound, and 20 rules evaluated; processor time" },
	    each);
	tell(&(struct line){ "rules_sweep", "s",
		 "the engine's part of a sweep of 1,000,000 tickets and 20 rules; processor time, "
		 "one "
		 "thread" },
	    million);
	tell(&(struct line){ "rules_memory", "KiB", "a set of 20 rules and one engine" }, memory);
	tell(&(struct line){ "rules_load", "ms", "reading and checking 20 rules" }, loading);
	engine_free(engine);
	rules_unref(rules);
	return hits == 0;
}
