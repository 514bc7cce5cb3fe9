/*
 * ruling: the thread that looks at tickets by the rules: at those that something
 * happened to, at those for which time may have changed something, and at all of
 * them when rules, people or the clock are others. It looks in snapshots and
 * writes only where a rule begins to hold or ceases to.
 */
#include <assent/base/log.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/store/site.h>

#include "daemon/ruling_priv.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SEEN "rules.seen" /* of the site: the last event that was looked at */
#define NAP MS_SECOND
#define GATHER ((span_ms)100) /* what happens together is looked at together */
#define SWEEP_SHARE 10 /* looking at all takes at most this part of the time */
#define SWEEP_RAISES 100 /* the rest a minute later: nobody reads a thousand at once */
#define LATE_MOST ((size_t)1000)
#define LATE_PART 8 /* of all tickets */
#define SAVE_EVERY (10 * MS_SECOND)
#define TURN_MOST (2 * MS_MINUTE)
#define BEHIND 10 /* on the scale of nice(1) */

/* --- rules ---------------------------------------------------------------------- */

static void
print_fault(void *arg, const char *file, const struct fault *fault)
{
	const char *site = arg, *meant = fault->meant;

	fprintf(stderr, "assentd: %s%s%s:%d:%d: %s%s%s%s\n", site, *site ? "/" : "", file,
	    fault->line, fault->column, fault->message, meant ? " (did you mean '" : "",
	    meant ? meant : "", meant ? "'?)" : "");
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
	facts_reader_free(self->reader);
	engine_free(self->engine);
	rules_unref(self->rules);
	dues_free(self->dues);
	self->reader = NULL;
	self->engine = NULL;
	self->rules = NULL;
	self->dues = NULL;
}

/* What was known about tickets, and how far they were looked at, was so by other rules. */
static void
begin_anew(struct ruling *self, struct rules *rules)
{
	struct err err;

	drop_engine(self);
	self->rules = rules;
	self->dues = dues_new();
	self->raised = 0;
	self->pause = 0;
	memset(self->told, 0, sizeof(self->told));
	memset(&self->all, 0, sizeof(self->all));
	memset(&self->late, 0, sizeof(self->late));
	self->all.wanted = true;
	if (engine_new(rules, &self->engine, &err) < 0)
		log_err(LOG_ERROR, "rules.failed", &err);
	else
		self->reader = facts_reader_new(rules);
}

