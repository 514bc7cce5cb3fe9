#include "describe.h"

const struct look_column describe_approval_columns[] = {
	{ "APPROVAL", "shown", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "TICKET", "ticket", LOOK_TEXT },
	{ "WHEN", "decided_at|asked_at|ask_at", LOOK_TIME },
	{ "APPROVER", "approver", LOOK_NAME },
	{ "TITLE", "title", LOOK_TEXT },
	{ NULL, NULL, LOOK_TEXT },
};

static void
add_times(json_t *object, const struct approval *a)
{
	look_set_time(object, "created", a->created);
	look_set_time(object, "ask_at", a->ask_at);
	look_set_time(object, "asked_at", a->asked_at);
	look_set_time(object, "reminded_at", a->reminded_at);
	look_set_time(object, "deadline", a->deadline);
	look_set_time(object, "decided_at", a->decided_at);
	if (a->decided_at)
		look_set_int(object, "turnaround_ms", a->turnaround);
	else
		json_object_set_new(object, "turnaround_ms", json_null());
}

int
describe_approval(struct desk *desk, const struct approval *approval, json_t **out, struct err *err)
{
	struct matter m;
	json_t *object;
	int rc = matter_load(desk, &approval->id, &m, err);

	if (rc < 0)
		return rc;
	object = json_object();
	rc = look_add_id(desk, object, FIND_APPROVAL, &approval->id, err);
	json_object_set_new(object, "ticket", json_sprintf("T-%lld", (long long)m.ticket.ref));
	look_set_text(object, "title", m.ticket.title);
	look_set_text(object, "state", approval_state_name(m.approval.state));
	look_set_text(object, "question", m.approval.question);
	look_set_text(object, "organisation", m.organisation.name);
	look_set_text(object, "approver", m.ballot.person_email);
	look_set_text(object, "approver_name", m.ballot.person_name);
	look_set_text(object, "requested_by", m.approval.requested_by);
	look_set_id(object, "batch", &m.approval.batch);
	look_set_int(object, "item", m.approval.item);
	add_times(object, &m.approval);
	look_set_text(object, "comment", m.approval.comment);
	if (rc < 0)
		json_decref(object);
	else
		*out = object;
	return rc;
}

/* Those of one batch came at one moment: by item, as in the mail. */
static void
sort_batches(struct approval *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct approval moved = list[i];
		size_t at = i;

		for (; at > 0 && !id_is_null(&moved.batch); at--)
			if (!id_equal(&list[at - 1].batch, &moved.batch) ||
			    list[at - 1].item <= moved.item)
				break;
			else
				list[at] = list[at - 1];
		list[at] = moved;
	}
}

int
describe_approvals(
    struct desk *desk, const struct approval_filter *filter, json_t **out, struct err *err)
{
	json_t *list = json_array(), *object;
	struct approval *approvals;
	size_t n;
	int rc = approval_list(desk->tx, filter, &approvals, &n, err);

	if (rc == 0)
		sort_batches(approvals, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = describe_approval(desk, &approvals[i], &object, err);
		if (rc == 0)
			json_array_append_new(list, object);
	}
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

int
describe_inbound(struct desk *desk, const struct inbound *inbound, json_t **out, struct err *err)
{
	json_t *object = json_object();
	int rc = look_add_id(desk, object, FIND_INBOUND, &inbound->id, err);

	look_set_text(object, "source", inbound->source);
	look_set_text(object, "source_key", inbound->source_key);
	look_set_time(object, "received", inbound->received);
	look_set_int(object, "size", inbound->size);
	look_set_text(object, "status", inbound->status);
	look_set_text(object, "outcome", inbound->outcome);
	look_set_text(object, "from", inbound->from_email);
	look_set_text(object, "subject", inbound->subject);
	look_set_ticket(desk, object, "ticket", &inbound->ticket);
	look_set_text(object, "spool", inbound->spool);
	if (rc < 0)
		json_decref(object);
	else
		*out = object;
	return rc;
}
