/* Rule files: what is refused where, what a site overrides, what ships. */
#include "help_rules.h"

#include <assent/base/data.h>
#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RULE(rest) "rules:\n  - {id: r, title: {en: t}, to: owner, when: messages > 5" rest "}\n"

static const struct {
	const char *text, *want; /* "" when it is taken */
} files[] = {
	{ "rules: []\n", "" },
	{ "facts: {}\nrules: []\n", "" },
	{ "facts:\nrules:\n", "" },
	{ "facts: {x: {type: number}}\n", "" },
	{ "", "1:1: the file is empty\n" },
	{ "rules: 5\n", "1:8: rules: expected a list, found one value\n" },
	{ "- a\n", "1:1: a file of rules is a group of keys, found a list\n" },
	{ "rule: []\n", "1:1: a file of rules has no key 'rule' (rules?)\n" },
	{ "rules: []\nrules: []\n", "2:1: 'rules' is given twice (first in line 1)\n" },
	{ "rules: [5]\n", "1:9: a rule is a group of keys, found one value\n" },
	{ "rules:\n\t- a\n", "2:1: a tab in front of a line; indent with blanks\n" },
	{ "rules: &a []\n",
	    "1:8: anchors (&) and aliases (*) are not allowed; write the value out, or quote "
	    "it\n" },
	/* keys of a rule */
	{ "rules:\n  - {id: r}\n",
	    "2:5: r: a rule needs the key 'title'\n2:5: r: a rule needs the key 'when'\n"
	    "2:5: r: a rule that says then: escalate needs the key 'to'\n" },
	{ "rules:\n  - {title: {en: t}, to: owner, when: messages > 5}\n",
	    "2:5: a rule needs the key 'id'\n" },
	{ RULE(", prority: high"), "2:60: r: a rule has no key 'prority' (priority?)\n" },
	{ RULE(", priority: hihg"),
	    "2:70: r: priority: 'hihg' is none of: critical, high, medium, low (high?)\n" },
	{ RULE(", reason: validation_failure"), "" },
	{ RULE(", reason: timout"),
	    "2:68: r: reason: 'timout' is nearly a known reason (timeout?)\n" },
	{ RULE(", reason: board_meeting"), "" },
	{ RULE(", reason: Board meeting"),
	    "2:68: r: reason: 'Board meeting' must be of a-z, 0-9 and '_'\n" },
	{ RULE(", once_per: week"),
	    "2:70: r: once_per: 'week' is none of: ticket, approval, organisation, day\n" },
	{ RULE(", then: notify"), "" },
	{ RULE(", then: remind"),
	    "2:33: r: to: means nothing with then: remind, only with escalate, request_approval, "
	    "notify, close\n" },
	{ RULE(", then: escalates"),
	    "2:66: r: then: 'escalates' is none of: escalate, request_approval, remind, notify, "
	    "close (escalate?)\n" },
	{ RULE(", due: 4h"), "" },
	{ RULE(", due: 4"),
	    "2:65: r: due: expected a duration such as 30m, 4h or 2d, of one minute to 365 days, "
	    "found '4'\n" },
	{ RULE(", due: 5s"),
	    "2:65: r: due: expected a duration such as 30m, 4h or 2d, of one minute to 365 days, "
	    "found '5s'\n" },
	{ RULE(", due: 366d"),
	    "2:65: r: due: expected a duration such as 30m, 4h or 2d, of one minute to 365 days, "
	    "found '366d'\n" },
	{ RULE(", due: [4h]"),
	    "2:65: r: due: expected a duration such as 30m, 4h or 2d, found a list\n" },
	{ RULE(", group: \"a b\""), "2:67: r: group: 'a b' must be of a-z, 0-9, '-' and '_'\n" },
	{ RULE(", id: s"), "2:60: r: 'id' is given twice (first in line 2)\n" },
	{ "rules:\n  - {id: R 1, title: {en: t}, to: owner, when: messages > 5}\n",
	    "2:10: id: 'R 1' must be of a-z, 0-9, '-' and '_'\n" },
	{ RULE("") "  - {id: r, title: {en: t}, to: owner, when: messages > 6}\n",
	    "3:10: id: 'r' is a rule already (rules/t.yaml:2)\n" },
	{ "rules:\n  - {id: r, title: t, to: owner, when: messages > 5}\n",
	    "2:20: r: title: expected a text for each language: {en: …, ar: …}\n" },
	{ "rules:\n  - {id: r, title: {}, to: owner, when: messages > 5}\n",
	    "2:20: r: title: a text in one language at least\n" },
	{ "rules:\n  - {id: r, title: {english!: t}, to: owner, when: messages > 5}\n",
	    "2:21: r: title: 'english!' is no locale such as en or ar\n" },
	{ "rules:\n  - {id: r, title: {en: t, en: u}, to: owner, when: messages > 5}\n",
	    "2:28: r: title: 'en' is given twice\n" },
	{ "rules:\n  - {id: r, title: {en: \"a\\nb\"}, to: owner, when: messages > 5}\n",
	    "2:25: r: title: must be one line of text\n" },
	{ "rules:\n  - {id: r, title: {en: t}, to: The boss, when: messages > 5}\n",
	    "2:33: r: to: 'The boss' must be of a-z, 0-9, '-' and '_'\n" },
	{ "rules:\n  - {id: r, title: {en: t}, to: boss@brightdesk.example, when: messages > 5}\n",
	    "" },
	/* levels */
	{ RULE(", levels: [{after: 2h, to: director}, {after: 1d, to: owner}]"), "" },
	{ RULE(", levels: [{after: 1d, to: director}, {after: 2h, to: owner}]"),
	    "2:96: r: levels: each is later than the one before it\n" },
	{ RULE(", levels: [{after: 1d}]"), "2:69: r: a level needs the key 'to'\n" },
	{ RULE(", levels: {after: 1d}"),
	    "2:68: r: levels: expected a list, found a group of keys\n" },
	{ RULE(", levels: [{afer: 1d, to: x}]"),
	    "2:69: r: a level needs the key 'after'\n2:70: r: a level has no key 'afer' "
	    "(after?)\n" },
	{ RULE(", then: close, levels: [{after: 1d, to: x}]"),
	    "2:81: r: levels: means nothing with then: close, only with escalate\n" },
	{ RULE(", levels: [{after: 1d, to: x, repeat: 30m}]"), "" },
	{ RULE(", levels: [{after: 1d, to: x, repeat: 1m}]"),
	    "2:96: r: repeat: every five minutes at most\n" },
	{ RULE(", levels: [{after: 1d, to: x, repeat: 3}]"),
	    "2:96: r: repeat: expected a duration such as 30m, 4h or 2d, of one minute to 365 "
	    "days, found '3'\n" },
	/* what it does */
	{ RULE(", then: request_approval, ask: {en: May we?}"), "" },
	{ RULE(", then: request_approval"),
	    "2:5: r: a rule that says then: request_approval needs the key 'ask'\n" },
	{ RULE(", then: request_approval, ask: May we?"),
	    "2:89: r: ask: expected a text for each language: {en: …, ar: …}\n" },
	{ RULE(", ask: {en: May we?}"),
	    "2:65: r: ask: means nothing with then: escalate, only with request_approval\n" },
	{ RULE(", then: request_approval, ask: {en: May we?}, once_per: approval"),
	    "2:114: r: once_per: approval cannot be with then: request_approval, which has ticket, "
	    "day\n" },
	{ RULE(", then: close, withdraw: true"), "" },
	{ RULE(", then: close, withdraw: maybe"),
	    "2:83: r: withdraw: expected true or false, found 'maybe'\n" },
	{ RULE(", then: notify, withdraw: true"),
	    "2:84: r: withdraw: means nothing with then: notify, only with close\n" },
	{ RULE(", then: notify, due: 4h, reason: timeout"),
	    "2:79: r: due: means nothing with then: notify, only with escalate\n"
	    "2:91: r: reason: means nothing with then: notify, only with escalate\n" },
	{ RULE(", then: close, once_per: day"),
	    "2:83: r: once_per: day cannot be with then: close, which has ticket\n" },
	{ "rules:\n  - {id: r, title: {en: t}, when: messages > 5, then: remind}\n", "" },
	{ "rules:\n  - {id: r, title: {en: t}, when: messages > 5, then: remind, once_per: "
	  "organisation}\n",
	    "2:73: r: once_per: organisation cannot be with then: remind, which has ticket, "
	    "approval, day\n" },
	{ "rules:\n  - {id: r, title: {en: t}, when: messages > 5, then: notify}\n",
	    "2:5: r: a rule that says then: notify needs the key 'to'\n" },
	/* facts */
	{ "facts: {x: {type: nummer}}\n",
	    "1:19: x: type: 'nummer' is none of: number, text, bool, time (number?)\n" },
	{ "facts: {x: {unit: SAR}}\n", "1:12: x: a fact needs the key 'type'\n" },
	{ "facts: {x: number}\n", "1:12: x: a fact is a group of keys, found one value\n" },
	{ "facts: {x: {type: number, default: many}}\n",
	    "1:36: x: default: 'many' is no number\n" },
	{ "facts: {x: {default: 5, type: number}}\n", "" },
	{ "facts: {x: {type: text, words: [a, b], default: c}}\n",
	    "1:49: x: default: 'c' is no text of: a b\n" },
	{ "facts: {x: {type: text, words: [a b]}}\n", "1:33: x: words: 'a b' is not one word\n" },
	{ "facts: {status: {type: text}}\n",
	    "1:9: 'status' is a fact already; it needs no declaration\n" },
	{ "facts: {lower: {type: text}}\n", "1:9: 'lower' is a function; choose another name\n" },
	{ "facts: {and: {type: text}}\n",
	    "1:9: 'and' is a word of expressions; choose another name\n" },
	{ "facts: {Deal Value: {type: number}}\n",
	    "1:9: 'Deal Value' is no name of a fact: a letter a-z, then a-z, 0-9 and _, at most "
	    "40\n" },
	{ "facts: {x: {type: number}, x: {type: text}}\n",
	    "1:28: 'x' is declared twice; all files, and those that ship, share their facts\n" },
	/* tests */
	{ RULE(", tests: [{facts: {messages: 6}, expect: true}]"), "" },
	{ "rules:\n  - {tests: [{facts: {messages: 6}, expect: true}], id: r, title: {en: t}, "
	  "to: owner, when: messages > 5}\n",
	    "" },
	{ RULE(", tests: [{facts: {messages: 6}}]"), "2:68: r: a test needs the key 'expect'\n" },
	{ RULE(", tests: [{facts: {messages: 6}, expect: yes}]"),
	    "2:99: r: expect: expected true or false, found 'yes'\n" },
	{ RULE(", tests: [{facts: {mesages: 6}, expect: true}]"),
	    "2:77: r: unknown fact 'mesages' (messages?)\n" },
	{ RULE(", tests: [{facts: {status: open}, expect: true}]"),
	    "2:77: r: the rule does not read 'status'\n" },
	{ RULE(", tests: [{facts: {messages: six}, expect: true}]"),
	    "2:87: r: messages: 'six' is no number\n" },
	{ RULE(", tests: [{facts: {messages: 6, messages: 7}, expect: true}]"),
	    "2:90: r: 'messages' is given twice\n" },
	{ RULE(", tests: [{facts: {messages: 6}, now: today, expect: true}]"),
	    "2:96: r: now: expected a time such as 2026-01-01T12:00:00Z, found 'today'\n" },
	/* several faults, in the order of the file */
	{ "facts: {x: {type: numbr}}\nrules:\n  - {id: r, title: {en: t}, to: owner, when: y > 5, "
	  "due: z}\n",
	    "1:19: x: type: 'numbr' is none of: number, text, bool, time (number?)\n"
	    "3:46: r: when: unknown fact 'y'\n"
	    "3:58: r: due: expected a duration such as 30m, 4h or 2d, of one minute to 365 days, "
	    "found 'z'\n" },
};

