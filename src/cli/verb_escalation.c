/* Verbs about packets that wait for a person: looking at them. */
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/escalation_json.h>
#include <assent/flow/verb.h>

#define WORDS_MAX 4000

/* --- list -------------------------------------------------------------- */

struct packets { /* of `escalation list` */
	struct look_rows list; /* first: it is what look_listing() hands on */
	struct escalation_filter filter;
	const char *ticket;
};

static const char *
given(struct cli *cli, const char *option)
{
	const char *text = cli_text(cli, option);

	return text ? text : "";
}

static int
add_row(struct desk *desk, const struct escalation *e, json_t *rows, struct err *err)
{
	json_t *row = escalation_json(desk, e);
	int rc = look_add_id(desk, row, FIND_ESCALATION, &e->id, err);

	if (rc == 0)
		json_array_append(rows, row);
	json_decref(row);
	return rc;
}

/* A page at a time, as far back as is asked for. */
static int
gather_list(struct desk *desk, void *arg, struct err *err)
{
	struct packets *packets = arg;
	json_t *rows = packets->list.rows;
	size_t ask = packets->list.ask, n = 0;
	struct escalation *page = NULL;
	int rc =
	    packets->ticket ? verb_ticket(desk, packets->ticket, &packets->filter.ticket, err) : 0;

	do {
		if (rc == 0)
			rc = escalation_list(desk->tx, &packets->filter, &page, &n, err);
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (!ask || json_array_size(rows) < ask)
				rc = add_row(desk, &page[i], rows, err);
		if (rc == 0 && n > 0)
			packets->filter.before = page[n - 1].id;
	} while (rc == 0 && n == ESCALATION_PAGE && (!ask || json_array_size(rows) < ask));
	return rc;
}

static const struct look_column list_columns[] = {
	{ "ID", "shown", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },
	{ "PRIORITY", "priority", LOOK_TEXT },
	{ "DUE", "due", LOOK_TIME },
	{ "WITH", "assignee|to", LOOK_NAME },
	{ "TITLE", "title", LOOK_TEXT },
	{ NULL, NULL, LOOK_TEXT },
};

int
verb_escalation_list(struct cli *cli)
{
	static const char *const states[] = { "open", "pending", "in_progress", "resolved",
		"expired" };
	struct packets packets = {
		.filter = { .state = given(cli, "--state"),
		    .organisation = cli_text(cli, "--organisation"),
		    .priority = given(cli, "--priority"),
		    .reason = given(cli, "--reason"),
		    .assignee = given(cli, "--assignee"),
		    .rule = given(cli, "--rule"),
		    .overdue_at = cli_flag(cli, "--overdue") ? clock_now() : 0 },
		.ticket = cli_text(cli, "--ticket"),
	};
	const char *meant = escalation_reason_meant(packets.filter.reason);
	int rc = look_word(cli, "--state", states, ARRAY_LEN(states));

	if (rc == CLI_OK && meant)
		rc = cli_usage(cli, "--reason is never '%s'; did you mean '%s'?",
		    packets.filter.reason, meant);

	if (rc == CLI_OK)
		rc = look_word(
		    cli, "--priority", escalation_priority_names, ESCALATION_PRIORITY_COUNT);
	if (rc == CLI_OK)
		rc = look_organisation(cli, "--organisation");
	return rc == CLI_OK ? look_listing(cli, gather_list, &packets.list, list_columns) : rc;
}

/* --- show -------------------------------------------------------------- */

struct show {
	struct id id;
	json_t *out;
};

static int
gather_show(struct desk *desk, void *arg, struct err *err)
{
	struct show *show = arg;
	struct escalation e;
	int rc = escalation_get(desk->tx, &show->id, &e, err);

	return rc < 0 ? rc : escalation_json_whole(desk, &e, &show->out, err);
}

static void
print_texts(const json_t *packet)
{
	static const char *const texts[][2] = { { "Suggested", "suggest" },
		{ "If it waits", "risk" } };
	const json_t *item;
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		const char *text = look_string(packet, texts[i][1]);

		if (*text == '\0')
			continue;
		look_heading(texts[i][0]);
		look_text(text, WORDS_MAX);
	}
	json_array_foreach(json_object_get(packet, "missing"), i, item)
	{
		if (i == 0)
			look_heading("Missing");
		look_bullet(json_string_value(item));
	}
}

