/* assent rules replay: what rules would have done to what is recorded, beside what happened. */
#include "look.h"
#include "rules.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/base/zone.h>
#include <assent/flow/replay.h>
#include <assent/flow/verb.h>
#include <assent/store/people.h>

#include <string.h>
#include <unistd.h>

#define SINCE_DEFAULT (30 * MS_DAY)
#define PROGRESS_EVERY MS_SECOND

struct replaying {
	struct cli *cli;
	const char *ticket;
	struct engine *engine;
	struct replay_wish wish;
	struct replay *replay; /* from the first page on */
	utc_ms told; /* when the last line about the progress was printed */
	bool is_walked;
	size_t max; /* differences that people see; 0: all */
	json_t *out;
};

/* --- gathering ---------------------------------------------------------------------- */

static int
check_names(struct desk *desk, struct replaying *r, struct err *err)
{
	struct organisation organisation;
	int rc = 0;

	if (r->ticket)
		rc = verb_ticket(desk, r->ticket, &r->wish.ticket, err);
	if (rc < 0 || !*r->wish.organisation)
		return rc;
	return verb_organisation(desk, r->wish.organisation, &organisation, err);
}

static void
tell_progress(struct replaying *r)
{
	utc_ms now = clock_boot();

	if (r->cli->json || !isatty(STDERR_FILENO) || now - r->told < PROGRESS_EVERY)
		return;
	r->told = now;
	fprintf(stderr, "\r%zu tickets …", replay_report(r->replay)->tickets);
}

static json_t *
packet_json(const struct replay_packet *p)
{
	bool both = p->replayed != 0 && p->raised != 0;
	json_t *object = json_object();

	look_set_text(object, "rule", p->rule);
	json_object_set_new(
	    object, "ticket", p->ref ? json_sprintf("T-%lld", (long long)p->ref) : json_null());
	look_set_text(object, "once_key", p->once_key);
	look_set_text(object, "in", both ? "both" : p->replayed ? "replay" : "real");
	look_set_time(object, "replayed", p->replayed);
	look_set_time(object, "raised", p->raised);
	look_set_id(object, "packet", &p->id);
	return object;
}

static json_t *
rule_json(const struct replay_rule *rule)
{
	return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "rule",
	    cli_json_text(rule->id), "given", rule->is_replayed, "replayed",
	    (json_int_t)rule->replayed, "raised", (json_int_t)rule->raised, "both",
	    (json_int_t)rule->both, "moved", (json_int_t)rule->moved, "only_replayed",
	    (json_int_t)(rule->replayed - rule->both), "only_raised",
	    (json_int_t)(rule->raised - rule->both));
}

/* What each rule read that is not known as it was. */
static json_t *
uncertain_json(const struct replay_report *report, const struct rules *rules)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules_count(rules); i++)
		for (size_t fact = 0; fact < rules_fact_count(rules); fact++)
			for (int why = 0; why < REPLAY_REASON_COUNT; why++) {
				size_t n = report->lost[why][fact];

				if (n == 0 || !rule_uses(rules, i, fact))
					continue;
				json_array_append_new(list,
				    json_pack("{s:s, s:s, s:I, s:s}", "rule",
					rules_at(rules, i)->id, "fact",
					rules_fact(rules, fact)->name, "tickets", (json_int_t)n,
					"why", replay_reason_text((enum replay_reason)why)));
			}
	return list;
}

static json_t *
report_json(const struct replaying *r)
{
	const struct replay_report *report = replay_report(r->replay);
	const struct rules *rules = engine_rules(r->engine);
	json_t *list = json_array(), *packets = json_array();
	json_t *out = json_object();

	for (size_t i = 0; i < report->rule_count; i++)
		json_array_append_new(list, rule_json(&report->rules[i]));
	for (size_t i = 0; i < report->packet_count; i++)
		json_array_append_new(packets, packet_json(&report->packets[i]));
	look_set_time(out, "since", r->wish.since);
	look_set_time(out, "until", r->wish.until);
	look_set_text(out, "hash", rules_hash(rules));
	look_set_int(out, "tickets", (int64_t)report->tickets);
	look_set_int(out, "looks", (int64_t)report->looks);
	look_set_time(out, "recorded_since", report->recorded_since);
	json_object_set_new(out, "coarse", json_boolean(report->is_coarse));
	json_object_set_new(out, "rules", list);
	json_object_set_new(out, "packets", packets);
	json_object_set_new(out, "uncertain", uncertain_json(report, rules));
	return out;
}

