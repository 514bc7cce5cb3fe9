/* The page of a packet: what it shows, what its buttons do, and who gets nothing. */
#include "help_escalation.h"

#include <assent/base/str.h>
#include <assent/flow/portal.h>
#include <assent/store/document.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)

struct visit {
	struct portal_post post;
	struct portal_answer answer;
};

static int
show(struct desk *desk, void *arg, struct err *err)
{
	struct visit *visit = arg;

	return portal_packet_show(desk, visit->post.token, &visit->answer, err);
}

static int
act(struct desk *desk, void *arg, struct err *err)
{
	struct visit *visit = arg;

	return portal_packet_act(desk, &visit->post, &visit->answer, err);
}

static enum portal_page
step(struct desk_kit *kit, struct visit *visit, int (*fn)(struct desk *, void *, struct err *))
{
	struct err err;

	json_decref(visit->answer.view);
	visit->answer.view = NULL;
	if (kit_step(kit, fn, visit, &err) < 0)
		fail_msg("%s", err.text);
	return visit->answer.page;
}

static const char *
text_in(const struct visit *visit, const char *key)
{
	const char *text = json_string_value(json_object_get(visit->answer.view, key));

	return text != NULL ? text : "";
}

static bool
has(const struct visit *visit, const char *key)
{
	return json_is_true(json_object_get(visit->answer.view, key));
}

/* The link of the first mail that she got. */
static const char *
link_of(struct desk_kit *kit, const char *email)
{
	const char *text = kit_sent(kit, email, 0);
	const char *link = text != NULL ? strstr(text, "/e/") : NULL;

	assert_non_null(link);
	return arena_dup_n(kit->arena, link + 3, 32);
}

/* GET as a browser would, then press a button. */
static struct visit
press(struct desk_kit *kit, const char *token, const char *button, const char *comment)
{
	struct visit visit = { .post = { .token = token } };

	step(kit, &visit, show);
	visit.post = (struct portal_post){ token, arena_dup(kit->arena, text_in(&visit, "nonce")),
		"", button, comment, "127.0.0.1", "test", "" };
	step(kit, &visit, act);
	kit_run(kit);
	return visit;
}

static struct escalation
fresh(struct desk_kit *kit)
{
	struct escalation_raise raise = packet_plain();

	return packet_new(kit, &raise);
}

static void
opening_it_shows_and_changes_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct visit visit = { .post = { .token = link_of(kit, EVE_AT) } };

	for (int i = 0; i < 3; i++)
		assert_int_equal(step(kit, &visit, show), PAGE_PACKET);
	assert_string_equal(text_in(&visit, "title"), "A deal above the limit");
	assert_string_equal(text_in(&visit, "suggest"), "Review the deal");
	assert_string_equal(text_in(&visit, "approver_email"), EVE_AT);
	assert_true(has(&visit, "priority_high"));
	assert_true(has(&visit, "has_about"));
	assert_int_equal(packet_get(kit, &e.id).version, e.version);
	json_decref(visit.answer.view);
}

static void
each_button_does_what_it_says(void **state)
{
	static const struct {
		const char *button, *flag, *state;
	} cases[] = {
		{ "ack", "did_ack", "in_progress" },
		{ "snooze-1h", "did_snooze", "in_progress" },
		{ "snooze-4h", "did_snooze", "in_progress" },
		{ "snooze-1d", "did_snooze", "in_progress" },
		{ "resolve", "did_resolve", "resolved" },
	};
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	const char *token = link_of(kit, EVE_AT);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct visit visit = press(kit, token, cases[i].button, " We called them. ");

		assert_int_equal(visit.answer.page, PAGE_PACKET_DONE);
		assert_true(has(&visit, cases[i].flag) && has(&visit, "done"));
		assert_string_equal(packet_get(kit, &e.id).state, cases[i].state);
		json_decref(visit.answer.view);
	}
	e = packet_get(kit, &e.id);
	assert_string_equal(e.action, "We called them.");
	assert_string_equal(e.resolved_by, EVE_AT);
	assert_int_equal(COUNT(kit, "escalation_events", "channel = 'link' AND evidence = ''"), 5);
	assert_int_equal(COUNT(kit, "ledger_values", "value = 'link'"), 5);
	assert_int_equal(COUNT(kit, "tokens", "open = 1"), 0);
}

