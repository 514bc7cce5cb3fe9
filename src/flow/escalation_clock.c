/* escalation_clock: what happens to a packet when nobody acts. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/store/hold.h>
#include <assent/store/queue.h>

#include "flow/payload.h"
#include "flow/stories.h"

#define CLIMB "climb"
#define LAPSE "lapse"
#define CLIMBED "climbed" /* why a mail is sent */
/* Short, so that what waits goes on soon after `assent clock accept`. */
#define CLOCK_PAUSE (10 * MS_SECOND)

static utc_ms
later(utc_ms a, utc_ms b)
{
	return a > b ? a : b;
}

static utc_ms
earlier(utc_ms a, utc_ms b)
{
	return a < b ? a : b;
}

static bool
is_open(const struct escalation *e)
{
	enum escalation_state state;

	return escalation_state_parse(e->state, &state) && escalation_is_open(state);
}

/* --- when ------------------------------------------------------------------------- */

/* When level (1 is the first of levels) is to have it; whoever has it now has a chance first. */
static utc_ms
level_time(struct desk *desk, const struct escalation *e, const struct escalation_level *levels,
    size_t level)
{
	span_ms own = e->level > 0 ? levels[e->level - 1].after : 0;
	span_ms chance = levels[level - 1].after - own;

	return later(escalation_after(desk, e, e->began, levels[level - 1].after),
	    e->climbed_at + (chance < ESCALATION_CHANCE ? chance : ESCALATION_CHANCE));
}

/* The highest level above its own that has come; 0 for none. */
static size_t
level_due(struct desk *desk, const struct escalation *e)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels);

	if (e->acked_at != 0)
		return 0;
	for (size_t i = n; i > (size_t)e->level; i--)
		if (level_time(desk, e, levels, i) <= desk->now)
			return i;
	return 0;
}

/* When its level is told once more; INT64_MAX for never. */
static utc_ms
repeat_time(struct desk *desk, const struct escalation *e)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels);
	span_ms every = e->level > 0 && (size_t)e->level <= n ? levels[e->level - 1].repeat : 0;

	if (every == 0 || e->acked_at != 0 || e->repeats >= ESCALATION_REPEATS_MAX)
		return INT64_MAX;
	return escalation_after(desk, e, e->climbed_at, every * (e->repeats + 1));
}

/* The next level's time; INT64_MAX for none. */
static utc_ms
climb_time(struct desk *desk, const struct escalation *e)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels);

	if (e->acked_at != 0 || (size_t)e->level >= n)
		return INT64_MAX;
	return level_time(desk, e, levels, (size_t)e->level + 1);
}

utc_ms
escalation_next(struct desk *desk, const struct escalation *e)
{
	utc_ms at;

	if (!is_open(e))
		return 0;
	if (e->snoozed_until != 0)
		return e->snoozed_until;
	at = earlier(climb_time(desk, e), repeat_time(desk, e));
	if (e->overdue_told == 0)
		at = earlier(at, e->due);
	return at != INT64_MAX ? at : 0;
}

utc_ms
escalation_lapses(struct desk *desk, const struct escalation *e)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels);
	const char *to = e->assignee[0] != '\0' ? e->assignee : e->to;
	utc_ms at = e->due, sent = escalation_delivery(desk, e, to, e->climbed_at);

	if (!is_open(e))
		return 0;
	if (e->acked_at != 0)
		at = later(at, e->acked_at) + ESCALATION_PATIENCE;
	else if ((size_t)e->level < n)
		at = later(at, level_time(desk, e, levels, n) + ESCALATION_CHANCE);
	if (e->climbed_at > e->began || sent > e->climbed_at)
		at = later(at, sent + ESCALATION_CHANCE);
	return e->snoozed_until != 0 ? later(at, e->snoozed_until + ESCALATION_CHANCE) : at;
}

/* --- jobs -------------------------------------------------------------------------- */

static const char *
serial_of(struct desk *desk, const char *kind, const struct escalation *e)
{
	char text[ID_TEXT_SIZE];

	return arena_printf(tx_arena(desk->tx), "%s:%s", kind, id_text(&e->id, text));
}

/* At 0: none. */
static int
queue(struct desk *desk, const struct escalation *e, const char *kind, utc_ms at, struct err *err)
{
	char text[ID_TEXT_SIZE];
	struct job job = {
		.id = id_new(desk->now),
		.kind = kind,
		.lane = LANE_CLOCK,
		.serial = serial_of(desk, kind, e),
		.due = at,
		.created = desk->now,
	};
	int rc = job_cancel(desk->tx, job.serial, kind, NULL, err);

	if (rc < 0 || at == 0)
		return rc;
	job.payload =
	    arena_printf(tx_arena(desk->tx), "{\"escalation\":\"%s\"}", id_text(&e->id, text));
	return job_add(desk->tx, &job, err);
}

