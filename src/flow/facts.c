/* facts: what rules may know about a ticket, from the store; each part only if a rule reads it. */
#include <assent/flow/facts.h>

#include <assent/base/str.h>
#include <assent/model/calendar.h>

#include "flow/standin_priv.h"

#include <string.h>

#define KNOWN 1024 /* organisations that are remembered */
#define ARENA_MAX ((size_t)256 << 20)
#define KEPT_MOST ((size_t)8 << 20) /* of their texts */

struct wish { /* what these rules read */
	const struct rules *rules;
	unsigned parts;
	bool attributes, organisation, open, away;
};

struct known { /* an organisation, and what is so of all its tickets */
	struct organisation organisation;
	bool is_read, away;
	int64_t open;
	utc_ms away_until;
};

struct facts_reader {
	struct wish wish;
	struct facts_rows page;
	struct facts_row rows[FACTS_PAGE];
	size_t next; /* row */
	bool knows; /* organisations are wanted */
	struct arena *kept; /* their texts */
	struct known known[KNOWN];
};

struct looking {
	struct desk *desk;
	const struct wish *wish;
	struct arena *arena;
	struct facts *out;
};

static void
put(struct looking *l, enum fact fact, struct fact_value value)
{
	l->out->values[fact] = value;
}

/* --- what is wanted ----------------------------------------------------------------- */

/* Does a rule read one of these? */
static bool
wants(const struct rules *rules, const enum fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rules_use(rules, facts[i]))
			return true;
	return false;
}

#define WANTS(rules, ...) \
	wants(rules, (const enum fact[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const enum fact[]){ __VA_ARGS__ })))

static unsigned
parts_of_ticket(const struct rules *r)
{
	return (WANTS(r, FACT_OF_TITLE) ? FACTS_TITLE : 0u) |
	    (WANTS(r, FACT_OF_REQUESTER, FACT_OF_ENGINEER) ? FACTS_PEOPLE : 0u) |
	    (WANTS(r, FACT_OF_PRIORITY, FACT_OF_SOURCE, FACT_OF_EXTERNAL_STATUS) ? FACTS_HELPDESK
										 : 0u) |
	    (WANTS(r, FACT_OF_MESSAGES, FACT_OF_LAST_MESSAGE, FACT_OF_LAST_MESSAGE_BY,
		 FACT_OF_UNANSWERED_SINCE, FACT_OF_LAST_MESSAGE_TEXT)
		    ? FACTS_THREAD
		    : 0u) |
	    (WANTS(r, FACT_OF_LAST_MESSAGE_TEXT) ? FACTS_WORDS : 0u);
}

static unsigned
parts_of_work(const struct rules *r)
{
	return (WANTS(r, FACT_OF_OPEN_TASKS) ? FACTS_TASKS : 0u) |
	    (WANTS(r, FACT_OF_AI_CONFIDENCE) ? FACTS_FIXES : 0u) |
	    (WANTS(r, FACT_OF_DELIVERY_FAILURES, FACT_OF_LAST_FAILURE) ? FACTS_FAILURES : 0u) |
	    (WANTS(r, FACT_OF_OPEN_ESCALATIONS, FACT_OF_ESCALATIONS) ? FACTS_PACKETS : 0u);
}

static bool
is_once_per(const struct rules *rules, enum rule_once once)
{
	for (size_t i = 0; i < rules_count(rules); i++)
		if (rules_at(rules, i)->once_per == once)
			return true;
	return false;
}

static unsigned
parts_of_question(const struct rules *r)
{
	unsigned of_ballots =
	    WANTS(r, FACT_OF_APPROVER, FACT_OF_UNCLEAR_ANSWERS) ? FACTS_BALLOTS : 0u;
	unsigned of_events = WANTS(r, FACT_OF_REMINDERS) ? FACTS_REMINDERS : 0u;
	bool wanted = of_ballots || of_events || is_once_per(r, ONCE_PER_APPROVAL) ||
	    WANTS(r, FACT_OF_APPROVAL_STATE, FACT_OF_QUESTION, FACT_OF_ASKED_AT, FACT_OF_ANSWER_BY,
		FACT_OF_DECIDED_AT, FACT_OF_REMINDED_AT, FACT_OF_APPROVALS, FACT_OF_REJECTIONS);

	return of_ballots | of_events | (wanted ? FACTS_ASKED : 0u) |
	    (WANTS(r, FACT_OF_QUESTION) ? FACTS_QUESTION : 0u);
}

static bool
reads_attributes(const struct rules *rules)
{
	for (size_t i = 0; i < rules_fact_count(rules); i++)
		if (rules_fact(rules, i)->of_attribute && rules_use(rules, i))
			return true;
	return false;
}