static void
what_is_closed_says_who_did_it_and_is_not_closed_twice(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	const char *token = link_of(kit, EVE_AT);
	struct visit visit = {
		.post = { .token = token, .decision = "resolve", .comment = "me", .to = "" }
	};

	step(kit, &visit, show);
	visit.post.nonce = arena_dup(kit->arena, text_in(&visit, "nonce"));
	packet_do(kit,
	    (struct escalation_wish){
		.id = e.id, .act = ESCALATION_RESOLVE, .by = MAX_AT, .action = "paid" });
	assert_int_equal(step(kit, &visit, act), PAGE_PACKET_DONE);
	assert_true(has(&visit, "closed_resolved"));
	assert_false(has(&visit, "done"));
	assert_string_equal(text_in(&visit, "resolved_by"), MAX_AT);
	assert_string_equal(packet_get(kit, &e.id).action, "paid");
	/* Open again: another mail has another link, and this one is too old. */
	packet_do(
	    kit, (struct escalation_wish){ .id = e.id, .act = ESCALATION_REOPEN, .by = MAX_AT });
	assert_int_equal(step(kit, &visit, act), PAGE_PACKET_DONE);
	assert_true(has(&visit, "is_old"));
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	json_decref(visit.answer.view);
}

static void
a_form_that_is_not_ours_or_old_acts_on_nothing_and_keeps_what_was_written(void **state)
{
	static const char *const nonces[] = { "", "x", "abcdefghijklmnopqrstuvwxyz234567", NULL };
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	struct visit visit = { .post = { .token = link_of(kit, EVE_AT) } };

	step(kit, &visit, show);
	visit.post.decision = "resolve";
	visit.post.to = "";
	visit.post.comment = "We called them.";
	visit.post.nonce = arena_dup(kit->arena, text_in(&visit, "nonce"));
	for (size_t i = 0; i < ARRAY_LEN(nonces); i++) {
		struct visit other = { .post = visit.post };

		if (nonces[i] == NULL)
			kit->now += 2 * MS_HOUR;
		else
			other.post.nonce = nonces[i];
		assert_int_equal(step(kit, &other, act), PAGE_PACKET);
		assert_true(has(&other, "is_stale"));
		assert_string_equal(text_in(&other, "comment"), "We called them.");
		json_decref(other.answer.view);
	}
	visit.post.decision = "approve";
	assert_int_equal(step(kit, &visit, act), PAGE_PACKET);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	json_decref(visit.answer.view);
}

static void
unknown_foreign_and_former_peoples_links_look_alike(void **state)
{
	struct desk_kit *kit = *state;
	const char *reply, *at;
	struct escalation e = fresh(kit);
	const char *tokens[4] = { "", "short", "abcdefghijklmnopqrstuvwxyz234567", NULL };
	struct visit visit = { .post = {
				   .decision = "ack", .nonce = "", .comment = "", .to = "" } };

	/* The reply token is no link, and the link no reply token. */
	reply = kit_header(kit, EVE_AT, 0, "Reply-To");
	at = strchr(reply, '+');
	tokens[3] = arena_dup_n(kit->arena, at + 1, 32);
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		visit.post.token = tokens[i];
		assert_int_equal(step(kit, &visit, show), PAGE_PACKET_INVALID);
		assert_int_equal(step(kit, &visit, act), PAGE_PACKET_INVALID);
	}
	visit.post.token = link_of(kit, EVE_AT);
	assert_int_equal(step(kit, &visit, show), PAGE_PACKET);
	kit->policy.staff_count = 0;
	assert_int_equal(step(kit, &visit, show), PAGE_PACKET_INVALID);
	assert_int_equal(step(kit, &visit, act), PAGE_PACKET_INVALID);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	json_decref(visit.answer.view);
}

