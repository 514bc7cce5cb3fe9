#include "help_http.h"
#include "help_store.h"

#include <assent/base/file.h>
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/web/monitor.h>
#include <assent/web/web.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct kit {
	struct store store;
	struct web web;
	struct http_route routes[3];
	struct http_server *server;
};

static span_ms boot_now = 1000000;

static utc_ms
t0(void)
{
	return T0;
}

static span_ms
boot(void)
{
	return boot_now;
}

static void
write_file(const char *folder, const char *name, const struct str *text)
{
	struct str path = STR_INIT(400);
	struct err err;

	str_addf(&path, "%s/%s", folder, name);
	must(file_write(str_text(&path), str_text(text), text->len, 0600, &err), 0, &err, name,
	    __FILE__, __LINE__);
	str_done(&path);
}

/* metrics_from: a YAML list. */
static struct settings *
load(const char *folder, const char *metrics_from)
{
	struct faults *faults = faults_new("assentd.yaml");
	struct str text = STR_INIT(64 << 10);
	struct settings *settings = NULL;
	char path[300];
	struct err err;

	settings_add_site_keys(&text);
	write_file(folder, SETTINGS_SITE_KEYS, &text);
	str_clear(&text);
	settings_add_signing_key(&text);
	write_file(folder, SETTINGS_SIGNING_KEY, &text);
	str_clear(&text);
	str_addf(&text,
	    "agent: {email: desk@help.example}\nmailboxes: [{name: in, maildir: in}]\n"
	    "outgoing: {maildir: out}\nhttp: {metrics_from: %s}\n",
	    metrics_from);
	write_file(folder, "assentd.yaml", &text);
	str_done(&text);
	snprintf(path, sizeof(path), "%s/assentd.yaml", folder);
	must(settings_load(path, &settings, faults, &err), 0, &err, path, __FILE__, __LINE__);
	faults_free(faults);
	return settings;
}

static void
use_settings(struct kit *kit, const char *metrics_from)
{
	struct settings *settings = load(kit->store.folder, metrics_from);

	settings_slot_free(kit->web.settings);
	kit->web.settings = settings_slot_new(settings);
}

static int
setup(void **state)
{
	struct kit *kit = mem_alloc(sizeof(*kit));
	struct err err;

	health_reset();
	metric_set(METRIC_STORE_FAILING, 0);
	store_make(&kit->store);
	must(store_open(&kit->store, DB_SERVER, &err), 0, &err, "db", __FILE__, __LINE__);
	kit->web = (struct web){ .db = kit->store.db, .now = t0, .boot = boot, .started = T0 };
	pthread_mutex_init(&kit->web.monitor.lock, NULL);
	pthread_mutex_init(&kit->web.monitor.counted.lock, NULL);
	use_settings(kit, "[127.0.0.0/8]");
	kit->routes[0] = (struct http_route){ "GET", "/healthz", monitor_alive, &kit->web, 0 };
	kit->routes[1] = (struct http_route){ "GET", "/readyz", monitor_ready, &kit->web, 0 };
	kit->routes[2] = (struct http_route){ "GET", "/metrics", monitor_metrics, &kit->web, 0 };
	kit->server = site_start(SITE(kit->routes));
	*state = kit;
	return 0;
}

static int
teardown(void **state)
{
	struct kit *kit = *state;

	http_server_stop(kit->server, 1000);
	store_close(&kit->store);
	settings_slot_free(kit->web.settings);
	pthread_mutex_destroy(&kit->web.monitor.lock);
	pthread_mutex_destroy(&kit->web.monitor.counted.lock);
	store_remove(&kit->store);
	mem_free(kit);
	health_reset();
	return 0;
}

static struct reply
ask(struct kit *kit, const char *path, const char *headers)
{
	char request[400];

	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, headers);
	return client_ask(http_server_port(kit->server, 0), request);
}

static void
says(struct kit *kit, const char *path, int status, const char *want)
{
	struct reply reply = ask(kit, path, "");

	assert_int_equal(reply.status, status);
	if (strstr(reply.body, want) == NULL)
		fail_msg("%s says\n%s\nand not\n%s", path, reply.body, want);
	reply_done(&reply);
}

static void
who_is_well_is_ready(void **state)
{
	says(*state, "/healthz", 200, "ok\n");
	says(*state, "/readyz", 200, "ready\n");
	says(*state, "/metrics", 200, "\nassentd_ready 1\n");
}

