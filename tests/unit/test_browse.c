#include "help_store.h"

#include <assent/store/approval.h>
#include <assent/store/browse.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <stdio.h>
#include <string.h>

static void
add_ticket(struct tx *tx, unsigned n, const char *status, unsigned organisation)
{
	struct ticket ticket = {
		.id = id_of(n), .title = "a ticket", .status = status, .created = T0, .updated = T0
	};
	struct err e, *err = &e;

	if (organisation)
		ticket.organisation = id_of(organisation);
	OK(ticket_add(tx, &ticket, NULL, err));
}

STEP_TEST(tickets_come_newest_first_and_a_new_one_moves_no_page)
{
	struct browse_tickets want = { .status = "", .max = 3 };
	int64_t *refs;
	size_t n;

	for (unsigned i = 1; i <= 7; i++)
		add_ticket(tx, i, i % 2 ? "open" : "decided", i <= 4 ? 100 : 0);
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 3);
	assert_int_equal(refs[0], 1007);
	assert_int_equal(refs[2], 1005);
	add_ticket(tx, 8, "open", 100);
	want.before = refs[2];
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 3);
	assert_int_equal(refs[0], 1004);
	want.before = 1002;
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 1);
}

STEP_TEST(tickets_are_chosen_by_status_and_customer)
{
	struct browse_tickets want = { .status = "open", .max = 100 };
	int64_t *refs;
	size_t n;

	for (unsigned i = 1; i <= 7; i++)
		add_ticket(tx, i, i % 2 ? "open" : "decided", i <= 4 ? 100 : 0);
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 4);
	want.organisation = id_of(100);
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(refs[0], 1003);
	want.status = "";
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 4);
	want.organisation = id_of(101);
	OK(browse_tickets(tx, &want, &refs, &n, err));
	assert_int_equal(n, 0);
}

/* Approval n of ticket n/10, customer 100 or 101, batch 90 for 30 and above. */
static void
add_approval(struct tx *tx, unsigned n, enum approval_state state)
{
	struct approval approval = {
		.id = id_of(n),
		.ticket = id_of(n / 10),
		.organisation = id_of(n % 2 ? 101 : 100),
		.item = n,
		.state = state,
		.question = "?",
		.requested_by = "operator",
		.summary = "",
		.asked = "",
		.comment = "",
		.created = T0 + n,
	};
	struct err e, *err = &e;

	if (n >= 30)
		approval.batch = id_of(90);
	OK(approval_add(tx, &approval, err));
}

struct wanted {
	struct browse_approvals want;
	size_t count;
	unsigned first; /* 0: none */
};

STEP_TEST(approvals_are_chosen_by_all_that_is_named)
{
	const struct wanted cases[] = {
		{ { .state = "" }, 9, 32 },
		{ { .state = "open" }, 5, 32 },
		{ { .state = "sent" }, 4, 32 },
		{ { .state = "approved" }, 3, 31 },
		{ { .state = "expired" }, 1, 22 },
		{ { .state = "", .ticket = id_of(2) }, 3, 22 },
		{ { .state = "open", .ticket = id_of(2) }, 1, 20 },
		{ { .state = "", .batch = id_of(90) }, 3, 32 },
		{ { .state = "", .organisation = id_of(101) }, 3, 31 },
		{ { .state = "open", .organisation = id_of(100) }, 5, 32 },
		{ { .state = "approved", .organisation = id_of(100), .ticket = id_of(1) }, 0, 0 },
		{ { .state = "", .before = id_of(12) }, 2, 11 },
		{ { .state = "open", .before = id_of(30) }, 3, 20 },
		{ { .state = "", .ticket = id_of(1), .before = id_of(11) }, 1, 10 },
	};
	struct id *ids;
	size_t n;

	for (unsigned ticket = 1; ticket <= 3; ticket++) {
		add_approval(tx, ticket * 10, ticket == 1 ? AS_DRAFT : AS_SENT);
		add_approval(tx, ticket * 10 + 1, AS_APPROVED);
		add_approval(tx, ticket * 10 + 2, ticket == 2 ? AS_EXPIRED : AS_SENT);
	}
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct browse_approvals want = cases[i].want;
		struct id first = id_of(cases[i].first);

		want.max = 100;
		OK(browse_approvals(tx, &want, &ids, &n, err));
		if (n != cases[i].count || (n > 0 && !id_equal(&ids[0], &first)))
			fail_msg("case %zu: %zu found", i, n);
	}
}

STEP_TEST(organisations_come_by_key_with_their_domains)
{
	struct organisation o = { .name = "A",
		.owner_email = "",
		.owner_name = "",
		.settled_owner = "",
		.locale = "en",
		.zone_name = "UTC",
		.source = "" };
	const char *names[] = { "b.example", "a.example" }, **out;
	const struct domain_list domains = { names, 2 };
	char key[16];
	size_t n;

	for (unsigned i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "k%02u", 29 - i);
		o.id = id_of(i + 1);
		o.key = key;
		OK(organisation_put(tx, &o, &o.id, err));
	}
	OK(organisation_set_domains(tx, &o.id, &domains, err));
	OK(browse_organisations(tx, "", 25, &out, &n, err));
	assert_int_equal(n, 25);
	assert_string_equal(out[0], "k00");
	assert_string_equal(out[24], "k24");
	OK(browse_organisations(tx, "k24", 25, &out, &n, err));
	assert_int_equal(n, 5);
	OK(browse_domains(tx, &o.id, &out, &n, err));
	assert_int_equal(n, 2);
	assert_string_equal(out[0], "a.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(tickets_come_newest_first_and_a_new_one_moves_no_page),
		STORE_TEST(tickets_are_chosen_by_status_and_customer),
		STORE_TEST(approvals_are_chosen_by_all_that_is_named),
		STORE_TEST(organisations_come_by_key_with_their_domains),
	};

	return cmocka_run_group_tests_name("browse", tests, NULL, NULL);
}
