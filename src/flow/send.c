/* send: render one outgoing mail, hand it over, note what became of it. */
#include <assent/base/metric.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>
#include <assent/mail/compose.h>
#include <assent/model/token.h>

#include "flow/ask_priv.h"
#include "flow/bounce.h"
#include "flow/gather.h"
#include "flow/payload.h"
#include "flow/receipt.h"
#include "flow/record.h"
#include "flow/stories.h"

#include <string.h>

static struct text_list
split_references(struct arena *arena, const char *references)
{
	char *rest = arena_dup(arena, references), *word;
	struct text_list list = {
		.items = arena_alloc(arena, (strlen(references) / 2 + 2) * sizeof(char *)),
	};

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			list.items[list.count++] = word;
	return list;
}

static int
render(struct desk *desk, const struct outgoing *mail, const json_t *view, struct str *out,
    struct err *err)
{
	const struct policy *policy = desk->policy;
	const struct zone *zone;
	struct compose compose = {
		.kind = mail->kind,
		.locale = mail->locale,
		.site_dir = policy->site_dir,
		.view = view,
		.from = { policy->agent_name, policy->agent_email },
		.to = { mail->to_name, mail->to_email },
		.message_id = mail->message_id,
		.in_reply_to = mail->in_reply_to,
		.references = split_references(tx_arena(desk->tx), mail->references),
		.subject = mail->subject,
		.date = mail->created,
		.automatic = mail->replied ? COMPOSE_REPLIED : COMPOSE_GENERATED,
		.loop = policy->instance,
	};
	int rc = links_reply_to(desk, mail, &compose.reply_to, err);

	if (rc < 0)
		return rc;
	if (zone_get(mail->zone_name, &zone, NULL) < 0)
		zone = policy->zone;
	compose.zone = zone;
	return compose_mail(&compose, out, err);
}

/* --- questions ---------------------------------------------------------------- */

/* The open approvals that a mail puts to its reader; none for other mails. */
static int
open_questions(struct desk *desk, const struct outgoing *mail, struct approval **out, size_t *count,
    struct err *err)
{
	struct approval_filter filter = { .batch = mail->batch, .only_open = true, .max = 100 };
	int rc;

	*count = 0;
	if (!id_is_null(&mail->batch))
		return approval_list(desk->tx, &filter, out, count, err);
	*out = arena_alloc(tx_arena(desk->tx), sizeof(**out));
	rc = approval_get(desk->tx, &mail->approval, *out, err);
	*count = rc == 0 && approval_is_open((*out)->state);
	return rc;
}

static bool
is_question(const struct outgoing *mail)
{
	return text_is(mail->kind, "request") || text_is(mail->kind, "batch");
}

static bool
is_in_doubt(const struct outgoing *mail)
{
	return text_is(mail->status, "maybe");
}

/* A question that nobody may answer any more, because it waited too long to go out. */
static int
is_moot(struct desk *desk, const struct outgoing *mail, bool *out, struct err *err)
{
	struct approval *open;
	size_t count;
	int rc;

	*out = false;
	if (!(text_is(mail->status, "queued") || is_in_doubt(mail)))
		return 0;
	if (text_is(mail->kind, ESCALATION_MAIL))
		return escalation_is_taken(desk, mail, out, err);
	if (!is_question(mail))
		return 0;
	rc = open_questions(desk, mail, &open, &count, err);
	*out = rc == 0 && count == 0;
	return rc;
}

static int
note_failure(struct desk *desk, const struct id *ticket, const struct record_change *failure,
    struct err *err)
{
	return id_is_null(ticket) ? 0 : record_event(desk, ticket, failure, err);
}

/* Who did not get the digest got none of its lines. */
static int
lines_undeliverable(
    struct desk *desk, const struct outgoing *digest, const char *why, struct err *err)
{
	struct outgoing_lines lines = { .digest = digest->id };
	int rc = outgoing_lines(desk->tx, &lines, err);

	for (size_t i = 0; rc == 0 && i < lines.count; i++) {
		const struct outgoing *line = &lines.list[i];

		if (text_is(line->status, "dropped"))
			continue;
		rc = outgoing_set_status(desk->tx, &line->id, "refused", why, desk->now, err);
		if (rc == 0)
			rc = send_undeliverable(desk, line, why, err);
	}
	return rc;
}

