/* Events of helpdesks: read strictly, applied inside the source's rights. */
#include "help_desk.h"

#include <assent/flow/hook.h>
#include <assent/store/ledger.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *acme_key[] = { "acme" };
static const char *own_keys[] = { "*" };
static const char *lake_domains[] = { "lake.test", "pond.test" };

static struct policy_source sources[] = {
	{ .name = "desk", .customers = { acme_key, 1 }, .may_set_owner = true, .may_ask = true },
	{ .name = "maker",
	    .customers = { own_keys, 1 },
	    .domains = { lake_domains, 2 },
	    .may_set_owner = true,
	    .may_ask = true },
};

struct sent { /* one delivery */
	const char *source, *delivery, *body;
	struct id id;
	bool known;
};

static int
open_desk(void **state)
{
	struct desk_kit *kit = mem_alloc(sizeof(*kit));

	kit_open(kit);
	kit->policy.sources = sources;
	kit->policy.source_count = ARRAY_LEN(sources);
	*state = kit;
	return 0;
}

static int
close_desk(void **state)
{
	struct desk_kit *kit = *state;

	kit_close(kit);
	mem_free(kit);
	return 0;
}

static int
keep(struct desk *desk, void *arg, struct err *err)
{
	struct sent *sent = arg;
	const struct hook_delivery delivery = { sent->source, sent->delivery, sent->body,
		strlen(sent->body) };

	return hook_keep(desk, &delivery, &sent->id, &sent->known, err);
}

static struct id latest; /* the event that was told last */

/* What became of an event of this type, with this data. */
static const char *
tell(struct desk_kit *kit, const char *source, const char *type, const char *data)
{
	static int deliveries;
	char name[40];
	struct sent sent = { .source = source, .delivery = name };
	AUTO(str_donep) struct str at = STR_INIT(64);
	struct err err;

	snprintf(name, sizeof(name), "msg_%d", ++deliveries);
	utc_add_iso(&at, kit->now);
	sent.body = arena_printf(kit->arena, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":%s}",
	    type, str_text(&at), data);
	if (kit_step(kit, keep, &sent, &err) < 0)
		fail_msg("%s", err.text);
	kit_run(kit);
	latest = sent.id;
	return kit_outcome(kit, &sent.id);
}

#define TICKET(more) \
	"{\"ticket\":{\"id\":\"7\",\"title\":\"A chair\",\"customer\":\"acme\"," \
	"\"description\":\"It costs 90 EUR.\"," \
	"\"requester\":{\"email\":\"Bob@Acme.test\",\"name\":\"Bob\"}" more "}}"

struct look {
	const char *external;
	struct ticket ticket;
	struct message *messages;
	size_t count;
	struct organisation organisation;
	bool is_contact;
};

static int
look_at(struct desk *desk, void *arg, struct err *err)
{
	struct look *look = arg;
	struct contact contact;
	int rc = ticket_by_external(desk->tx, "desk", look->external, &look->ticket, err);

	if (rc == 0)
		rc =
		    message_list(desk->tx, &look->ticket.id, 0, &look->messages, &look->count, err);
	if (rc == 0)
		rc = organisation_by_key(desk->tx, "acme", &look->organisation, err);
	look->is_contact =
	    rc == 0 && contact_by_email(desk->tx, "bob@acme.test", &contact, NULL) == 0;
	return rc;
}

/* Texts live only inside the step: what is compared is copied here. */
struct seen {
	char title[80], requester[80], owner[80], first[200], priority[80];
	int64_t version, messages;
	bool is_contact;
};

static int
look_and_copy(struct desk *desk, void *arg, struct err *err)
{
	struct seen *seen = arg;
	struct look look = { .external = "7" };
	int rc = look_at(desk, &look, err);

	if (rc < 0)
		return rc;
	snprintf(seen->title, sizeof(seen->title), "%s", look.ticket.title);
	snprintf(seen->requester, sizeof(seen->requester), "%s", look.ticket.requester_email);
	snprintf(seen->priority, sizeof(seen->priority), "%s", look.ticket.priority);
	snprintf(seen->owner, sizeof(seen->owner), "%s", look.organisation.owner_email);
	snprintf(
	    seen->first, sizeof(seen->first), "%s", look.count > 0 ? look.messages[0].text : "");
	seen->version = look.ticket.state_version;
	seen->messages = (int64_t)look.count;
	seen->is_contact = look.is_contact;
	return 0;
}

