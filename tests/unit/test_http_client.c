#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/net/http.h>
#include <assent/net/http_client.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a small site ------------------------------------------------------------ */

static atomic_int open_now, open_most, asked;
static struct http_later *held[64]; /* under held_lock */
static size_t held_count;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

static enum http_when
hello(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)arg;
	str_addf(rq->page, "%s %s %s", rq->method, rq->body, rq->peer);
	http_answer_page(answer, rq, 200, "text/plain");
	return HTTP_NOW;
}

static enum http_when
moved(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)rq;
	(void)arg;
	http_answer_text(answer, 302, "elsewhere");
	http_answer_header(answer, "Location", "/hello");
	return HTTP_NOW;
}

static enum http_when
busy(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)arg;
	http_answer_text(answer, 429, "later");
	http_answer_header(answer, "Retry-After", http_query(rq, "after"));
	return HTTP_NOW;
}

static enum http_when
large(struct http_request *rq, struct http_answer *answer, void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++)
		str_add(rq->page, "0123456789");
	http_answer_page(answer, rq, 200, "text/plain");
	return HTTP_NOW;
}

/* Kept open until the test lets go. */
static enum http_when
hold(struct http_request *rq, struct http_answer *answer, void *arg)
{
	int now = atomic_fetch_add(&open_now, 1) + 1, most = atomic_load(&open_most);

	(void)answer;
	(void)arg;
	while (now > most && !atomic_compare_exchange_weak(&open_most, &most, now))
		;
	pthread_mutex_lock(&held_lock);
	held[held_count++] = http_later(rq);
	pthread_mutex_unlock(&held_lock);
	atomic_fetch_add(&asked, 1);
	return HTTP_LATER;
}

static bool
let_one_go(void)
{
	struct http_answer answer = { 0 };
	struct http_later *later = NULL;

	pthread_mutex_lock(&held_lock);
	if (held_count > 0)
		later = held[--held_count];
	pthread_mutex_unlock(&held_lock);
	if (later == NULL)
		return false;
	atomic_fetch_sub(&open_now, 1);
	http_answer_text(&answer, 200, "at last");
	http_answer_send(later, &answer);
	return true;
}

static const struct http_route routes[] = {
	{ "GET", "/hello", hello, NULL, 0 },
	{ "POST", "/hello", hello, NULL, 0 },
	{ "GET", "/moved", moved, NULL, 0 },
	{ "GET", "/busy", busy, NULL, 0 },
	{ "GET", "/large", large, NULL, 0 },
	{ "GET", "/hold", hold, NULL, 0 },
};

struct site {
	struct http_server *server;
	struct http_client *client;
	char url[64];
};

static int
setup(void **state)
{
	static struct site site;
	static const char *const addresses[] = { "127.0.0.1:0" };
	const struct http_options options = {
		.addresses = addresses,
		.address_count = 1,
		.routes = routes,
		.route_count = ARRAY_LEN(routes),
	};
	const struct http_client_options ours = { 0 };
	struct err err;

	atomic_store(&open_now, 0);
	atomic_store(&open_most, 0);
	atomic_store(&asked, 0);
	assert_int_equal(http_server_start(&options, &site.server, &err), 0);
	assert_int_equal(http_client_new(&ours, &site.client, &err), 0);
	snprintf(
	    site.url, sizeof(site.url), "http://127.0.0.1:%d", http_server_port(site.server, 0));
	*state = &site;
	return 0;
}

static int
teardown(void **state)
{
	struct site *site = *state;

	while (let_one_go())
		;
	http_client_free(site->client);
	http_server_stop(site->server, 1000);
	return 0;
}

static struct http_call
call_to(const char *url)
{
	return (struct http_call){
		.method = "GET",
		.url = url,
		.timeout = 20 * MS_SECOND,
		.max_answer = 64 << 10,
	};
}

static struct http_call
ask(struct site *site, const char *path)
{
	char url[200];
	struct http_call call;

	snprintf(url, sizeof(url), "%s%s", site->url, path);
	call = call_to(url);
	http_client_run(site->client, &call, 1, 1, 20 * MS_SECOND);
	call.url = "";
	return call;
}

