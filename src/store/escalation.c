#include <assent/store/escalation.h>

#include "query.h"

#include <assent/base/str.h>

#include <string.h>

/* clang-format off */
/* What is written once, and what changes. */
#define ESCALATION_WHAT(F, N, S) \
	F(S, ID, id) N(S, TEXT, organisation) N(S, MAYBE_ID, ticket) N(S, TEXT, title) \
	N(S, TEXT, entity_type) N(S, TEXT, entity_id) N(S, TEXT, workflow) N(S, TEXT, failed_step) \
	N(S, TEXT, reason) N(S, TEXT, missing) N(S, TEXT, priority) N(S, TEXT, risk) \
	N(S, TEXT, artifacts) N(S, TEXT, resume_token) N(S, TEXT, suggest) N(S, TEXT, texts) \
	N(S, INT, confidence) N(S, TEXT, rule) N(S, TEXT, once_key) N(S, TEXT, source) \
	N(S, TEXT, first_to) N(S, TEXT, levels) N(S, INT, created)

#define ESCALATION_NOW(F, N, S) \
	F(S, INT, version) N(S, TEXT, state) N(S, TEXT, to) N(S, INT, level) N(S, INT, repeats) \
	N(S, EMAIL, assignee) N(S, INT, began) N(S, INT, due) N(S, INT, next_at) \
	N(S, INT, climbed_at) N(S, INT, snoozed_until) N(S, INT, overdue_told) \
	N(S, INT, acked_at) N(S, TEXT, acked_by) N(S, INT, moved_at) N(S, TEXT, action) \
	N(S, TEXT, notes) N(S, TEXT, override_json) N(S, TEXT, resolved_by) \
	N(S, INT, resolved_at) N(S, INT, took)

#define ESCALATION(F, N, S) ESCALATION_WHAT(F, N, S) ESCALATION_NOW(N, N, S)

#define PERSON(F, N, S) \
	F(S, ID, id) N(S, ID, escalation) N(S, INT, level) N(S, TEXT, role) N(S, EMAIL, email) \
	N(S, TEXT, name) N(S, INT, at) N(S, TEXT, skipped)

#define EVENT(F, N, S) \
	F(S, ID, escalation) N(S, INT, n) N(S, INT, at) N(S, TEXT, kind) N(S, TEXT, actor) \
	N(S, TEXT, before) N(S, TEXT, after) N(S, TEXT, channel) N(S, TEXT, evidence)

#define FIELD_SET(S, type, field) "\"" #field "\" = ?"
#define FIELD_NEXT_SET(S, type, field) ", \"" #field "\" = ?"

#define OPEN "state IN ('pending', 'in_progress')"
#define ALL "SELECT " NAMES(ESCALATION) " FROM escalations "
#define IF_WANTED(column, n) " AND (?" #n " = '' OR " column " = ?" #n ")"
/* Parameters 1 to 9 are the same in each: see bind_filter(). */
#define REST \
	" AND id < ?1" IF_WANTED("priority", 4) IF_WANTED("reason", 5) IF_WANTED("assignee", 6) \
	IF_WANTED("rule", 7) " AND (?8 = 0 OR (due < ?8 AND " OPEN ")) ORDER BY id DESC LIMIT ?9"
#define STATE_TOO " AND (?2 = '' OR state = ?2 OR (?2 = 'open' AND " OPEN "))"
#define ORGANISATION_TOO " AND (?3 IS NULL OR organisation = ?3)"

#define GROUPS \
	"SELECT state, priority, reason, count(*), sum(due < ?1), min(created), sum(took)" \
	" FROM escalations INDEXED BY "
#define WITHIN "created >= ?2 AND created < ?3"
#define GROUPED " GROUP BY state, priority, reason"
#define NTH " ORDER BY took DESC LIMIT 1 OFFSET ?1"

