#pragma once
/*
 * err: what went wrong, as a code for the program and a sentence for a person.
 *
 * A function that can fail returns 0 or one of the negative codes below and
 * fills the caller's struct err. The sentence is read outside-in: each caller
 * that knows more puts its words in front with err_wrap(). An error is either
 * returned or logged, never both.
 */
#include <assent/base/attr.h>

#include <stdbool.h>

enum err_code {
	ERR_NOT_FOUND = -1, /* it is not there; often expected */
	ERR_INVALID = -2, /* the input is wrong and stays wrong */
	ERR_LIMIT = -3, /* larger, deeper or more than allowed */
	ERR_CONFLICT = -4, /* somebody else was first; state has moved on */
	ERR_DENIED = -5, /* this person or program may not */
	ERR_BUSY = -6, /* try again later (temporary) */
	ERR_IO = -7, /* system, disk or database failed (temporary) */
	ERR_PEER = -8, /* a child or server died or spoke nonsense (temporary) */
	ERR_FULL = -9, /* no space left (temporary) */
};

struct err {
	int code; /* 0 or an enum err_code */
	char text[480]; /* one line, no trailing newline; clipped */
};

/* Fill err (which may be NULL) with a fresh sentence; returns code. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* err_set() that appends ": " and the text of the errno value no. */
int err_errno(struct err *err, int code, int no, const char *fmt, ...) PRINTF(4, 5);

/* Put a prefix and ": " before the sentence already in err; returns code. */
int err_wrap(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* Would the same call perhaps work later, with nothing changed by us? */
bool err_is_temporary(int code);

/* The code's stable lower-case name, such as "not-found". */
const char *err_name(int code);
