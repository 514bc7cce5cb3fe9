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

void
metric_set(enum metric metric, int64_t value)
{
	atomic_store_explicit(&values[metric], value, memory_order_relaxed);
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

/* --- histograms -------------------------------------------------------------- */

#define MICRO UINT64_C(1000)
#define MILLI (1000 * MICRO)

static const uint64_t bounds[HISTOGRAM_BUCKETS - 1] = { 500 * MICRO, MILLI, 2500 * MICRO, 5 * MILLI,
	10 * MILLI, 25 * MILLI, 50 * MILLI, 100 * MILLI, 250 * MILLI, 1000 * MILLI, 5000 * MILLI };

static struct {
	_Atomic int64_t counts[HISTOGRAM_BUCKETS], sum_ns;
} kept[HISTOGRAM_COUNT];

static const struct {
	const char *name, *help;
} histogram_rows[HISTOGRAM_COUNT] = {
#define X(id, name, help) { name, help },
	HISTOGRAMS(X)
#undef X
};

void
histogram_observe(enum histogram histogram, uint64_t took_ns)
{
	int bucket = 0;

	while (bucket < HISTOGRAM_BUCKETS - 1 && took_ns > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&kept[histogram].counts[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&kept[histogram].sum_ns, (int64_t)took_ns, memory_order_relaxed);
}

struct histogram_now
histogram_value(enum histogram histogram)
{
	struct histogram_now now;

	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		now.counts[i] =
		    atomic_load_explicit(&kept[histogram].counts[i], memory_order_relaxed);
	now.sum_ns = atomic_load_explicit(&kept[histogram].sum_ns, memory_order_relaxed);
	return now;
}

uint64_t
histogram_bound(int bucket)
{
	return bounds[bucket];
}

const char *
histogram_name(enum histogram histogram)
{
	return histogram_rows[histogram].name;
}

const char *
histogram_help(enum histogram histogram)
{
	return histogram_rows[histogram].help;
}