#define ESCALATIONS(X) \
	X(ESCALATION_ADD, INSERT("escalations", ESCALATION)) \
	X(ESCALATION_GET, ALL "WHERE id = ?") \
	X(ESCALATION_OF_KEY, ALL "WHERE rule = ? AND once_key = ? AND once_key <> '' AND " OPEN) \
	X(ESCALATION_PUT, "UPDATE escalations SET " \
	    ESCALATION_NOW(FIELD_SET, FIELD_NEXT_SET, ) " WHERE id = ? AND version = ?") \
	X(LIST_TICKET, ALL "WHERE ticket = ?10" STATE_TOO ORGANISATION_TOO REST) \
	X(LIST_ORGANISATION, ALL "WHERE organisation = ?3" STATE_TOO REST) \
	X(LIST_OPEN, ALL "WHERE " OPEN " AND (?2 = 'open')" ORGANISATION_TOO REST) \
	X(LIST_STATE, ALL "WHERE state = ?2" ORGANISATION_TOO REST) \
	X(LIST_ALL, ALL "WHERE (?2 = '')" ORGANISATION_TOO REST) \
	X(PERSON_ADD, INSERT("escalation_people", PERSON)) \
	X(PERSON_GET, "SELECT " NAMES(PERSON) " FROM escalation_people WHERE id = ?") \
	X(PERSON_LIST, "SELECT " NAMES(PERSON) " FROM escalation_people WHERE escalation = ?" \
	    " ORDER BY id") \
	X(PERSON_OF, "SELECT " NAMES(PERSON) " FROM escalation_people WHERE escalation = ?" \
	    " AND email = ? ORDER BY id DESC LIMIT 1") \
	X(PERSON_SKIP, "UPDATE escalation_people SET skipped = ? WHERE id = ?") \
	X(BOUNCES, "SELECT 1 FROM outgoing WHERE to_email = ? AND status = 'refused'" \
	    " AND created >= ? LIMIT 1") \
	X(LEFT_AT, "SELECT coalesce(max(CASE WHEN status IN ('queued', 'gathered')" \
	    " THEN 9223372036854775807 ELSE sent_at END), 0)" \
	    " FROM outgoing WHERE escalation = ? AND kind = 'escalation'" \
	    " AND (status IN ('queued', 'gathered') OR sent_at - created >= ?)") \
	X(EVENT_NEXT, "SELECT coalesce(max(n), 0) + 1 FROM escalation_events WHERE escalation = ?") \
	X(EVENT_ADD, INSERT("escalation_events", EVENT)) \
	X(EVENT_LIST, "SELECT " NAMES(EVENT) " FROM escalation_events WHERE escalation = ?" \
	    " ORDER BY n") \
	X(GAUGE, "SELECT count(*) FROM (SELECT 1 FROM escalations INDEXED BY escalations_counts" \
	    " WHERE state = ? AND priority = ? LIMIT ?)") \
	X(GAUGE_OVERDUE, "SELECT count(*) FROM (SELECT 1 FROM escalations" \
	    " INDEXED BY escalations_due WHERE " OPEN " AND due < ? LIMIT ?)") \
	X(GROUPS_ALL, GROUPS "escalations_counts WHERE " WITHIN GROUPED) \
	X(GROUPS_OF, GROUPS "escalations_month WHERE " WITHIN " AND organisation = ?4" GROUPED) \
	X(NTH_ALL, "SELECT took FROM escalations INDEXED BY escalations_took" \
	    " WHERE state = 'resolved' AND " WITHIN NTH) \
	X(NTH_OF, "SELECT took FROM escalations INDEXED BY escalations_month" \
	    " WHERE state = 'resolved' AND " WITHIN " AND organisation = ?4" NTH)
/* clang-format on */

DEFINE_STATEMENTS(SET_ESCALATION, escalation, ESCALATIONS);
DEFINE_TABLE(escalation, struct escalation, ESCALATION);
DEFINE_TABLE(escalation_now, struct escalation, ESCALATION_NOW);
DEFINE_TABLE(escalation_person, struct escalation_person, PERSON);
DEFINE_TABLE(escalation_event, struct escalation_event, EVENT);