static struct seen
see(struct desk_kit *kit)
{
	struct seen seen = { 0 };
	struct err err;

	if (kit_step(kit, look_and_copy, &seen, &err) < 0)
		fail_msg("%s", err.text);
	return seen;
}

static void
a_ticket_is_opened_once_with_its_words_and_its_requester(void **state)
{
	struct desk_kit *kit = *state;
	struct seen seen;

	assert_string_equal(tell(kit, "desk", "ticket.created", TICKET("")), "done: T-1001 opened");
	assert_string_equal(
	    tell(kit, "desk", "ticket.created", TICKET("")), "done: nothing new about T-1001");
	seen = see(kit);
	assert_string_equal(seen.title, "A chair");
	assert_string_equal(seen.requester, "bob@acme.test");
	assert_string_equal(seen.first, "It costs 90 EUR.");
	assert_true(seen.is_contact);
	assert_int_equal(seen.version, 1);
	assert_int_equal(seen.messages, 1);
}

static void
the_same_delivery_is_known_and_another_body_is_refused(void **state)
{
	struct desk_kit *kit = *state;
	struct sent sent = { "desk", "same", "{\"a\":1}", { { 0 } }, false };
	struct id first;
	struct err err;

	assert_int_equal(kit_step(kit, keep, &sent, &err), 0);
	assert_false(sent.known);
	first = sent.id;
	assert_int_equal(kit_step(kit, keep, &sent, &err), 0);
	assert_true(sent.known);
	assert_true(id_equal(&first, &sent.id));
	sent.body = "{\"a\":2}";
	assert_int_equal(kit_step(kit, keep, &sent, &err), ERR_CONFLICT);
	/* The id belongs to its source. */
	sent.source = "maker";
	assert_int_equal(kit_step(kit, keep, &sent, &err), 0);
	assert_false(sent.known);
	/* What is no event, and came in all the same, is set aside with a reason. */
	kit_run(kit);
	assert_string_equal(
	    kit_outcome(kit, &first), "quarantined: could not be read: what is stored is no event");
}

static void
facts_change_with_newer_events_only(void **state)
{
	struct desk_kit *kit = *state;
	utc_ms now = kit->now;

	tell(kit, "desk", "ticket.created", TICKET(""));
	kit->now = now + MS_MINUTE;
	assert_string_equal(tell(kit, "desk", "ticket.updated",
				"{\"ticket\":{\"id\":\"7\",\"title\":\"Two chairs\"}}"),
	    "done: T-1001 brought up to date");
	kit->now = now + MS_SECOND;
	assert_string_equal(
	    tell(kit, "desk", "ticket.updated",
		"{\"ticket\":{\"id\":\"7\",\"title\":\"No chair\",\"description\":\"x\"}}"),
	    "done: nothing new about T-1001: newer facts stand");
	assert_string_equal(see(kit).title, "Two chairs");
	assert_string_equal(see(kit).first, "It costs 90 EUR.");
}

static void
events_of_one_moment_keep_their_order(void **state)
{
	struct desk_kit *kit = *state;

	for (int i = 0; i < 30; i++) {
		struct sent sent = { .source = "desk" };

		sent.delivery = arena_printf(kit->arena, "order_%d", i);
		sent.body = arena_printf(kit->arena,
		    "{\"type\":\"ticket.updated\",\"timestamp\":\"2026-11-16T09:00:00Z\","
		    "\"data\":{\"ticket\":{\"id\":\"7\",%s\"priority\":\"%d\"}}}",
		    i == 0 ? "\"title\":\"A chair\",\"customer\":\"acme\"," : "", i);
		assert_int_equal(kit_step(kit, keep, &sent, NULL), 0);
	}
	kit_run(kit);
	/* The first one opened it, and each changed it once more. */
	assert_int_equal(see(kit).version, 30);
	assert_string_equal(see(kit).priority, "29");
}