/* --- answers ----------------------------------------------------------------- */

static void
an_answer_comes_with_its_status(void **state)
{
	struct http_call call = ask(*state, "/hello");

	assert_int_equal(call.rc, 0);
	assert_int_equal(call.status, 200);
	assert_string_equal(str_text(&call.answer), "GET  127.0.0.1");
	assert_int_equal(call.retry_after, -1);
	str_done(&call.answer);
	call = ask(*state, "/nowhere");
	assert_int_equal(call.rc, 0);
	assert_int_equal(call.status, 404);
	str_done(&call.answer);
}

static void
a_body_is_posted(void **state)
{
	struct site *site = *state;
	char url[100];
	const char *const headers[] = { "Content-Type: text/plain" };
	struct http_call call;

	snprintf(url, sizeof(url), "%s/hello", site->url);
	call = call_to(url);
	call.method = "POST";
	call.body = "a=b";
	call.body_len = 3;
	call.headers = headers;
	call.header_count = 1;
	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	assert_int_equal(call.status, 200);
	assert_string_equal(str_text(&call.answer), "POST a=b 127.0.0.1");
	str_done(&call.answer);
}

static void
a_redirect_is_not_followed(void **state)
{
	struct http_call call = ask(*state, "/moved");

	assert_int_equal(call.rc, 0);
	assert_int_equal(call.status, 302);
	assert_string_equal(str_text(&call.answer), "elsewhere");
	str_done(&call.answer);
}

static void
an_answer_over_its_size_is_refused(void **state)
{
	struct site *site = *state;
	char url[100];
	struct http_call call;

	snprintf(url, sizeof(url), "%s/large", site->url);
	call = call_to(url);
	call.max_answer = 9999;
	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_non_null(strstr(call.err.text, "9999"));
	str_done(&call.answer);
	call.max_answer = 10000;
	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	assert_int_equal(call.rc, 0);
	assert_int_equal(call.answer.len, 10000);
	str_done(&call.answer);
}