/* Business time is that of the organisation, where any has its own. */
static bool
needs_calendar(const struct desk *desk, const struct rules *rules)
{
	bool found = false;

	for (size_t i = 0; i < desk->policy->organisation_count; i++)
		found = found || desk->policy->organisations[i].calendar != NULL;
	for (size_t i = 0; found && i < rules_count(rules); i++)
		if (rules_use_time(rules, i))
			return true;
	return false;
}

static struct wish
wish_of(const struct rules *rules)
{
	return (struct wish){ .rules = rules,
		.parts = parts_of_ticket(rules) | parts_of_work(rules) | parts_of_question(rules) |
		    (reads_attributes(rules) ? FACTS_ATTRIBUTES : 0u),
		.attributes = reads_attributes(rules),
		.organisation = is_once_per(rules, ONCE_PER_ORGANISATION) ||
		    WANTS(rules, FACT_OF_ORGANISATION, FACT_OF_ORGANISATION_NAME,
			FACT_OF_ORGANISATION_LOCALE, FACT_OF_ORGANISATION_ZONE, FACT_OF_OWNER,
			FACT_OF_OWNER_AWAY, FACT_OF_OPEN_APPROVALS),
		.open = WANTS(rules, FACT_OF_OPEN_APPROVALS),
		.away = WANTS(rules, FACT_OF_OWNER_AWAY) };
}

/* --- the ticket itself ------------------------------------------------------------ */

static const char *
lower(struct looking *l, const char *email)
{
	char *copy;

	for (const char *p = email; *p; p++)
		if (*p >= 'A' && *p <= 'Z') {
			copy = arena_dup(l->arena, email);
			text_lower(copy);
			return copy;
		}
	return email;
}

static void
take_ticket(struct looking *l)
{
	const struct ticket *t = &l->out->ticket;

	put(l, FACT_OF_STATUS, fact_text(t->status));
	put(l, FACT_OF_PRIORITY, fact_text(t->priority));
	put(l, FACT_OF_TITLE, fact_text(t->title));
	put(l, FACT_OF_SOURCE, fact_text(t->source));
	put(l, FACT_OF_EXTERNAL_STATUS, fact_text(t->external_status));
	put(l, FACT_OF_REQUESTER, fact_text(lower(l, t->requester_email)));
	put(l, FACT_OF_ENGINEER, fact_text(lower(l, t->engineer_email)));
	put(l, FACT_OF_CREATED, fact_time(t->created));
	put(l, FACT_OF_UPDATED, fact_time(t->updated));
	put(l, FACT_OF_SPENT_MINUTES, fact_number((double)t->spent));
}

/*
 * Whatever a helpdesk sent: a value of a wrong type is a fault of the rules
 * that read it; what is too long, too deep or no object at all says nothing.
 */
static void
take_attributes(struct looking *l)
{
	const char *text = l->out->ticket.attributes;
	json_error_t why;

	if (*text && l->wish->attributes) {
		if (strlen(text) <= FACTS_ATTRIBUTES_MAX)
			l->out->attributes = json_loads(text, 0, &why);
		l->out->attributes_lost = !json_is_object(l->out->attributes);
	}
	rules_take_attributes(l->wish->rules, l->out->attributes, l->out->values);
}

/* --- the parts of a row ------------------------------------------------------------- */

static void
take_thread(struct looking *l, const struct facts_row *row)
{
	put(l, FACT_OF_STATUS_SINCE, fact_time(row->status_since));
	put(l, FACT_OF_MESSAGES, fact_number((double)row->thread.messages));
	put(l, FACT_OF_LAST_MESSAGE, fact_time(row->thread.last));
	put(l, FACT_OF_UNANSWERED_SINCE, fact_time(row->thread.unanswered_since));
	if (row->thread.messages > 0) {
		put(l, FACT_OF_LAST_MESSAGE_BY,
		    fact_text(row->thread.is_by_staff ? "staff" : "customer"));
		put(l, FACT_OF_LAST_MESSAGE_TEXT, fact_text(row->thread.own));
	}
}

static void
take_work(struct looking *l, const struct facts_row *row)
{
	put(l, FACT_OF_OPEN_TASKS, fact_number((double)row->open_tasks));
	if (row->confidence >= 0)
		put(l, FACT_OF_AI_CONFIDENCE, fact_number((double)row->confidence));
	put(l, FACT_OF_DELIVERY_FAILURES, fact_number((double)row->failures));
	put(l, FACT_OF_LAST_FAILURE, fact_time(row->last_failure));
	put(l, FACT_OF_OPEN_ESCALATIONS, fact_number((double)row->open_packets));
	put(l, FACT_OF_ESCALATIONS, fact_number((double)row->packets));
}

