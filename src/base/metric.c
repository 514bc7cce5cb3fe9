#include <assent/base/metric.h>

#include <stdatomic.h>

static _Atomic int64_t values[METRIC_COUNT];

static const struct {
	const char *name, *help;
} rows[METRIC_COUNT] = {
#define X(id, name, help) { name, help },
	METRICS(X)
#undef X
};

void
metric_add(enum metric metric, int64_t n)
{
	atomic_fetch_add_explicit(&values[metric], n, memory_order_relaxed);
}

int64_t
metric_value(enum metric metric)
{
	return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

const char *
metric_name(enum metric metric)
{
	return rows[metric].name;
}

const char *
metric_help(enum metric metric)
{
	return rows[metric].help;
}
