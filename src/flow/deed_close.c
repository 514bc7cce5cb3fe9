/* deed_close: a ticket that nobody needs any more is resolved, as an engineer would do it. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/matter.h>
#include <assent/store/escalation.h>

#include "flow/deed.h"
#include "flow/record.h"

#define LEFT_ALONE (7 * MS_DAY) /* what somebody opened again */

static int
has_packet(struct deed *deed, bool *out, struct err *err)
{
	const struct escalation_filter filter = { .state = "open",
		.priority = "",
		.reason = "",
		.assignee = "",
		.rule = "",
		.ticket = deed->ticket.id,
		.max = 1 };
	struct escalation *list;
	size_t n = 0;
	int rc = escalation_list(deed->desk->tx, &filter, &list, &n, err);

	*out = rc == 0 && n > 0;
	return rc;
}

/* When the ticket was opened again last; 0 for never. */
static int
find_reopened(struct deed *deed, utc_ms *at, struct err *err)
{
	struct closing *list = NULL;
	size_t n = 0;
	int rc = closing_list(deed->desk->tx, &deed->ticket.id, &list, &n, err);

	*at = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (text_is(list[i].act, ticket_event_name(TICKET_DO_REOPEN)))
			*at = list[i].at;
	return rc;
}

/*
 * No ticket is closed under a person who is asked, holds a packet, laid it
 * aside or opened it again. *until 0: nothing is in the way.
 */
static int
find_hindrance(struct deed *deed, utc_ms *until, struct err *err)
{
	utc_ms now = deed->desk->now, reopened = 0;
	bool withdraws = json_is_true(json_object_get(deed->wish, "withdraw"));
	bool open = false, packet = false;
	int rc = deed_find_open(deed, &open, NULL, err);

	if (rc == 0)
		rc = has_packet(deed, &packet, err);
	if (rc == 0)
		rc = find_reopened(deed, &reopened, err);
	*until = 0;
	if ((open && !withdraws) || packet ||
	    text_is(deed->ticket.status, ticket_status_name(TICKET_PAUSED)))
		*until = now + DEED_RETRY;
	else if (reopened != 0 && reopened + LEFT_ALONE > now)
		*until = reopened + LEFT_ALONE;
	return rc;
}

static int
record(struct deed *deed, const struct closing_done *done, struct err *err)
{
	struct arena *arena = tx_arena(deed->desk->tx);
	const struct ledger_field fields[] = {
		{ "ticket", arena_printf(arena, "T-%lld", (long long)deed->ticket.ref) },
		{ "rule", deed->rule },
		{ "before", deed->ticket.status },
		{ "withdrawn",
		    done->withdrawn > 0 ? arena_printf(arena, "%zu", done->withdrawn) : NULL },
	};
	int rc = deed_record(deed, err);

	return rc < 0 ? rc
		      : record_ledger(deed->desk,
			    &(struct record_entry){
				"rule.close", deed->ticket.id, fields, ARRAY_LEN(fields) },
			    NULL, err);
}

static int
tell(struct deed *deed, const struct closing_done *done, struct err *err)
{
	const struct deed_letter letter = { .why = DEED_CLOSED, .withdrawn = done->withdrawn };

	return deed_word(deed, "to")[0] != '\0' ? deed_tell_role(deed, &letter, err)
						: deed_tell_engineer(deed, &letter, err);
}

int
deed_close(struct deed *deed, struct err *err)
{
	/* Why unpaid: hundreds may be closed at once, and nobody asked for what is written. */
	const struct closing_wish wish = {
		.ticket = deed->ticket.id,
		.act = TICKET_DO_RESOLVE,
		.by = deed->by,
		.comment = deed_text(deed, "title", deed->desk->policy->locale),
		.spent = "",
		.to = "",
		.withdraw = json_is_true(json_object_get(deed->wish, "withdraw")),
		.unpaid = true,
	};
	struct closing_done done = { 0 };
	const char *wrong;
	utc_ms until = 0;
	int rc;

	if (text_is(deed->ticket.status, ticket_status_name(TICKET_RESOLVED)))
		return 0;
	rc = find_hindrance(deed, &until, err);
	if (rc < 0 || until != 0)
		return rc < 0 ? rc : deed_wait(deed, until);
	rc = closing_do(deed->desk, &wish, &done, &wrong, err);
	if (rc == 0)
		rc = record(deed, &done, err);
	return rc < 0 ? rc : tell(deed, &done, err);
}
