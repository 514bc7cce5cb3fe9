#include "help_bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char folder[200], path[256];

double
bench_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
bench_die_on(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, err->text);
	exit(1);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
bench_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_size);
}

void
bench_add(struct bench_runs *runs, double value)
{
	if (runs->count < BENCH_RUNS_MAX)
		runs->values[runs->count++] = value;
}

void
bench_tell(const char *name, const char *unit, struct bench_runs *runs, const char *notes)
{
	const double *values = runs->values;
	int n = runs->count;

	bench_sort(runs->values, (size_t)n);
	printf("{\"name\": \"%s\", \"value\": %.2f, \"unit\": \"%s\", \"runs\": %d, \"min\": %.2f,"
	       " \"median\": %.2f, \"max\": %.2f, \"notes\": \"%s\"}\n",
	    name, values[n / 2], unit, n, values[0], values[n / 2], values[n - 1], notes);
	fflush(stdout);
}

static void
remove_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

struct db *
bench_db(void)
{
	struct db_options options = { .path = path, .mode = DB_SERVER, .readers = 2 };
	const char *tmp = getenv("TMPDIR");
	struct db *db = NULL;
	struct err err;

	snprintf(folder, sizeof(folder), "%s/assent-bench-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		exit(1);
	atexit(remove_folder);
	snprintf(path, sizeof(path), "%s/assent.db", folder);
	bench_die_on(db_open(&options, &db, &err), &err);
	return db;
}

const char *
bench_db_path(void)
{
	return path;
}
