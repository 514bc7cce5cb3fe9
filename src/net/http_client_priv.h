#pragma once
/* http_client_priv: one call while libcurl has it. */
#include <assent/net/http_client.h>

#include <curl/curl.h>

struct ride {
	struct ride *next;
	struct run *run; /* whose call it is */
	struct http_call *call;
	const struct http_client_options *options;
	CURL *easy;
	struct curl_slist *headers;
	size_t head_bytes, piece_bytes;
	bool is_long; /* the answer is larger than it may be */
	bool is_refused; /* by whom its pieces were told */
};

/* A handle that does the call in at most span milliseconds; false with the call's rc set. */
bool ride_begin(struct ride *ride, span_ms span);
/* What it came to goes into the call, and the handle away. */
void ride_end(struct ride *ride, CURLcode code);
/* The call did not happen, or not to its end. */
void call_fail(struct http_call *call, int code, const char *why);
