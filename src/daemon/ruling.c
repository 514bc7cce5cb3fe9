/*
 * ruling: the thread that looks at tickets by the rules: at those that something
 * happened to, and now and then at all, for what only time changes. It looks in
 * snapshots and writes only where a rule begins to hold or ceases to.
 */
#include <assent/base/log.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>

#include "daemon/daemon_priv.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SEEN "rules.seen" /* of the site: the last event that was looked at */
#define NAP MS_SECOND
#define GATHER ((span_ms)100) /* what happens together is looked at together */
#define SNAPSHOT_MOST ((span_ms)50)
#define PAGE ((size_t)100)
#define SWEEP_EVERY MS_MINUTE
#define SWEEP_SHARE 10 /* a sweep takes at most this part of the time */
#define SWEEP_RAISES 100 /* the rest waits for the next one: nobody reads a thousand at once */
#define SAVE_EVERY (10 * MS_SECOND)
#define TURN_MOST (2 * MS_MINUTE)
#define WAITS_MOST 100 /* turns */
#define BEHIND 10 /* on the scale of nice(1) */

struct ruling {
	struct daemon *daemon;
	pthread_t thread;
	struct beat *beat;
	struct rules *rules; /* those of engine */
	struct engine *engine;
	bool told[RULES_MAX]; /* that a rule was at fault */
	bool of_time; /* a rule asks for the time */
	bool began; /* seen was read */
	int64_t seen, saved; /* events */
	span_ms saved_at;
	int waits; /* turns in a row that found timers to be done first */
	bool waited; /* in this turn */
	struct {
		int64_t ref;
		size_t raised;
		span_ms began, due; /* boot time; began 0: none is under way */
		bool once; /* with these rules it was done */
		bool missed; /* a ticket could not be settled: the next one is to find it again */
	} sweep;
};

struct look { /* of one snapshot */
	struct ruling *ruling;
	const struct settings *settings;
	struct id tickets[PAGE]; /* to be settled */
	size_t count;
	int64_t after;
	bool more;
	bool waits; /* for timers: what follows was not looked at */
};

/* --- rules ---------------------------------------------------------------------- */

static void
print_fault(void *arg, const char *file, const struct fault *fault)
{
	fprintf(stderr, "assentd: %s%s%s:%d:%d: %s\n", (const char *)arg,
	    *(const char *)arg ? "/" : "", file, fault->line, fault->column, fault->message);
}

int
ruling_load(const struct settings *settings, struct rules **out, struct err *err)
{
	const struct rules_source how = { .fault = print_fault,
		.arg = (void *)(uintptr_t)settings->policy.site_dir };

	return rules_load_site(&settings->policy, &how, out, err);
}

void
ruling_take(struct daemon *daemon, struct rules *rules)
{
	struct rules *before;

	pthread_mutex_lock(&daemon->rules_lock);
	before = daemon->rules;
	daemon->rules = rules;
	pthread_mutex_unlock(&daemon->rules_lock);
	rules_unref(before);
}

static void
drop_engine(struct ruling *self)
{
	engine_free(self->engine);
	rules_unref(self->rules);
	self->engine = NULL;
	self->rules = NULL;
}

/* Those in force now; after a change all tickets are looked at. */
static bool
has_engine(struct ruling *self)
{
	struct rules *rules;
	struct err err;

	pthread_mutex_lock(&self->daemon->rules_lock);
	rules = rules_ref(self->daemon->rules);
	pthread_mutex_unlock(&self->daemon->rules_lock);
	if (rules == self->rules) {
		rules_unref(rules);
		return self->engine != NULL;
	}
	drop_engine(self);
	self->rules = rules;
	memset(self->told, 0, sizeof(self->told));
	memset(&self->sweep, 0, sizeof(self->sweep));
	self->of_time = false;
	for (size_t i = 0; i < rules_count(rules); i++)
		self->of_time = self->of_time || rules_use_time(rules, i);
	if (engine_new(rules, &self->engine, &err) < 0)
		log_err(LOG_ERROR, "rules.failed", &err);
	return self->engine != NULL;
}

