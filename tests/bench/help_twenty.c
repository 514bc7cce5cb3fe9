#include "help_twenty.h"

#include <stdio.h>
#include <stdlib.h>

/* As sites write them: values, states, times, texts, counts. */
static const char *const conditions[RULES] = {
	"deal_value > 100000 and status in ('open', 'waiting')",
	"hours_since(unanswered_since) > 120 and status <> 'resolved'",
	"ai_confidence < 60 and status in ('open', 'waiting', 'decided')",
	"consent_expires is not null and hours_until(consent_expires) < 0",
	"delivery_failures >= 3",
	"approval_state = 'sent' and hours_since(asked_at) > 96 and reminders >= 1",
	"approval_state = 'undeliverable'",
	"unclear_answers >= 2 and approval_state = 'sent'",
	"priority = 'critical' and hours_since(created) > 4 and engineer is null",
	"matches(title, '*outage*') and status = 'open'",
	"status = 'paused' and days_since(status_since) > 14",
	"messages > 40 and status <> 'resolved'",
	"spent_minutes > 480 and approval_state is null",
	"organisation in ('northwind', 'brightdesk') and hours_since(created) > 8",
	"rejections >= 2 and status = 'open'",
	"owner_away and approval_state = 'sent' and hours_until(answer_by) < 24",
	"open_tasks > 10",
	"hours_between(asked_at, answer_by) < 24 and approval_state = 'sent'",
	"last_message_by = 'customer' and hours_since(last_message) > 24 and status = 'waiting'",
	"open_approvals > 20 and approval_state = 'sent'",
};

struct rules *
bench_twenty(void)
{
	AUTO(str_donep) struct str text = STR_INIT(64 << 10);
	struct rules_file file = { .name = "rules/bench.yaml" };
	const struct rules_source source = { .files = &file, .file_count = 1 };
	struct rules *rules = NULL;
	struct err err;

	str_add(&text, "facts:\n  deal_value: {type: number, default: 0}\nrules:\n");
	for (size_t i = 0; i < RULES; i++)
		str_addf(&text, "  - {id: r%zu, title: {en: r}, to: owner, when: \"%s\"}\n", i,
		    conditions[i]);
	file.text = str_text(&text);
	file.len = text.len;
	if (rules_load(&source, &rules, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return rules;
}