static void
print_lists(const json_t *packet)
{
	static const struct look_column artifacts[] = {
		{ "ARTIFACT", "type", LOOK_TEXT },
		{ "TITLE", "title", LOOK_NAME },
		{ "WHAT", "url|document|text", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column people[] = {
		{ "PUT TO", "email", LOOK_TEXT },
		{ "ROLE", "role", LOOK_TEXT },
		{ "WHEN", "at", LOOK_TIME },
		{ "NOT TOLD BECAUSE", "skipped", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const struct look_column history[] = {
		{ "WHEN", "at", LOOK_TIME },
		{ "WHAT", "kind", LOOK_TEXT },
		{ "BY", "by", LOOK_NAME },
		{ "TO", "after", LOOK_TEXT },
		{ "CAME BY", "channel", LOOK_TEXT },
		{ "EVIDENCE", "evidence", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	const struct {
		const char *heading, *key;
		const struct look_column *columns;
	} lists[] = {
		{ "Artifacts", "artifacts", artifacts },
		{ "People", "people", people },
		{ "History", "history", history },
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const json_t *rows = json_object_get(packet, lists[i].key);

		if (json_array_size(rows) == 0)
			continue;
		look_heading(lists[i].heading);
		look_table(rows, lists[i].columns, "");
	}
}

static void
print_packet(const json_t *packet)
{
	static const struct look_column fields[] = {
		{ "Packet", "id", LOOK_TEXT },
		{ "Title", "title", LOOK_TEXT },
		{ "State", "state", LOOK_TEXT },
		{ "Priority", "priority", LOOK_TEXT },
		{ "Reason", "reason", LOOK_TEXT },
		{ "Organisation", "organisation", LOOK_TEXT },
		{ "Ticket", "ticket", LOOK_TEXT },
		{ "About", "entity.type", LOOK_TEXT },
		{ "Named", "entity.id", LOOK_TEXT },
		{ "Workflow", "workflow", LOOK_TEXT },
		{ "Failed step", "failed_step", LOOK_TEXT },
		{ "Rule", "rule", LOOK_TEXT },
		{ "Raised by", "source", LOOK_TEXT },
		{ "Created", "created", LOOK_TIME },
		{ "Due", "due", LOOK_TIME },
		{ "Overdue", "overdue", LOOK_TEXT },
		{ "Put to", "to", LOOK_TEXT },
		{ "With", "assignee", LOOK_TEXT },
		{ "Put off until", "snoozed_until", LOOK_TIME },
		{ "Acknowledged", "acked_at", LOOK_TIME },
		{ "by", "acked_by", LOOK_TEXT },
		{ "Resolved", "resolution.at", LOOK_TIME },
		{ "Resolved by", "resolution.by", LOOK_TEXT },
		{ "After", "resolution.took_ms", LOOK_SPAN },
		{ "Done", "resolution.action", LOOK_TEXT },
		{ "Notes", "resolution.notes", LOOK_TEXT },
		{ "Workflow told", "resume.state", LOOK_TEXT },
		{ "Tries", "resume.tries", LOOK_TEXT },
		{ "Last try", "resume.at", LOOK_TIME },
		{ "It answered", "resume.status", LOOK_TEXT },
		{ "with", "resume.answer", LOOK_TEXT },
		{ "Trouble", "resume.error", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_fields(packet, fields);
	print_texts(packet);
	print_lists(packet);
}

int
verb_escalation_show(struct cli *cli)
{
	struct show show = { .out = NULL };
	int rc = look_id(cli, FIND_ESCALATION, cli->words[0], &show.id);

	if (rc == CLI_OK)
		rc = look(cli, gather_show, &show);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(show.out);
	print_packet(show.out);
	json_decref(show.out);
	return CLI_OK;
}

/* --- statistics ---------------------------------------------------------- */

struct counting {
	struct escalation_period period;
	json_t *out;
};

static int
gather_stats(struct desk *desk, void *arg, struct err *err)
{
	struct counting *counting = arg;
	struct escalation_stats stats;
	int rc;

	counting->period.now = desk->now;
	rc = escalation_stats(desk->tx, &counting->period, &stats, err);
	if (rc == 0)
		counting->out = escalation_stats_json(&stats);
	return rc;
}

static void
print_counts(const json_t *stats, const char *key, const char *heading)
{
	const char *word;
	json_t *n;

	if (json_object_size(json_object_get(stats, key)) == 0)
		return;
	look_heading(heading);
	json_object_foreach(json_object_get(stats, key), word, n)
	{
		printf("    %-24s %8lld\n", word, (long long)json_integer_value(n));
	}
}

static void
print_stats(const json_t *stats)
{
	static const char *const times[][2] = {
		{ "Average minutes until resolved", "average_resolution_minutes" },
		{ "95 of 100 resolved within minutes", "p95_resolution_minutes" },
		{ "Oldest pending, hours", "oldest_pending_hours" },
	};

	printf("%-35s %lld\n", "Packets",
	    (long long)json_integer_value(json_object_get(stats, "total")));
	printf("%-35s %lld\n", "Open and overdue",
	    (long long)json_integer_value(json_object_get(stats, "overdue")));
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		printf("%-35s %.1f\n", times[i][0],
		    json_number_value(json_object_get(stats, times[i][1])));
	print_counts(stats, "by_state", "By state");
	print_counts(stats, "by_priority", "By priority");
	print_counts(stats, "by_reason", "By reason");
}

/* CLI_OK or an exit status. */
static int
take_past(struct cli *cli, const char *option, utc_ms *out)
{
	const char *text = cli_text(cli, option);
	const struct settings *settings = NULL;
	int rc = text ? cli_settings(cli, &settings) : CLI_OK;

	if (!text || rc != CLI_OK || look_past(settings, text, clock_now(), out))
		return rc;
	return cli_usage(
	    cli, "%s needs a time such as 30d or a day such as 2026-09-01, not '%s'", option, text);
}

int
verb_escalation_stats(struct cli *cli)
{
	struct counting counting = { .period = {
					 .organisation = cli_text(cli, "--organisation") } };
	struct escalation_period *period = &counting.period;
	int rc = take_past(cli, "--since", &period->from);

	if (rc == CLI_OK)
		rc = take_past(cli, "--until", &period->to);
	if (rc == CLI_OK && period->to && period->to <= period->from)
		return cli_usage(cli, "--until must be later than --since");
	if (rc == CLI_OK)
		rc = look_organisation(cli, "--organisation");
	if (rc == CLI_OK)
		rc = look(cli, gather_stats, &counting);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(counting.out);
	print_stats(counting.out);
	json_decref(counting.out);
	return CLI_OK;
}
