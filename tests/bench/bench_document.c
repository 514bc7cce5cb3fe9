/* bench_document: a ticket's material and the check of a text against it, in one thread. */
#include <assent/ai/offline.h>

#include <stdio.h>
#include <time.h>

#define ROUNDS 1000
#define RUNS 15

static const struct bundle_message messages[] = {
	{ "customer", true, 1763000000000,
	    "Ticket T-1042: srv-build-02 (10.0.0.5) has no room since Tuesday. The night job was "
	    "not "
	    "made and twelve people wait.\nA second disk costs 640 EUR and is in stock until "
	    "20.11.2026."
	    "\nAsk bob@northwind.example, he knows cad.northwind.example." },
	{ "engineer", true, 1763000100000,
	    "We cleared the logs and it holds for a day. Shall we order the disk, or move the old "
	    "projects away, which takes one of us about a day?" },
	{ "customer", true, 1763000200000, "Please order it. Which cost centre shall we use?" },
};
static const struct bundle_finding findings[] = { { "observed", "The disk is full at 98 %", 0 },
	{ "check", "`df -h` shows 20 GB of logs", 0 } };
static const struct bundle_fix fixes[] = { { "Order a second disk", "640 EUR, in stock", 85,
    "active" } };
static const struct bundle bundle = { .title = "No room on the builder",
	.question = "May we order?",
	.attributes = "{\"asset\":\"SRV-1\"}",
	.messages = messages,
	.message_count = 3,
	.findings = findings,
	.finding_count = 2,
	.fixes = fixes,
	.fix_count = 1,
	.spent = "1 h 20 min" };

struct cost { /* of one round, in microseconds; the least of all runs */
	double wall, processor;
};

static double
micros(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
run(enum document_kind kind, const char *text, struct cost *best)
{
	struct arena *arena = arena_new((size_t)16 << 20);
	double wall = micros(CLOCK_MONOTONIC), processor = micros(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < ROUNDS; i++) {
		const char *out, *material = bundle_text(&bundle, arena);
		struct form_check check = form_check_of(kind, "en", &bundle, material);
		struct form_faults faults;
		check.text = text;
		if (!form_read(&check, arena, &out, &faults))
			fprintf(stderr, "bench_document: %s\n", faults.items[0]);
		arena_reset(arena);
	}
	wall = (micros(CLOCK_MONOTONIC) - wall) / ROUNDS;
	processor = (micros(CLOCK_THREAD_CPUTIME_ID) - processor) / ROUNDS;
	best->wall = wall < best->wall ? wall : best->wall;
	best->processor = processor < best->processor ? processor : best->processor;
	arena_free(arena);
}

int
main(void)
{
	struct arena *arena = arena_new((size_t)16 << 20);

	for (int i = 0; i < DOCUMENT_KINDS; i++) {
		enum document_kind kind = (enum document_kind)i;
		const char *text = offline_write(kind, "en", &bundle, arena);
		struct cost best = { 1e9, 1e9 };
		for (int n = 0; n < RUNS; n++)
			run(kind, text, &best);
		printf("{\"name\": \"document_check_%s\", \"value\": %.0f, \"unit\": "
		       "\"checks/s\", \"runs\": %d, \"notes\": \"bundle and form check, the best "
		       "run, one thread; %.1f us of processor each\"}\n",
		    document_kind_name(kind), 1e6 / best.wall, RUNS, best.processor);
	}
	arena_free(arena);
	return 0;
}
