#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/flow/address.h>
#include <assent/flow/matter.h>
#include <assent/flow/resume.h>

#include <string.h>

/* --- raising ---------------------------------------------------------------------- */

static struct escalation
fresh(const struct desk *desk, const struct escalation_raise *raise)
{
	return (struct escalation){
		.id = id_next(desk->now),
		.version = 1,
		.state = escalation_state_name(ESCALATION_PENDING),
		.source = raise->by,
		.assignee = "",
		.created = desk->now,
		.began = desk->now,
		.climbed_at = desk->now,
		.moved_at = desk->now,
		.acked_by = "",
		.action = "",
		.notes = "",
		.override_json = "",
		.resolved_by = "",
	};
}

/* An open one of the same rule and key. */
static int
find_same(struct desk *desk, const struct escalation_raise *raise, struct escalation *out,
    bool *found, struct err *err)
{
	int rc;

	*found = false;
	if (record_maybe(raise->once_key) == NULL)
		return 0;
	rc = escalation_of_key(desk->tx, raise->rule, raise->once_key, out, err);
	*found = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What is written down is told to somebody, or climbs until it is. */
static int
begin(struct desk *desk, struct escalation *e, const char *why, struct err *err)
{
	size_t reached = 0;
	int rc = escalation_put_to(desk, e, why, &reached, err);

	if (rc == 0 && reached == 0)
		rc = escalation_climb(desk, e, err);
	return rc < 0 ? rc : escalation_arm(desk, e, err);
}

/* Its times would be of a clock that nobody believes. */
static int
no_clock(int code, struct err *err)
{
	return err_set(err, code,
	    "the clock of this machine is not believed just now, and a packet has its times; "
	    "nothing was changed, try again later");
}

int
escalation_raise(struct desk *desk, const struct escalation_raise *raise, struct escalation *out,
    bool *is_new, struct err *err)
{
	struct escalation e = fresh(desk, raise);
	bool found = false;
	int rc;

	*is_new = false;
	if (!desk->clock_trusted)
		return no_clock(ERR_BUSY, err);
	rc = escalation_read(desk, raise, &e, err);
	if (rc == 0)
		rc = find_same(desk, raise, out, &found, err);
	if (rc < 0 || found)
		return rc;
	e.to = e.first_to;
	e.next_at = escalation_next(desk, &e);
	rc = escalation_add(desk->tx, &e, err);
	if (rc == 0)
		rc = escalation_record(desk, &e,
		    &(struct escalation_note){ "raised", raise->by, NULL, e.to, true, &raise->way },
		    err);
	if (rc == 0)
		rc = begin(desk, &e, "raised", err);
	*is_new = rc == 0;
	if (rc == 0)
		*out = e;
	return rc;
}

/* --- acts ---------------------------------------------------------------------------- */

struct act { /* one on its way */
	struct desk *desk;
	const struct escalation_wish *wish;
	struct escalation was, is;
	bool done; /* it was so before: nothing is written */
	const char *before, *after; /* of the history */
};

static int
wrong_at(struct act *a, const char *pointer, int rc)
{
	if (a->wish->wrong != NULL)
		*a->wish->wrong = pointer;
	return rc;
}

static int
ack(struct act *a, struct err *err)
{
	(void)err;
	a->done = a->was.acked_at != 0;
	a->is.acked_at = a->desk->now;
	a->is.acked_by = a->wish->by;
	if (strchr(a->wish->by, '@') != NULL)
		a->is.assignee = a->wish->by;
	a->is.snoozed_until = 0;
	a->after = a->wish->by;
	return 0;
}

static int
assign(struct act *a, struct err *err)
{
	const char *typed = a->wish->to != NULL ? a->wish->to : "";
	const char *to = address_read(tx_arena(a->desk->tx), typed);
	bool himself, bounces = false;
	int rc;

	if (to == NULL)
		return wrong_at(
		    a, "/to", err_set(err, ERR_INVALID, "name who shall take it: a mail address"));
	if (!escalation_may_reach(a->desk, a->was.organisation, to))
		return wrong_at(a, "/to",
		    err_set(err, ERR_INVALID,
			"%.200s is nobody of this desk: neither staff nor of a role", to));
	rc = escalation_bounces(a->desk->tx, to, a->desk->now - ESCALATION_BOUNCE, &bounces, err);
	if (rc < 0)
		return rc;
	himself = text_is_nocase(to, a->wish->by);
	if (bounces && !himself)
		return wrong_at(a, "/to",
		    err_set(err, ERR_INVALID, "mail to %.200s came back lately; name another", to));
	a->done = text_is_nocase(to, a->was.assignee) && (!himself || a->was.acked_at != 0);
	a->is.assignee = to;
	a->is.acked_at = himself ? a->desk->now : 0;
	a->is.acked_by = himself ? a->wish->by : "";
	a->is.climbed_at = a->desk->now;
	a->is.snoozed_until = 0;
	a->before = a->was.assignee[0] != '\0' ? a->was.assignee : a->was.to;
	a->after = to;
	return 0;
}

static int
snooze(struct act *a, struct err *err)
{
	utc_ms until = a->wish->until, now = a->desk->now;
	struct arena *arena = tx_arena(a->desk->tx);

	if (until <= now || until > now + ESCALATION_SNOOZE_MAX)
		return wrong_at(a, "/until",
		    err_set(err, ERR_INVALID,
			"it can be put off until later than now, for 31 days at most"));
	a->done = a->was.snoozed_until == until;
	a->is.snoozed_until = until;
	a->after = words_date(arena, a->desk->policy->zone, until);
	return 0;
}

static int
resolve(struct act *a, struct err *err)
{
	int rc = escalation_read_resolution(a->desk, a->wish, &a->is, err);

	a->is.resolved_by = a->wish->by;
	a->is.resolved_at = a->desk->now;
	a->is.took = a->desk->now - a->was.created;
	a->is.snoozed_until = 0;
	if (a->is.took < 0)
		a->is.took = 0; /* the clock went back */
	a->before = a->was.state;
	a->after = a->is.action;
	return rc;
}

static int
reopen(struct act *a, struct err *err)
{
	struct escalation *e = &a->is;
	utc_ms now = a->desk->now;

	(void)err;
	e->began = e->climbed_at = now;
	e->to = e->first_to;
	e->level = e->repeats = e->acked_at = e->overdue_told = e->snoozed_until = 0;
	e->resolved_at = e->took = 0;
	e->assignee = e->acked_by = e->resolved_by = e->action = e->notes = e->override_json = "";
	if (e->due <= now)
		e->due = escalation_after(a->desk, e, now, ESCALATION_DUE);
	a->before = a->was.state;
	a->after = e->to;
	return 0;
}

/* clang-format off */
static int (*const acts[ESCALATION_ACT_COUNT])(struct act *a, struct err *err) = {
	[ESCALATION_ACK]	= ack,
	[ESCALATION_ASSIGN]	= assign,
	[ESCALATION_SNOOZE]	= snooze,
	[ESCALATION_RESOLVE]	= resolve,
	[ESCALATION_REOPEN]	= reopen,
};

/* What is so already: asking for it again changes nothing. */
static const struct {
	enum escalation_act act;
	enum escalation_state state;
} same[] = {
	{ ESCALATION_RESOLVE,	ESCALATION_RESOLVED },
	{ ESCALATION_REOPEN,	ESCALATION_PENDING },
	{ ESCALATION_REOPEN,	ESCALATION_IN_PROGRESS },
};
/* clang-format on */

static bool
is_so(enum escalation_act act, enum escalation_state state)
{
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (same[i].act == act && same[i].state == state)
			return true;
	return false;
}

static int
prepare(struct act *a, struct err *err)
{
	enum escalation_act act = a->wish->act;
	enum escalation_state from, to;
	int rc = escalation_get(a->desk->tx, &a->wish->id, &a->was, err);

	wrong_at(a, NULL, 0);
	if (rc < 0)
		return rc;
	if (act >= ESCALATION_ACT_COUNT || acts[act] == NULL)
		return err_set(err, ERR_INVALID, "this is for the clock to do");
	if (record_maybe(a->wish->by) == NULL)
		return err_set(err, ERR_INVALID, "nobody is named who does this");
	if (!escalation_state_parse(a->was.state, &from))
		return err_set(err, ERR_INVALID, "\"%s\" is no state of a packet", a->was.state);
	a->is = a->was;
	a->done = is_so(act, from);
	if (a->done)
		return 0;
	if (!escalation_step(from, act, &to))
		return err_set(err, ERR_CONFLICT,
		    "this packet is %s: %s; open it again first; nothing was changed", a->was.state,
		    escalation_last_word(a->desk, &a->was));
	if (!a->desk->clock_trusted && (act == ESCALATION_SNOOZE || act == ESCALATION_REOPEN))
		return no_clock(ERR_CONFLICT, err);
	a->is.state = escalation_state_name(to);
	if (from != to)
		a->is.moved_at = a->desk->now;
	return acts[act](a, err);
}

/* --- who hears of it --------------------------------------------------------------------- */

static int
tell(struct act *a, struct err *err)
{
	const char *by = a->wish->by;
	struct escalation_news news = { .kind = ESCALATION_MAIL_MOVED, .other = by, .but = by };
	size_t reached = 0;
	int rc = 0;

	switch (a->wish->act) {
	case ESCALATION_ACK:
		news.why = "acked";
		return escalation_tell_all(a->desk, &a->is, &news, err);
	case ESCALATION_ASSIGN:
		news.why = "assigned";
		news.other = a->is.assignee;
		news.before = a->desk->now;
		rc = escalation_tell_all(a->desk, &a->is, &news, err);
		if (rc == 0 && a->is.acked_at == 0)
			rc = escalation_put_to(a->desk, &a->is, "assigned", &reached, err);
		return rc;
	case ESCALATION_RESOLVE:
		news.kind = ESCALATION_MAIL_RESOLVED;
		news.why = "resolved";
		return escalation_tell_all(a->desk, &a->is, &news, err);
	case ESCALATION_REOPEN:
		return begin(a->desk, &a->is, "reopened", err);
	default:
		return 0;
	}
}

int
escalation_do(struct desk *desk, const struct escalation_wish *wish, struct escalation *out,
    bool *changed, struct err *err)
{
	struct act a = { .desk = desk, .wish = wish };
	int rc = prepare(&a, err);

	*changed = false;
	if (rc < 0)
		return rc;
	*out = a.was;
	if (a.done)
		return 0;
	a.is.next_at = escalation_next(desk, &a.is);
	rc = escalation_put(desk->tx, &a.is, err);
	if (rc == 0)
		rc = escalation_record(desk, &a.is,
		    &(struct escalation_note){ escalation_act_name(wish->act), wish->by, a.before,
			a.after, true, &wish->way },
		    err);
	if (rc == 0 && wish->act == ESCALATION_RESOLVE)
		rc = resume_begin(desk, &a.is, err);
	if (rc == 0)
		rc = escalation_arm(desk, &a.is, err);
	if (rc == 0 && wish->act == ESCALATION_RESOLVE)
		rc = escalation_close_tokens(desk, &a.is, err);
	if (rc == 0)
		rc = tell(&a, err);
	*changed = rc == 0;
	if (rc == 0)
		*out = a.is;
	return rc;
}
