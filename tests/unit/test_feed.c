#include <assent/net/feed.h>

#include <assent/net/sse.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_http.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUN "019e2b10-7c00-7a31-8a52-3f1c52e8f5b4/notes/en"

/* --- a site with one document --------------------------------------------------- */

static struct {
	struct live *live;
	struct http_server *server;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int done;
	bool revoked;
} site = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static bool
goes_on(void *arg, struct str *out)
{
	bool revoked;

	pthread_mutex_lock(&site.lock);
	revoked = site.revoked;
	pthread_mutex_unlock(&site.lock);
	if (revoked)
		feed_add_event(out, "error", "{\"message\":\"this token was revoked\"}");
	return !revoked;
}

static void
done(void *arg)
{
	pthread_mutex_lock(&site.lock);
	site.done++;
	pthread_cond_broadcast(&site.changed);
	pthread_mutex_unlock(&site.lock);
}

static enum http_when
stream(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct feed_options options = {
		.live = site.live, .run = RUN, .goes_on = goes_on, .done = done
	};
	const char *last = http_header(rq, "Last-Event-ID");

	if (last != NULL)
		assert_true(live_place_parse(last, &options.from));
	http_answer_stream(answer, 200, FEED_TYPE, feed_new(rq, &options));
	return HTTP_NOW;
}

static const struct http_route routes[] = { { "GET", "/stream", stream, NULL, 0 } };

static void
open_site(span_ms beat)
{
	site.done = 0;
	site.revoked = false;
	site.live = live_new(&(struct live_options){ .runs = 8, .run_bytes = 1 << 16, .epoch = 7 });
	site.server = site_start(SITE(routes, .beat = beat));
}

static void
close_site(void)
{
	http_server_stop(site.server, 0);
	live_free(site.live);
}

static void
add(const char *text)
{
	live_add(site.live, RUN, text, strlen(text));
}

/* --- a client that reads events ---------------------------------------------------- */

struct client {
	int fd;
	struct sse sse;
	bool has_event;
	char name[40], data[4000], id[100];
};

static int
take(void *arg, const struct sse_event *event, struct err *err)
{
	struct client *c = arg;

	c->has_event = true;
	snprintf(c->name, sizeof(c->name), "%s", event->name);
	snprintf(c->data, sizeof(c->data), "%s", event->data);
	snprintf(c->id, sizeof(c->id), "%s", event->id);
	return 0;
}

static void
client_open(struct client *c, const char *last)
{
	char request[400];
	struct reply reply;

	*c = (struct client){ .fd = client_of(site.server) };
	/* HTTP/1.0: the bytes are the events, without chunks. */
	snprintf(request, sizeof(request), "GET /stream HTTP/1.0\r\nHost: x\r\n%s%s%s\r\n",
	    last != NULL ? "Last-Event-ID: " : "", last != NULL ? last : "",
	    last != NULL ? "\r\n" : "");
	client_send(c->fd, request);
	reply = client_read(c->fd, true);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Content-Type"), FEED_TYPE);
	reply_done(&reply);
	sse_init(&c->sse, sizeof(c->data) - 1, take, c);
}

static void
client_close(struct client *c)
{
	close(c->fd);
	sse_done(&c->sse);
}

/* The next event as "name data"; NULL at the end. */
static const char *
event(struct client *c)
{
	static char line[4100];
	struct err err;
	char byte;

	c->has_event = false;
	while (!c->has_event) {
		if (read(c->fd, &byte, 1) != 1)
			return NULL;
		assert_int_equal(sse_feed(&c->sse, &byte, 1, &err), 0);
	}
	snprintf(line, sizeof(line), "%s %s", c->name, c->data);
	return line;
}

static void
expect(struct client *c, const char *want)
{
	const char *got = event(c);

	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got != NULL ? got : "the end", want);
}

/* --- the tests ----------------------------------------------------------------------- */

static void
two_watchers_get_each_piece_and_the_end(void **state)
{
	struct client a, b;

	open_site(0);
	client_open(&a, NULL); /* before it begins */
	live_begin(site.live, RUN);
	add("## Problem\n");
	expect(&a, "delta {\"text\":\"## Problem\\n\"}");
	assert_string_equal(a.id, "7.1.11");
	client_open(&b, NULL);
	expect(&b, "delta {\"text\":\"## Problem\\n\"}");
	add("The \"seat\" of C:\\cad\twas \x1b[31mtaken\n");
	expect(&a, "delta {\"text\":\"The \\\"seat\\\" of C:\\\\cad\\twas  [31mtaken\\n\"}");
	expect(&b, "delta {\"text\":\"The \\\"seat\\\" of C:\\\\cad\\twas  [31mtaken\\n\"}");
	live_end(site.live, RUN, "done", "{\"id\":\"x\"}");
	expect(&a, "done {\"id\":\"x\"}");
	expect(&b, "done {\"id\":\"x\"}");
	expect(&a, NULL);
	expect(&b, NULL);
	client_close(&a);
	client_close(&b);
	close_site();
}

