/* facts: what rules may know about a ticket, from the store; each part only if a rule reads it. */
#include <assent/flow/facts.h>

#include <assent/base/str.h>
#include <assent/model/calendar.h>
#include <assent/store/facts.h>

#include "flow/standin_priv.h"

#include <string.h>

struct looking {
	struct desk *desk;
	const struct rules *rules;
	struct facts *out;
};

static void
put(struct looking *l, enum fact fact, struct fact_value value)
{
	l->out->values[fact] = value;
}

/* Does a rule read one of these? */
static bool
wants(const struct looking *l, const enum fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rules_use(l->rules, facts[i]))
			return true;
	return false;
}

#define WANTS(l, ...) \
	wants(l, (const enum fact[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const enum fact[]){ __VA_ARGS__ })))

/* --- the ticket itself ------------------------------------------------------------ */

static const char *
lower(struct looking *l, const char *email)
{
	char *copy = arena_dup(tx_arena(l->desk->tx), email);

	text_lower(copy);
	return copy;
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

static bool
reads_attributes(const struct rules *rules)
{
	for (size_t i = 0; i < rules_fact_count(rules); i++)
		if (rules_fact(rules, i)->of_attribute && rules_use(rules, i))
			return true;
	return false;
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

	if (*text && reads_attributes(l->rules)) {
		if (strlen(text) <= FACTS_ATTRIBUTES_MAX)
			l->out->attributes = json_loads(text, 0, &why);
		l->out->attributes_lost = !json_is_object(l->out->attributes);
	}
	rules_take_attributes(l->rules, l->out->attributes, l->out->values);
}

/* --- the store's -------------------------------------------------------------------- */

static int
take_thread(struct looking *l, struct err *err)
{
	struct facts_thread thread;
	int rc;

	if (!WANTS(l, FACT_OF_MESSAGES, FACT_OF_LAST_MESSAGE, FACT_OF_LAST_MESSAGE_BY,
		FACT_OF_UNANSWERED_SINCE, FACT_OF_LAST_MESSAGE_TEXT, FACT_OF_STATUS_SINCE))
		return 0;
	rc = facts_thread(l->desk->tx, &l->out->ticket.id, &thread, err);
	if (rc < 0)
		return rc;
	put(l, FACT_OF_MESSAGES, fact_number((double)thread.messages));
	put(l, FACT_OF_LAST_MESSAGE, fact_time(thread.last));
	put(l, FACT_OF_UNANSWERED_SINCE, fact_time(thread.unanswered_since));
	put(l, FACT_OF_STATUS_SINCE, fact_time(thread.status_since));
	if (thread.messages > 0) {
		put(l, FACT_OF_LAST_MESSAGE_BY,
		    fact_text(thread.is_by_staff ? "staff" : "customer"));
		put(l, FACT_OF_LAST_MESSAGE_TEXT, fact_text(thread.own));
	}
	return 0;
}

static int
take_work(struct looking *l, struct err *err)
{
	struct facts_work work;
	int rc;

	if (!WANTS(l, FACT_OF_OPEN_TASKS, FACT_OF_AI_CONFIDENCE, FACT_OF_DELIVERY_FAILURES,
		FACT_OF_LAST_FAILURE, FACT_OF_OPEN_ESCALATIONS, FACT_OF_ESCALATIONS))
		return 0;
	rc = facts_work(l->desk->tx, &l->out->ticket.id, &work, err);
	if (rc < 0)
		return rc;
	put(l, FACT_OF_OPEN_TASKS, fact_number((double)work.open_tasks));
	if (work.confidence >= 0)
		put(l, FACT_OF_AI_CONFIDENCE, fact_number((double)work.confidence));
	put(l, FACT_OF_DELIVERY_FAILURES, fact_number((double)work.failures));
	put(l, FACT_OF_LAST_FAILURE, fact_time(work.last_failure));
	put(l, FACT_OF_OPEN_ESCALATIONS, fact_number((double)work.open_packets));
	put(l, FACT_OF_ESCALATIONS, fact_number((double)work.packets));
	return 0;
}

static bool
wants_question(const struct looking *l)
{
	for (size_t i = 0; i < rules_count(l->rules); i++)
		if (rules_at(l->rules, i)->once_per == ONCE_PER_APPROVAL)
			return true;
	return WANTS(l, FACT_OF_APPROVAL_STATE, FACT_OF_QUESTION, FACT_OF_APPROVER,
	    FACT_OF_ASKED_AT, FACT_OF_ANSWER_BY, FACT_OF_DECIDED_AT, FACT_OF_REMINDED_AT,
	    FACT_OF_REMINDERS, FACT_OF_UNCLEAR_ANSWERS, FACT_OF_APPROVALS, FACT_OF_REJECTIONS);
}

static int
take_asked(struct looking *l, struct err *err)
{
	struct facts_asked asked;
	int rc;

	if (!wants_question(l))
		return 0;
	rc = facts_asked(l->desk->tx, &l->out->ticket.id, &asked, err);
	if (rc < 0 || id_is_null(&asked.id))
		return rc;
	l->out->approval = asked.id;
	put(l, FACT_OF_APPROVAL_STATE, fact_text(asked.state));
	put(l, FACT_OF_QUESTION, fact_text(asked.question));
	put(l, FACT_OF_APPROVER, fact_text(lower(l, asked.approver)));
	put(l, FACT_OF_ASKED_AT, fact_time(asked.asked_at));
	put(l, FACT_OF_ANSWER_BY, fact_time(asked.deadline));
	put(l, FACT_OF_DECIDED_AT, fact_time(asked.decided_at));
	put(l, FACT_OF_REMINDED_AT, fact_time(asked.reminded_at));
	put(l, FACT_OF_REMINDERS, fact_number((double)asked.reminders));
	put(l, FACT_OF_UNCLEAR_ANSWERS, fact_number((double)asked.unclear));
	put(l, FACT_OF_APPROVALS, fact_number((double)asked.approvals));
	put(l, FACT_OF_REJECTIONS, fact_number((double)asked.rejections));
	return 0;
}

static int
take_away(struct looking *l, struct err *err)
{
	bool away = false;
	utc_ms until;
	int rc;

	if (!WANTS(l, FACT_OF_OWNER_AWAY) || l->out->organisation.owner_email[0] == '\0')
		return 0;
	rc = standin_away(l->desk, l->out->organisation.owner_email, &away, &until, err);
	if (rc == 0)
		put(l, FACT_OF_OWNER_AWAY, fact_bool(away));
	return rc;
}

static int
take_organisation(struct looking *l, struct err *err)
{
	struct organisation *o = &l->out->organisation;
	int64_t open = 0;
	int rc;

	*o = (struct organisation){ .key = "", .name = "", .owner_email = "" };
	if (id_is_null(&l->out->ticket.organisation))
		return 0;
	rc = organisation_get(l->desk->tx, &l->out->ticket.organisation, o, err);
	if (rc == 0 && WANTS(l, FACT_OF_OPEN_APPROVALS))
		rc = approval_count_open(l->desk->tx, &o->id, &open, err);
	if (rc == 0)
		rc = take_away(l, err);
	if (rc < 0)
		return rc;
	put(l, FACT_OF_ORGANISATION, fact_text(o->key));
	put(l, FACT_OF_ORGANISATION_NAME, fact_text(o->name));
	put(l, FACT_OF_OWNER, fact_text(lower(l, o->owner_email)));
	put(l, FACT_OF_OPEN_APPROVALS, fact_number((double)open));
	return 0;
}

int
facts_read(struct desk *desk, const struct rules *rules, struct facts *out, struct err *err)
{
	struct looking l = { desk, rules, out };
	const struct id id = out->ticket.id;
	int rc = ticket_get(desk->tx, &id, &out->ticket, err);

	memset(out->values, 0, sizeof(out->values));
	out->approval = (struct id){ 0 };
	out->attributes = NULL;
	out->attributes_lost = false;
	if (rc < 0)
		return rc;
	take_ticket(&l);
	rc = take_thread(&l, err);
	if (rc == 0)
		rc = take_work(&l, err);
	if (rc == 0)
		rc = take_asked(&l, err);
	if (rc == 0)
		rc = take_organisation(&l, err);
	if (rc == 0)
		take_attributes(&l);
	return rc;
}

void
facts_done(struct facts *facts)
{
	json_decref(facts->attributes);
	facts->attributes = NULL;
}

/* --- time ----------------------------------------------------------------------------- */

static span_ms
business(void *arg, utc_ms from, utc_ms to)
{
	return calendar_between(arg, from, to);
}

struct moment
facts_moment(const struct desk *desk, const struct facts *facts)
{
	const struct calendar *calendar = policy_calendar(desk->policy, facts->organisation.key);

	return (struct moment){ .now = desk->now,
		.values = facts->values,
		.business = calendar != NULL ? business : NULL,
		.arg = (void *)(uintptr_t)calendar };
}
