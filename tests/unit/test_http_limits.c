#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define WAITERS 64

/* --- a site whose answers come from another thread --------------------------- */

struct desk {
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct http_later *waiting[WAITERS * 4];
	size_t count;
};

static struct desk desk = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, { 0 }, 0 };

static enum http_when
queue_up(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct http_later *later = http_later(rq);

	pthread_mutex_lock(&desk.lock);
	desk.waiting[desk.count++] = later;
	pthread_cond_signal(&desk.came);
	pthread_mutex_unlock(&desk.lock);
	return HTTP_LATER;
}

static void
wait_for(size_t count)
{
	pthread_mutex_lock(&desk.lock);
	while (desk.count < count)
		pthread_cond_wait(&desk.came, &desk.lock);
	pthread_mutex_unlock(&desk.lock);
}

/* Answers that were promised to be made, and that were made. */
static atomic_size_t promised, made;

static void
serve_one(struct http_request *rq, struct http_answer *answer, void *arg)
{
	str_addf(rq->page, "served %s:%s", rq->segment, rq->body);
	http_answer_page(answer, rq, 200, "text/plain");
	if (arg != NULL)
		atomic_fetch_add((atomic_size_t *)arg, 1);
}

/* Every other answer is made here, the others on the connections' threads. */
static void
serve_all(void)
{
	struct http_answer answer;
	size_t i;

	pthread_mutex_lock(&desk.lock);
	for (i = 0; i < desk.count; i++) {
		if (i % 2 == 1) {
			promised++;
			http_answer_by(desk.waiting[i], serve_one, &made);
			continue;
		}
		answer = (struct http_answer){ 0 };
		serve_one(http_later_request(desk.waiting[i]), &answer, NULL);
		http_answer_send(desk.waiting[i], &answer);
	}
	desk.count = 0;
	pthread_mutex_unlock(&desk.lock);
}

static void *
serve_main(void *arg)
{
	wait_for(WAITERS);
	serve_all();
	return NULL;
}

static enum http_when
length(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, arena_printf(rq->arena, "%zu", rq->body_len));
	return HTTP_NOW;
}

/* The sender runs ahead of the handler's return. */
static enum http_when
at_once(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct http_later *later = http_later(rq);
	struct http_answer mine = { 0 };

	http_answer_text(&mine, 200, "at once");
	http_answer_send(later, &mine);
	return HTTP_LATER;
}

/* clang-format off */
static const struct http_route routes[] = {
	{ "GET",	"/",		length,		NULL, 0 },
	{ "POST",	"/length",	length,		NULL, 0 },
	{ "POST",	"/large",	length,		NULL, 3 << 20 },
	{ "POST",	"/wait/{}",	queue_up,	NULL, 0 },
	{ "GET",	"/at-once",	at_once,	NULL, 0 },
};
/* clang-format on */

static struct http_options
options(void)
{
	return SITE(routes, .max_body = 1000, .max_per_address = 200);
}

static struct http_server *
start(struct http_options o)
{
	desk.count = 0;
	return site_start(o);
}

/* --- size ------------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *path;
	size_t size;
	int status;
	bool stays; /* the connection goes on */
} sizes[] = {
	{ "/length",	0,		200, true },
	{ "/length",	1000,		200, true },
	{ "/length",	1001,		413, true },
	{ "/length",	600000,		413, true },
	{ "/length",	5 << 20,	413, false },
	{ "/large",	3 << 20,	200, true },
	{ "/large",	(3 << 20) + 1,	413, true },
	{ "/none",	5000,		413, true },
	{ "/none",	50,		404, true },
};
/* clang-format on */

static void
post_sized(int fd, const char *path, size_t size)
{
	struct str head = STR_INIT(4096);
	char *body = mem_alloc(size + 1);

	memset(body, 'a', size);
	str_addf(&head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", path, size);
	(void)client_try_send(fd, str_text(&head), head.len);
	(void)client_try_send(fd, body, size);
	str_done(&head);
	mem_free(body);
}

static void
a_body_above_the_cap_is_told_so(void **state)
{
	struct http_server *server = start(options());
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		fd = client_of(server);
		post_sized(fd, sizes[i].path, sizes[i].size);
		if (sizes[i].stays) {
			client_expect(fd, sizes[i].status, NULL);
			client_send(fd, GET("/"));
			client_expect(fd, 200, "0");
		} else {
			/* Far too much: the 413 may be lost behind the reset, never a 200. */
			struct reply reply = client_read(fd, false);

			assert_true(reply.status == sizes[i].status || reply.status == 0);
			reply_done(&reply);
			assert_true(client_is_closed(fd));
		}
		close(fd);
	}
	http_server_stop(server, 0);
}

static void
a_client_that_asks_first_is_refused_before_it_sends(void **state)
{
	struct http_server *server = start(options());
	int fd = client_of(server);

	client_send(fd,
	    "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n"
	    "Expect: 100-continue\r\n\r\n");
	client_expect(fd, 413, NULL);
	assert_true(client_is_closed(fd));
	close(fd);
	http_server_stop(server, 0);
}

