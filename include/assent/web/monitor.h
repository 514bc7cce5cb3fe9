#pragma once
/*
 * monitor: what machines ask a running daemon. GET only; nothing changes.
 *
 * /healthz says "ok" to anybody as long as requests are answered. /readyz is
 * 200 when nothing is wrong that keeps work from being done, else 503; why is
 * told only to those who may read /metrics: http.metrics_from, and whoever can
 * open the control socket. For anybody else /metrics is not there (404).
 */
#include <assent/base/clock.h>
#include <assent/net/http.h>
#include <assent/store/site.h>

#include <pthread.h>

struct web;

/* One snapshot of the store serves all who ask within MONITOR_KEEP. */
#define MONITOR_KEEP (5 * MS_SECOND)

#define MONITOR_ONE(word) +1
#define MONITOR_REASONS (ESCALATION_REASONS(MONITOR_ONE) + 1)
struct monitor_packets { /* of all there are */
	int64_t states[ESCALATION_STATE_COUNT];
	int64_t priorities[ESCALATION_PRIORITY_COUNT];
	int64_t reasons[MONITOR_REASONS]; /* as escalation_reasons; then what others there are */
	span_ms average, p95; /* of resolution */
	span_ms oldest; /* how long the oldest pending one has been there; 0 while none is */
};

/* Why apart: a million packets take time to count, which /readyz does not wait for. */
struct monitor_counted {
	pthread_mutex_t lock;
	bool is_known, is_readable;
	span_ms at;
	struct monitor_packets kept;
};

struct monitor {
	pthread_mutex_t lock;
	bool is_known; /* kept is a snapshot, taken at `at` */
	bool is_readable; /* the last try to take one worked */
	span_ms at;
	struct site_gauges kept;
	struct monitor_counted counted;
};

/* For routes; arg is the struct web. */
enum http_when monitor_alive(struct http_request *rq, struct http_answer *answer, void *web);
enum http_when monitor_ready(struct http_request *rq, struct http_answer *answer, void *web);
enum http_when monitor_metrics(struct http_request *rq, struct http_answer *answer, void *web);

/* May this request read /metrics? */
bool monitor_is_allowed(struct web *web, const struct http_request *rq);
/* A copy of the counts, at most MONITOR_KEEP old; false when the store cannot be read. */
bool monitor_gauges(struct web *web, struct site_gauges *out);
bool monitor_packets(struct web *web, struct monitor_packets *out); /* likewise */
/* Append the page of /metrics. */
void monitor_add_metrics(struct web *web, struct str *page);