static void
a_condition_is_told_and_some_make_us_not_ready(void **state)
{
	health_bad("mailbox:desk", false, T0, "one child died");
	says(*state, "/readyz", 200,
	    "ready\nnote mailbox:desk since 2023-11-14T22:13:20.000Z: one child died\n");
	health_bad("disk", true, T0, "full of\nlines\xff");
	says(*state, "/readyz", 503, "not ready\nnote mailbox:desk");
	says(*state, "/readyz", 503,
	    "bad disk since 2023-11-14T22:13:20.000Z: full of lines\xef\xbf\xbd\n");
	says(*state, "/metrics", 200, "\nassentd_ready 0\n");
	says(*state, "/metrics", 200, "\nassentd_condition{name=\"disk\"} 1\n");
}

static void
json_is_for_who_asks_for_it(void **state)
{
	struct reply reply;

	health_bad("disk", true, T0, "say \"full\"");
	reply = ask(*state, "/readyz", "Accept: application/json\r\n");
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
	assert_string_equal(reply.body,
	    "{\"ready\":false,\"conditions\":[{\"name\":\"disk\",\"not_ready\":true,"
	    "\"since\":\"2023-11-14T22:13:20.000Z\",\"text\":\"say \\\"full\\\"\"}]}\n");
	reply_done(&reply);
}

static void
a_store_that_cannot_commit_is_not_ready(void **state)
{
	metric_set(METRIC_STORE_FAILING, 1);
	says(*state, "/readyz", 503, "bad store since");
	metric_set(METRIC_STORE_FAILING, 0);
	says(*state, "/readyz", 200, "ready\n");
}

static void
a_label_cannot_break_its_line(void **state)
{
	health_bad("a\"b\\c\nassentd_ready 7", true, T0, "x");
	says(*state, "/metrics", 200,
	    "\nassentd_condition{name=\"a\\\"b\\\\c assentd_ready 7\"} 1\n");
}

static void
a_histogram_adds_up(void **state)
{
	histogram_observe(HISTOGRAM_STEP, 700000);
	says(*state, "/metrics", 200, "\nassentd_store_step_seconds_bucket{le=\"0.001000\"} 1\n");
	says(*state, "/metrics", 200, "\nassentd_store_step_seconds_bucket{le=\"+Inf\"} 1\n");
	says(*state, "/metrics", 200, "\nassentd_store_step_seconds_bucket{le=\"0.000500\"} 0\n");
	says(*state, "/metrics", 200, "\nassentd_store_step_seconds_sum 0.000700\n");
	says(*state, "/metrics", 200, "\nassentd_store_step_seconds_count 1\n");
}

static int
add_job(struct tx *tx, void *arg, struct err *err)
{
	const struct job job = { .id = id_of(1),
		.kind = "send",
		.lane = LANE_OUTGOING,
		.payload = "{}",
		.serial = "",
		.due = T0 - 90500,
		.created = T0 };

	(void)arg;
	return job_add(tx, &job, err);
}

static void
one_snapshot_serves_five_seconds(void **state)
{
	static const char none[] = "\nassentd_jobs{lane=\"outgoing\",state=\"waiting\"} 0\n";
	struct kit *kit = *state;

	says(kit, "/metrics", 200, none);
	store_step(&kit->store, add_job, NULL);
	boot_now += MONITOR_KEEP - 1;
	says(kit, "/metrics", 200, none);
	boot_now += 1;
	says(kit, "/metrics", 200, "\nassentd_jobs{lane=\"outgoing\",state=\"waiting\"} 1\n");
	says(kit, "/metrics", 200,
	    "\nassentd_job_oldest_due_age_seconds{lane=\"outgoing\"} 90.500000\n");
	says(kit, "/metrics", 200,
	    "\nassentd_job_oldest_due_age_seconds{lane=\"clock\"} 0.000000\n");
}

static struct escalation
packet(unsigned n, const char *state, const char *reason, span_ms took)
{
	return (struct escalation){ .id = id_of(n),
		.organisation = "",
		.title = "x",
		.entity_type = "",
		.entity_id = "",
		.workflow = "",
		.failed_step = "",
		.reason = reason,
		.missing = "[]",
		.priority = "high",
		.risk = "",
		.artifacts = "[]",
		.resume_token = "",
		.suggest = "",
		.texts = "{}",
		.rule = "",
		.once_key = "",
		.source = "operator",
		.first_to = "",
		.levels = "[]",
		.state = state,
		.to = "",
		.assignee = "",
		.created = T0 - 90500,
		.acked_by = "",
		.action = "",
		.notes = "",
		.override_json = "",
		.resolved_by = "",
		.took = took };
}

