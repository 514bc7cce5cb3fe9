#pragma once
/* remind: what rules want of it. */
#include <assent/flow/desk.h>
#include <assent/store/approval.h>

struct reminding {
	size_t sent;
	utc_ms again; /* when somebody may be reminded who may not now; 0 for none */
};

/*
 * As the clock does it, within all its limits, but as often as rules say: once
 * in a day (20 hours) at most.
 */
int remind_by_rule(struct desk *desk, const struct approval *approval, struct reminding *out,
    struct err *err) MUST_USE;