/*
 * Refused by the relay or sent back later: noted and counted in one way. A
 * request that cannot reach its reader is told in the engineer's thread, once.
 */
int
send_undeliverable(struct desk *desk, const struct outgoing *mail, const char *why, struct err *err)
{
	const struct record_change failure = { "mail.bounced", mail->to_email, NULL, why };
	struct approval *open = NULL;
	struct id ticket;
	size_t n = 0;
	int rc = is_question(mail) ? open_questions(desk, mail, &open, &n, err) : 0;

	metric_add(METRIC_MAIL_RETURNED, 1);
	if (rc == 0 && gather_is_digest(mail))
		return lines_undeliverable(desk, mail, why, err);
	if (rc == 0 && text_is(mail->kind, ESCALATION_MAIL))
		rc = escalation_undeliverable(desk, &mail->escalation, mail->to_email, why, err);
	if (rc == 0 && n == 0) {
		rc = notice_ticket(desk, mail, &ticket, err);
		return rc < 0 ? rc : note_failure(desk, &ticket, &failure, err);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = note_failure(desk, &open[i].ticket, &failure, err);
		if (rc == 0)
			rc = ask_undeliverable(desk, &open[i], why, err);
	}
	return rc;
}

/* --- sending ------------------------------------------------------------------- */

int
send_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	AUTO(str_donep) struct str bytes = STR_INIT(COMPOSE_MAIL_MAX);
	char text[ID_TEXT_SIZE];
	struct outgoing mail;
	struct id id;
	json_t *view;
	bool moot;
	int rc;

	if (!payload_id(job, "outgoing", &id))
		return err_set(err, ERR_INVALID, "the job names no mail");
	rc = outgoing_get(desk->tx, &id, &mail, err);
	if (rc < 0 || text_is(mail.status, "sent") || text_is(mail.status, "dropped"))
		return rc;
	rc = is_moot(desk, &mail, &moot, err);
	if (rc < 0 || moot)
		return rc;
	view = json_loads(mail.view, 0, NULL);
	rc = gather_is_digest(&mail) ? gather_fill_view(desk, &mail, view, err)
				     : links_fill(desk, &mail, view, err);
	if (rc == 0 && text_is(mail.kind, "receipt"))
		receipt_sign(desk->policy, &mail, view);
	if (rc == 0)
		rc = render(desk, &mail, view, &bytes, err);
	json_decref(view);
	if (rc < 0)
		return err_wrap(err, rc, "mail %s", mail.kind);
	call->kind = CALL_SEND;
	call->is_alert = text_is(mail.kind, "alert");
	call->mail = (struct outlet_mail){
		.key = arena_dup(call->arena, id_text(&mail.id, text)),
		.from = arena_dup(call->arena, bounce_sender(desk, &mail)),
		.to = arena_dup(call->arena, mail.to_email),
		.bytes = arena_dup_n(call->arena, str_text(&bytes), bytes.len),
		.size = bytes.len,
		.date = mail.created,
		.wait = arena_alloc(call->arena, sizeof(span_ms)),
		.name = arena_alloc(call->arena, OUTLET_NAME_SIZE),
	};
	return 0;
}

/* --- what came of it ------------------------------------------------------------ */

/*
 * The daemon was killed, or lost its lease, while it sent this mail: nobody
 * knows how far that try had come (invariant 3).
 */
static bool
was_cut_off(const struct job *job)
{
	return text_starts(job->last_error, JOB_CUT_OFF);
}

struct fate {
	const char *status, *words;
};

static int
note_fate(struct desk *desk, const struct outgoing *mail, struct fate fate, struct err *err)
{
	int rc = outgoing_set_status(desk->tx, &mail->id, fate.status, fate.words, desk->now, err);

	return rc < 0 ? rc : gather_settled(desk, mail, fate.status, err);
}

/* A relay may put its own Message-ID into the place of ours; answers name that one. */
static int
learn_name(struct desk *desk, const struct outgoing *mail, const char *name, struct err *err)
{
	return name != NULL && name[0] != '\0' ? sent_id_add(desk->tx, name, &mail->id, err) : 0;
}

static int
note_sent(struct desk *desk, const struct outgoing *mail, const char *doubt, struct err *err)
{
	const char *words = doubt == NULL
	    ? ""
	    : arena_printf(tx_arena(desk->tx), "it may have arrived twice: %s", doubt);

	return note_fate(desk, mail, (struct fate){ "sent", words }, err);
}

