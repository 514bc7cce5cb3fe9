/* Answers in pieces, and answers that somebody waits for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_http.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WATCHERS 20

/* --- a site that sends letters ------------------------------------------------- */

struct watcher {
	struct http_stream *stream;
	size_t at; /* letters sent */
	bool endless; /* as fast as they are taken */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct watcher watchers[WATCHERS];
	size_t count, done;
	char letters[1000];
	size_t len;
	bool over;
	struct http_later *later;
	size_t answers;
} site = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static long
pull(void *arg, char *buf, size_t room)
{
	struct watcher *w = arg;
	bool over;
	size_t n;

	assert(room >= HTTP_PIECE_ROOM);
	if (w->endless) {
		memset(buf, 'x', room);
		return (long)room;
	}
	pthread_mutex_lock(&site.lock);
	n = site.len - w->at;
	memcpy(buf, site.letters + w->at, n);
	w->at += n;
	over = site.over;
	pthread_mutex_unlock(&site.lock);
	return n > 0 ? (long)n : over ? HTTP_PIECE_LAST : HTTP_PIECE_NONE;
}

static long
beat(void *arg, char *buf, size_t room)
{
	memcpy(buf, "~", 1);
	return 1;
}

static void
done(void *arg)
{
	pthread_mutex_lock(&site.lock);
	((struct watcher *)arg)->stream = NULL;
	site.done++;
	pthread_cond_broadcast(&site.changed);
	pthread_mutex_unlock(&site.lock);
}

static enum http_when
watch(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct http_source source = { pull, beat, done, NULL };
	struct watcher *w;

	pthread_mutex_lock(&site.lock);
	w = &site.watchers[site.count];
	*w = (struct watcher){ .endless = text_is(rq->path, "/endless") };
	source.arg = w;
	w->stream = http_stream_new(rq, &source);
	site.count += w->stream != NULL;
	pthread_cond_broadcast(&site.changed);
	pthread_mutex_unlock(&site.lock);
	if (w->stream == NULL)
		http_answer_text(answer, 503, "too many\n");
	else
		http_answer_stream(answer, 200, "text/plain", w->stream);
	if (text_is(rq->path, "/broken"))
		http_answer_header(answer, "X-Bad", "a\nb");
	return HTTP_NOW;
}

/* Under lock, as done() is: a stream is never woken when it is gone. */
static void
say(const char *letters, bool over)
{
	pthread_mutex_lock(&site.lock);
	memcpy(site.letters + site.len, letters, strlen(letters));
	site.len += strlen(letters);
	site.over = over;
	for (size_t i = 0; i < site.count; i++)
		if (site.watchers[i].stream != NULL)
			http_stream_wake(site.watchers[i].stream);
	pthread_mutex_unlock(&site.lock);
}

static void
wait_for(const size_t *what, size_t count)
{
	pthread_mutex_lock(&site.lock);
	while (*what < count)
		pthread_cond_wait(&site.changed, &site.lock);
	pthread_mutex_unlock(&site.lock);
}

/* --- and one where somebody waits ------------------------------------------------- */

static void
too_late(struct http_request *rq, struct http_answer *answer, void *arg)
{
	str_addf(rq->page, "not yet, %s", rq->segment);
	http_answer_page(answer, rq, 202, "text/plain");
}

static void
in_time(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, "there it is");
	pthread_mutex_lock(&site.lock);
	site.answers++;
	pthread_cond_broadcast(&site.changed);
	pthread_mutex_unlock(&site.lock);
}

static enum http_when
hold(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct http_later *later = http_later(rq);

	http_later_until(later, text_is(rq->segment, "short") ? 50 : 60000, too_late, NULL);
	pthread_mutex_lock(&site.lock);
	site.later = later;
	pthread_cond_broadcast(&site.changed);
	pthread_mutex_unlock(&site.lock);
	return HTTP_LATER;
}

static enum http_when
hello(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, "hello");
	return HTTP_NOW;
}

/* clang-format off */
static const struct http_route routes[] = {
	{ "GET",	"/",		hello,	NULL, 0 },
	{ "GET",	"/watch",	watch,	NULL, 0 },
	{ "GET",	"/endless",	watch,	NULL, 0 },
	{ "GET",	"/broken",	watch,	NULL, 0 },
	{ "POST",	"/hold/{}",	hold,	NULL, 0 },
};
/* clang-format on */

static struct http_server *
start(struct http_options o)
{
	site.count = site.done = site.len = 0;
	site.over = false;
	site.later = NULL;
	site.answers = 0;
	return site_start(o);
}

#define HOLD(name) "POST /hold/" name " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

static int
watch_at(struct http_server *server, const char *request)
{
	int fd = client_of(server);
	struct reply reply;

	client_send(fd, request);
	/* The head comes before there is anything to say. */
	reply = client_read(fd, true);
	assert_int_equal(reply.status, 200);
	assert_null(reply_header(&reply, "Content-Length"));
	reply_done(&reply);
	return fd;
}