static void
tell_faults(struct ruling *self)
{
	const char *why;

	for (size_t i = 0; i < rules_count(self->rules); i++) {
		if (self->told[i] || engine_faults(self->engine, i, &why) == 0)
			continue;
		self->told[i] = true;
		log_line(LOG_WARN, "rule.fault", "rule", rules_at(self->rules, i)->id, "because",
		    why, "remedy", "assent rules explain --ticket T", NULL);
	}
}

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

static int
look_at(struct look *look, struct desk *desk, const struct id *ticket, struct err *err)
{
	bool differs = false;
	int rc = watch_look(desk, look->ruling->engine, ticket, &differs, err);

	if (rc == 0 && differs)
		look->tickets[look->count++] = *ticket;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
look_at_page(struct look *look, struct desk *desk, struct facts_page *page, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < page->count; i++)
		rc = look_at(look, desk, &page->tickets[i], err);
	look->after = page->after;
	look->more = page->more;
	return rc;
}

static int
events_step(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = desk_of(look->ruling, look->settings, tx);
	struct facts_page page = { .after = look->after, .max = PAGE };
	int rc = wait_for_timers(look, &desk, err);

	if (rc < 0 || look->waits)
		return rc;
	rc = facts_events(tx, &page, err);
	return rc < 0 ? rc : look_at_page(look, &desk, &page, err);
}

static int
sweep_step(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = desk_of(look->ruling, look->settings, tx);
	span_ms began = clock_boot();
	int rc = wait_for_timers(look, &desk, err);

	if (rc < 0 || look->waits)
		return rc;
	do {
		struct facts_page page = { .after = look->after, .max = PAGE / 10 };

		rc = facts_unresolved(tx, &page, err);
		if (rc == 0)
			rc = look_at_page(look, &desk, &page, err);
	} while (rc == 0 && look->more && look->count + PAGE / 10 <= PAGE &&
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

/* What did not work is not lost: all tickets are looked at again. */
static void
look_again(struct ruling *self, const struct err *err)
{
	log_err(LOG_ERROR, "rules.failed", err);
	self->sweep.missed = true;
	self->sweep.once = false;
}

/* How many packets and questions came of it. */
static size_t
settle(struct look *look)
{
	struct daemon *daemon = look->ruling->daemon;
	size_t raised = 0;
	struct err err;

	for (size_t i = 0; i < look->count && !look->waits && !atomic_load(&daemon->stop); i++) {
		struct settling settling = { look, &look->tickets[i], { 0 } };

		if (db_step(daemon->db, settle_step, &settling, &err) < 0)
			look_again(look->ruling, &err);
		else if (settling.watched.refused.code != 0)
			log_err(LOG_ERROR, "rule.refused", &settling.watched.refused);
		raised += settling.watched.raised + settling.watched.acted;
	}
	return raised;
}

/* What was looked at is to be looked at again, after the timers. */
static bool
wait_more(struct ruling *self)
{
	self->waited = true;
	return false;
}

/* --- events --------------------------------------------------------------------------- */

static int
begin_step(struct tx *tx, void *arg, struct err *err)
{
	struct ruling *self = arg;
	const char *text;
	int64_t last;
	int rc = facts_last_event(tx, &last, err);

	if (rc < 0)
		return rc;
	rc = site_get(tx, SEEN, &text, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	/* What was there before there were rules is for the sweep. */
	if (rc == ERR_NOT_FOUND || !num_parse(text, &self->seen) || self->seen > last)
		self->seen = last;
	self->saved = rc == 0 ? self->seen : -1;
	self->began = true;
	return 0;
}

static int
save_step(struct tx *tx, void *arg, struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)*(const int64_t *)arg);
	return site_set(tx, SEEN, text, err);
}

/* Now and then: what was seen and not saved is looked at again, which changes nothing. */
static void
save(struct ruling *self)
{
	struct err err;

	if (!self->began || self->seen == self->saved || clock_boot() - self->saved_at < SAVE_EVERY)
		return;
	self->saved_at = clock_boot();
	if (db_step(self->daemon->db, save_step, &self->seen, &err) < 0)
		log_err(LOG_WARN, "rules.not_saved", &err);
	else
		self->saved = self->seen;
}

/* True when there may be more. */
static bool
look_at_events(struct ruling *self, const struct settings *settings)
{
	struct look look = { .ruling = self, .settings = settings, .after = self->seen };
	struct err err;

	if ((!self->began && db_read(self->daemon->db, NULL, begin_step, self, &err) < 0)) {
		log_err(LOG_ERROR, "rules.failed", &err);
		return false;
	}
	look.after = self->seen;
	if (db_read(self->daemon->db, NULL, events_step, &look, &err) < 0) {
		log_err(LOG_ERROR, "rules.failed", &err);
		return false;
	}
	settle(&look);
	if (look.waits)
		return wait_more(self);
	self->seen = look.after;
	save(self);
	return look.more;
}

/* --- all tickets ------------------------------------------------------------------------ */

static void
end_sweep(struct ruling *self)
{
	span_ms now = clock_boot(), took = now - self->sweep.began;
	bool whole = self->sweep.raised < SWEEP_RAISES;

	self->sweep.due =
	    now + (took * SWEEP_SHARE > SWEEP_EVERY ? took * SWEEP_SHARE : SWEEP_EVERY);
	self->sweep.once = !self->sweep.missed && (self->sweep.once || whole);
	self->sweep.ref = self->sweep.began = 0;
	self->sweep.raised = 0;
}

/* True while one is under way. */
static bool
look_at_all(struct ruling *self, const struct settings *settings)
{
	struct look look = { .ruling = self, .settings = settings, .after = self->sweep.ref };
	span_ms now = clock_boot();
	struct err err;

	if (self->sweep.began == 0 &&
	    (now < self->sweep.due || (self->sweep.once && !self->of_time)))
		return false;
	if (self->sweep.began == 0) {
		self->sweep.began = now;
		self->sweep.missed = false;
	}
	if (db_read(self->daemon->db, NULL, sweep_step, &look, &err) < 0) {
		look_again(self, &err);
		end_sweep(self);
		return false;
	}
	self->sweep.raised += settle(&look);
	if (look.waits)
		return wait_more(self);
	self->sweep.ref = look.after;
	if (!look.more || self->sweep.raised >= SWEEP_RAISES)
		end_sweep(self);
	return self->sweep.began != 0;
}

/* --- the thread --------------------------------------------------------------------------- */

bool
ruling_turn(struct ruling *self)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(self->daemon->settings);
	bool more;

	/* A packet is a mail that cannot be taken back: not by a clock that nobody believes. */
	if (!has_engine(self) || !clockwork_is_trusted(self->daemon->clockwork))
		return false;
	self->waited = false;
	more = look_at_events(self, settings);
	more = look_at_all(self, settings) || more;
	self->waits = self->waited ? self->waits + 1 : 0;
	tell_faults(self);
	return more;
}

