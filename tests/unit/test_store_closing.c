/* Who closed a ticket, as rows (store/closing.h), and its status in its own (store/ticket.h). */
#include "help_store.h"

#include <assent/store/closing.h>
#include <assent/store/ticket.h>

#include <string.h>

static struct ticket
add_ticket(struct tx *tx)
{
	struct err e, *err = &e;
	struct ticket ticket = {
		.id = id_of(1), .title = "Printer", .status = "open", .created = T0, .updated = T0
	};

	OK(ticket_add(tx, &ticket, NULL, err));
	OK(ticket_get(tx, &ticket.id, &ticket, err));
	return ticket;
}

static struct closing
row(unsigned n, const char *act, utc_ms told)
{
	return (struct closing){ .id = id_of(n),
		.ticket = id_of(1),
		.act = act,
		.by = "sam@desk.example",
		.at = T0 + n,
		.comment = "",
		.to_email = "Ines@desk.example",
		.to_name = "Ines",
		.told = told };
}

STEP_TEST(acts_are_numbered_and_listed_as_they_came)
{
	struct closing first = row(10, "pause", T0), second = row(11, "resume", T0), *list;
	size_t n;

	OK(closing_add(tx, &first, err));
	OK(closing_add(tx, &second, err));
	OK(closing_list(tx, &first.ticket, &list, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].n, 1);
	assert_string_equal(list[0].act, "pause");
	assert_int_equal(list[1].n, 2);
	assert_string_equal(list[1].to_email, "ines@desk.example");
}

STEP_TEST(the_newest_that_waits_for_its_mail_is_found_until_it_is_told)
{
	struct closing first = row(10, "escalate", 0), second = row(11, "escalate", 0), out;

	REFUSED(ERR_NOT_FOUND, closing_untold(tx, &first.ticket, &out, err));
	OK(closing_add(tx, &first, err));
	OK(closing_add(tx, &second, err));
	OK(closing_untold(tx, &first.ticket, &out, err));
	assert_int_equal(out.n, 2);
	OK(closing_set_told(tx, &first.ticket, T0, err));
	REFUSED(ERR_NOT_FOUND, closing_untold(tx, &first.ticket, &out, err));
}

STEP_TEST(a_status_moves_once_from_what_was_read)
{
	struct ticket read = add_ticket(tx), out;
	struct ticket_move move = { &read, { TICKET_PAUSED, TICKET_OPEN }, "sam@desk.example",
		T0 + 5 };
	struct ticket_life life;

	OK(ticket_move(tx, &move, err));
	REFUSED(ERR_CONFLICT, ticket_move(tx, &move, err));
	OK(ticket_get(tx, &read.id, &out, err));
	assert_string_equal(out.status, "paused");
	assert_string_equal(out.status_before, "open");
	assert_string_equal(out.status_by, "sam@desk.example");
	assert_int_equal(out.status_at, T0 + 5);
	assert_int_equal(out.state_version, read.state_version + 1);
	OK(ticket_life(&out, &life, err));
	assert_int_equal(life.before, TICKET_OPEN);
	/* What nobody did by hand leaves whose word was the last. */
	move = (struct ticket_move){ &out, { TICKET_PAUSED, TICKET_DECIDED }, NULL, T0 + 9 };
	OK(ticket_move(tx, &move, err));
	OK(ticket_get(tx, &read.id, &out, err));
	assert_string_equal(out.status_before, "decided");
	assert_int_equal(out.status_at, T0 + 5);
	assert_int_equal(out.updated, T0 + 9);
}

STEP_TEST(a_status_that_is_none_is_told)
{
	struct ticket ticket = add_ticket(tx);
	struct ticket_life life;

	ticket.status = "closed";
	REFUSED(ERR_INVALID, ticket_life(&ticket, &life, err));
	ticket.status = "paused";
	ticket.status_before = "";
	REFUSED(ERR_INVALID, ticket_life(&ticket, &life, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(acts_are_numbered_and_listed_as_they_came),
		STORE_TEST(the_newest_that_waits_for_its_mail_is_found_until_it_is_told),
		STORE_TEST(a_status_moves_once_from_what_was_read),
		STORE_TEST(a_status_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
