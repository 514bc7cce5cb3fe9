#include "help_http.h"
#include "help_store.h"

#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>
#include <assent/web/control.h>
#include <assent/web/web.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct kit {
	struct store store;
	struct web web;
	struct http_route routes[1];
	struct http_server *server;
	char control[300];
};

static utc_ms
t0(void)
{
	return T0;
}

static void
write_file(const char *folder, const char *name, void (*add)(struct str *out))
{
	struct str text = STR_INIT(64 << 10), path = STR_INIT(400);
	struct err err;

	add(&text);
	str_addf(&path, "%s/%s", folder, name);
	must(file_write(str_text(&path), str_text(&text), text.len, 0600, &err), 0, &err, name,
	    __FILE__, __LINE__);
	str_done(&text);
	str_done(&path);
}

static void
smallest(struct str *out)
{
	str_add(out,
	    "agent: {email: desk@help.example}\n"
	    "mailboxes: [{name: in, maildir: in}]\n"
	    "outgoing: {maildir: out}\n");
}

static struct settings *
load(const char *folder)
{
	struct faults *faults = faults_new("assentd.yaml");
	struct settings *settings = NULL;
	char path[300];
	struct err err;

	write_file(folder, SETTINGS_SITE_KEYS, settings_add_site_keys);
	write_file(folder, SETTINGS_SIGNING_KEY, settings_add_signing_key);
	write_file(folder, "assentd.yaml", smallest);
	snprintf(path, sizeof(path), "%s/assentd.yaml", folder);
	must(settings_load(path, &settings, faults, &err), 0, &err, path, __FILE__, __LINE__);
	faults_free(faults);
	return settings;
}

static int
setup(void **state)
{
	struct kit *kit = mem_alloc(sizeof(*kit));
	struct err err;
	int fd;

	store_make(&kit->store);
	must(store_open(&kit->store, DB_SERVER, &err), 0, &err, "db", __FILE__, __LINE__);
	kit->web = (struct web){ .db = kit->store.db,
		.settings = settings_slot_new(load(kit->store.folder)),
		.now = t0 };
	kit->routes[0] = (struct http_route){ "POST", "/api/v1/verbs/{}", control_handle, &kit->web,
		CONTROL_BODY_MAX };
	snprintf(kit->control, sizeof(kit->control), "%s/control", kit->store.folder);
	must(
	    http_unix_socket(kit->control, 0600, &fd, &err), 0, &err, "socket", __FILE__, __LINE__);
	kit->server = site_start(SITE(kit->routes, .sockets = &fd, .socket_count = 1));
	*state = kit;
	return 0;
}

static int
teardown(void **state)
{
	struct kit *kit = *state;

	http_server_stop(kit->server, 1000);
	unlink(kit->control);
	store_close(&kit->store);
	settings_slot_free(kit->web.settings);
	store_remove(&kit->store);
	mem_free(kit);
	return 0;
}

static void
request(struct str *out, const char *verb, const char *body)
{
	str_addf(out,
	    "POST /api/v1/verbs/%s HTTP/1.1\r\nHost: control\r\nContent-Length: %zu\r\n"
	    "Content-Type: application/json\r\nConnection: close\r\n\r\n%s",
	    verb, strlen(body), body);
}

/* The answer's object; *status gets its status. */
static json_t *
ask(struct kit *kit, const char *verb, const char *body, int *status)
{
	struct str text = STR_INIT(2 << 20);
	int fd = client_unix(kit->control);
	struct reply reply;
	json_t *json;

	request(&text, verb, body);
	client_send(fd, str_text(&text));
	reply = client_read(fd, false);
	close(fd);
	str_done(&text);
	*status = reply.status;
	assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
	json = json_loadb(reply.body, reply.body_len, 0, NULL);
	assert_non_null(json);
	reply_done(&reply);
	return json;
}

static int
read_accepted(struct tx *tx, void *arg, struct err *err)
{
	const char *value;
	int rc = site_get(tx, "clock.accepted", &value, err);

	if (rc == 0)
		snprintf(arg, 40, "%s", value);
	return rc;
}

