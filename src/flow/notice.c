#include <assent/flow/notice.h>

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/store/queue.h>

#include "flow/answers.h"
#include "flow/notice_priv.h"

#include <string.h>

#define REFERENCES_MAX (8u << 10)

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static struct id
id_or_null(const struct id *id)
{
	static const struct id null_id;

	return id != NULL ? *id : null_id;
}

static const char *
agent_domain(const struct policy *policy)
{
	const char *at = strrchr(policy->agent_email, '@');

	return at != NULL ? at + 1 : "localhost";
}

const char *
notice_mark(struct desk *desk, int64_t ref)
{
	return arena_printf(tx_arena(desk->tx), "[T-%lld]", (long long)ref);
}

/*
 * Mails about one question to one person leave in order: the request before
 * its receipt. What the owner's mail system keeps waiting must not keep the
 * engineer from hearing of it.
 */
static const char *
serial_of(struct desk *desk, const struct notice *notice)
{
	char text[ID_TEXT_SIZE];
	const struct id *about = notice->batch != NULL ? notice->batch : notice->approval;

	if (about == NULL)
		about = notice->escalation;
	if (about == NULL || id_is_null(about))
		return "";
	return arena_printf(
	    tx_arena(desk->tx), "mail:%s:%s", id_text(about, text), notice->to_email);
}

int
notice_queue(
    struct desk *desk, const struct outgoing *mail, const struct notice *notice, struct err *err)
{
	char text[ID_TEXT_SIZE];
	struct job job = {
		.id = id_new(desk->now),
		.kind = "send",
		.lane = LANE_OUTGOING,
		.serial = serial_of(desk, notice),
		.due = notice->not_before > desk->now ? notice->not_before : desk->now,
		.created = desk->now,
	};

	job.payload =
	    arena_printf(tx_arena(desk->tx), "{\"outgoing\":\"%s\"}", id_text(&mail->id, text));
	return job_add(desk->tx, &job, err);
}

int
notice_ticket(struct desk *desk, const struct outgoing *mail, struct id *out, struct err *err)
{
	struct approval approval;
	int rc;

	*out = mail->ticket;
	if (!id_is_null(out) || id_is_null(&mail->approval))
		return 0;
	rc = approval_get(desk->tx, &mail->approval, &approval, err);
	if (rc == 0)
		*out = approval.ticket;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What is withheld is kept, for the operator to see. A receipt never is: each decision has one. */
static int
withhold(struct desk *desk, const struct notice *notice, struct outgoing *mail, struct err *err)
{
	struct answers_to to = { .email = mail->to_email, .doubtful = notice->doubtful };
	const char *why = NULL;
	int rc = 0;

	if (mail->replied && !text_is(mail->kind, "receipt")) {
		rc = notice_ticket(desk, mail, &to.ticket, err);
		if (rc == 0)
			rc = answers_may(desk, &to, &why, err);
	}
	if (why != NULL) {
		mail->status = "dropped";
		mail->last_error = arena_printf(tx_arena(desk->tx), "withheld: %s", why);
	}
	return rc;
}

struct outgoing
notice_row(struct desk *desk, struct notice *notice)
{
	struct arena *arena = tx_arena(desk->tx);
	char text[ID_TEXT_SIZE];
	struct outgoing mail = {
		.id = id_new(desk->now),
		.kind = notice->kind,
		.to_email = notice->to_email,
		.to_name = or_empty(notice->to_name),
		.locale = notice->locale != NULL ? notice->locale
						 : policy_locale_of(desk->policy, notice->to_email),
		.zone_name =
		    notice->zone_name != NULL ? notice->zone_name : desk->policy->zone_name,
		.view = view_dump(arena, notice->view),
		.ticket = id_or_null(notice->ticket),
		.approval = id_or_null(notice->approval),
		.ballot = id_or_null(notice->ballot),
		.batch = id_or_null(notice->batch),
		.escalation = id_or_null(notice->escalation),
		.in_reply_to = or_empty(notice->in_reply_to),
		.references = or_empty(notice->references),
		.subject = or_empty(notice->subject),
		.replied = notice->replied,
		.status = "queued",
		.last_error = "",
		.created = desk->now,
	};

	json_decref(notice->view);
	notice->view = NULL;
	mail.message_id =
	    arena_printf(arena, "%s@%s", id_text(&mail.id, text), agent_domain(desk->policy));
	return mail;
}

int
notice_send(struct desk *desk, struct notice *notice, const char **message_id, struct err *err)
{
	struct outgoing mail = notice_row(desk, notice);
	int rc = withhold(desk, notice, &mail, err);

	if (rc == 0 && notice->gathers != GATHER_NEVER && text_is(mail.status, "queued"))
		rc = gather_take(desk, notice, &mail, err);
	if (rc == 0)
		rc = outgoing_add(desk->tx, &mail, err);
	if (rc == 0 && text_is(mail.status, "queued"))
		rc = notice_queue(desk, &mail, notice, err);
	if (rc == 0 && message_id != NULL)
		*message_id = mail.message_id;
	return rc;
}

static bool
holds_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = strstr(words, word); p != NULL; p = strstr(p + 1, word))
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

struct thread_ids {
	struct str refs;
	struct str newest;
};

static int
add_id(const struct message *message, void *arg, struct err *err)
{
	struct thread_ids *ids = arg;

	(void)err;
	if (message->message_id[0] == '\0' || holds_word(str_text(&ids->refs), message->message_id))
		return 0;
	if (ids->refs.len > 0)
		str_add_char(&ids->refs, ' ');
	str_add(&ids->refs, message->message_id);
	str_clear(&ids->newest);
	str_add(&ids->newest, message->message_id);
	return 0;
}

int
notice_thread(
    struct desk *desk, const struct ticket *ticket, struct notice *notice, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct thread_ids ids = { STR_INIT(REFERENCES_MAX), STR_INIT(REFERENCES_MAX) };
	int rc =
	    message_each(desk->tx, &(struct message_walk){ &ticket->id, 0, add_id, &ids }, err);

	if (rc == 0 && ids.newest.len > 0)
		notice->in_reply_to = arena_dup(arena, str_text(&ids.newest));
	if (rc == 0)
		notice->references = arena_dup(arena, str_text(&ids.refs));
	str_done(&ids.refs);
	str_done(&ids.newest);
	if (rc < 0)
		return rc;
	notice->subject =
	    arena_printf(arena, "Re: %s %s", ticket->title, notice_mark(desk, ticket->ref));
	notice->ticket = &ticket->id;
	return 0;
}