static void
a_chunked_body_cannot_pass_the_cap(void **state)
{
	struct http_server *server = start(options());
	struct str chunk = STR_INIT(8192);
	int fd = client_of(server), i;

	str_add(&chunk, "3e8\r\n");
	for (i = 0; i < 1000; i++)
		str_add_char(&chunk, 'a');
	str_add(&chunk, "\r\n");
	client_send(fd, "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	client_send(fd, str_text(&chunk));
	client_send(fd, str_text(&chunk));
	client_send(fd, "0\r\n\r\n");
	client_expect(fd, 413, NULL);

	/* One that never ends is hung up on. */
	client_send(fd, "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < 100000 && client_try_send(fd, chunk.text, chunk.len); i++)
		;
	assert_true(i < 100000);
	close(fd);
	str_done(&chunk);
	http_server_stop(server, 0);
}

static void
a_head_above_the_cap_is_refused(void **state)
{
	struct http_server *server = start(options());
	struct str text = STR_INIT(1 << 20);
	struct reply reply;
	int i;

	str_add(&text, "GET / HTTP/1.1\r\nHost: x\r\n");
	for (i = 0; i < 600; i++)
		str_addf(&text, "X-Filler-%d: %060d\r\n", i, i);
	str_add(&text, "\r\n");
	reply = client_ask(http_server_port(server, 0), str_text(&text));
	assert_true(reply.status == 431 || reply.status == 0);
	reply_done(&reply);
	str_done(&text);
	http_server_stop(server, 0);
}

/* --- smuggling -------------------------------------------------------------- */

#define POST "POST /length HTTP/1.1\r\nHost: x\r\n"

static const char *const smuggled[] = {
	POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" GET("/"),
	POST "Content-Length: 0\r\nContent-Length: 30\r\n\r\n" GET("/"),
	POST "Content-Length: 4, 4\r\n\r\nabcd" GET("/"),
	POST "Content-Length: +4\r\n\r\nabcd" GET("/"),
	POST "Content-Length: -1\r\n\r\nabcd" GET("/"),
	POST "Content-Length: 0x4\r\n\r\nabcd" GET("/"),
	POST "Content-Length: 4 4\r\n\r\nabcd" GET("/"),
	POST "Content-Length: 99999999999999999999\r\n\r\nabcd" GET("/"),
	POST "Content-Length:\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: identity\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Content-Length : 4\r\n\r\nabcd" GET("/"),
	POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" GET("/"),
	POST "X: a\r\n Transfer-Encoding: chunked\r\nTransfer-Encoding:\tchunked\r\n"
	     "Content-Length: 4\r\n\r\nabcd" GET("/"),
	POST "Host: y\r\nContent-Length: 4\r\n\r\nabcd" GET("/"),
	"POST /length HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n" GET("/"),
	POST "Transfer-Encoding: chunked\r\n\r\n-1\r\nabcd\r\n0\r\n\r\n" GET("/"),
};

/* Refused or cut, and what hides behind is not served. */
static void
a_request_of_two_lengths_is_refused_and_cut(void **state)
{
	struct http_server *server = start(options());
	struct str all = STR_INIT(1 << 16);
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(smuggled); i++) {
		fd = client_of(server);
		client_send(fd, smuggled[i]);
		str_clear(&all);
		client_read_all(fd, &all);
		if (all.len > 0 && !text_starts(all.text, "HTTP/1.1 4"))
			print_error("%s\n→ %s\n", smuggled[i], all.text);
		assert_true(all.len == 0 || text_starts(all.text, "HTTP/1.1 4"));
		assert_null(strstr(str_text(&all), " 200 "));
		close(fd);
	}
	str_done(&all);
	http_server_stop(server, 0);
}

/* --- time and numbers --------------------------------------------------------- */

static void
a_slow_sender_is_cut_at_the_deadline(void **state)
{
	static const char *const beginnings[] = { "", "G",
		"GET / HTTP/1.1\r\nHost: x\r\nX: ", POST "Content-Length: 900\r\n\r\nab" };
	struct http_options o = options();
	struct http_server *server;
	size_t i;
	int fd;

	o.deadline = 100;
	server = start(o);
	for (i = 0; i < ARRAY_LEN(beginnings); i++) {
		fd = client_of(server);
		client_send(fd, beginnings[i]);
		/* A byte every few milliseconds is never silent, and is cut all the same. */
		while (i > 0 && client_try_send(fd, "a", 1))
			usleep(5000);
		assert_true(client_is_closed(fd));
		close(fd);
	}
	http_server_stop(server, 0);
}

static void
a_slow_answer_of_ours_is_not_cut(void **state)
{
	struct http_options o = options();
	struct http_server *server;
	int held, idle;

	o.deadline = 60;
	server = start(o);
	held = client_of(server);
	client_send(held, "POST /wait/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	wait_for(1);
	/* When this later one has been cut, the deadline of the first is over too. */
	idle = client_of(server);
	assert_true(client_is_closed(idle));
	serve_all();
	client_expect(held, 200, "served a:");
	close(held);
	close(idle);
	http_server_stop(server, 0);
}

static void
one_address_has_a_limit_of_connections(void **state)
{
	struct http_options o = options();
	struct http_server *server;
	int fds[4], i;

	o.max_per_address = 3;
	server = start(o);
	for (i = 0; i < 4; i++) {
		fds[i] = client_of(server);
		client_send(fds[i], GET("/"));
		if (i < 3)
			client_expect(fds[i], 200, "0");
	}
	assert_true(client_is_closed(fds[3]));
	for (i = 0; i < 4; i++)
		close(fds[i]);
	http_server_stop(server, 0);
}

/* --- later ------------------------------------------------------------------- */

static void
many_clients_are_answered_from_another_thread(void **state)
{
	struct http_server *server = start(options());
	struct str text = STR_INIT(4096);
	int fds[WAITERS], i, round;
	pthread_t thread;

	for (i = 0; i < WAITERS; i++)
		fds[i] = client_of(server);
	for (round = 0; round < 5; round++) {
		assert_int_equal(pthread_create(&thread, NULL, serve_main, NULL), 0);
		for (i = 0; i < WAITERS; i++) {
			str_clear(&text);
			str_addf(&text,
			    "POST /wait/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nb%03d",
			    i, i);
			client_send(fds[i], str_text(&text));
		}
		for (i = 0; i < WAITERS; i++) {
			str_clear(&text);
			str_addf(&text, "served %d:b%03d", i, i);
			client_expect(fds[i], 200, str_text(&text));
		}
		pthread_join(thread, NULL);
	}
	for (i = 0; i < WAITERS; i++)
		close(fds[i]);
	str_done(&text);
	http_server_stop(server, 0);
}

static void
an_answer_may_come_before_the_handler_returns(void **state)
{
	struct http_server *server = start(options());
	int fd = client_of(server), i;

	for (i = 0; i < 100; i++) {
		client_send(fd, GET("/at-once"));
		client_expect(fd, 200, "at once");
	}
	close(fd);
	http_server_stop(server, 0);
}

static void
a_client_that_left_does_no_harm(void **state)
{
	struct http_server *server = start(options());
	int i, fd;

	for (i = 0; i < 10; i++) {
		fd = client_of(server);
		client_send(fd, "POST /wait/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		wait_for((size_t)i + 1);
		close(fd);
	}
	serve_all();
	fd = client_of(server);
	client_send(fd, GET("/"));
	client_expect(fd, 200, "0");
	close(fd);
	http_server_stop(server, 0);
}

/* --- stopping ----------------------------------------------------------------- */

static void
a_stop_answers_whom_nobody_will_answer(void **state)
{
	struct http_server *server = start(options());
	int fds[8], i;

	for (i = 0; i < 8; i++) {
		fds[i] = client_of(server);
		client_send(
		    fds[i], "POST /wait/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	}
	wait_for(8);
	http_server_stop(server, 20);
	for (i = 0; i < 8; i++) {
		client_expect(fds[i], 503, NULL);
		assert_true(client_is_closed(fds[i]));
		close(fds[i]);
	}
	/* The handles are still good, though nobody listens. */
	serve_all();
}

static void *
stop_main(void *server)
{
	http_server_stop(server, 10000);
	return NULL;
}

static void
a_stop_waits_for_open_requests(void **state)
{
	struct http_server *server = start(options());
	int fd = client_of(server), port = http_server_port(server, 0);
	int idle = client_tcp(port), late;
	pthread_t stopper;

	client_send(idle, GET("/"));
	client_expect(idle, 200, "0");
	client_send(fd, "POST /wait/z HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	wait_for(1);
	assert_int_equal(pthread_create(&stopper, NULL, stop_main, server), 0);
	/* The idle one is hung up on: so the stop has begun. */
	assert_true(client_is_closed(idle));
	serve_all();
	client_expect(fd, 200, "served z:");
	assert_true(client_is_closed(fd));
	pthread_join(stopper, NULL);
	late = client_tcp(port);
	assert_int_equal(late, -1);
	close(fd);
	close(idle);
}

/* After all of the above: clients that left, a server that gave up, one that waited. */
static void
every_promised_answer_was_made_once(void **state)
{
	assert_true(promised > 5 * WAITERS / 2);
	assert_int_equal(made, promised);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_above_the_cap_is_told_so),
		cmocka_unit_test(a_client_that_asks_first_is_refused_before_it_sends),
		cmocka_unit_test(a_chunked_body_cannot_pass_the_cap),
		cmocka_unit_test(a_head_above_the_cap_is_refused),
		cmocka_unit_test(a_request_of_two_lengths_is_refused_and_cut),
		cmocka_unit_test(a_slow_sender_is_cut_at_the_deadline),
		cmocka_unit_test(a_slow_answer_of_ours_is_not_cut),
		cmocka_unit_test(one_address_has_a_limit_of_connections),
		cmocka_unit_test(many_clients_are_answered_from_another_thread),
		cmocka_unit_test(an_answer_may_come_before_the_handler_returns),
		cmocka_unit_test(a_client_that_left_does_no_harm),
		cmocka_unit_test(a_stop_answers_whom_nobody_will_answer),
		cmocka_unit_test(a_stop_waits_for_open_requests),
		cmocka_unit_test(every_promised_answer_was_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