static void
retry_after_is_seconds(void **state)
{
	static const struct {
		const char *after;
		span_ms want;
	} cases[] = {
		{ "/busy?after=7", 7000 },
		{ "/busy?after=0", 0 },
		{ "/busy?after=-3", -1 },
		{ "/busy?after=soon", -1 },
		{ "/busy?after=99999999999", 30 * MS_DAY },
		{ "/busy?after=Thu,%2001%20Jan%201970%2000:00:00%20GMT", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_call call = ask(*state, cases[i].after);
		assert_int_equal(call.status, 429);
		assert_int_equal(call.retry_after, cases[i].want);
		str_done(&call.answer);
	}
}

/* --- requests that are not made ----------------------------------------------- */

static void
a_request_that_could_be_misread_is_not_made(void **state)
{
	struct site *site = *state;
	static const struct {
		const char *url, *header;
	} cases[] = {
		{ "http://example.com/", "A: b" },
		{ "http://127.example.com/", "A: b" },
		{ "http://localhost.example.com/", "A: b" },
		{ "http://127.0.0.1@example.com/", "A: b" },
		{ "https://me:secret@example.com/", "A: b" },
		{ "ftp://127.0.0.1/", "A: b" },
		{ "file:///etc/passwd", "A: b" },
		{ "//127.0.0.1/", "A: b" },
		{ "", "A: b" },
		{ "http://127.0.0.1/ HTTP/1.1\r\nX: y", "A: b" },
		{ "http://127.0.0.1/a b", "A: b" },
		{ "http://127.0.0.1/", "A: b\r\nC: d" },
		{ "http://127.0.0.1/", "A: b\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_call call = call_to(cases[i].url);
		call.headers = &cases[i].header;
		call.header_count = 1;
		http_client_run(site->client, &call, 1, 1, MS_MINUTE);
		if (call.rc != ERR_INVALID)
			fail_msg("%s: %d", cases[i].url, call.rc);
		assert_null(strstr(call.err.text, "secret"));
		str_done(&call.answer);
	}
}

static void
nobody_listening_is_a_peer_that_failed(void **state)
{
	struct site *site = *state;
	struct http_call call = call_to("http://127.0.0.1:1/x?secret");

	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	assert_int_equal(call.rc, ERR_PEER);
	assert_null(strstr(call.err.text, "secret"));
	str_done(&call.answer);
}

/* --- time and many at once ------------------------------------------------------ */

struct waiting {
	struct site *site;
	struct http_call calls[12];
	char url[100];
	int at_once;
	span_ms whole;
	pthread_t thread;
};

static void *
run_waiting(void *arg)
{
	struct waiting *w = arg;

	http_client_run(w->site->client, w->calls, ARRAY_LEN(w->calls), w->at_once, w->whole);
	return NULL;
}

static void
start_waiting(struct waiting *w, struct site *site, int at_once, span_ms whole)
{
	w->site = site;
	w->at_once = at_once;
	w->whole = whole;
	snprintf(w->url, sizeof(w->url), "%s/hold", site->url);
	for (size_t i = 0; i < ARRAY_LEN(w->calls); i++)
		w->calls[i] = call_to(w->url);
	assert_int_equal(pthread_create(&w->thread, NULL, run_waiting, w), 0);
}

static void
end_waiting(struct waiting *w, int rc)
{
	pthread_join(w->thread, NULL);
	for (size_t i = 0; i < ARRAY_LEN(w->calls); i++) {
		assert_int_equal(w->calls[i].rc, rc);
		str_done(&w->calls[i].answer);
	}
}

static void
wait_until_asked(int n)
{
	while (atomic_load(&asked) < n)
		usleep(500); /* for another thread, never for time to pass */
}

static void
no_more_than_asked_for_are_open_at_once(void **state)
{
	struct waiting w;

	start_waiting(&w, *state, 5, MS_MINUTE);
	wait_until_asked(5);
	for (int n = 5; n < 12; n++) {
		assert_true(let_one_go());
		wait_until_asked(n + 1);
	}
	while (let_one_go())
		;
	end_waiting(&w, 0);
	assert_int_equal(atomic_load(&open_most), 5);
}

static void
runs_of_two_threads_do_not_wait_for_each_other(void **state)
{
	struct waiting w;
	struct http_call call;

	start_waiting(&w, *state, 12, MS_MINUTE);
	wait_until_asked(12);
	call = ask(*state, "/hello");
	assert_int_equal(call.rc, 0);
	str_done(&call.answer);
	while (let_one_go())
		;
	end_waiting(&w, 0);
}

static void
what_does_not_answer_ends_in_time(void **state)
{
	struct site *site = *state;
	char url[100];
	struct http_call call;

	snprintf(url, sizeof(url), "%s/hold", site->url);
	call = call_to(url);
	call.timeout = 50;
	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	assert_int_equal(call.rc, ERR_BUSY);
	assert_non_null(strstr(call.err.text, "in time"));
	str_done(&call.answer);
}

static void
the_time_for_all_ends_all(void **state)
{
	struct waiting w;

	start_waiting(&w, *state, 2, 150);
	end_waiting(&w, ERR_BUSY);
	/* Those that were never begun say so. */
	assert_non_null(strstr(w.calls[11].err.text, "before this one"));
	assert_true(atomic_load(&asked) <= 4);
}

static void
a_cancel_ends_what_is_under_way_and_what_comes(void **state)
{
	struct site *site = *state;
	struct waiting w;
	struct http_call call;

	start_waiting(&w, site, 3, MS_MINUTE);
	wait_until_asked(3);
	http_client_cancel(site->client);
	end_waiting(&w, ERR_BUSY);
	call = ask(site, "/hello");
	assert_int_equal(call.rc, ERR_BUSY);
	str_done(&call.answer);
}

static void *
pause_long(void *arg)
{
	struct site *site = arg;

	return http_client_pause(site->client, MS_DAY) ? site : NULL;
}

static void
a_pause_ends_in_its_time_or_with_a_cancel(void **state)
{
	struct site *site = *state;
	void *went_on = site;
	pthread_t thread;

	assert_true(http_client_pause(site->client, 1));
	assert_int_equal(pthread_create(&thread, NULL, pause_long, site), 0);
	http_client_cancel(site->client);
	pthread_join(thread, &went_on);
	assert_null(went_on);
	assert_false(http_client_pause(site->client, MS_DAY));
}

/* --- a server that misbehaves ---------------------------------------------------- */

struct script {
	int fd, port;
	const char *answer;
	size_t repeat; /* of the last 16 bytes; how often */
	pthread_t thread;
};

static void *
play(void *arg)
{
	struct script *script = arg;
	char request[4096];
	int fd = accept(script->fd, NULL, NULL);
	size_t n = strlen(script->answer);

	if (recv(fd, request, sizeof(request), 0) > 0 &&
	    send(fd, script->answer, n, MSG_NOSIGNAL) > 0)
		for (size_t i = 0; i < script->repeat; i++)
			if (send(fd, script->answer + n - 16, 16, MSG_NOSIGNAL) < 0)
				break;
	close(fd);
	return NULL;
}

static struct http_call
ask_script(struct site *site, const char *answer, size_t repeat)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct script script = { .answer = answer, .repeat = repeat };
	struct http_call call;
	char url[64];

	script.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(script.fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(script.fd, 1), 0);
	getsockname(script.fd, (struct sockaddr *)&at, &len);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
	pthread_create(&script.thread, NULL, play, &script);
	call = call_to(url);
	http_client_run(site->client, &call, 1, 1, MS_MINUTE);
	call.url = "";
	pthread_join(script.thread, NULL);
	close(script.fd);
	return call;
}

#define OK "HTTP/1.1 200 OK\r\n"
#define LATER "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"

static void
a_server_that_misbehaves_is_a_peer_that_failed(void **state)
{
	static const struct {
		const char *answer;
		size_t repeat;
		int want;
	} cases[] = {
		{ "", 0, ERR_PEER },
		{ "what is HTTP?\r\n", 0, ERR_PEER },
		{ OK "Content-Length: 50\r\n\r\nonly this", 0, ERR_PEER },
		{ OK "Content-Length: 999999999\r\n\r\n", 0, ERR_LIMIT },
		{ OK "\r\n0123456789abcdef", 10000, ERR_LIMIT },
		{ OK "X-Pad: 0123456\r\n", 10000, ERR_LIMIT },
		{ OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 0, ERR_PEER },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_call call = ask_script(*state, cases[i].answer, cases[i].repeat);
		if (call.rc != cases[i].want)
			fail_msg("case %zu: %d %s", i, call.rc, call.err.text);
		str_done(&call.answer);
	}
}

static void
a_date_to_retry_after_is_read_by_the_servers_clock(void **state)
{
	static const struct {
		const char *answer;
		span_ms want;
	} cases[] = {
		{ LATER "Date: Mon, 01 Jan 2001 00:00:00 GMT\r\n"
			"Retry-After: Mon, 01 Jan 2001 00:01:30 GMT\r\n\r\n",
		    90000 },
		{ LATER "Date: Mon, 01 Jan 2001 00:00:00 GMT\r\n"
			"Retry-After: Sun, 31 Dec 2000 00:01:30 GMT\r\n\r\n",
		    0 },
		{ LATER "Retry-After: Mon, 01 Jan 2001 00:01:30 GMT\r\n\r\n", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_call call = ask_script(*state, cases[i].answer, 0);
		assert_int_equal(call.status, 503);
		assert_int_equal(call.retry_after, cases[i].want);
		str_done(&call.answer);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_with_its_status),
		TEST(a_body_is_posted),
		TEST(a_redirect_is_not_followed),
		TEST(an_answer_over_its_size_is_refused),
		TEST(retry_after_is_seconds),
		TEST(a_request_that_could_be_misread_is_not_made),
		TEST(nobody_listening_is_a_peer_that_failed),
		TEST(no_more_than_asked_for_are_open_at_once),
		TEST(runs_of_two_threads_do_not_wait_for_each_other),
		TEST(what_does_not_answer_ends_in_time),
		TEST(the_time_for_all_ends_all),
		TEST(a_cancel_ends_what_is_under_way_and_what_comes),
		TEST(a_pause_ends_in_its_time_or_with_a_cancel),
		TEST(a_server_that_misbehaves_is_a_peer_that_failed),
		TEST(a_date_to_retry_after_is_read_by_the_servers_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
