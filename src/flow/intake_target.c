/* intake: which question or ticket is a letter about? */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/mail/outlet.h>
#include <assent/store/escalation.h>

#include "flow/gather.h"
#include "flow/intake_priv.h"

#include <string.h>

#define MARK_DIGITS 12

static int
find_token(struct desk *desk, const char *token, struct token_of *out, struct err *err)
{
	uint8_t hash[SHA256_SIZE];
	struct token_row row;
	int rc;

	if (token == NULL || !token_hash(token, strlen(token), hash))
		return ERR_NOT_FOUND;
	rc = token_find(desk->tx, hash, &row, err);
	if (rc < 0)
		return rc;
	*out = row.of;
	return 0;
}

static int
by_packet(struct desk *desk, const struct id *of, struct target *out, struct err *err)
{
	struct escalation_person person;
	int rc = escalation_person_get(desk->tx, of, &person, err);

	if (rc < 0)
		return rc;
	out->kind = TARGET_PACKET;
	out->by_token = true;
	out->packet = person.escalation;
	out->person = person.id;
	return 0;
}

static int
by_token(struct desk *desk, const char *token, struct target *out, struct err *err)
{
	struct token_of of;
	struct ballot ballot;
	int rc = find_token(desk, token, &of, err);

	if (rc < 0 || of.purpose == TOKEN_LINK || of.purpose == TOKEN_PACKET_LINK)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	if (of.purpose == TOKEN_PACKET_REPLY)
		return by_packet(desk, &of.target, out, err);
	out->by_token = true;
	if (of.purpose == TOKEN_BATCH_REPLY) {
		out->kind = TARGET_BATCH;
		out->batch = of.target;
		return 0;
	}
	rc = ballot_get(desk->tx, &of.target, &ballot, err);
	if (rc < 0)
		return rc;
	out->kind = TARGET_BALLOT;
	out->approval = ballot.approval;
	out->ballot = ballot.id;
	return 0;
}

static int
by_recipients(struct desk *desk, const struct letter *letter, struct target *out, struct err *err)
{
	const struct address_list *lists[] = { &letter->to, &letter->cc };
	int rc = ERR_NOT_FOUND;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; rc == ERR_NOT_FOUND && i < lists[k]->count; i++)
			rc = by_token(
			    desk, links_sub_address(desk, lists[k]->items[i].email), out, err);
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->recipients.count; i++)
		rc = by_token(desk, links_sub_address(desk, letter->recipients.items[i]), out, err);
	return rc;
}

/*
 * Some relays make a Message-ID of their own from the name that they tell us
 * when they take the mail, under one of several hosts (Amazon SES, Postmark).
 * That name alone was kept; shorter ones would not be theirs only.
 */
int
target_sent(struct desk *desk, const char *message_id, struct sent_id *out, struct err *err)
{
	const char *at = strchr(message_id, '@');
	int rc = sent_id_find(desk->tx, message_id, out, err);

	if (rc != ERR_NOT_FOUND || at == NULL || at - message_id < OUTLET_NAME_MIN)
		return rc;
	return sent_id_find(desk->tx,
	    arena_dup_n(tx_arena(desk->tx), message_id, (size_t)(at - message_id)), out, err);
}

static int
by_message_id(struct desk *desk, const char *message_id, struct target *out, struct err *err)
{
	struct sent_id sent;
	int rc = target_sent(desk, message_id, &sent, err);

	if (rc == ERR_NOT_FOUND) {
		rc = message_find_ticket(desk->tx, message_id, &out->ticket, err);
		if (rc == 0)
			out->kind = TARGET_TICKET;
		return rc;
	}
	if (rc < 0)
		return rc;
	out->ticket = sent.ticket;
	out->by_learnt = !sent.own;
	if (!id_is_null(&sent.batch)) {
		out->kind = TARGET_BATCH;
		out->batch = sent.batch;
	} else if (!id_is_null(&sent.ballot)) {
		out->kind = TARGET_BALLOT;
		out->approval = sent.approval;
		out->ballot = sent.ballot;
	} else if (!id_is_null(&sent.escalation)) {
		out->kind = TARGET_PACKET;
		out->packet = sent.escalation;
	} else if (text_is(sent.kind, GATHER_DIGEST) || text_is(sent.kind, GATHER_REMINDERS)) {
		out->kind = TARGET_DIGEST;
		out->digest = sent.outgoing;
	} else if (!id_is_null(&sent.ticket)) {
		out->kind = TARGET_TICKET;
	} else {
		return ERR_NOT_FOUND;
	}
	return 0;
}

static int
by_references(struct desk *desk, const struct letter *letter, struct target *out, struct err *err)
{
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->in_reply_to.count; i++)
		rc = by_message_id(desk, letter->in_reply_to.items[i], out, err);
	for (size_t i = letter->references.count; rc == ERR_NOT_FOUND && i > 0; i--)
		rc = by_message_id(desk, letter->references.items[i - 1], out, err);
	if (rc == ERR_NOT_FOUND && letter->original_id[0] != '\0')
		rc = by_message_id(desk, letter->original_id, out, err);
	return rc;
}

/* Where addresses cannot carry the token, the mail asks to leave "ref:TOKEN" in the answer. */
static int
by_code(struct desk *desk, const char *text, struct target *out, struct err *err)
{
	struct redact_code code;

	if (desk->policy->separator[0] != '\0' || !redact_next_code(text, 0, &code))
		return ERR_NOT_FOUND;
	return by_token(desk, code.token, out, err);
}