#define QUERY(which) query_open(tx, &escalation_statements, which)

/* --- packets ---------------------------------------------------------------------- */

int
escalation_add(struct tx *tx, const struct escalation *escalation, struct err *err)
{
	struct query q = QUERY(ESCALATION_ADD);

	bind_row(&q, &escalation_table, escalation);
	return query_run(&q, err);
}

int
escalation_get(struct tx *tx, const struct id *id, struct escalation *out, struct err *err)
{
	struct query q = QUERY(ESCALATION_GET);

	bind_id(&q, id);
	return query_one(&q, &escalation_table, out, err);
}

int
escalation_of_key(
    struct tx *tx, const char *rule, const char *once_key, struct escalation *out, struct err *err)
{
	struct query q = QUERY(ESCALATION_OF_KEY);

	bind_text(&q, rule);
	bind_text(&q, once_key);
	return query_one(&q, &escalation_table, out, err);
}

/* Before anything is written: whoever catches the error keeps what the step did so far. */
static int
check_key(struct tx *tx, const struct escalation *to, struct err *err)
{
	enum escalation_state state = ESCALATION_RESOLVED;
	struct escalation other;
	char text[ID_TEXT_SIZE];
	int rc;

	if (!escalation_state_parse(to->state, &state))
		return err_set(err, ERR_INVALID, "\"%s\" is no state of a packet", to->state);
	if (to->once_key[0] == '\0' || !escalation_is_open(state))
		return 0;
	rc = escalation_of_key(tx, to->rule, to->once_key, &other, err);
	if (rc < 0 || id_equal(&other.id, &to->id))
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return err_set(err, ERR_CONFLICT, "%s is open about the same (rule %s)",
	    id_text(&other.id, text), to->rule);
}

int
escalation_put(struct tx *tx, struct escalation *to, struct err *err)
{
	struct escalation row = *to;
	int rc = check_key(tx, to, err);

	if (rc < 0)
		return rc;
	row.version++;

	struct query q = QUERY(ESCALATION_PUT);

	bind_row(&q, &escalation_now_table, &row);
	bind_id(&q, &row.id);
	bind_int(&q, to->version);
	rc = query_claim(&q, ERR_CONFLICT, "somebody else changed this packet just now", err);
	if (rc == 0)
		to->version = row.version;
	return rc;
}

/* --- lists ------------------------------------------------------------------------- */

static int
list_by(const struct escalation_filter *filter)
{
	if (!id_is_null(&filter->ticket))
		return LIST_TICKET;
	if (filter->organisation != NULL)
		return LIST_ORGANISATION;
	if (text_is(filter->state, "open"))
		return LIST_OPEN;
	return filter->state != NULL && filter->state[0] != '\0' ? LIST_STATE : LIST_ALL;
}

static void
bind_filter(struct query *q, const struct escalation_filter *filter)
{
	/* Static: what is bound is read when the query runs. */
	static const struct id last = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	bind_id(q, id_is_null(&filter->before) ? &last : &filter->before);
	bind_text(q, filter->state);
	if (filter->organisation != NULL)
		bind_text(q, filter->organisation);
	else
		bind_maybe_id(q, &(struct id){ 0 }); /* NULL */
	bind_text(q, filter->priority);
	bind_text(q, filter->reason);
	bind_email(q, filter->assignee);
	bind_text(q, filter->rule);
	bind_int(q, filter->overdue_at);
	bind_max(q, filter->max != 0 ? filter->max : ESCALATION_PAGE);
}

int
escalation_list(struct tx *tx, const struct escalation_filter *filter, struct escalation **out,
    size_t *count, struct err *err)
{
	int which = list_by(filter);
	struct query q = QUERY(which);

	bind_filter(&q, filter);
	if (which == LIST_TICKET)
		bind_id(&q, &filter->ticket);
	return query_list(&q, &escalation_table, out, count, err);
}