int
escalation_arm(struct desk *desk, const struct escalation *e, struct err *err)
{
	int rc = queue(desk, e, CLIMB, e->next_at, err);

	return rc < 0 ? rc : queue(desk, e, LAPSE, escalation_lapses(desk, e), err);
}

/* --- up ----------------------------------------------------------------------------- */

struct rung { /* of the ladder */
	size_t level;
	size_t *reached; /* how many people there */
};

static int
step_to(struct desk *desk, struct escalation *e, const struct escalation_level *to, struct err *err)
{
	e->to = to->to;
	e->state = escalation_state_name(ESCALATION_PENDING);
	e->assignee = "";
	e->repeats = 0;
	e->climbed_at = desk->now;
	if (e->due <= desk->now)
		e->overdue_told = desk->now; /* the mail says so */
	e->next_at = escalation_next(desk, e);
	return escalation_put(desk->tx, e, err);
}

/* Last: who is asked still is not told that he need do nothing, and all hear where it went. */
static int
tell_old(struct desk *desk, const struct escalation *e, struct err *err)
{
	const struct escalation_news news = {
		.kind = ESCALATION_MAIL_MOVED, .why = CLIMBED, .other = e->to, .before = desk->now
	};

	return escalation_tell_all(desk, e, &news, err);
}

/* Nobody of all levels can be reached: whoever the site names for that. */
static int
last_resort(struct desk *desk, struct escalation *e, size_t *reached, struct err *err)
{
	const char *to = escalation_default_to(desk);
	const struct escalation_note note = { CLIMB, "system", e->to, to, true, NULL };
	int rc;

	if (to[0] == '\0' || (text_is(to, e->to) && e->assignee[0] == '\0'))
		return 0;
	e->to = to;
	e->assignee = "";
	e->state = escalation_state_name(ESCALATION_PENDING);
	e->climbed_at = desk->now;
	e->next_at = escalation_next(desk, e);
	rc = escalation_put(desk->tx, e, err);
	if (rc == 0)
		rc = escalation_record(desk, e, &note, err);
	return rc < 0 ? rc : escalation_put_to(desk, e, CLIMBED, reached, err);
}

static int
climb_to(struct desk *desk, struct escalation *e, struct rung rung, struct err *err)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels);
	const char *before = e->assignee[0] != '\0' ? e->assignee : e->to;
	enum escalation_state from, to;
	int rc;

	if (rung.level > n || !escalation_state_parse(e->state, &from) ||
	    !escalation_step(from, ESCALATION_CLIMB, &to))
		return 0;
	e->level = (int64_t)rung.level;
	rc = step_to(desk, e, &levels[rung.level - 1], err);
	if (rc == 0)
		rc = escalation_record(desk, e,
		    &(struct escalation_note){ CLIMB, "system", before, e->to, true, NULL }, err);
	return rc < 0 ? rc : escalation_put_to(desk, e, CLIMBED, rung.reached, err);
}

int
escalation_climb(struct desk *desk, struct escalation *e, struct err *err)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = escalation_levels(desk, e, levels), reached = 0;
	size_t level = level_due(desk, e);
	int rc = 0;

	if (level == 0)
		level = (size_t)e->level + 1;
	for (; rc == 0 && reached == 0 && level <= n; level++)
		rc = climb_to(desk, e, (struct rung){ level, &reached }, err);
	if (rc == 0 && reached == 0)
		rc = last_resort(desk, e, &reached, err);
	return rc < 0 || reached == 0 ? rc : tell_old(desk, e, err);
}

/* --- what the clock does --------------------------------------------------------------- */

static int
note(struct desk *desk, const struct escalation *e, const char *kind, struct err *err)
{
	return escalation_record(
	    desk, e, &(struct escalation_note){ kind, "system", NULL, e->to, false, NULL }, err);
}

static int
store_and_tell(
    struct desk *desk, struct escalation *e, const struct escalation_again *again, struct err *err)
{
	int rc;

	if (e->due <= desk->now)
		e->overdue_told = desk->now; /* the mail says so */
	e->next_at = escalation_next(desk, e);
	rc = escalation_put(desk->tx, e, err);
	if (rc == 0)
		rc = note(desk, e, again->why, err);
	return rc < 0 ? rc : escalation_tell_again(desk, e, again, err);
}

