#pragma once
/* help_bench: what benchmarks share: a clock, figures of several runs as a line of JSON, a database. */
#include <assent/store/db.h>

#define BENCH_RUNS 5
#define BENCH_RUNS_MAX 10

struct bench_runs { /* { 0 } is empty */
	double values[BENCH_RUNS_MAX];
	int count;
};

double bench_seconds(void); /* of a clock that only goes on */
void bench_die_on(int rc, const struct err *err); /* below 0: the end of the program */
void bench_sort(double *values, size_t count);
void bench_add(struct bench_runs *runs, double value);
/* Prints the median as the value, and where the runs lie; sorts them. */
void bench_tell(const char *name, const char *unit, struct bench_runs *runs, const char *notes);

/* A new database at the shipped settings, in a folder that goes away when the program ends. */
struct db *bench_db(void);
const char *bench_db_path(void);
