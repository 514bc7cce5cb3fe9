/* words: enums as the tables spell them, where model has no name for them. */
#include "query.h"

#include <assent/base/str.h>
#include <assent/model/policy.h>
#include <assent/store/queue.h>

static const char *const levels[] = {
	[LEVEL_DEFAULT] = "default",
	[LEVEL_VOUCHED] = "vouched",
	[LEVEL_TOKEN] = "token",
	[LEVEL_LINK] = "link",
	[LEVEL_SIGNED] = "signed",
};

static const char *const lanes[LANE_COUNT] = {
	[LANE_INTAKE] = "intake",
	[LANE_OUTGOING] = "outgoing",
	[LANE_OUTSIDE] = "outside",
	[LANE_CLOCK] = "clock",
	[LANE_DRAFT] = "draft",
};

const char *
level_name(int level)
{
	return levels[level];
}

bool
level_parse(const char *name, int *out)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (!text_is(name, levels[i]))
			continue;
		*out = (int)i;
		return true;
	}
	return false;
}

const char *
lane_name(enum lane lane)
{
	return lanes[lane];
}

const char *
job_error(struct tx *tx, const struct job *job, const char *error)
{
	if (!text_starts(job->last_error, JOB_CUT_OFF))
		return error;
	return arena_printf(tx_arena(tx), JOB_CUT_OFF "; %s", error);
}
