/*
 * http_stream: answers in pieces. libmicrohttpd asks for a piece when it has
 * sent the one before; where there is none the connection is suspended, and
 * libmicrohttpd does not look at it until it is resumed. So the sweeper looks
 * whether the client is still there, and says when a sign of life is due.
 */
#include "http_priv.h"

#include <poll.h>

struct http_stream *
http_stream_new(struct http_request *rq, const struct http_source *source)
{
	struct http_server *server = ((struct work *)(void *)rq)->server;
	struct http_stream *stream;

	if (atomic_fetch_add(&server->streams, 1) >= server->options.max_streams) {
		atomic_fetch_sub(&server->streams, 1);
		return NULL;
	}
	stream = mem_alloc(sizeof(*stream));
	stream->server = server;
	stream->source = *source;
	pthread_mutex_init(&stream->lock, NULL);
	return stream;
}

static void
stream_end(void *arg)
{
	struct http_stream *stream = arg;
	struct http_server *server = stream->server;

	pthread_mutex_lock(&server->conn_lock);
	if (stream->conn)
		stream->conn->stream = NULL;
	pthread_mutex_unlock(&server->conn_lock);
	stream->source.done(stream->source.arg);
	pthread_mutex_destroy(&stream->lock);
	mem_free(stream);
	atomic_fetch_sub(&server->streams, 1);
}

void
http_stream_drop(struct http_stream *stream)
{
	if (stream)
		stream_end(stream);
}

void
http_stream_detach(struct conn *conn)
{
	if (conn->stream)
		conn->stream->conn = NULL;
	conn->stream = NULL;
}

void
http_stream_begin(struct http_stream *stream, struct conn *conn)
{
	stream->sent_ns = clock_tick_ns();
	conn->work->streamed_ns = stream->sent_ns;
	pthread_mutex_lock(&stream->server->conn_lock);
	stream->conn = conn;
	conn->stream = stream;
	pthread_mutex_unlock(&stream->server->conn_lock);
}

/* --- being pulled ---------------------------------------------------------------- */

enum turn { TURN_PULL, TURN_BEAT, TURN_END, TURN_GONE };

static enum turn
next_turn(struct http_stream *stream)
{
	enum turn turn = TURN_PULL;

	pthread_mutex_lock(&stream->lock);
	if (stream->gone)
		turn = TURN_GONE;
	else if (stream->ending || atomic_load(&stream->server->stopping))
		turn = TURN_END;
	else if (stream->beat_due)
		turn = TURN_BEAT;
	stream->woken = false;
	stream->beat_due = false;
	pthread_mutex_unlock(&stream->lock);
	return turn;
}

static long
take(const struct http_source *source, enum turn turn, char *buf, size_t room)
{
	long n = source->pull(source->arg, buf, room);

	return n == HTTP_PIECE_NONE && turn == TURN_BEAT && source->beat
	    ? source->beat(source->arg, buf, room)
	    : n;
}

/* False when there was a call in the meantime. */
static bool
rest(struct http_stream *stream)
{
	bool rests;

	pthread_mutex_lock(&stream->lock);
	rests = !stream->woken && !atomic_load(&stream->server->stopping);
	if (rests) {
		http_conn_phase(stream->conn, PHASE_WORKING);
		stream->suspended = true;
		MHD_suspend_connection(stream->conn->mhd);
	}
	pthread_mutex_unlock(&stream->lock);
	return rests;
}

static void
note_sent(struct http_stream *stream)
{
	/* From now on the client has the deadline's time to take it. */
	http_conn_phase(stream->conn, PHASE_SENDING);
	pthread_mutex_lock(&stream->lock);
	stream->sent_ns = clock_tick_ns();
	pthread_mutex_unlock(&stream->lock);
}

static ssize_t
read_piece(void *arg, uint64_t at, char *buf, size_t room)
{
	struct http_stream *stream = arg;
	enum turn turn;
	long n;

	do {
		turn = next_turn(stream);
		if (turn == TURN_GONE || room < HTTP_PIECE_ROOM)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		n = turn == TURN_END ? HTTP_PIECE_LAST : take(&stream->source, turn, buf, room);
		if (n < 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (n > 0) {
			note_sent(stream);
			return (ssize_t)n;
		}
	} while (!rest(stream));
	return 0;
}

struct MHD_Response *
http_stream_response(struct http_stream *stream)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, HTTP_PIECE_ROOM, read_piece, stream, stream_end);

	if (!response)
		stream_end(stream);
	return response;
}

/* --- from other threads ------------------------------------------------------------ */

static void
wake(struct http_stream *stream)
{
	stream->woken = true;
	if (stream->suspended) {
		stream->suspended = false;
		MHD_resume_connection(stream->conn->mhd);
	}
}

void
http_stream_wake(struct http_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	wake(stream);
	pthread_mutex_unlock(&stream->lock);
}

static bool
has_hung_up(const struct conn *conn)
{
	struct pollfd look = { .fd = conn->fd, .events = POLLRDHUP };

	return poll(&look, 1, 0) > 0;
}

void
http_stream_sweep(struct conn *conn, uint64_t now_ns)
{
	struct http_stream *stream = conn->stream;
	uint64_t beat_ns = (uint64_t)stream->server->options.beat * 1000000;
	bool gone = has_hung_up(conn);

	pthread_mutex_lock(&stream->lock);
	stream->gone |= gone;
	stream->beat_due |=
	    stream->source.beat && now_ns > stream->sent_ns && now_ns - stream->sent_ns >= beat_ns;
	if (stream->gone || stream->beat_due)
		wake(stream);
	pthread_mutex_unlock(&stream->lock);
}

void
http_streams_end(struct http_server *server)
{
	struct conn *conn;

	pthread_mutex_lock(&server->conn_lock);
	for (conn = server->conns; conn; conn = conn->next) {
		if (!conn->stream)
			continue;
		pthread_mutex_lock(&conn->stream->lock);
		conn->stream->ending = true;
		wake(conn->stream);
		pthread_mutex_unlock(&conn->stream->lock);
	}
	pthread_mutex_unlock(&server->conn_lock);
}
