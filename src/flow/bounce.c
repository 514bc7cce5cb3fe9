#include "flow/bounce.h"

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>
#include <assent/mail/verp.h>

#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define LOCAL_MAX 64 /* RFC 5321 section 4.5.3.1.1 */
#define WHY_MAX 300

const char *
bounce_sender(struct desk *desk, const struct outgoing *mail)
{
	const struct policy *policy = desk->policy;
	const char *at = strrchr(policy->agent_email, '@');
	char code[VERP_CODE_SIZE];

	if (!policy->verp || policy->separator[0] == '\0' || at == NULL ||
	    (size_t)(at - policy->agent_email) + strlen(policy->separator) + VERP_CODE_SIZE - 1 >
		LOCAL_MAX)
		return policy->agent_email;
	verp_code(policy, &mail->id, code);
	return arena_printf(tx_arena(desk->tx), "%.*s%s%s%s", (int)(at - policy->agent_email),
	    policy->agent_email, policy->separator, code, at);
}

/*
 * The code, wherever in a local part it stands: relays and forwarders put more
 * around it (BATV's prvs=TAG=, SRS0=HASH=TT=domain=, VERP of lists). Its MAC
 * says that it is ours.
 */
static bool
find_code(struct desk *desk, const char *email, struct id *out)
{
	const char *at = strrchr(email, '@'), *start;
	char code[VERP_CODE_SIZE];

	for (start = email; at != NULL && at - start >= VERP_CODE_SIZE - 1; start++) {
		memcpy(code, start, VERP_CODE_SIZE - 1);
		code[VERP_CODE_SIZE - 1] = '\0';
		if (verp_read(desk->policy, code, out))
			return true;
	}
	return false;
}

static int
by_address(struct desk *desk, const char *email, struct outgoing *out, struct err *err)
{
	struct id id;

	if (!find_code(desk, email, &id))
		return ERR_NOT_FOUND;
	return outgoing_get(desk->tx, &id, out, err);
}

static int
by_code(struct desk *desk, const struct letter *letter, struct outgoing *out, struct err *err)
{
	const struct address_list *lists[] = { &letter->to, &letter->cc };
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->recipients.count; i++)
		rc = by_address(desk, letter->recipients.items[i], out, err);
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; rc == ERR_NOT_FOUND && i < lists[k]->count; i++)
			rc = by_address(desk, lists[k]->items[i].email, out, err);
	return rc;
}

static int
by_id(struct desk *desk, const char *message_id, struct outgoing *out, struct err *err)
{
	struct sent_id sent;
	int rc = message_id[0] != '\0' ? target_sent(desk, message_id, &sent, err) : ERR_NOT_FOUND;

	return rc < 0 ? rc : outgoing_get(desk->tx, &sent.outgoing, out, err);
}

static int
by_ids(struct desk *desk, const struct letter *letter, struct outgoing *out, struct err *err)
{
	int rc = by_id(desk, letter->delivery.original_message_id, out, err);

	if (rc == ERR_NOT_FOUND)
		rc = by_id(desk, letter->original_id, out, err);
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->in_reply_to.count; i++)
		rc = by_id(desk, letter->in_reply_to.items[i], out, err);
	for (size_t i = letter->references.count; rc == ERR_NOT_FOUND && i > 0; i--)
		rc = by_id(desk, letter->references.items[i - 1], out, err);
	return rc;
}

static bool
is_address_char(char c)
{
	return c != '\0' && strchr("<>()[]{}\"',;: \t\r\n", c) == NULL;
}

/* Does it speak of this address, in its report or else in its words? */
static bool
speaks_of(const struct letter *letter, const char *email)
{
	size_t n = strlen(email);

	if (letter->delivery.recipient[0] != '\0')
		return text_is_nocase(letter->delivery.recipient, email);
	for (const char *at = text_find_nocase(letter->text, email); at != NULL;
	     at = text_find_nocase(at + 1, email))
		if ((at == letter->text || !is_address_char(at[-1])) &&
		    (!is_address_char(at[n]) || (at[n] == '.' && !is_address_char(at[n + 1]))))
			return true;
	return false;
}

int
bounce_find(struct desk *desk, const struct letter *letter, struct bounced *out, struct err *err)
{
	int rc = by_code(desk, letter, &out->mail, err);

	out->by_code = rc == 0;
	if (rc != ERR_NOT_FOUND || letter->automatic != AUTO_BOUNCE)
		return rc;
	rc = by_ids(desk, letter, &out->mail, err);
	return rc == 0 && !speaks_of(letter, out->mail.to_email) ? ERR_NOT_FOUND : rc;
}