static int
look(struct desk *desk, struct escalation *e, struct err *err)
{
	if (e->snoozed_until != 0) {
		e->snoozed_until = 0;
		e->climbed_at = desk->now;
		return store_and_tell(desk, e, &(struct escalation_again){ "again", true }, err);
	}
	if (level_due(desk, e) != 0)
		return escalation_climb(desk, e, err);
	if (repeat_time(desk, e) <= desk->now) {
		/* Those that were missed meanwhile are one. */
		while (repeat_time(desk, e) <= desk->now)
			e->repeats++;
		return store_and_tell(desk, e, &(struct escalation_again){ "again", false }, err);
	}
	if (e->due <= desk->now)
		e->overdue_told = desk->now;
	/* Why no word: it expires now, or nothing is due after all. */
	if (e->due > desk->now || escalation_lapses(desk, e) <= desk->now) {
		e->next_at = escalation_next(desk, e);
		return escalation_put(desk->tx, e, err);
	}
	return store_and_tell(desk, e, &(struct escalation_again){ "overdue", false }, err);
}

/* --- what the clock would do -------------------------------------------------------------- */

struct foresight {
	struct desk desk; /* at the time that is looked at */
	struct escalation e;
	bool is_due; /* that was told */
	void (*seen)(void *arg, const struct escalation_foreseen *step);
	void *arg;
};

static void
tell_seen(struct foresight *f, utc_ms at, const char *what)
{
	const struct escalation *e = &f->e;
	const struct escalation_foreseen step = { at, what,
		e->assignee[0] != '\0' ? e->assignee : e->to };

	f->seen(f->arg, &step);
}

static void
tell_due(struct foresight *f)
{
	if (!f->is_due)
		tell_seen(f, f->e.due, "due");
	f->is_due = true;
}

static void
foresee_level(struct foresight *f, size_t level)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];

	(void)escalation_levels(&f->desk, &f->e, levels);
	f->e.level = (int64_t)level;
	f->e.to = levels[level - 1].to;
	f->e.assignee = "";
	f->e.repeats = 0;
	f->e.climbed_at = f->desk.now;
	tell_seen(f, f->desk.now, "level");
}

/* As look() does it. */
static void
foresee_look(struct foresight *f)
{
	struct escalation *e = &f->e;
	size_t level = level_due(&f->desk, e);
	utc_ms now = f->desk.now;

	if (e->snoozed_until != 0) {
		e->snoozed_until = 0;
		e->climbed_at = now;
		tell_seen(f, now, "again");
	} else if (level != 0) {
		foresee_level(f, level);
	} else if (repeat_time(&f->desk, e) <= now) {
		while (repeat_time(&f->desk, e) <= now)
			e->repeats++;
		tell_seen(f, now, "again");
	}
	if (e->due <= now) {
		e->overdue_told = now;
		tell_due(f);
	}
}

void
escalation_foresee(struct desk *desk, const struct escalation *e,
    void (*seen)(void *arg, const struct escalation_foreseen *step), void *arg)
{
	struct foresight f = { *desk, *e, e->due < desk->now, seen, arg };
	utc_ms next = escalation_next(&f.desk, &f.e), lapses = escalation_lapses(&f.desk, &f.e);

	while (next != 0 && next < lapses) {
		if (f.e.due < next)
			tell_due(&f);
		f.desk.now = later(next, f.desk.now);
		foresee_look(&f);
		next = escalation_next(&f.desk, &f.e);
		lapses = escalation_lapses(&f.desk, &f.e);
	}
	if (lapses == 0)
		return;
	tell_due(&f);
	tell_seen(&f, lapses, "expires");
}

/* --- jobs of the clock ---------------------------------------------------------------------- */

/* 1: *e is to be looked at; 0: it is gone or closed, or waits until call->again. */
static int
find_open(struct desk *desk, const struct job *job, struct call *call, struct escalation *e,
    struct err *err)
{
	bool held = false;
	struct id id;
	int rc = hold_get(desk->tx, &held, NULL, err);

	/* Irreversible: wait until the clock is believed again, and mail may leave. */
	if (rc == 0 && (held || !desk->clock_trusted))
		call->again = desk->now + CLOCK_PAUSE;
	if (rc < 0 || call->again != 0)
		return rc;
	if (!payload_id(job, "escalation", &id))
		return err_set(err, ERR_INVALID, "the job names no packet");
	rc = escalation_get(desk->tx, &id, e, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return is_open(e);
}

int
climb_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct escalation e = { 0 };
	int rc = find_open(desk, job, call, &e, err);

