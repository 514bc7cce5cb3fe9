/* What somebody with bad intent, or bad luck, tries on the stories. */
#include "help_jane.h"

#include <assent/flow/portal.h>
#include <assent/flow/verb.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <sqlite3.h>

#include <cmocka.h>

/* --- looking into the database, past the code under test -------------------- */

/* "table.column" of the first place that holds the word, raw mail apart; "" for none. */
static const char *
where_stored(struct desk_kit *kit, const char *word)
{
	static const char columns[] =
	    "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
	    " WHERE t.type = 'table' AND t.name <> 'inbound_raw'";
	sqlite3 *db = kit_file(kit);
	sqlite3_stmt *list, *probe;
	const char *found = "";

	assert_int_equal(sqlite3_prepare_v2(db, columns, -1, &list, NULL), SQLITE_OK);
	while (found[0] == '\0' && sqlite3_step(list) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(list, 0);
		const char *column = (const char *)sqlite3_column_text(list, 1);
		const char *sql = arena_printf(kit->arena,
		    "SELECT 1 FROM \"%s\" WHERE instr(lower(CAST(\"%s\" AS TEXT)), lower(?))",
		    table, column);
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &probe, NULL), SQLITE_OK);
		sqlite3_bind_text(probe, 1, word, -1, SQLITE_STATIC);
		if (sqlite3_step(probe) == SQLITE_ROW)
			found = arena_printf(kit->arena, "%s.%s", table, column);
		sqlite3_finalize(probe);
	}
	sqlite3_finalize(list);
	sqlite3_close(db);
	return found;
}

/* A second customer, whose owner and level the test names. */
static void
add_beta(struct desk_kit *kit, const char *owner, const char *level)
{
	kit_change(kit,
	    arena_printf(kit->arena,
		"INSERT INTO organisations (id, key, name, owner_email, owner_name, settled_owner,"
		" locale, zone_name, level, updated) SELECT CASE typeof(id) WHEN 'blob' THEN"
		" x'01890000000070008000000000000001' ELSE"
		" '01890000-0000-7000-8000-000000000001' END, 'beta', 'Beta Ltd', '%s',"
		" 'Bea Owner', '%s', locale, zone_name, %s, updated"
		" FROM organisations WHERE key = 'acme';"
		"INSERT INTO organisation_domains (domain, organisation)"
		" SELECT 'beta.test', id FROM organisations WHERE key = 'beta'",
		owner, owner, level));
}

/* Eve writes in the thread of T-1001. */
static void
command(struct desk_kit *kit, const char *text)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE, .subject = "Re: a laptop [T-1001]", .body = text });
}

/* --- the portal ---------------------------------------------------------------- */

struct visit {
	struct portal_post post;
	struct portal_answer answer;
};

static int
show(struct desk *desk, void *arg, struct err *err)
{
	struct visit *v = arg;

	return portal_show(desk, v->post.token, NULL, &v->answer, err);
}

static int
decide(struct desk *desk, void *arg, struct err *err)
{
	struct visit *v = arg;

	return portal_decide(desk, &v->post, &v->answer, err);
}

static int
again(struct desk *desk, void *arg, struct err *err)
{
	struct visit *v = arg;

	return portal_again(desk, &v->post, &v->answer, err);
}

static enum portal_page
go(struct desk_kit *kit, struct visit *v, int (*fn)(struct desk *, void *, struct err *))
{
	struct err err;

	json_decref(v->answer.view);
	v->answer.view = NULL;
	if (kit_step(kit, fn, v, &err) < 0)
		fail_msg("%s", err.text);
	return v->answer.page;
}

static struct visit
open_form(struct desk_kit *kit, const char *token, const char *decision)
{
	struct visit v = { .post = { .token = token } };

	go(kit, &v, show);
	const char *nonce = json_string_value(json_object_get(v.answer.view, "nonce"));
	const char *hash = json_string_value(json_object_get(v.answer.view, "asked_hash"));
	v.post = (struct portal_post){ token, arena_dup(kit->arena, nonce != NULL ? nonce : ""),
		arena_dup(kit->arena, hash != NULL ? hash : ""), decision, "", "127.0.0.1", "test",
		"" };
	return v;
}