/* Those in force now; after a change all tickets are looked at. */
static bool
has_engine(struct ruling *self)
{
	struct rules *rules;

	pthread_mutex_lock(&self->daemon->rules_lock);
	rules = rules_ref(self->daemon->rules);
	pthread_mutex_unlock(&self->daemon->rules_lock);
	if (rules == self->rules)
		rules_unref(rules);
	else
		begin_anew(self, rules);
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

	if (rc == 0)
		rc = facts_last_touched(tx, &self->touched, err);
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

/* Did something change that tickets do not tell of, and that rules read? */
static void
take_marks(struct ruling *self, const struct facts_marks *now)
{
	const struct facts_marks before = self->marks;
	const struct rules *r = self->rules;
	bool away = rules_use(r, FACT_OF_OWNER_AWAY);
	bool owners = away || rules_use(r, FACT_OF_OWNER) || rules_use(r, FACT_OF_ORGANISATION) ||
	    rules_use(r, FACT_OF_ORGANISATION_NAME);
	bool people =
	    rules_use(r, FACT_OF_LAST_MESSAGE_BY) || rules_use(r, FACT_OF_UNANSWERED_SINCE);

	self->marks = *now;
	self->all.wanted = self->all.wanted ||
	    (owners && now->organisations != before.organisations) ||
	    (people && now->staff != before.staff) || (away && now->absences != before.absences);
}

/* True when there may be more. */
static bool
look_at_events(struct ruling *self, const struct settings *settings)
{
	struct look look = { .ruling = self, .settings = settings };
	struct err err;

	if ((!self->began && db_read(self->daemon->db, NULL, begin_step, self, &err) < 0)) {
		log_err(LOG_ERROR, "rules.failed", &err);
		return false;
	}
	look.after = self->seen;
	look.touched = self->touched;
	if (db_read(self->daemon->db, NULL, ruling_events_step, &look, &err) < 0) {
		log_err(LOG_ERROR, "rules.failed", &err);
		return false;
	}
	if (!look.waits)
		take_marks(self, &look.marks);
	ruling_settle(&look);
	if (look.waits)
		return wait_more(self);
	self->seen = look.after;
	self->touched = look.touched;
	self->all.wanted = self->all.wanted || look.lost;
	save(self);
	return look.more;
}

/* --- sweeps ----------------------------------------------------------------------------- */

/* 1: something was looked at; 0: it has to wait for timers. */
static int
sweep_in(struct ruling *self, step_fn step, struct look *look)
{
	struct err err;

	if (db_read(self->daemon->db, NULL, step, look, &err) < 0) {
		log_err(LOG_ERROR, "rules.failed", &err);
		self->pause = clock_boot() + SWEEP_EVERY;
		return ERR_IO;
	}
	self->raised += ruling_settle(look);
	if (look->waits) {
		(void)wait_more(self);
		return 0;
	}
	if (self->raised >= SWEEP_RAISES) {
		self->raised = 0;
		self->pause = clock_boot() + SWEEP_EVERY;
	}
	return 1;
}

static void
end_all(struct ruling *self)
{
	span_ms now = clock_boot(), took = now - self->all.began;
	char tickets[24], ms[24];

	snprintf(tickets, sizeof(tickets), "%zu", self->all.seen);
	snprintf(ms, sizeof(ms), "%lld", (long long)took);
	log_line(LOG_DEBUG, "rules.looked_at_all", "tickets", tickets, "ms", ms, NULL);
	self->all.going = false;
	self->all.due = now + (took * SWEEP_SHARE > SWEEP_EVERY ? took * SWEEP_SHARE : SWEEP_EVERY);
}

/* True while it goes on. */
static bool
look_at_all(struct ruling *self, const struct settings *settings)
{
	struct look look = { .ruling = self, .settings = settings };

	if (!self->all.going) {
		self->all.wanted = false;
		self->all.going = true;
		self->all.after = (struct id){ 0 };
		self->all.began = clock_boot();
		self->all.seen = self->raised = 0;
	}
	look.after_id = self->all.after;
	if (sweep_in(self, ruling_all_step, &look) <= 0)
		return false;
	self->all.after = look.after_id;
	self->all.seen += look.looked;
	if (!look.more)
		end_all(self);
	return self->all.going && self->pause <= clock_boot();
}

/* One by one takes longer than all of them by the page. */
static bool
are_too_many(const struct ruling *self)
{
	size_t late = dues_late(self->dues, clock_now());

	return late > LATE_MOST && late > dues_count(self->dues) / LATE_PART;
}

/* The same, for those whose time has come. */
static bool
look_at_late(struct ruling *self, const struct settings *settings)
{
	struct look look = { .ruling = self, .settings = settings };

	if (!self->late.going && are_too_many(self)) {
		self->all.wanted = true;
		self->late.due = clock_boot() + SWEEP_EVERY;
		return self->all.due <= clock_boot();
	}
	if (!self->late.going) {
		self->late.going = true;
		self->late.after = -1;
		self->raised = 0;
	}
	look.after = self->late.after;
	if (sweep_in(self, ruling_late_step, &look) <= 0)
		return false;
	self->late.after = look.after;
	self->late.going = look.more;
	if (!look.more)
		self->late.due = clock_boot() + SWEEP_EVERY;
	return look.more && self->pause <= clock_boot();
}

/* True when there is more to do at once. */
static bool
sweep(struct ruling *self, const struct settings *settings)
{
	span_ms now = clock_boot();

	if (now < self->pause)
		return false;
	if (self->all.going || (self->all.wanted && now >= self->all.due))
		return look_at_all(self, settings);
	return (self->late.going || now >= self->late.due) && look_at_late(self, settings);
}

/* --- the thread --------------------------------------------------------------------------- */

/* Instants that are noted hold from when they were found on: not before. */
static void
check_clock(struct ruling *self)
{
	utc_ms now = clock_now();

	if (now + MS_MINUTE < self->newest)
		self->all.wanted = true;
	if (now > self->newest || now + MS_MINUTE < self->newest)
		self->newest = now;
}

bool
ruling_turn(struct ruling *self)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(self->daemon->settings);
	bool more;

	/* A packet is a mail that cannot be taken back: not by a clock that nobody believes. */
	if (!has_engine(self) || !clockwork_is_trusted(self->daemon->clockwork))
		return false;
	check_clock(self);
	self->waited = false;
	more = look_at_events(self, settings);
	more = sweep(self, settings) || more;
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
