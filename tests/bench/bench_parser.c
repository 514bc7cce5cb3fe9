/* bench_parser: raw mails through jailed parsers, as the intake lane does it. */
#include "help_bench.h"

#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/mail/parser.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS 6400 /* a run */
#define TOGETHER 16 /* as a claim of the intake lane */
#define CHILDREN 2

static const char paragraph[] =
    "The night job on the file server ran out of room again and the nightly copy of the drawings "
    "was not made. We could add a second disk (640 EUR, in stock) or move the old projects away, "
    "which takes one of us about a day.\r\n\r\n";

struct worker {
	struct parser *parser;
	const struct str *raw;
	int letters;
	pthread_t thread;
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_parser: %s\n", what);
	exit(1);
}

static void
write_part(struct str *raw, const char *type, const char *open, const char *close)
{
	str_addf(raw, "--=_b\r\nContent-Type: %s; charset=utf-8\r\n\r\n", type);
	for (int i = 0; i < 8; i++)
		str_addf(raw, "%s%s%s", open, paragraph, close);
	str_add(raw, "\r\n");
}

/* About 5 KB with a plain and an HTML part. */
static void
write_letter(struct str *raw)
{
	str_add(raw,
	    "Authentication-Results: mx.desk.test; dkim=pass header.d=acme.test\r\n"
	    "Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
	    "From: Bob Hansen <bob@acme.test>\r\nTo: agent@desk.test\r\n"
	    "Subject: Room on the file server\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
	    "Message-ID: <bench@mail.test>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n");
	write_part(raw, "text/plain", "", "");
	write_part(raw, "text/html", "<p style=\"margin:0 0 12px;font-family:Calibri\">", "</p>");
	str_add(raw, "--=_b--\r\n");
}

static void *
parse_many(void *arg)
{
	struct worker *worker = arg;
	struct parser_ask asks[TOGETHER];

	for (int i = 0; i < TOGETHER; i++)
		asks[i] = (struct parser_ask){ .raw = str_text(worker->raw),
			.n = worker->raw->len,
			.arena = arena_new(LETTER_ARENA_MAX) };
	for (int i = 0; i < worker->letters; i += TOGETHER) {
		parser_letters(worker->parser, asks, TOGETHER);
		for (int k = 0; k < TOGETHER; k++) {
			bench_die_on(asks[k].rc, &asks[k].err);
			arena_reset(asks[k].arena);
		}
	}
	for (int i = 0; i < TOGETHER; i++)
		arena_free(asks[i].arena);
	return NULL;
}

static double
run(struct parser *parser, const struct str *raw, int children)
{
	struct worker workers[CHILDREN];
	double start = bench_seconds();

	for (int i = 0; i < children; i++) {
		workers[i] = (struct worker){ parser, raw, LETTERS / children, 0 };
		if (pthread_create(&workers[i].thread, NULL, parse_many, &workers[i]) != 0)
			die("no thread");
	}
	for (int i = 0; i < children; i++)
		pthread_join(workers[i].thread, NULL);
	return LETTERS / (bench_seconds() - start);
}

static void
bench(const char *program, const struct str *raw, int children)
{
	struct parser_options options = {
		.program = program, .children = children, .deadline = 20 * MS_SECOND
	};
	struct parser *parser;
	struct bench_runs runs = { 0 };
	char name[40], notes[200];
	struct err err;

	bench_die_on(parser_new(&options, &parser, &err), &err);
	run(parser, raw, children); /* starts the children */
	for (int i = 0; i < BENCH_RUNS; i++)
		bench_add(&runs, run(parser, raw, children));
	parser_free(parser);
	snprintf(name, sizeof(name), "parser_%d", children);
	snprintf(notes, sizeof(notes),
	    "%d jailed parser%s, a thread each: send %zu bytes of multipart mail, a few ahead,"
	    " parse, cut the reply, validate the letter that comes back",
	    children, children > 1 ? "s" : "", raw->len);
	bench_tell(name, "letters/s", &runs, notes);
}

/* The parser lies in the build folder, above this program's. */
int
main(int argc, char **argv)
{
	AUTO(str_donep) struct str program = STR_INIT(4096), raw = STR_INIT(1u << 20);
	const char *slash = strrchr(argv[0], '/');

	if (argc != 1 || slash == NULL)
		die("call it by its path");
	str_addf(&program, "%.*s/../assent-parser", (int)(slash - argv[0]), argv[0]);
	write_letter(&raw);
	for (int children = 1; children <= CHILDREN; children++)
		bench(str_text(&program), &raw, children);
	return 0;
}
