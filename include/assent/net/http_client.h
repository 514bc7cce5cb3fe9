#pragma once
/*
 * http_client: requests to other people's servers, many at once, over one set
 * of kept connections (libcurl multi).
 *
 * https only, except to loopback or where allow_http says so; certificates and
 * names are verified; redirects are not followed; every answer is bounded in
 * size and time. Thread-safe: any thread may run its own calls. Beyond
 * loopback the environment's https_proxy is honoured.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

struct http_client;

struct http_client_options {
	const char *ca_file; /* "" or NULL: the system's */
	int connections; /* kept at most; 0: 8 */
	bool allow_http; /* plain http beyond loopback too */
};

struct http_call {
	const char *method; /* "GET", "POST", … */
	const char *url;
	const char *const *headers; /* "Name: value"; no CR or LF */
	size_t header_count;
	const char *body; /* NULL for none */
	size_t body_len;
	span_ms timeout; /* of the whole call */
	size_t max_answer; /* bytes; more is ERR_LIMIT */
	/*
	 * Told the pieces of an answer of status 200 as they come; answer stays empty
	 * then. By the client's one thread: everybody's calls wait for it. false ends
	 * the call with ERR_LIMIT. NULL: the answer is collected.
	 */
	bool (*piece)(void *arg, const char *bytes, size_t n);
	void *piece_arg;

	int rc; /* 0: an answer came, whatever its status; else err */
	struct err err; /* ERR_PEER, ERR_BUSY (time), ERR_LIMIT, ERR_INVALID (the url) */
	int status; /* also of an answer that was too long (ERR_LIMIT); else 0 */
	struct str answer; /* str_done() is the caller's */
	span_ms retry_after; /* of Retry-After, a date by the server's own clock; -1 for none */
};

int http_client_new(
    const struct http_client_options *options, struct http_client **out, struct err *err) MUST_USE;
/* Calls under way end with ERR_BUSY first. */
void http_client_free(struct http_client *client);
FREEP(struct http_client, http_client_free)

/* Do all calls, at most at_once at a time, in at most whole milliseconds; each says what it came to. */
void http_client_run(
    struct http_client *client, struct http_call *calls, size_t count, int at_once, span_ms whole);

/* Nothing for so long; false where the calls were cancelled before. */
bool http_client_pause(struct http_client *client, span_ms span) MUST_USE;

/* Every call under way and to come ends with ERR_BUSY: the program stops. */
void http_client_cancel(struct http_client *client);
