/* decide: one answer, at most once. */
#include <assent/flow/decide.h>

#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/links.h>
#include <assent/store/retention.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/second_thought_priv.h"
#include "flow/standin_priv.h"

static bool
is_waiting(enum approval_state state)
{
	return state == AS_SENT || state == AS_UNDELIVERABLE;
}

/* Is what binds still what the person was shown? (invariant 9) */
static int
check_bound(
    struct desk *desk, const struct matter *m, const uint8_t *shown, bool *same, struct err *err)
{
	uint8_t now[SHA256_SIZE];
	struct asked asked;
	int rc = ask_snapshot(desk, &m->approval, m->ballot.person_email, &asked, err);

	if (rc < 0)
		return rc;
	asked_hash(&asked, now);
	*same = bytes_equal(now, m->approval.asked_hash, SHA256_SIZE) &&
	    (shown == NULL || bytes_equal(shown, now, SHA256_SIZE));
	return 0;
}

static const char *
evidence_json(struct desk *desk, const struct decision *decision, const char *on_behalf_of)
{
	const struct evidence *e = &decision->evidence;
	json_t *json = json_object();
	const char *text;

	view_text(json, "channel", channel_name(e->channel));
	view_text(json, "person", e->person);
	view_text(json, "on_behalf_of", on_behalf_of);
	view_text(json, "source", e->source);
	view_text(json, "vouched", e->vouched);
	view_text(json, "words", e->words);
	view_text(json, "peer", e->peer);
	view_text(json, "agent", e->agent);
	view_text(json, "inbound", e->inbound);
	text = view_dump(tx_arena(desk->tx), json);
	json_decref(json);
	return text;
}

static int
ledger_decision(
    struct desk *desk, const struct matter *m, const struct decision *d, struct err *err)
{
	const struct evidence *e = &d->evidence;
	const struct ledger_field fields[] = {
		{ "outcome", d->approve ? "approved" : "rejected" },
		{ "approver", m->ballot.person_email },
		{ "on_behalf_of", record_maybe(m->ballot.on_behalf_of) },
		{ "comment", d->comment },
		{ "channel", channel_name(e->channel) },
		{ "source", e->source },
		{ "vouched", e->vouched },
		{ "words", e->words },
		{ "peer", e->peer },
		{ "agent", e->agent },
		{ "asked_hash", record_hex(desk, m->approval.asked_hash) },
	};

	return record_ledger(desk,
	    &(struct record_entry){ "decision", m->approval.id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

/* The mail that decided is not removed when its time is over. */
static int
keep_evidence(struct desk *desk, const struct decision *d, struct err *err)
{
	struct id inbound;

	if (!id_parse(d->evidence.inbound, &inbound))
		return 0;
	return retention_keep_mail(desk->tx, &inbound, err);
}

/* The two claims of invariant 1, then what belongs to them. */
static int
claim(struct desk *desk, struct matter *m, const struct decision *d, struct err *err)
{
	enum approval_event event = d->approve ? AE_YES : AE_NO;
	enum approval_state to;
	unsigned effects;
	int rc;

	if (!approval_step(m->approval.state, event, &to, &effects))
		return err_set(err, ERR_CONFLICT, "the question is closed");
	rc = ballot_cast(
	    desk->tx, &m->ballot.id, d, evidence_json(desk, d, m->ballot.on_behalf_of), err);
	if (rc == 0)
		rc = keep_evidence(desk, d, err);
	if (rc == 0)
		rc = approval_move(desk->tx, &m->approval.id, m->approval.state, to, d->at, err);
	if (rc == 0)
		rc = approval_set_outcome(desk->tx, &m->approval.id, d->comment, d->at,
		    d->at - m->approval.asked_at, err);
	if (rc == 0)
		rc = ask_close_ballots(desk, &m->approval.id, err);
	if (rc == 0)
		rc = proposal_close(desk->tx, &m->approval.id, "closed", d->at, err);
	if (rc == 0)
		rc = ask_close_batch(desk, &m->batch, err);
	if (rc == 0)
		rc = closing_of_owner(desk, &m->ticket.id, TICKET_DO_DECIDE, err);
	return rc < 0 ? rc
		      : record_event(desk, &m->ticket.id,
			    &(struct record_change){ "approval.state", m->ballot.person_email,
				approval_state_name(m->approval.state), approval_state_name(to) },
			    err);
}

static enum answer_result
why_not(const struct matter *m)
{
	bool decided = m->approval.state == AS_APPROVED || m->approval.state == AS_REJECTED;

	return decided ? ANSWER_ALREADY : ANSWER_CLOSED;
}

/* A second thought never flips a decision; the ledger notes that it came. */
static int
note_late(struct desk *desk, const struct matter *m, const struct decision *d, struct err *err)
{
	const struct second_thought thought = { d->approve ? "approve" : "reject",
		d->evidence.channel, "", d->evidence.source };

	if (d->approve == (m->approval.state == AS_APPROVED))
		return 0;
	return second_thought_note(desk, m, &thought, err);
}

static int
apply(struct desk *desk, struct matter *m, const struct answer *answer, struct answered *out,
    struct err *err)
{
	bool same;
	int rc;

	if (!is_waiting(m->approval.state) || !text_is(m->ballot.status, "open")) {
		out->result = why_not(m);
		return out->result == ANSWER_ALREADY ? note_late(desk, m, &answer->decision, err)
						     : 0;
	}
	rc = check_bound(desk, m, answer->shown, &same, err);
	if (rc < 0)
		return rc;
	if (!same) {
		out->result = ANSWER_CHANGED;
		return 0;
	}
	out->result = ANSWER_TAKEN;
	rc = claim(desk, m, &answer->decision, err);
	if (rc == 0)
		rc = ledger_decision(desk, m, &answer->decision, err);
	return rc < 0 ? rc : matter_renew(desk, m, err);
}

static int
load(struct desk *desk, const struct answer *answer, struct matter *out, struct err *err)
{
	if (answer->matter != NULL) {
		*out = *answer->matter;
		return 0;
	}
	return matter_load_ballot(desk, &answer->ballot, out, err);
}

int
decide_answer(struct desk *desk, const struct answer *answer, struct answered *out, struct err *err)
{
	struct answer clean = *answer;
	struct decision *d = &clean.decision;
	int rc = load(desk, answer, &out->matter, err);

	/* Whoever quotes a link must not lend it to those who read his comment. */
	d->comment = links_redact(tx_arena(desk->tx), d->comment);
	d->evidence.words = links_redact(tx_arena(desk->tx), d->evidence.words);

	if (rc == 0)
		rc = apply(desk, &out->matter, &clean, out, err);
	return rc < 0 ? err_wrap(err, rc, "decision") : 0;
}
