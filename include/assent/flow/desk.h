#pragma once
/*
 * desk: what every story works with. A desk lives as long as one step or
 * snapshot; stories never see sockets, threads or the clock.
 */
#include <assent/model/policy.h>
#include <assent/store/db.h>

struct desk {
	struct tx *tx;
	const struct policy *policy;
	utc_ms now;
	bool clock_trusted; /* false: irreversible timers wait */
};
