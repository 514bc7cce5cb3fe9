#pragma once
/*
 * autoreply: is a person behind a mail, or a machine? Judged from its header
 * fields alone (RFC 3834, RFC 3464, RFC 8098 and what programs really write).
 *
 * Pure. Strong signs come before weak ones and a bounce before a receipt, a
 * receipt before an absence note, that before other machines' mail. A report
 * (Content-Type) is what it says, whatever its other fields look like.
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>

enum autoreply {
	AUTOREPLY_PERSON, /* no sign of a machine */
	AUTOREPLY_GENERATED, /* notification, list or bulk mail */
	AUTOREPLY_REPLY, /* absence note or a robot's answer */
	AUTOREPLY_RECEIPT, /* read or delivery receipt */
	AUTOREPLY_BOUNCE, /* delivery status */
};

struct header_value {
	const char *name;
	const char *value; /* decoded, one line */
};

struct autoreply_sign {
	enum autoreply kind;
	const struct header_value *header; /* what gave it away, NULL for a person */
};

/* Can a field of this name be a sign? */
bool autoreply_wants(const char *name) MUST_USE;

/*
 * Judge headers[0..n), topmost first, Content-Type of the whole mail included;
 * From and Return-Path may be whole fields or bare addresses.
 */
struct autoreply_sign autoreply_judge(const struct header_value *headers, size_t n) MUST_USE;
