/*
 * api: who asked for a document with "Prefer: wait=30" (RFC 7240) is answered
 * when it is there, or after that time with the 202 of everybody else. No
 * thread waits: the request is held, and the end of the run lets it go.
 */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/document.h>

#include "web/api_priv.h"

#include <pthread.h>
#include <string.h>

#define WAIT_MOST 60

struct waiting {
	struct api *api;
	struct live_watch *watch;
	pthread_mutex_t lock;
	bool is_over; /* its end has come, or its time: the other one comes too late */
	bool is_late;
};

int
api_prefer_wait(const char *prefer)
{
	char text[200], *rest = text, *word;
	int64_t seconds;

	if (prefer == NULL || strlen(prefer) >= sizeof(text))
		return 0;
	memcpy(text, prefer, strlen(prefer) + 1);
	while ((word = strsep(&rest, ",")) != NULL) {
		word = text_trim(word);
		if (!text_starts_nocase(word, "wait="))
			continue;
		word[strcspn(word, "; ")] = '\0';
		if (!num_parse_within(word + strlen("wait="), 0, INT64_MAX, &seconds))
			return 0;
		return seconds < WAIT_MOST ? (int)seconds : WAIT_MOST;
	}
	return 0;
}

/* --- what came of it -------------------------------------------------------------- */

static int
waited_run(struct tx *tx, void *arg, struct err *err)
{
	struct api *api = arg;
	struct desk desk = web_desk(api->web, api->settings, tx);

	return api_document_waited(api, &desk, err);
}

static void
answer_ended(struct api *api, struct http_answer *answer)
{
	struct err err = { 0 };

	if (db_read(api->web->db, api->rq->arena, waited_run, api, &err) < 0)
		api_answer_refusal(api, answer, &err);
	else
		api_answer_out(api, answer);
}

/* On the connection's thread, or where it was let go when nobody listens any more. */
static void
finish(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct waiting *waiting = arg;
	struct api *api = waiting->api;

	(void)rq;
	live_unwatch(waiting->watch);
	if (!waiting->is_late)
		answer_ended(api, answer);
	json_decref(api->out);
	settings_unref(api->settings);
	pthread_mutex_destroy(&waiting->lock);
	mem_free(waiting);
}

/* --- waiting ----------------------------------------------------------------------- */

static bool
has_ended(struct waiting *waiting)
{
	struct live_news news;
	char text[512];

	do
		live_read(waiting->watch, text, sizeof(text), &news);
	while (news.what == LIVE_TEXT || news.what == LIVE_RESTART);
	return news.what != LIVE_NOTHING;
}

static void
more(void *arg)
{
	struct waiting *waiting = arg;
	bool is_first;

	pthread_mutex_lock(&waiting->lock);
	is_first = !waiting->is_over && has_ended(waiting);
	waiting->is_over |= is_first;
	pthread_mutex_unlock(&waiting->lock);
	if (is_first)
		http_answer_by(waiting->api->later, finish, waiting);
}

static void
late(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct waiting *waiting = arg;
	bool is_first;

	(void)rq;
	pthread_mutex_lock(&waiting->lock);
	is_first = !waiting->is_over;
	waiting->is_over = waiting->is_late = true;
	pthread_mutex_unlock(&waiting->lock);
	if (is_first)
		api_answer_out(waiting->api, answer);
	else /* it ended in this very moment, and who let go of it was too late */
		answer_ended(waiting->api, answer);
	if (is_first)
		http_answer_by(waiting->api->later, finish, waiting);
}

void
api_wait(struct api *api)
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting));
	bool is_over;

	waiting->api = api;
	pthread_mutex_init(&waiting->lock, NULL);
	waiting->watch = live_watch(api->web->live, api->run, &api->mark, more, waiting);
	http_later_until(api->later, api->wait * MS_SECOND, late, waiting);
	/* From the first read on more() is called, and may forget all of this. */
	pthread_mutex_lock(&waiting->lock);
	is_over = has_ended(waiting);
	waiting->is_over |= is_over;
	pthread_mutex_unlock(&waiting->lock);
	if (is_over)
		http_answer_by(api->later, finish, waiting);
}
