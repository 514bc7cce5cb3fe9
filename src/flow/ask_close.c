/* ask, the end: questions that are closed without an answer, or asked once more. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/notice.h>
#include <assent/store/history.h>
#include <assent/store/queue.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

static int
close_tokens(struct desk *desk, const struct approval *approval, struct err *err)
{
	int rc = ask_close_ballots(desk, &approval->id, err);

	return rc < 0 ? rc : ask_close_batch(desk, &approval->batch, err);
}

int
ask_close_ballots(struct desk *desk, const struct id *approval, struct err *err)
{
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, approval, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (text_is(list[i].status, "open"))
			rc = history_before(desk->tx, HISTORY_BALLOT, &list[i].id, desk->now, err);
		if (rc == 0)
			rc = ballot_void(desk->tx, &list[i].id, err);
		if (rc == 0)
			rc = token_close(desk->tx, &list[i].id, err);
	}
	return rc;
}

/* A batch's reply token lives until its last item closes (invariant 7). */
int
ask_close_batch(struct desk *desk, const struct id *batch, struct err *err)
{
	struct approval_filter filter = { .batch = *batch, .only_open = true, .max = 1 };
	struct approval *open;
	size_t n;
	int rc;

	if (id_is_null(batch))
		return 0;
	rc = approval_list(desk->tx, &filter, &open, &n, err);
	return rc < 0 || n > 0 ? rc : token_close(desk->tx, batch, err);
}

int
ask_close(struct desk *desk, struct approval *approval, enum approval_event event, struct err *err)
{
	enum approval_state from = approval->state, to;
	unsigned effects;
	int rc;

	if (!approval_step(from, event, &to, &effects))
		return err_set(
		    err, ERR_CONFLICT, "the question is %s already", approval_state_name(from));
	rc = approval_move(desk->tx, &approval->id, from, to, desk->now, err);
	if (rc == 0)
		rc = proposal_close(desk->tx, &approval->id, "closed", desk->now, err);
	if (rc == 0)
		rc = close_tokens(desk, approval, err);
	if (rc < 0)
		return rc;
	approval->state = to;
	return record_event(desk, &approval->ticket,
	    &(struct record_change){
		"approval.state", "system", approval_state_name(from), approval_state_name(to) },
	    err);
}

static int
ledger_closed(struct desk *desk, const struct matter *m, const char *by, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "outcome", approval_state_name(m->approval.state) },
		{ "approver", m->ballot.person_email },
		{ "by", by },
		{ "asked_hash", record_hex(desk, m->approval.asked_hash) },
	};

	return record_ledger(desk,
	    &(struct record_entry){ "closed", m->approval.id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

static int
withdraw_job(struct desk *desk, const struct approval *approval, struct err *err)
{
	char text[ID_TEXT_SIZE];
	const char *serial;

	if (!id_is_null(&approval->batch))
		return 0; /* the job serves the batch's other questions */
	id_text(&approval->id, text);
	serial = arena_printf(tx_arena(desk->tx), "ask:%s", text);
	return job_cancel(desk->tx, serial, "ask", NULL, err);
}

int
ask_withdraw(struct desk *desk, const struct approval *approval, const char *by, struct err *err)
{
	struct matter m;
	enum approval_state to;
	unsigned effects;
	int rc = matter_load(desk, &approval->id, &m, err);

	if (rc < 0)
		return rc;
	bool was_sent = m.approval.state != AS_DRAFT;
	if (!approval_step(m.approval.state, AE_WITHDRAW, &to, &effects))
		return err_set(err, ERR_CONFLICT,
		    "the question about T-%lld is %s already; nothing was changed",
		    (long long)m.ticket.ref, approval_state_name(m.approval.state));
	rc = ask_close(desk, &m.approval, AE_WITHDRAW, err);
	if (rc == 0 && !was_sent)
		rc = withdraw_job(desk, &m.approval, err);
	if (rc == 0 && was_sent)
		rc = ask_reopen_ticket(desk, &m, err);
	if (rc == 0 && was_sent)
		rc = ledger_closed(desk, &m, by, err);
	return rc < 0 || !was_sent ? rc : ask_tell_closed(desk, &m, effects, by, err);
}

/* Nobody is asked about it any more, so it waits for nobody. */
int
ask_reopen_ticket(struct desk *desk, const struct matter *m, struct err *err)
{
	struct approval_filter filter = { .ticket = m->ticket.id, .only_open = true, .max = 1 };
	struct approval *open;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &open, &n, err);

	return rc < 0 || n > 0 ? rc : closing_of_owner(desk, &m->ticket.id, TICKET_DO_LAPSE, err);
}

int
ask_expire(struct desk *desk, struct matter *m, struct err *err)
{
	enum approval_state to;
	unsigned effects;
	int rc;

	if (!approval_step(m->approval.state, AE_DEADLINE, &to, &effects))
		return 0;
	rc = ask_close(desk, &m->approval, AE_DEADLINE, err);
	if (rc == 0)
		rc = ask_reopen_ticket(desk, m, err);
	if (rc == 0)
		rc = ledger_closed(desk, m, "system", err);
	return rc < 0 ? rc : ask_tell_closed(desk, m, effects, NULL, err);
}

int
ask_undeliverable(struct desk *desk, struct approval *approval, const char *why, struct err *err)
{
	enum approval_state to;
	unsigned effects;
	struct matter m;
	int rc;

	if (!approval_step(approval->state, AE_BOUNCE, &to, &effects))
		return 0;
	rc = approval_move(desk->tx, &approval->id, approval->state, to, desk->now, err);
	if (rc == 0)
		rc = record_event(desk, &approval->ticket,
		    &(struct record_change){ "approval.state", "system",
			approval_state_name(approval->state), approval_state_name(to) },
		    err);
	if (rc == 0)
		rc = matter_load(desk, &approval->id, &m, err);
	return rc < 0 ? rc : ask_tell_undeliverable(desk, &m, why, err);
}

/* Everything that was open on the ticket gives way to the new question. */
static int
supersede_open(
    struct desk *desk, const struct matter *m, const char **old_question, struct err *err)
{
	struct approval_filter filter = { .ticket = m->ticket.id, .only_open = true, .max = 100 };
	struct approval *open;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &open, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (id_equal(&open[i].id, &m->approval.id) || open[i].state == AS_DRAFT)
			continue;
		struct matter old;
		rc = ask_close(desk, &open[i], AE_SUPERSEDE, err);
		if (rc == 0)
			rc = approval_set_replaced(desk->tx, &open[i].id, &m->approval.id, err);
		if (rc == 0)
			rc = matter_load(desk, &open[i].id, &old, err);
		if (rc == 0)
			rc = ledger_closed(desk, &old, m->approval.requested_by, err);
		/* The new mail says so to the same person; another one never gets it. */
		if (rc == 0 && !text_is_nocase(old.ballot.person_email, m->ballot.person_email))
			rc = ask_tell_closed(
			    desk, &old, FX_TELL_OWNER, m->approval.requested_by, err);
		*old_question = open[i].question;
	}
	return rc;
}