/* --- tokens in what is stored --------------------------------------------------- */

static void
a_token_in_the_words_of_an_answer_is_stored_nowhere_and_told_to_nobody(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	jane_answer(kit, 0,
	    arena_printf(
		kit->arena, "Approved\r\n\r\nSee https://ok.desk.test/a/%s please\r\n", token));
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_string_equal(where_stored(kit, token), "");
	assert_null(strstr(kit_last_to(kit, EVES), token));
}

static void
a_token_in_the_comment_of_the_page_is_stored_nowhere(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	struct visit v = open_form(kit, token, "approve");
	v.post.comment = arena_printf(kit->arena, "see https://ok.desk.test/a/%s", token);
	assert_int_equal(go(kit, &v, decide), PAGE_DONE);
	kit_run(kit);
	json_decref(v.answer.view);
	assert_string_equal(where_stored(kit, token), "");
	assert_null(strstr(kit_last_to(kit, EVES), token));
}

static void
a_reply_code_is_stored_nowhere(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.separator = "";
	jane_ask(kit);
	const char *mail = kit_sent(kit, JANE, 0), *code = strstr(mail, "ref:");
	assert_non_null(code);
	const char *token = arena_dup_n(kit->arena, code + 4, 32);
	/* The engineer got hold of the mail and answers it. */
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.subject = "Re: Approve?",
		.body = arena_printf(kit->arena, "what is this?\r\n\r\nref:%s\r\n", token) });
	kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.subject = "Re: Approve?",
		.body = arena_printf(kit->arena, "approved\r\n\r\nref:%s\r\n", token) });
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_string_equal(where_stored(kit, token), "");
}

/* --- who may decide what -------------------------------------------------------- */

static void
one_bulk_mail_takes_no_reply_for_the_customer_that_wants_links(void **state)
{
	struct desk_kit *kit = *state;
	struct kit_letter bulk = {
		.from = EVE, .subject = "x", .body = "bulk: T-1001, T-1002\r\n"
	};

	add_beta(kit, JANE, "'link'");
	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	jane_ticket(kit, "ben@beta.test", "a phone", "");
	kit_say(kit, bulk);
	kit_pass(kit, MS_MINUTE);
	jane_answer(kit, 0, "approved\r\n");
	assert_int_equal(kit_item_state(kit, 1), AS_SENT);
	assert_int_equal(kit_item_state(kit, 2), AS_SENT);
	assert_non_null(strstr(kit_last_to(kit, JANE), "buttons"));
}

static void
a_ticket_with_a_question_on_its_way_stays_with_its_customer(void **state)
{
	struct desk_kit *kit = *state;

	add_beta(kit, "bea@beta.test", "level");
	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	command(kit, "customer: beta\r\n");
	assert_non_null(strstr(kit_last_to(kit, EVES), "withdraw"));
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	command(kit, "customer: beta\r\n");
	jane_answer(kit, 0, "approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	assert_int_equal(kit_number(kit,
			     "SELECT count(*) FROM tickets t JOIN organisations o"
			     " ON o.id = t.organisation WHERE o.key = 'acme'"),
	    1);
	/* Withdrawn first, it moves, and the right owner is asked. */
	command(kit, "ask\r\n");
	command(kit, "withdraw\r\ncustomer: beta\r\nask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, "bea@beta.test"), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM events WHERE kind = 'ticket.customer'"), 1);
}

