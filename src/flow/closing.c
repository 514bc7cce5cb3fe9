#include <assent/flow/closing.h>

#include <assent/base/str.h>
#include <assent/flow/address.h>
#include <assent/flow/ask.h>
#include <assent/flow/matter.h>
#include <assent/store/people.h>

#include "flow/memory_priv.h"

#define OPEN_MAX 100 /* questions about one ticket */
#define SPENT "spent"

/* clang-format off */
static const struct memory_text comment_rule = { "/comment", "the comment", CLOSING_COMMENT_MAX, false, false, false };

static const char *const did[TICKET_EVENT_COUNT] = {
	[TICKET_DO_RESOLVE]	= "resolved it",
	[TICKET_DO_ESCALATE]	= "handed it over",
	[TICKET_DO_PAUSE]	= "paused it",
	[TICKET_DO_RESUME]	= "resumed it",
	[TICKET_DO_REOPEN]	= "opened it again",
};
/* clang-format on */

struct act { /* one on its way */
	struct desk *desk;
	const struct closing_wish *wish;
	const char **wrong;
	struct ticket ticket;
	int64_t version; /* of the ticket, before anything was written */
	struct closing row;
	struct approval *asked; /* questions that are open */
	size_t asked_count;
};

/* --- who was first ------------------------------------------------------------ */

static const char *
did_what(const struct closing *row)
{
	for (int i = 0; i < TICKET_EVENT_COUNT; i++)
		if (did[i] != NULL && text_is(row->act, ticket_event_name((enum ticket_event)i)))
			return did[i];
	return NULL;
}

/* "; eve@… resolved it on Fri 27 Nov 2026, 17:00 CET", of the last act; "" without any. */
static const char *
last_word(struct act *a)
{
	struct arena *arena = tx_arena(a->desk->tx);
	struct closing *list;
	size_t n = 0;

	if (closing_list(a->desk->tx, &a->ticket.id, &list, &n, NULL) < 0)
		return "";
	for (; n > 0; n--) {
		const struct closing *row = &list[n - 1];
		const char *what = did_what(row);

		if (what == NULL)
			continue;
		return arena_printf(arena, "; %s %s%s%s on %s",
		    row->by[0] != '\0' ? row->by : "somebody", what,
		    row->to_email[0] != '\0' ? " to " : "", row->to_email,
		    words_date(arena, a->desk->policy->zone, row->at));
	}
	return "";
}

static int
refuse(struct act *a, const char *more, struct err *err)
{
	return err_set(err, ERR_CONFLICT, "T-%lld is %s%s%s; nothing was changed",
	    (long long)a->ticket.ref, a->ticket.status, more, last_word(a));
}

static const char *
why_not(enum ticket_event act, const struct ticket_life *life)
{
	if (act == TICKET_DO_RESUME)
		return ", not paused";
	if (act == TICKET_DO_REOPEN)
		return ", not resolved";
	if (life->status == TICKET_RESOLVED && act != TICKET_DO_RESOLVE)
		return " and must be opened again first";
	return " already";
}

static int
check_step(struct act *a, struct ticket_life *to, struct err *err)
{
	struct ticket_life life;
	int rc = ticket_life(&a->ticket, &life, err);

	if (rc == 0 && !ticket_step(&life, a->wish->act, to))
		return refuse(a, why_not(a->wish->act, &life), err);
	return rc;
}

/* --- what is wished ------------------------------------------------------------ */

static int
read_words(struct act *a, struct err *err)
{
	struct memory_read read = { a->desk, a->wrong, err, memory_by_person(a->wish->by, err) };

	a->row.comment = memory_clean(&read, a->wish->comment, &comment_rule);
	if (read.rc < 0)
		return read.rc;
	*a->wrong = "/spent";
	if (a->wish->spent[0] != '\0' && !ticket_spent_parse(a->wish->spent, &a->row.spent))
		return err_set(err, ERR_INVALID,
		    "the time spent must be such as \"30m\" or \"1h 30m\", at most 1000 hours");
	if (a->ticket.spent + a->row.spent > TICKET_SPENT_MAX)
		return err_set(err, ERR_LIMIT, "T-%lld would have more than 1000 hours on it",
		    (long long)a->ticket.ref);
	*a->wrong = NULL;
	return 0;
}

