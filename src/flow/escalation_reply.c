/* escalation_reply: somebody answers the mail of a packet. */
#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/links.h>

#include "flow/answers.h"
#include "flow/escalation_priv.h"
#include "flow/escalation_words.h"
#include "flow/intake_priv.h"
#include "flow/reply_priv.h"

#include <string.h>

#define REFUSALS 3 /* that one is told of a packet within a day */

struct answer_of { /* a letter about a packet */
	struct desk *desk;
	struct arrival *arrival;
	struct escalation e;
	bool is_asked; /* it was put to the sender */
	bool is_token_his; /* it came to the address that his mail named */
	bool is_staff;
	struct escalation_word word;
	json_t *view; /* flags of the answer */
	bool done;
};

/* --- who may -------------------------------------------------------------------- */

static int
find_sender(struct answer_of *a, struct err *err)
{
	const char *email = a->arrival->sender.email;
	const struct target *target = &a->arrival->target;
	struct escalation_person person;
	struct staff staff;
	int rc;

	if (email[0] == '\0')
		return 0;
	rc = staff_by_email(a->desk->tx, email, &staff, err);
	a->is_staff = rc == 0;
	if (rc == 0 || rc == ERR_NOT_FOUND)
		rc = escalation_person_of(a->desk->tx, &a->e.id, email, &person, err);
	a->is_asked = rc == 0 && escalation_may_reach(a->desk, a->e.organisation, email);
	if (a->is_asked && target->by_token)
		rc = escalation_person_get(a->desk->tx, &target->person, &person, err);
	a->is_token_his =
	    a->is_asked && target->by_token && rc == 0 && text_is_nocase(person.email, email);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static enum reply_level
level_of(const struct answer_of *a)
{
	struct organisation organisation = { .level = LEVEL_DEFAULT };

	if (a->e.organisation[0] != '\0' &&
	    organisation_by_key(a->desk->tx, a->e.organisation, &organisation, NULL) < 0)
		organisation.level = LEVEL_DEFAULT;
	return matter_level_of(a->desk, organisation.level);
}

/* NULL where this letter may act (invariants 8 and 13); else the flag that says why not. */
static const char *
why_refused(const struct answer_of *a)
{
	const struct arrival *arrival = a->arrival;
	bool vouched = arrival->sender.verdict == SENDER_VOUCHED;
	enum reply_level level = level_of(a);

	if (arrival->target.is_torn)
		return "why_torn";
	if (arrival->signature.refusal != NULL)
		return "why_signature";
	if (arrival->letter->truncated)
		return "why_long";
	if (arrival->letter->parts_disagree)
		return "why_disagree";
	if (vouched && a->is_staff)
		return NULL;
	if (level == LEVEL_LINK || level == LEVEL_SIGNED)
		return "why_link";
	if (vouched || (level == LEVEL_TOKEN && a->is_token_his))
		return NULL;
	return "why_vouched";
}

/* --- the answer to it ---------------------------------------------------------------- */

static void
flag(struct answer_of *a, const char *key)
{
	json_object_set_new(a->view, key, json_true());
}

static int
answer(struct answer_of *a, struct err *err)
{
	struct desk *desk = a->desk;
	const struct escalation_reader reader = { a->arrival->sender.email, "",
		policy_locale_of(desk->policy, a->arrival->sender.email), desk->policy->zone_name };
	struct notice notice = {
		.kind = "escalation-answer",
		.to_email = a->arrival->sender.email,
		.view = escalation_view(desk, &a->e, &reader),
		.ticket = id_is_null(&a->e.ticket) ? NULL : &a->e.ticket,
		.escalation = &a->e.id,
		.doubtful = a->arrival->sender.verdict != SENDER_VOUCHED,
	};
	enum escalation_state state;
	bool is_open = escalation_state_parse(a->e.state, &state) && escalation_is_open(state);

	/* They stood in the mail that this answers. */
	json_object_del(notice.view, "sections");
	json_object_del(notice.view, "artifacts");
	json_object_update(notice.view, a->view);
	view_text(notice.view, "answer",
	    reply_clip(tx_arena(desk->tx),
		links_without_codes(tx_arena(desk->tx), a->arrival->letter->reply)));
	if (!a->done)
		json_object_set_new(notice.view, is_open ? "can_act" : "can_reopen", json_true());
	reply_under(desk, a->arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

/* --- doing it ------------------------------------------------------------------------ */

static const char *
vouching(const struct answer_of *a)
{
	return a->arrival->sender.verdict == SENDER_VOUCHED
	    ? a->arrival->sender.sentence
	    : "sender not vouched for; the reply token matched";
}

static const char *
evidence_of(const struct answer_of *a)
{
	struct arena *arena = tx_arena(a->desk->tx);
	const char *id = links_line(arena, a->arrival->letter->message_id);

	return arena_printf(arena, "%s%s%s%s", *id ? "<" : "", id, *id ? ">: " : "", vouching(a));
}

static int
act(struct answer_of *a, struct err *err)
{
	struct arena *arena = tx_arena(a->desk->tx);
	const struct escalation_wish wish = {
		.id = a->e.id,
		.act = a->word.act,
		.by = a->arrival->sender.email,
		.way = { "reply", evidence_of(a) },
		.to = a->word.text,
		.until = a->desk->now + a->word.span,
		.action = a->word.act == ESCALATION_RESOLVE ? a->word.text : "",
	};
	const char *refused;
	int rc = escalation_do_and_say(a->desk, &wish,
	    &(struct escalation_outcome){ &a->e, a->view, &a->done, &refused }, err);

	if (rc < 0)
		return rc;
	if (refused != NULL)
		arrival_file(a->arrival, "done",
		    arena_printf(arena, "about a packet, not done: %s", refused));
	else
		arrival_file(a->arrival, "done",
		    arena_printf(arena, "about a packet: %s%s; %s", escalation_act_name(wish.act),
			a->done ? "" : " (it was so before)", vouching(a)));
	return 0;
}

/*
 * Who is not understood is told so a few times: it may be a robot. Mails in his
 * name that nobody vouches for are counted apart, so that they silence nobody.
 */
static int
tell_refused(struct answer_of *a, const char *why, struct err *err)
{
	struct arena *arena = tx_arena(a->desk->tx);
	char id[ID_TEXT_SIZE];
	const struct answers_limit limit = {
		.key = arena_printf(arena, "packet:%s:%s%s", id_text(&a->e.id, id),
		    a->arrival->sender.email,
		    a->arrival->sender.verdict == SENDER_VOUCHED ? "" : ":doubtful"),
		.max = REFUSALS,
		.within = MS_DAY,
	};
	bool may = false;
	int rc = answers_take(a->desk, &limit, &may, err);

	flag(a, why);
	arrival_file(a->arrival, "filed",
	    arena_printf(arena, "about a packet, nothing done: %s%s", why + strlen("why_"),
		may ? "" : "; he was told before"));
	return rc < 0 || !may ? rc : answer(a, err);
}

static int
take(struct answer_of *a, struct err *err)
{
	struct arena *arena = tx_arena(a->desk->tx);
	const char *why = why_refused(a);
	enum escalation_said said = escalation_words(
	    arena, links_without_codes(arena, a->arrival->letter->reply), &a->word);
	int rc = 0;

	if (why == NULL && said != SAID_ONE)
		why = said == SAID_SEVERAL ? "why_several" : "why_unclear";
	if (why != NULL)
		return tell_refused(a, why, err);
	rc = act(a, err);
	return rc < 0 ? rc : answer(a, err);
}

int
escalation_reply(struct desk *desk, struct arrival *arrival, struct err *err)
{
	struct answer_of a = { .desk = desk, .arrival = arrival };
	int rc = escalation_get(desk->tx, &arrival->target.packet, &a.e, err);

	if (rc < 0)
		return rc;
	if (arrival->sender.verdict == SENDER_FAILED) {
		arrival_file(arrival, "filed",
		    arena_printf(tx_arena(desk->tx), "not believed: %s", arrival->sender.sentence));
		return 0;
	}
	rc = find_sender(&a, err);
	arrival->inbound->ticket = a.e.ticket;
	if (rc < 0)
		return rc;
	/* Never mail a stranger because a stranger's mail said so. */
	if (!a.is_asked && !a.is_staff) {
		arrival_file(arrival, "filed",
		    arena_printf(tx_arena(desk->tx),
			"an answer from %s, to whom the packet was not put",
			arrival->sender.email));
		return 0;
	}
	a.view = json_object();
	rc = take(&a, err);
	json_decref(a.view);
	return rc;
}
