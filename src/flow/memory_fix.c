/* memory: the fix that is suggested, tried, and judged. */
#include "flow/memory_priv.h"

#include <assent/base/str.h>
#include <assent/model/memory.h>

/* clang-format off */
static const struct memory_text title_rule = { "/title", "the title", FIX_TITLE_MAX, true, true, false };
static const struct memory_text description_rule = { "/description", "the description", FIX_DESCRIPTION_MAX, false, false, false };
/* clang-format on */

static int
check_confidence(int64_t confidence, const char **wrong, struct err *err)
{
	if (confidence >= 0 && confidence <= 100)
		return 0;
	*wrong = "/confidence";
	return err_set(err, ERR_INVALID, "a confidence is a number from 0 to 100");
}

/* The one in the state that row comes to; n is 0 where there is none. */
static int
find_former(struct desk *desk, const struct fix *row, struct fix *out, struct err *err)
{
	int rc;

	*out = (struct fix){ .n = 0 };
	rc = fix_of_state(desk->tx, &row->ticket, row->state, out, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
tell_superseded(struct desk *desk, const struct fix *former, const char *by, struct err *err)
{
	const struct memory_move move = { "fix.state", former->n, former->state,
		fix_state_name(FIX_SUPERSEDED), by };

	return former->n > 0 ? memory_moved(desk, &former->ticket, &move, err) : 0;
}

static bool
is_same(const struct fix *a, const struct fix *b)
{
	return text_is(a->title, b->title) && text_is(a->description, b->description) &&
	    a->confidence == b->confidence;
}

int
memory_add_fix(struct desk *desk, struct fix *row, struct err *err)
{
	bool proposed = text_is(row->state, fix_state_name(FIX_PROPOSED));
	struct fix former;
	int rc = find_former(desk, row, &former, err);

	if (rc == 0 && former.n > 0 && is_same(&former, row)) {
		*row = former;
		return 0;
	}
	if (rc == 0)
		rc = fix_add(desk->tx, row, err);
	if (rc == 0)
		rc = tell_superseded(desk, &former, row->author, err);
	if (rc == 0)
		rc = fix_get(desk->tx, &row->id, row, err);
	if (rc < 0)
		return rc;
	return memory_event(desk, &row->ticket,
	    &(struct record_change){
		proposed ? "fix.proposed" : "fix.suggested", row->author, NULL, row->title },
	    err);
}

int
fix_suggest(struct desk *desk, const struct fix_wish *wish, struct fix *out, const char **wrong,
    struct err *err)
{
	struct memory_read read = { desk, wrong, err, memory_by_person(wish->by, err) };

	*wrong = NULL;
	*out = (struct fix){
		.id = id_new(desk->now),
		.ticket = wish->ticket,
		.title = memory_clean(&read, wish->title, &title_rule),
		.description = memory_clean(&read, wish->description, &description_rule),
		.confidence = wish->confidence,
		.author = wish->by,
		.state = fix_state_name(FIX_ACTIVE),
		.created = desk->now,
		.moved_by = "",
	};
	if (read.rc == 0)
		read.rc = check_confidence(wish->confidence, wrong, err);
	return read.rc < 0 ? read.rc : memory_add_fix(desk, out, err);
}

/* --- what is decided about it --------------------------------------------------- */

static int
take_edits(struct memory_read *read, struct fix *to, const struct fix_verdict *verdict)
{
	if (verdict->title != NULL)
		to->title = memory_clean(read, verdict->title, &title_rule);
	if (verdict->description != NULL)
		to->description = memory_clean(read, verdict->description, &description_rule);
	if (read->rc < 0 || verdict->confidence == -1)
		return read->rc;
	to->confidence = verdict->confidence;
	return check_confidence(to->confidence, read->wrong, read->err);
}

static int
refuse(const struct fix *fix, enum fix_state from, struct err *err)
{
	const char *hint = from == FIX_PROPOSED ? "accept it first"
	    : from == FIX_ACTIVE		? "suggest another one instead"
						: "nothing was changed";

	return err_set(err, ERR_CONFLICT, "fix %lld is %s already%s%s; %s", (long long)fix->n,
	    fix->state, fix->moved_by[0] != '\0' ? ", by " : "", fix->moved_by, hint);
}

static int
move(struct desk *desk, struct fix *fix, struct fix *to, struct err *err)
{
	struct fix former;
	int rc = find_former(desk, to, &former, err);

	if (rc == 0)
		rc = fix_move(desk->tx, to, fix->state, err);
	if (rc == 0)
		rc = tell_superseded(desk, &former, to->moved_by, err);
	if (rc == 0 && !is_same(fix, to))
		rc = memory_event(desk, &fix->ticket,
		    &(struct record_change){ "fix.edited", to->moved_by, fix->title, to->title },
		    err);
	if (rc == 0)
		rc = memory_moved(desk, &fix->ticket,
		    &(struct memory_move){
			"fix.state", fix->n, fix->state, to->state, to->moved_by },
		    err);
	return rc < 0 ? rc : fix_get(desk->tx, &to->id, fix, err);
}

/* What the verdict asks for; found out before anything is said about it. */
static int
read_verdict(const struct fix *fix, const struct fix_verdict *verdict, enum fix_event *event,
    const char **wrong, struct err *err)
{
	bool edits =
	    verdict->title != NULL || verdict->description != NULL || verdict->confidence != -1;
	enum fix_state from;

	*wrong = "/decision";
	if (!fix_decision_parse(verdict->decision, event))
		return err_set(err, ERR_INVALID,
		    "the decision must be accepted, dismissed, one_off, draft_template or "
		    "build_template");
	if (edits && *event != FE_ACCEPT)
		return err_set(
		    err, ERR_INVALID, "only a fix that is accepted can be changed with it");
	*wrong = NULL;
	if (!fix_state_parse(fix->state, &from))
		return err_set(err, ERR_INVALID, "fix %lld is in no known state: %s",
		    (long long)fix->n, fix->state);
	return memory_by_person(verdict->by, err);
}

int
fix_decide(struct desk *desk, struct fix *fix, const struct fix_verdict *verdict,
    const char **wrong, struct err *err)
{
	enum fix_state from = FIX_PROPOSED, to_state, wished = FIX_PROPOSED;
	struct fix to = *fix;
	enum fix_event event;
	struct memory_read read = { desk, wrong, err, 0 };
	int rc = read_verdict(fix, verdict, &event, wrong, err);

	if (rc == 0)
		rc = take_edits(&read, &to, verdict);
	if (rc < 0 || !fix_state_parse(fix->state, &from))
		return rc;
	/* Where the decision leads from any state: the same again changes nothing. */
	if (fix_step(FIX_ACTIVE, event, &wished) || fix_step(FIX_PROPOSED, event, &wished))
		if (wished == from && is_same(&to, fix))
			return 0;
	if (!fix_step(from, event, &to_state))
		return refuse(fix, from, err);
	to.state = fix_state_name(to_state);
	to.moved_at = desk->now;
	to.moved_by = verdict->by;
	return move(desk, fix, &to, err);
}
