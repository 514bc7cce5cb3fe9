#include "flow/record.h"

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/store/ticket.h>

#define FIELDS_MAX 16

int
record_event(
    struct desk *desk, const struct id *ticket, const struct record_change *change, struct err *err)
{
	struct event event = {
		.ticket = *ticket,
		.at = desk->now,
		.kind = change->kind,
		.actor = change->actor,
		.before = change->before != NULL ? change->before : "",
		.after = change->after != NULL ? change->after : "",
	};

	return event_add(desk->tx, &event, err);
}

int
record_ledger(
    struct desk *desk, const struct record_entry *entry, struct ledger_head *head, struct err *err)
{
	struct ledger_field fields[FIELDS_MAX];
	struct ledger_entry row = {
		.at = desk->now,
		.kind = entry->kind,
		.subject = entry->subject,
		.fields = fields,
	};

	for (size_t i = 0; i < entry->field_count && row.field_count < FIELDS_MAX; i++) {
		if (entry->fields[i].value == NULL)
			continue;
		fields[row.field_count++] = entry->fields[i];
	}
	return ledger_append(desk->tx, &row, head, err);
}

const char *
record_maybe(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

const char *
record_hex(struct desk *desk, const uint8_t hash[SHA256_SIZE])
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE);

	str_add_hex(&hex, hash, SHA256_SIZE);
	return arena_dup(tx_arena(desk->tx), str_text(&hex));
}

int
record_head(struct desk *desk, json_t *view, struct err *err)
{
	struct ledger_head head;
	int rc = ledger_head(desk->tx, &head, err);

	if (rc < 0)
		return rc;
	view_text(view, "head", record_hex(desk, head.hash));
	json_object_set_new(view, "head_seq", json_integer(head.seq));
	return 0;
}
