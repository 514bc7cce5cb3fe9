/* reply: the answer of the person who was asked (invariant 8). */
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/ask.h>
#include <assent/flow/decide.h>

#include "flow/intake_priv.h"
#include "flow/record.h"
#include "flow/reply_priv.h"
#include "flow/second_thought_priv.h"
#include "flow/standin_priv.h"

#include <string.h>

#define WORDS_MAX ((size_t)2000)

static const char *
why_not_signed(const struct desk *desk, const struct arrival *arrival)
{
	if (arrival->signature.why_not == NULL)
		return "here only answers decide that you sign (S/MIME), and yours is not signed";
	return arena_printf(tx_arena(desk->tx),
	    "here only answers decide that you sign (S/MIME), and your signature does not count: "
	    "%s",
	    arrival->signature.why_not);
}

/* NULL when this letter may decide; else a sentence for the owner. */
static const char *
why_refused(const struct desk *desk, const struct arrival *arrival, const struct matter *m)
{
	bool vouched = arrival->sender.verdict == SENDER_VOUCHED || arrival->signature.counts;

	if (arrival->signature.refusal != NULL)
		return arrival->signature.refusal;
	switch (matter_level(desk, m)) {
	case LEVEL_SIGNED:
		if (!arrival->signature.counts)
			return why_not_signed(desk, arrival);
		break;
	case LEVEL_LINK:
		return "answers by mail do not decide here; please use the buttons";
	case LEVEL_VOUCHED:
		if (!vouched)
			return desk->policy->public_url[0] != '\0'
			    ? "no mail server vouched that the answer came from you; "
			      "please use the buttons"
			    : "no mail server vouched that the answer came from you; "
			      "please answer from the mailbox that was asked";
		break;
	default:
		break;
	}
	if (!vouched && !arrival->target.by_token)
		return "the answer did not come to the address that the question named";
	if (arrival->target.is_torn)
		return "it was addressed to one question but answers the mail of another";
	if (arrival->letter->truncated)
		return "your mail was too long, too nested or too odd to be read whole";
	if (arrival->letter->parts_disagree)
		return "the two forms of your mail, plain and formatted, say different things";
	return NULL;
}

/* Of a bulk mail, the strictest customer whose question is open sets the rule. */
static const char *
why_all_refused(const struct desk *desk, const struct arrival *arrival,
    const struct matter *matters, size_t count)
{
	bool open = false;

	for (size_t i = 0; i < count; i++) {
		const char *why = why_refused(desk, arrival, &matters[i]);

		if (!matter_is_open(&matters[i]))
			continue;
		open = true;
		if (why != NULL)
			return why;
	}
	return open ? NULL : why_refused(desk, arrival, matters);
}

static const char *
vouched_sentence(struct desk *desk, const struct arrival *arrival)
{
	const char *token = arrival->target.by_token ? "; the reply token matched" : "";

	const char *signature = signature_sentence(desk, arrival);
	bool vouched = arrival->sender.verdict == SENDER_VOUCHED;

	if (vouched || signature[0] != '\0')
		return arena_printf(tx_arena(desk->tx), "%s%s%s%s", signature,
		    vouched && signature[0] != '\0' ? "; " : "",
		    vouched ? arrival->sender.sentence : "", token);
	return arena_printf(tx_arena(desk->tx), "sender not vouched for%s", token);
}

static int
answer_one(struct desk *desk, const struct arrival *arrival, const struct reply_item *item,
    struct answered *out, struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct arena *arena = tx_arena(desk->tx);
	char inbound[ID_TEXT_SIZE];
	size_t n = strlen(letter->reply);
	struct answer answer = {
		.ballot = item->matter->ballot.id,
		.decision = {
			.approve = item->intent->verdict == VERDICT_APPROVE,
			.comment = item->intent->comment,
			.at = desk->now,
			.evidence = {
				.channel = CHANNEL_REPLY,
				.person = arrival->sender.email,
				.source = letter->message_id,
				.vouched = vouched_sentence(desk, arrival),
				.words = arena_dup_n(arena, letter->reply,
				    utf8_cut(letter->reply, n, WORDS_MAX)),
				.peer = "",
				.agent = "",
				.inbound = id_text(&arrival->inbound->id, inbound),
			},
		},
	};

	return decide_answer(desk, &answer, out, err);
}

/* What the answers came to, sorted. */
static void
sort_result(struct reply *reply, const struct reply_item *item, const struct answered *answered)
{
	bool flips;

	switch (answered->result) {
	case ANSWER_TAKEN:
		reply->taken[reply->taken_count++] = *answered;
		break;
	case ANSWER_CHANGED:
		reply->changed[reply->changed_count++] = *item->matter;
		break;
	case ANSWER_ALREADY:
		flips = (item->intent->verdict == VERDICT_APPROVE) !=
		    (answered->matter.approval.state == AS_APPROVED);
		if (flips && reply->flipped == NULL)
			reply->flipped = item->matter;
		/* fall through */
	case ANSWER_CLOSED:
		if (matter_is_elsewhere(&answered->matter))
			break;
		reply->late[reply->late_count++] = *item->matter;
		break;
	}
}