static void
a_file_is_taken_or_every_fault_has_its_place(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(str_donep) struct str faults = STR_INIT(10000);
		AUTO(rules_unrefp) struct rules *rules = rules_of(files[i].text, &faults);

		if ((rules != NULL) != (*files[i].want == '\0') ||
		    strcmp(str_text(&faults), files[i].want) != 0)
			fail_msg("%s\nsaid   %swanted %s", files[i].text, str_text(&faults),
			    files[i].want);
	}
}

/* However YAML wraps an expression: the fault stands under its X. */
static const char *const wrapped[] = {
	"    when: status = 'open' and X > 5\n",
	"    when: \"status = 'open' and X > 5\"\n",
	"    when: \"status = 'open' \\\n      and X > 5\"\n",
	"    when: 'status = ''open'' and X > 5'\n",
	"    when: status = 'open'\n      and X > 5\n",
	"    when: status = 'open'   \n\n\n      and X > 5\n",
	"    when: |\n      status = 'open'\n      and X > 5\n",
	"    when: |\n      status = 'open'\n        and X > 5\n",
	"    when: |-\n\n      status = 'open'\n\n      and X > 5\n",
	"    when: >\n      status = 'open'\n      and X > 5\n",
	"    when: >-\n      status = 'open'\n\n        and X > 5\n",
	"    when:\n      status = 'open' and X > 5\n",
	"    when: title = 'صفقة' and X > 5\n",
	"    when: \"title = 'a\\\"b' and X > 5\"\n",
};

