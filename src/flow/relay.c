#include "flow/relay_priv.h"

#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/record.h"
#include "flow/reply_priv.h"

#include <string.h>

#define ANSWERS_AN_HOUR 10 /* to one question */
#define ANSWERS_A_DAY 20

/*
 * What the engineer answers is the nearest mail of the thread that this desk
 * knows. Only where that is a question of an owner do words leave the house.
 */
static int
nearest(struct desk *desk, const char *message_id, struct sent_id *out, struct err *err)
{
	struct id ticket;
	int rc = sent_id_find(desk->tx, message_id, out, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	rc = message_find_ticket(desk->tx, message_id, &ticket, err);
	if (rc == 0)
		*out = (struct sent_id){ .kind = "" };
	return rc;
}

static int
find_question(struct desk *desk, const struct letter *letter, struct outgoing *out, struct err *err)
{
	struct sent_id sent = { .kind = "" };
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; rc == ERR_NOT_FOUND && i < letter->in_reply_to.count; i++)
		rc = nearest(desk, letter->in_reply_to.items[i], &sent, err);
	for (size_t i = letter->references.count; rc == ERR_NOT_FOUND && i > 0; i--)
		rc = nearest(desk, letter->references.items[i - 1], &sent, err);
	if (rc < 0)
		return rc;
	if (!text_is(sent.kind, "question") || id_is_null(&sent.approval))
		return ERR_NOT_FOUND;
	return outgoing_get(desk->tx, &sent.outgoing, out, err);
}

static bool
is_among(const struct address_list *list, const char *email)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_is_nocase(list->items[i].email, email))
			return true;
	return false;
}

/* NULL when the words may go out. */
static const char *
why_kept(struct desk *desk, const struct arrival *arrival, const struct matter *m)
{
	const struct letter *letter = arrival->letter;
	struct arena *arena = tx_arena(desk->tx);

	if (!approval_is_open(m->approval.state))
		return arena_printf(arena,
		    "not passed on: the question is closed already (%s); write to %s yourself",
		    approval_state_name(m->approval.state), m->ballot.person_email);
	if (!matter_is_open(m))
		return arena_printf(arena,
		    "not passed on: %s is asked instead of %s; write to %s yourself",
		    m->asked_now.person_email, m->ballot.person_email, m->ballot.person_email);
	if (arrival->sender.verdict != SENDER_VOUCHED)
		return "not passed on: no mail server vouched that this mail is yours (the "
		       "operator sets \"trust\")";
	if (letter->parts_disagree)
		return "not passed on: the two forms of your mail, plain and formatted, say "
		       "different things";
	if (letter->truncated)
		return "not passed on: your mail was too long or too odd to be read whole";
	if (is_among(&letter->to, m->ballot.person_email) ||
	    is_among(&letter->cc, m->ballot.person_email))
		return "not passed on again: your mail went to the same person already";
	return NULL;
}

/* An answer about one item of a bulk mail is about that item only, and so is the reply to it. */
static int
address_one(struct desk *desk, const struct matter *m, struct notice *notice, struct err *err)
{
	int rc = ask_address(desk, m, notice, err);

	if (rc == 0 && notice->batch != NULL)
		rc = ask_add_token(desk, TOKEN_REPLY, &m->ballot.id, m->ballot.generation, err);
	notice->ballot = &m->ballot.id;
	notice->batch = NULL;
	return rc;
}

static int
one_view(struct desk *desk, const struct matter *m, json_t *view)
{
	view_text(view, "deadline", words_date(tx_arena(desk->tx), m->zone, m->approval.deadline));
	if (m->approval.item > 0)
		json_object_set_new(view, "number", json_integer(m->approval.item));
	matter_name_links(desk, m, view);
	return 0;
}

static int
batch_view(struct desk *desk, const struct matter *m, json_t *view, struct err *err)
{
	struct matter *all;
	size_t count;
	int rc = matter_load_batch(desk, &m->approval.batch, &all, &count, err);

	return rc < 0 ? rc : reply_open_view(desk, all, count, view, err);
}

