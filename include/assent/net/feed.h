#pragma once
/*
 * feed: a run of base/live as server-sent events to one client.
 *
 *     id: 1763.7.120            the place behind it (live_place_text())
 *     event: delta              or "restart", and what the run ends with
 *     data: {"text":"..."}      one line of JSON
 *
 * "restart" says {"lost": n}: what came before is void, and what follows lacks
 * its first n bytes. A run that ends with "" just ends the stream, and who asks
 * again with his last place is told how it went on. Watchers share the run's bytes; one that is slow gets
 * more at a time.
 */
#include <assent/base/live.h>
#include <assent/base/str.h>
#include <assent/net/http.h>

#define FEED_TYPE "text/event-stream; charset=utf-8"

struct feed_options {
	struct live *live;
	const char *run;
	struct live_place from;
	/*
	 * Called at each sign of life; false: it is over, and out is the last event
	 * ("" for none). NULL: it goes on.
	 */
	bool (*goes_on)(void *arg, struct str *out);
	void (*done)(void *arg); /* exactly once, after all others; NULL: nothing */
	void *arg;
};

/* For http_answer_stream(). NULL when there are too many streams; done is then not called. */
struct http_stream *feed_new(struct http_request *rq, const struct feed_options *options) MUST_USE;

/* One event without a place. */
void feed_add_event(struct str *out, const char *event, const char *json);