/* Staff, or the one address that the site names: mail never goes to whom somebody typed. */
static int
find_next(struct act *a, struct err *err)
{
	const char *other = a->desk->policy->escalate_to;
	const char *typed = a->wish->to[0] != '\0' ? a->wish->to : other;
	const char *email = *typed != '\0' ? address_read(tx_arena(a->desk->tx), typed) : NULL;
	struct staff staff = { .name = "" };
	int rc;

	*a->wrong = "/to";
	if (*typed == '\0')
		return err_set(
		    err, ERR_INVALID, "name who takes it over: an address of this desk's staff");
	rc = email != NULL ? staff_by_email(a->desk->tx, email, &staff, err) : ERR_NOT_FOUND;
	if (rc == ERR_NOT_FOUND && email != NULL && text_is_nocase(email, other))
		rc = 0;
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_INVALID, "%s is not of this desk's staff", typed);
	if (rc == 0 && text_is_nocase(email, a->wish->by))
		return err_set(err, ERR_INVALID, "hand it to somebody else than yourself");
	if (rc < 0)
		return rc;
	*a->wrong = NULL;
	a->row.to_email = email;
	a->row.to_name = staff.name;
	if (text_is(a->ticket.status, ticket_status_name(TICKET_ESCALATED)) &&
	    text_is_nocase(email, a->ticket.engineer_email))
		return refuse(a, " to the same person already", err);
	return 0;
}

static int
check_asked(struct act *a, struct err *err)
{
	struct approval_filter filter = {
		.ticket = a->ticket.id, .only_open = true, .max = OPEN_MAX
	};
	struct ballot ballot = { .person_email = "" };
	int rc = approval_list(a->desk->tx, &filter, &a->asked, &a->asked_count, err);

	if (rc < 0 || a->asked_count == 0 || a->wish->withdraw)
		return rc;
	rc = ballot_of_approval(a->desk->tx, &a->asked[0].id, &ballot, err);
	if (rc < 0)
		return rc;
	*a->wrong = "/withdraw";
	return err_set(err, ERR_CONFLICT,
	    "T-%lld was not resolved: %s is being asked about it; withdraw the question as well "
	    "(--withdraw; in a mail a line \"withdraw\" above \"resolve\")",
	    (long long)a->ticket.ref, ballot.person_email);
}

/* All of it before anything is written: whoever catches the error keeps what the step did so far. */
static int
prepare(struct act *a, struct err *err)
{
	struct ticket_life to = { 0 };
	int rc = ticket_get(a->desk->tx, &a->wish->ticket, &a->ticket, err);

	*a->wrong = NULL;
	a->version = a->ticket.state_version;
	a->row = (struct closing){
		.id = id_new(a->desk->now),
		.ticket = a->wish->ticket,
		.act = ticket_event_name(a->wish->act),
		.by = a->wish->by,
		.at = a->desk->now,
		.to_email = "",
		.to_name = "",
		.told = a->wish->act == TICKET_DO_ESCALATE ? 0 : a->desk->now,
	};
	if (rc == 0)
		rc = check_step(a, &to, err);
	if (rc == 0)
		rc = read_words(a, err);
	if (rc == 0 && a->wish->act == TICKET_DO_ESCALATE)
		rc = find_next(a, err);
	if (rc == 0 && a->wish->act == TICKET_DO_RESOLVE)
		rc = check_asked(a, err);
	return rc;
}

/* --- doing it ------------------------------------------------------------------- */