static const char *
kept_text(struct desk *desk, const json_t *view, const char *key)
{
	const char *text = json_string_value(json_object_get(view, key));

	return arena_dup(tx_arena(desk->tx), text != NULL ? text : "");
}

struct relayed {
	const struct staff *staff;
	const struct matter *matter;
	const json_t *question; /* the view of the mail that he answers */
	const char *own;
};

static int
send_answer(struct desk *desk, const struct relayed *relayed, struct err *err)
{
	const struct matter *m = relayed->matter;
	const json_t *question = relayed->question;
	bool of_batch = json_is_true(json_object_get(question, "of_batch"));
	struct notice notice = { .kind = "answer", .view = matter_view(desk, m) };
	int rc = of_batch ? ask_address(desk, m, &notice, err) : address_one(desk, m, &notice, err);

	if (rc == 0)
		rc = of_batch ? batch_view(desk, m, notice.view, err)
			      : one_view(desk, m, notice.view);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	view_text(notice.view, "text", reply_clip(tx_arena(desk->tx), relayed->own));
	view_text(notice.view, "answer", kept_text(desk, question, "text"));
	view_text(notice.view, "answered_by",
	    relayed->staff->name[0] != '\0' ? relayed->staff->name : relayed->staff->email);
	view_text(notice.view, "answered_by_email", relayed->staff->email);
	const char *id = kept_text(desk, question, "asked_id");
	if (id[0] != '\0') {
		notice.in_reply_to = id;
		notice.references = kept_text(desk, question, "asked_references");
	}
	notice.replied = true;
	rc = notice_send(desk, &notice, NULL, err);
	return rc < 0 ? rc
		      : record_event(desk, &m->ticket.id,
			    &(struct record_change){ "question.answered", relayed->staff->email,
				m->ballot.person_email, NULL },
			    err);
}

/* The question with the ballot of whoever asked back: the owner's or a stand-in's. */
static int
load_asker(struct desk *desk, const struct outgoing *question, struct matter *out, struct err *err)
{
	json_t *view = json_loads(question->view, 0, NULL);
	struct id ballot;
	bool known = id_parse(kept_text(desk, view, "asked_ballot"), &ballot);

	json_decref(view);
	return known ? matter_load_ballot(desk, &ballot, out, err)
		     : matter_load(desk, &question->approval, out, err);
}

static int
relay(struct desk *desk, const struct command_context *context, const struct outgoing *question,
    const char *own, struct err *err)
{
	const struct often often = { "relayed", &question->approval, ANSWERS_AN_HOUR,
		ANSWERS_A_DAY };
	struct arena *arena = tx_arena(desk->tx);
	struct matter m;
	bool may = true;
	int rc = load_asker(desk, question, &m, err);

	if (rc < 0)
		return rc;
	const char *line = arena_printf(arena, "your answer to %s", matter_person(&m));
	const char *why = why_kept(desk, context->arrival, &m);
	if (why == NULL)
		rc = often_enough(desk, &often, &may, err);
	if (rc == 0 && !may)
		why = "not passed on: too many answers went out; write to him yourself";
	if (rc < 0 || why != NULL) {
		transcript_line(context->transcript, line, false, why != NULL ? why : "");
		return rc;
	}
	json_t *view = json_loads(question->view, 0, NULL);
	rc = send_answer(desk, &(struct relayed){ context->staff, &m, view, own }, err);
	json_decref(view);
	transcript_line(context->transcript, line, true,
	    arena_printf(arena, "passed on to %s; the approval stays open until %s",
		m.ballot.person_email, words_date(arena, desk->policy->zone, m.approval.deadline)));
	return rc;
}

int
relay_answer(
    struct desk *desk, const struct command_context *context, const char *own, struct err *err)
{
	struct outgoing question;
	int rc;

	if (text_is_blank(own))
		return 0;
	rc = find_question(desk, context->arrival->letter, &question, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	return relay(desk, context, &question, own, err);
}