static void
a_fault_inside_an_expression_has_its_own_place(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(wrapped); i++) {
		AUTO(str_donep) struct str text = STR_INIT(2000), faults = STR_INIT(2000);
		struct rules *rules;
		char want[80];
		int line = 1, column = 1;

		str_addf(
		    &text, "rules:\n  - id: r\n    title: {en: t}\n    to: owner\n%s", wrapped[i]);
		for (const char *p = str_text(&text); *p != 'X'; p++) {
			column += ((unsigned char)*p & 0xc0) != 0x80;
			if (*p == '\n') {
				line++;
				column = 1;
			}
		}
		snprintf(want, sizeof(want), "%d:%d: r: when: unknown fact 'x'\n", line, column);
		rules = rules_of(str_text(&text), &faults);
		assert_null(rules);
		if (strcmp(str_text(&faults), want) != 0)
			fail_msg("%s\nsaid   %swanted %s", wrapped[i], str_text(&faults), want);
	}
}

/* --- what a rule says ------------------------------------------------------------------ */

static void
a_rule_says_what_its_file_says_and_the_rest_is_usual(void **state)
{
	AUTO(rules_unrefp)
	struct rules *rules =
	    rules_of("rules:\n"
		     "  - id: all\n"
		     "    title: {en: English, ar: عربي, de: Deutsch}\n"
		     "    when: messages > 5\n"
		     "    reason: timeout\n"
		     "    priority: critical\n"
		     "    due: 4h\n"
		     "    to: manager\n"
		     "    levels: [{after: 2h, to: director}, {after: 1d, to: owner}]\n"
		     "    suggest:\n      en: >\n        Do\n        it\n"
		     "    once_per: day\n"
		     "    then: escalate\n"
		     "    group: g\n"
		     "  - {id: few, title: {ar: x}, when: messages > 5, then: close}\n",
		NULL);
	const struct rule *all, *few;
	size_t i = 7;

	assert_non_null(rules);
	assert_int_equal(rules_count(rules), 2);
	all = rules_find(rules, "all", &i);
	few = rules_at(rules, 1);
	assert_int_equal(i, 0);
	assert_null(rules_at(rules, 2));
	assert_null(rules_find(rules, "none", NULL));
	assert_string_equal(all->file, "rules/t.yaml");
	assert_int_equal(all->line, 2);
	assert_string_equal(all->when, "messages > 5");
	assert_string_equal(all->reason, "timeout");
	assert_int_equal(all->priority, ESCALATION_CRITICAL);
	assert_true(all->due == 4 * MS_HOUR);
	assert_string_equal(all->to, "manager");
	assert_int_equal(all->level_count, 2);
	assert_true(all->levels[1].after == MS_DAY);
	assert_string_equal(all->levels[1].to, "owner");
	assert_int_equal(all->once_per, ONCE_PER_DAY);
	assert_string_equal(all->group, "g");
	assert_string_equal(rule_text_in(&all->title, "ar"), "عربي");
	assert_string_equal(rule_text_in(&all->title, "ar-SA"), "عربي");
	assert_string_equal(rule_text_in(&all->title, "de_AT"), "Deutsch");
	assert_string_equal(rule_text_in(&all->title, "fr"), "English");
	assert_string_equal(rule_text_in(&all->suggest, "ar"), "Do it");
	assert_string_equal(rule_text_in(&few->suggest, "ar"), "");
	assert_string_equal(few->reason, "other");
	assert_int_equal(few->priority, ESCALATION_MEDIUM);
	assert_true(few->due == 0 && few->level_count == 0);
	assert_int_equal(few->then, THEN_CLOSE);
	assert_int_equal(few->once_per, ONCE_PER_TICKET);
	assert_string_equal(few->to, "");
	assert_string_equal(few->group, "");
}