static int
add_spent(struct act *a, struct err *err)
{
	struct desk *desk = a->desk;
	char text[TICKET_SPENT_SIZE];
	int rc;

	if (a->row.spent == 0)
		return 0;
	rc = ticket_add_spent(desk->tx, &a->ticket.id, a->row.spent, desk->now, err);
	if (rc < 0)
		return rc;
	return record_event(desk, &a->ticket.id,
	    &(struct record_change){
		"ticket.spent", a->row.by, NULL, ticket_spent_text(a->row.spent, text) },
	    err);
}

static int
hand_over(struct act *a, struct err *err)
{
	const char *before = a->ticket.engineer_email;
	struct ticket next = a->ticket;
	int rc;

	if (a->wish->act != TICKET_DO_ESCALATE)
		return 0;
	next.engineer_email = a->row.to_email;
	next.engineer_name = a->row.to_name;
	rc = ticket_set_engineer(a->desk->tx, &next, a->desk->now, err);
	if (rc < 0)
		return rc;
	return record_event(a->desk, &a->ticket.id,
	    &(struct record_change){ "ticket.engineer", a->row.by, before, a->row.to_email }, err);
}

static int
withdraw_all(struct act *a, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->asked_count; i++)
		rc = ask_withdraw(a->desk, &a->asked[i], a->row.by, err);
	return rc < 0 || a->asked_count == 0
	    ? rc
	    : ticket_get(a->desk->tx, &a->wish->ticket, &a->ticket, err);
}

static int
move(struct act *a, struct err *err)
{
	struct ticket_life to = { 0 };
	int rc = check_step(a, &to, err);

	if (rc == 0)
		rc = ticket_move(a->desk->tx,
		    &(struct ticket_move){ &a->ticket, to, a->row.by, a->desk->now }, err);
	if (rc < 0)
		return rc;
	return record_event(a->desk, &a->ticket.id,
	    &(struct record_change){
		"ticket.state", a->row.by, a->ticket.status, ticket_status_name(to.status) },
	    err);
}

static int
list_open(struct act *a, struct closing_done *out, struct err *err)
{
	struct task *tasks, *open;
	size_t n = 0;
	int rc = task_list(a->desk->tx, &a->ticket.id, &tasks, &n, err);

	if (rc < 0)
		return rc;
	open = arena_alloc(tx_arena(a->desk->tx), (n + 1) * sizeof(*open));
	for (size_t i = 0; i < n; i++)
		if (text_is(tasks[i].state, "open"))
			open[out->open_count++] = tasks[i];
	out->open = open;
	return 0;
}

/* clang-format off */
static const struct {
	enum ticket_event act;
	enum document_kind kind;
} papers[] = {
	{ TICKET_DO_RESOLVE,	DOCUMENT_NOTES },
	{ TICKET_DO_RESOLVE,	DOCUMENT_RESOLUTION },
	{ TICKET_DO_ESCALATE,	DOCUMENT_HANDOFF },
	{ TICKET_DO_ESCALATE,	DOCUMENT_NOTES },
	{ TICKET_DO_PAUSE,	DOCUMENT_NOTES },
};
/* clang-format on */

/* The second phase begins: jobs of their own, in this step. */
static int
want_papers(struct act *a, struct closing_done *out, struct err *err)
{
	struct document_wish wish = { .ticket = a->ticket.id,
		.locale = "",
		.keep = true,
		.unpaid = a->wish->unpaid,
		.by = a->row.by };
	struct document document;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(papers); i++) {
		struct closing_paper *paper = &out->papers[out->paper_count];

		if (papers[i].act != a->wish->act)
			continue;
		wish.kind = papers[i].kind;
		paper->kind = wish.kind;
		rc = document_stays(a->desk, &wish, a->version, err);
		if (rc == 0)
			rc = document_want(a->desk, &wish, &document, &paper->stand, err);
		out->paper_count++;
	}
	return rc;
}

