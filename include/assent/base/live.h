#pragma once
/*
 * live: drafts while they are being written, for those who watch.
 *
 * A bounded ring of events for each running draft, in memory only: loss is
 * allowed, the stored document is the truth. A run that ended is kept for
 * those who come a little late, until its place is needed. Thread-safe; a
 * writer never waits for a watcher.
 */
#include <assent/base/attr.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live;

struct live_options {
	size_t runs; /* kept at most, running or ended */
	size_t bytes; /* of one run's ring */
	void (*news)(void *arg, const char *key); /* something was added or ended; may be NULL */
	void *arg;
};

struct live *live_new(const struct live_options *options) MUST_USE;
void live_free(struct live *live);
FREEP(struct live, live_free)

/* Begin a run under key, in the place of an ended one; false when one is running. */
bool live_begin(struct live *live, const char *key) MUST_USE;
/* One event: a name ("delta", "restart") and one line of data (JSON). Nothing without a run. */
void live_add(struct live *live, const char *key, const char *name, const char *data);
/* The last event: "done" or "error". */
void live_end(struct live *live, const char *key, const char *name, const char *data);

enum live_state { LIVE_NONE, LIVE_RUNNING, LIVE_ENDED };

/*
 * Append the events behind number *at as server-sent events (id, event, data)
 * to out, at most its ceiling, and move *at. Numbers grow by one from 1. When
 * some were lost, the first is "restart" with what is still known.
 */
enum live_state live_read(struct live *live, const char *key, uint64_t *at, struct str *out);
