/* escalation_tell: mails about a packet, and whom it was put to. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/flow/address.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>
#include <assent/model/token.h>

#include "flow/answers.h"
#include "flow/ask_priv.h"
#include "flow/gather.h"

#define LEVEL_PERSON (-1) /* of somebody it was assigned to */

/* --- one mail ------------------------------------------------------------------------ */

static bool
is_critical(const struct escalation *e)
{
	return text_is(e->priority, escalation_priority_name(ESCALATION_CRITICAL));
}

int
escalation_tell(struct desk *desk, const struct escalation *e,
    const struct escalation_letter *letter, struct err *err)
{
	const struct escalation_person *person = &letter->person;
	const struct escalation_reader reader = { person->email, person->name,
		policy_locale_of(desk->policy, person->email), desk->policy->zone_name };
	struct notice notice = {
		.kind = letter->kind,
		.to_email = person->email,
		.to_name = person->name,
		.view = escalation_view(desk, e, &reader),
		.ticket = id_is_null(&e->ticket) ? NULL : &e->ticket,
		.escalation = &e->id,
		.not_before = escalation_delivery(desk, e, person->role, desk->now),
		.gathers = is_critical(e) ? GATHER_NEVER : letter->gathers,
	};
	char text[ID_TEXT_SIZE];

	view_text(notice.view, "person", id_text(&person->id, text));
	view_text(notice.view, "why", letter->why);
	view_text(notice.view, "other", letter->other);
	json_object_set_new(
	    notice.view, arena_printf(tx_arena(desk->tx), "is_%s", letter->why), json_true());
	return notice_send(desk, &notice, NULL, err);
}

/* --- putting it to somebody ------------------------------------------------------------- */

static int
add_tokens(struct desk *desk, const struct escalation_person *person, struct err *err)
{
	int rc = ask_add_token(desk, TOKEN_PACKET_LINK, &person->id, 1, err);

	return rc < 0 ? rc : ask_add_token(desk, TOKEN_PACKET_REPLY, &person->id, 1, err);
}

int
escalation_close_tokens(struct desk *desk, const struct escalation *e, struct err *err)
{
	struct escalation_person *list;
	size_t n = 0;
	int rc = escalation_person_list(desk->tx, &e->id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = token_close(desk->tx, &list[i].id, err);
	return rc;
}

int
escalation_hindrance(struct desk *desk, const char *email, const char **why, struct err *err)
{
	bool bounces = false;
	int rc;

	*why = NULL;
	if (address_read(tx_arena(desk->tx), email) == NULL) {
		*why = "no mail address";
		return 0;
	}
	rc = escalation_bounces(desk->tx, email, desk->now - ESCALATION_BOUNCE, &bounces, err);
	if (bounces)
		*why = "mail to this address came back";
	return rc;
}

static int
report_skipped(struct desk *desk, const struct escalation *e, const char *email, const char *why,
    struct err *err)
{
	return escalation_record(desk, e,
	    &(struct escalation_note){ "skipped", "system", email, why, false, NULL }, err);
}

struct putting { /* a packet to one after the other */
	struct desk *desk;
	const struct escalation *e;
	const char *why;
	size_t reached;
};

static int
put_to_one(struct putting *p, const struct escalation_reached *who, struct err *err)
{
	const struct escalation *e = p->e;
	bool is_person = e->assignee[0] != '\0';
	struct escalation_letter letter = {
		.kind = ESCALATION_MAIL,
		.person = { .id = id_next(p->desk->now),
		    .escalation = e->id,
		    .level = is_person ? LEVEL_PERSON : e->level,
		    .role = is_person ? "" : e->to,
		    .email = who->email,
		    .name = who->name,
		    .at = p->desk->now },
		.why = p->why,
		.other = "",
		.gathers = GATHER_MANY,
	};
	const char *hindrance;
	int rc = escalation_hindrance(p->desk, who->email, &hindrance, err);

	letter.person.skipped = hindrance != NULL ? hindrance : "";
	if (rc == 0)
		rc = escalation_person_add(p->desk->tx, &letter.person, err);
	if (rc < 0)
		return rc;
	if (hindrance != NULL)
		return report_skipped(p->desk, e, who->email, hindrance, err);
	p->reached++;
	rc = add_tokens(p->desk, &letter.person, err);
	if (rc < 0)
		return rc;
	rc = escalation_record(p->desk, e,
	    &(struct escalation_note){ "told", "system", NULL, who->email, false, NULL }, err);
	return rc < 0 ? rc : escalation_tell(p->desk, e, &letter, err);
}

int
escalation_put_to(struct desk *desk, const struct escalation *e, const char *why, size_t *reached,
    struct err *err)
{
	const char *to = e->assignee[0] != '\0' ? e->assignee : e->to;
	struct escalation_reached people[ESCALATION_PEOPLE_MAX];
	size_t n = escalation_people(desk, e, to, people);
	struct putting p = { desk, e, why, 0 };
	bool one = escalation_by_turns(desk, e);
	int rc = 0;

	if (!escalation_knows_role(desk, e->organisation, to))
		rc = report_skipped(
		    desk, e, to, "there is no such role, or nobody of this desk", err);
	for (size_t i = 0; rc == 0 && i < n && !(one && p.reached > 0); i++)
		rc = put_to_one(&p, &people[i], err);
	if (rc == 0 && n == 0)
		rc = report_skipped(desk, e, to, "nobody has this role", err);
	*reached = p.reached;
	return rc;
}

/* --- telling those who know of it ----------------------------------------------------------- */

/* Is there a later row of the same address? Each is told once. */
static bool
is_repeated(const struct escalation_person *list, size_t n, size_t i)
{
	for (size_t k = i + 1; k < n; k++)
		if (text_is(list[k].email, list[i].email) && list[k].skipped[0] == '\0')
			return true;
	return false;
}

static bool
is_wanted(const struct escalation *e, const struct escalation_person *person,
    const struct escalation_news *news)
{
	return person->skipped[0] == '\0' && person->at >= e->began && person->email[0] != '\0' &&
	    !text_is_nocase(person->email, news->but) &&
	    !text_is_nocase(person->email, news->other) &&
	    (news->only == NULL || text_is_nocase(person->email, news->only)) &&
	    (news->before == 0 || person->at < news->before);
}

int
escalation_tell_all(struct desk *desk, const struct escalation *e,
    const struct escalation_news *news, struct err *err)
{
	struct escalation_person *list;
	size_t n = 0;
	int rc = escalation_person_list(desk->tx, &e->id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!is_wanted(e, &list[i], news) || is_repeated(list, n, i))
			continue;
		rc = escalation_tell(desk, e,
		    &(struct escalation_letter){
			news->kind, list[i], news->why, news->other, GATHER_MANY },
		    err);
	}
	return rc;
}