/* --- people -------------------------------------------------------------------------- */

int
escalation_person_add(struct tx *tx, const struct escalation_person *person, struct err *err)
{
	struct query q = QUERY(PERSON_ADD);

	bind_row(&q, &escalation_person_table, person);
	return query_run(&q, err);
}

int
escalation_person_get(
    struct tx *tx, const struct id *id, struct escalation_person *out, struct err *err)
{
	struct query q = QUERY(PERSON_GET);

	bind_id(&q, id);
	return query_one(&q, &escalation_person_table, out, err);
}

int
escalation_person_list(struct tx *tx, const struct id *escalation, struct escalation_person **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(PERSON_LIST);

	bind_id(&q, escalation);
	return query_list(&q, &escalation_person_table, out, count, err);
}

int
escalation_person_of(struct tx *tx, const struct id *escalation, const char *email,
    struct escalation_person *out, struct err *err)
{
	struct query q = QUERY(PERSON_OF);

	bind_id(&q, escalation);
	bind_email(&q, email);
	return query_one(&q, &escalation_person_table, out, err);
}

int
escalation_person_skip(struct tx *tx, const struct id *id, const char *why, struct err *err)
{
	struct query q = QUERY(PERSON_SKIP);

	bind_text(&q, why);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "the packet was not put to this person", err);
}

int
escalation_bounces(struct tx *tx, const char *email, utc_ms since, bool *out, struct err *err)
{
	struct query q = QUERY(BOUNCES);

	bind_email(&q, email);
	bind_int(&q, since);
	return query_exists(&q, out, err);
}

int
escalation_left_at(
    struct tx *tx, const struct id *escalation, span_ms late, utc_ms *out, struct err *err)
{
	struct query q = QUERY(LEFT_AT);

	bind_id(&q, escalation);
	bind_int(&q, late);
	return query_int(&q, out, err);
}

/* --- history --------------------------------------------------------------------------- */

int
escalation_event_add(struct tx *tx, const struct escalation_event *event, struct err *err)
{
	struct query next = QUERY(EVENT_NEXT);
	struct escalation_event row = *event;
	int rc;

	bind_id(&next, &row.escalation);
	rc = query_int(&next, &row.n, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(EVENT_ADD);

	bind_row(&q, &escalation_event_table, &row);
	return query_run(&q, err);
}

int
escalation_event_list(struct tx *tx, const struct id *escalation, struct escalation_event **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(EVENT_LIST);

	bind_id(&q, escalation);
	return query_list(&q, &escalation_event_table, out, count, err);
}

/* --- how many, how fast ------------------------------------------------------------------ */

static int
gauge_state(struct tx *tx, enum escalation_state state, int64_t *out, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < ESCALATION_PRIORITY_COUNT && rc == 0; i++) {
		struct query q = QUERY(GAUGE);

		bind_text(&q, escalation_state_names[state]);
		bind_text(&q, escalation_priority_names[i]);
		bind_int(&q, ESCALATION_GAUGE_MAX);
		rc = query_int(&q, &out[i], err);
	}
	return rc;
}

