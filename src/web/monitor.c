#include <assent/web/monitor.h>

#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/utf8.h>
#include <assent/base/zone.h>
#include <assent/web/web.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define JSON_TYPE "application/json"

/* --- who may know -------------------------------------------------------- */

static bool
range_has(const struct ip_range *range, const uint8_t *address, size_t length)
{
	int whole = range->bits / 8, rest = range->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (range->length != length || memcmp(range->address, address, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((range->address[whole] ^ address[whole]) & mask) == 0;
}

static bool
list_has(const struct range_list *list, const char *peer)
{
	uint8_t address[16];
	size_t length = 4;

	if (inet_pton(AF_INET, peer, address) != 1) {
		length = 16;
		if (inet_pton(AF_INET6, peer, address) != 1)
			return false;
	}
	for (size_t i = 0; i < list->count; i++)
		if (range_has(&list->items[i], address, length))
			return true;
	return false;
}

/*
 * Why a forwarded request is never from this machine: a proxy on loopback that
 * nobody listed under trusted_proxies would open /metrics to the whole world.
 */
static bool
is_forwarded_from_here(const struct http_request *rq)
{
	static const char *const marks[] = { "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via" };

	if (!text_starts(rq->peer, "127.") && !text_is(rq->peer, "::1"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (http_header(rq, marks[i]) != NULL)
			return true;
	return false;
}

bool
monitor_is_allowed(struct web *web, const struct http_request *rq)
{
	AUTO(settings_unrefp) struct settings *settings = NULL;

	if (rq->over_unix)
		return true;
	settings = settings_get(web->settings);
	return !is_forwarded_from_here(rq) && list_has(&settings->metrics_from, rq->peer);
}

/* --- what the store says ------------------------------------------------- */

struct gauging {
	struct site_gauges out;
	utc_ms now;
};

static int
read_gauges(struct tx *tx, void *arg, struct err *err)
{
	struct gauging *gauging = arg;
	int rc = site_gauge(tx, &gauging->out, err);

	return rc < 0 ? rc : escalation_gauge(tx, gauging->now, &gauging->out.packets, err);
}

/* Under lock, so that many who ask at once make one snapshot. */
static void
refresh(struct web *web, struct monitor *monitor)
{
	struct gauging gauging = { .now = web->now() };
	struct err err;
	int rc = db_read(web->db, NULL, read_gauges, &gauging, &err);

	if (rc < 0 && monitor->is_readable)
		log_err(LOG_ERROR, "store.unreadable", &err);
	monitor->is_readable = rc == 0;
	monitor->is_known = true;
	monitor->at = web->boot();
	if (rc == 0)
		monitor->kept = gauging.out;
}

bool
monitor_gauges(struct web *web, struct site_gauges *out)
{
	struct monitor *monitor = &web->monitor;
	bool is_readable;

	pthread_mutex_lock(&monitor->lock);
	if (!monitor->is_known || web->boot() - monitor->at >= MONITOR_KEEP)
		refresh(web, monitor);
	*out = monitor->kept;
	is_readable = monitor->is_readable;
	pthread_mutex_unlock(&monitor->lock);
	return is_readable;
}

/* --- packets ------------------------------------------------------------- */

struct counting {
	struct monitor_packets out;
	utc_ms now;
};

static span_ms
of_minutes(double minutes)
{
	return (span_ms)(minutes * (double)MS_MINUTE + 0.5);
}

/* Words of a site's own are one: how many series there are is not up to those who write. */
static void
add_reason(struct monitor_packets *out, const struct escalation_count *reason)
{
	size_t i = 0;

	while (i < escalation_reason_count && !text_is(escalation_reasons[i], reason->word))
		i++;
	out->reasons[i] += reason->n;
}

static int
count_packets(struct tx *tx, void *arg, struct err *err)
{
	struct counting *counting = arg;
	const struct escalation_period all = { .now = counting->now };
	struct monitor_packets *out = &counting->out;
	struct escalation_stats stats;
	int rc = escalation_stats(tx, &all, &stats, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < ESCALATION_STATE_COUNT; i++)
		out->states[i] = stats.states[i].n;
	for (int i = 0; i < ESCALATION_PRIORITY_COUNT; i++)
		out->priorities[i] = stats.priorities[i].n;
	for (size_t i = 0; i < stats.reason_count; i++)
		add_reason(out, &stats.reasons[i]);
	out->average = of_minutes(stats.average_minutes);
	out->p95 = of_minutes(stats.p95_minutes);
	out->oldest = of_minutes(stats.oldest_pending_hours * 60);
	return 0;
}

bool
monitor_packets(struct web *web, struct monitor_packets *out)
{
	struct monitor_counted *counted = &web->monitor.counted;
	bool is_readable;

	pthread_mutex_lock(&counted->lock);
	if (!counted->is_known || web->boot() - counted->at >= MONITOR_KEEP) {
		struct counting counting = { .now = web->now() };

		/* What cannot be read is logged with the gauges. */
		counted->is_readable = db_read(web->db, NULL, count_packets, &counting, NULL) == 0;
		counted->is_known = true;
		counted->at = web->boot();
		counted->kept = counting.out;
	}
	*out = counted->kept;
	is_readable = counted->is_readable;
	pthread_mutex_unlock(&counted->lock);
	return is_readable;
}

/* --- /healthz and /readyz ------------------------------------------------ */

enum http_when
monitor_alive(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)rq;
	(void)arg;
	http_answer_text(answer, 200, "ok\n");
	return HTTP_NOW;
}

/* The conditions of base/health.h and the two that only a look at the store shows. */
struct report {
	struct health items[HEALTH_MAX + 2];
	size_t count;
	bool is_ready;
};

static void
add_store(struct web *web, struct report *report, const char *text)
{
	struct health *health = &report->items[report->count++];

	*health = (struct health){ .name = "store", .since = web->now(), .not_ready = true };
	memcpy(health->text, text, strlen(text) + 1);
}

static void
gather(struct web *web, struct report *report)
{
	struct site_gauges gauges;

	report->count = health_list(report->items, HEALTH_MAX);
	if (report->count > HEALTH_MAX)
		report->count = HEALTH_MAX;
	if (!monitor_gauges(web, &gauges))
		add_store(web, report, "the database cannot be read; the log says why");
	if (metric_value(METRIC_STORE_FAILING) != 0)
		add_store(web, report,
		    "the last transaction could not be committed; the log says why, and nothing "
		    "was acknowledged that is not stored");
	report->is_ready = true;
	for (size_t i = 0; i < report->count; i++)
		report->is_ready = report->is_ready && !report->items[i].not_ready;
}

struct line { /* one condition, fit to be shown */
	struct str since, text;
};

/* A sentence may quote a peer's, and be clipped inside a character. */
static void
line_fill(struct line *line, const struct health *health)
{
	str_clear(&line->since);
	str_clear(&line->text);
	utc_add_iso(&line->since, health->since);
	utf8_add_line(&line->text, health->text, HEALTH_TEXT_SIZE);
}

static void
add_lines(const struct report *report, struct str *page)
{
	struct line line = { STR_INIT(64), STR_INIT(4 * HEALTH_TEXT_SIZE) };

	str_add(page, report->is_ready ? "ready\n" : "not ready\n");
	for (size_t i = 0; i < report->count; i++) {
		const struct health *health = &report->items[i];

		line_fill(&line, health);
		str_addf(page, "%s %s since %s: %s\n", health->not_ready ? "bad" : "note",
		    health->name, str_text(&line.since), str_text(&line.text));
	}
	str_done(&line.since);
	str_done(&line.text);
}

static int
add_chunk(const char *bytes, size_t n, void *page)
{
	str_add_n(page, bytes, n);
	return 0;
}

static void
add_json(const struct report *report, struct str *page)
{
	struct line line = { STR_INIT(64), STR_INIT(4 * HEALTH_TEXT_SIZE) };
	json_t *list = json_array(), *out;

	for (size_t i = 0; i < report->count; i++) {
		const struct health *health = &report->items[i];

		line_fill(&line, health);
		json_array_append_new(list,
		    json_pack("{s:s, s:b, s:s, s:s}", "name", health->name, "not_ready",
			(int)health->not_ready, "since", str_text(&line.since), "text",
			str_text(&line.text)));
	}
	out = json_pack("{s:b, s:o}", "ready", (int)report->is_ready, "conditions", list);
	json_dump_callback(out, add_chunk, page, JSON_COMPACT);
	str_add_char(page, '\n');
	json_decref(out);
	str_done(&line.since);
	str_done(&line.text);
}

static bool
wants_json(const struct http_request *rq)
{
	const char *accept = http_header(rq, "Accept");

	return accept != NULL && text_find_nocase(accept, JSON_TYPE) != NULL;
}

enum http_when
monitor_ready(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct web *web = arg;
	struct report *report = arena_alloc(rq->arena, sizeof(*report));
	bool as_json = wants_json(rq);

	gather(web, report);
	if (!monitor_is_allowed(web, rq))
		report->count = 0;
	if (as_json)
		add_json(report, rq->page);
	else
		add_lines(report, rq->page);
	http_answer_page(answer, rq, report->is_ready ? 200 : 503, as_json ? JSON_TYPE : TEXT_TYPE);
	return HTTP_NOW;
}

/* --- /metrics ------------------------------------------------------------ */

enum http_when
monitor_metrics(struct http_request *rq, struct http_answer *answer, void *arg)
{
	if (!monitor_is_allowed(arg, rq)) {
		http_answer_text(answer, 404, "not found\n");
		return HTTP_NOW;
	}
	monitor_add_metrics(arg, rq->page);
	http_answer_page(answer, rq, 200, METRICS_TYPE);
	return HTTP_NOW;
}
