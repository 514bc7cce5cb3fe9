#include "describe.h"
#include "verbs.h"

#include <string.h>

#define WORDS_MAX 8000 /* of what was asked, for people */

/* --- list -------------------------------------------------------------- */

static int
gather_list(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	const struct approval_filter filter = { .only_open = *list->only, .max = list->ask };
	json_t *rows = NULL;
	int rc = describe_approvals(desk, &filter, &rows, err);

	if (rc == 0)
		json_array_extend(list->rows, rows);
	json_decref(rows);
	return rc;
}

int
verb_approval_list(struct cli *cli)
{
	struct look_rows list = { .only = cli_flag(cli, "--open") ? "open" : "" };

	return look_listing(cli, gather_list, &list, describe_approval_columns);
}

/* --- show: what there is ------------------------------------------------ */

struct show {
	struct id id;
	json_t *out;
};

/* What the doubt is about (invariant 3): it left, and nobody said that it came. */
static const char *
fate_of(const struct outgoing *mail)
{
	if (text_is(mail->status, "maybe"))
		return "maybe sent";
	if (text_is(mail->status, "sent") && mail->last_error[0] != '\0')
		return "sent, maybe twice";
	return mail->status;
}

static json_t *
mail_json(const struct outgoing *mail)
{
	json_t *object = json_object(), *view = json_loads(mail->view, 0, NULL);

	look_set_id(object, "id", &mail->id);
	look_set_text(object, "kind", mail->kind);
	json_object_set_new(
	    object, "reminder", json_boolean(json_is_true(json_object_get(view, "reminder"))));
	look_set_text(object, "to", mail->to_email);
	look_set_text(object, "status", mail->status);
	look_set_text(object, "fate", fate_of(mail));
	look_set_text(object, "last_error", mail->last_error);
	look_set_text(object, "message_id", mail->message_id);
	look_set_time(object, "created", mail->created);
	look_set_time(object, "sent_at", mail->sent_at);
	json_decref(view);
	return object;
}

/* In the order of time, each once: a mail of a batch may name an approval too. */
static void
put_mail(json_t *list, json_t *mail)
{
	const char *created = look_string(mail, "created"), *id = look_string(mail, "id");
	size_t at = json_array_size(list);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_is(look_string(json_array_get(list, i), "id"), id)) {
			json_decref(mail);
			return;
		}
	while (at > 0 && strcmp(look_string(json_array_get(list, at - 1), "created"), created) > 0)
		at--;
	json_array_insert_new(list, at, mail);
}

