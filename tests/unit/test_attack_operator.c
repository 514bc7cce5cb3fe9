/* Where an address could survive its erasure, and evidence its time. */
#include "help_store.h"

#include <assent/store/approval.h>
#include <assent/store/erase.h>
#include <assent/store/hold.h>
#include <assent/store/people.h>
#include <assent/store/post.h>
#include <assent/store/retention.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

#define ANNA "anna@b.test"

static int64_t
rows(const struct erase_report *report, const char *what)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->counts[i].what, what) == 0)
			return report->counts[i].rows;
	return 0;
}

/* --- erasing -------------------------------------------------------------------- */

static void
add_mail(struct tx *tx, unsigned n, const char *to, const char *status, const char *error)
{
	const struct outgoing mail = { .id = id_of(n),
		.kind = "notice",
		.to_email = to,
		.to_name = "",
		.status = "queued",
		.created = T0,
		.view = "{}" };
	struct err e, *err = &e;

	OK(outgoing_add(tx, &mail, err));
	OK(outgoing_set_status(tx, &mail.id, status, error, T0, err));
}

STEP_TEST(what_a_relay_said_about_an_address_goes_with_it)
{
	struct erase_report done;
	struct outgoing mail;
	struct id id = id_of(2);

	add_mail(tx, 1, ANNA, "refused", "550 <Anna@b.test>: no such user");
	add_mail(tx, 2, "sam@h.test", "refused", "550 loop by way of <Anna@b.test>");
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(rows(&done, "mails to, or naming"), 2);
	OK(outgoing_get(tx, &id, &mail, err));
	assert_string_equal(mail.last_error, "");
	id = id_of(1);
	OK(outgoing_get(tx, &id, &mail, err));
	assert_string_equal(mail.last_error, "");
}

STEP_TEST(a_mail_that_still_waits_is_counted_as_kept)
{
	struct erase_report done;

	add_mail(tx, 1, ANNA, "queued", "");
	OK(erase_do(tx, ANNA, &done, err));
	assert_int_equal(done.kept, 1);
}

STEP_TEST(outcomes_of_webhooks_and_commands_are_emptied)
{
	struct inbound in = { .id = id_of(1),
		.source = "hook:desk",
		.source_key = "hook:desk:1",
		.size = 2,
		.raw = "{}",
		.status = "new" };
	struct erase_report done;
	struct inbound out;

	OK(inbound_add(tx, &in, err));
	in.status = "done";
	in.outcome = "anna@B.test now decides for acme";
	OK(inbound_settle(tx, &in, err));
	OK(erase_do(tx, ANNA, &done, err));
	OK(inbound_get(tx, &in.id, false, &out, err));
	assert_string_equal(out.outcome, "");
	assert_string_equal(out.status, "done");
}

STEP_TEST(who_is_owner_in_the_settings_only_is_an_obstacle_too)
{
	struct organisation acme = { .id = id_of(1),
		.key = "acme",
		.name = "Acme",
		.owner_email = "bob@b.test",
		.settled_owner = ANNA };
	const char **owned;
	bool is_staff;
	struct id id;
	size_t n;

	OK(organisation_put(tx, &acme, &id, err));
	OK(erase_roles(tx, ANNA, &owned, &n, &is_staff, err));
	assert_int_equal(n, 1);
	OK(erase_roles(tx, "bob@b.test", &owned, &n, &is_staff, err));
	assert_int_equal(n, 1);
}

/* --- retention ------------------------------------------------------------------ */

static void
add_item(struct tx *tx, unsigned n, utc_ms updated)
{
	struct ticket ticket = { .id = id_of(n), .title = "Chairs", .status = "decided" };
	struct approval approval = { .id = id_of(n + 10),
		.ticket = ticket.id,
		.batch = id_of(90),
		.item = n,
		.state = AS_APPROVED };
	struct err e, *err = &e;

	ticket.created = ticket.updated = updated;
	OK(ticket_add(tx, &ticket, NULL, err));
	OK(approval_add(tx, &approval, err));
}

