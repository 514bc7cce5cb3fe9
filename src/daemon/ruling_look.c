/* What is looked at in a snapshot, and what is then written. */
#include <assent/base/log.h>
#include <assent/store/queue.h>

#include "daemon/ruling_priv.h"

#define SNAPSHOT_MOST ((span_ms)50)
#define WAITS_MOST 100 /* turns */

/* --- looking ---------------------------------------------------------------------- */

static struct desk
desk_of(struct ruling *self, const struct settings *settings, struct tx *tx)
{
	return (struct desk){ tx, &settings->policy, clock_now(),
		clockwork_is_trusted(self->daemon->clockwork) };
}

/*
 * What was due while nobody was there (a reminder, an expiry) happens before
 * rules judge that it did not. Not for ever: timers that never end stop no rule.
 */
static int
wait_for_timers(struct look *look, const struct desk *desk, struct err *err)
{
	bool pressing = false;
	int rc = 0;

	if (look->ruling->waits < WAITS_MOST)
		rc = job_is_pressing(desk->tx, LANE_CLOCK, desk->now, &pressing, err);
	look->waits = look->waits || pressing;
	return rc;
}

static void
set_due(struct ruling *self, const struct watch_seen *seen)
{
	utc_ms now = clock_now();

	dues_set(self->dues, seen->ref, seen->until > 0 ? seen->until : now + SWEEP_EVERY);
}

/* What is to be settled stays due until it is. */
static void
note(struct look *look, const struct watch_seen *seen)
{
	look->looked++;
	if (!seen->differs) {
		set_due(look->ruling, seen);
		return;
	}
	dues_set(look->ruling->dues, seen->ref, DUES_AT_ONCE);
	look->seen[look->count++] = *seen;
}

static int
look_at(struct look *look, struct desk *desk, const struct id *ticket, struct err *err)
{
	struct watch_seen seen;
	int rc = watch_look(desk, look->ruling->engine, ticket, &seen, err);

	if (rc == 0)
		note(look, &seen);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
look_at_each(struct look *look, struct desk *desk, const struct facts_page *page, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < page->count; i++)
		rc = look_at(look, desk, &page->tickets[i], err);
	look->more = look->more || page->more;
	return rc;
}

int
ruling_events_step(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = desk_of(look->ruling, look->settings, tx);
	struct facts_page events = { .after = look->after, .max = RULING_PAGE / 2 };
	struct facts_page touched = { .after = look->touched, .max = RULING_PAGE / 2 };
	int rc = wait_for_timers(look, &desk, err);

	if (rc < 0 || look->waits)
		return rc;
	rc = facts_marks(tx, &look->marks, err);
	if (rc == 0)
		rc = facts_events(tx, &events, err);
	if (rc == 0)
		rc = facts_touched(tx, &touched, err);
	if (rc == 0)
		rc = look_at_each(look, &desk, &events, err);
	if (rc == 0)
		rc = look_at_each(look, &desk, &touched, err);
	look->after = events.after;
	look->touched = touched.after;
	look->lost = touched.lost;
	return rc;
}

/* Tickets whose time has come, by number. */
int
ruling_late_step(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = desk_of(look->ruling, look->settings, tx);
	span_ms began = clock_boot();
	int64_t refs[RULING_PAGE];
	size_t n, i = 0;
	int rc = wait_for_timers(look, &desk, err);

	if (rc < 0 || look->waits)
		return rc;
	n = dues_list(
	    look->ruling->dues, &(struct dues_wish){ desk.now, look->after, RULING_PAGE }, refs);
	for (; rc == 0 && i < n && clock_boot() - began < SNAPSHOT_MOST; i++) {
		struct id ticket;

		look->after = refs[i];
		rc = facts_unresolved(tx, refs[i], &ticket, err);
		if (rc == 0)
			rc = look_at(look, &desk, &ticket, err);
		else if (rc == ERR_NOT_FOUND)
			dues_set(look->ruling->dues, refs[i], DUES_NEVER);
		rc = rc == ERR_NOT_FOUND ? 0 : rc;
	}
	look->more = i < n || n == RULING_PAGE;
	return rc;
}

/* 0 at the end of the page, or when no more can be settled at once. */
static int
look_at_page(struct look *look, struct desk *desk, struct err *err)
{
	struct ruling *self = look->ruling;
	struct watch_seen seen;
	int rc = facts_reader_page(self->reader, desk, &look->after_id, err);

	if (rc == 0)
		rc = 1;
	while (rc > 0 && look->count < RULING_PAGE) {
		rc = watch_look_next(desk, self->engine, self->reader, &seen, err);
		if (rc <= 0)
			break;
		note(look, &seen);
		look->after_id = seen.ticket;
	}
	look->more = rc > 0 || facts_reader_more(self->reader, &look->after_id);
	return rc < 0 ? rc : 0;
}

int
ruling_all_step(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = desk_of(look->ruling, look->settings, tx);
	span_ms began = clock_boot();
	int rc = wait_for_timers(look, &desk, err);

	if (rc < 0 || look->waits)
		return rc;
	if (id_is_null(&look->after_id))
		facts_reader_begin(look->ruling->reader, &desk);
	do
		rc = look_at_page(look, &desk, err);
	while (rc == 0 && look->more && look->count < RULING_PAGE &&
	    clock_boot() - began < SNAPSHOT_MOST);
	return rc;
}

/* --- settling ----------------------------------------------------------------------- */

struct settling {
	struct look *look;
	const struct id *ticket;
	struct watched watched;
};

static int
settle_step(struct tx *tx, void *arg, struct err *err)
{
	struct settling *settling = arg;
	struct ruling *self = settling->look->ruling;
	struct desk desk = desk_of(self, settling->look->settings, tx);
	int rc = wait_for_timers(settling->look, &desk, err);

	if (rc < 0 || settling->look->waits)
		return rc;
	return watch_settle(&desk, self->engine, settling->ticket, &settling->watched, err);
}

size_t
ruling_settle(struct look *look)
{
	struct daemon *daemon = look->ruling->daemon;
	size_t raised = 0;
	struct err err;

	for (size_t i = 0; i < look->count && !look->waits && !atomic_load(&daemon->stop); i++) {
		struct settling settling = { look, &look->seen[i].ticket, { 0 } };

		if (db_step(daemon->db, settle_step, &settling, &err) < 0) {
			log_err(LOG_ERROR, "rules.failed", &err);
			continue;
		}
		if (settling.watched.refused.code != 0)
			log_err(LOG_ERROR, "rule.refused", &settling.watched.refused);
		if (!look->waits)
			set_due(look->ruling, &look->seen[i]);
		raised += settling.watched.raised + settling.watched.acted;
	}
	return raised;
}
