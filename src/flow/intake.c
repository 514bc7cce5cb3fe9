/* intake: one letter from outside, read once, filed once. */
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/flow/links.h>

#include "flow/bounce.h"
#include "flow/received.h"
#include "flow/stories.h"

#include <string.h>

int
intake_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct inbound inbound;
	int rc = received_open(desk, job, &inbound, err);

	if (rc <= 0)
		return rc;
	call->kind = CALL_PARSE;
	call->raw_size = (size_t)inbound.size;
	if (inbound.raw != NULL)
		call->raw = inbound.raw;
	else
		call->spool = arena_dup(call->arena, inbound.spool);
	return 0;
}

static bool
is_answer(const struct target *target)
{
	return target->kind == TARGET_BALLOT || target->kind == TARGET_BATCH;
}

/* An absence note to the code of a request is about its question. */
static bool
target_of_mail(const struct outgoing *mail, struct target *target)
{
	if (target->kind == TARGET_NONE && !id_is_null(&mail->batch))
		*target = (struct target){ .kind = TARGET_BATCH, .batch = mail->batch };
	else if (target->kind == TARGET_NONE && !id_is_null(&mail->ballot))
		*target = (struct target){
			.kind = TARGET_BALLOT, .approval = mail->approval, .ballot = mail->ballot
		};
	return is_answer(target);
}

/*
 * When does the writer of an absence note come back? Only its own words tell:
 * its subject repeats ours, and with it what a requester wrote.
 */