static int
gather(struct desk *desk, void *arg, bool *more, struct err *err)
{
	struct replaying *r = arg;
	int rc = 0;

	if (!r->replay) {
		rc = check_names(desk, r, err);
		r->replay = replay_new(r->engine, &r->wish);
	}
	if (rc < 0)
		return rc;
	if (r->is_walked) {
		rc = replay_compare(desk, r->replay, err);
		if (rc == 0)
			r->out = report_json(r);
		return rc;
	}
	rc = replay_step(desk, r->replay, more, err);
	tell_progress(r);
	r->is_walked = !*more;
	*more = true;
	return rc;
}

/* --- showing ------------------------------------------------------------------------ */

static json_t *
of_rules(const json_t *all, size_t *quiet)
{
	json_t *list = json_array(), *rule;
	size_t i;

	*quiet = 0;
	json_array_foreach(json_object_get(all, "rules"), i, rule)
	{
		if (json_integer_value(json_object_get(rule, "replayed")) == 0 &&
		    json_integer_value(json_object_get(rule, "raised")) == 0)
			++*quiet;
		else
			json_array_append(list, rule);
	}
	return list;
}

static bool
take_time(const json_t *object, const char *key, utc_ms *out)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && utc_parse_iso(text, out);
}

/* "only replay", "only real", "2 h later in replay"; NULL where both are the same. */
static const char *
difference(struct arena *arena, const json_t *packet, utc_ms *at)
{
	utc_ms replayed = 0, raised = 0;
	bool is_replayed = take_time(packet, "replayed", &replayed);
	bool is_raised = take_time(packet, "raised", &raised);
	span_ms apart = replayed > raised ? replayed - raised : raised - replayed;

	*at = is_replayed ? replayed : raised;
	if (!is_replayed)
		return "only real";
	if (!is_raised)
		return "only replay";
	if (apart < REPLAY_APART)
		return NULL;
	return arena_printf(arena, "%s %s in replay", words_span(arena, apart),
	    replayed > raised ? "later" : "earlier");
}

static json_t *
differences(const json_t *all)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)256 << 20);
	json_t *list = json_array(), *packet;
	size_t i;

	json_array_foreach(json_object_get(all, "packets"), i, packet)
	{
		utc_ms at;
		const char *what = difference(arena, packet, &at);
		json_t *row;

		if (!what)
			continue;
		row = json_pack("{s:O, s:O, s:s}", "ticket", json_object_get(packet, "ticket"),
		    "rule", json_object_get(packet, "rule"), "what", what);
		look_set_time(row, "at", at);
		json_array_append_new(list, row);
	}
	return list;
}

