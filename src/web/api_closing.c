/* api: a ticket as a whole: /tickets/{ticket}/resolve, escalate, pause, … */
#include <assent/flow/closing.h>

#include "web/api_priv.h"

#define SPENT_MAX 40

/* clang-format off */
#define COMMON \
	{ "comment",	JSON_KIND_TEXT,		false,	CLOSING_COMMENT_MAX }, \
	{ "spent",	JSON_KIND_TEXT,		false,	SPENT_MAX }

static const struct json_field plain_fields[] = {
	COMMON,
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field resolve_fields[] = {
	COMMON,
	{ "withdraw",	JSON_KIND_BOOLEAN,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field escalate_fields[] = {
	COMMON,
	{ "to",		JSON_KIND_ADDRESS,	false,	0 },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field spent_fields[] = {
	{ "spent",	JSON_KIND_TEXT,		true,	SPENT_MAX },
	{ "comment",	JSON_KIND_TEXT,		false,	CLOSING_COMMENT_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

typedef int (*closing_fn)(struct desk *desk, const struct closing_wish *wish,
    struct closing_done *out, const char **wrong, struct err *err);

static int
run(struct api *api, struct desk *desk, enum ticket_event act, closing_fn fn, struct err *err)
{
	struct closing_wish wish = {
		.act = act,
		.by = api_by(api, desk),
		.comment = json_text(api->body, "comment"),
		.spent = json_text(api->body, "spent"),
		.to = json_text(api->body, "to"),
		.withdraw = json_is_true(json_object_get(api->body, "withdraw")),
		.unpaid = !api_has_drafts(api),
	};
	struct closing_done done;
	const char *wrong = NULL;
	bool paid = !wish.unpaid;
	int rc = api_find_ticket(api, desk, api->rq->segment, &wish.ticket, err);

	if (rc < 0)
		return rc;
	rc = fn(desk, &wish, &done, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	for (size_t i = 0; paid && i < done.paper_count; i++)
		paid = api_take_draft(api);
	api->out = closing_json(&done);
	return 0;
}

static int
resolve(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_DO_RESOLVE, closing_do, err);
}

static int
escalate(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_DO_ESCALATE, closing_do, err);
}

static int
pause_it(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_DO_PAUSE, closing_do, err);
}

static int
resume(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_DO_RESUME, closing_do, err);
}

static int
reopen(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_DO_REOPEN, closing_do, err);
}

static int
spend(struct api *api, struct desk *desk, struct err *err)
{
	return run(api, desk, TICKET_EVENT_COUNT, closing_spend, err);
}

/* clang-format off */
#define TICKET "/api/v1/tickets/{}"
const struct api_endpoint api_closing_endpoints[] = {
	{ "POST",	TICKET "/resolve",	SCOPE_TICKETS_WRITE,	resolve,	resolve_fields },
	{ "POST",	TICKET "/escalate",	SCOPE_TICKETS_WRITE,	escalate,	escalate_fields },
	{ "POST",	TICKET "/pause",	SCOPE_TICKETS_WRITE,	pause_it,	plain_fields },
	{ "POST",	TICKET "/resume",	SCOPE_TICKETS_WRITE,	resume,		plain_fields },
	{ "POST",	TICKET "/reopen",	SCOPE_TICKETS_WRITE,	reopen,		plain_fields },
	{ "POST",	TICKET "/spent",	SCOPE_TICKETS_WRITE,	spend,		spent_fields },
	{ NULL,		NULL,			SCOPE_COUNT,		NULL,		NULL },
};
/* clang-format on */
