/* standin: an absence is learnt, reminders and deadlines wait, a deputy is asked. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/notice.h>
#include <assent/store/history.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define MORNING 9 /* the hour of the day of return at which somebody is back */
#define WORDS_KEPT ((size_t)300)
#define TITLE_KNOWN ((size_t)16) /* so much of a title in a note is no chance */

static bool
is_waiting(const struct matter *m)
{
	return (m->approval.state == AS_SENT || m->approval.state == AS_UNDELIVERABLE) &&
	    text_is(m->ballot.status, "open");
}

int
standin_away(struct desk *desk, const char *email, bool *away, utc_ms *until, struct err *err)
{
	struct absence absence = { 0 };
	int rc = absence_get(desk->tx, email, &absence, err);

	*away = rc == 0 && absence.until > desk->now;
	*until = *away ? absence.until : 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- who answers instead ------------------------------------------------- */

static bool
is_in_force(struct desk *desk, const struct delegate *d, const char *when)
{
	return text_is(d->when, when) && (d->since == 0 || desk->now >= d->since) &&
	    (d->until == 0 || desk->now < d->until);
}

struct place { /* in which somebody may answer */
	const struct organisation *organisation;
	const char *person;
	const char *when;
};

static int
find_delegate(struct desk *desk, const struct place *place, struct delegate *out, struct err *err)
{
	const struct organisation *organisation = place->organisation;
	const char *person = place->person;
	struct delegate *list;
	size_t n = 0;
	int rc = delegate_list(desk->tx, &organisation->id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *of = list[i].person_email[0] != '\0' ? list[i].person_email
								 : organisation->owner_email;

		if (!text_is_nocase(of, person) || !is_in_force(desk, &list[i], place->when) ||
		    text_is_nocase(list[i].delegate_email, person))
			continue;
		*out = list[i];
		return 0;
	}
	return rc < 0 ? rc : ERR_NOT_FOUND;
}

int
standin_first(struct desk *desk, const struct organisation *organisation,
    struct standin_person *out, struct err *err)
{
	struct delegate delegate;
	const struct place place = { organisation, organisation->owner_email, "always" };
	int rc = find_delegate(desk, &place, &delegate, err);

	*out = (struct standin_person){ organisation->owner_email, organisation->owner_name, "" };
	if (rc == 0)
		*out = (struct standin_person){ delegate.delegate_email, delegate.delegate_name,
			organisation->owner_email };
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

const char *
standin_first_person(const struct matter *m)
{
	return m->ballot.on_behalf_of[0] != '\0' ? m->ballot.on_behalf_of : m->ballot.person_email;
}

int
standin_ask(
    struct desk *desk, const struct matter *m, const struct standin_person *who, struct err *err)
{
	struct ballot ballot = {
		.id = id_next(desk->now),
		.approval = m->approval.id,
		.person_email = who->email,
		.person_name = who->name,
		.on_behalf_of = who->on_behalf_of,
		.status = "open",
		.generation = 1,
		.comment = "",
		.evidence = "",
	};
	struct matter his;
	int rc = ballot_add(desk->tx, &ballot, err);

	if (rc == 0)
		rc = matter_load_ballot(desk, &ballot.id, &his, err);
	if (rc == 0)
		rc = ask_put_to(desk, &his, err);
	return rc;
}

/* NULL in *deputy->email when there is none, or he was asked before, or is away as well. */
static int
ask_deputy(
    struct desk *desk, const struct matter *m, struct standin_person *deputy, struct err *err)
{
	struct delegate delegate;
	struct ballot before;
	bool away;
	utc_ms until;
	const struct place place = { &m->organisation, m->ballot.person_email, "absent" };
	int rc = find_delegate(desk, &place, &delegate, err);

	*deputy = (struct standin_person){ .email = NULL };
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	rc = ballot_of_person(desk->tx, &m->approval.id, delegate.delegate_email, &before, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	rc = standin_away(desk, delegate.delegate_email, &away, &until, err);
	if (rc < 0 || away)
		return rc;
	*deputy = (struct standin_person){ delegate.delegate_email, delegate.delegate_name,
		standin_first_person(m) };
	return standin_ask(desk, m, deputy, err);
}

/* --- a person is away ---------------------------------------------------- */

/* He has the whole time again from his return on, but never more than twice of it. */
static int
put_off(struct desk *desk, const struct matter *m, utc_ms until, utc_ms *deadline, struct err *err)
{
	int days = desk->policy->expire_after_days;
	utc_ms fresh = matter_add_days(desk, m, until, days);
	utc_ms most = matter_add_days(desk, m, m->approval.asked_at, 2 * days);
	int rc;

	*deadline = fresh < most ? fresh : most;
	if (*deadline <= m->approval.deadline) {
		*deadline = m->approval.deadline;
		return 0;
	}
	rc = history_before(desk->tx, HISTORY_DEADLINE, &m->approval.id, desk->now, err);
	return rc < 0 ? rc : approval_set_deadline(desk->tx, &m->approval.id, *deadline, err);
}

static json_t *
away_view(
    struct desk *desk, const struct matter *m, utc_ms until, const struct standin_person *deputy)
{
	struct arena *arena = tx_arena(desk->tx);
	json_t *view = matter_view(desk, m);

	json_object_set_new(view, "is_away", json_true());
	if (until != 0)
		view_text(view, "until", words_date(arena, m->zone, until));
	if (deputy->email != NULL) {
		view_text(view, "deputy", deputy->name[0] != '\0' ? deputy->name : deputy->email);
		view_text(view, "deputy_email", deputy->email);
	}
	return view;
}

/* Once for each absence and ticket. */
static int
tell_engineer(
    struct desk *desk, const struct matter *m, utc_ms until, json_t *view, struct err *err)
{
	struct notice notice = { .kind = "stand-in", .view = view };
	char id[ID_TEXT_SIZE];
	bool first = false;
	int rc = answered_first(desk->tx,
	    arena_printf(tx_arena(desk->tx), "away:%s:%s:%lld", id_text(&m->ticket.id, id),
		m->ballot.person_email, (long long)until),
	    0, desk->now, &first, err);

	if (rc == 0 && first && m->ticket.engineer_email[0] != '\0')
		rc = notice_thread(desk, &m->ticket, &notice, err);
	if (rc < 0 || !first || m->ticket.engineer_email[0] == '\0') {
		json_decref(view);
		return rc;
	}
	notice.to_email = m->ticket.engineer_email;
	notice.to_name = m->ticket.engineer_name;
	notice.approval = &m->approval.id;
	return notice_send(desk, &notice, NULL, err);
}

static int
take_absence(struct desk *desk, const struct matter *m, utc_ms until, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct standin_person deputy = { .email = NULL };
	utc_ms deadline = m->approval.deadline;
	json_t *view;
	int rc = record_event(desk, &m->ticket.id,
	    &(struct record_change){ "approval.absent", m->ballot.person_email, NULL,
		until != 0 ? words_date(arena, m->zone, until) : "" },
	    err);

	if (rc == 0 && until != 0)
		rc = put_off(desk, m, until, &deadline, err);
	if (rc == 0 && until != 0)
		rc = ask_deputy(desk, m, &deputy, err);
	if (rc < 0)
		return rc;
	view = away_view(desk, m, until, &deputy);
	view_text(view, "deadline", words_date(arena, desk->policy->zone, deadline));
	return tell_engineer(desk, m, until, view, err);
}

int
standin_check(struct desk *desk, const struct matter *m, struct err *err)
{
	struct matter now = *m;
	bool away;
	utc_ms until;
	int rc = standin_away(desk, m->ballot.person_email, &away, &until, err);

	if (rc < 0 || !away)
		return rc;
	rc = matter_reload(desk, &now, err);
	return rc < 0 || !is_waiting(&now) ? rc : take_absence(desk, &now, until, err);
}

/* --- learning ------------------------------------------------------------ */

/* A note from elsewhere teaches nothing: it must show what an answer must show. */
static bool
is_believed(const struct desk *desk, const struct arrival *arrival, const struct matter *m)
{
	bool vouched = arrival->sender.verdict == SENDER_VOUCHED;

	if (arrival->letter->automatic != AUTO_REPLY || arrival->sender.verdict == SENDER_FAILED ||
	    !text_is_nocase(arrival->sender.email, m->ballot.person_email))
		return false;
	return vouched || desk->policy->trust == TRUST_NONE;
}

/* Somebody else wrote the titles of our mails: a note that repeats one may repeat his date. */
static bool
repeats_title(const struct letter *letter, const struct matter *m)
{
	char title[TITLE_KNOWN + 1] = "";
	size_t n = strlen(m->ticket.title);

	memcpy(title, m->ticket.title, utf8_cut(m->ticket.title, n, TITLE_KNOWN));
	return title[0] != '\0' && text_find_nocase(letter->reply, title) != NULL;
}

/* The morning of the working day on which the note's writer is back; 0 when it names none. */
static utc_ms
morning_of_return(
    struct desk *desk, const struct arrival *arrival, const struct matter *matters, size_t count)
{
	const struct absence_ask *read = arrival->absence;
	struct civil morning;

	/* What "20 November" is depends on the clock. */
	if (read == NULL || !read->found || !desk->clock_trusted)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (repeats_title(arrival->letter, &matters[i]))
			return 0;
	morning = (struct civil){ .year = read->back.year,
		.month = read->back.month,
		.day = read->back.day,
		.hour = MORNING };
	calendar_to_working_day(matter_calendar(desk, matters), &morning);
	return zone_instant(matters->zone, &morning);
}

static int
keep_absence(struct desk *desk, const struct arrival *arrival, const char *email, utc_ms until,
    struct err *err)
{
	const char *words = arrival->letter->reply;
	struct absence absence = {
		.person_email = email,
		.until = until,
		.words = arena_dup_n(
		    tx_arena(desk->tx), words, utf8_cut(words, strlen(words), WORDS_KEPT)),
		.inbound = arrival->inbound->id,
		.learnt = desk->now,
	};
	struct absence known;
	int rc = absence_get(desk->tx, email, &known, err);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	/* A second note without a date takes nothing back. */
	if (rc == 0 && until == 0 && known.until > desk->now)
		return 0;
	return absence_put(desk->tx, &absence, err);
}

int
standin_learn(struct desk *desk, struct arrival *arrival, const struct matter *matters,
    size_t count, struct err *err)
{
	utc_ms until;
	int rc;

	if (count == 0 || !is_believed(desk, arrival, matters))
		return 0;
	until = morning_of_return(desk, arrival, matters, count);
	rc = keep_absence(desk, arrival, matters->ballot.person_email, until, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (is_waiting(&matters[i]))
			rc = take_absence(desk, &matters[i], until, err);
	return rc < 0 ? err_wrap(err, rc, "absence") : 0;
}