static bool
has_answer(struct tx *tx)
{
	struct id id = id_of(50);
	struct inbound in;
	struct err e, *err = &e;

	OK(inbound_get(tx, &id, true, &in, err));
	assert_int_equal(in.raw != NULL, in.from_email[0] != '\0');
	return in.raw != NULL;
}

static void
forget(struct tx *tx, utc_ms before)
{
	struct retention_piece piece = { 0 };
	struct err e, *err = &e;

	do
		OK(retention_people(tx, before, &piece, err));
	while (piece.at != 0);
}

/* One mail decided two tickets, and was filed under the first. */
STEP_TEST(an_answer_goes_when_the_last_ticket_that_it_decided_is_forgotten)
{
	struct inbound in = { .id = id_of(50),
		.source = "desk",
		.source_key = "k",
		.size = 3,
		.raw = "yes",
		.status = "new" };

	add_item(tx, 1, T0);
	add_item(tx, 2, T0 + MS_DAY);
	OK(inbound_add(tx, &in, err));
	in.status = "done";
	in.from_email = ANNA;
	in.ticket = id_of(1);
	OK(inbound_settle(tx, &in, err));
	OK(retention_keep_mail(tx, &in.id, err));
	assert_true(has_answer(tx));
	forget(tx, T0 + 1);
	assert_true(has_answer(tx));
	forget(tx, T0 + MS_DAY + 1);
	assert_false(has_answer(tx));
}

/* --- threads that somebody fills -------------------------------------------------- */

static int
add_words(struct tx *tx, unsigned n, const char *text, struct err *err)
{
	const struct message message = {
		.id = id_of(n), .ticket = id_of(1), .from_email = ANNA, .text = text, .own = text
	};

	return message_add(tx, &message, NULL, err);
}

STEP_TEST(a_thread_ends_where_it_would_not_fit_into_memory)
{
	static char long_text[(256 << 10) + 1];
	struct id id = id_of(2);
	unsigned n = 2;

	memset(long_text, 'w', sizeof(long_text) - 1);
	while (n < 2 + THREAD_BYTES_MAX / (512 << 10))
		OK(add_words(tx, n++, long_text, err));
	REFUSED(ERR_LIMIT, add_words(tx, n, "w", err));
	assert_non_null(strstr(err->text, "8 MiB"));
	OK(message_set_text(tx, &id, "short", "short", err));
	OK(add_words(tx, n, "w", err));
	REFUSED(ERR_LIMIT, message_set_text(tx, &id, long_text, long_text, err));
}

STEP_TEST(a_thread_of_many_short_messages_ends_too)
{
	int64_t last = 0;

	for (unsigned n = 2; n < 2 + THREAD_MESSAGES_MAX; n++)
		OK(add_words(tx, n, "w", err));
	REFUSED(ERR_LIMIT, add_words(tx, 2 + THREAD_MESSAGES_MAX, "w", err));
	OK(message_last_seq(tx, &(struct id){ 0 }, &last, err));
	assert_int_equal(last, 0);
}

STEP_TEST(attachments_of_a_ticket_have_an_end)
{
	const struct stored_attachment row = { .message = id_of(2), .name = "a", .type = "b" };

	OK(add_words(tx, 2, "w", err));
	for (int n = 0; n < THREAD_ATTACHMENTS_MAX; n++)
		OK(attachment_add(tx, &row, err));
	REFUSED(ERR_LIMIT, attachment_add(tx, &row, err));
}

static int
stop_at_second(const struct message *message, void *arg, struct err *err)
{
	*(int64_t *)arg = message->seq;
	assert_string_equal(message->text, message->seq == 1 ? "one" : "two");
	return message->seq == 2 ? err_set(err, ERR_BUSY, "enough") : 0;
}