static int
answer_all(struct desk *desk, const struct arrival *arrival, struct reply *reply, struct err *err)
{
	for (size_t i = 0; i < reply->count && i < arrival->intent->count; i++) {
		struct reply_item item = { &reply->matters[i], &arrival->intent->items[i] };
		struct answered answered;
		int rc;

		if (item.intent->verdict == VERDICT_UNCLEAR)
			continue;
		rc = answer_one(desk, arrival, &item, &answered, err);
		if (rc < 0)
			return rc;
		sort_result(reply, &item, &answered);
	}
	return 0;
}

static int
ask_changed(struct desk *desk, const struct reply *reply, struct err *err)
{
	struct id fresh;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reply->changed_count; i++)
		rc = ask_again(desk, &reply->changed[i].approval, &fresh, err);
	return rc;
}

static const char *
outcome_text(struct desk *desk, const struct reply *reply)
{
	return arena_printf(tx_arena(desk->tx),
	    "an answer: %zu decided, %zu closed before, %zu asked again because they changed, "
	    "%zu left open",
	    reply->taken_count, reply->late_count, reply->changed_count,
	    reply->count - reply->taken_count - reply->late_count - reply->changed_count);
}

static int
tell_flipped(
    struct desk *desk, const struct arrival *arrival, const struct reply *reply, struct err *err)
{
	const struct matter *m = reply->flipped;
	const struct second_thought thought = {
		m->approval.state == AS_APPROVED ? "reject" : "approve", CHANNEL_REPLY,
		reply_clip(tx_arena(desk->tx), arrival->letter->reply), arrival->letter->message_id
	};

	return second_thought_tell(desk, m, &thought, err);
}

static int
take_clear(struct desk *desk, struct arrival *arrival, struct reply *reply, struct err *err)
{
	int rc = answer_all(desk, arrival, reply, err);

	if (rc == 0)
		rc = decide_tell(
		    desk, reply->taken, reply->taken_count, arrival->letter->message_id, err);
	if (rc == 0)
		rc = ask_changed(desk, reply, err);
	if (rc == 0)
		rc = reply_tell_elsewhere(desk, arrival, reply, err);
	if (rc == 0 && reply->late_count > 0 && (reply->taken_count == 0 || reply->flipped != NULL))
		rc = reply_tell_already(desk, arrival, reply, err);
	if (rc == 0 && reply->flipped != NULL)
		rc = tell_flipped(desk, arrival, reply, err);
	metric_add(METRIC_DECISIONS, (int64_t)reply->taken_count);
	arrival_file(arrival, "done", outcome_text(desk, reply));
	return rc;
}

static bool
says_something(const struct intent *intent)
{
	for (size_t i = 0; i < intent->count; i++)
		if (intent->items[i].verdict != VERDICT_UNCLEAR)
			return true;
	return false;
}

static int
note_arrival(struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	const struct matter *m = reply->matters;
	const char *why_not =
	    arrival->signature.refusal == NULL ? arrival->signature.why_not : NULL;

	/* Where that decided it, it was said. */
	if (why_not != NULL && strstr(arrival->inbound->outcome, why_not) == NULL)
		arrival->inbound->outcome =
		    arena_printf(tx_arena(desk->tx), "%s; its S/MIME signature does not count: %s",
			arrival->inbound->outcome, why_not);
	arrival->inbound->ticket = m->ticket.id;
	return record_event(desk, &m->ticket.id,
	    &(struct record_change){
		"approval.answered", arrival->sender.email, NULL, arrival->inbound->outcome },
	    err);
}

/* Where answers by mail do not decide, a question is heard all the same. */
static bool
may_ask(const struct desk *desk, const struct arrival *arrival, const struct matter *m)
{
	return matter_level(desk, m) == LEVEL_LINK && !says_something(arrival->intent) &&
	    arrival->sender.verdict == SENDER_VOUCHED && !arrival->target.is_torn &&
	    !arrival->letter->parts_disagree;
}

/* The answer goes to the owner's own address, whoever asks; but nobody can ask at random. */
static bool
is_suspicion(const struct arrival *arrival)
{
	return arrival->intent->suspicion &&
	    (arrival->sender.verdict == SENDER_VOUCHED || arrival->target.by_token);
}

int
reply_take(struct desk *desk, struct arrival *arrival, struct matter *matters, size_t count,
    struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct reply reply = {
		.matters = matters,
		.count = count,
		.taken = arena_alloc(arena, count * sizeof(struct answered)),
		.changed = arena_alloc(arena, count * sizeof(struct matter)),
		.late = arena_alloc(arena, count * sizeof(struct matter)),
	};
	const char *why = why_all_refused(desk, arrival, matters, count);
	int rc;

	if (arrival->intent == NULL)
		return err_set(err, ERR_BUSY, "the answer was not read yet");
	if (arrival->sender.verdict == SENDER_FAILED) {
		metric_add(METRIC_DECISIONS_REFUSED, 1);
		arrival_file(arrival, "filed",
		    arena_printf(arena, "not believed: %s", arrival->sender.sentence));
		rc = 0;
	} else if (why != NULL && !(may_ask(desk, arrival, matters) && arrival->intent->question) &&
	    !is_suspicion(arrival)) {
		rc = reply_refuse(desk, arrival, &reply, why, err);
	} else if (why == NULL && says_something(arrival->intent)) {
		rc = take_clear(desk, arrival, &reply, err);
	} else {
		rc = reply_unclear(desk, arrival, &reply, err);
	}
	return rc < 0 ? rc : note_arrival(desk, arrival, &reply, err);
}
