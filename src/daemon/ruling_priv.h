#pragma once
/* ruling_priv: between the thread of rules and what it looks at. */
#include <assent/flow/watch.h>

#include "daemon/daemon_priv.h"
#include "daemon/dues.h"

#define RULING_PAGE ((size_t)100) /* that are settled after one snapshot */
#define SWEEP_EVERY MS_MINUTE

struct ruling {
	struct daemon *daemon;
	pthread_t thread;
	struct beat *beat;
	struct rules *rules; /* those of engine */
	struct engine *engine;
	struct facts_reader *reader;
	bool told[RULES_MAX]; /* that a rule was at fault */
	bool began; /* seen was read */
	int64_t seen, saved; /* events */
	int64_t touched; /* changes without one; all are looked at after a start */
	span_ms saved_at;
	int waits; /* turns in a row that found timers to be done first */
	bool waited; /* in this turn */
	utc_ms newest; /* the clock has shown this */
	struct facts_marks marks;
	struct dues *dues; /* when each ticket is to be looked at again */
	size_t raised; /* by this sweep */
	span_ms pause; /* no sweep before; boot time, as all below */
	struct {
		struct id after;
		bool wanted, going;
		size_t seen;
		span_ms began, due;
	} all;
	struct {
		int64_t after;
		bool going;
		span_ms due;
	} late;
};

struct look { /* of one snapshot */
	struct ruling *ruling;
	const struct settings *settings;
	struct watch_seen seen[RULING_PAGE]; /* to be settled */
	size_t count, looked;
	int64_t after; /* event, or number of a ticket */
	int64_t touched;
	bool lost; /* so much changed that not all of it is kept */
	struct id after_id;
	struct facts_marks marks;
	bool more;
	bool waits; /* for timers: what follows was not looked at */
};

/* Steps of a snapshot, with a struct look: tickets to which something happened, those that are late, all. */
int ruling_events_step(struct tx *tx, void *arg, struct err *err) MUST_USE;
int ruling_late_step(struct tx *tx, void *arg, struct err *err) MUST_USE;
int ruling_all_step(struct tx *tx, void *arg, struct err *err) MUST_USE;

/* How many packets and questions came of it. What could not be written stays due. */
size_t ruling_settle(struct look *look);
