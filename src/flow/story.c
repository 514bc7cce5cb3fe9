#include <assent/base/str.h>

#include "flow/received.h"
#include "flow/stories.h"

/* clang-format off */
static const struct story stories[] = {
	/* kind		lane		plan		more		settle		given up */
	{ "intake",	LANE_INTAKE,	intake_plan,	intake_more,	intake_settle,	received_given_up },
	{ "ask",	LANE_OUTSIDE,	ask_plan,	NULL,		ask_settle,	ask_given_up },
	{ "document",	LANE_DRAFT,	document_plan,	NULL,		document_settle, document_given_up },
	{ "send",	LANE_OUTGOING,	send_plan,	NULL,		send_settle,	send_given_up },
	{ "token",	LANE_OUTSIDE,	token_plan,	NULL,		token_settle,	NULL },
	{ "login",	LANE_OUTSIDE,	login_plan,	NULL,		login_settle,	NULL },
	{ "resume",	LANE_DRAFT,	resume_plan,	NULL,		resume_settle,	NULL },
	{ "hook",	LANE_INTAKE,	hook_plan,	NULL,		hook_settle,	received_given_up },
	{ "retention",	LANE_CLOCK,	NULL,		NULL,		retention_settle, NULL },
	{ "remind",	LANE_CLOCK,	NULL,		NULL,		remind_settle,	NULL },
	{ "expire",	LANE_CLOCK,	NULL,		NULL,		expire_settle,	NULL },
	{ "climb",	LANE_CLOCK,	NULL,		NULL,		climb_settle,	NULL },
	{ "lapse",	LANE_CLOCK,	NULL,		NULL,		lapse_settle,	NULL },
	{ "gather",	LANE_CLOCK,	NULL,		NULL,		gather_settle,	NULL },
	{ "rule",	LANE_CLOCK,	NULL,		NULL,		rule_settle,	NULL },
};
/* clang-format on */

const struct story *
story_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(stories); i++)
		if (text_is(stories[i].kind, kind))
			return &stories[i];
	return NULL;
}
