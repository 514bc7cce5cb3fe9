#pragma once
/*
 * sse: server-sent events, read as they come (WHATWG HTML, section 9.2).
 *
 * Whatever pieces the bytes come in, the events are the same. Each line and the
 * data of each event are bounded. Other than there, U+0000 is left out of data,
 * as is an event that the stream's end cuts off.
 */
#include <assent/base/err.h>
#include <assent/base/str.h>

struct sse_event { /* valid UTF-8; gone after the call */
	const char *name; /* "message" where none was given */
	const char *data; /* lines joined by \n */
	size_t data_len;
	const char *id; /* the last one that was given, "" for none */
};

/* What is negative ends the reading and is what sse_feed() returns from then on. */
typedef int sse_take(void *arg, const struct sse_event *event, struct err *err);

struct sse {
	sse_take *take;
	void *arg;
	struct str line, name, data, next_id, id;
	int64_t retry_ms; /* what the server wants before the next try; -1: it did not say */
	bool is_begun; /* the first line is over: no BOM any more */
	bool is_after_cr; /* a \n now belongs to it */
	bool has_data;
	int rc;
	struct err err;
};

/* most: bytes of a line and of an event's data. sse_done() it. */
void sse_init(struct sse *sse, size_t most, sse_take *take, void *arg);
void sse_done(struct sse *sse);

/* Events that bytes complete are told to take. ERR_LIMIT, or what take returned; then no more are. */
int sse_feed(struct sse *sse, const char *bytes, size_t n, struct err *err) MUST_USE;
