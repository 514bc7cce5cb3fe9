#include "http_priv.h"

#include <assent/base/metric.h>

void *
http_read_uri(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	struct conn *conn = http_conn_of(mhd);

	http_conn_phase(conn, PHASE_READING);
	return http_work_begin(conn, uri);
}

/* Queue a refusal while the body is unread: libmicrohttpd closes after it. */
static enum MHD_Result
refuse_now(struct work *work, int status)
{
	http_answer_problem(work, status);
	work->answer.close = true;
	return http_answer_queue(work->conn, &work->answer);
}

static enum MHD_Result
read_head(struct work *work, const char *method, const char *version)
{
	int status = http_head_read(work, method, version);

	if (status != 0)
		return refuse_now(work, status);
	if (work->refusal)
		work->state = WORK_REFUSED;
	work->body.ceiling = work->max_body;
	return MHD_YES;
}

static enum MHD_Result
read_body(struct work *work, const char *data, size_t *size)
{
	size_t n = *size;

	*size = 0;
	if (work->state == WORK_READING) {
		str_add_n(&work->body, data, n);
		if (!str_overflowed(&work->body))
			return MHD_YES;
		work->state = WORK_REFUSED;
		work->refusal = 413;
	}
	work->discarded += n;
	/* Only a chunked body gets here: it hangs up on us, so we hang up. */
	return work->discarded > work->max_body + HTTP_DISCARD_MAX ? MHD_NO : MHD_YES;
}

static const struct http_answer gone = {
	.status = 503,
	.type = "text/plain; charset=utf-8",
	.body = "The server is stopping. Please try again in a minute.\n",
	.body_len = sizeof("The server is stopping. Please try again in a minute.\n") - 1,
	.headers = { { "Retry-After", "30" } },
	.header_count = 1,
	.close = true,
};

static enum MHD_Result
handle(struct work *work)
{
	struct conn *conn = work->conn;
	const struct http_route *route = work->found;
	enum http_when when;

	http_conn_phase(conn, PHASE_WORKING);
	if (work->state == WORK_REFUSED) {
		http_answer_problem(work, work->refusal);
		return http_answer_queue(conn, &work->answer);
	}
	work->rq.body = str_text(&work->body);
	work->rq.body_len = work->body.len;
	when = route->handler(&work->rq, &work->answer, route->arg);
	if (when == HTTP_LATER) /* work may be its holder's by now */
		return conn->suspended ? MHD_YES : http_answer_queue(conn, &gone);
	if (work->answer.status == 0)
		http_answer_problem(work, 500);
	return http_answer_queue(conn, &work->answer);
}

static enum MHD_Result
resumed(struct conn *conn, struct work *work)
{
	struct http_answer late = { 0 };

	conn->suspended = false;
	switch (http_held_state(work)) {
	case WORK_ANSWERED:
		http_work_finish(work);
		return http_answer_queue(conn, &work->answer);
	case WORK_LATE: /* work->answer is its holder's */
		work->late(&work->rq, &late, work->late_arg);
		return http_answer_queue(conn, &late);
	default:
		return http_answer_queue(conn, &gone);
	}
}

/* house: library callback */
enum MHD_Result
http_read(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **slot)
{
	struct conn *conn = http_conn_of(mhd);
	struct work *work = *slot;

	if (conn->suspended)
		return resumed(conn, work);
	if (work->state == WORK_NEW)
		return read_head(work, method, version);
	if (*size > 0)
		return read_body(work, data, size);
	return handle(work);
}

void
http_read_done(
    void *arg, struct MHD_Connection *mhd, void **slot, enum MHD_RequestTerminationCode code)
{
	struct conn *conn = http_conn_of(mhd);
	struct work *work = *slot;
	const struct http_options *options = &conn->listener->server->options;
	uint64_t end_ns;

	if (!work)
		return;
	/* How long somebody watched says nothing about how fast we are. */
	end_ns = work->streamed_ns ? work->streamed_ns : clock_tick_ns();
	if (conn->status != 0) {
		metric_add(METRIC_HTTP_REQUESTS, 1);
		if (options->served)
			options->served(
			    &work->rq, conn->status, end_ns - work->began_ns, options->served_arg);
	}
	conn->status = 0;
	conn->answered++;
	conn->suspended = false;
	http_work_end(conn);
	http_conn_phase(conn, PHASE_IDLE);
	*slot = NULL;
}
