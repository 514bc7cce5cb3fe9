/* remind: what happens when nobody answers. */
#include <assent/base/str.h>

#include "flow/answers.h"
#include "flow/ask_priv.h"
#include "flow/gather.h"
#include "flow/payload.h"
#include "flow/record.h"
#include "flow/remind.h"
#include "flow/standin_priv.h"
#include "flow/stories.h"

/* Short, so that what waits goes on soon after `assent clock accept`. */
#define PAUSED_AGAIN MS_HOUR
#define CLOCK_PAUSE (10 * MS_SECOND)

static bool
waits(const struct matter *m)
{
	return m->approval.state == AS_SENT;
}

#define RULES_APART (20 * MS_HOUR) /* one question is reminded of by rules once in so long */

struct round { /* of reminders about one question, or one bulk mail */
	bool by_clock; /* once for each person, and when he is there */
	bool by_rule; /* the same, but more than once */
	bool paused; /* work on the ticket at hand is laid aside */
	bool of_batch; /* the bulk mail itself is due */
	enum notice_gather gathers; /* for the person at hand */
	size_t sent, put_off;
	utc_ms again; /* the first return of those who are away, or the next day; 0 for none */
};

/* He was asked, and is there to be reminded. */
static int
is_ready(
    struct desk *desk, const struct ballot *ballot, struct round *round, bool *out, struct err *err)
{
	bool away = false;
	utc_ms until = 0;
	int rc = 0;

	*out = false;
	if (!text_is(ballot->status, "open"))
		return 0;
	if (round->by_clock && round->paused) {
		round->again = desk->now + PAUSED_AGAIN;
		return 0;
	}
	if (round->by_clock)
		rc = standin_away(desk, ballot->person_email, &away, &until, err);
	if (away && (round->again == 0 || until < round->again))
		round->again = until;
	*out = rc == 0 && !away;
	return rc;
}

/*
 * After days without a daemon much is due at once, and nobody reads forty
 * mails. All items of a bulk mail are one; what is too much for a day is lines
 * of one mail.
 */
static int
has_room(
    struct desk *desk, const struct matter *his, struct round *round, bool *out, struct err *err)
{
	utc_ms next = matter_add_days(desk, his, desk->now, 1);
	int rc;

	*out = true;
	round->gathers = round->by_clock ? GATHER_MANY : GATHER_NEVER;
	if (!round->by_clock || (!id_is_null(&his->approval.batch) && round->of_batch))
		return 0;
	rc = answers_remind(desk, his->ballot.person_email, out, err);
	if (rc == 0 && !*out && id_is_null(&his->approval.batch)) {
		round->gathers = GATHER_ALWAYS;
		rc = gather_may(desk, his->ballot.person_email, GATHER_REMINDERS, out, err);
	}
	if (rc < 0 || *out)
		return rc;
	round->put_off++;
	if (round->again == 0 || next < round->again)
		round->again = next;
	return rc;
}

/* A reminder before that does not stop this one. */
static utc_ms
free_since(const struct desk *desk, const struct round *round)
{
	if (round->by_rule)
		return desk->now - RULES_APART;
	return round->by_clock ? 0 : desk->now + 1;
}

/* 1: he is reminded, and this is what of. */
static int
take_turn(struct desk *desk, const struct ballot *ballot, struct round *round, struct matter *his,
    struct err *err)
{
	char id[ID_TEXT_SIZE];
	const char *key = arena_printf(tx_arena(desk->tx), "reminded:%s", id_text(&ballot->id, id));
	bool ready = false, room = false, first = false;
	int rc = is_ready(desk, ballot, round, &ready, err);

	if (rc < 0 || !ready)
		return rc;
	rc = matter_load_ballot(desk, &ballot->id, his, err);
	/* Not counted against his day. */
	if (rc == 0 && round->by_rule && his->approval.reminded_at > desk->now - RULES_APART)
		return 0;
	if (rc == 0)
		rc = has_room(desk, his, round, &room, err);
	if (rc < 0 || !room)
		return rc;
	/* Somebody asked for a reminder by hand already: one is enough. */
	rc = answered_first(desk->tx, key, free_since(desk, round), desk->now, &first, err);
	return rc < 0 ? rc : first;
}