static int
finish(struct act *a, struct closing_done *out, struct err *err)
{
	int rc = add_spent(a, err);

	*out = (struct closing_done){ .act = a->wish->act, .withdrawn = a->asked_count };
	if (rc == 0)
		rc = list_open(a, out, err);
	if (rc == 0)
		rc = want_papers(a, out, err);
	return rc < 0 ? rc : ticket_get(a->desk->tx, &a->wish->ticket, &out->ticket, err);
}

int
closing_do(struct desk *desk, const struct closing_wish *wish, struct closing_done *out,
    const char **wrong, struct err *err)
{
	struct act a = { .desk = desk, .wish = wish, .wrong = wrong };
	int rc = prepare(&a, err);

	if (rc == 0)
		rc = closing_add(desk->tx, &a.row, err);
	if (rc == 0)
		rc = withdraw_all(&a, err);
	if (rc == 0)
		rc = move(&a, err);
	if (rc == 0)
		rc = hand_over(&a, err);
	return rc < 0 ? rc : finish(&a, out, err);
}

int
closing_spend(struct desk *desk, const struct closing_wish *wish, struct closing_done *out,
    const char **wrong, struct err *err)
{
	struct act a = { .desk = desk, .wish = wish, .wrong = wrong };
	int rc = ticket_get(desk->tx, &wish->ticket, &a.ticket, err);

	*wrong = NULL;
	a.row = (struct closing){ id_new(desk->now), wish->ticket, 0, SPENT, wish->by, desk->now,
		"", 0, "", "", desk->now };
	if (rc == 0)
		rc = read_words(&a, err);
	if (rc == 0 && a.row.spent == 0) {
		*wrong = "/spent";
		rc = err_set(err, ERR_INVALID, "say how long, such as \"30m\" or \"1h 30m\"");
	}
	if (rc == 0)
		rc = closing_add(desk->tx, &a.row, err);
	return rc < 0 ? rc : finish(&a, out, err);
}

/* --- what others do to it --------------------------------------------------------- */

int
closing_of_owner(
    struct desk *desk, const struct id *ticket, enum ticket_event event, struct err *err)
{
	struct ticket_life life, to;
	struct ticket row;
	int rc = ticket_get(desk->tx, ticket, &row, err);

	if (rc == 0)
		rc = ticket_life(&row, &life, err);
	/* Why no error: a decision is taken whatever became of its ticket (invariant 11). */
	if (rc < 0 || !ticket_step(&life, event, &to))
		return rc;
	return ticket_move(desk->tx, &(struct ticket_move){ &row, to, NULL, desk->now }, err);
}

static int
is_staff(struct desk *desk, const char *email, bool *out, struct err *err)
{
	struct staff staff;
	int rc = staff_by_email(desk->tx, email, &staff, err);

	*out = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
closing_heard(struct desk *desk, const struct closing_words *words, struct err *err)
{
	struct act a = {
		.desk = desk,
		.row = { id_new(desk->now), words->ticket, 0, ticket_event_name(TICKET_DO_REOPEN),
		    words->from, desk->now, "", 0, "", "", desk->now },
	};
	const struct closing_wish wish = { .ticket = words->ticket, .act = TICKET_DO_REOPEN };
	bool staff = true;
	int rc = ticket_get(desk->tx, &words->ticket, &a.ticket, err);

	a.wish = &wish;
	if (rc < 0 || !text_is(a.ticket.status, ticket_status_name(TICKET_RESOLVED)) ||
	    words->at < a.ticket.status_at || words->from[0] == '\0')
		return rc;
	rc = is_staff(desk, words->from, &staff, err);
	if (rc < 0 || staff)
		return rc;
	rc = closing_add(desk->tx, &a.row, err);
	if (rc == ERR_LIMIT)
		return 0; /* his words are kept all the same */
	return rc < 0 ? rc : move(&a, err);
}