/* Mails about the approval itself, and about the batch it was asked in. */
static int
add_mails(struct desk *desk, const struct id *about, json_t *list, struct err *err)
{
	struct outgoing *mails = NULL;
	size_t n = 0;
	int rc = id_is_null(about) ? 0 : outgoing_list(desk->tx, about, &mails, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		put_mail(list, mail_json(&mails[i]));
	return rc;
}

/* When the clock will act by itself: the timers of a batch carry its id. */
static int
add_timer(
    struct desk *desk, const struct approval *a, const char *kind, utc_ms *due, struct err *err)
{
	char text[ID_TEXT_SIZE], serial[ID_TEXT_SIZE + 16];
	int rc;

	*due = 0;
	if (!approval_is_open(a->state))
		return 0;
	id_text(id_is_null(&a->batch) ? &a->id : &a->batch, text);
	snprintf(serial, sizeof(serial), "%s:%s", kind, text);
	rc = find_due(desk->tx, serial, due, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
add_timers(struct desk *desk, const struct approval *a, json_t *out, struct err *err)
{
	utc_ms remind = 0, expire = 0;
	int rc = add_timer(desk, a, "remind", &remind, err);

	if (rc == 0)
		rc = add_timer(desk, a, "expire", &expire, err);
	/* An early reminder by hand leaves the job, which then does nothing. */
	look_set_time(out, "remind_due", a->reminded_at ? 0 : remind);
	look_set_time(out, "expire_due", expire);
	return rc;
}

static void
add_decision(const struct matter *m, json_t *out)
{
	json_t *decision;

	if (!text_is(m->ballot.status, "cast")) {
		json_object_set_new(out, "decision", json_null());
		return;
	}
	decision = json_object();
	look_set_text(decision, "outcome", m->ballot.approve ? "approved" : "rejected");
	look_set_text(decision, "by", m->ballot.person_email);
	if (m->ballot.on_behalf_of[0] != '\0')
		look_set_text(decision, "on_behalf_of", m->ballot.on_behalf_of);
	look_set_time(decision, "at", m->ballot.cast_at);
	look_set_text(decision, "channel", channel_name(m->ballot.channel));
	look_set_text(decision, "comment", m->ballot.comment);
	look_set_json(decision, "evidence", m->ballot.evidence);
	json_object_set_new(out, "decision", decision);
}

/* Everybody who was asked. */
static int
add_ballots(struct desk *desk, const struct matter *m, json_t *out, struct err *err)
{
	json_t *rows = json_array();
	struct ballot *list;
	size_t n = 0;
	int rc = ballot_list(desk->tx, &m->approval.id, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *row = json_object();

		look_set_text(row, "person", list[i].person_email);
		look_set_text(row, "on_behalf_of", list[i].on_behalf_of);
		look_set_text(row, "status", list[i].status);
		look_set_time(row, "cast_at", list[i].cast_at);
		json_array_append_new(rows, row);
	}
	json_object_set_new(out, "ballots", rows);
	return rc;
}

static int
add_details(struct desk *desk, const struct matter *m, json_t *out, struct err *err)
{
	json_t *mails = json_array();
	int rc = add_mails(desk, &m->approval.id, mails, err);

	json_object_set_new(out, "mails", mails);
	if (rc == 0)
		rc = add_mails(desk, &m->approval.batch, mails, err);
	if (rc == 0)
		rc = add_timers(desk, &m->approval, out, err);
	look_set_int(out, "unclear_answers", m->ballot.unclear);
	look_set_id(out, "replaces", &m->approval.replaces);
	look_set_id(out, "replaced_by", &m->approval.replaced_by);
	look_set_json(out, "summary", m->approval.summary);
	look_set_json(out, "asked", m->approval.asked);
	if (m->approval.asked_at)
		look_set_hex(out, "asked_hash", m->approval.asked_hash, SHA256_SIZE);
	else
		json_object_set_new(out, "asked_hash", json_null());
	add_decision(m, out);
	return rc < 0 ? rc : add_ballots(desk, m, out, err);
}

static int
gather_show(struct desk *desk, void *arg, struct err *err)
{
	struct show *show = arg;
	struct matter m;
	int rc = matter_load(desk, &show->id, &m, err);

	if (rc == 0)
		rc = describe_approval(desk, &m.approval, &show->out, err);
	return rc < 0 ? rc : add_details(desk, &m, show->out, err);
}

/* --- show: for people ---------------------------------------------------- */

static void
print_asked(const json_t *approval)
{
	static const struct look_column attachments[] = {
		{ "ATTACHMENT", "name", LOOK_TEXT },
		{ "SIZE", "size", LOOK_SIZE },
		{ "SHA-256", "sha256", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	const json_t *asked = json_object_get(approval, "asked");
	const json_t *summary = json_object_get(approval, "summary"), *bullet;
	size_t i;

	if (!json_is_object(asked)) {
		look_heading("Nothing was put to anybody yet.");
		return;
	}
	look_heading("What was put to the approver");
	look_text(look_string(asked, "title"), WORDS_MAX);
	look_text(look_string(asked, "request"), WORDS_MAX);
	if (json_array_size(json_object_get(asked, "attachments")) > 0)
		look_table(json_object_get(asked, "attachments"), attachments, "");
	json_array_foreach(json_object_get(summary, "bullets"), i, bullet)
	{
		if (i == 0)
			look_heading("Summary beside it");
		look_bullet(json_string_value(bullet));
	}
	look_text(look_string(summary, "label"), WORDS_MAX);
}

static void
print_decision(const json_t *decision)
{
	static const struct look_column fields[] = {
		{ "Decision", "outcome", LOOK_TEXT },
		{ "By", "by", LOOK_TEXT },
		{ "On behalf of", "on_behalf_of", LOOK_TEXT },
		{ "At", "at", LOOK_TIME },
		{ "Channel", "channel", LOOK_TEXT },
		{ "Comment", "comment", LOOK_TEXT },
		{ "Sender", "evidence.vouched", LOOK_TEXT },
		{ "Own words", "evidence.words", LOOK_TEXT },
		{ "Message-ID", "evidence.source", LOOK_TEXT },
		{ "Inbound", "evidence.inbound", LOOK_TEXT },
		{ "From address", "evidence.peer", LOOK_TEXT },
		{ "Browser", "evidence.agent", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	if (!json_is_object(decision))
		return;
	look_heading("Evidence");
	look_fields(decision, fields);
}

/* Whole sentences, for which a table has no room. */
static void
print_mail_errors(const json_t *mails)
{
	AUTO(str_donep) struct str line = STR_INIT(4096);
	const json_t *mail;
	size_t i;

	json_array_foreach(mails, i, mail)
	{
		if (look_string(mail, "last_error")[0] == '\0')
			continue;
		str_clear(&line);
		str_addf(
		    &line, "%s: %s", look_string(mail, "kind"), look_string(mail, "last_error"));
		look_bullet(str_text(&line));
	}
}

static void
print_approval(const json_t *approval)
{
	static const struct look_column fields[] = {
		{ "Approval", "id", LOOK_TEXT },
		{ "State", "state", LOOK_TEXT },
		{ "Ticket", "ticket", LOOK_TEXT },
		{ "Title", "title", LOOK_TEXT },
		{ "Question", "question", LOOK_TEXT },
		{ "Customer", "organisation", LOOK_TEXT },
		{ "Approver", "approver", LOOK_TEXT },
		{ "Requested by", "requested_by", LOOK_TEXT },
		{ "Batch", "batch", LOOK_TEXT },
		{ "Created", "created", LOOK_TIME },
		{ "Asked", "asked_at", LOOK_TIME },
		{ "Reminded", "reminded_at", LOOK_TIME },
		{ "Reminder due", "remind_due", LOOK_TIME },
		{ "Deadline", "deadline", LOOK_TIME },
		{ "Decided", "decided_at", LOOK_TIME },
		{ "After", "turnaround_ms", LOOK_SPAN },
		{ "Replaces", "replaces", LOOK_TEXT },
		{ "Replaced by", "replaced_by", LOOK_TEXT },
		{ "Asked hash", "asked_hash", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column ballots[] = {
		{ "PERSON", "person", LOOK_NAME },
		{ "IN THE PLACE OF", "on_behalf_of", LOOK_NAME },
		{ "BALLOT", "status", LOOK_TEXT },
		{ "CAST", "cast_at", LOOK_TIME },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column mails[] = {
		{ "MAIL", "kind", LOOK_TEXT },
		{ "REMINDER", "reminder", LOOK_TEXT },
		{ "STATUS", "fate", LOOK_TEXT },
		{ "SENT", "sent_at", LOOK_TIME },
		{ "TO", "to", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_fields(approval, fields);
	print_asked(approval);
	print_decision(json_object_get(approval, "decision"));
	if (json_array_size(json_object_get(approval, "ballots")) > 1) {
		look_heading("Who was asked");
		look_table(json_object_get(approval, "ballots"), ballots, "");
	}
	look_heading("Mails");
	look_table(json_object_get(approval, "mails"), mails, "none");
	print_mail_errors(json_object_get(approval, "mails"));
}

int
verb_approval_show(struct cli *cli)
{
	struct show show = { 0 };
	int rc = look_id(cli, FIND_APPROVAL, cli->words[0], &show.id);

	if (rc == CLI_OK)
		rc = look(cli, gather_show, &show);
	if (rc == CLI_OK && cli->json)
		return cli_print_json(show.out);
	if (rc == CLI_OK)
		print_approval(show.out);
	json_decref(show.out);
	return rc;
}