static void
take_asked(struct looking *l, const struct facts_asked *asked)
{
	if (asked->approvals == 0)
		return;
	l->out->approval = asked->id;
	put(l, FACT_OF_APPROVAL_STATE, fact_text(asked->state));
	put(l, FACT_OF_QUESTION, fact_text(asked->question));
	put(l, FACT_OF_APPROVER, fact_text(lower(l, asked->approver)));
	put(l, FACT_OF_ASKED_AT, fact_time(asked->asked_at));
	put(l, FACT_OF_ANSWER_BY, fact_time(asked->deadline));
	put(l, FACT_OF_DECIDED_AT, fact_time(asked->decided_at));
	put(l, FACT_OF_REMINDED_AT, fact_time(asked->reminded_at));
	put(l, FACT_OF_REMINDERS, fact_number((double)asked->reminders));
	put(l, FACT_OF_UNCLEAR_ANSWERS, fact_number((double)asked->unclear));
	put(l, FACT_OF_APPROVALS, fact_number((double)asked->approvals));
	put(l, FACT_OF_REJECTIONS, fact_number((double)asked->rejections));
}

/* --- organisations ------------------------------------------------------------------- */

static const struct organisation no_organisation = {
	.key = "", .name = "", .owner_email = "", .locale = "", .zone_name = ""
};

/* Texts lie in tx_arena(). */
static int
know(const struct looking *l, struct known *known, struct err *err)
{
	const struct id *id = &l->out->ticket.organisation;
	int rc = organisation_get(l->desk->tx, id, &known->organisation, err);

	known->open = 0;
	known->away = false;
	if (rc != 0)
		known->organisation = no_organisation;
	known->is_read = rc == 0 || rc == ERR_NOT_FOUND;
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc == 0 && l->wish->open)
		rc = approval_count_open(l->desk->tx, id, &known->open, err);
	if (rc == 0 && l->wish->away && known->organisation.owner_email[0] != '\0')
		rc = standin_away(l->desk, known->organisation.owner_email, &known->away,
		    &known->away_until, err);
	known->is_read = rc == 0;
	return rc;
}

static void
take_passing(struct looking *l, enum fact fact, utc_ms until)
{
	l->out->passing[l->out->passing_count++] = (struct fact_passing){ fact, until };
}

static void
take_organisation(struct looking *l, const struct known *known)
{
	const struct organisation *o = &known->organisation;

	if (o->key[0] == '\0')
		return;
	l->out->organisation = *o;
	put(l, FACT_OF_ORGANISATION, fact_text(o->key));
	put(l, FACT_OF_ORGANISATION_NAME, fact_text(o->name));
	put(l, FACT_OF_ORGANISATION_LOCALE, fact_text(o->locale));
	put(l, FACT_OF_ORGANISATION_ZONE, fact_text(o->zone_name));
	put(l, FACT_OF_OWNER, fact_text(lower(l, o->owner_email)));
	put(l, FACT_OF_OPEN_APPROVALS, fact_number((double)known->open));
	if (l->wish->away && o->owner_email[0] != '\0')
		put(l, FACT_OF_OWNER_AWAY, fact_bool(known->away));
	if (l->wish->away && known->away)
		take_passing(l, FACT_OF_OWNER_AWAY, known->away_until);
	/* Other tickets' questions count, too. */
	if (l->wish->open)
		take_passing(l, FACT_OF_OPEN_APPROVALS, 0);
}

/* --- one and many ---------------------------------------------------------------------- */

static void
take_row(struct looking *l, const struct facts_row *row)
{
	struct facts *out = l->out;

	memset(out->values, 0, rules_fact_count(l->wish->rules) * sizeof(*out->values));
	out->ticket = row->ticket;
	out->organisation = no_organisation;
	out->approval = (struct id){ 0 };
	out->passing_count = 0;
	out->attributes = NULL;
	out->attributes_lost = false;
	out->holds = row->holds;
	out->hold_count = row->hold_count;
	take_ticket(l);
	take_thread(l, row);
	take_work(l, row);
	take_asked(l, &row->asked);
}