static void
print_rules(const json_t *all)
{
	static const struct look_column columns[] = {
		{ "RULE", "rule", LOOK_NAME },
		{ "REPLAY", "replayed", LOOK_TEXT },
		{ "REAL", "raised", LOOK_TEXT },
		{ "BOTH", "both", LOOK_TEXT },
		{ "MOVED", "moved", LOOK_TEXT },
		{ "ONLY REPLAY", "only_replayed", LOOK_TEXT },
		{ "ONLY REAL", "only_raised", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	size_t quiet;
	json_t *rules = of_rules(all, &quiet);

	look_table(rules, columns, "No rule did anything in that time, nor would one have.");
	if (quiet > 0 && json_array_size(rules) > 0)
		printf("%zu other rule%s did nothing, nor would %s have.\n", quiet,
		    quiet == 1 ? "" : "s", quiet == 1 ? "it" : "they");
	json_decref(rules);
}

static void
print_differences(const struct replaying *r)
{
	static const struct look_column columns[] = {
		{ "WHEN", "at", LOOK_TIME },
		{ "TICKET", "ticket", LOOK_TEXT },
		{ "RULE", "rule", LOOK_NAME },
		{ "DIFFERENCE", "what", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	json_t *rows = differences(r->out);
	size_t n = json_array_size(rows), more = r->max && n > r->max ? n - r->max : 0;

	for (size_t i = n; i > n - more; i--)
		json_array_remove(rows, i - 1);
	putchar('\n');
	look_table(rows, columns, "Replay and reality agree.");
	if (more > 0)
		printf("… and %zu more; --max says how many to show.\n", more);
	json_decref(rows);
}

static void
print_uncertain(const struct replaying *r)
{
	const json_t *row, *list = json_object_get(r->out, "uncertain");
	AUTO(str_donep) struct str text = STR_INIT(1000);
	size_t i;

	if (json_array_size(list) > 0)
		look_heading("What is not known as it was");
	json_array_foreach(list, i, row)
	{
		json_int_t n = json_integer_value(json_object_get(row, "tickets"));

		str_clear(&text);
		str_addf(&text, "%s reads %s: %s, for %lld ticket%s", look_string(row, "rule"),
		    look_string(row, "fact"), look_string(row, "why"), (long long)n,
		    n == 1 ? "" : "s");
		look_bullet(str_text(&text));
	}
	if (json_array_size(list) > 0 && replay_report(r->replay)->recorded_since) {
		str_clear(&text);
		str_add(&text, "All changes are recorded since ");
		cli_add_time(&text, replay_report(r->replay)->recorded_since);
		look_bullet(str_text(&text));
	}
	if (replay_report(r->replay)->is_coarse)
		look_bullet("Some conditions ask for the time in a way that cannot be foreseen; "
			    "not every minute was looked at");
}

static int
show(struct replaying *r)
{
	AUTO(str_donep) struct str head = STR_INIT(400);
	const struct replay_report *report = replay_report(r->replay);

	if (r->cli->json)
		return cli_print_json(json_incref(r->out));
	cli_add_time(&head, r->wish.since);
	str_add(&head, " to ");
	cli_add_time(&head, r->wish.until);
	str_addf(&head, ", %zu ticket%s\n", report->tickets, report->tickets == 1 ? "" : "s");
	puts(str_text(&head));
	print_rules(r->out);
	print_differences(r);
	print_uncertain(r);
	return CLI_OK;
}

/* --- what is asked for ---------------------------------------------------------------- */

static int
read_wish(struct replaying *r)
{
	const char *since = cli_text(r->cli, "--since");
	const char *organisation = cli_text(r->cli, "--organisation");
	const struct settings *settings = NULL;
	utc_ms now = clock_now();
	int rc = cli_settings(r->cli, &settings);

	if (rc != CLI_OK)
		return rc;
	r->wish = (struct replay_wish){ .since = now - SINCE_DEFAULT,
		.until = now,
		.grain = REPLAY_GRAIN,
		.organisation = organisation ? organisation : "" };
	if (since && !look_past(settings, since, now, &r->wish.since))
		return cli_usage(r->cli,
		    "--since needs a time such as 90d or a day such as 2026-09-01, not '%s'",
		    since);
	if (r->wish.since >= now)
		return cli_usage(r->cli, "--since %s is not over yet; name a time that is", since);
	if (now - r->wish.since > REPLAY_SPAN_MAX)
		return cli_usage(r->cli, "--since goes back 366 days at most");
	return look_max(r->cli, &r->max);
}

static int
replay_rules(struct replaying *r, struct rules *rules)
{
	struct err err;
	int rc;

	if (engine_new(rules, &r->engine, &err) < 0)
		return cli_fail(r->cli, &err);
	rc = look_pages(r->cli, gather, r);
	if (r->told)
		fprintf(stderr, "\r\033[K");
	if (rc == CLI_OK)
		rc = show(r);
	json_decref(r->out);
	replay_free(r->replay);
	engine_free(r->engine);
	return rc;
}

int
verb_rules_replay(struct cli *cli)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;
	struct replaying r = { .cli = cli, .ticket = cli_text(cli, "--ticket") };
	int rc = read_wish(&r);

	if (rc == CLI_OK)
		rc = rules_read_with(cli, cli_text(cli, "--rules"), &rules);
	return rc == CLI_OK ? replay_rules(&r, rules) : rc;
}