static void
a_lost_connection_goes_on_where_it_was(void **state)
{
	struct client c;
	char id[100];

	open_site(0);
	live_begin(site.live, RUN);
	add("one ");
	client_open(&c, NULL);
	expect(&c, "delta {\"text\":\"one \"}");
	memcpy(id, c.id, sizeof(id));
	client_close(&c);
	add("two ");
	live_end(site.live, RUN, "done", "{}");
	client_open(&c, id);
	expect(&c, "delta {\"text\":\"two \"}");
	expect(&c, "done {}");
	memcpy(id, c.id, sizeof(id));
	expect(&c, NULL);
	client_close(&c);
	assert_string_equal(id, "7.1.8.end");
	client_open(&c, id);
	expect(&c, NULL);
	client_close(&c);
	close_site();
}

static void
a_new_try_and_an_older_process_mean_all_again(void **state)
{
	struct client c;

	open_site(0);
	live_begin(site.live, RUN);
	add("first");
	client_open(&c, NULL);
	expect(&c, "delta {\"text\":\"first\"}");
	live_begin(site.live, RUN);
	expect(&c, "restart {\"lost\":0}");
	assert_string_equal(c.id, "7.2.0");
	add("second");
	expect(&c, "delta {\"text\":\"second\"}");
	client_close(&c);
	client_open(&c, "7.1.5");
	expect(&c, "restart {\"lost\":0}");
	expect(&c, "delta {\"text\":\"second\"}");
	client_close(&c);
	client_open(&c, "3.2.4");
	expect(&c, "restart {\"lost\":0}");
	client_close(&c);
	close_site();
}

static void
a_long_text_comes_whole_in_events_that_fit(void **state)
{
	static char text[30001];
	struct client c;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 3 == 0 ? '"' : 'a';
	open_site(0);
	live_begin(site.live, RUN);
	add(text);
	live_end(site.live, RUN, "done", "{}");
	client_open(&c, "7.1.0");
	for (const char *got = event(&c); text_starts(got, "delta"); got = event(&c))
		for (const char *at = got; (at = strstr(at, "\\\"")) != NULL; at += 2)
			n++;
	assert_int_equal(n, 10000);
	assert_string_equal(c.name, "done");
	client_close(&c);
	close_site();
}

static void
what_no_longer_may_be_watched_ends_at_a_sign_of_life(void **state)
{
	struct client c;
	char byte[4] = "";

	open_site(20);
	client_open(&c, NULL);
	assert_int_equal(read(c.fd, byte, 4), 4);
	assert_memory_equal(byte, ": \n\n", 4);
	pthread_mutex_lock(&site.lock);
	site.revoked = true;
	pthread_mutex_unlock(&site.lock);
	expect(&c, "error {\"message\":\"this token was revoked\"}");
	expect(&c, NULL);
	client_close(&c);
	close_site();
}

static void
a_client_that_left_does_not_stop_the_draft(void **state)
{
	struct client a, b;

	open_site(0);
	live_begin(site.live, RUN);
	client_open(&a, NULL);
	client_open(&b, NULL);
	client_close(&a);
	for (int i = 0; i < 50; i++)
		add("words and words and words\n");
	live_end(site.live, RUN, "done", "{}");
	while (event(&b) != NULL)
		;
	assert_string_equal(b.name, "done");
	client_close(&b);
	pthread_mutex_lock(&site.lock);
	while (site.done < 2)
		pthread_cond_wait(&site.changed, &site.lock);
	pthread_mutex_unlock(&site.lock);
	close_site();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_watchers_get_each_piece_and_the_end),
		cmocka_unit_test(a_lost_connection_goes_on_where_it_was),
		cmocka_unit_test(a_new_try_and_an_older_process_mean_all_again),
		cmocka_unit_test(a_long_text_comes_whole_in_events_that_fit),
		cmocka_unit_test(what_no_longer_may_be_watched_ends_at_a_sign_of_life),
		cmocka_unit_test(a_client_that_left_does_not_stop_the_draft),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
