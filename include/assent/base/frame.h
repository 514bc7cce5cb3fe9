#pragma once
/*
 * frame: length-prefixed messages to and from children over a stream socket,
 * and the flat encoding of their fields.
 *
 * On the wire: u32 big-endian length of what follows, u8 kind, payload. A
 * payload is a row of fields, each u32 length and bytes; a list is a count
 * field followed by that many fields. Reading never believes a length before
 * it was compared with what is left.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdint.h>

struct frame { /* what came in; payload belongs to the caller's str */
	uint8_t kind;
	const char *payload;
	size_t len;
};

/*
 * Write one frame; deadline is an absolute clock_boot() time, -1 for none.
 * fd_to_pass < 0 for none, else it is sent with SCM_RIGHTS beside the header.
 * ERR_PEER when the other side is gone, ERR_BUSY when the deadline passed.
 */
int frame_send(int sock, uint8_t kind, const void *payload, size_t len, int fd_to_pass,
    span_ms deadline, struct err *err) MUST_USE;

/*
 * Read one frame into buf (cleared first; its ceiling is the limit, more is
 * ERR_LIMIT). fd_got may be NULL; else it gets a passed descriptor or -1.
 * ERR_NOT_FOUND when the peer closed between frames, ERR_PEER when it closed
 * inside one, ERR_BUSY when the deadline passed.
 */
int frame_receive(int sock, struct str *buf, struct frame *out, int *fd_got, span_ms deadline,
    struct err *err) MUST_USE;

/* Writing fields: append to a str. */
void field_add(struct str *out, const void *bytes, size_t n);
void field_add_text(struct str *out, const char *text); /* NULL is written as "" */
void field_add_int(struct str *out, int64_t value);

/* Reading fields: a cursor with a sticky error. */
struct field_reader {
	const char *at;
	size_t left;
	bool bad; /* something was missing or malformed */
};

void field_reader_init(struct field_reader *r, const void *bytes, size_t n);
const char *field_take(struct field_reader *r, size_t *n); /* "" when bad */
/* NUL-terminated copy in arena; bad when the field holds a NUL, is not UTF-8 or is longer than max. */
char *field_take_text(struct field_reader *r, struct arena *arena, size_t max);
int64_t field_take_int(struct field_reader *r, int64_t min, int64_t max); /* min when bad */
bool field_is_end(const struct field_reader *r); /* all read and nothing bad */