/* Why it may have been sent before this try; NULL when it was not. */
static const char *
doubt_of(const struct outgoing *mail, const struct job *job)
{
	if (was_cut_off(job))
		return "an earlier try was cut off";
	return is_in_doubt(mail) ? "the relay was lost before it answered" : NULL;
}

static int
note_refused(struct desk *desk, const struct outgoing *mail, const char *why, struct err *err)
{
	int rc = note_fate(desk, mail, (struct fate){ "refused", why }, err);

	return rc < 0 ? rc : send_undeliverable(desk, mail, why, err);
}

/*
 * Perhaps it was sent: record the doubt and repeat once under the same
 * Message-ID (invariant 3). A second doubt stays one, for the operator to see.
 */
static int
note_doubt(struct desk *desk, const struct outgoing *mail, struct call *call, struct err *err)
{
	if (!is_in_doubt(mail))
		call->again = desk->now + 5 * MS_MINUTE;
	return note_fate(desk, mail, (struct fate){ "maybe", call->err.text }, err);
}

/* It is not tried again. What was perhaps sent is not called refused. */
static int
note_given_up(struct desk *desk, const struct outgoing *mail, const struct job *job,
    const char *why, struct err *err)
{
	if (is_in_doubt(mail))
		return 0;
	if (!was_cut_off(job))
		return note_refused(desk, mail, why, err);
	return note_fate(desk, mail,
	    (struct fate){ "maybe",
		arena_printf(
		    tx_arena(desk->tx), "perhaps it was sent: %s; %s", doubt_of(mail, job), why) },
	    err);
}

/*
 * Not now: tried again until its lifetime is over, however often that is. Why
 * only a trusted clock ends it: that cannot be taken back.
 */
static int
note_later(struct desk *desk, const struct outgoing *mail, const struct job *job, struct call *call,
    struct err *err)
{
	const span_ms *wait = call->mail.wait;

	if (desk->clock_trusted && desk->now - mail->created >= desk->policy->mail_lifetime)
		return note_given_up(desk, mail, job,
		    arena_printf(call->arena, "given up, because it did not go out in time: %s",
			call->err.text),
		    err);
	call->is_patient = true;
	if (wait == NULL || *wait <= 0)
		return err_set(err, call->rc, "%s", call->err.text);
	call->again = desk->now + *wait;
	call->note =
	    arena_printf(call->arena, "%s to %s %s", mail->kind, mail->to_email, call->err.text);
	return 0;
}

static int
drop_moot(struct desk *desk, const struct outgoing *mail, const struct job *job, struct err *err)
{
	const char *why = text_is(mail->kind, ESCALATION_MAIL)
	    ? "somebody had it before it went out"
	    : "its question was closed before it went out";
	bool moot;
	int rc = is_moot(desk, mail, &moot, err);

	if (rc < 0 || !moot)
		return rc;
	if (doubt_of(mail, job) != NULL)
		return note_given_up(desk, mail, job, why, err);
	return note_fate(desk, mail, (struct fate){ "dropped", why }, err);
}

int
send_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct outgoing mail;
	struct id id;
	int rc;

	if (!payload_id(job, "outgoing", &id))
		return err_set(err, ERR_INVALID, "the job names no mail");
	rc = outgoing_get(desk->tx, &id, &mail, err);
	if (rc == 0 && call->kind == CALL_NONE)
		return drop_moot(desk, &mail, job, err);
	if (rc < 0)
		return rc;
	call->note = arena_printf(call->arena, "%s to %s", mail.kind, mail.to_email);
	if (call->rc == 0) {
		rc = learn_name(desk, &mail, call->mail.name, err);
		return rc < 0
		    ? rc
		    : note_sent(desk, &mail, call->may_double ? doubt_of(&mail, job) : NULL, err);
	}
	if (call->rc == ERR_INVALID)
		return note_refused(desk, &mail, call->err.text, err);
	if (call->rc == ERR_PEER)
		return note_doubt(desk, &mail, call, err);
	return note_later(desk, &mail, job, call, err);
}

int
send_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct outgoing mail;
	struct id id;
	int rc;

	(void)call;
	if (!payload_id(job, "outgoing", &id))
		return 0;
	rc = outgoing_get(desk->tx, &id, &mail, err);
	return rc < 0 ? rc : note_given_up(desk, &mail, job, job->last_error, err);
}