static void
a_clock_that_runs_ahead_does_not_outdate_what_follows(void **state)
{
	struct desk_kit *kit = *state;
	utc_ms now = kit->now;

	tell(kit, "desk", "ticket.created", TICKET(""));
	struct sent sent = { "desk", "ahead",
		"{\"type\":\"ticket.updated\",\"timestamp\":\"2099-01-01T00:00:00Z\","
		"\"data\":{\"ticket\":{\"id\":\"7\",\"title\":\"Ahead\"}}}",
		{ { 0 } }, false };
	assert_int_equal(kit_step(kit, keep, &sent, NULL), 0);
	kit_run(kit);
	kit->now = now + MS_MINUTE;
	tell(kit, "desk", "ticket.updated", "{\"ticket\":{\"id\":\"7\",\"title\":\"After\"}}");
	assert_string_equal(see(kit).title, "After");
}

#define SAYS(id, from, at) \
	"{\"ticket\":{\"id\":\"7\",\"messages\":[{\"id\":" id \
	",\"public\":true,\"text\":\"Still " id "\",\"from\":{\"email\":\"" from \
	"\"},\"at\":\"" at "\"}]}}"
#define RESOLVED "SELECT count(*) FROM tickets WHERE status = 'resolved'"

static void
what_a_customer_says_after_it_was_resolved_opens_it_again(void **state)
{
	struct desk_kit *kit = *state;

	tell(kit, "desk", "ticket.created", TICKET(""));
	kit_pass(kit, MS_HOUR); /* it is ten o'clock now */
	kit_change(
	    kit, "UPDATE tickets SET status = 'resolved', status_at = updated + 30 * 60 * 1000");
	tell(kit, "desk", "ticket.updated", SAYS("1", "bob@acme.test", "2026-11-16T09:10:00Z"));
	assert_int_equal(kit_number(kit, RESOLVED), 1);
	tell(kit, "desk", "ticket.updated", SAYS("2", "eve@help.test", "2026-11-16T09:50:00Z"));
	assert_int_equal(kit_number(kit, RESOLVED), 1);
	tell(kit, "desk", "ticket.updated", SAYS("3", "bob@acme.test", "2026-11-16T09:55:00Z"));
	assert_int_equal(kit_number(kit, RESOLVED), 0);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM messages WHERE text LIKE 'Still%'"), 3);
}

static void
html_is_read_by_the_jailed_parser_part_by_part(void **state)
{
	struct desk_kit *kit = *state;
	const char *outcome = tell(kit, "desk", "ticket.created",
	    "{\"ticket\":{\"id\":\"7\",\"title\":\"A chair\",\"customer\":\"acme\","
	    "\"description_html\":\"<p>One <b>chair</b><script>evil()</script><!-- open\","
	    "\"messages\":[{\"id\":1,\"public\":true,\"html\":\"<p>and a table\"}]}}");
	struct seen seen = see(kit);

	assert_string_equal(outcome, "done: T-1001 opened");
	assert_non_null(strstr(seen.first, "One chair"));
	assert_null(strstr(seen.first, "evil"));
	assert_int_equal(seen.messages, 2);
}

static void
html_that_kills_its_parser_is_quarantined_after_three_tries(void **state)
{
	struct desk_kit *kit = *state;
	const char *data = "{\"ticket\":{\"id\":\"7\",\"title\":\"A\",\"description_html\":\"x\"}}";
	const char *outcome;

	kit->parser_answers = ERR_PEER;
	outcome = tell(kit, "desk", "ticket.created", data);
	assert_string_equal(outcome, "new: ");
	for (int i = 0; i < 3; i++)
		kit_pass(kit, MS_HOUR);
	assert_string_equal(
	    kit_outcome(kit, &latest), "quarantined: could not be read: the test says so");
	/* The rest lives on. */
	kit->parser_answers = 0;
	assert_string_equal(
	    tell(kit, "desk", "status.changed", "{\"ticket\":{\"id\":\"7\",\"status\":\"x\"}}"),
	    "filed: ticket 7 is not known here, and the event brings no title");
}

