/* closing: the mail to whoever takes a ticket over. */
#include <assent/base/str.h>
#include <assent/flow/closing.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>

#include <string.h>

/* --- the document as parts of a view ---------------------------------------------- */

struct sections {
	json_t *list;
	json_t *parts; /* of the last one; borrowed */
};

static void
open_section(struct sections *s, const char *heading)
{
	json_t *section = json_object();

	view_text(section, "heading", heading);
	s->parts = json_array();
	json_object_set_new(section, "parts", s->parts);
	json_array_append_new(s->list, section);
}

/* Items one after the other are one list. */
static void
add_item(struct sections *s, const char *text)
{
	size_t n = json_array_size(s->parts);
	json_t *items = json_object_get(json_array_get(s->parts, n > 0 ? n - 1 : 0), "items");

	if (items == NULL) {
		items = json_array();
		json_array_append_new(
		    s->parts, json_pack("{s:o, s:b}", "items", items, "has_items", 1));
	}
	json_array_append_new(items, json_string(text));
}

/* "- " and "1. " begin items. */
static const char *
item_of(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if (digits > 0 && (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ')
		return line + digits + 2;
	if ((*line == '-' || *line == '*') && line[1] == ' ')
		return line + 2;
	return NULL;
}

static void
add_line(struct sections *s, const char *line)
{
	const char *item = item_of(line);

	if (text_starts(line, "## ")) {
		open_section(s, line + strlen("## "));
		return;
	}
	if (s->parts == NULL)
		open_section(s, "");
	if (item != NULL)
		add_item(s, item);
	else
		json_array_append_new(s->parts, json_pack("{s:s}", "paragraph", line));
}

json_t *
closing_sections(struct desk *desk, const char *text)
{
	struct sections s = { json_array(), NULL };
	char *rest = arena_dup(tx_arena(desk->tx), text), *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line = text_trim(line);
		if (*line != '\0')
			add_line(&s, line);
	}
	return s.list;
}

/* --- the mail ---------------------------------------------------------------------- */

static const char *
name_of(struct desk *desk, const char *by)
{
	struct staff staff;

	if (text_is(by, "operator"))
		return "The operator";
	if (text_starts(by, "api:"))
		return by + strlen("api:");
	return staff_by_email(desk->tx, by, &staff, NULL) == 0 && staff.name[0] != '\0' ? staff.name
											: by;
}

/* What its owner is being asked meanwhile: the answer comes to whoever takes over. */
static int
add_question(struct desk *desk, const struct ticket *ticket, json_t *view, struct err *err)
{
	struct approval_filter filter = { .ticket = ticket->id, .only_open = true, .max = 1 };
	struct approval *open;
	struct matter m;
	size_t n = 0;
	int rc = approval_list(desk->tx, &filter, &open, &n, err);

	if (rc < 0 || n == 0)
		return rc;
	rc = matter_load(desk, &open[0].id, &m, err);
	if (rc < 0)
		return rc;
	view_text(view, "question", m.approval.question);
	view_text(view, "approver", matter_person(&m));
	if (m.approval.deadline != 0)
		view_text(view, "deadline",
		    words_date(tx_arena(desk->tx), desk->policy->zone, m.approval.deadline));
	return 0;
}

static void
add_ticket(struct desk *desk, const struct ticket *ticket, json_t *view)
{
	struct organisation organisation = { .name = "" };
	char spent[TICKET_SPENT_SIZE];

	if (!id_is_null(&ticket->organisation) &&
	    organisation_get(desk->tx, &ticket->organisation, &organisation, NULL) < 0)
		organisation.name = "";
	view_text(view, "organisation", organisation.name);
	view_text(view, "mark", notice_mark(desk, ticket->ref));
	view_text(view, "title", ticket->title);
	view_text(view, "requester", ticket->requester_name);
	view_text(view, "requester_email", ticket->requester_email);
	view_text(view, "priority", ticket->priority);
	view_text(view, "address", ticket->external_url);
	view_text(view, "external_id", ticket->external_id);
	view_text(view, "spent", ticket_spent_text(ticket->spent, spent));
	view_text(view, "agent_email", desk->policy->agent_email);
}

static json_t *
view_of(struct desk *desk, const struct ticket *ticket, const struct closing *closing,
    const struct document *document)
{
	json_t *view = json_object();

	add_ticket(desk, ticket, view);
	view_text(view, "engineer", closing->to_name);
	view_text(view, "engineer_email", closing->to_email);
	view_text(view, "by", name_of(desk, closing->by));
	view_text(view, "when", words_date(tx_arena(desk->tx), desk->policy->zone, closing->at));
	view_text(view, "comment", closing->comment);
	if (document == NULL)
		return view;
	json_object_set_new(view, "sections", closing_sections(desk, document->text));
	view_text(view, "handoff_label", document_label(desk, document));
	if (document->is_by_ai)
		view_text(view, "handoff_model", document->model);
	return view;
}

static int
send(struct desk *desk, const struct ticket *ticket, const struct closing *closing,
    const struct document *document, struct err *err)
{
	struct notice notice = {
		.kind = "handoff",
		.to_email = closing->to_email,
		.to_name = closing->to_name,
		.view = view_of(desk, ticket, closing, document),
	};
	int rc = add_question(desk, ticket, notice.view, err);

	if (rc == 0)
		rc = notice_thread(desk, ticket, &notice, err);
	if (rc < 0) {
		json_decref(notice.view);
		return rc;
	}
	/* It begins something for who reads it. */
	notice.subject = NULL;
	return notice_send(desk, &notice, NULL, err);
}

int
closing_handoff(
    struct desk *desk, const struct id *ticket, const struct document *document, struct err *err)
{
	struct closing closing;
	struct ticket row;
	int rc = closing_untold(desk->tx, ticket, &closing, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	rc = ticket_get(desk->tx, ticket, &row, err);
	if (rc == 0)
		rc = closing_set_told(desk->tx, ticket, desk->now, err);
	/* Erased meanwhile: the document stays, and there is nobody to be told. */
	return rc < 0 || closing.to_email[0] == '\0' ? rc
						     : send(desk, &row, &closing, document, err);
}
