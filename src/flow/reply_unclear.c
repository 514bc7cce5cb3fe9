/* reply: words that do not decide, and answers that may not. */
#include <assent/base/metric.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/store/history.h>

#include "flow/reply_priv.h"
#include "flow/second_thought_priv.h"
#include "flow/standin_priv.h"

#include <string.h>

#define QUESTIONS_AN_HOUR 5 /* of one item, passed on */
#define QUESTIONS_A_DAY 15
#define ITEM_DIGITS 3

bool
reply_all_closed(const struct reply *reply)
{
	for (size_t i = 0; i < reply->count; i++)
		if (matter_is_open(&reply->matters[i]))
			return false;
	return true;
}

static const struct matter *
first_open(const struct reply *reply)
{
	for (size_t i = 0; i < reply->count; i++)
		if (matter_is_open(&reply->matters[i]))
			return &reply->matters[i];
	return reply->matters;
}

/* "3: is that per month?", "#3 ...": the item that a line opens with; 0 for none. */
static int64_t
item_of_line(const char *line)
{
	char digits[ITEM_DIGITS + 1] = "";
	int64_t item = 0;

	line += strspn(line, " \t#(*-");
	size_t n = strspn(line, "0123456789");
	if (n == 0 || n > ITEM_DIGITS || line[n] == '\0' || strchr(".:) -,", line[n]) == NULL)
		return 0;
	memcpy(digits, line, n);
	return num_parse(digits, &item) ? item : 0;
}

/* "number 3", "no. 3", "#3": what may stand before the number of an item within a line. */
static bool
counts(const char *line, const char *digits)
{
	static const char *const words[] = { "#", "no", "no.", "nr", "nr.", "n\xc2\xb0",
		"n\xc2\xba", "\xe2\x84\x96", "number", "item", "nummer", "num\xc3\xa9ro",
		"n\xc3\xbamero", "numero", "punkt", "point" };
	size_t n = (size_t)(digits - line), start;

	while (n > 0 && line[n - 1] == ' ')
		n--;
	for (start = n; start > 0 && strchr(" \t(,;:\"", line[start - 1]) == NULL;)
		start--;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == n - start &&
		    strncasecmp(words[i], line + start, n - start) == 0)
			return true;
	return false;
}

static bool
names_within(const char *line, int64_t item)
{
	for (const char *at = line; (at += strcspn(at, "0123456789"), *at != '\0');) {
		char digits[ITEM_DIGITS + 1] = "";
		size_t n = strspn(at, "0123456789");
		int64_t number = 0;

		if (n <= ITEM_DIGITS) {
			memcpy(digits, at, n);
			if (num_parse(digits, &number) && number == item && counts(line, at))
				return true;
		}
		at += n;
	}
	return false;
}

static bool
names_item(struct arena *arena, const char *words, int64_t item)
{
	char *rest = arena_dup(arena, words), *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (item_of_line(line) == item || names_within(line, item))
			return true;
	return false;
}

int
reply_pass_on(struct desk *desk, struct arrival *arrival, const struct passed *passed, bool *done,
    struct err *err)
{
	const struct often often = { "passed", &passed->matter->approval.id, QUESTIONS_AN_HOUR,
		QUESTIONS_A_DAY };
	int rc;

	*done = false;
	if (passed->matter->ticket.engineer_email[0] == '\0')
		return 0;
	rc = often_enough(desk, &often, done, err);
	return rc < 0 || !*done ? rc : reply_tell_engineer(desk, arrival, passed, err);
}

/* Of a bulk mail, each item that his lines name has its own engineer and gets its own answer. */
static int
pass_on_each(struct desk *desk, struct arrival *arrival, const struct reply *reply, bool *done,
    struct err *err)
{
	struct passed passed = { .matter = first_open(reply), .of_batch = reply->count > 1 };
	bool named = false;
	int rc = 0;

	*done = false;
	for (size_t i = 0; rc == 0 && reply->count > 1 && i < reply->count; i++) {
		const struct matter *m = &reply->matters[i];
		bool one = false;

		if (!names_item(tx_arena(desk->tx), arrival->letter->reply, m->approval.item))
			continue;
		named = true;
		rc = reply_pass_on(desk, arrival, &(struct passed){ .matter = m }, &one, err);
		*done = *done || one;
	}
	return rc < 0 || named ? rc : reply_pass_on(desk, arrival, &passed, done, err);
}

static int
take_question(
    struct desk *desk, struct arrival *arrival, const struct reply *reply, struct err *err)
{
	struct explained explained = { .why = intent_reason_sentence(arrival->intent->reason) };
	const struct often often = { "heard", &reply->matters->ballot.id, 1, 6 };
	bool first_time = false;
	int rc = pass_on_each(desk, arrival, reply, &explained.passed_on, err);