/* True when it is time to stop. */
static bool
stopped_within(const struct daemon *daemon, span_ms span)
{
	struct pollfd stop = { .fd = daemon->stop_fd, .events = POLLIN };

	return poll(&stop, 1, (int)span) > 0 || atomic_load(&daemon->stop);
}

static void *
ruling_main(void *arg)
{
	struct ruling *self = arg;
	struct wake *wake = &self->daemon->wake;
	bool stop = false;

	self->beat = thread_begin("rules", "");
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), BEHIND);
	while (!stop) {
		uint64_t seen = wake_count(wake);

		beat_promise(self->beat, TURN_MOST);
		if (!ruling_turn(self))
			wake_wait(wake, seen, NAP);
		stop = stopped_within(self->daemon, GATHER);
	}
	beat_free(self->beat);
	return NULL;
}

struct ruling *
ruling_new(struct daemon *daemon)
{
	struct ruling *self = mem_alloc(sizeof(*self));

	self->daemon = daemon;
	return self;
}

void
ruling_free(struct ruling *self)
{
	drop_engine(self);
	mem_free(self);
}

int
ruling_start(struct daemon *daemon, struct ruling **out, struct err *err)
{
	struct ruling *self = ruling_new(daemon);
	int no;

	no = pthread_create(&self->thread, NULL, ruling_main, self);
	if (no != 0) {
		ruling_free(self);
		return err_errno(err, ERR_BUSY, no, "no thread for rules");
	}
	*out = self;
	return 0;
}

void
ruling_stop(struct ruling *self)
{
	if (self == NULL)
		return;
	pthread_join(self->thread, NULL);
	ruling_free(self);
}
