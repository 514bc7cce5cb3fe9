#pragma once
/*
 * facts: what rules may ask about, each with a type, and values of them.
 *
 * A fact is built in (the table below, documented in docs/RULES.md) or a
 * site's own (`facts:` in its rule files), which a ticket's attributes fill.
 * What is not known has no value: a comparison with it neither holds nor
 * fails, as in SQL. What has a value of another type than was declared is
 * FACT_WRONG, and each rule that reads it is at fault, no other.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/str.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define FACT_TYPES(X) \
	X(NUMBER,	"number") \
	X(TEXT,		"text") \
	X(BOOL,		"bool") \
	X(TIME,		"time")

/* id, name, type, words it may be (blank between, "" for any), unit, what it says */
#define FACTS(X) \
	X(STATUS, "status", TEXT, "open waiting decided paused escalated resolved", "", \
	    "the ticket's status") \
	X(PRIORITY, "priority", TEXT, "", "", "the priority that the helpdesk gave the ticket") \
	X(TITLE, "title", TEXT, "", "", "the ticket's title") \
	X(SOURCE, "source", TEXT, "", "", "the helpdesk it came from; unknown when it came by mail") \
	X(EXTERNAL_STATUS, "external_status", TEXT, "", "", "the status that the helpdesk has for it") \
	X(REQUESTER, "requester", TEXT, "", "", "who asked, an address in lower case") \
	X(ENGINEER, "engineer", TEXT, "", "", "whose ticket it is, an address in lower case; unknown for nobody's") \
	X(CREATED, "created", TIME, "", "", "when the ticket was made") \
	X(UPDATED, "updated", TIME, "", "", "when anything of the ticket changed last") \
	X(STATUS_SINCE, "status_since", TIME, "", "", "when it got its status; when it was made, if that never changed") \
	X(SPENT_MINUTES, "spent_minutes", NUMBER, "", "min", "time that engineers said they spent") \
	X(MESSAGES, "messages", NUMBER, "", "", "messages in its thread, notes of staff among them") \
	X(LAST_MESSAGE, "last_message", TIME, "", "", "when the last message arrived") \
	X(LAST_MESSAGE_BY, "last_message_by", TEXT, "customer staff", "", "whose the last message is") \
	X(UNANSWERED_SINCE, "unanswered_since", TIME, "", "", \
	    "when the customer wrote what nobody of staff has answered; unknown once somebody has") \
	X(LAST_MESSAGE_TEXT, "last_message_text", TEXT, "", "", "the last message's own words, without quotes, up to 4,000 characters") \
	X(OPEN_TASKS, "open_tasks", NUMBER, "", "", "questions and actions that nobody has settled") \
	X(AI_CONFIDENCE, "ai_confidence", NUMBER, "", "%", "how sure the author of the newest suggested fix is, 0 to 100") \
	X(APPROVAL_STATE, "approval_state", TEXT, \
	    "draft sent undeliverable approved rejected expired withdrawn superseded", "", \
	    "where the ticket's newest question stands; all facts of approvals are unknown without one") \
	X(QUESTION, "question", TEXT, "", "", "what was asked") \
	X(APPROVER, "approver", TEXT, "", "", "whom it was put to, an address in lower case") \
	X(ASKED_AT, "asked_at", TIME, "", "", "when it was sent") \
	X(ANSWER_BY, "answer_by", TIME, "", "", "when it expires") \
	X(DECIDED_AT, "decided_at", TIME, "", "", "when it was decided") \
	X(REMINDED_AT, "reminded_at", TIME, "", "", "when its approver was reminded last; unknown when never") \
	X(REMINDERS, "reminders", NUMBER, "", "", "reminders of it") \
	X(UNCLEAR_ANSWERS, "unclear_answers", NUMBER, "", "", "answers to it that decided nothing") \
	X(APPROVALS, "approvals", NUMBER, "", "", "questions of the ticket, closed ones among them") \
	X(REJECTIONS, "rejections", NUMBER, "", "", "… of which were rejected") \
	X(DELIVERY_FAILURES, "delivery_failures", NUMBER, "", "", "mails about the ticket that were given up or came back for good") \
	X(LAST_FAILURE, "last_failure", TIME, "", "", "when the last of them did") \
	X(ORGANISATION, "organisation", TEXT, "", "", "the organisation's key; unknown for a ticket of none") \
	X(ORGANISATION_NAME, "organisation_name", TEXT, "", "", "its name") \
	X(ORGANISATION_LOCALE, "organisation_locale", TEXT, "", "", "the language in which it is written to, such as ar") \
	X(ORGANISATION_ZONE, "organisation_zone", TEXT, "", "", "its time zone, such as Asia/Riyadh") \
	X(OWNER, "owner", TEXT, "", "", "its owner, an address in lower case") \
	X(OWNER_AWAY, "owner_away", BOOL, "", "", "is an absence note of its owner in force?") \
	X(OPEN_APPROVALS, "open_approvals", NUMBER, "", "", "questions of the organisation that wait for an answer") \
	X(CONSENT_GIVEN, "consent_given", TIME, "", "", "when the customer consented: attribute consent_given") \
	X(CONSENT_EXPIRES, "consent_expires", TIME, "", "", "until when that holds: attribute consent_expires") \
	X(OPEN_ESCALATIONS, "open_escalations", NUMBER, "", "", "packets of the ticket that are pending or in progress") \
	X(ESCALATIONS, "escalations", NUMBER, "", "", "packets of the ticket, closed ones among them")
/* clang-format on */

#define X(id, name) FACT_##id,
enum fact_type { FACT_TYPES(X) FACT_TYPE_COUNT };
#undef X
#define X(id, ...) FACT_OF_##id,
enum fact { FACTS(X) FACT_COUNT };
#undef X

#define FACTS_OWN_MAX 64 /* a site's own */
#define FACTS_MAX (FACT_COUNT + FACTS_OWN_MAX)
#define FACT_TEXT_MAX 4096 /* bytes of a text that rules see; what is longer is cut */

struct fact_value {
	enum fact_is {
		FACT_UNKNOWN,
		FACT_KNOWN,
		FACT_WRONG,
	} is;
	union {
		double number;
		utc_ms time;
		bool yes;
		const char *text;
	};
};

struct fact_def {
	const char *name;
	enum fact_type type;
	const char *words, *unit, *help; /* "" for none */
	bool of_attribute; /* filled from the ticket's attribute of its name */
	struct fact_value fallback; /* where that says nothing */
};

const struct fact_def *fact_built_in(enum fact fact);
const char *fact_type_name(enum fact_type type);

/* What callers set values with. A NULL or empty text, and the time 0, are unknown. */
struct fact_value fact_number(double number);
struct fact_value fact_text(const char *text); /* not copied */
struct fact_value fact_time(utc_ms time);
struct fact_value fact_bool(bool yes);

/*
 * The value that JSON of a peer gives a fact: a number, a bool or a text of
 * the type's form ("120000.50", "true", "2026-11-21" or an ISO time); null is
 * unknown, anything else FACT_WRONG. A text is not copied.
 */
struct fact_value fact_of_json(const struct fact_def *def, const json_t *json);

/* For people: "unknown", "100001", "'open'", "true", "2026-11-21T08:30:00.000Z". */
void fact_add_text(struct str *out, const struct fact_def *def, const struct fact_value *value);
/* The same for programs: null when unknown or wrong; a new reference. */
json_t *fact_json(const struct fact_def *def, const struct fact_value *value) MUST_USE;