	if (rc == 0)
		rc = often_enough(desk, &often, &first_time, err);
	return rc < 0 || !first_time ? rc : reply_explain(desk, arrival, reply, &explained, err);
}

static bool
is_decided(const struct matter *m)
{
	return m->approval.state == AS_APPROVED || m->approval.state == AS_REJECTED;
}

/* "Sorry, I meant no": nobody can say what holds now, so the engineer must. */
static int
take_back(struct desk *desk, struct arrival *arrival, struct reply *reply, struct err *err)
{
	const struct second_thought thought = { "otherwise", CHANNEL_REPLY,
		reply_clip(tx_arena(desk->tx), arrival->letter->reply),
		arrival->letter->message_id };
	int rc = second_thought_note(desk, reply->flipped, &thought, err);

	for (size_t i = 0; i < reply->count; i++)
		if (is_decided(&reply->matters[i]))
			reply->late[reply->late_count++] = reply->matters[i];
	if (rc == 0)
		rc = second_thought_tell(desk, reply->flipped, &thought, err);
	return rc < 0 ? rc : reply_tell_already(desk, arrival, reply, err);
}

/* What is closed stays closed; the engineer reads what was written. */
static int
take_afterwards(struct desk *desk, struct arrival *arrival, struct reply *reply, struct err *err)
{
	const struct passed passed = { .matter = reply->matters };
	bool done;

	for (size_t i = reply->count; i > 0; i--)
		if (is_decided(&reply->matters[i - 1]))
			reply->flipped = &reply->matters[i - 1];
	if (reply->flipped != NULL && arrival->intent->reason == INTENT_CONTRADICTION)
		return take_back(desk, arrival, reply, err);
	if (matter_is_elsewhere(reply->matters))
		return reply_tell_elsewhere(desk, arrival, reply, err);
	return reply_pass_on(desk, arrival, &passed, &done, err);
}

/* Explained twice; the second time the engineer hears of it too, and no more after that. */
static int
explain_counted(struct desk *desk, struct arrival *arrival, const struct reply *reply,
    const struct passed *passed, struct err *err)
{
	struct explained explained = { .why = passed->why };
	int64_t times = 0;
	int rc =
	    history_before(desk->tx, HISTORY_BALLOT, &reply->matters->ballot.id, desk->now, err);

	if (rc == 0)
		rc = ballot_count_unclear(desk->tx, &reply->matters->ballot.id, &times, err);
	if (rc < 0 || times > 2)
		return rc;
	if (times == 2 || text_is(passed->flag, "disagree"))
		rc = reply_pass_on(desk, arrival, passed, &explained.told_engineer, err);
	return rc < 0 ? rc : reply_explain(desk, arrival, reply, &explained, err);
}

int
reply_unclear(struct desk *desk, struct arrival *arrival, struct reply *reply, struct err *err)
{
	const struct intent *intent = arrival->intent;
	const char *why = intent_reason_sentence(intent->reason);
	const struct passed passed = { first_open(reply), "unclear", reply->count > 1, why };
	int rc;

	metric_add(METRIC_DECISIONS_REFUSED, 1);
	arrival_file(
	    arrival, "filed", arena_printf(tx_arena(desk->tx), "decides nothing: %s", why));
	if (reply_all_closed(reply))
		return take_afterwards(desk, arrival, reply, err);
	rc = handover_propose(desk, arrival, reply->matters, err);
	if (rc < 0)
		return rc;
	if (intent->suspicion)
		return genuine_answer(desk, arrival, reply, err);
	if (intent->question)
		return take_question(desk, arrival, reply, err);
	return explain_counted(desk, arrival, reply, &passed, err);
}

int
reply_refuse(struct desk *desk, struct arrival *arrival, struct reply *reply, const char *why,
    struct err *err)
{
	const struct passed passed = { first_open(reply),
		arrival->letter->parts_disagree ? "disagree" : "unclear", reply->count > 1, why };
	char ballot[ID_TEXT_SIZE];
	bool first_time;
	int rc;

	metric_add(METRIC_DECISIONS_REFUSED, 1);
	arrival_file(arrival, "filed", arena_printf(tx_arena(desk->tx), "may not decide: %s", why));
	if (!reply_all_closed(reply) && arrival->sender.verdict == SENDER_VOUCHED)
		return explain_counted(desk, arrival, reply, &passed, err);
	/* Counted apart: what anybody may have written uses up nothing of the owner's. */
	rc = answered_first(desk->tx,
	    arena_printf(
		tx_arena(desk->tx), "refused:%s", id_text(&reply->matters->ballot.id, ballot)),
	    0, desk->now, &first_time, err);
	if (rc < 0 || !first_time)
		return rc;
	if (reply_all_closed(reply))
		return reply_tell_elsewhere(desk, arrival, reply, err);
	return reply_explain(desk, arrival, reply, &(struct explained){ .why = why }, err);
}