/* The number of the mark "[T-1001]" at mark; 0 where there is none. */
static int64_t
mark_number(const char *mark)
{
	size_t n = strspn(mark + 3, "0123456789");
	char digits[MARK_DIGITS + 1] = "";
	int64_t ref;

	if (n == 0 || n > MARK_DIGITS || mark[3 + n] != ']')
		return 0;
	memcpy(digits, mark + 3, n);
	return num_parse(digits, &ref) ? ref : 0;
}

/* "[T-1001]" in the subject; one that names two tickets names none. */
static int
by_mark(struct desk *desk, const char *subject, struct target *out, struct err *err)
{
	struct ticket ticket;
	int64_t ref = 0;
	int rc;

	for (const char *m = strstr(subject, "[T-"); m != NULL; m = strstr(m + 1, "[T-")) {
		int64_t other = mark_number(m);

		if (other != 0 && ref != 0 && other != ref)
			return ERR_NOT_FOUND;
		ref = other != 0 ? other : ref;
	}
	if (ref == 0)
		return ERR_NOT_FOUND;
	rc = ticket_by_ref(desk->tx, ref, &ticket, err);
	if (rc < 0)
		return rc;
	out->kind = TARGET_TICKET;
	out->by_mark = true;
	out->ticket = ticket.id;
	return 0;
}

static bool
is_question(const struct target *target)
{
	return target->kind == TARGET_BALLOT || target->kind == TARGET_BATCH;
}

/*
 * Mail programs learn addresses: the one of an old question may stand in the
 * answer to a new one. Then nobody can say which of both was meant.
 */
static int
compare_references(
    struct desk *desk, const struct letter *letter, struct target *out, struct err *err)
{
	struct target other = { .kind = TARGET_NONE };
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->in_reply_to.count; i++)
		rc = by_message_id(desk, letter->in_reply_to.items[i], &other, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	out->is_torn = (is_question(&other) || other.kind == TARGET_PACKET) &&
	    (other.kind != out->kind || !id_equal(&other.approval, &out->approval) ||
		!id_equal(&other.batch, &out->batch) || !id_equal(&other.packet, &out->packet));
	return 0;
}

int
target_find(struct desk *desk, const struct letter *letter, struct target *out, struct err *err)
{
	int rc;

	*out = (struct target){ .kind = TARGET_NONE };
	rc = by_recipients(desk, letter, out, err);
	if (rc == ERR_NOT_FOUND)
		rc = by_code(desk, letter->text, out, err);
	if (rc == 0)
		return compare_references(desk, letter, out, err);
	if (rc == ERR_NOT_FOUND)
		rc = by_references(desk, letter, out, err);
	if (rc == ERR_NOT_FOUND)
		rc = by_mark(desk, letter->subject, out, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- what a signature is about -------------------------------------------------- */

static bool
is_same_question(const struct target *a, const struct target *b)
{
	return is_question(b) && a->kind == b->kind &&
	    (a->kind == TARGET_BATCH ? id_equal(&a->batch, &b->batch)
				     : id_equal(&a->approval, &b->approval));
}

/* The link of one item of a bulk mail stands in no other mail than that one. */
static int
by_link(struct desk *desk, const char *token, struct target *out, struct err *err)
{
	struct approval approval;
	struct ballot ballot;
	struct token_of of;
	int rc = find_token(desk, token, &of, err);

	if (rc < 0 || of.purpose != TOKEN_LINK)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = ballot_get(desk->tx, &of.target, &ballot, err);
	if (rc == 0)
		rc = approval_get(desk->tx, &ballot.approval, &approval, err);
	if (rc < 0)
		return rc;
	out->kind = id_is_null(&approval.batch) ? TARGET_BALLOT : TARGET_BATCH;
	out->approval = approval.id;
	out->batch = approval.batch;
	return 0;
}

static int
by_reference(struct desk *desk, const char *reference, struct target *out, struct err *err)
{
	int rc;

	*out = (struct target){ .kind = TARGET_NONE };
	if (strchr(reference, '@') != NULL)
		return by_message_id(desk, reference, out, err);
	rc = by_token(desk, reference, out, err);
	return rc == ERR_NOT_FOUND ? by_link(desk, reference, out, err) : rc;
}

int
target_is_named(struct desk *desk, const struct target *target, const struct text_list *references,
    bool *out, struct err *err)
{
	*out = false;
	for (size_t i = 0; i < references->count; i++) {
		struct target named;
		int rc = by_reference(desk, references->items[i], &named, err);

		if (rc < 0 && rc != ERR_NOT_FOUND)
			return rc;
		if (rc < 0 || !is_question(&named))
			continue;
		*out = is_same_question(&named, target) && !named.by_learnt;
		if (!named.by_learnt || !is_same_question(&named, target))
			return 0;
	}
	return 0;
}

int
target_matters(struct desk *desk, const struct target *target, struct matter **out, size_t *count,
    struct err *err)
{
	*count = 0;
	if (target->kind == TARGET_BATCH)
		return matter_load_batch(desk, &target->batch, out, count, err);
	if (target->kind != TARGET_BALLOT)
		return 0;
	*out = arena_alloc(tx_arena(desk->tx), sizeof(**out));
	*count = 1;
	return matter_load_ballot(desk, &target->ballot, *out, err);
}
