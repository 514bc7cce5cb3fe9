#include "http_priv.h"

#include <stdio.h>
#include <string.h>

void
http_answer_text(struct http_answer *answer, int status, const char *text)
{
	answer->status = status;
	answer->type = "text/plain; charset=utf-8";
	answer->body = text;
	answer->body_len = strlen(text);
}

void
http_answer_page(
    struct http_answer *answer, const struct http_request *rq, int status, const char *type)
{
	answer->status = status;
	answer->type = type;
	answer->body = str_text(rq->page);
	answer->body_len = rq->page->len;
}

void
http_answer_stream(
    struct http_answer *answer, int status, const char *type, struct http_stream *stream)
{
	answer->status = status;
	answer->type = type;
	answer->stream = stream;
}

void
http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
	if (answer->header_count == HTTP_ANSWER_HEADERS)
		return;
	answer->headers[answer->header_count].name = name;
	answer->headers[answer->header_count].value = value;
	answer->header_count++;
}

static const char *
problem_text(int status)
{
	switch (status) {
	case 400:
		return "This request cannot be read.\n";
	case 404:
		return "There is nothing at this address.\n";
	case 405:
		return "This address does not do that.\n";
	case 413:
		return "That is more than this address takes.\n";
	case 503:
		return "The server is busy. Please try again in a minute.\n";
	default:
		return "Something went wrong here. Please try again in a minute.\n";
	}
}

void
http_answer_problem(struct work *work, int status)
{
	const struct http_options *options = &work->server->options;
	struct http_answer *answer = &work->answer;

	answer->header_count = 0;
	http_answer_text(answer, status, problem_text(status));
	if (options->problem)
		options->problem(&work->rq, status, answer, options->problem_arg);
	answer->status = status;
	if (status == 405)
		http_answer_header(answer, "Allow", work->allow);
}

static bool
has_header(const struct http_answer *answer, const char *name)
{
	size_t i;

	for (i = 0; i < answer->header_count; i++)
		if (text_is_nocase(answer->headers[i].name, name))
			return true;
	return false;
}

static bool
add_headers(struct MHD_Response *response, const struct http_server *server,
    const struct http_answer *answer)
{
	const struct http_header *fixed = server->options.headers;
	bool ok = true;
	size_t i;

	for (i = 0; i < server->options.header_count; i++)
		if (!has_header(answer, fixed[i].name))
			ok &= MHD_add_response_header(response, fixed[i].name, fixed[i].value) ==
			    MHD_YES;
	for (i = 0; i < answer->header_count; i++)
		ok &= MHD_add_response_header(
			  response, answer->headers[i].name, answer->headers[i].value) == MHD_YES;
	if (answer->type)
		ok &= MHD_add_response_header(response, "Content-Type", answer->type) == MHD_YES;
	if (answer->close || atomic_load_explicit(&server->stopping, memory_order_relaxed))
		ok &= MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	return ok;
}

static bool
is_bodiless(int status)
{
	return status == 204 || status == 304;
}

static struct MHD_Response *
response_new(
    const struct http_server *server, const struct http_answer *answer, struct http_stream *stream)
{
	size_t n = is_bodiless(answer->status) ? 0 : answer->body_len;
	struct MHD_Response *response;

	/* Not copied and not written to: the caller keeps it until it is sent. */
	response = stream ? http_stream_response(stream)
			  : MHD_create_response_from_buffer(n,
				(void *)(uintptr_t)(n ? answer->body : ""), MHD_RESPMEM_PERSISTENT);
	if (response && !add_headers(response, server, answer)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

/* From now on its end comes with the response's. */
static struct http_stream *
stream_of(struct conn *conn, const struct http_answer *answer)
{
	struct http_stream *stream = answer->stream;

	if (answer == &conn->work->answer) /* else that is its holder's */
		conn->work->answer.stream = NULL;
	if (!conn->work->rq.head)
		return stream;
	/* For HEAD libmicrohttpd would send the last chunk all the same. */
	http_stream_drop(stream);
	return NULL;
}

enum MHD_Result
http_answer_queue(struct conn *conn, const struct http_answer *answer)
{
	const struct http_server *server = conn->listener->server;
	struct http_answer plain = { .close = true };
	struct http_stream *stream = stream_of(conn, answer);
	struct MHD_Response *response = response_new(server, answer, stream);
	enum MHD_Result result;

	if (!response) {
		stream = NULL;
		http_answer_text(&plain, 500, problem_text(500));
		answer = &plain;
		response = response_new(server, answer, NULL);
		if (!response)
			return MHD_NO;
	}
	conn->status = answer->status;
	http_conn_phase(conn, PHASE_SENDING);
	if (stream)
		http_stream_begin(stream, conn);
	result = MHD_queue_response(conn->mhd, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}