/* --- tests in files ----------------------------------------------------------------------- */

static void
add_tested(void *arg, const struct rule_tested *tested)
{
	str_addf(arg, "%s %s/%zu:%d:%d %s\n", tested->passed ? "ok" : "not ok", tested->rule->id,
	    tested->n, tested->line, tested->column, tested->why);
}

static void
tests_beside_a_rule_run_and_tell(void **state)
{
	AUTO(str_donep) struct str lines = STR_INIT(10000);
	AUTO(rules_unrefp)
	struct rules *rules = rules_of(
	    "facts: {x: {type: number, default: 7}}\n"
	    "rules:\n"
	    "  - id: r\n"
	    "    title: {en: t}\n"
	    "    to: owner\n"
	    "    when: x > 5 and hours_since(created) > 24\n"
	    "    tests:\n"
	    "      - {facts: {created: 25h ago}, expect: true}\n"
	    "      - {facts: {created: 25h ago, x: 5}, expect: true}\n"
	    "      - {facts: {created: in 1h}, expect: false}\n"
	    "      - {facts: {created: null}, expect: true}\n"
	    "      - {facts: {created: 2026-01-01T00:00:00Z}, now: \"2026-01-02T00:00:01Z\", "
	    "expect: "
	    "true}\n"
	    "      - {facts: {created: 2026-01-01}, now: \"2026-01-02T00:00:00Z\", expect: true}\n",
	    &lines);

	if (!rules)
		fail_msg("%s", str_text(&lines));
	assert_int_equal(rules_test(rules, add_tested, &lines), 3);
	assert_string_equal(str_text(&lines),
	    "ok r/1:8:9 \n"
	    "not ok r/2:9:9 expected true, found false\n"
	    "ok r/3:10:9 \n"
	    "not ok r/4:11:9 expected true, found unknown\n"
	    "ok r/5:12:9 \n"
	    "not ok r/6:13:9 expected true, found false\n");
}

