#include "describe.h"
#include "verbs.h"

#include <assent/flow/document.h>
#include <assent/flow/verb.h>

#define WORDS_MAX 4000 /* of a message, for people */

/* --- list -------------------------------------------------------------- */

static int
row(struct desk *desk, const struct ticket *ticket, json_t **out, struct err *err)
{
	struct organisation organisation = { .name = "", .key = "" };
	json_t *object;
	int rc = 0;

	if (!id_is_null(&ticket->organisation))
		rc = organisation_get(desk->tx, &ticket->organisation, &organisation, err);
	if (rc < 0)
		return err_wrap(err, rc, "ticket T-%lld", (long long)ticket->ref);
	object = json_object();
	json_object_set_new(object, "ticket", json_sprintf("T-%lld", (long long)ticket->ref));
	look_set_text(object, "title", ticket->title);
	look_set_text(object, "status", ticket->status);
	look_set_text(object, "organisation", organisation.name);
	look_set_text(object, "organisation_key", organisation.key);
	look_set_text(object, "requester", ticket->requester_email);
	look_set_text(object, "engineer", ticket->engineer_email);
	look_set_time(object, "created", ticket->created);
	look_set_time(object, "updated", ticket->updated);
	*out = object;
	return 0;
}

static int
gather_list(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct ticket *tickets;
	json_t *object = NULL;
	size_t n = 0;
	int rc = ticket_list(desk->tx, list->only, list->ask, &tickets, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = row(desk, &tickets[i], &object, err);
		if (rc == 0)
			json_array_append_new(list->rows, object);
	}
	return rc;
}

int
verb_ticket_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "TICKET", "ticket", LOOK_TEXT },
		{ "STATUS", "status", LOOK_TEXT },
		{ "CUSTOMER", "organisation", LOOK_NAME },
		{ "UPDATED", "updated", LOOK_TIME },
		{ "ENGINEER", "engineer", LOOK_NAME },
		{ "TITLE", "title", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	const char *status = cli_text(cli, "--status");
	struct look_rows list = { .only = status ? status : "" };
	int rc = look_word(cli, "--status", ticket_status_names, TICKET_STATUS_COUNT);

	return rc == CLI_OK ? look_listing(cli, gather_list, &list, columns) : rc;
}

/* --- show -------------------------------------------------------------- */

struct show {
	const char *name;
	json_t *out;
	struct err wrong; /* what was typed is no ticket */
};

static int
add_thread(struct desk *desk, const struct ticket *ticket, json_t *out, struct err *err)
{
	json_t *list = json_array();
	struct message *messages;
	size_t n;
	int rc = message_list(desk->tx, &ticket->id, 0, &messages, &n, err);

	json_object_set_new(out, "messages", list);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct message *m = &messages[i];
		json_t *object = json_object();

		look_set_int(object, "seq", m->seq);
		look_set_time(object, "at", m->at);
		look_set_text(object, "from", m->from_email);
		look_set_text(object, "from_name", m->from_name);
		look_set_text(object, "subject", m->subject);
		json_object_set_new(object, "public", json_boolean(m->is_public));
		look_set_text(object, "message_id", m->message_id);
		look_set_id(object, "inbound", &m->inbound);
		look_set_text(object, "own", m->own);
		look_set_text(object, "text", m->text);
		json_array_append_new(list, object);
	}
	return rc;
}

static int
add_attachments(struct desk *desk, const struct ticket *ticket, json_t *out, struct err *err)
{
	json_t *list = json_array();
	struct stored_attachment *stored;
	size_t n;
	int rc = attachment_list(desk->tx, &ticket->id, 0, &stored, &n, err);

	json_object_set_new(out, "attachments", list);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *object = json_object();

		look_set_text(object, "name", stored[i].name);
		look_set_text(object, "type", stored[i].type);
		look_set_int(object, "size", stored[i].size);
		look_set_hex(object, "sha256", stored[i].sha256, SHA256_SIZE);
		json_array_append_new(list, object);
	}
	return rc;
}

static int
add_events(struct desk *desk, const struct ticket *ticket, json_t *out, struct err *err)
{
	json_t *list = json_array();
	struct event *events;
	size_t n;
	int rc = event_list(desk->tx, &ticket->id, &events, &n, err);

	json_object_set_new(out, "events", list);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *object = json_object();

		look_set_time(object, "at", events[i].at);
		look_set_text(object, "kind", events[i].kind);
		look_set_text(object, "actor", events[i].actor);
		look_set_text(object, "before", events[i].before);
		look_set_text(object, "after", events[i].after);
		json_array_append_new(list, object);
	}
	return rc;
}

