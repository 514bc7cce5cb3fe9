/* verbs about a ticket as a whole, and what they answer. */
#include <assent/flow/closing.h>

#include <assent/base/str.h>
#include <assent/flow/verb.h>

static json_t *
open_tasks(const struct closing_done *done)
{
	json_t *list = json_array();

	for (size_t i = 0; i < done->open_count; i++) {
		const struct task *t = &done->open[i];

		json_array_append_new(list,
		    json_pack("{s:I, s:s, s:s, s:s}", "n", (json_int_t)t->n, "kind", t->kind,
			"text", t->text, "answer", t->answer));
	}
	return list;
}

/* By the kind's name; the stream's address is one of the API. */
static json_t *
papers_json(const struct closing_done *done)
{
	json_t *out = json_object();

	for (size_t i = 0; i < done->paper_count; i++) {
		const char *kind = document_kind_name(done->papers[i].kind);
		bool stored = done->papers[i].stand == DOCUMENT_STORED;

		json_object_set_new(out, kind,
		    json_pack("{s:s, s:o}", "status", stored ? "stored" : "drafting", "stream",
			json_sprintf("/api/v1/tickets/T-%lld/documents/%s/stream",
			    (long long)done->ticket.ref, kind)));
	}
	return out;
}

json_t *
closing_json(const struct closing_done *done)
{
	const struct ticket *t = &done->ticket;
	json_t *out = json_pack("{s:o, s:s, s:I, s:o, s:o}", "ticket",
	    json_sprintf("T-%lld", (long long)t->ref), "status", t->status, "spent",
	    (json_int_t)t->spent, "open", open_tasks(done), "documents", papers_json(done));

	if (done->act == TICKET_DO_ESCALATE)
		json_object_set_new(out, "to", json_string(t->engineer_email));
	if (done->withdrawn > 0)
		json_object_set_new(out, "withdrawn", json_integer((json_int_t)done->withdrawn));
	return out;
}

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = json_string_value(json_object_get(arguments, name));

	return text != NULL ? text : "";
}

typedef int (*closing_fn)(struct desk *desk, const struct closing_wish *wish,
    struct closing_done *out, const char **wrong, struct err *err);

static int
run(struct desk *desk, const json_t *arguments, json_t *out, enum ticket_event act, struct err *err)
{
	closing_fn fn = act == TICKET_EVENT_COUNT ? closing_spend : closing_do;
	struct closing_wish wish = {
		.act = act,
		.by = "operator",
		.comment = text_arg(arguments, "comment"),
		.spent = text_arg(arguments, "spent"),
		.to = text_arg(arguments, "to"),
		.withdraw = json_is_true(json_object_get(arguments, "withdraw")),
	};
	struct closing_done done = { 0 };
	const char *wrong;
	json_t *answer;
	int rc = verb_ticket(desk, text_arg(arguments, "ticket"), &wish.ticket, err);

	if (rc == 0)
		rc = fn(desk, &wish, &done, &wrong, err);
	if (rc < 0)
		return rc;
	answer = closing_json(&done);
	json_object_update(out, answer);
	json_decref(answer);
	return 0;
}

#define VERB(name, act) \
	int closing_verb_##name( \
	    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) \
	{ \
		return run(desk, arguments, out, act, err); \
	}

VERB(resolve, TICKET_DO_RESOLVE)
VERB(escalate, TICKET_DO_ESCALATE)
VERB(pause, TICKET_DO_PAUSE)
VERB(resume, TICKET_DO_RESUME)
VERB(reopen, TICKET_DO_REOPEN)

int
closing_verb_spent(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	return run(desk, arguments, out, TICKET_EVENT_COUNT, err);
}
