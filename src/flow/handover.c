/* handover: the person who was asked wants somebody else to answer; staff decides. */
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/links.h>
#include <assent/flow/notice.h>
#include <assent/mail/compose.h>
#include <assent/mail/sender.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

#include <string.h>

#define WORDS_SHOWN ((size_t)2000)
#define ADDRESS_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-@"

/* The one address that the words hold, lower-case; NULL for none, or for two. */
static const char *
only_address(struct desk *desk, const char *words)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *only = NULL;

	for (const char *at = words; *at != '\0';) {
		size_t n = strspn(at, ADDRESS_CHARS);

		if (n == 0) {
			at++;
			continue;
		}
		char *one = text_trim(arena_dup_n(arena, at, n));
		at += n;
		for (size_t k = strlen(one); k > 0 && strchr(".?!'", one[k - 1]) != NULL; k--)
			one[k - 1] = '\0';
		text_lower(one);
		if (strchr(one, '@') == NULL || links_is_own(desk, one))
			continue;
		if (!address_is_plain(one) || (only != NULL && !text_is(only, one)))
			return NULL;
		only = one;
	}
	return only;
}

static int
is_within(struct desk *desk, const struct matter *m, const char *email, bool *out, struct err *err)
{
	return organisation_has_domain(
	    desk->tx, &m->organisation.id, email_domain(email), out, err);
}

/* --- the proposal --------------------------------------------------------- */

static int
tell_engineer(struct desk *desk, const struct matter *m, const struct proposal *proposal,
    const char *words, struct err *err)
{
	struct notice notice = { .kind = "stand-in" };
	size_t n = strlen(words);
	int rc = matter_note(desk, m, &notice, err);

	if (rc <= 0)
		return rc;
	json_object_set_new(notice.view, "is_proposal", json_true());
	if (text_is(proposal->state, "open"))
		json_object_set_new(notice.view, "may_be", json_true());
	view_text(notice.view, "deputy_email", proposal->email);
	view_text(notice.view, "text",
	    arena_dup_n(tx_arena(desk->tx), words, utf8_cut(words, n, WORDS_SHOWN)));
	return notice_send(desk, &notice, NULL, err);
}

static int
is_proposed(
    struct desk *desk, const struct matter *m, const char *email, bool *out, struct err *err)
{
	struct proposal *list;
	size_t n = 0;
	int rc = proposal_list(desk->tx, &m->approval.id, &list, &n, err);

	*out = false;
	for (size_t i = 0; i < n; i++)
		*out = *out || text_is(list[i].email, email);
	return rc;
}

int
handover_propose(
    struct desk *desk, const struct arrival *arrival, const struct matter *m, struct err *err)
{
	const char *words = links_redact(tx_arena(desk->tx), arrival->letter->reply);
	const char *email = only_address(desk, words);
	struct proposal proposal = {
		.id = id_next(desk->now),
		.approval = m->approval.id,
		.email = email,
		.name = "",
		.proposed_by = m->ballot.person_email,
		.created = desk->now,
		.moved_at = desk->now,
	};
	bool before, within = false;
	int rc;

	if (email == NULL || text_is_nocase(email, m->ballot.person_email) ||
	    text_is_nocase(email, m->ticket.engineer_email))
		return 0;
	rc = is_proposed(desk, m, email, &before, err);
	if (rc < 0 || before)
		return rc;
	rc = is_within(desk, m, email, &within, err);
	proposal.state = within ? "open" : "closed";
	if (rc == 0)
		rc = proposal_add(desk->tx, &proposal, err);
	if (rc == 0)
		rc = record_event(desk, &m->ticket.id,
		    &(struct record_change){
			"approval.proposed", m->ballot.person_email, NULL, email },
		    err);
	return rc < 0 ? rc : tell_engineer(desk, m, &proposal, words, err);
}

/* --- the hand-over -------------------------------------------------------- */

static int
check_not_asked(struct desk *desk, const struct matter *m, const char *email, struct err *err)
{
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &m->approval.id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (text_is(list[i].status, "open") && text_is_nocase(list[i].person_email, email))
			return err_set(err, ERR_CONFLICT, "%s is asked already", email);
	return rc;
}