	if (rc <= 0)
		return rc;
	rc = e.next_at != 0 && e.next_at <= desk->now ? look(desk, &e, err) : 0;
	if (rc == 0 && e.next_at != 0)
		call->again = later(e.next_at, desk->now + 1);
	return rc;
}

static int
expire(struct desk *desk, struct escalation *e, struct err *err)
{
	const char *before = e->state;
	const struct escalation_news news = {
		.kind = ESCALATION_MAIL_MOVED, .why = "expired", .other = ""
	};
	enum escalation_state from, to;
	int rc;

	if (!escalation_state_parse(e->state, &from) ||
	    !escalation_step(from, ESCALATION_LAPSE, &to))
		return 0;
	e->state = escalation_state_name(to);
	e->moved_at = desk->now;
	e->next_at = 0;
	e->snoozed_until = 0;
	rc = escalation_put(desk->tx, e, err);
	if (rc == 0)
		rc = escalation_record(desk, e,
		    &(struct escalation_note){ LAPSE, "system", before, e->state, true, NULL },
		    err);
	if (rc == 0)
		rc = escalation_close_tokens(desk, e, err);
	return rc < 0 ? rc : escalation_tell_all(desk, e, &news, err);
}

/* *at is when it is to be looked at again; 0: its time is over. */
static int
find_lapse(struct desk *desk, const struct escalation *e, utc_ms *at, struct err *err)
{
	utc_ms left = 0;
	int rc;

	*at = escalation_lapses(desk, e);
	if (*at > desk->now)
		return 0;
	/* Why: nobody has had his chance while the mail waits for its hour, or for a relay. */
	rc = escalation_left_at(desk->tx, &e->id, ESCALATION_CHANCE, &left, err);
	left = earlier(left, desk->now) + ESCALATION_CHANCE;
	*at = left > desk->now ? left : 0;
	return rc;
}

int
lapse_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct escalation e = { 0 };
	int rc = find_open(desk, job, call, &e, err);

	if (rc <= 0)
		return rc;
	/* After a time without a clock or mail both are due at once: up comes first. */
	rc = level_due(desk, &e) != 0 && e.snoozed_until == 0 ? escalation_climb(desk, &e, err) : 0;
	if (rc == 0)
		rc = find_lapse(desk, &e, &call->again, err);
	return rc < 0 || call->again != 0 ? rc : expire(desk, &e, err);
}

static int
sweep_one(struct desk *desk, struct escalation *e, struct escalation_sweep *sweep, struct err *err)
{
	utc_ms at = 0;
	int rc = find_lapse(desk, e, &at, err);

	sweep->before = e->id;
	if (rc < 0 || at != 0)
		return rc;
	rc = expire(desk, e, err);
	if (rc == 0)
		rc = escalation_arm(desk, e, err);
	sweep->expired += rc == 0;
	return rc;
}

int
escalation_sweep(struct desk *desk, struct escalation_sweep *sweep, struct err *err)
{
	const struct escalation_filter filter = { .state = "open",
		.overdue_at = desk->now,
		.before = sweep->before,
		.max = ESCALATION_PAGE };
	struct escalation *list;
	size_t n = 0;
	int rc;

	if (!desk->clock_trusted)
		return err_set(err, ERR_BUSY,
		    "nothing expires while the clock is not trusted; see assent clock accept");
	rc = escalation_list(desk->tx, &filter, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = sweep_one(desk, &list[i], sweep, err);
	sweep->more = n == ESCALATION_PAGE;
	return rc;
}

int
escalation_undeliverable(struct desk *desk, const struct id *escalation, const char *email,
    const char *why, struct err *err)
{
	struct escalation_person *list;
	struct escalation e = { 0 };
	size_t n = 0, reached = 0;
	int rc = escalation_get(desk->tx, escalation, &e, err);

	if (rc == 0)
		rc = escalation_person_list(desk->tx, &e.id, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool is_his = text_is_nocase(list[i].email, email);

		if (is_his && list[i].skipped[0] == '\0')
			rc = escalation_person_skip(
			    desk->tx, &list[i].id, "the mail came back", err);
		reached += !is_his && list[i].skipped[0] == '\0' && list[i].level == e.level &&
		    list[i].at >= e.began && e.assignee[0] == '\0';
	}
	if (rc == 0)
		rc = escalation_record(desk, &e,
		    &(struct escalation_note){ "skipped", "system", email, why, false, NULL }, err);
	if (rc < 0 || reached > 0 || !is_open(&e) || e.acked_at != 0)
		return rc;
	rc = escalation_climb(desk, &e, err);
	return rc < 0 ? rc : escalation_arm(desk, &e, err);
}