static int
learn_id(struct desk *desk, const char *message_id, const struct outgoing *mail, struct err *err)
{
	struct id ticket;
	int rc;

	/* Half an id would be the half of many. */
	if (strchr(message_id, '@') == NULL)
		return 0;
	/* Who got a mail of ours knows its code, and may know the ids of other people's mails. */
	rc = message_find_ticket(desk->tx, message_id, &ticket, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	return sent_id_add(desk->tx, message_id, &mail->id, err);
}

int
bounce_learn(
    struct desk *desk, const struct letter *letter, const struct outgoing *mail, struct err *err)
{
	int rc = learn_id(desk, letter->delivery.original_message_id, mail, err);

	if (rc == 0 && letter->in_reply_to.count > 0)
		rc = learn_id(desk, letter->in_reply_to.items[0], mail, err);
	return rc;
}

/* --- what it says ------------------------------------------------------------- */

/* Cut last: half a token is not recognised as one. */
const char *
bounce_reason(struct desk *desk, const struct delivery_status *delivery)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *words = links_redact(
	    arena, delivery->diagnostic[0] != '\0' ? delivery->diagnostic : delivery->status);

	return arena_dup_n(arena, words, utf8_cut(words, strlen(words), WHY_MAX));
}

struct noted {
	const struct outgoing *mail;
	const char *kind, *words; /* of the event */
};

static int
note_it(struct desk *desk, struct arrival *arrival, const struct noted *noted, struct err *err)
{
	struct id ticket;
	int rc = notice_ticket(desk, noted->mail, &ticket, err);

	if (rc < 0 || id_is_null(&ticket))
		return rc;
	arrival->inbound->ticket = ticket;
	return record_event(desk, &ticket,
	    &(struct record_change){ noted->kind, noted->mail->to_email, NULL, noted->words }, err);
}

static int
take_failure(
    struct desk *desk, struct arrival *arrival, const struct outgoing *mail, struct err *err)
{
	const char *why = bounce_reason(desk, &arrival->letter->delivery);
	int rc;

	arrival_file(arrival, "done",
	    arena_printf(tx_arena(desk->tx), "our mail to %s came back: %s", mail->to_email, why));
	if (text_is(mail->status, "refused"))
		return 0;
	rc = notice_ticket(desk, mail, &arrival->inbound->ticket, err);
	if (rc == 0)
		rc = outgoing_set_status(
		    desk->tx, &mail->id, "refused", arrival->inbound->outcome, desk->now, err);
	return rc < 0 ? rc : send_undeliverable(desk, mail, why, err);
}

/* An absence note goes to the envelope sender. */
static int
learn(struct desk *desk, struct arrival *arrival, const struct outgoing *mail, struct err *err)
{
	bool is_batch = !id_is_null(&mail->batch), is_ballot = !id_is_null(&mail->ballot);
	const struct target target = {
		.kind = is_batch ? TARGET_BATCH
		    : is_ballot	 ? TARGET_BALLOT
				 : TARGET_NONE,
		.ballot = mail->ballot,
		.batch = mail->batch,
	};
	struct matter *matters = NULL;
	size_t count = 0;
	int rc = target_matters(desk, &target, &matters, &count, err);

	return rc < 0 ? rc : standin_learn(desk, arrival, matters, count, err);
}

/*
 * Only the fields of the delivery report count. Why "failed" and not the class
 * of the status: a mail that a relay gave up after days is "failed" with the
 * 4.x.x of its last try (RFC 3464 section 2.3.3).
 */
int
bounce_take(
    struct desk *desk, struct arrival *arrival, const struct outgoing *mail, struct err *err)
{
	const struct letter *letter = arrival->letter;
	bool is_report = letter->automatic == AUTO_BOUNCE;
	struct noted noted = { mail, "mail.automatic", letter->automatic_why };
	int rc;

	if (is_report && text_is(letter->delivery.action, "failed"))
		return take_failure(desk, arrival, mail, err);
	if (is_report && text_is(letter->delivery.action, "delayed"))
		noted =
		    (struct noted){ mail, "mail.delayed", bounce_reason(desk, &letter->delivery) };
	arrival_file(arrival, "filed",
	    arena_printf(tx_arena(desk->tx), "no person wrote it, about our mail to %s: %s",
		mail->to_email, noted.words));
	rc = note_it(desk, arrival, &noted, err);
	return rc < 0 || is_report ? rc : learn(desk, arrival, mail, err);
}