/* --- what ships, and what a site changes ------------------------------------------------- */

static void
add_fault(void *arg, const char *file, const struct fault *fault)
{
	str_addf(arg, "%s:%d:%d: %s\n", file, fault->line, fault->column, fault->message);
}

#define OWN(to) "rules:\n  - {id: own, title: {en: t}, to: " to ", when: messages > 5}\n"

static struct rules *
load(const char *site_dir, struct str *faults)
{
	static const char *const roles[] = { "manager", "lead" };
	const struct rules_source source = { .site_dir = site_dir,
		.roles = roles,
		.role_count = ARRAY_LEN(roles),
		.fault = add_fault,
		.arg = faults };
	struct rules *rules = NULL;
	struct err err;

	if (rules_load(&source, &rules, &err) < 0 && faults->len == 0)
		str_addf(faults, "%s\n", err.text);
	return rules;
}

/* Arabic is complete, and each has tests that it holds and that it does not. */
static void
what_ships_passes_its_tests_in_english_and_arabic(void **state)
{
	static const char *const ids[] = { "silent_owner", "approval_undeliverable",
		"unclear_twice", "high_value_deal", "no_response_5_days", "low_ai_confidence",
		"consent_expired", "three_delivery_failures" };
	AUTO(str_donep) struct str lines = STR_INIT(20000);
	AUTO(rules_unrefp) struct rules *rules = load(NULL, &lines);

	if (!rules)
		fail_msg("%s", str_text(&lines));
	assert_int_equal(rules_count(rules), ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const struct rule *rule = rules_at(rules, i);

		assert_string_equal(rule->id, ids[i]);
		assert_string_not_equal(
		    rule_text_in(&rule->title, "en"), rule_text_in(&rule->title, "ar"));
		assert_string_not_equal(
		    rule_text_in(&rule->suggest, "en"), rule_text_in(&rule->suggest, "ar"));
		assert_true(strcmp(rule->reason, "other") != 0 && rule->due > 0);
	}
	assert_int_equal(rules_find(rules, "consent_expired", NULL)->priority, ESCALATION_CRITICAL);
	if (rules_test(rules, add_tested, &lines) > 0)
		fail_msg("%s", str_text(&lines));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_non_null(strstr(str_text(&lines), ids[i]));
}