static int
check_handover(
    struct desk *desk, const struct matter *m, const struct handover *handover, struct err *err)
{
	const char *email = handover->email, *by = handover->by;
	bool within = false;
	int rc;

	if (m->approval.state != AS_SENT && m->approval.state != AS_UNDELIVERABLE)
		return err_set(err, ERR_CONFLICT, "the question about T-%lld is %s, not waiting",
		    (long long)m->ticket.ref, approval_state_name(m->approval.state));
	if (!address_is_plain(email))
		return err_set(err, ERR_INVALID, "\"%s\" is not a mail address", email);
	if (links_is_own(desk, email))
		return err_set(err, ERR_INVALID, "%s is this desk itself", email);
	/* Who puts a question does not answer it. */
	if (text_is_nocase(email, by) || text_is_nocase(email, m->ticket.engineer_email) ||
	    text_is_nocase(email, m->approval.requested_by))
		return err_set(err, ERR_INVALID,
		    "%s asks this question, so somebody else must answer it", email);
	rc = check_not_asked(desk, m, email, err);
	if (rc == 0)
		rc = is_within(desk, m, email, &within, err);
	if (rc < 0 || within)
		return rc;
	return err_set(err, ERR_INVALID,
	    "%s is not within the domains of %s, so it may not decide for it", email,
	    m->organisation.name);
}

static int
record_handover(
    struct desk *desk, const struct matter *m, const struct handover *handover, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "organisation", m->organisation.key },
		{ "before", m->ballot.person_email },
		{ "after", handover->email },
		{ "by", handover->by },
		{ "evidence", handover->evidence },
	};
	int rc = record_event(desk, &m->ticket.id,
	    &(struct record_change){
		"approval.delegated", handover->by, m->ballot.person_email, handover->email },
	    err);

	if (rc < 0)
		return rc;
	return record_ledger(desk,
	    &(struct record_entry){ "delegated", m->approval.id, fields, ARRAY_LEN(fields) }, NULL,
	    err);
}

int
handover_tell(
    struct desk *desk, const struct matter *m, const struct handover *handover, struct err *err)
{
	struct notice notice = { .kind = "stand-in" };
	int rc = ask_address(desk, m, &notice, err);

	if (rc < 0)
		return rc;
	/* It asks nothing of him: his answer to it must not look like one. */
	notice.ballot = NULL;
	notice.batch = NULL;
	notice.view = matter_view(desk, m);
	json_object_set_new(notice.view, "is_handed", json_true());
	view_text(notice.view, "deputy_email", handover->email);
	view_text(notice.view, "by", handover->by);
	return notice_send(desk, &notice, NULL, err);
}

/* Everybody who could answer until now can no more, and hears so. */
static int
close_all(
    struct desk *desk, const struct matter *m, const struct handover *handover, struct err *err)
{
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &m->approval.id, &list, &n, err);

	if (rc == 0)
		rc = ask_close_ballots(desk, &m->approval.id, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct matter his;

		if (!text_is(list[i].status, "open"))
			continue;
		rc = matter_load_ballot(desk, &list[i].id, &his, err);
		if (rc == 0)
			rc = handover_tell(desk, &his, handover, err);
	}
	return rc;
}

int
handover_do(
    struct desk *desk, const struct id *approval, const struct handover *given, struct err *err)
{
	struct handover handover = *given;
	struct arena *arena = tx_arena(desk->tx);
	char *email = arena_dup(arena, sender_ascii_address(arena, given->email));
	struct standin_person who = { .email = email, .name = "" };
	struct matter m;
	int rc = matter_load(desk, approval, &m, err);

	text_lower(email);
	handover.email = email;
	if (rc == 0)
		rc = check_handover(desk, &m, &handover, err);
	if (rc < 0)
		return rc;
	who.on_behalf_of = standin_first_person(&m);
	if (text_is_nocase(who.on_behalf_of, email))
		who.on_behalf_of = "";
	rc = record_handover(desk, &m, &handover, err);
	if (rc == 0)
		rc = close_all(desk, &m, &handover, err);
	if (rc == 0)
		rc = standin_ask(desk, &m, &who, err);
	return rc < 0 ? rc : proposal_close(desk->tx, approval, "accepted", desk->now, err);
}
