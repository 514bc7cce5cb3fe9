#pragma once
/*
 * stream: one connection to a server, as lines and literals.
 *
 * Every operation has an absolute end, whatever drips in before it; waiting is
 * done by poll(), so the number of a descriptor does not matter. A stream that
 * failed once (why.code is set) or was stopped answers every call at once with
 * failure, so that nothing that still holds it can wait. Bytes are handed on
 * a line or a piece of a literal at a time, never beyond: whoever reads a
 * line leaves nothing of the next in a buffer of its own.
 */
#include "guard_priv.h"

#include <assent/base/clock.h>

#include <sys/types.h>

#define STREAM_RAW ((size_t)16 << 10)

enum { WIRE_END = 0, WIRE_WANT_READ = -1, WIRE_WANT_WRITE = -2, WIRE_FAILED = -3 };

/* What carries the bytes: a socket, TLS over it, or a test. Never waits. */
struct wire {
	ssize_t (*read)(void *self, void *bytes, size_t n); /* > 0, or one of the above */
	ssize_t (*write)(void *self, const void *bytes, size_t n);
	bool (*pending)(void *self); /* has it bytes that poll() cannot see? NULL: never */
	void (*free)(void *self); /* may be NULL */
	void *self;
};

struct stream {
	struct wire wire;
	struct guard guard;
	struct err why; /* the first failure */
	int fd; /* closed with the stream; -1 for none */
	int wake; /* when its other side is closed, everything stops; -1 for none */
	span_ms allowed; /* for one operation */
	span_ms deadline; /* clock_boot() */
	bool stopped;
	struct str line; /* the one in hand */
	size_t given; /* bytes of it that were handed on */
	size_t at, end; /* what is left in raw */
	char raw[STREAM_RAW];
};

/* fd is taken, connected and without blocking; -1 with a wire of one's own (see stream_wire()). */
struct stream *stream_new(int fd, int wake, span_ms allowed) MUST_USE;
void stream_free(struct stream *s);
FREEP(struct stream, stream_free)

/* From now on the bytes go through wire, which is taken. */
void stream_wire(struct stream *s, struct wire wire);

/* An operation begins: it has the allowed time from now on. */
void stream_begin(struct stream *s);

/* Fail from now on: code and sentence, unless it has failed already. Returns -1. */
int stream_fail(struct stream *s, const struct err *why);

/* Is nothing left that was received and not handed on? */
bool stream_is_quiet(const struct stream *s);

/* Up to n bytes for a reader of a library; -1 for the end too (0 would have it ask forever). */
ssize_t stream_read(struct stream *s, void *bytes, size_t n);

/* The next whole line that the guard passes, with its end; NULL on failure. Valid until the next read. */
const char *stream_read_line(struct stream *s);

/* Take in one line, passed or not: 1; 0 when none had begun to come; -1 on failure. */
int stream_hear(struct stream *s);

/* All n bytes; -1 on failure. */
int stream_write(struct stream *s, const void *bytes, size_t n);

/* Wait until the socket is ready for events (poll's) or the time is up: 0 or -1 with why set. */
int stream_wait(struct stream *s, short events);

enum stream_news { STREAM_QUIET, STREAM_DATA, STREAM_WOKEN };

/* Wait for the server or for a word on wake until a clock_boot() time; an enum stream_news, -1 on failure. */
int stream_listen(struct stream *s, span_ms until);
