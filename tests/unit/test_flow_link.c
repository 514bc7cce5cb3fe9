/* A question that is asked by mail and answered behind its link. */
#include "help_jane.h"

#include <assent/base/crypto.h>
#include <assent/flow/portal.h>
#include <assent/store/ledger.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct kit_letter cc_thread = {
	.from = EVE,
	.to = "Bob Buyer <bob@acme.test>",
	.cc = "agent@desk.test",
	.subject = "Re: Twelve more licences",
	.body =
	    "Hello Bob,\r\n\r\nI am asking for approval of this.\r\n\r\nask: May we order twelve "
	    "licences for 4,800 EUR?\r\n\r\n"
	    "On Mon, 16 Nov 2026, Bob Buyer wrote:\r\n"
	    "> We need twelve more licences by Friday. They cost 4,800 EUR.\r\n",
};

static void
ask_jane(struct desk_kit *kit)
{
	kit_say(kit, cc_thread);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

struct visit {
	const char *token, *choice;
	struct portal_post post;
	struct portal_answer answer;
};

static int
show(struct desk *desk, void *arg, struct err *err)
{
	struct visit *visit = arg;

	return portal_show(desk, visit->token, visit->choice, &visit->answer, err);
}

static int
post(struct desk *desk, void *arg, struct err *err)
{
	struct visit *visit = arg;

	return portal_decide(desk, &visit->post, &visit->answer, err);
}

static int
again(struct desk *desk, void *arg, struct err *err)
{
	struct visit *visit = arg;

	return portal_again(desk, &visit->post, &visit->answer, err);
}

static enum portal_page
visit_page(
    struct desk_kit *kit, struct visit *visit, int (*fn)(struct desk *, void *, struct err *))
{
	struct err err;

	if (kit_step(kit, fn, visit, &err) < 0)
		fail_msg("%s", err.text);
	return visit->answer.page;
}

static const char *
view_string(const struct visit *visit, const char *key)
{
	const char *text = json_string_value(json_object_get(visit->answer.view, key));

	return text != NULL ? text : "";
}

/* GET as a browser would, then fill in the form. */
static struct visit
open_form(struct desk_kit *kit, const char *token, const char *decision)
{
	struct visit visit = { .token = token };

	assert_int_equal(visit_page(kit, &visit, show), PAGE_CONFIRM);
	visit.post =
	    (struct portal_post){ token, arena_dup(kit->arena, view_string(&visit, "nonce")),
		    arena_dup(kit->arena, view_string(&visit, "asked_hash")), decision, "",
		    "127.0.0.1", "test", "" };
	json_decref(visit.answer.view);
	return visit;
}

static void
an_ask_in_cc_becomes_a_mail_to_the_owner_after_the_delay(void **state)
{
	struct desk_kit *kit = *state;
	struct id letter = kit_say(kit, cc_thread);
	assert_string_equal(kit_outcome(kit, &letter), "done: from staff: 1 command");
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	assert_int_equal(kit_sent_count(kit, EVES), 1);
	assert_non_null(strstr(kit_sent(kit, EVES, 0), "jane@acme.test"));
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	const char *mail = kit_sent(kit, JANE, 0);
	assert_non_null(strstr(mail, "May we order twelve licences for 4,800 EUR?"));
	assert_non_null(strstr(mail, "drafted without AI"));
	assert_non_null(strstr(mail, "We need twelve more licences by Friday"));
	assert_non_null(strstr(mail, "https://ok.desk.test/a/"));
	assert_null(strstr(mail, "ask: May"));
}

static void
a_withdrawn_draft_asks_nobody(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter stop = {
		.from = EVE, .subject = "Re: Twelve more licences [T-1001]", .body = "withdraw\r\n"
	};

	kit_say(kit, cc_thread);
	kit_say(kit, stop);
	kit_pass(kit, MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_WITHDRAWN);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
}

static void
showing_a_page_changes_nothing(void **state)
{
	struct desk_kit *kit = *state;

	ask_jane(kit);
	for (int i = 0; i < 3; i++) {
		struct visit visit = { .token = kit_link(kit, JANE, 0, 0), .choice = "approve" };
		assert_int_equal(visit_page(kit, &visit, show), PAGE_CONFIRM);
		json_decref(visit.answer.view);
	}
	assert_int_equal(kit_run(kit), 0);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_posted_form_decides_once_and_the_second_is_told(void **state)
{
	struct desk_kit *kit = *state;

	ask_jane(kit);
	struct visit first = open_form(kit, kit_link(kit, JANE, 0, 0), "approve");
	struct visit second = first;
	second.post.decision = "reject";
	assert_int_equal(visit_page(kit, &first, post), PAGE_DONE);
	assert_int_equal(visit_page(kit, &second, post), PAGE_DECIDED);
	assert_string_equal(view_string(&second, "by"), "Jane Owner");
	json_decref(first.answer.view);
	json_decref(second.answer.view);
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_non_null(strstr(kit_sent(kit, JANE, 1), "signature"));
	assert_non_null(strstr(kit_sent(kit, EVES, 1), "pproved"));
	assert_int_equal(kit_sent_count(kit, JANE), 2);
}

static void
many_second_thoughts_are_one_entry_a_day(void **state)
{
	static const char late[] = "SELECT count(*) FROM ledger WHERE kind = 'late'";
	struct desk_kit *kit = *state;

	ask_jane(kit);
	struct visit first = open_form(kit, kit_link(kit, JANE, 0, 0), "approve");
	struct visit other = first;
	other.post.decision = "reject";
	assert_int_equal(visit_page(kit, &first, post), PAGE_DONE);
	json_decref(first.answer.view);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(visit_page(kit, &other, post), PAGE_DECIDED);
		json_decref(other.answer.view);
	}
	assert_int_equal(kit_number(kit, late), 1);
}

static void
a_withdrawn_question_says_when(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter stop = {
		.from = EVE, .subject = "Re: Twelve more licences [T-1001]", .body = "withdraw\r\n"
	};

	ask_jane(kit);
	struct visit visit = { .token = kit_link(kit, JANE, 0, 0) };
	assert_int_equal(visit_page(kit, &visit, show), PAGE_CONFIRM);
	assert_string_equal(view_string(&visit, "when"), "");
	json_decref(visit.answer.view);
	kit_say(kit, stop);
	assert_int_equal(visit_page(kit, &visit, show), PAGE_WITHDRAWN);
	assert_string_not_equal(view_string(&visit, "when"), "");
	assert_string_equal(view_string(&visit, "address_hint"), "j\xe2\x80\xa6@acme.test");
	json_decref(visit.answer.view);
}

static void
a_form_from_elsewhere_or_yesterday_decides_nothing(void **state)
{
	struct desk_kit *kit = *state;

	ask_jane(kit);
	struct visit stale = open_form(kit, kit_link(kit, JANE, 0, 0), "approve");
	struct visit forged = stale;
	forged.post.nonce = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	assert_int_equal(visit_page(kit, &forged, post), PAGE_CONFIRM);
	assert_string_not_equal(view_string(&forged, "fault"), "");
	json_decref(forged.answer.view);
	kit->now += 3 * MS_HOUR;
	assert_int_equal(visit_page(kit, &stale, post), PAGE_CONFIRM);
	json_decref(stale.answer.view);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static int
change_title(struct desk *desk, void *arg, struct err *err)
{
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, 1001, &ticket, err);

	(void)arg;
	return rc < 0
	    ? rc
	    : ticket_set_title(desk->tx, &ticket.id, "Thirteen more licences", desk->now, err);
}

static void
an_answer_to_what_has_changed_is_not_applied_and_asked_again(void **state)
{
	struct desk_kit *kit = *state;
	struct err err;

	ask_jane(kit);
	struct visit visit = open_form(kit, kit_link(kit, JANE, 0, 0), "approve");
	assert_int_equal(kit_step(kit, change_title, NULL, &err), 0);
	assert_int_equal(visit_page(kit, &visit, post), PAGE_CHANGED);
	assert_int_equal(json_array_size(json_object_get(visit.answer.view, "changes")), 1);
	json_decref(visit.answer.view);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(visit_page(kit, &visit, again), PAGE_SENT);
	json_decref(visit.answer.view);
	kit_run(kit);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_state(kit, 1), AS_SUPERSEDED);
	const char *mail = kit_sent(kit, JANE, 1);
	assert_non_null(strstr(mail, "Thirteen more licences"));
	assert_non_null(strstr(mail, "Twelve more licences"));
}