static char site[] = "/tmp/test-rules-XXXXXX";

static void
put(const char *name, const char *text)
{
	AUTO(str_donep) struct str path = STR_INIT(200);
	struct err err;

	str_addf(&path, "%s/%s", site, name);
	assert_int_equal(file_write(str_text(&path), text, strlen(text), 0644, &err), 0);
}

static void
drop(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", site, name);
	assert_int_equal(remove(path), 0);
}

static int
make_site(void **state)
{
	AUTO(str_donep) struct str path = STR_INIT(200);
	struct err err;

	assert_non_null(mkdtemp(site));
	str_addf(&path, "%s/rules", site);
	return folder_make(str_text(&path), 0755, &err);
}

static int
drop_site(void **state)
{
	static const char *const names[] = { "rules/desk.yaml", "rules/own.yaml", "rules/a.yml",
		"rules/approvals.yaml", "rules/.hidden.yaml", "rules/notes.txt", "rules" };
	char path[200];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", site, names[i]);
		if (remove(path) < 0)
			continue;
	}
	return rmdir(site);
}

static void
a_sites_file_takes_the_place_of_the_one_that_ships(void **state)
{
	AUTO(str_donep) struct str lines = STR_INIT(20000);
	struct rules *rules, *same;

	put("rules/desk.yaml", "rules: []\n");
	put("rules/own.yaml", OWN("lead"));
	put("rules/.hidden.yaml", "no rules at all");
	put("rules/notes.txt", "no rules at all");
	rules = load(site, &lines);
	if (!rules)
		fail_msg("%s", str_text(&lines));
	assert_int_equal(rules_count(rules), 4); /* three of approvals.yaml, and own */
	assert_string_equal(rules_at(rules, 3)->file, "rules/own.yaml");
	same = load(site, &lines);
	assert_string_equal(rules_hash(rules), rules_hash(same));
	rules_unref(same);
	put("rules/own.yaml",
	    "rules:\n  - {id: own, title: {en: t}, to: lead, when: messages > 6}\n");
	same = load(site, &lines);
	assert_string_not_equal(rules_hash(rules), rules_hash(same));
	rules_unref(same);
	rules_unref(rules);
}

static void
faults_of_all_files_are_told_and_roles_are_known(void **state)
{
	AUTO(str_donep) struct str lines = STR_INIT(20000);
	struct rules *rules;

	put("rules/desk.yaml",
	    "rules:\n  - {id: a, title: {en: t}, to: leed, when: messages > 5}\n");
	put("rules/own.yaml",
	    "rules:\n  - {id: silent_owner, title: {en: t}, to: owner, when: x > 5}\n");
	put("rules/a.yml", "rules: []\n");
	rules = load(site, &lines);
	assert_null(rules);
	assert_string_equal(str_text(&lines),
	    "rules/a.yml:1:1: a file of rules ends in .yaml; rename it\n"
	    "rules/desk.yaml:2:33: a: to: 'leed' is no role of the settings, no address, and "
	    "none of "
	    "owner, admin, engineer\n"
	    "rules/own.yaml:2:10: id: 'silent_owner' is a rule already (rules/approvals.yaml:4)\n"
	    "rules/own.yaml:2:57: silent_owner: when: unknown fact 'x'\n");
}

