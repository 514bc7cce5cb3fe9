/* replay_asked: a ticket's questions, fixes, tasks and mails as they were. */
#include "flow/replay_priv.h"

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <string.h>

static utc_ms
row_time(const struct past *past, const char *what, const struct id *row, utc_ms stored)
{
	const char *text = past_row(past, what, row);
	utc_ms at = stored;

	return text != NULL && num_parse(text, &at) ? at : stored;
}

/* --- the newest question ------------------------------------------------------------------ */

static utc_ms
asked_then(const struct past *past, const struct approval *a)
{
	utc_ms at = row_time(past, "asked_at", &a->id, a->asked_at);

	return at <= past->desk.now ? at : 0;
}

static const char *
state_then(const struct past *past, const struct approval *a)
{
	const char *state = past_row(past, "approval", &a->id);

	if (state != NULL)
		return state;
	/* It moved later, and nobody wrote down from where. */
	if (a->moved_at > past->desk.now)
		return approval_state_name(asked_then(past, a) != 0 ? AS_SENT : AS_DRAFT);
	return approval_state_name(a->state);
}

struct ballot_then {
	int rank; /* 2 cast, 1 open, 0 neither */
	int64_t unclear;
};

static struct ballot_then
ballot_then(const struct past *past, const struct history_ballot *b)
{
	const char *text = past_row(past, "ballot", &b->id);
	const char *blank = text != NULL ? strchr(text, ' ') : NULL;
	struct ballot_then then = { .unclear = b->unclear };
	bool is_open = text_is(b->status, "open");

	if (blank != NULL) {
		is_open = text_starts(text, "open ");
		if (!num_parse(blank + 1, &then.unclear))
			then.unclear = b->unclear;
	}
	if (text_is(b->status, "cast"))
		is_open = true;
	then.rank = is_open;
	if (text_is(b->status, "cast") && b->cast_at <= past->desk.now)
		then.rank = 2;
	return then;
}

static void
put_ballots(struct past *past, const struct approval *a)
{
	const char *email = "";
	int64_t unclear = 0;
	int best = -1;

	for (size_t i = 0; i < past->ballot_count; i++) {
		const struct history_ballot *b = &past->ballots[i];
		struct ballot_then then;

		if (!id_equal(&b->approval, &a->id) || id_time(&b->id) > past->desk.now)
			continue;
		then = ballot_then(past, b);
		unclear += then.unclear;
		if (then.rank >= best) {
			best = then.rank;
			email = b->email;
		}
	}
	past_put(past, FACT_OF_APPROVER, fact_text(past_lower(past, email)));
	past_put(past, FACT_OF_UNCLEAR_ANSWERS, fact_number((double)unclear));
}

static int64_t
reminders_then(const struct past *past, utc_ms since)
{
	int64_t n = 0;

	for (size_t i = 0; i < past->reminder_count; i++)
		n += past->reminders[i] >= since && past->reminders[i] <= past->desk.now;
	return n;
}

static void
put_question(struct past *past, const struct approval *a)
{
	utc_ms asked = asked_then(past, a);
	utc_ms reminded = row_time(past, "reminded_at", &a->id, a->reminded_at);

	past->facts.approval = a->id;
	past_put(past, FACT_OF_APPROVAL_STATE, fact_text(state_then(past, a)));
	past_put(past, FACT_OF_QUESTION, fact_text(a->question));
	past_put(past, FACT_OF_ASKED_AT, fact_time(asked));
	past_put(past, FACT_OF_ANSWER_BY,
	    fact_time(asked != 0 ? row_time(past, "deadline", &a->id, a->deadline) : 0));
	past_put(past, FACT_OF_DECIDED_AT,
	    fact_time(a->decided_at <= past->desk.now ? a->decided_at : 0));
	past_put(past, FACT_OF_REMINDED_AT, fact_time(reminded <= past->desk.now ? reminded : 0));
	past_put(past, FACT_OF_REMINDERS, fact_number((double)reminders_then(past, a->created)));
	put_ballots(past, a);
}

void
past_put_asked(struct past *past)
{
	const struct approval *newest = NULL;
	size_t count = 0, rejected = 0;

	for (size_t i = past->approval_count; i-- > 0;) {
		const struct approval *a = &past->approvals[i];

		if (a->created > past->desk.now)
			continue;
		newest = a;
		count++;
		rejected += text_is(state_then(past, a), approval_state_name(AS_REJECTED));
	}
	if (newest == NULL)
		return;
	put_question(past, newest);
	past_put(past, FACT_OF_APPROVALS, fact_number((double)count));
	past_put(past, FACT_OF_REJECTIONS, fact_number((double)rejected));
}

/* --- work -------------------------------------------------------------------------------- */

static void
put_confidence(struct past *past)
{
	past_put(past, FACT_OF_AI_CONFIDENCE, (struct fact_value){ .is = FACT_UNKNOWN });
	for (size_t i = past->fix_count; i-- > 0;) {
		const struct fix *fix = &past->fixes[i];
		const char *text = past_row(past, "fix", &fix->id);
		const char *blank = text != NULL ? strchr(text, ' ') : NULL;
		int64_t confidence = fix->confidence;
		bool stands = text_is(fix->state, "active") || text_is(fix->state, "proposed") ||
		    fix->moved_at > past->desk.now;

		if (fix->created > past->desk.now)
			continue;
		if (blank != NULL) {
			stands = text_starts(text, "active ") || text_starts(text, "proposed ");
			if (!num_parse(blank + 1, &confidence))
				confidence = fix->confidence;
		}
		if (stands) {
			past_put(past, FACT_OF_AI_CONFIDENCE, fact_number((double)confidence));
			break;
		}
	}
}

void
past_put_work(struct past *past)
{
	int64_t open = 0, failures = 0;
	utc_ms last = 0;

	for (size_t i = 0; i < past->task_count; i++) {
		const struct task *task = &past->tasks[i];
		const char *state = past_row(past, "task", &task->id);

		if (state == NULL)
			state = task->moved_at > past->desk.now ? "open" : task->state;
		open += task->created <= past->desk.now && text_is(state, "open");
	}
	for (size_t i = 0; i < past->failure_count; i++) {
		const struct history_failure *f = &past->failures[i];

		if (f->created > past->desk.now || past_row(past, "refused", &f->id) != NULL)
			continue;
		failures++;
		last = f->last > last ? f->last : last;
	}
	past_put(past, FACT_OF_OPEN_TASKS, fact_number((double)open));
	past_put(past, FACT_OF_DELIVERY_FAILURES, fact_number((double)failures));
	past_put(past, FACT_OF_LAST_FAILURE, fact_time(last));
	put_confidence(past);
}