int
ask_supersede(struct desk *desk, const struct matter *m, const char **old_question, struct err *err)
{
	*old_question = NULL;
	return supersede_open(desk, m, old_question, err);
}

/* What staff handed over stays with the one it was handed to. */
static int
who_next(struct desk *desk, const struct matter *stale, struct standin_person *out, struct err *err)
{
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &stale->approval.id, &list, &n, err);

	*out = (struct standin_person){ "", "", "" };
	if (rc < 0)
		return rc;
	if (n > 1 && text_is(list[0].status, "void") && text_is(list[n - 1].status, "open")) {
		const struct ballot *b = &list[n - 1];
		*out = (struct standin_person){ b->person_email, b->person_name, b->on_behalf_of };
		return 0;
	}
	return standin_first(desk, &stale->organisation, out, err);
}

static int
copy_for_again(
    struct desk *desk, const struct matter *stale, struct approval *fresh, struct err *err)
{
	struct standin_person who;
	struct ballot ballot = {
		.id = id_new(desk->now),
		.status = "open",
		.generation = 1,
		.comment = "",
		.evidence = "",
	};
	int rc;

	*fresh = (struct approval){
		.id = id_new(desk->now),
		.ticket = stale->ticket.id,
		.organisation = stale->organisation.id,
		.question = stale->approval.question,
		.requested_by = stale->approval.requested_by,
		.replaces = stale->approval.id,
		.summary = "",
		.asked = "",
		.comment = "",
		.created = desk->now,
		.ask_at = desk->now,
	};
	ballot.approval = fresh->id;
	rc = who_next(desk, stale, &who, err);
	ballot.person_email = who.email;
	ballot.person_name = who.name;
	ballot.on_behalf_of = who.on_behalf_of;
	if (rc == 0)
		rc = approval_add(desk->tx, fresh, err);
	return rc < 0 ? rc : ballot_add(desk->tx, &ballot, err);
}

int
ask_again(struct desk *desk, const struct approval *stale, struct id *fresh, struct err *err)
{
	struct approval approval;
	struct matter m;
	int rc = matter_load(desk, &stale->id, &m, err);

	if (rc < 0)
		return rc;
	if (!approval_is_open(m.approval.state))
		return err_set(err, ERR_CONFLICT, "the question is %s already",
		    approval_state_name(m.approval.state));
	rc = copy_for_again(desk, &m, &approval, err);
	if (rc == 0)
		rc = ask_queue(desk, &approval, "ask", desk->now, err);
	/* The stale question must not decide while the fresh one is on its way. */
	if (rc == 0)
		rc = ask_close(desk, &m.approval, AE_SUPERSEDE, err);
	if (rc == 0)
		rc = approval_set_replaced(desk->tx, &m.approval.id, &approval.id, err);
	if (rc == 0)
		rc = ledger_closed(desk, &m, "system", err);
	if (rc == 0)
		*fresh = approval.id;
	return rc;
}
