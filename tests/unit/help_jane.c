#include "help_jane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct id
kit_say(struct desk_kit *kit, struct kit_letter letter)
{
	struct id id = kit_letter(kit, &letter);

	kit_run(kit);
	return id;
}

void
jane_ticket(struct desk_kit *kit, const char *customer, const char *title, const char *commands)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = customer,
		.cc = "agent@desk.test",
		.subject = title,
		.body = arena_printf(kit->arena,
		    "Please see below.\r\n\r\n%s\r\nOn Monday Bob Buyer wrote:\r\n"
		    "> We need %s. It costs 900 EUR.\r\n",
		    commands, title) });
}

void
jane_ask(struct desk_kit *kit)
{
	jane_ticket(kit, "bob@acme.test", "a laptop", "ask\r\n");
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

void
jane_ask_bulk(struct desk_kit *kit)
{
	static const char *const titles[] = { "a laptop", "a phone", "a desk" };

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		jane_ticket(kit, "bob@acme.test", titles[i], "");
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.subject = "for approval",
		.body = "bulk: T-1001, T-1002, T-1003\r\n" });
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	assert_int_equal(kit_approvals(kit), 3);
}

const char *
jane_address(struct desk_kit *kit)
{
	return kit_header(kit, JANE, 0, "Reply-To");
}

const char *
jane_question(struct desk_kit *kit)
{
	return kit_header(kit, JANE, 0, "Message-ID");
}

struct id
jane_answer(struct desk_kit *kit, size_t n, const char *body)
{
	return kit_say(kit,
	    (struct kit_letter){ .from = JANE_LONG,
		.to = kit_header(kit, JANE, n, "Reply-To"),
		.subject = "Re: Approve?",
		.body = body });
}

const char *
kit_last_to(struct desk_kit *kit, const char *to)
{
	size_t n = kit_sent_count(kit, to);

	assert_true(n > 0);
	return kit_sent(kit, to, n - 1);
}
