/*
 * Waiting for mail. The library's IDLE reads one line and takes it for the
 * server's go-ahead, so that a mail that comes just before it is never heard
 * of; this one hears every line, and counts news from the last listing on.
 */
#include "session_priv.h"

#define IDLE_MAX (28 * MS_MINUTE) /* RFC 2177: a server may end it after 30 */

/* Its "+": from then on it tells. ERR_CONFLICT when it does not want to. */
static int
begin_idle(struct session *s, struct err *err)
{
	int rc = session_send(s, "IDLE", err);

	if (rc == 0)
		rc = session_go_ahead(s, err);
	return rc > 0 ? ERR_CONFLICT : rc;
}

static int
end_idle(struct session *s, struct err *err)
{
	stream_begin(s->stream);
	if (stream_write(s->stream, "DONE\r\n", 6) < 0)
		return session_broke(s, err);
	return session_await(s, err);
}

/* Read what the server has to say, as far as it has come; the guard takes note. */
static int
hear(struct session *s, struct err *err)
{
	int rc;

	do {
		stream_begin(s->stream);
		guard_expect(&s->stream->guard, 0, (int64_t)1 << 20, 0);
		rc = stream_hear(s->stream);
	} while (rc > 0 && !stream_is_quiet(s->stream));
	return rc < 0 ? session_broke(s, err) : 0;
}

/* Until until, news, or a word of the daemon. */
static int
listen_until(struct session *s, struct waiting *w, span_ms until, struct err *err)
{
	struct guard *g = &s->stream->guard;

	while (!g->fresh) {
		int rc = stream_listen(s->stream, until);

		if (rc < 0)
			return session_broke(s, err);
		w->woken = rc == STREAM_WOKEN;
		if (rc != STREAM_DATA)
			return 0;
		rc = hear(s, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
idle_until(struct session *s, struct waiting *w, span_ms until, struct err *err)
{
	span_ms turn = clock_boot() + IDLE_MAX;
	int rc = begin_idle(s, err);

	if (rc < 0)
		return rc;
	rc = listen_until(s, w, turn < until ? turn : until, err);
	return rc < 0 ? rc : end_idle(s, err);
}

static int
look_again(struct session *s, struct err *err)
{
	int rc = session_send(s, "NOOP", err);

	if (rc == 0)
		rc = session_await(s, err);
	return rc < 0 ? rc : session_check(s, ERR_PEER, "look for mail", err);
}

static int
sleep_until(struct session *s, struct waiting *w, span_ms until, struct err *err)
{
	int rc = listen_until(s, w, until, err);

	return rc < 0 ? rc : look_again(s, err);
}

int
session_wait(struct session *s, struct waiting *w, struct err *err)
{
	struct guard *g = &s->stream->guard;
	span_ms until = clock_boot() + w->time;
	bool can_idle = session_can(s, "IDLE");
	int rc = 0;

	s->stage = IMAP_AT_WAIT;
	w->woken = false;
	while (rc == 0 && !g->fresh && !w->woken && clock_boot() < until) {
		rc = can_idle ? idle_until(s, w, until, err) : sleep_until(s, w, until, err);
		if (rc == ERR_CONFLICT) {
			can_idle = false;
			rc = 0;
		}
	}
	w->news = g->fresh;
	return rc;
}
