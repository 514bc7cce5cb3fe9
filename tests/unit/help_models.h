#pragma once
/* help_models: models over a server of every bad habit, with clocks that a test moves. */
#include "help_model.h"

#include <assent/ai/model.h>

#include <stdatomic.h>

#define MODEL_KEY "sk-northwind-0123456789abcdef"
#define MODEL_DAY ((int64_t)20000)

extern _Atomic span_ms boot_now;
extern _Atomic utc_ms wall_now;

struct model_bench {
	struct model_site *site;
	struct http_client *client;
	struct models *models;
	struct arena *arena;
	struct model_provider providers[8];
	struct model_chain chain;
	bool is_cancelled; /* the program stops */
	_Atomic span_ms paused; /* in all */
};

extern struct model_bench bench;

int bench_setup(void **state);
int bench_teardown(void **state);

/* One more at the end of the chain; its name is the first part of its path (help_models.c). */
struct model_provider *bench_add(const char *name);
/* Who asks for a moment gets it from now on: before bench_set(). */
void bench_be_patient(void);
void bench_set(void);
struct model_call bench_call(const char *material);
struct model_call bench_run(void);
int bench_asked(const char *path);

/* "/gate" answers only when the test says so. */
void gate_wait(int waiting); /* until so many are asked at once */
void gate_let(int n);
int gate_most(void); /* that were asked at once */