int
facts_read(struct desk *desk, const struct rules *rules, struct facts *out, struct err *err)
{
	const struct wish wish = wish_of(rules);
	struct looking l = { desk, &wish, tx_arena(desk->tx), out };
	struct facts_row *row = arena_alloc(l.arena, sizeof(*row));
	struct facts_rows page = {
		.parts = wish.parts | FACTS_HOLDS, .arena = l.arena, .rows = row
	};
	struct known known = { .organisation = no_organisation };
	int rc = facts_one(desk->tx, &out->ticket.id, &page, err);

	out->attributes = NULL;
	if (rc < 0)
		return rc;
	take_row(&l, row);
	if (!id_is_null(&out->ticket.organisation))
		rc = know(&l, &known, err);
	if (rc < 0)
		return rc;
	if (!id_is_null(&out->ticket.organisation))
		take_organisation(&l, &known);
	take_attributes(&l);
	return 0;
}

void
facts_done(struct facts *facts)
{
	json_decref(facts->attributes);
	facts->attributes = NULL;
}

struct facts_reader *
facts_reader_new(const struct rules *rules)
{
	struct facts_reader *reader = mem_alloc(sizeof(*reader));

	reader->wish = wish_of(rules);
	reader->page = (struct facts_rows){ .parts = reader->wish.parts | FACTS_HOLDS,
		.arena = arena_new(ARENA_MAX),
		.rows = reader->rows,
		.max = FACTS_PAGE };
	reader->kept = arena_new(ARENA_MAX);
	return reader;
}

void
facts_reader_free(struct facts_reader *reader)
{
	if (!reader)
		return;
	arena_free(reader->page.arena);
	arena_free(reader->kept);
	mem_free(reader);
}

static void
forget_known(struct facts_reader *reader)
{
	for (size_t i = 0; i < KNOWN; i++)
		reader->known[i].is_read = false;
	arena_reset(reader->kept);
}

void
facts_reader_begin(struct facts_reader *reader, const struct desk *desk)
{
	reader->knows = reader->wish.organisation || needs_calendar(desk, reader->wish.rules);
	forget_known(reader);
}

int
facts_reader_page(
    struct facts_reader *reader, struct desk *desk, const struct id *after, struct err *err)
{
	arena_reset(reader->page.arena);
	reader->next = 0;
	reader->page.after = *after;
	return facts_page(desk->tx, &reader->page, err);
}

bool
facts_reader_more(const struct facts_reader *reader, struct id *after)
{
	*after = reader->page.after;
	return reader->page.more;
}

/* Two in one place are read in turns. */
static int
find_known(
    struct facts_reader *reader, const struct looking *l, struct known **out, struct err *err)
{
	const struct id *id = &l->out->ticket.organisation;
	struct known *known = &reader->known[(id->bytes[14] << 8 | id->bytes[15]) % KNOWN];
	int rc;

	*out = known;
	if (known->is_read && id_equal(&known->organisation.id, id))
		return 0;
	if (arena_used(reader->kept) > KEPT_MOST)
		forget_known(reader);
	rc = know(l, known, err);
	known->organisation.id = *id;
	known->organisation.key = arena_dup(reader->kept, known->organisation.key);
	known->organisation.name = arena_dup(reader->kept, known->organisation.name);
	known->organisation.locale = arena_dup(reader->kept, known->organisation.locale);
	known->organisation.zone_name = arena_dup(reader->kept, known->organisation.zone_name);
	known->organisation.owner_email = arena_dup(reader->kept, known->organisation.owner_email);
	return rc;
}

int
facts_reader_next(
    struct facts_reader *reader, struct desk *desk, struct facts *out, struct err *err)
{
	struct looking l = { desk, &reader->wish, reader->page.arena, out };
	struct known *known;
	int rc = 0;

	if (reader->next == reader->page.count)
		return 0;
	take_row(&l, &reader->rows[reader->next++]);
	if (reader->knows && !id_is_null(&out->ticket.organisation)) {
		rc = find_known(reader, &l, &known, err);
		if (rc < 0)
			return rc;
		take_organisation(&l, known);
	}
	take_attributes(&l);
	return 1;
}

/* --- time ----------------------------------------------------------------------------- */

static span_ms
business(void *arg, utc_ms from, utc_ms to)
{
	return calendar_between(arg, from, to);
}

static utc_ms
after(void *arg, utc_ms from, span_ms span)
{
	return calendar_after(arg, from, span);
}

struct moment
facts_moment(const struct desk *desk, const struct facts *facts)
{
	const struct calendar *calendar = policy_calendar(desk->policy, facts->organisation.key);
	struct moment moment = { .now = desk->now,
		.values = facts->values,
		.business = calendar != NULL ? business : NULL,
		.after = after,
		.arg = (void *)(uintptr_t)calendar,
		.passing_count = facts->passing_count };

	memcpy(moment.passing, facts->passing, sizeof(moment.passing));
	return moment;
}
