/* bench_reply: cutting replies down to their writers' words, and reading them, in one thread. */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/text/intent.h>
#include <assent/text/reply.h>

#define MESSAGES 60000 /* a run */
#define LARGE ((size_t)1 << 20)

/* As people answer: above, below, in one word, with a signature, in their language. */
static const char *const replies[] = {
	"Approved.\n\nSent from my iPhone\n",
	"Yes, please go ahead. Anna\n\nOn Mon, 16 Nov 2026 at 09:00, Desk <desk@help.test> wrote:\n"
	"> May we order the disk?\n> It costs 640 EUR.\n",
	"> May we order the disk?\n\nNo, too expensive this quarter.\n\n-- \nAnna "
	"Lindqvist\nNorthwind\n",
	"Einverstanden, bitte bestellen.\n\nMit freundlichen Grüßen\nMarco\n\nAm Mo., 16. Nov. "
	"2026 um "
	"09:00 Uhr schrieb Desk <desk@help.test>:\n\n> Dürfen wir bestellen?\n",
	"D'accord pour la commande.\n\nLe lun. 16 nov. 2026 à 09:00, Desk <desk@help.test> a écrit "
	":\n"
	"> Pouvons-nous commander ?\n",
	"ok\n\n________________________________\nFrom: Desk <desk@help.test>\nSent: Monday, 16 "
	"November "
	"2026 09:00\nTo: Anna <anna@northwind.test>\nSubject: Disk\n\nMay we order the disk?\n",
};

static double
extract_many(bool read_too)
{
	AUTO(str_donep) struct str words = STR_INIT(64 << 10);
	struct arena *arena = arena_new(1 << 20);
	struct intent intent;
	double start = bench_seconds();

	for (size_t i = 0; i < MESSAGES; i++) {
		str_clear(&words);
		reply_extract(replies[i % ARRAY_LEN(replies)], NULL, &words, NULL);
		if (!read_too)
			continue;
		intent_read(str_text(&words), 1, arena, &intent);
		arena_reset(arena);
	}
	arena_free(arena);
	return MESSAGES / (bench_seconds() - start);
}

/* What a line of the reply is repeated to; each once made a public tool slow. */
static const char *const slow[] = { "> ", ">>>>>>>> x\n", "On Mon, 16 Nov 2026\n",
	"From: a\nSent: b\n", "          ", "wrote:\n", "- - - -", "\n\n\n", "> a\nb\n" };

static double
time_of(const char *piece, size_t size)
{
	AUTO(str_donep) struct str text = STR_INIT(2 * LARGE), words = STR_INIT(2 * LARGE);
	double start;

	while (text.len < size)
		str_add(&text, piece);
	start = bench_seconds();
	reply_extract(str_text(&text), NULL, &words, NULL);
	return bench_seconds() - start;
}

/* Time of 1 MiB over time of 128 KiB: 8 is linear. The worst of all pieces. */
static double
growth(void)
{
	double worst = 0;

	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		double small = time_of(slow[i], LARGE / 8), large = time_of(slow[i], LARGE);

		if (large / small > worst)
			worst = large / small;
	}
	return worst;
}

int
main(void)
{
	struct bench_runs runs[3] = { 0 };

	extract_many(true);
	for (int i = 0; i < BENCH_RUNS; i++) {
		bench_add(&runs[0], extract_many(false));
		bench_add(&runs[1], extract_many(true));
		bench_add(&runs[2], growth());
	}
	bench_tell("reply_extract", "messages/s", &runs[0],
	    "short replies of six kinds, quotes, signatures and device lines cut; one thread");
	bench_tell("reply_decide", "messages/s", &runs[1], "the same, and read as a decision");
	bench_tell("reply_growth", "times", &runs[2],
	    "time for 1 MiB of the worst repeated line over time for 128 KiB of it; 8 is linear");
	return 0;
}