/* One chunk; "" is the last one, NULL the end of the connection. */
static const char *
chunk(int fd)
{
	static char text[2000];
	unsigned size = 0;
	size_t n = 0;
	char c, hex[20] = "";

	while (n < sizeof(hex) - 1 && read(fd, &c, 1) == 1 && c != '\n')
		hex[n++] = c;
	if (n == 0 || sscanf(hex, "%x", &size) != 1 || size + 2 > sizeof(text))
		return NULL;
	for (n = 0; n < size + 2; n++)
		if (read(fd, text + n, 1) != 1)
			return NULL;
	text[size] = '\0';
	return text;
}

static void
expect_chunk(int fd, const char *want)
{
	const char *got = chunk(fd);

	assert_non_null(got);
	assert_string_equal(got, want);
}

/* --- pieces --------------------------------------------------------------------- */

static void
each_piece_arrives_before_the_next_is_said(void **state)
{
	struct http_server *server = start(SITE(routes));
	int a = watch_at(server, GET("/watch")), b = watch_at(server, GET("/watch"));

	for (int i = 0; i < 20; i++) {
		say("word", false);
		expect_chunk(a, "word");
		expect_chunk(b, "word");
	}
	say("end", true);
	expect_chunk(a, "end");
	expect_chunk(a, "");
	wait_for(&site.done, 2);
	/* The connection goes on. */
	client_send(a, GET("/"));
	client_expect(a, 200, "hello");
	close(a);
	close(b);
	http_server_stop(server, 0);
}

static void
what_was_said_before_is_sent_at_once(void **state)
{
	struct http_server *server = start(SITE(routes));
	int fd;

	say("all of it", true);
	fd = watch_at(server, GET("/watch"));
	expect_chunk(fd, "all of it");
	expect_chunk(fd, "");
	close(fd);
	http_server_stop(server, 0);
}

static void
an_old_client_gets_it_until_the_end_of_the_connection(void **state)
{
	struct http_server *server = start(SITE(routes));
	struct str all = STR_INIT(10000);
	int fd = client_of(server);

	client_send(fd, "GET /watch HTTP/1.0\r\nHost: x\r\n\r\n");
	wait_for(&site.count, 1);
	say("one ", false);
	say("two", true);
	client_read_all(fd, &all);
	assert_true(text_starts(str_text(&all), "HTTP/1.0 200") ||
	    text_starts(str_text(&all), "HTTP/1.1 200"));
	assert_non_null(strstr(str_text(&all), "\r\n\r\none two"));
	str_done(&all);
	close(fd);
	http_server_stop(server, 0);
}

static void
head_has_no_pieces(void **state)
{
	struct http_server *server = start(SITE(routes));
	int fd = client_of(server);
	struct reply reply;

	say("text", false);
	client_send(fd, "HEAD /watch HTTP/1.1\r\nHost: x\r\n\r\n");
	reply = client_read(fd, true);
	assert_int_equal(reply.status, 200);
	reply_done(&reply);
	wait_for(&site.done, 1);
	client_send(fd, GET("/"));
	client_expect(fd, 200, "hello");
	close(fd);
	http_server_stop(server, 0);
}

static void
a_stream_that_is_not_sent_is_done_all_the_same(void **state)
{
	struct http_server *server = start(SITE(routes));
	int fd = client_of(server);

	client_send(fd, GET("/broken"));
	client_expect(fd, 500, NULL);
	wait_for(&site.done, 1);
	close(fd);
	http_server_stop(server, 0);
}

/* --- time and numbers -------------------------------------------------------------- */

static void
silence_is_filled_with_signs_of_life_and_outlasts_the_deadline(void **state)
{
	struct http_server *server = start(SITE(routes, .deadline = 100, .beat = 40));
	int fd, idle;

	fd = watch_at(server, GET("/watch"));
	/* When this later one has been cut, the deadline of the first is over too. */
	idle = client_of(server);
	assert_true(client_is_closed(idle));
	expect_chunk(fd, "~");
	expect_chunk(fd, "~");
	say("word", true);
	for (const char *got = "~"; text_is(got, "~"); assert_non_null(got))
		if (text_is(got = chunk(fd), "word"))
			break;
	expect_chunk(fd, "");
	close(fd);
	close(idle);
	http_server_stop(server, 0);
}

static void
who_takes_no_piece_is_cut(void **state)
{
	struct http_server *server = start(SITE(routes, .deadline = 200));
	int fd, small = 2048;

	fd = client_of(server);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	client_send(fd, GET("/endless"));
	wait_for(&site.done, 1);
	close(fd);
	http_server_stop(server, 0);
}

static void
who_hangs_up_is_noticed_without_a_word(void **state)
{
	struct http_server *server = start(SITE(routes, .deadline = 400));
	int fd;

	fd = watch_at(server, GET("/watch"));
	close(fd);
	wait_for(&site.done, 1);
	http_server_stop(server, 0);
}