/* As the daemon and `config check` read them. */
static void
a_sites_roles_are_those_of_its_settings(void **state)
{
	const struct policy_role lead = { .name = "lead" };
	struct policy policy = { .site_dir = site, .roles = &lead, .role_count = 1 };
	struct err err;

	put("rules/desk.yaml", "rules: []\n");
	put("rules/a.yml", "");
	put("rules/own.yaml", OWN("lead"));
	assert_int_equal(rules_check(&policy, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "rules/a.yml:1:1:"));
	drop("rules/a.yml");
	assert_int_equal(rules_check(&policy, &err), 0);
	put("rules/own.yaml", OWN("Bob@brightdesk.example"));
	assert_int_equal(rules_check(&policy, &err), ERR_INVALID);
	assert_string_equal(err.text,
	    "rules/own.yaml:2:35: own: to: Bob@brightdesk.example is nobody of this desk: neither "
	    "staff nor of a role");
	policy.alert_to = "bob@brightdesk.example";
	assert_int_equal(rules_check(&policy, &err), 0);
	put("rules/own.yaml", OWN("lead"));
	policy.role_count = 0;
	assert_int_equal(rules_check(&policy, &err), ERR_INVALID);
	assert_string_equal(err.text,
	    "rules/own.yaml:2:35: own: to: 'lead' is no role of the settings, no address, and none "
	    "of owner, admin, engineer");
}

static void
an_unreadable_or_huge_file_is_an_error(void **state)
{
	AUTO(str_donep) struct str big = STR_INIT((size_t)1 << 20), lines = STR_INIT(2000);
	struct rules *rules;

	while (big.len <= RULES_FILE_MAX)
		str_add(&big, "# nothing but comments in this file\n");
	put("rules/own.yaml", str_text(&big));
	rules = load(site, &lines);
	assert_null(rules);
	assert_non_null(strstr(str_text(&lines), "rules/own.yaml"));
}

/* --- docs/RULES.md ------------------------------------------------------------------------ */

static void
row(struct str *out, const char *name, const char *type, const char *help)
{
	str_addf(out, "| `%s` | %s | %s |\n", name, type, help);
}

/* What the document's tables must hold: every fact and every function, word for word. */
static void
the_document_lists_every_fact(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT((size_t)1 << 20), want = STR_INIT(1000);
	AUTO(str_donep) struct str type = STR_INIT(400);
	struct err err;
	const char *at;

	if (file_read("docs/RULES.md", &text, &err) < 0)
		fail_msg("%s (tests run from the top of the tree)", err.text);
	at = strstr(str_text(&text), "| `");
	assert_non_null(at);
	for (size_t i = 0; i < FACT_COUNT; i++) {
		const struct fact_def *def = fact_built_in((enum fact)i);

		str_clear(&want);
		str_clear(&type);
		str_add(&type, fact_type_name(def->type));
		if (*def->unit)
			str_addf(&type, ", %s", def->unit);
		for (const char *word = def->words; *word; word += strspn(word, " ")) {
			size_t n = strcspn(word, " ");

			str_addf(&type, "%s `%.*s`", word == def->words ? ":" : "", (int)n, word);
			word += n;
		}
		row(&want, def->name, str_text(&type), def->help);
		at = strstr(at, str_text(&want));
		if (!at)
			fail_msg("docs/RULES.md: missing, or not in order: %s", str_text(&want));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_taken_or_every_fault_has_its_place),
		cmocka_unit_test(a_fault_inside_an_expression_has_its_own_place),
		cmocka_unit_test(a_rule_says_what_its_file_says_and_the_rest_is_usual),
		cmocka_unit_test(tests_beside_a_rule_run_and_tell),
		cmocka_unit_test(what_ships_passes_its_tests_in_english_and_arabic),
		cmocka_unit_test(a_sites_file_takes_the_place_of_the_one_that_ships),
		cmocka_unit_test(faults_of_all_files_are_told_and_roles_are_known),
		cmocka_unit_test(a_sites_roles_are_those_of_its_settings),
		cmocka_unit_test(an_unreadable_or_huge_file_is_an_error),
		cmocka_unit_test(the_document_lists_every_fact),
	};

	return cmocka_run_group_tests(tests, make_site, drop_site);
}
