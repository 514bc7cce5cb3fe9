/* Scenes of people who are away, for the tests of the stand-ins. */
#pragma once
#include "help_desk.h"

#include <assent/flow/setup.h>
#include <assent/flow/verb.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EVE "eve@help.test"
#define JANE "jane@acme.test"
#define DAN "dan@acme.test"

static inline int
sync(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return setup_sync(desk, err);
}

static inline void
set_delegate(struct desk_kit *kit, const struct policy_delegate *delegate)
{
	struct err err;

	kit->policy.delegates = delegate;
	kit->policy.delegate_count = delegate != NULL;
	if (kit_step(kit, sync, NULL, &err) < 0)
		fail_msg("%s", err.text);
	kit_run(kit);
}

static const struct policy_delegate deputy = { .organisation = "acme",
	.person = "",
	.delegate = DAN,
	.name = "Dan Deputy",
	.when = "absent",
	.from_text = "",
	.until_text = "" };

static inline void
ask_jane(struct desk_kit *kit)
{
	kit_letter(kit,
	    &(struct kit_letter){ .from = "Eve Engineer <" EVE ">",
		.to = "Bob Buyer <bob@acme.test>",
		.cc = "agent@desk.test",
		.subject = "a laptop",
		.body = "ask\r\n\r\nOn Monday Bob Buyer wrote:\r\n> We need a laptop.\r\n" });
	kit_run(kit);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_state(kit, 0), AS_SENT);
}

static inline struct id
mail_to(
    struct desk_kit *kit, const char *person, const char *from, const char *extra, const char *body)
{
	size_t n = kit_sent_count(kit, person);
	struct kit_letter letter = { .from = from,
		.to = kit_header(kit, person, n - 1, "Reply-To"),
		.subject = "Re: Approve?",
		.extra = extra,
		.body = body };
	struct id id = kit_letter(kit, &letter);

	kit_run(kit);
	return id;
}

#define NOTE "Auto-Submitted: auto-replied\r\n"

static inline void
jane_is_away(struct desk_kit *kit, const char *words)
{
	mail_to(kit, JANE, "Jane Owner <" JANE ">", NOTE, words);
}

static inline const char *
last_sent(struct desk_kit *kit, const char *to)
{
	return kit_sent(kit, to, kit_sent_count(kit, to) - 1);
}

static inline void
engineer(struct desk_kit *kit, const char *command, bool vouched)
{
	struct kit_letter letter = { .from = "Eve Engineer <" EVE ">",
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = command,
		.not_vouched = !vouched };

	kit_letter(kit, &letter);
	kit_run(kit);
}

static inline const char *
address_of(struct desk_kit *kit, const char *person)
{
	return kit_header(kit, person, kit_sent_count(kit, person) - 1, "Reply-To");
}

static inline void
answer_to(struct desk_kit *kit, const char *from, const char *to, const char *body)
{
	kit_letter(kit,
	    &(struct kit_letter){
		.from = from, .to = to, .subject = "Re: Approve?", .body = body });
	kit_run(kit);
}