static void
streams_leave_room_for_others(void **state)
{
	struct http_server *server = start(SITE(routes, .max_streams = 2));
	int a, b, c;

	a = watch_at(server, GET("/watch"));
	b = watch_at(server, GET("/watch"));
	c = client_of(server);
	client_send(c, GET("/watch"));
	client_expect(c, 503, "too many\n");
	say("x", true);
	wait_for(&site.done, 2);
	client_send(c, GET("/watch"));
	client_expect(c, 200, NULL);
	close(a);
	close(b);
	close(c);
	http_server_stop(server, 0);
}

static void
one_address_has_a_limit_of_streams(void **state)
{
	struct http_server *server = start(SITE(routes, .max_per_address = 2));
	int a, b, c;

	a = watch_at(server, GET("/watch"));
	b = watch_at(server, GET("/watch"));
	c = client_of(server);
	client_send(c, GET("/watch"));
	assert_true(client_is_closed(c));
	close(a);
	close(b);
	close(c);
	http_server_stop(server, 0);
}

/* --- stopping ------------------------------------------------------------------------ */

static void
a_stop_ends_streams_at_once(void **state)
{
	struct http_server *server = start(SITE(routes));
	int fds[WATCHERS];

	for (int i = 0; i < WATCHERS; i++)
		fds[i] = watch_at(server, GET("/watch"));
	say("word", false);
	for (int i = 0; i < WATCHERS; i++)
		expect_chunk(fds[i], "word");
	/* Far longer than a test may take: nothing waits for it. */
	http_server_stop(server, 600000);
	assert_int_equal(site.done, WATCHERS);
	for (int i = 0; i < WATCHERS; i++) {
		expect_chunk(fds[i], "");
		assert_true(client_is_closed(fds[i]));
		close(fds[i]);
	}
}

static void *
talk_main(void *arg)
{
	for (int i = 0; i < 900; i++)
		say("x", false);
	return NULL;
}

/* Wake-ups from two threads meet clients that come, read and go, and a stop. */
static void
wakes_meet_every_turn_of_a_connection(void **state)
{
	for (int round = 0; round < 5; round++) {
		struct http_server *server = start(SITE(routes, .beat = 10));
		pthread_t talker;
		int fds[WATCHERS];

		assert_int_equal(pthread_create(&talker, NULL, talk_main, NULL), 0);
		for (int i = 0; i < WATCHERS; i++) {
			fds[i] = watch_at(server, GET("/watch"));
			if (i % 3 == 0)
				close(fds[i]);
		}
		for (int i = 0; i < WATCHERS; i++)
			if (i % 3 == 1)
				assert_non_null(chunk(fds[i]));
		if (round % 2 == 0)
			pthread_join(talker, NULL);
		http_server_stop(server, 600000);
		if (round % 2 == 1)
			pthread_join(talker, NULL);
		assert_int_equal(site.done, site.count);
		for (int i = 0; i < WATCHERS; i++)
			if (i % 3 != 0)
				close(fds[i]);
	}
}

/* --- waiting ---------------------------------------------------------------------- */

static void
who_waits_too_long_is_answered_without_the_holder(void **state)
{
	struct http_server *server = start(SITE(routes, .deadline = 100));
	int fd;

	fd = client_of(server);
	client_send(fd, HOLD("short"));
	client_expect(fd, 202, "not yet, short");
	http_answer_by(site.later, in_time, NULL);
	wait_for(&site.answers, 1);
	client_send(fd, GET("/"));
	client_expect(fd, 200, "hello");
	close(fd);
	http_server_stop(server, 0);
}

static void
who_is_answered_in_time_hears_it(void **state)
{
	struct http_server *server = start(SITE(routes));
	int fd = client_of(server);

	client_send(fd, HOLD("long"));
	pthread_mutex_lock(&site.lock);
	while (site.later == NULL)
		pthread_cond_wait(&site.changed, &site.lock);
	pthread_mutex_unlock(&site.lock);
	http_answer_by(site.later, in_time, NULL);
	client_expect(fd, 200, "there it is");
	close(fd);
	http_server_stop(server, 0);
	assert_int_equal(site.answers, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_piece_arrives_before_the_next_is_said),
		cmocka_unit_test(what_was_said_before_is_sent_at_once),
		cmocka_unit_test(an_old_client_gets_it_until_the_end_of_the_connection),
		cmocka_unit_test(head_has_no_pieces),
		cmocka_unit_test(a_stream_that_is_not_sent_is_done_all_the_same),
		cmocka_unit_test(silence_is_filled_with_signs_of_life_and_outlasts_the_deadline),
		cmocka_unit_test(who_takes_no_piece_is_cut),
		cmocka_unit_test(who_hangs_up_is_noticed_without_a_word),
		cmocka_unit_test(streams_leave_room_for_others),
		cmocka_unit_test(one_address_has_a_limit_of_streams),
		cmocka_unit_test(a_stop_ends_streams_at_once),
		cmocka_unit_test(wakes_meet_every_turn_of_a_connection),
		cmocka_unit_test(who_waits_too_long_is_answered_without_the_holder),
		cmocka_unit_test(who_is_answered_in_time_hears_it),
	};

	return cmocka_run_group_tests_name("http_watch", tests, NULL, NULL);
}
