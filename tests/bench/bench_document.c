/* bench_document: a ticket's material and the check of a text against it, in one thread. */
#include <assent/ai/offline.h>

#include <stdio.h>
#include <time.h>

#define ROUNDS 2000
#define RUNS 5

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

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
run(enum document_kind kind, const char *text)
{
	struct arena *arena = arena_new((size_t)16 << 20);
	double start = seconds();

	for (int i = 0; i < ROUNDS; i++) {
		const char *out, *material = bundle_text(&bundle, arena);
		struct form_check check = form_check_of(kind, "en", &bundle, material);
		struct form_faults faults;
		check.text = text;
		if (!form_read(&check, arena, &out, &faults))
			fprintf(stderr, "bench_document: %s\n", faults.items[0]);
		arena_reset(arena);
	}
	arena_free(arena);
	return ROUNDS / (seconds() - start);
}

int
main(void)
{
	struct arena *arena = arena_new((size_t)16 << 20);

	for (int kind = 0; kind < DOCUMENT_KINDS; kind++) {
		const char *text = offline_write((enum document_kind)kind, "en", &bundle, arena);
		double best = 0;
		for (int i = 0; i < RUNS; i++) {
			double rate = run((enum document_kind)kind, text);
			best = rate > best ? rate : best;
		}
		printf("bundle and form check, %s: %.0f/s\n",
		    document_kind_name((enum document_kind)kind), best);
	}
	arena_free(arena);
	return 0;
}
