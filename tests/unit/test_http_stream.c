#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/net/http_client.h>

#include "ai/codec_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- a server that sends on when what it sent was taken ------------------------ */

struct talk {
	int fd;
	const char *const *parts; /* the first is the head; NULL ends them */
	sem_t taken;
	pthread_t thread;
	/* What came. */
	struct str told;
	size_t most; /* pieces that are wanted; 0: all */
	size_t count;
};

/* Bounded, so that a client that keeps pieces back fails and does not hang. */
static void
wait_taken(struct talk *talk)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	while (sem_timedwait(&talk->taken, &until) < 0 && errno == EINTR)
		;
}

static void *
serve(void *arg)
{
	struct talk *talk = arg;
	char request[4096];
	int fd = accept(talk->fd, NULL, NULL);

	if (recv(fd, request, sizeof(request), 0) > 0)
		for (size_t i = 0; talk->parts[i] != NULL; i++) {
			if (i > 1)
				wait_taken(talk);
			if (send(fd, talk->parts[i], strlen(talk->parts[i]), MSG_NOSIGNAL) < 0)
				break;
		}
	close(fd);
	return NULL;
}

static bool
take(void *arg, const char *bytes, size_t n)
{
	struct talk *talk = arg;

	str_addf(&talk->told, "[%.*s]", (int)n, bytes);
	sem_post(&talk->taken);
	return ++talk->count != talk->most;
}

static int
start(struct talk *talk)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	talk->fd = socket(AF_INET, SOCK_STREAM, 0);
	talk->told = STR_INIT(10000);
	sem_init(&talk->taken, 0, 0);
	assert_int_equal(bind(talk->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(talk->fd, 1), 0);
	getsockname(talk->fd, (struct sockaddr *)&at, &len);
	pthread_create(&talk->thread, NULL, serve, talk);
	return ntohs(at.sin_port);
}

static struct http_call
ask_by(struct http_client *client, struct talk *talk,
    bool (*piece)(void *arg, const char *bytes, size_t n), void *arg)
{
	struct http_call call = { .method = "GET",
		.timeout = 5 * MS_SECOND,
		.max_answer = 1000,
		.piece = piece,
		.piece_arg = arg };
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", start(talk));
	call.url = url;
	http_client_run(client, &call, 1, 1, MS_MINUTE);
	call.url = "";
	sem_post(&talk->taken);
	pthread_join(talk->thread, NULL);
	close(talk->fd);
	sem_destroy(&talk->taken);
	return call;
}

static struct http_call
ask(struct talk *talk, bool (*piece)(void *arg, const char *bytes, size_t n), void *arg)
{
	const struct http_client_options options = { 0 };
	AUTO(http_client_freep) struct http_client *client = NULL;
	struct err err;

	assert_int_equal(http_client_new(&options, &client, &err), 0);
	return ask_by(client, talk, piece, arg);
}

#define OK "HTTP/1.1 200 OK\r\n"
#define PAD "0123456789012345678901234567890123456789012345678901234567890123456789"

