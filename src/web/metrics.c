/* metrics: the page that Prometheus reads (text format 0.0.4). */
#include <assent/base/file.h>
#include <assent/base/health.h>
#include <assent/base/metric.h>
#include <assent/base/version.h>
#include <assent/web/monitor.h>
#include <assent/web/web.h>

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define COMMA(word) word,

static void
head(struct str *page, const char *name, const char *help, const char *type)
{
	str_addf(page, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

static void
gauge(struct str *page, const char *name, const char *help, int64_t value)
{
	head(page, name, help, "gauge");
	str_addf(page, "%s %" PRId64 "\n", name, value);
}

static bool
is_counter(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, "_total") == 0;
}

static void
add_rows(struct str *page)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const char *name = metric_name((enum metric)i);

		head(page, name, metric_help((enum metric)i),
		    is_counter(name) ? "counter" : "gauge");
		str_addf(page, "%s %" PRId64 "\n", name, metric_value((enum metric)i));
	}
}

/* --- histograms ------------------------------------------------------------ */

/* Seconds as a decimal, without the locale's comma or a double's noise. */
static void
add_seconds(struct str *page, uint64_t ns)
{
	str_addf(page, "%" PRIu64 ".%06" PRIu64, ns / 1000000000, ns % 1000000000 / 1000);
}

static void
add_histogram(struct str *page, enum histogram histogram)
{
	const char *name = histogram_name(histogram);
	struct histogram_now now = histogram_value(histogram);
	int64_t sum = 0;

	head(page, name, histogram_help(histogram), "histogram");
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += now.counts[i];
		str_addf(page, "%s_bucket{le=\"", name);
		if (i < HISTOGRAM_BUCKETS - 1)
			add_seconds(page, histogram_bound(i));
		else
			str_add(page, "+Inf");
		str_addf(page, "\"} %" PRId64 "\n", sum);
	}
	str_addf(page, "%s_sum ", name);
	add_seconds(page, (uint64_t)now.sum_ns);
	str_addf(page, "\n%s_count %" PRId64 "\n", name, sum);
}

/* --- the store -------------------------------------------------------------- */

static void
add_jobs(struct str *page, const struct site_gauges *g)
{
	head(page, "assentd_jobs", "Jobs by lane and state", "gauge");
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		const char *name = lane_name((enum lane)lane);

		str_addf(page, "assentd_jobs{lane=\"%s\",state=\"waiting\"} %" PRId64 "\n", name,
		    g->lanes[lane].due);
		str_addf(page, "assentd_jobs{lane=\"%s\",state=\"leased\"} %" PRId64 "\n", name,
		    g->lanes[lane].leased);
		str_addf(page, "assentd_jobs{lane=\"%s\",state=\"dead\"} %" PRId64 "\n", name,
		    g->lanes[lane].dead);
	}
}

static void
add_ages(struct str *page, const struct site_gauges *g, utc_ms now)
{
	head(page, "assentd_job_oldest_due_age_seconds",
	    "How long the first waiting job of a lane has been due; 0 while none is", "gauge");
	for (int lane = 0; lane < LANE_COUNT; lane++) {
		utc_ms oldest = g->lanes[lane].oldest;
		span_ms age = oldest != 0 && oldest < now ? now - oldest : 0;

		str_addf(page, "assentd_job_oldest_due_age_seconds{lane=\"%s\"} ",
		    lane_name((enum lane)lane));
		add_seconds(page, (uint64_t)age * 1000000);
		str_add_char(page, '\n');
	}
}

static void
add_packets(struct str *page, const struct escalation_gauges *g)
{
	head(page, "assentd_escalations_open", "Packets that wait for a person", "gauge");
	for (int i = 0; i < ESCALATION_PRIORITY_COUNT; i++) {
		const char *name = escalation_priority_names[i];

		str_addf(page,
		    "assentd_escalations_open{priority=\"%s\",state=\"pending\"} %" PRId64 "\n",
		    name, g->pending[i]);
		str_addf(page,
		    "assentd_escalations_open{priority=\"%s\",state=\"in_progress\"} %" PRId64 "\n",
		    name, g->in_progress[i]);
	}
	gauge(page, "assentd_escalations_overdue", "Open packets that are over their time",
	    g->overdue);
}

struct family { /* of one label */
	const char *name, *help, *label;
	const char *const *words;
	size_t count;
};

static void
add_family(struct str *page, const struct family *family, const int64_t *values)
{
	head(page, family->name, family->help, "gauge");
	for (size_t i = 0; i < family->count; i++)
		str_addf(page, "%s{%s=\"%s\"} %" PRId64 "\n", family->name, family->label,
		    family->words[i], values[i]);
}

static void
add_span(struct str *page, const char *name, const char *help, span_ms span)
{
	head(page, name, help, "gauge");
	str_addf(page, "%s ", name);
	add_seconds(page, (uint64_t)span * 1000000);
	str_add_char(page, '\n');
}