static void
tokens_of_ours_that_a_helpdesk_quotes_are_made_unreadable(void **state)
{
	struct desk_kit *kit = *state;
	const char *link;

	tell(kit, "desk", "approval.requested", TICKET(""));
	kit_pass(kit, 2 * MS_MINUTE);
	link = kit_link(kit, "jane@acme.test", 0, 0);
	assert_non_null(link);
	tell(kit, "desk", "ticket.updated",
	    arena_printf(kit->arena,
		"{\"ticket\":{\"id\":\"7\",\"description\":\"https://ok.desk.test/a/%s\"}}", link));
	assert_null(strstr(see(kit).first, link));
}

static void
an_owner_is_set_inside_the_domains_only_and_the_rest_is_applied(void **state)
{
	struct desk_kit *kit = *state;

	assert_string_equal(
	    tell(kit, "desk", "ticket.created", TICKET(",\"owner_email\":\"mallory@evil.test\"")),
	    "filed: the owner was not changed: mallory@evil.test is not within the domains of "
	    "Acme Ltd, so it may not decide for it; an operator can allow the domain in the "
	    "settings; T-1001 opened");
	assert_string_equal(see(kit).owner, "jane@acme.test");
	kit->now += MS_SECOND;
	assert_string_equal(
	    tell(kit, "desk", "ticket.updated", TICKET(",\"owner_email\":\"nora@acme.test\"")),
	    "done: nora@acme.test now decides for acme; nothing new about T-1001");
	assert_string_equal(see(kit).owner, "nora@acme.test");
	assert_int_equal(kit_sent_count(kit, "jane@acme.test"), 1);
	assert_non_null(strstr(kit_sent(kit, "jane@acme.test", 0), "nora@acme.test"));
	assert_string_equal(
	    tell(kit, "desk", "ticket.updated", TICKET(",\"owner_email\":\"agent@desk.test\"")),
	    "filed: the owner was not changed: agent@desk.test is this desk itself; nothing new "
	    "about T-1001");
}

static void
a_question_of_a_helpdesk_is_decided_like_any_other(void **state)
{
	struct desk_kit *kit = *state;

	assert_string_equal(tell(kit, "desk", "approval.requested",
				TICKET(",\"engineer\":{\"email\":\"eve@help.test\"}")),
	    "done: T-1001 opened; jane@acme.test is asked about 1 ticket");
	kit_pass(kit, 2 * MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, "jane@acme.test"), 1);
	kit_letter(kit,
	    &(struct kit_letter){ .from = "jane@acme.test",
		.to = kit_header(kit, "jane@acme.test", 0, "Reply-To"),
		.cc = "",
		.subject = "Re: it",
		.extra = "",
		.body = "Approved" });
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_sent_count(kit, "eve@help.test"), 1);
}

static void
several_tickets_are_asked_about_all_or_none(void **state)
{
	struct desk_kit *kit = *state;
	static const char data[] = "{\"tickets\":[{\"id\":1,\"title\":\"A\",\"customer\":\"acme\"},"
				   "{\"id\":2,\"title\":\"B\",\"customer\":\"acme\"}%s]}";

	assert_string_equal(
	    tell(kit, "desk", "approval.requested", arena_printf(kit->arena, data, ",{\"id\":3}")),
	    "filed: T-1001 opened; T-1002 opened; ticket 3 is not known here, and the event brings "
	    "no title; no question was put, because of that");
	assert_int_equal(kit_approvals(kit), 0);
	assert_string_equal(
	    tell(kit, "desk", "approval.requested", arena_printf(kit->arena, data, "")),
	    "done: nothing new about T-1001; nothing new about T-1002; jane@acme.test is asked "
	    "about 2 tickets");
	assert_int_equal(kit_approvals(kit), 2);
}