static void
silence_is_reminded_once_and_then_expires(void **state)
{
	struct desk_kit *kit = *state;

	ask_jane(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	kit_pass(kit, 2 * MS_DAY + MS_HOUR);
	assert_int_equal(kit_sent_count(kit, JANE), 2);
	assert_string_equal(kit_link(kit, JANE, 1, 0), token);
	kit_pass(kit, 10 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
	struct visit visit = { .token = token };
	assert_int_equal(visit_page(kit, &visit, show), PAGE_EXPIRED);
	json_decref(visit.answer.view);
	assert_non_null(strstr(kit_sent(kit, EVES, 1), "xpired"));
}

static void
a_clock_that_nobody_trusts_expires_nothing(void **state)
{
	struct desk_kit *kit = *state;

	ask_jane(kit);
	kit->clock_trusted = false;
	kit_pass(kit, 5 * 365 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	kit->clock_trusted = true;
	kit_pass(kit, MS_HOUR);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
}

static void
an_expired_question_is_mailed_afresh_to_the_address_on_file(void **state)
{
	struct desk_kit *kit = *state;
	struct visit visit;

	ask_jane(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	kit_pass(kit, 30 * MS_DAY);
	visit = (struct visit){ .token = token };
	assert_int_equal(visit_page(kit, &visit, show), PAGE_EXPIRED);
	visit.post = (struct portal_post){ .token = token,
		.nonce = arena_dup(kit->arena, view_string(&visit, "nonce")) };
	json_decref(visit.answer.view);
	size_t before = kit_sent_count(kit, JANE);
	for (int i = 0; i < 2; i++) {
		/* Pressed once more, it says that a newer question took its place. */
		assert_int_equal(
		    visit_page(kit, &visit, again), i == 0 ? PAGE_SENT : PAGE_WITHDRAWN);
		json_decref(visit.answer.view);
	}
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_token_that_is_none_shows_nothing(void **state)
{
	struct desk_kit *kit = *state;
	static const char *const tokens[] = { "", "x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"../../etc/passwd" };

	ask_jane(kit);
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct visit visit = { .token = tokens[i] };
		assert_int_equal(visit_page(kit, &visit, show), PAGE_INVALID);
		json_decref(visit.answer.view);
	}
	/* The reply token of the same question opens no page. */
	const char *reply = strchr(kit_header(kit, JANE, 0, "Reply-To"), '+');
	struct visit visit = { .token = arena_dup_n(kit->arena, reply + 1, 32) };
	assert_int_equal(visit_page(kit, &visit, show), PAGE_INVALID);
	json_decref(visit.answer.view);
}

static int
verify(struct desk *desk, void *arg, struct err *err)
{
	return ledger_verify(desk->tx, arg, err);
}

static void
the_ledger_holds_the_question_and_its_answer(void **state)
{
	struct desk_kit *kit = *state;
	struct ledger_report report;
	struct err err;

	ask_jane(kit);
	struct visit visit = open_form(kit, kit_link(kit, JANE, 0, 0), "reject");
	assert_int_equal(visit_page(kit, &visit, post), PAGE_DONE);
	json_decref(visit.answer.view);
	assert_int_equal(kit_step(kit, verify, &report, &err), 0);
	assert_int_equal(report.bad_seq, 0);
	assert_int_equal(report.entries, 2);
}

static void
a_new_question_takes_the_place_of_the_old_one_and_says_so(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter next = { .from = EVE,
		.subject = "Re: Twelve more licences [T-1001]",
		.body = "ask: May we order ten licences instead?\r\n" };

	ask_jane(kit);
	const char *old = kit_link(kit, JANE, 0, 0);
	kit_say(kit, next);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	assert_int_equal(kit_state(kit, 1), AS_SUPERSEDED);
	assert_non_null(strstr(kit_sent(kit, JANE, 1), "This replaces an earlier question"));
	struct visit visit = { .token = old };
	assert_int_equal(visit_page(kit, &visit, show), PAGE_WITHDRAWN);
	json_decref(visit.answer.view);
}

#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_ask_in_cc_becomes_a_mail_to_the_owner_after_the_delay),
		T(a_withdrawn_draft_asks_nobody),
		T(showing_a_page_changes_nothing),
		T(a_posted_form_decides_once_and_the_second_is_told),
		T(many_second_thoughts_are_one_entry_a_day),
		T(a_withdrawn_question_says_when),
		T(a_form_from_elsewhere_or_yesterday_decides_nothing),
		T(an_answer_to_what_has_changed_is_not_applied_and_asked_again),
		T(silence_is_reminded_once_and_then_expires),
		T(a_clock_that_nobody_trusts_expires_nothing),
		T(an_expired_question_is_mailed_afresh_to_the_address_on_file),
		T(a_token_that_is_none_shows_nothing),
		T(the_ledger_holds_the_question_and_its_answer),
		T(a_new_question_takes_the_place_of_the_old_one_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
