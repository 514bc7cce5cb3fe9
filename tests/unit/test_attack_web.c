/* What a stranger tries on the web server, and a helpdesk beyond its rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_desk.h"
#include "help_http.h"

#include <assent/flow/hook.h>

#include <stdio.h>
#include <string.h>

static enum http_when
say_peer(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, rq->peer);
	return HTTP_NOW;
}

static const char *
peer_seen(int port, const char *request)
{
	static char peer[100];
	struct reply reply = client_ask(port, request);

	assert_int_equal(reply.status, 200);
	snprintf(peer, sizeof(peer), "%s", reply.body);
	reply_done(&reply);
	return peer;
}

/* HAProxy adds a field of its own below the client's, however many those are. */
static void
what_a_proxy_adds_last_outweighs_any_number_of_claims(void **state)
{
	static const char *const proxies[] = { "127.0.0.1" };
	static const struct http_route routes[] = { { "GET", "/", say_peer, NULL, 0 } };
	struct http_server *server = site_start(
	    SITE(routes, .trusted_proxies = proxies, .proxy_count = 1, .deadline = 5 * MS_SECOND,
		.max_per_address = 16, .max_connections = 64, .max_body = 4096));
	struct str request = STR_INIT(8192);

	for (int claims = 0; claims <= 70; claims += 7) {
		str_clear(&request);
		str_add(&request, "GET / HTTP/1.1\r\nHost: x\r\n");
		for (int i = 0; i < claims; i++)
			str_add(&request, "X-Forwarded-For: 203.0.113.9\r\n");
		str_add(&request, "X-Forwarded-For: 192.0.2.7\r\n\r\n");
		assert_string_equal(
		    peer_seen(http_server_port(server, 0), str_text(&request)), "192.0.2.7");
	}
	http_server_stop(server, 0);
	str_done(&request);
}

/* --- deliveries -------------------------------------------------------------- */

static int
keep(struct desk *desk, void *arg, struct err *err)
{
	const char *body = arg;
	const struct hook_delivery delivery = { "desk", "msg_1", body, strlen(body) };
	struct id id;
	bool known;
	int rc = hook_keep(desk, &delivery, &id, &known, err);

	return rc < 0 ? rc : known;
}

static void
another_event_under_an_old_id_is_not_swallowed_when_the_bytes_are_gone(void **state)
{
	static char body[] = "{\"a\":1}", other[] = "{\"a\":10}";
	struct desk_kit *kit = *state;
	struct err err;

	assert_int_equal(kit_step(kit, keep, body, &err), 0);
	assert_int_equal(kit_step(kit, keep, other, &err), ERR_CONFLICT);
	kit_change(kit, "DELETE FROM inbound_raw");
	assert_int_equal(kit_step(kit, keep, other, &err), ERR_CONFLICT);
	assert_true(kit_step(kit, keep, body, &err) >= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_proxy_adds_last_outweighs_any_number_of_claims),
		cmocka_unit_test_setup_teardown(
		    another_event_under_an_old_id_is_not_swallowed_when_the_bytes_are_gone,
		    kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
