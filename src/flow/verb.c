#include <assent/flow/verb.h>

#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/api_token.h>
#include <assent/flow/ask.h>
#include <assent/flow/closing.h>
#include <assent/flow/credential.h>
#include <assent/flow/document.h>
#include <assent/flow/escalation_json.h>
#include <assent/flow/hold.h>
#include <assent/flow/matter.h>
#include <assent/flow/memory.h>
#include <assent/flow/operate.h>
#include <assent/flow/resume.h>
#include <assent/store/browse.h>
#include <assent/store/history.h>
#include <assent/store/queue.h>
#include <assent/store/site.h>

#include "flow/standin_priv.h"

#include <string.h>

#define KEYS_MAX 10000 /* that a misspelt one is compared with */

typedef int (*verb_fn)(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = json_string_value(json_object_get(arguments, name));

	return text != NULL ? text : "";
}

static int
id_arg(const json_t *arguments, const char *name, struct id *out, struct err *err)
{
	const char *text = text_arg(arguments, name);

	if (!id_parse(text, out))
		return err_set(err, ERR_INVALID, "\"%s\" is not the id of %s %s", text,
		    name[0] == 'a' ? "an" : "a", name);
	return 0;
}

int
verb_ticket(struct desk *desk, const char *name, struct id *out, struct err *err)
{
	const char *digits = text_starts_nocase(name, "T-") ? name + 2 : name;
	struct ticket ticket;
	int64_t ref;
	int rc;

	if (num_parse_within(digits, 1, INT64_MAX, &ref))
		rc = ticket_by_ref(desk->tx, ref, &ticket, err);
	else if (id_parse(name, out))
		rc = ticket_get(desk->tx, out, &ticket, err);
	else
		return err_set(err, ERR_INVALID, "\"%s\" is no ticket; write T-1001", name);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, rc, "there is no ticket %s", name);
	if (rc == 0)
		*out = ticket.id;
	return rc;
}