static void
pieces_are_told_as_they_come(void **state)
{
	static const struct {
		const char *parts[5];
		size_t most;
		int rc, status;
		const char *told, *answer;
	} cases[] = {
		{ { OK "Content-Length: 9\r\n\r\n", "one", "two", "six" }, 0, 0, 200,
		    "[one][two][six]", "" },
		{ { OK "Connection: close\r\n\r\n", "one", "two" }, 0, 0, 200, "[one][two]", "" },
		{ { OK "Transfer-Encoding: chunked\r\n\r\n", "3\r\none\r\n", "3\r\ntwo\r\n",
		      "0\r\n\r\n" },
		    0, 0, 200, "[one][two]", "" },
		{ { OK "Content-Length: 9\r\n\r\n", "one", "two" }, 0, ERR_PEER, 0, "[one][two]",
		    "" },
		{ { OK "Content-Length: 9\r\n\r\n", "one", "two", "six" }, 2, ERR_LIMIT, 200,
		    "[one][two]", "" },
		{ { "HTTP/1.1 429 Busy\r\nContent-Length: 5\r\n\r\n", "later" }, 0, 0, 429, "",
		    "later" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct talk talk = { .parts = cases[i].parts, .most = cases[i].most };
		struct http_call call = ask(&talk, take, &talk);
		if (call.rc != cases[i].rc || call.status != cases[i].status ||
		    !text_is(str_text(&talk.told), cases[i].told) ||
		    !text_is(str_text(&call.answer), cases[i].answer))
			fail_msg("case %zu: %d %s, %s", i, call.status, call.err.text,
			    str_text(&talk.told));
		str_done(&talk.told);
		str_done(&call.answer);
	}
}

static bool
take_all(void *arg, const char *bytes, size_t n)
{
	(void)bytes;
	*(size_t *)arg += n;
	return true;
}

static void
a_stream_over_its_size_is_refused(void **state)
{
	static const char *const parts[] = { OK "Connection: close\r\n\r\n",
		PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD PAD, NULL };
	struct talk talk = { .parts = parts };
	size_t n = 0;
	struct http_call call = ask(&talk, take_all, &n);

	(void)state;
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_true(n <= 1000);
	str_done(&call.answer);
	str_done(&talk.told);
}

/* --- with a model behind it -------------------------------------------------------- */

struct hearing {
	struct codec_reading reading;
	struct talk *talk;
	size_t pieces;
};

static void
hear(void *arg, const char *text, size_t n)
{
	struct hearing *hearing = arg;

	(void)text;
	(void)n;
	hearing->pieces++;
	sem_post(&hearing->talk->taken);
}

static bool
feed(void *arg, const char *bytes, size_t n)
{
	struct hearing *hearing = arg;
	struct err err;

	return codec_feed(&hearing->reading, bytes, n, &err) == 0;
}

static void
a_models_words_are_told_while_it_goes_on_writing(void **state)
{
	static const char *const parts[] = { OK "Connection: close\r\n\r\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"- one\"}}]}\n\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\" a\"}}]}\r\n\r\n",
		"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", NULL };
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct talk talk = { .parts = parts };
	struct hearing hearing = { .talk = &talk };
	const struct model_call wanted = { .delta = hear, .arg = &hearing };
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 20);
	struct codec_answer answer;
	struct http_call call;
	struct err err;

	(void)state;
	codec_begin(&hearing.reading, &server, &wanted);
	call = ask(&talk, feed, &hearing);
	assert_int_equal(call.rc, 0);
	assert_int_equal(codec_end(&hearing.reading, arena, &answer, &err), 0);
	assert_string_equal(answer.text, "- one a");
	assert_int_equal(hearing.pieces, 2);
	str_done(&call.answer);
	str_done(&talk.told);
}

/* --- who is first on a busy machine ------------------------------------------- */

struct polite {
	struct http_client *client;
	struct talk talk;
	int niceness; /* of who tells the pieces */
};

static int
niceness(void)
{
	return getpriority(PRIO_PROCESS, (id_t)gettid());
}

static bool
look(void *arg, const char *bytes, size_t n)
{
	struct polite *polite = arg;

	polite->niceness = niceness();
	return take(&polite->talk, bytes, n);
}

static void *
step_back_and_ask(void *arg)
{
	struct polite *polite = arg;
	struct http_call call;

	if (setpriority(PRIO_PROCESS, (id_t)gettid(), niceness() + 1) < 0)
		return NULL;
	call = ask_by(polite->client, &polite->talk, look, polite);
	str_done(&call.answer);
	return polite;
}

static void
who_steps_back_takes_nobody_with_him(void **state)
{
	const struct http_client_options options = { 0 };
	struct polite polite = { .niceness = -100,
		.talk.parts =
		    (const char *const[]){ OK "Content-Length: 3\r\n\r\n", "one", NULL } };
	pthread_t thread;
	struct err err;
	void *done;

	(void)state;
	if (niceness() >= 19)
		skip();
	assert_int_equal(http_client_new(&options, &polite.client, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, step_back_and_ask, &polite), 0);
	pthread_join(thread, &done);
	http_client_free(polite.client);
	assert_ptr_equal(done, &polite);
	assert_string_equal(str_text(&polite.talk.told), "[one]");
	assert_int_equal(polite.niceness, niceness());
	str_done(&polite.talk.told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_told_as_they_come),
		cmocka_unit_test(a_stream_over_its_size_is_refused),
		cmocka_unit_test(a_models_words_are_told_while_it_goes_on_writing),
		cmocka_unit_test(who_steps_back_takes_nobody_with_him),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