static void
a_mark_in_a_strangers_subject_leads_to_no_other_customers_ticket(void **state)
{
	struct desk_kit *kit = *state;

	add_beta(kit, "bea@beta.test", "level");
	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	/* Ben of Beta chose the subject; Eve puts the desk in Cc. */
	jane_ticket(kit, "ben@beta.test", "secret plans [T-1001]", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	assert_int_equal(kit_sent_count(kit, "bea@beta.test"), 1);
}

static void
two_marks_in_a_subject_name_no_ticket(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	jane_ticket(kit, "bob@acme.test", "a phone", "");
	struct id letter = kit_say(kit,
	    (struct kit_letter){ .from = "bob@acme.test",
		.subject = "Re: [T-1001] [T-1002]",
		.body = "one more thing\r\n" });
	assert_non_null(strstr(kit_outcome(kit, &letter), "no ticket"));
}

static void
the_desk_itself_cannot_be_an_owner_and_the_same_owner_is_no_change(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	kit_change(kit,
	    "INSERT INTO organisation_domains (domain, organisation)"
	    " SELECT 'desk.test', id FROM organisations");
	command(kit, "owner: agent@desk.test\r\n");
	command(kit, "owner: agent+x@desk.test\r\n");
	command(kit, "owner: Jane@ACME.test\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'owner'"), 0);
	command(kit, "owner: bob@acme.test\r\n");
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'owner'"), 1);
}

static void
the_answer_of_the_owner_who_was_asked_counts_after_a_new_one_was_named(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	command(kit, "owner: bob@acme.test\r\n");
	jane_answer(kit, 0, "approved\r\n");
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
}

static void
the_owner_whose_question_is_put_to_another_hears_of_it(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	command(kit, "owner: carl@acme.test\r\nask: And you?\r\n");
	size_t before = kit_sent_count(kit, JANE);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, "carl@acme.test"), 1);
	assert_int_equal(kit_sent_count(kit, JANE), before + 1);
	assert_int_equal(kit_state(kit, 1), AS_SUPERSEDED);
}

/* --- links after their time ------------------------------------------------------- */

static void
an_expired_link_does_not_touch_a_newer_question(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	kit_pass(kit, 10 * MS_DAY);
	assert_int_equal(kit_state(kit, 0), AS_EXPIRED);
	command(kit, "owner: carl@acme.test\r\nask: Once more?\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
	struct visit v = open_form(kit, token, "approve");
	assert_int_equal(v.answer.page, PAGE_WITHDRAWN);
	assert_int_equal(go(kit, &v, again), PAGE_WITHDRAWN);
	kit_run(kit);
	json_decref(v.answer.view);
	assert_int_equal(kit_approvals(kit), 2);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static void
a_post_without_its_form_puts_no_words_into_anybodys_mouth(void **state)
{
	struct desk_kit *kit = *state;

	jane_ask(kit);
	const char *token = kit_link(kit, JANE, 0, 0);
	struct visit good = open_form(kit, token, "approve");
	assert_int_equal(go(kit, &good, decide), PAGE_DONE);
	struct visit bad = { .post = { token, "", "", "", "", "127.0.0.1", "scanner", "" } };
	assert_int_equal(go(kit, &bad, decide), PAGE_DECIDED);
	bad.post.decision = "reject";
	assert_int_equal(go(kit, &bad, decide), PAGE_DECIDED);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'late'"), 0);
	good.post.decision = "reject";
	assert_int_equal(go(kit, &good, decide), PAGE_DECIDED);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger WHERE kind = 'late'"), 1);
	json_decref(good.answer.view);
	json_decref(bad.answer.view);
}

static int
withdraw_newest(struct desk *desk, void *arg, struct err *err)
{
	struct approval_filter filter = { .only_open = true, .max = 1 };
	struct approval *list;
	char text[ID_TEXT_SIZE];
	json_t *arguments, *out = NULL;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &list, &n, err);

	(void)arg;
	if (rc < 0)
		return rc;
	arguments = json_pack("{s:s}", "approval", id_text(&list[0].id, text));
	rc = verb_run(desk, "approval.withdraw", arguments, &out, err);
	json_decref(arguments);
	json_decref(out);
	return rc;
}

static void
an_engineer_hears_that_the_operator_withdrew_a_question(void **state)
{
	struct desk_kit *kit = *state;
	struct err err;

	jane_ask(kit);
	size_t before = kit_sent_count(kit, EVES);
	assert_int_equal(kit_step(kit, withdraw_newest, NULL, &err), 0);
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, EVES), before + 1);
}