static void
it_speaks_the_language_of_the_site(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct visit visit = { 0 };

	kit->policy.locale = "ar-SA";
	raise.texts = "{\"title\": {\"ar\": \"صفقة فوق الحد\"}}";
	packet_new(kit, &raise);
	assert_non_null(strstr(kit_sent(kit, EVE_AT, 0), "صفقة فوق الحد"));
	assert_non_null(strstr(kit_sent(kit, EVE_AT, 0), "استلمت"));
	assert_null(strstr(kit_sent(kit, EVE_AT, 0), "Priority"));
	visit.post.token = link_of(kit, EVE_AT);
	step(kit, &visit, show);
	assert_string_equal(text_in(&visit, "locale"), "ar-SA");
	assert_string_equal(text_in(&visit, "title"), "صفقة فوق الحد");
	json_decref(visit.answer.view);
}

static void
who_it_was_put_to_opens_a_closed_one_again(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	const char *token = link_of(kit, EVE_AT);
	struct visit visit = press(kit, token, "reopen", "");

	assert_false(has(&visit, "done"));
	json_decref(visit.answer.view);
	visit = press(kit, token, "resolve", "paid");
	assert_true(has(&visit, "can_reopen"));
	json_decref(visit.answer.view);
	kit_pass(kit, MS_MINUTE);
	for (int i = 0; i < 2; i++) { /* looking changes nothing, nor does another button */
		visit = press(kit, token, "ack", "");
		assert_true(has(&visit, "closed_resolved") && has(&visit, "can_reopen"));
		json_decref(visit.answer.view);
	}
	assert_string_equal(packet_get(kit, &e.id).state, "resolved");
	visit = press(kit, token, "reopen", "");
	assert_int_equal(visit.answer.page, PAGE_PACKET_DONE);
	assert_true(has(&visit, "did_reopen") && has(&visit, "done"));
	assert_false(has(&visit, "can_act") || has(&visit, "can_reopen"));
	json_decref(visit.answer.view);
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	assert_int_equal(COUNT(kit, "escalation_events",
			     "kind = 'reopen' AND channel = 'link' AND actor = '" EVE_AT "'"),
	    1);
	/* This link is of another round now, closed once more or not. */
	packet_do(
	    kit, (struct escalation_wish){ .id = e.id, .act = ESCALATION_RESOLVE, .by = MAX_AT });
	visit = press(kit, token, "reopen", "");
	assert_false(has(&visit, "can_reopen") || has(&visit, "done"));
	json_decref(visit.answer.view);
	assert_string_equal(packet_get(kit, &e.id).state, "resolved");
}

static void
it_is_handed_on_to_somebody_of_this_desk_only(void **state)
{
	static const struct {
		const char *to, *flag;
	} cases[] = {
		{ "", "fault" },
		{ "max", "fault" },
		{ "mallory@evil.test", "why_whom" },
		{ "jane@acme.test", "why_whom" },
		{ " max@help.test ", "did_assign" },
		{ "max@help.test", "al_assigned" },
	};
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit);
	const char *token = link_of(kit, EVE_AT);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct visit visit = { .post = { .token = token } };

		step(kit, &visit, show);
		visit.post =
		    (struct portal_post){ token, arena_dup(kit->arena, text_in(&visit, "nonce")),
			    "", "assign", "", "127.0.0.1", "test", cases[i].to };
		assert_int_equal(step(kit, &visit, act), PAGE_PACKET_DONE);
		kit_run(kit);
		assert_non_null(json_object_get(visit.answer.view, cases[i].flag));
		assert_true(has(&visit, "can_act"));
		json_decref(visit.answer.view);
		e = packet_get(kit, &e.id);
		assert_string_equal(e.assignee, i < 4 ? "" : MAX_AT);
	}
	assert_int_equal(kit_sent_count(kit, MAX_AT), 1);
	assert_int_equal(
	    COUNT(kit, "escalation_events", "kind = 'assign' AND channel = 'link'"), 1);
}