STEP_TEST(a_walk_over_a_thread_ends_where_it_is_told)
{
	struct id ticket = id_of(1);
	int64_t seen = 0;
	struct message_walk walk = { &ticket, 1, stop_at_second, &seen };

	OK(add_words(tx, 2, "one", err));
	OK(add_words(tx, 3, "two", err));
	OK(add_words(tx, 4, "three", err));
	OK(message_each(tx, &walk, err));
	assert_int_equal(seen, 1);
	walk.up_to = 0;
	REFUSED(ERR_BUSY, message_each(tx, &walk, err));
	assert_int_equal(seen, 2);
	OK(message_last_seq(tx, &ticket, &seen, err));
	assert_int_equal(seen, 3);
}

/* --- queues of a bad day ---------------------------------------------------------- */

static char *
long_view(void)
{
	static char view[100 << 10];

	memset(view, 'w', sizeof(view));
	memcpy(view, "{\"reminder\":true,\"text\":\"", 25);
	memcpy(view + sizeof(view) - 3, "\"}", 3);
	return view;
}

STEP_TEST(what_is_held_is_listed_without_its_texts)
{
	struct outgoing mail = { .kind = "request", .to_email = ANNA, .status = "queued" };
	struct approval approval = { .id = id_of(900), .state = AS_SENT, .asked = long_view() };
	struct held_mail *mails;
	size_t n, before;

	OK(approval_add(tx, &approval, err));
	approval.id = id_of(901);
	approval.state = AS_APPROVED;
	OK(approval_add(tx, &approval, err));
	for (unsigned i = 1; i <= 60; i++) {
		mail.id = id_of(i);
		mail.created = T0 + (utc_ms)i;
		mail.approval = i <= 2 ? id_of(899 + i) : (struct id){ 0 };
		mail.view = i == 3 ? "{}" : long_view();
		OK(outgoing_add(tx, &mail, err));
	}
	before = arena_used(tx_arena(tx));
	OK(hold_list(tx, NULL, 200, &mails, &n, err));
	assert_int_equal(n, 60);
	assert_true(arena_used(tx_arena(tx)) - before < (64 << 10));
	assert_false(mails[0].is_closed);
	assert_true(mails[1].is_closed);
	assert_false(mails[2].is_closed);
	assert_true(mails[0].is_reminder);
	assert_false(mails[2].is_reminder);
}

STEP_TEST(open_questions_are_counted_without_their_texts)
{
	struct approval approval = { .organisation = id_of(1), .asked = long_view() };
	struct id organisation = id_of(1);
	size_t before;
	int64_t n = 0;

	for (unsigned i = 1; i <= 30; i++) {
		approval.id = id_of(i);
		approval.organisation = id_of(i % 3);
		approval.state = i % 2 ? AS_SENT : AS_REJECTED;
		OK(approval_add(tx, &approval, err));
	}
	before = arena_used(tx_arena(tx));
	OK(approval_count_open(tx, &organisation, &n, err));
	assert_int_equal(n, 5);
	assert_true(arena_used(tx_arena(tx)) - before < (16 << 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(what_a_relay_said_about_an_address_goes_with_it),
		STORE_TEST(a_mail_that_still_waits_is_counted_as_kept),
		STORE_TEST(outcomes_of_webhooks_and_commands_are_emptied),
		STORE_TEST(who_is_owner_in_the_settings_only_is_an_obstacle_too),
		STORE_TEST(an_answer_goes_when_the_last_ticket_that_it_decided_is_forgotten),
		STORE_TEST(a_thread_ends_where_it_would_not_fit_into_memory),
		STORE_TEST(a_thread_of_many_short_messages_ends_too),
		STORE_TEST(attachments_of_a_ticket_have_an_end),
		STORE_TEST(a_walk_over_a_thread_ends_where_it_is_told),
		STORE_TEST(what_is_held_is_listed_without_its_texts),
		STORE_TEST(open_questions_are_counted_without_their_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