static int
remind_person(struct desk *desk, const struct ballot *ballot, struct round *round, struct err *err)
{
	struct matter his;
	int rc = take_turn(desk, ballot, round, &his, err);

	if (rc <= 0)
		return rc;
	round->sent++;
	rc = approval_set_reminded(desk->tx, &his.approval.id, desk->now, err);
	if (rc == 0)
		rc = record_event(desk, &his.ticket.id,
		    &(struct record_change){
			"approval.reminded", "system", NULL, ballot->person_email },
		    err);
	if (rc < 0)
		return rc;
	if (id_is_null(&his.approval.batch))
		return ask_send_single(desk, &his,
		    &(struct ask_extra){ .flag = "reminder", .gathers = round->gathers }, err);
	round->of_batch = true;
	return 0;
}

/* Everybody who may answer it. */
static int
remind_all(
    struct desk *desk, const struct payload_matters *matters, struct round *round, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < matters->count; i++) {
		const struct approval *a = &matters->items[i].approval;
		struct ballot *list;
		size_t n = 0;

		if (a->state != AS_SENT && (round->by_clock || a->state != AS_UNDELIVERABLE))
			continue;
		round->paused =
		    text_is(matters->items[i].ticket.status, ticket_status_name(TICKET_PAUSED));
		rc = ballot_list(desk->tx, &a->id, &list, &n, err);
		for (size_t k = 0; rc == 0 && k < n; k++)
			rc = remind_person(desk, &list[k], round, err);
	}
	return rc == 0 && round->of_batch ? ask_send_batch(desk, matters->items, matters->count,
						&(struct ask_extra){ .flag = "reminder" }, err)
					  : rc;
}

int
remind_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct round round = { .by_clock = true };
	struct payload_matters matters = { 0 };
	int rc = payload_matters(desk, job, &matters, err);

	if (rc == 0)
		rc = remind_all(desk, &matters, &round, err);
	if (rc == 0 && round.again != 0)
		call->again = round.again;
	if (round.put_off > 0)
		call->note = "put off: this person got all reminders of a day";
	return rc;
}

static int
remind_now(struct desk *desk, const struct approval *approval, struct round *round, struct err *err)
{
	struct payload_matters matters = { .count = 1 };
	struct matter m;
	int rc = matter_load(desk, &approval->id, &m, err);

	if (rc < 0)
		return rc;
	if (m.approval.state != AS_SENT && m.approval.state != AS_UNDELIVERABLE)
		return err_set(err, ERR_CONFLICT, "the question about T-%lld is %s, not waiting",
		    (long long)m.ticket.ref, approval_state_name(m.approval.state));
	matters.items = &m;
	if (!id_is_null(&m.batch))
		rc = matter_load_batch(desk, &m.batch, &matters.items, &matters.count, err);
	return rc < 0 ? rc : remind_all(desk, &matters, round, err);
}

int
ask_remind(struct desk *desk, const struct approval *approval, struct err *err)
{
	struct round round = { .by_clock = false };

	return remind_now(desk, approval, &round, err);
}

int
remind_by_rule(
    struct desk *desk, const struct approval *approval, struct reminding *out, struct err *err)
{
	struct round round = { .by_clock = true, .by_rule = true };
	int rc = remind_now(desk, approval, &round, err);

	*out = (struct reminding){ round.sent, round.again };
	return rc;
}

int
expire_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters = { 0 };
	int rc;

	/* Irreversible: wait until the clock is believed again. */
	if (!desk->clock_trusted) {
		call->again = desk->now + CLOCK_PAUSE;
		return 0;
	}
	rc = payload_matters(desk, job, &matters, err);
	for (size_t i = 0; rc == 0 && i < matters.count; i++) {
		const struct approval *a = &matters.items[i].approval;

		/* Put off while the person was away. */
		if (waits(&matters.items[i]) && a->deadline > desk->now) {
			call->again = a->deadline > call->again ? a->deadline : call->again;
			continue;
		}
		rc = ask_expire(desk, &matters.items[i], err);
	}
	return rc;
}