/* The same numbers that `assent escalation stats` has. */
static void
add_counted(struct web *web, struct str *page)
{
	static const struct family states = { "assentd_escalations", "All packets by state",
		"state", escalation_state_names, ESCALATION_STATE_COUNT };
	static const struct family priorities = { "assentd_escalations_of_priority",
		"All packets by priority", "priority", escalation_priority_names,
		ESCALATION_PRIORITY_COUNT };
	static const char *const reasons[MONITOR_REASONS] = { ESCALATION_REASONS(COMMA) "other" };
	static const struct family by_reason = { "assentd_escalations_of_reason",
		"All packets by reason", "reason", reasons, MONITOR_REASONS };
	struct monitor_packets packets;

	if (!monitor_packets(web, &packets))
		return;
	add_family(page, &states, packets.states);
	add_family(page, &priorities, packets.priorities);
	add_family(page, &by_reason, packets.reasons);
	add_span(page, "assentd_escalation_resolution_average_seconds",
	    "How long packets took until they were resolved", packets.average);
	add_span(page, "assentd_escalation_resolution_p95_seconds",
	    "Within how long 95 of 100 were resolved", packets.p95);
	add_span(page, "assentd_escalation_oldest_pending_age_seconds",
	    "How old the oldest pending packet is; 0 while none is", packets.oldest);
}

static void
add_store(struct web *web, struct str *page)
{
	struct site_gauges g;
	bool is_readable = monitor_gauges(web, &g);

	gauge(page, "assentd_store_readable", "1 while the database can be read", is_readable);
	if (!is_readable)
		return; /* old counts would look like a standstill */
	add_jobs(page, &g);
	add_ages(page, &g, web->now());
	head(page, "assentd_inbound", "Letters that wait, by status", "gauge");
	str_addf(page, "assentd_inbound{status=\"new\"} %" PRId64 "\n", g.inbound_new);
	str_addf(
	    page, "assentd_inbound{status=\"quarantined\"} %" PRId64 "\n", g.inbound_quarantined);
	head(
	    page, "assentd_outgoing", "Mails by status; maybe: sent or not, nobody knows", "gauge");
	str_addf(page, "assentd_outgoing{status=\"queued\"} %" PRId64 "\n", g.outgoing_queued);
	str_addf(page, "assentd_outgoing{status=\"maybe\"} %" PRId64 "\n", g.outgoing_maybe);
	gauge(page, "assentd_approvals_open", "Questions without an answer", g.approvals_open);
	add_packets(page, &g.packets);
	add_counted(web, page);
	gauge(page, "assentd_ledger_entries", "Entries of the ledger", g.ledger_entries);
}

static int64_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
add_disk(const struct settings *settings, struct str *page)
{
	AUTO(str_donep) struct str log = STR_INIT(8192);

	str_addf(&log, "%s-wal", settings->database);
	gauge(page, "assentd_database_bytes", "Size of the database", size_of(settings->database));
	gauge(page, "assentd_wal_bytes", "Size of the write-ahead log", size_of(str_text(&log)));
	gauge(page, "assentd_free_bytes", "Free disk space for the database; -1 unknown",
	    disk_free(settings->state_dir));
	gauge(page, "assentd_free_bytes_wanted", "Below this nothing is taken in",
	    settings->min_free);
}

/* --- the rest ---------------------------------------------------------------- */

static void
add_label(struct str *page, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			str_add_char(page, '\\');
		str_add_char(page, *value == '\n' ? ' ' : *value);
	}
}

static void
add_conditions(struct str *page)
{
	struct health items[HEALTH_MAX];
	size_t count = health_list(items, HEALTH_MAX);

	gauge(page, "assentd_ready", "1 while no condition makes us not ready", health_is_ready());
	head(page, "assentd_condition", "1 for each thing that is wrong now", "gauge");
	for (size_t i = 0; i < count && i < HEALTH_MAX; i++) {
		str_add(page, "assentd_condition{name=\"");
		add_label(page, items[i].name);
		str_add(page, "\"} 1\n");
	}
}

static void
add_self(const struct web *web, struct str *page)
{
	bool trusted = web->clock_trusted == NULL || web->clock_trusted(web->clock_arg);

	head(page, "assentd_build_info", "The program", "gauge");
	str_add(page, "assentd_build_info{version=\"" ASSENT_VERSION "\"} 1\n");
	gauge(page, "assentd_start_timestamp_seconds", "When the program started",
	    web->started / 1000);
	gauge(page, "assentd_clock_trusted", "1 while the wall clock is believed", trusted);
}

void
monitor_add_metrics(struct web *web, struct str *page)
{
	struct settings *settings = settings_get(web->settings);

	add_self(web, page);
	add_conditions(page);
	add_rows(page);
	add_store(web, page);
	add_disk(settings, page);
	if (web->more_metrics != NULL)
		web->more_metrics(web->more_arg, page);
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		add_histogram(page, (enum histogram)i);
	settings_unref(settings);
}
