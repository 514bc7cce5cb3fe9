/* deed_ask: the owner is asked what the rule asks, as if an engineer had written it. */
#include <assent/base/str.h>
#include <assent/flow/ask.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>

#include "flow/answers.h"
#include "flow/deed.h"

#include <string.h>

#define A_DAY 10 /* questions of rules to one customer's owner; the others wait for their day */
#define DAYS_MAX 30
#define DAY_KEPT (400 * MS_DAY)
#define ASKED_MAX 1000 /* questions of one ticket */

/* --- may it be asked -------------------------------------------------------------- */

static bool
same_day(const struct deed *deed, utc_ms at)
{
	const struct zone *zone = deed->desk->policy->zone;
	struct civil a, b;

	zone_civil(zone, at, &a);
	zone_civil(zone, deed->desk->now, &b);
	return a.year == b.year && a.month == b.month && a.day == b.day;
}

/*
 * Did this rule ask about this ticket before? Whatever became of that: who said
 * no, or withdrew it, is not asked again because the question itself made the
 * condition end and begin.
 */
static int
was_asked(struct deed *deed, bool *out, struct err *err)
{
	const struct approval_filter filter = { .ticket = deed->ticket.id, .max = ASKED_MAX };
	bool daily = text_starts(deed->key, "day:");
	struct approval *list = NULL;
	size_t n = 0;
	int rc = approval_list(deed->desk->tx, &filter, &list, &n, err);

	*out = false;
	for (size_t i = 0; rc == 0 && i < n; i++)
		*out = *out ||
		    (text_is(list[i].requested_by, deed->by) &&
			(!daily || same_day(deed, list[i].created)));
	return rc;
}

/* Of so many on one day nobody reads more. */
static int
find_day(struct deed *deed, const struct organisation *o, span_ms *delay, struct err *err)
{
	struct desk *desk = deed->desk;
	const struct calendar *calendar = policy_calendar(desk->policy, o->key);
	const struct zone *zone = desk->policy->zone;
	char id[ID_TEXT_SIZE];
	bool room = false;
	int rc = 0;

	id_text(&o->id, id);
	for (int day = 0; rc == 0 && !room && day <= DAYS_MAX; day++) {
		utc_ms at = calendar_add_days(calendar, zone, desk->now, day);
		const struct answers_limit limit = { arena_printf(tx_arena(desk->tx),
							 "rule-asks:%s:%lld", id,
							 (long long)(at / MS_DAY)),
			A_DAY, DAY_KEPT };

		rc = answers_take(desk, &limit, &room, err);
		*delay = desk->policy->send_delay + (at - desk->now);
	}
	return rc;
}

/* --- asking -------------------------------------------------------------------------- */

static int
tell_asked(struct deed *deed, const struct ask_line *line, struct err *err)
{
	const struct deed_letter letter = { .why = DEED_ASKED,
		.question = line->question,
		.approver = line->owner_name[0] != '\0' ? line->owner_name : line->owner_email,
		.when = line->ask_at };

	return deed_tell_engineer(deed, &letter, err);
}

/* Nobody can be asked: somebody of the desk is to see to that. */
static int
tell_nobody(struct deed *deed, struct err *err)
{
	struct desk *desk = deed->desk;
	const char *site = desk->policy->locale, *to = deed_word(deed, "to");
	json_t *missing = json_pack("[s]", deed_text(deed, "ask", site));
	struct escalation packet;
	bool is_new = false;
	int rc = escalation_raise(desk,
	    &(struct escalation_raise){ .title = deed_text(deed, "title", site),
		.suggest = deed_text(deed, "suggest", site),
		.texts = deed_texts(deed),
		.entity_type = "ticket",
		.entity_id =
		    arena_printf(tx_arena(desk->tx), "T-%lld", (long long)deed->ticket.ref),
		.reason = "nobody_to_ask",
		.missing = view_dump(tx_arena(desk->tx), missing),
		.priority = deed_word(deed, "priority"),
		.rule = deed->rule,
		.once_key = deed->key,
		.to = to[0] != '\0' ? to : "engineer",
		.confidence = -1,
		.ticket = deed->ticket.id,
		.by = "rules" },
	    &packet, &is_new, err);

	json_decref(missing);
	return rc;
}

static int
ask(struct deed *deed, const struct organisation *o, struct err *err)
{
	struct ask wish = {
		.tickets = &deed->ticket.id,
		.ticket_count = 1,
		.question = deed_text(
		    deed, "ask", o->locale[0] != '\0' ? o->locale : deed->desk->policy->locale),
		.by = deed->by,
		.summary = "",
	};
	struct ask_result result = { 0 };
	struct err why = { 0 };
	int rc = find_day(deed, o, &wish.delay, err);

	if (rc < 0)
		return rc;
	rc = ask_request(deed->desk, &wish, &result, &why);
	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		return tell_nobody(deed, err);
	if (rc < 0)
		return err_set(err, rc, "%s", why.text);
	rc = deed_record(deed, err);
	return rc < 0 || result.count == 0 ? rc : tell_asked(deed, &result.lines[0], err);
}

int
deed_ask(struct deed *deed, struct err *err)
{
	const struct ticket *t = &deed->ticket;
	struct organisation organisation = { .key = "", .locale = "" };
	bool open = false, before = false;
	int rc;

	if (text_is(t->status, ticket_status_name(TICKET_RESOLVED)))
		return 0;
	rc = deed_find_open(deed, &open, NULL, err);
	if (rc == 0)
		rc = was_asked(deed, &before, err);
	if (rc < 0 || before)
		return rc;
	if (open || text_is(t->status, ticket_status_name(TICKET_PAUSED)))
		return deed_wait(deed, deed->desk->now + DEED_RETRY);
	if (!id_is_null(&t->organisation))
		rc = organisation_get(deed->desk->tx, &t->organisation, &organisation, err);
	return rc < 0 ? rc : ask(deed, &organisation, err);
}
