#pragma once
/* owner_priv: the one door through which an owner changes. */
#include <assent/flow/desk.h>
#include <assent/store/people.h>

struct owner_step {
	const char *email, *name;
	const char *by;
	const char *evidence;
	utc_ms at; /* when it came to be so, 0 for now */
};

int owner_set(struct desk *desk, const struct organisation *before, const struct owner_step *step,
    struct err *err) MUST_USE;