int
verb_organisation(struct desk *desk, const char *key, struct organisation *out, struct err *err)
{
	const char *near = NULL, **keys = NULL;
	int rc = organisation_by_key(desk->tx, key, out, err);
	size_t n = 0;

	if (rc != ERR_NOT_FOUND)
		return rc;
	rc = browse_organisations(desk->tx, "", KEYS_MAX, &keys, &n, err);
	if (rc < 0)
		return rc;
	near = text_nearest(key, keys, n);
	return err_set(err, ERR_NOT_FOUND, "there is no organisation \"%.64s\"%s%s%s", key,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

static json_t *
line_json(const struct ask_line *line)
{
	AUTO(str_donep) struct str at = STR_INIT(64);
	char id[ID_TEXT_SIZE], batch[ID_TEXT_SIZE];

	utc_add_iso(&at, line->ask_at);
	return json_pack("{s:s, s:s*, s:s, s:I, s:s, s:s}", "approval",
	    id_text(&line->approval, id), "batch",
	    id_is_null(&line->batch) ? NULL : id_text(&line->batch, batch), "owner",
	    line->owner_email, "count", (json_int_t)line->count, "question", line->question,
	    "ask_at", str_text(&at));
}

static int
request(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const json_t *names = json_object_get(arguments, "tickets");
	size_t n = json_array_size(names);
	struct id *tickets = arena_alloc(tx_arena(desk->tx), (n + 1) * sizeof(*tickets));
	const char *by = text_arg(arguments, "by");
	struct ask ask = {
		.tickets = tickets,
		.ticket_count = n,
		.question = text_arg(arguments, "question"),
		.by = by[0] != '\0' ? by : "operator",
		.summary = text_arg(arguments, "summary"),
	};
	struct ask_result result = { 0 };
	json_t *lines;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		rc = verb_ticket(desk, name != NULL ? name : "", &tickets[i], err);
	}
	if (rc == 0)
		rc = ask_request(desk, &ask, &result, err);
	if (rc < 0)
		return rc;
	lines = json_array();
	for (size_t i = 0; i < result.count; i++)
		json_array_append_new(lines, line_json(&result.lines[i]));
	json_object_set_new(out, "asked", lines);
	return 0;
}

static int
with_approval(struct desk *desk, const json_t *arguments, struct matter *out, struct err *err)
{
	struct id id;
	int rc = id_arg(arguments, "approval", &id, err);

	if (rc == 0)
		rc = matter_load(desk, &id, out, err);
	return rc == ERR_NOT_FOUND
	    ? err_set(err, rc, "there is no approval %s", text_arg(arguments, "approval"))
	    : rc;
}

static int
withdraw(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct matter m = { 0 };
	int rc = with_approval(desk, arguments, &m, err);

	if (rc == 0)
		rc = ask_withdraw(desk, &m.approval, "operator", err);
	if (rc == 0)
		json_object_set_new(out, "state", json_string("withdrawn"));
	return rc;
}

static int
remind(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct matter m = { 0 };
	int rc = with_approval(desk, arguments, &m, err);

	if (rc == 0)
		rc = ask_remind(desk, &m.approval, err);
	if (rc == 0)
		json_object_set_new(out, "reminded", json_string(m.ballot.person_email));
	return rc;
}

static int
delegate(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const struct handover handover = { text_arg(arguments, "email"), "operator",
		"By the operator's tool" };
	struct matter m = { 0 };
	int rc = with_approval(desk, arguments, &m, err);

	if (rc == 0)
		rc = handover_do(desk, &m.approval.id, &handover, err);
	if (rc == 0)
		json_object_set_new(out, "asked", json_string(handover.email));
	return rc;
}

static int
forget_absence(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *person = text_arg(arguments, "person");
	int rc = history_absence(desk->tx, person, desk->now, err);

	json_object_set_new(out, "state", json_string("forgotten"));
	return rc < 0 ? rc : absence_forget(desk->tx, person, err);
}

static int
retry(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct id id;
	int rc = id_arg(arguments, "job", &id, err);

	if (rc == 0)
		rc = job_revive(desk->tx, &id, desk->now, err);
	if (rc == 0)
		json_object_set_new(out, "state", json_string("waiting"));
	return rc;
}

static int
accept_clock(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	AUTO(str_donep) struct str at = STR_INIT(64);

	(void)arguments;
	str_addf(&at, "%lld", (long long)desk->now);
	json_object_set_new(out, "clock", json_string("accepted"));
	return site_set(desk->tx, "clock.accepted", str_text(&at), err);
}

static int
sign_in(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *name = text_arg(arguments, "credential");
	int rc = credential_sign_in(desk, name, err);

	return rc < 0 ? rc : credential_show(desk, name, out, err);
}

static int
take_refresh(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *name = text_arg(arguments, "credential");
	int rc = credential_give(desk, name, text_arg(arguments, "refresh_token"), err);

	return rc < 0 ? rc : credential_show(desk, name, out, err);
}

static int
sign_in_status(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	return credential_show(desk, text_arg(arguments, "credential"), out, err);
}

static const struct {
	const char *name;
	verb_fn run;
} verbs[] = {
	{ "approval.request", request },
	{ "approval.withdraw", withdraw },
	{ "approval.remind", remind },
	{ "approval.delegate", delegate },
	{ "absence.forget", forget_absence },
	{ "job.retry", retry },
	{ "clock.accept", accept_clock },
	{ "credential.login", sign_in },
	{ "credential.give", take_refresh },
	{ "credential.status", sign_in_status },
	{ "token.new", api_verb_new },
	{ "token.revoke", api_verb_revoke },
	{ "site.hold", hold_begin },
	{ "site.release", hold_end },
	{ "person.erase", person_erase },
	{ "signing.retire", signing_retire },
	{ "doctor.mail", doctor_probe },
	{ "finding.add", memory_verb_finding_add },
	{ "finding.remove", memory_verb_finding_remove },
	{ "fix.add", memory_verb_fix_add },
	{ "fix.decide", memory_verb_fix_decide },
	{ "task.add", memory_verb_task_add },
	{ "task.change", memory_verb_task_change },
	{ "document.draft", document_verb_draft },
	{ "document.edit", document_verb_edit },
	{ "ticket.resolve", closing_verb_resolve },
	{ "ticket.escalate", closing_verb_escalate },
	{ "ticket.pause", closing_verb_pause },
	{ "ticket.resume", closing_verb_resume },
	{ "ticket.reopen", closing_verb_reopen },
	{ "ticket.spent", closing_verb_spent },
	{ "escalation.raise", escalation_verb_raise },
	{ "escalation.ack", escalation_verb_ack },
	{ "escalation.assign", escalation_verb_assign },
	{ "escalation.snooze", escalation_verb_snooze },
	{ "escalation.resolve", escalation_verb_resolve },
	{ "escalation.reopen", escalation_verb_reopen },
	{ "escalation.expire", escalation_verb_expire },
	{ "escalation.resume", escalation_verb_resume },
};

int
verb_run(
    struct desk *desk, const char *name, const json_t *arguments, json_t **out, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!text_is(verbs[i].name, name))
			continue;
		json_t *result = json_object();
		int rc = verbs[i].run(desk, arguments, result, err);
		if (rc < 0)
			json_decref(result);
		else
			*out = result;
		return rc;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no verb \"%s\"", name);
}
