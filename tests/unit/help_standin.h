/* Scenes of people who are away, for the tests of the stand-ins. */
#pragma once
#include "help_jane.h"

#include <assent/flow/setup.h>
#include <assent/flow/verb.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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
	return kit_say(kit, letter);
}

#define NOTE "Auto-Submitted: auto-replied\r\n"

static inline void
jane_is_away(struct desk_kit *kit, const char *words)
{
	mail_to(kit, JANE, JANE_LONG, NOTE, words);
}

static inline void
engineer(struct desk_kit *kit, const char *command, bool vouched)
{
	struct kit_letter letter = { .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = command,
		.not_vouched = !vouched };

	kit_say(kit, letter);
}

static inline const char *
address_of(struct desk_kit *kit, const char *person)
{
	return kit_header(kit, person, kit_sent_count(kit, person) - 1, "Reply-To");
}

static inline void
answer_to(struct desk_kit *kit, const char *from, const char *to, const char *body)
{
	kit_say(kit,
	    (struct kit_letter){ .from = from, .to = to, .subject = "Re: Approve?", .body = body });
}
