/* alerts: the conditions that nobody else raises, and the operator's mails about all. */
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/flow/alert.h>
#include <assent/store/alert.h>
#include <assent/store/hold.h>

#include "daemon/daemon_priv.h"

/* After a start some conditions take a while to be met again; they have not ended. */
#define SETTLED (10 * MS_MINUTE)
/* What lies about longer is told by `assent status` alone. */
#define RECENT MS_DAY

static void
set(const char *name, bool bad, bool not_ready, const char *text)
{
	if (bad)
		health_bad(name, not_ready, clock_now(), "%s", text);
	else
		health_good(name);
}

/* --- what is wrong ------------------------------------------------------------ */

static void
look_at_disk(const struct settings *settings)
{
	int64_t room = disk_free(settings->state_dir);
	char text[HEALTH_TEXT_SIZE];

	snprintf(text, sizeof(text),
	    "there is less than min_free (%lld MiB) of free space under %.200s: no mail and no "
	    "webhook is taken in, decisions go on; make room there",
	    (long long)(settings->min_free >> 20), settings->state_dir);
	set("disk", room >= 0 && room < settings->min_free, true, text);
}

static void
look_at_clock(struct daemon *daemon)
{
	set("clock", !clockwork_is_trusted(daemon->clockwork), false,
	    "the clock jumped and nothing confirmed it: nothing expires meanwhile; set it right, "
	    "or run: assent clock accept");
}

struct trouble {
	struct alert_trouble found;
	utc_ms since;
	bool held;
};

static int
trouble_step(struct tx *tx, void *arg, struct err *err)
{
	struct trouble *trouble = arg;
	int rc = alert_trouble(tx, trouble->since, &trouble->found, err);

	return rc < 0 ? rc : hold_get(tx, &trouble->held, NULL, err);
}

static void
say_hold(struct daemon *daemon, bool held)
{
	if (held == daemon->alerts.held)
		return;
	daemon->alerts.held = held;
	if (held)
		log_line(LOG_WARN, "hold.on", "effect", "nothing is sent", "remedy",
		    "look, then run: assent release", NULL);
	else
		log_line(LOG_NOTICE, "hold.off", NULL);
}

static void
look_at_database(struct daemon *daemon)
{
	struct trouble trouble = { .since = clock_now() - RECENT };
	char text[HEALTH_TEXT_SIZE];
	struct err err;

	if (db_read(daemon->db, NULL, trouble_step, &trouble, &err) < 0) {
		log_err(LOG_WARN, "alerts.failed", &err);
		return;
	}
	snprintf(text, sizeof(text),
	    "%lld job(s) were given up in the last day; look at them with: assent job list --dead",
	    (long long)trouble.found.jobs_dead);
	set("jobs", trouble.found.jobs_dead > 0, false, text);
	snprintf(text, sizeof(text),
	    "%lld mail(s) of the last day could not be read and are in quarantine; look at them "
	    "with: assent inbound list --quarantined",
	    (long long)trouble.found.quarantined);
	set("quarantine", trouble.found.quarantined > 0, false, text);
	snprintf(text, sizeof(text),
	    "%lld workflow(s) did not take it in the last day that their packet was resolved; "
	    "assent escalation show says why, and assent escalation resume tries again",
	    (long long)trouble.found.resumes_failed);
	set("workflows", trouble.found.resumes_failed > 0, false, text);
	set("hold", trouble.held, false,
	    "nothing is sent until somebody has looked and run: assent release");
	say_hold(daemon, trouble.held);
}

/* --- telling -------------------------------------------------------------------- */

struct telling {
	const struct settings *settings;
	struct alert_look look;
};

static int
tell_step(struct tx *tx, void *arg, struct err *err)
{
	struct telling *telling = arg;
	struct desk desk = { tx, &telling->settings->policy, clock_now(), true };

	return alert_look(&desk, &telling->look, err);
}

static bool
is_due(struct daemon *daemon, uint64_t version)
{
	struct alerts *alerts = &daemon->alerts;
	bool first = alerts->began == 0;

	if (first)
		alerts->began = clock_boot();
	alerts->settled = clock_boot() - alerts->began >= SETTLED;
	return first || alerts->waits || version != alerts->seen;
}

static void
tell(struct daemon *daemon, const struct settings *settings)
{
	struct health on[HEALTH_MAX];
	uint64_t version = health_version();
	struct telling telling = { .settings = settings };
	struct err err;

	if (!is_due(daemon, version))
		return;
	telling.look = (struct alert_look){
		.conditions = on,
		.count = health_list(on, HEALTH_MAX),
		.settled = daemon->alerts.settled,
		.silent = daemon->alerts.held,
	};
	if (db_step(daemon->db, tell_step, &telling, &err) < 0) {
		log_err(LOG_DEBUG, "alerts.failed", &err);
		return;
	}
	daemon->alerts.seen = version;
	daemon->alerts.waits = telling.look.waits;
}

void
alerts_tick(struct daemon *daemon)
{
	struct settings *settings = settings_get(daemon->settings);

	look_at_disk(settings);
	look_at_clock(daemon);
	look_at_database(daemon);
	tell(daemon, settings);
	settings_unref(settings);
}