/* Is it this person's turn now? */
static bool
is_of_now(const struct escalation *e, const struct escalation_person *person)
{
	if (person->skipped[0] != '\0' || person->at < e->began)
		return false;
	if (e->assignee[0] != '\0')
		return text_is_nocase(person->email, e->assignee);
	return person->level == e->level;
}

/*
 * Every packet was put to him once; only what is critical is repeated without
 * end. What is too much for a day is lines of one mail; what is more, nothing.
 */
static int
may_repeat(struct desk *desk, const struct escalation *e, struct escalation_letter *letter,
    bool *out, struct err *err)
{
	const char *email = letter->person.email;
	int rc;

	*out = is_critical(e);
	if (*out)
		return 0;
	rc = answers_remind(desk, email, out, err);
	if (rc < 0 || *out)
		return rc;
	letter->gathers = GATHER_ALWAYS;
	return gather_may(desk, email, GATHER_DIGEST, out, err);
}

static int
tell_once_more(struct desk *desk, const struct escalation *e,
    const struct escalation_person *person, const struct escalation_again *again, struct err *err)
{
	struct escalation_letter letter = { ESCALATION_MAIL, *person, again->why, "", GATHER_MANY };
	bool may = again->is_wanted;
	int rc = may ? 0 : may_repeat(desk, e, &letter, &may, err);

	if (rc < 0)
		return rc;
	if (!may)
		return report_skipped(desk, e, person->email, "reminded often enough today", err);
	return escalation_tell(desk, e, &letter, err);
}

int
escalation_tell_again(struct desk *desk, const struct escalation *e,
    const struct escalation_again *again, struct err *err)
{
	struct escalation_person *list = NULL;
	utc_ms left = 0;
	size_t n = 0;
	int rc = escalation_left_at(desk->tx, &e->id, 0, &left, err);

	/* Nobody needs two at once. */
	if (rc == 0 && left != INT64_MAX)
		rc = escalation_person_list(desk->tx, &e->id, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!is_of_now(e, &list[i]) || is_repeated(list, n, i))
			continue;
		rc = tell_once_more(desk, e, &list[i], again, err);
	}
	return rc;
}

int
escalation_is_taken(struct desk *desk, const struct outgoing *mail, bool *out, struct err *err)
{
	struct escalation e;
	int rc = escalation_get(desk->tx, &mail->escalation, &e, err);

	*out = rc == 0 &&
	    (escalation_lapses(desk, &e) == 0 ||
		(e.acked_at != 0 && !text_is_nocase(e.acked_by, mail->to_email)));
	return rc;
}
