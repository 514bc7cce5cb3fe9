/* Where an address could survive its erasure, and evidence its time. */
#include "help_store.h"

#include <assent/store/approval.h>
#include <assent/store/erase.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(what_a_relay_said_about_an_address_goes_with_it),
		STORE_TEST(a_mail_that_still_waits_is_counted_as_kept),
		STORE_TEST(outcomes_of_webhooks_and_commands_are_emptied),
		STORE_TEST(who_is_owner_in_the_settings_only_is_an_obstacle_too),
		STORE_TEST(an_answer_goes_when_the_last_ticket_that_it_decided_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