static void
an_event_of_a_source_that_is_gone_is_filed(void **state)
{
	struct desk_kit *kit = *state;
	struct sent sent = { "desk", "last",
		"{\"type\":\"ticket.created\",\"timestamp\":\"2026-11-16T09:00:00Z\","
		"\"data\":" TICKET("") "}",
		{ { 0 } }, false };

	assert_int_equal(kit_step(kit, keep, &sent, NULL), 0);
	kit->policy.source_count = 0;
	kit_run(kit);
	assert_string_equal(
	    kit_outcome(kit, &sent.id), "filed: the settings name no source desk any more");
}

static int
read_head(struct desk *desk, void *arg, struct err *err)
{
	return ledger_head(desk->tx, arg, err);
}

static int64_t
ledger_entries(struct desk_kit *kit)
{
	struct ledger_head head;
	struct err err;

	if (kit_step(kit, read_head, &head, &err) < 0)
		fail_msg("%s", err.text);
	return head.seq;
}

static void
a_made_customer_belongs_to_its_source_until_the_settings_name_it(void **state)
{
	static const char data[] =
	    "{\"ticket\":{\"id\":1,\"title\":\"A\",\"customer\":\"lake\",\"domains\":[\"%s\"],"
	    "\"owner_email\":\"lars@lake.test\"}}";
	struct desk_kit *kit = *state;

	assert_string_equal(
	    tell(kit, "maker", "ticket.created", arena_printf(kit->arena, data, "acme.test")),
	    "filed: ticket 1, customer lake: the settings do not list acme.test under the domains "
	    "of this source");
	assert_string_equal(
	    tell(kit, "maker", "ticket.created", arena_printf(kit->arena, data, "lake.test")),
	    "done: customer lake made; lars@lake.test now decides for lake; T-1001 opened");
	assert_string_equal(
	    tell(kit, "maker", "ticket.updated", arena_printf(kit->arena, data, "pond.test")),
	    "done: pond.test added to lake; nothing new about T-1001");
	assert_string_equal(
	    tell(kit, "maker", "ticket.updated", arena_printf(kit->arena, data, "pond.test")),
	    "done: nothing new about T-1001");
	/* Made, given an owner, given a domain: each is on record. */
	assert_int_equal(ledger_entries(kit), 3);
	assert_string_equal(
	    tell(kit, "maker", "ticket.updated", arena_printf(kit->arena, data, "acme.test")),
	    "filed: acme.test was not added to lake: the settings do not list acme.test under the "
	    "domains of this source; nothing new about T-1001");
	assert_string_equal(
	    tell(kit, "desk", "ticket.created", arena_printf(kit->arena, data, "lake.test")),
	    "filed: ticket 1, customer lake: this source may not speak for it");
	assert_string_equal(tell(kit, "maker", "ticket.created",
				"{\"ticket\":{\"id\":2,\"title\":\"A\",\"customer\":\"No Key\","
				"\"domains\":[\"lake.test\"]}}"),
	    "filed: ticket 2, customer No Key: a new customer's key must be of a-z, 0-9, \"-\", "
	    "\"_\" and \".\"");
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DESK(a_ticket_is_opened_once_with_its_words_and_its_requester),
		DESK(the_same_delivery_is_known_and_another_body_is_refused),
		DESK(facts_change_with_newer_events_only),
		DESK(events_of_one_moment_keep_their_order),
		DESK(a_clock_that_runs_ahead_does_not_outdate_what_follows),
		DESK(what_a_customer_says_after_it_was_resolved_opens_it_again),
		DESK(html_is_read_by_the_jailed_parser_part_by_part),
		DESK(html_that_kills_its_parser_is_quarantined_after_three_tries),
		DESK(tokens_of_ours_that_a_helpdesk_quotes_are_made_unreadable),
		DESK(an_owner_is_set_inside_the_domains_only_and_the_rest_is_applied),
		DESK(a_question_of_a_helpdesk_is_decided_like_any_other),
		DESK(several_tickets_are_asked_about_all_or_none),
		DESK(an_event_of_a_source_that_is_gone_is_filed),
		DESK(a_made_customer_belongs_to_its_source_until_the_settings_name_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