/* The newest one that anybody was shown. */
static int
shown_summary(struct desk *desk, const struct ticket *ticket, const char **out, struct err *err)
{
	struct approval_filter filter = { .ticket = ticket->id };
	struct approval *list;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &list, &n, err);

	*out = "";
	for (size_t i = 0; rc == 0 && i < n && !**out; i++)
		*out = list[i].summary;
	return rc;
}

/* Of the ticket as it is now, else the last one of the ticket as it was. */
static int
add_summary(struct desk *desk, const struct ticket *ticket, json_t *out, struct err *err)
{
	struct document_name name = { ticket->id, "summary", desk->policy->locale, 0 };
	struct organisation organisation;
	struct document document;
	const char *body = "";
	bool current;
	int rc;

	if (!id_is_null(&ticket->organisation) &&
	    organisation_get(desk->tx, &ticket->organisation, &organisation, err) == 0)
		name.locale = organisation.locale;
	rc = document_get(desk->tx, &name, &document, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	current = rc == 0 && document.state_version == ticket->state_version;
	json_object_set_new(out, "summary_current", json_boolean(current));
	rc = 0;
	if (current)
		body = document_summary_json(desk, &document);
	else
		rc = shown_summary(desk, ticket, &body, err);
	if (rc == 0)
		look_set_json(out, "summary", body);
	return rc;
}

/* What a helpdesk says of it; nothing for a ticket that came by mail. */
static void
add_external(const struct ticket *ticket, json_t *out)
{
	if (ticket->source[0] == '\0')
		return;
	look_set_text(out, "source", ticket->source);
	look_set_text(out, "external_id", ticket->external_id);
	look_set_text(out, "external_status", ticket->external_status);
	look_set_text(out, "external_url", ticket->external_url);
	look_set_time(out, "external_at", ticket->external_at);
	look_set_text(out, "priority", ticket->priority);
	if (ticket->attributes[0] != '\0')
		look_set_json(out, "attributes", ticket->attributes);
}

static int
describe(struct desk *desk, const struct id *id, json_t *out, struct err *err)
{
	struct approval_filter filter = { .ticket = *id };
	struct ticket ticket;
	json_t *list = NULL;
	int rc = ticket_get(desk->tx, id, &ticket, err);

	if (rc == 0)
		rc = add_summary(desk, &ticket, out, err);
	if (rc == 0)
		rc = add_thread(desk, &ticket, out, err);
	if (rc == 0)
		rc = add_attachments(desk, &ticket, out, err);
	if (rc == 0)
		rc = describe_memory(desk, id, out, err);
	if (rc == 0)
		rc = describe_documents(desk, id, out, err);
	if (rc == 0)
		rc = describe_approvals(desk, &filter, &list, err);
	if (rc < 0)
		return rc;
	json_object_set_new(out, "approvals", list);
	look_set_id(out, "id", &ticket.id);
	look_set_int(out, "state_version", ticket.state_version);
	look_set_text(out, "requester_name", ticket.requester_name);
	look_set_text(out, "engineer_name", ticket.engineer_name);
	look_set_text(out, "status_before", ticket.status_before);
	look_set_text(out, "status_by", ticket.status_by);
	look_set_time(out, "status_at", ticket.status_at);
	look_set_int(out, "spent", ticket.spent);
	add_external(&ticket, out);
	return add_events(desk, &ticket, out, err);
}

static int
gather_show(struct desk *desk, void *arg, struct err *err)
{
	struct show *show = arg;
	struct ticket ticket;
	struct id id;
	int rc = verb_ticket(desk, show->name, &id, err);

	if (rc == ERR_INVALID) {
		show->wrong = *err;
		return 0;
	}
	if (rc == 0)
		rc = ticket_get(desk->tx, &id, &ticket, err);
	if (rc == 0)
		rc = row(desk, &ticket, &show->out, err);
	return rc < 0 ? rc : describe(desk, &id, show->out, err);
}

static void
print_summary(const json_t *ticket)
{
	const json_t *summary = json_object_get(ticket, "summary"), *bullet;
	size_t i;

	if (json_array_size(json_object_get(summary, "bullets")) == 0)
		return;
	look_heading(json_is_true(json_object_get(ticket, "summary_current"))
		? "Summary"
		: "Summary (as it was last shown)");
	json_array_foreach(json_object_get(summary, "bullets"), i, bullet)
	{
		look_bullet(json_string_value(bullet));
	}
	look_text(look_string(summary, "label"), WORDS_MAX);
}

static void
print_thread(const json_t *messages)
{
	const json_t *message;
	const char *text;
	size_t i;

	json_array_foreach(messages, i, message)
	{
		AUTO(str_donep) struct str line = STR_INIT(4096);

		look_add_cell(&line, message, "at", LOOK_TIME);
		str_add(&line, "  ");
		look_add_cell(&line, message, "from_name", LOOK_TEXT);
		str_add(&line, " <");
		look_add_cell(&line, message, "from", LOOK_TEXT);
		str_add(&line, ">");
		look_heading(str_text(&line));
		text = look_string(message, i == 0 ? "text" : "own");
		look_text(
		    text_is_blank(text) ? "(no words but commands and quotes)" : text, WORDS_MAX);
	}
}

static int
add_chunk(const char *bytes, size_t n, void *line)
{
	str_add_n(line, bytes, n);
	return 0;
}

static void
print_external(const json_t *ticket)
{
	static const struct look_column fields[] = {
		{ "Helpdesk", "source", LOOK_TEXT },
		{ "Its number", "external_id", LOOK_TEXT },
		{ "Its status", "external_status", LOOK_TEXT },
		{ "Priority", "priority", LOOK_TEXT },
		{ "Address", "external_url", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	json_t *attributes = json_object_get(ticket, "attributes"), *value;
	const char *name;

	if (json_object_get(ticket, "source") == NULL)
		return;
	look_fields(ticket, fields);
	if (json_object_size(attributes) == 0)
		return;
	look_heading("Attributes");
	json_object_foreach(attributes, name, value)
	{
		AUTO(str_donep) struct str line = STR_INIT(64 << 10);

		str_addf(&line, "%s: ", name);
		if (json_is_string(value))
			str_add(&line, json_string_value(value));
		else
			json_dump_callback(value, add_chunk, &line, JSON_COMPACT | JSON_ENCODE_ANY);
		look_text(str_text(&line), WORDS_MAX);
	}
}

/* "waiting → paused", of those who read it here. */
static void
add_what(json_t *events)
{
	json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		AUTO(str_donep) struct str what = STR_INIT(1 << 20);
		const char *before = look_string(event, "before");

		str_addf(
		    &what, "%s%s%s", before, *before ? " → " : "", look_string(event, "after"));
		look_set_text(event, "what", str_text(&what));
	}
}

static void
print_ticket(const json_t *ticket)
{
	static const struct look_column fields[] = {
		{ "Ticket", "ticket", LOOK_TEXT },
		{ "Title", "title", LOOK_TEXT },
		{ "Status", "status", LOOK_TEXT },
		{ "Customer", "organisation", LOOK_TEXT },
		{ "Requester", "requester", LOOK_TEXT },
		{ "Engineer", "engineer", LOOK_TEXT },
		{ "Opened", "created", LOOK_TIME },
		{ "Changed", "updated", LOOK_TIME },
		{ "Last act by", "status_by", LOOK_TEXT },
		{ "Last act at", "status_at", LOOK_TIME },
		{ "Paused while", "status_before", LOOK_TEXT },
		{ "Time spent", "spent", LOOK_MINUTES },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column attachments[] = {
		{ "ATTACHMENT", "name", LOOK_TEXT },
		{ "TYPE", "type", LOOK_TEXT },
		{ "SIZE", "size", LOOK_SIZE },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column events[] = {
		{ "WHEN", "at", LOOK_TIME },
		{ "EVENT", "kind", LOOK_TEXT },
		{ "BY", "actor", LOOK_NAME },
		{ "WHAT", "what", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_fields(ticket, fields);
	print_external(ticket);
	print_summary(ticket);
	print_thread(json_object_get(ticket, "messages"));
	if (json_array_size(json_object_get(ticket, "attachments")) > 0) {
		look_heading("Attachments");
		look_table(json_object_get(ticket, "attachments"), attachments, "");
	}
	describe_print_memory(ticket);
	describe_print_documents(ticket);
	look_heading("Approvals");
	look_table(json_object_get(ticket, "approvals"), describe_approval_columns, "none");
	look_heading("Events");
	add_what(json_object_get(ticket, "events"));
	look_table(json_object_get(ticket, "events"), events, "none");
}

int
verb_ticket_show(struct cli *cli)
{
	struct show show = { .name = cli->words[0] };
	int rc = look(cli, gather_show, &show);

	if (rc == CLI_OK && show.wrong.code < 0)
		rc = cli_usage(cli, "%s", show.wrong.text);
	if (rc == CLI_OK && cli->json)
		return cli_print_json(show.out);
	if (rc == CLI_OK)
		print_ticket(show.out);
	json_decref(show.out);
	return rc;
}