int
escalation_gauge(struct tx *tx, utc_ms now, struct escalation_gauges *out, struct err *err)
{
	int rc = gauge_state(tx, ESCALATION_PENDING, out->pending, err);

	if (rc == 0)
		rc = gauge_state(tx, ESCALATION_IN_PROGRESS, out->in_progress, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(GAUGE_OVERDUE);

	bind_int(&q, now);
	bind_int(&q, ESCALATION_GAUGE_MAX);
	return query_int(&q, &out->overdue, err);
}

struct tally { /* while the groups are read */
	struct escalation_stats *out;
	int64_t resolved, took; /* how many, and how long in all */
	utc_ms oldest; /* of the pending; INT64_MAX for none */
};

static void
bind_period(struct query *q, const struct escalation_period *period)
{
	bind_int(q, period->from);
	bind_int(q, period->to != 0 ? period->to : INT64_MAX);
	if (period->organisation != NULL)
		bind_text(q, period->organisation);
}

static void
add_reason(struct tx *tx, struct escalation_stats *out, const char *reason, int64_t n)
{
	struct escalation_count *wider;
	size_t i = 0;

	while (i < out->reason_count && !text_is(out->reasons[i].word, reason))
		i++;
	if (i == out->reason_count) {
		/* As many again each time that a power of two is full. */
		if ((i & (i - 1)) == 0) {
			wider = arena_alloc(tx->arena, (2 * i + 1) * sizeof(*wider));
			if (i > 0)
				memcpy(wider, out->reasons, i * sizeof(*wider));
			out->reasons = wider;
		}
		out->reasons[out->reason_count++] =
		    (struct escalation_count){ arena_dup(tx->arena, reason), 0 };
	}
	out->reasons[i].n += n;
}

static void
add_word(struct escalation_count *counts, const char *const *names, size_t n,
    const struct escalation_count *more)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(names[i], more->word))
			counts[i].n += more->n;
}

static void
add_group(struct query *q, struct tally *tally)
{
	struct escalation_stats *out = tally->out;
	const char *state = column_text(q, 0);
	int64_t n = column_int(q, 3);
	enum escalation_state parsed = ESCALATION_RESOLVED;

	if (!escalation_state_parse(state, &parsed))
		return;
	out->total += n;
	out->states[parsed].n += n;
	add_word(out->priorities, escalation_priority_names, ARRAY_LEN(out->priorities),
	    &(struct escalation_count){ column_text(q, 1), n });
	add_reason(q->tx, out, column_text(q, 2), n);
	if (escalation_is_open(parsed))
		out->overdue += column_int(q, 4);
	if (parsed == ESCALATION_PENDING && column_int(q, 5) < tally->oldest)
		tally->oldest = column_int(q, 5);
	if (parsed == ESCALATION_RESOLVED) {
		tally->resolved += n;
		tally->took += column_int(q, 6);
	}
}

static int
by_number(const void *a, const void *b)
{
	const struct escalation_count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->word, y->word);
}

/* Nearest rank: of 20 the 19th, counted from the shortest. */
static int
find_p95(
    struct tx *tx, const struct escalation_period *period, struct tally *tally, struct err *err)
{
	struct query q = QUERY(period->organisation != NULL ? NTH_OF : NTH_ALL);
	int64_t took = 0;
	int rc;

	bind_int(&q, tally->resolved / 20);
	bind_period(&q, period);
	rc = query_int(&q, &took, err);
	tally->out->p95_minutes = (double)took / (double)MS_MINUTE;
	return rc;
}

int
escalation_stats(struct tx *tx, const struct escalation_period *period,
    struct escalation_stats *out, struct err *err)
{
	struct query q = QUERY(period->organisation != NULL ? GROUPS_OF : GROUPS_ALL);
	struct tally tally = { .out = out, .oldest = INT64_MAX };
	int rc;

	*out = (struct escalation_stats){ 0 };
	for (int i = 0; i < ESCALATION_STATE_COUNT; i++)
		out->states[i].word = escalation_state_names[i];
	for (int i = 0; i < ESCALATION_PRIORITY_COUNT; i++)
		out->priorities[i].word = escalation_priority_names[i];
	bind_int(&q, period->now);
	bind_period(&q, period);
	while ((rc = query_next(&q, err)) > 0)
		add_group(&q, &tally);
	if (rc < 0)
		return rc;
	if (out->reason_count > 1)
		qsort(out->reasons, out->reason_count, sizeof(*out->reasons), by_number);
	if (tally.oldest != INT64_MAX && tally.oldest < period->now)
		out->oldest_pending_hours = (double)(period->now - tally.oldest) / (double)MS_HOUR;
	if (tally.resolved == 0)
		return 0;
	out->average_minutes = (double)tally.took / (double)tally.resolved / (double)MS_MINUTE;
	return find_p95(tx, period, &tally, err);
}