static void
a_second_thought_in_a_mixed_answer_is_told_what_stands(void **state)
{
	struct desk_kit *kit = *state;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	jane_ticket(kit, "bob@acme.test", "a phone", "");
	kit_say(kit,
	    (struct kit_letter){ .from = EVE, .subject = "x", .body = "bulk: T-1001, T-1002\r\n" });
	kit_pass(kit, MS_MINUTE);
	jane_answer(kit, 0, "2: approved\r\n");
	size_t before = kit_sent_count(kit, JANE);
	jane_answer(kit, 0, "1: approved\r\n2: rejected\r\n");
	assert_int_equal(kit_item_state(kit, 1), AS_APPROVED);
	assert_int_equal(kit_item_state(kit, 2), AS_APPROVED);
	assert_int_equal(kit_sent_count(kit, JANE), before + 2);
	/* The note about the first item and the question about the second leave together. */
	bool told = false;
	for (size_t i = 0; i < kit_sent_count(kit, EVES); i++) {
		const char *mail = kit_sent(kit, EVES, i);
		told = told || (strstr(mail, "2: rejected") && strstr(mail, "[T-1002]"));
	}
	assert_true(told);
}

static void
the_desk_is_nobodys_contact(void **state)
{
	static const char address[] = "agent+abcdefghijklmnopqrstuvwxyz234567@desk.test";
	struct desk_kit *kit = *state;

	kit_change(kit,
	    "INSERT INTO organisation_domains (domain, organisation)"
	    " SELECT 'desk.test', id FROM organisations");
	jane_ticket(kit, address, "a laptop", "");
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM contacts WHERE email LIKE '%desk.test'"), 0);
	assert_string_equal(where_stored(kit, "abcdefghijklmnopqrstuvwxyz234567"), "");
}

/* The same text as a letter of staff would be obeyed. */
static void
commands_of_others_are_words(void **state)
{
	struct desk_kit *kit = *state;
	static const char *const senders[] = { "bob@acme.test", "mallory@evil.test",
		"\"eve@help.test\" <mallory@evil.test>", "eve@help.test (eve) <mallory@evil.test>",
		"eve@help.test, mallory@evil.test", "eve@help.test.evil.test" };

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	for (size_t i = 0; i < ARRAY_LEN(senders); i++)
		kit_say(kit,
		    (struct kit_letter){ .from = senders[i],
			.subject = "Re: a laptop [T-1001]",
			.extra = "Sender: eve@help.test\r\nReply-To: eve@help.test\r\n",
			.body = "ask\r\nowner: bob@acme.test\r\n" });
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_approvals(kit), 0);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM ledger"), 0);
	assert_int_equal(kit_sent_count(kit, "mallory@evil.test"), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)
	static const struct CMUnitTest tests[] = {
		T(a_token_in_the_words_of_an_answer_is_stored_nowhere_and_told_to_nobody),
		T(a_token_in_the_comment_of_the_page_is_stored_nowhere),
		T(a_reply_code_is_stored_nowhere),
		T(one_bulk_mail_takes_no_reply_for_the_customer_that_wants_links),
		T(a_ticket_with_a_question_on_its_way_stays_with_its_customer),
		T(a_mark_in_a_strangers_subject_leads_to_no_other_customers_ticket),
		T(two_marks_in_a_subject_name_no_ticket),
		T(the_desk_itself_cannot_be_an_owner_and_the_same_owner_is_no_change),
		T(the_answer_of_the_owner_who_was_asked_counts_after_a_new_one_was_named),
		T(the_owner_whose_question_is_put_to_another_hears_of_it),
		T(an_expired_link_does_not_touch_a_newer_question),
		T(a_post_without_its_form_puts_no_words_into_anybodys_mouth),
		T(an_engineer_hears_that_the_operator_withdrew_a_question),
		T(a_second_thought_in_a_mixed_answer_is_told_what_stands),
		T(the_desk_is_nobodys_contact),
		T(commands_of_others_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