static int
add_packets(struct tx *tx, void *arg, struct err *err)
{
	const struct escalation packets[] = {
		packet(1, "pending", "timeout", 0),
		packet(2, "resolved", "timeout", 10 * MS_MINUTE),
		packet(3, "resolved", "of_our_own", 20 * MS_MINUTE),
		packet(4, "resolved", "own_too", 30 * MS_MINUTE),
	};
	int rc = 0;

	(void)arg;
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(packets); i++)
		rc = escalation_add(tx, &packets[i], err);
	return rc;
}

static void
packets_are_counted_by_state_priority_and_reason(void **state)
{
	static const char *const lines[] = {
		"\nassentd_escalations{state=\"pending\"} 1\n",
		"\nassentd_escalations{state=\"resolved\"} 3\n",
		"\nassentd_escalations_of_priority{priority=\"high\"} 4\n",
		"\nassentd_escalations_of_priority{priority=\"low\"} 0\n",
		"\nassentd_escalations_of_reason{reason=\"timeout\"} 2\n",
		"\nassentd_escalations_of_reason{reason=\"other\"} 2\n",
		"\nassentd_escalation_resolution_average_seconds 1200.000000\n",
		"\nassentd_escalation_resolution_p95_seconds 1800.000000\n",
		"\nassentd_escalation_oldest_pending_age_seconds 90.500000\n",
	};
	struct kit *kit = *state;

	says(kit, "/metrics", 200, "\nassentd_escalation_oldest_pending_age_seconds 0.000000\n");
	store_step(&kit->store, add_packets, NULL);
	says(kit, "/metrics", 200, "\nassentd_escalations{state=\"pending\"} 0\n");
	boot_now += MONITOR_KEEP;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		says(kit, "/metrics", 200, lines[i]);
}

static const struct {
	const char *ranges, *peer;
	bool allowed;
} peers[] = {
	{ "[10.1.0.0/16]", "10.1.255.255", true },
	{ "[10.1.0.0/16]", "10.2.0.0", false },
	{ "[10.0.0.0/15]", "10.1.0.1", true },
	{ "[10.0.0.0/15]", "10.2.0.1", false },
	{ "[10.1.2.3/32]", "10.1.2.3", true },
	{ "[10.1.2.3/32]", "10.1.2.2", false },
	{ "[0.0.0.0/0]", "203.0.113.9", true },
	{ "[0.0.0.0/0]", "2001:db8::1", false },
	{ "[\"2001:db8::/33\"]", "2001:db8:7fff::1", true },
	{ "[\"2001:db8::/33\"]", "2001:db8:8000::1", false },
	{ "[\"2001:db8::/33\"]", "203.0.113.9", false },
	{ "[]", "203.0.113.9", false },
	{ "[0.0.0.0/0]", "", false },
	{ "[0.0.0.0/0]", "nobody", false },
};

static void
the_ranges_say_who_may_read(void **state)
{
	struct kit *kit = *state;

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct http_request rq = { .peer = peers[i].peer };

		use_settings(kit, peers[i].ranges);
		if (monitor_is_allowed(&kit->web, &rq) != peers[i].allowed)
			fail_msg("%s from %s", peers[i].ranges, peers[i].peer);
		rq.over_unix = true;
		assert_true(monitor_is_allowed(&kit->web, &rq));
	}
}

static void
reasons_are_not_for_everybody(void **state)
{
	struct kit *kit = *state;
	struct reply reply;

	use_settings(kit, "[]");
	health_bad("disk", true, T0, "full");
	reply = ask(kit, "/readyz", "");
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply.body, "not ready\n");
	reply_done(&reply);
	says(kit, "/metrics", 404, "not found\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_histogram_adds_up),
		TEST(who_is_well_is_ready),
		TEST(a_condition_is_told_and_some_make_us_not_ready),
		TEST(json_is_for_who_asks_for_it),
		TEST(a_store_that_cannot_commit_is_not_ready),
		TEST(a_label_cannot_break_its_line),
		TEST(one_snapshot_serves_five_seconds),
		TEST(packets_are_counted_by_state_priority_and_reason),
		TEST(the_ranges_say_who_may_read),
		TEST(reasons_are_not_for_everybody),
	};

	log_set_level((enum log_level)(LOG_ERROR + 1));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