static void
an_expired_one_opens_again_but_not_by_a_form_that_is_not_ours(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct visit visit = { .post = {
				   .decision = "reopen", .nonce = "x", .comment = "", .to = "" } };
	struct escalation e;

	raise.levels = "";
	e = packet_new(kit, &raise);
	visit.post.token = link_of(kit, EVE_AT);
	kit_pass(kit, 5 * MS_HOUR);
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	assert_int_equal(step(kit, &visit, act), PAGE_PACKET_DONE);
	assert_true(has(&visit, "is_stale") && has(&visit, "can_reopen"));
	assert_string_equal(packet_get(kit, &e.id).state, "expired");
	json_decref(visit.answer.view);
	visit = press(kit, visit.post.token, "reopen", "");
	assert_true(has(&visit, "did_reopen"));
	assert_string_equal(packet_get(kit, &e.id).state, "pending");
	json_decref(visit.answer.view);
}

static int
add_summary(struct desk *desk, void *arg, struct err *err)
{
	struct document document = { .id = id_new(desk->now),
		.kind = "summary",
		.locale = "en",
		.author = EVE_AT,
		.text = "- It is slow.",
		.prompt = "",
		.chain = "",
		.provider = "",
		.model = "",
		.why = "",
		.created = desk->now,
		.used = desk->now };
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	document.ticket = *(struct id *)arg = ticket.id;
	return rc < 0 ? rc : document_add(desk->tx, &document, err);
}

static void
a_document_shows_its_text_if_there_is_one(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation_raise raise = packet_plain();
	struct kit_letter opens = { .from = "Eve Engineer <" EVE_AT ">",
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = "The till is slow",
		.body = "Please see below.\r\n" };
	struct visit visit = { 0 };
	const json_t *list;
	struct err err;

	kit_letter(kit, &opens);
	kit_run(kit);
	assert_int_equal(kit_step(kit, add_summary, &raise.ticket, &err), 0);
	raise.to = "owner";
	raise.artifacts =
	    "[{\"type\": \"document\", \"title\": \"In short\", \"document\": \"summary\"},"
	    " {\"type\": \"document\", \"title\": \"Known\", \"document\": \"notes\"}]";
	packet_new(kit, &raise);
	assert_non_null(strstr(kit_sent(kit, OLGA_AT, 0), "Document: Summary"));
	visit.post.token = link_of(kit, OLGA_AT);
	assert_int_equal(step(kit, &visit, show), PAGE_PACKET);
	list = json_object_get(visit.answer.view, "artifacts");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "document_text")),
	    "- It is slow.");
	assert_non_null(json_object_get(json_array_get(list, 0), "handoff_label"));
	assert_null(json_object_get(json_array_get(list, 0), "document_none"));
	assert_non_null(json_object_get(json_array_get(list, 1), "document_none"));
	json_decref(visit.answer.view);
}

int
main(void)
{
#define with_packets(f) cmocka_unit_test_setup_teardown(f, packet_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		with_packets(opening_it_shows_and_changes_nothing),
		with_packets(each_button_does_what_it_says),
		with_packets(what_is_closed_says_who_did_it_and_is_not_closed_twice),
		with_packets(
		    a_form_that_is_not_ours_or_old_acts_on_nothing_and_keeps_what_was_written),
		with_packets(unknown_foreign_and_former_peoples_links_look_alike),
		with_packets(who_it_was_put_to_opens_a_closed_one_again),
		with_packets(an_expired_one_opens_again_but_not_by_a_form_that_is_not_ours),
		with_packets(it_is_handed_on_to_somebody_of_this_desk_only),
		with_packets(a_document_shows_its_text_if_there_is_one),
		with_packets(it_speaks_the_language_of_the_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
