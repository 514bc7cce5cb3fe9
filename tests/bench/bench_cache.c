/* bench_cache: a document that is stored already, in one thread: with 5,000 of them there. */
#include <assent/base/mem.h>
#include <assent/flow/document.h>
#include <assent/store/ticket.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define T0 INT64_C(1700000000000)
#define ROUNDS 5000
#define RUNS 5

static struct db *db;
static char folder[200], path[256];
static struct id ticket;
static const struct policy policy = { .site_dir = "", .locale = "en", .ai_chain = "openai/m" };

static void
die_on(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench_cache: %s\n", err->text);
	exit(1);
}

static void
remove_folder(void)
{
	char file[600];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(file);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A handoff of 2 KB for the ticket, and as many others as are kept at most. */
static int
fill(struct tx *tx, void *arg, struct err *err)
{
	static char text[2048];
	struct desk desk = { .tx = tx, .policy = &policy, .now = T0 };
	struct ticket row = {
		.id = id_new(T0), .title = "Printer", .status = "open", .created = T0, .updated = T0
	};
	int rc = ticket_add(tx, &row, NULL, err);

	(void)arg;
	memset(text, 'a', sizeof(text) - 1);
	ticket = row.id;
	for (int i = 0; rc == 0 && i < DOCUMENTS_MAX; i++)
		rc = document_add(tx,
		    &(struct document){
			.id = id_new(T0),
			.ticket = i == 0 ? ticket : id_new(T0 + i),
			.kind = "handoff",
			.locale = "en",
			.text = text,
			.state_version = 1,
			.prompt = document_prompt(&desk, DOCUMENT_HANDOFF),
			.chain = policy.ai_chain,
			.is_by_ai = true,
			.created = T0,
			.used = T0,
		    },
		    err);
	return rc;
}

static int
look(struct tx *tx, void *arg, struct err *err)
{
	struct desk desk = { .tx = tx, .policy = &policy, .now = T0 };
	const struct document_wish wish = {
		.ticket = ticket, .kind = DOCUMENT_HANDOFF, .locale = "", .by = "bench"
	};
	struct document document;
	int hit = document_cached(&desk, &wish, &document, err);

	(void)arg;
	if (hit == 0)
		return err_set(err, ERR_NOT_FOUND, "it was not found again");
	return hit < 0 ? hit : 0;
}

static double
run(void)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	double start = seconds();
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		die_on(db_read(db, arena, look, NULL, &err), &err);
		arena_reset(arena);
	}
	arena_free(arena);
	return (seconds() - start) / ROUNDS * 1e6;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	double values[RUNS];
	struct err err;

	snprintf(folder, sizeof(folder), "%s/assent-bench-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	atexit(remove_folder);
	snprintf(path, sizeof(path), "%s/assent.db", folder);
	die_on(db_open(&(struct db_options){ .path = path, .mode = DB_SERVER, .readers = 2 }, &db,
		   &err),
	    &err);
	die_on(db_step(db, fill, NULL, &err), &err);
	for (int i = 0; i < RUNS; i++)
		values[i] = run();
	qsort(values, RUNS, sizeof(*values), by_size);
	printf(
	    "{\"name\": \"document_cache_hit\", \"value\": %.1f, \"unit\": \"us\", \"runs\": %d,"
	    " \"min\": %.1f, \"max\": %.1f, \"notes\": \"snapshot, prompt's hash and look-up, one"
	    " thread, %d drafts of 2 KB there\"}\n",
	    values[RUNS / 2], RUNS, values[0], values[RUNS - 1], DOCUMENTS_MAX);
	db_close(db);
	return 0;
}
