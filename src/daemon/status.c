/* status: one line for `systemctl status`, and thrift while there is nothing to do. */
#include <assent/base/health.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/web/monitor.h>

#include "daemon/daemon_priv.h"

#define TELL_EVERY MS_MINUTE

/* The first that makes us not ready, else the first; false when all is well. */
static bool
worst(struct health *out)
{
	struct health items[HEALTH_MAX];
	size_t count = health_list(items, HEALTH_MAX);

	if (count == 0)
		return false;
	*out = items[0];
	for (size_t i = 0; i < count && i < HEALTH_MAX; i++)
		if (items[i].not_ready && !out->not_ready)
			*out = items[i];
	return true;
}

static void
add_counts(struct daemon *daemon, struct str *line)
{
	struct site_gauges g;
	int64_t waiting = 0, dead = 0;

	if (!monitor_gauges(&daemon->web, &g)) {
		str_add(line, "the database cannot be read");
		return;
	}
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		waiting += g.lanes[lane].due;
		dead += g.lanes[lane].dead;
	}
	str_addf(line,
	    "%lld open questions, %lld letters to read, %lld mails to send, %lld jobs waiting",
	    (long long)g.approvals_open, (long long)g.inbound_new, (long long)g.outgoing_queued,
	    (long long)waiting);
	if (dead > 0)
		str_addf(line, ", %lld given up", (long long)dead);
}

void
status_tick(struct daemon *daemon)
{
	AUTO(str_donep) struct str line = STR_INIT(4096);
	struct status_told *told = &daemon->status_told;
	uint64_t version = health_version();
	span_ms boot = clock_boot();
	struct health bad;

	if (told->at != 0 && told->seen == version && boot - told->at < TELL_EVERY)
		return;
	told->at = boot;
	told->seen = version;
	str_add(&line, "STATUS=");
	if (worst(&bad)) {
		str_addf(&line, "%s%s: ", bad.not_ready ? "not ready: " : "", bad.name);
		utf8_add_line(&line, bad.text, sizeof(bad.text));
		str_add(&line, "; ");
	}
	add_counts(daemon, &line);
	notify_manager(str_text(&line));
}

/* --- memory ---------------------------------------------------------------- */

#define BUSY 50 /* steps or requests; less is housekeeping */

static int64_t
work_done(void)
{
	return metric_value(METRIC_STEPS) + metric_value(METRIC_HTTP_REQUESTS);
}

/* Once after each busy time, when a whole tick was quiet. */
void
thrift_tick(struct daemon *daemon)
{
	struct thrift *thrift = &daemon->thrift;
	int64_t now = work_done(), lately = now - thrift->last;

	thrift->last = now;
	if (now - thrift->trimmed < BUSY || lately >= BUSY)
		return;
	db_trim(daemon->db);
	mem_trim();
	thrift->trimmed = work_done();
}