static int
ask_absence(struct desk *desk, struct call *call, struct err *err)
{
	struct target target = { 0 };
	struct bounced bounced;
	struct matter *matters = NULL;
	struct civil now;
	size_t count = 0;
	int rc = target_find(desk, call->letter, &target, err);

	if (rc == 0)
		rc = bounce_find(desk, call->letter, &bounced, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	if (rc == 0 && !target_of_mail(&bounced.mail, &target))
		return 0;
	rc = target_matters(desk, &target, &matters, &count, err);
	if (rc < 0 || count == 0)
		return rc;
	zone_civil(matters->zone, desk->now, &now);
	call->kind = CALL_ABSENCE;
	call->absence = (struct absence_ask){
		.text = links_redact(call->arena, call->letter->reply),
		.today = { now.year, now.month, now.day },
		.order = absence_order(matters->organisation.locale),
	};
	return 0;
}

/* The language that the question was asked in. */
static const char *
locale_of(const struct desk *desk, const struct matter *matters)
{
	const char *own = matters->organisation.locale;

	return own != NULL && own[0] != '\0' ? own : desk->policy->locale;
}

int
intake_more(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct target target = { 0 };
	struct matter *matters = NULL;
	size_t count = 0;
	int rc;

	(void)job;
	call->kind = CALL_NONE;
	if (call->letter != NULL && call->letter->automatic == AUTO_REPLY)
		return ask_absence(desk, call, err);
	if (call->letter == NULL || call->letter->automatic != AUTO_NO)
		return 0;
	rc = target_find(desk, call->letter, &target, err);
	if (rc == 0)
		rc = target_matters(desk, &target, &matters, &count, err);
	if (rc < 0 || count == 0)
		return rc;
	call->kind = CALL_DECIDE;
	/* A token is no word, and none may come back as a comment. */
	call->ask = (struct intent_ask){
		.words = links_redact(
		    call->arena, links_without_codes(call->arena, call->letter->reply)),
		.items = count,
		.locale = locale_of(desk, matters),
	};
	return 0;
}

void
arrival_file(struct arrival *arrival, const char *status, const char *outcome)
{
	arrival->inbound->status = status;
	arrival->inbound->outcome = outcome;
}

/*
 * A copy of our own mail under another Message-ID, which Exchange gave it. Who
 * is not us could teach us that his mail is ours, so somebody has to vouch.
 */
static int
learn_copy(struct desk *desk, const struct arrival *arrival, struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct sent_id sent;
	int rc;

	if (arrival->sender.verdict != SENDER_VOUCHED || letter->original_id[0] == '\0' ||
	    letter->message_id[0] == '\0' || !links_is_own(desk, arrival->sender.email))
		return 0;
	rc = sent_id_find(desk->tx, letter->original_id, &sent, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return sent_id_add(desk->tx, letter->message_id, &sent.outgoing, err);
}

static int
is_known_copy(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct sent_id sent;
	int rc = seen_add(desk->tx, letter->fingerprint, desk->now, err);

	if (rc == ERR_CONFLICT) {
		arrival_file(arrival, "filed", "the same mail came before");
		return 1;
	}
	if (rc < 0)
		return rc;
	if (text_is(letter->loop, desk->policy->instance)) {
		arrival_file(arrival, "filed", "our own mail came back");
		rc = learn_copy(desk, arrival, err);
		return rc < 0 ? rc : 1;
	}
	if (letter->message_id[0] == '\0')
		return 0;
	rc = sent_id_find(desk->tx, letter->message_id, &sent, err);
	if (rc == 0)
		arrival_file(arrival, "filed", "our own mail came back");
	return rc == 0 ? 1 : rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
not_the_person(struct desk *desk, struct arrival *arrival, const struct matter *m, struct err *err)
{
	const char *reason = arena_printf(tx_arena(desk->tx),
	    "Only %s can answer this question, because it was put to that address.",
	    m->ballot.person_email);

	metric_add(METRIC_DECISIONS_REFUSED, 1);
	arrival->inbound->ticket = m->ticket.id;
	/* Whoever the mail names, it is not from him; often it names nobody. */
	if (arrival->sender.verdict == SENDER_FAILED) {
		arrival_file(arrival, "filed",
		    arena_printf(tx_arena(desk->tx), "not believed: %s", arrival->sender.sentence));
		return 0;
	}
	arrival_file(arrival, "filed",
	    arena_printf(tx_arena(desk->tx), "an answer from %s, but %s was asked",
		arrival->sender.email, m->ballot.person_email));
	return arrival_explain(desk, arrival, reason, err);
}

static bool
is_from_nobody(const struct letter *letter)
{
	return text_is(letter->return_path, "<>");
}

/* A forged failure is a failure of the forger's: only a code, which has a MAC, is stronger. */
static bool
is_believed(const struct arrival *arrival, const struct bounced *bounced)
{
	return bounced->by_code || arrival->sender.verdict != SENDER_FAILED;
}

/* A letter that no person wrote; bounced: the mail of ours that it is about, NULL for none. */
static int
take_automatic(
    struct desk *desk, struct arrival *arrival, const struct bounced *bounced, struct err *err)
{
	int rc = 0;

	if (bounced == NULL || !is_believed(arrival, bounced))
		return automatic_take(desk, arrival, err);
	if (bounced->by_code)
		rc = bounce_learn(desk, arrival->letter, &bounced->mail, err);
	if (rc == 0 && arrival->letter->automatic == AUTO_REPLY &&
	    target_of_mail(&bounced->mail, &arrival->target))
		return automatic_take(desk, arrival, err);
	return rc < 0 ? rc : bounce_take(desk, arrival, &bounced->mail, err);
}

/* bounced: the mail of ours that the letter seems to be about; NULL for none. */
static int
route(struct desk *desk, struct arrival *arrival, const struct bounced *bounced, struct err *err)
{
	struct matter *matters = NULL;
	struct staff staff;
	size_t count = 0;
	int rc;

	/* Mail with the null sender was written by no person, whatever else it says. */
	if (arrival->letter->automatic != AUTO_NO ||
	    (bounced != NULL && is_from_nobody(arrival->letter)))
		return take_automatic(desk, arrival, bounced, err);
	if (arrival->target.kind == TARGET_PACKET)
		return escalation_reply(desk, arrival, err);
	if (arrival->target.kind == TARGET_DIGEST)
		return gather_reply(desk, arrival, err);
	rc = target_matters(desk, &arrival->target, &matters, &count, err);
	if (rc < 0)
		return rc;
	if (count > 0 && arrival->sender.email[0] != '\0' &&
	    text_is_nocase(matters[0].ballot.person_email, arrival->sender.email))
		return reply_take(desk, arrival, matters, count, err);
	rc = staff_by_email(desk->tx, arrival->sender.email, &staff, err);
	if (rc == 0) {
		if (count > 0)
			arrival->target.ticket = matters[0].ticket.id;
		return staff_take(desk, arrival, &staff, err);
	}
	if (rc != ERR_NOT_FOUND)
		return rc;
	return is_answer(&arrival->target) && count > 0
	    ? not_the_person(desk, arrival, &matters[0], err)
	    : contact_take(desk, arrival, err);
}

static struct address_list
ascii_list(struct arena *arena, const struct address_list *list)
{
	struct address_list out = { arena_alloc(arena, (list->count + 1) * sizeof(*out.items)),
		list->count };

	for (size_t i = 0; i < list->count; i++) {
		out.items[i].name = links_redact(arena, list->items[i].name);
		out.items[i].email =
		    links_redact(arena, sender_ascii_address(arena, list->items[i].email));
	}
	return out;
}

static struct attachment *
redacted_names(struct arena *arena, const struct letter *letter)
{
	struct attachment *out =
	    arena_alloc(arena, (letter->attachment_count + 1) * sizeof(*letter->attachments));

	for (size_t i = 0; i < letter->attachment_count; i++) {
		out[i] = letter->attachments[i];
		out[i].name = links_redact(arena, out[i].name);
	}
	return out;
}

/* As the store wants it: domains in ASCII form, and no token of ours in any text (invariant 7). */
static struct letter
normalise(struct arena *arena, const struct letter *letter)
{
	struct letter out = *letter;

	out.from = ascii_list(arena, &letter->from);
	out.to = ascii_list(arena, &letter->to);
	out.cc = ascii_list(arena, &letter->cc);
	out.attachments = redacted_names(arena, letter);
	out.subject = links_redact(arena, letter->subject);
	out.text = links_redact(arena, letter->text);
	out.reply = links_redact(arena, letter->reply);
	out.automatic_why = links_redact(arena, letter->automatic_why);
	return out;
}

static int
take_letter(struct desk *desk, struct call *call, struct inbound *inbound, struct err *err)
{
	const struct sender_trust trust = { desk->policy->trust, desk->policy->authserv_ids,
		desk->policy->own_hosts };
	const struct letter letter = normalise(tx_arena(desk->tx), call->letter);
	struct bounced bounced;
	struct arrival arrival = {
		.letter = &letter,
		.inbound = inbound,
		.intent = call->decided ? &call->intent : NULL,
		.absence = call->absence.text != NULL ? &call->absence : NULL,
	};
	int rc, known;

	inbound->subject = letter.subject;
	if (letter.from.count > 0)
		inbound->from_email = letter.from.items[0].email;
	/* As it was written: another spelling of a domain is for sender_judge() to see. */
	sender_judge(call->letter, &trust, &arrival.sender);
	if (arrival.sender.email[0] != '\0')
		arrival.sender.email = letter.from.items[0].email;
	rc = is_known_copy(desk, &arrival, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	known = bounce_find(desk, call->letter, &bounced, err);
	if (known < 0 && known != ERR_NOT_FOUND)
		return known;
	rc = target_find(desk, call->letter, &arrival.target, err);
	if (rc == 0)
		rc = signature_weigh(desk, &arrival, err);
	return rc < 0 ? rc : route(desk, &arrival, known == 0 ? &bounced : NULL, err);
}

int
intake_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct inbound inbound;
	int rc = received_take(desk, &(struct received){ job, call }, &inbound, err);

	if (rc <= 0)
		return rc;
	if (call->letter == NULL)
		return err_set(err, ERR_INVALID, "nothing was parsed");
	rc = take_letter(desk, call, &inbound, err);
	if (rc == 0)
		rc = inbound_settle(desk->tx, &inbound, err);
	if (rc == 0)
		call->note = arena_printf(call->arena, "%s: %s", inbound.status, inbound.outcome);
	return rc < 0 ? err_wrap(err, rc, "letter") : 0;
}