static void
a_verb_runs_and_is_durable_before_its_answer(void **state)
{
	struct kit *kit = *state;
	char accepted[40];
	struct err err;
	int status;
	json_t *json = ask(kit, "clock.accept", "{}", &status);

	assert_int_equal(status, 200);
	assert_string_equal(json_string_value(json_object_get(json, "clock")), "accepted");
	json_decref(json);
	must(db_read(kit->store.db, NULL, read_accepted, accepted, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	assert_string_equal(accepted, "1700000000000");
}

static void
no_body_is_no_arguments(void **state)
{
	int status;
	json_t *json = ask(*state, "clock.accept", "", &status);

	assert_int_equal(status, 200);
	json_decref(json);
}

static int
add_job(struct tx *tx, void *arg, struct err *err)
{
	struct job job = {
		.id = id_of(7),
		.kind = "remind",
		.lane = LANE_CLOCK,
		.payload = "{}",
		.serial = "",
		.due = T0,
		.created = T0,
	};

	(void)arg;
	return job_add(tx, &job, err);
}

static void
what_is_wrong_is_said_with_a_code_and_a_sentence(void **state)
{
	static const struct {
		const char *verb, *body;
		int status;
		const char *code, *message;
	} cases[] = {
		{ "job.dance", "{}", 404, "not-found", "there is no verb \"job.dance\"" },
		{ "job.retry", "{", 400, "invalid", "the arguments are not JSON" },
		{ "job.retry", "[]", 400, "invalid", "the arguments must be a JSON object" },
		{ "job.retry", "{\"job\":1,\"job\":2}", 400, "invalid", "duplicate" },
		{ "job.retry", "{\"job\":\"x\"}", 400, "invalid", "\"x\" is not the id of a job" },
		{ "job.retry", "{\"job\":\"01020304-0506-7000-8000-000000000063\"}", 404,
		    "not-found", "there is no such job" },
		{ "job.retry", "{\"job\":\"01020304-0506-7000-8000-000000000007\"}", 409,
		    "conflict", "the job is not a dead letter" },
		{ "approval.request", "{\"tickets\":[\"T-\\u202e1\"]}", 400, "invalid",
		    "\"T-1\" is no ticket" },
	};
	struct kit *kit = *state;
	int status;

	store_step(&kit->store, add_job, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *json = ask(kit, cases[i].verb, cases[i].body, &status);
		json_t *error = json_object_get(json, "error");
		const char *code = json_string_value(json_object_get(error, "code"));
		const char *message = json_string_value(json_object_get(error, "message"));

		assert_int_equal(status, cases[i].status);
		assert_string_equal(code, cases[i].code);
		if (strstr(message, cases[i].message) == NULL)
			fail_msg("'%s' does not say '%s'", message, cases[i].message);
		json_decref(json);
	}
}

static void
over_tcp_there_is_nothing(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT(1000);
	char accepted[40];
	struct err err;

	request(&text, "clock.accept", "{}");
	struct reply reply = client_ask(http_server_port(kit->server, 0), str_text(&text));
	assert_int_equal(reply.status, 404);
	assert_int_equal(
	    db_read(kit->store.db, NULL, read_accepted, accepted, &err), ERR_NOT_FOUND);
	reply_done(&reply);
	str_done(&text);
}

static void
many_at_once_are_all_answered(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT(1000);
	int fds[40];

	request(&text, "clock.accept", "{}");
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		client_send(fds[i] = client_unix(kit->control), str_text(&text));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		struct reply reply = client_read(fds[i], false);

		assert_int_equal(reply.status, 200);
		reply_done(&reply);
		close(fds[i]);
	}
	str_done(&text);
}

static void
who_hangs_up_early_harms_nobody(void **state)
{
	struct kit *kit = *state;
	struct str text = STR_INIT(1000);
	int status;

	request(&text, "clock.accept", "{}");
	for (int i = 0; i < 20; i++) {
		int fd = client_unix(kit->control);

		client_send(fd, str_text(&text));
		close(fd);
	}
	json_decref(ask(kit, "clock.accept", "{}", &status));
	assert_int_equal(status, 200);
	str_done(&text);
}

#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(a_verb_runs_and_is_durable_before_its_answer),
		CONTROL_TEST(no_body_is_no_arguments),
		CONTROL_TEST(what_is_wrong_is_said_with_a_code_and_a_sentence),
		CONTROL_TEST(over_tcp_there_is_nothing),
		CONTROL_TEST(many_at_once_are_all_answered),
		CONTROL_TEST(who_hangs_up_early_harms_nobody),
	};

	log_set_level(LOG_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
