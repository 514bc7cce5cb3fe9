/* Answers to a packet's mail that say clearly what is wished, and do nothing all the same. */
#include "help_escalation.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define VOUCHED "dkim=pass header.d"
#define STATE(kit, e, want) assert_string_equal(packet_get(kit, &(e).id).state, want)

static struct escalation
fresh(struct desk_kit *kit, const char *to)
{
	struct escalation_raise raise = packet_plain();

	raise.to = to;
	return packet_new(kit, &raise);
}

static const char *
reply_address(struct desk_kit *kit, const char *email)
{
	return kit_header(kit, email, 0, "Reply-To");
}

/* A mail of that type, of which our host says this. */
static const char *
take(struct desk_kit *kit, const char *from, const char *verdict, const char *type_and_body)
{
	struct id id = kit_mail(kit,
	    arena_printf(kit->arena,
		"Authentication-Results: mx.desk.test; %s=help.test\r\n"
		"Received: from x by mx.desk.test; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
		"From: %s\r\nTo: %s\r\nSubject: Re: A deal\r\nMessage-ID: <one@help.test>\r\n"
		"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n"
		"Content-Type: %s",
		verdict, from, reply_address(kit, from), type_and_body));

	kit_run(kit);
	return kit_outcome(kit, &id);
}

/* *mails is how many he got before. */
static void
assert_told(struct desk_kit *kit, const char *to, size_t before, const char *why)
{
	const char *text = kit_sent(kit, to, before);

	if (text == NULL || strstr(text, why) == NULL)
		fail_msg("not told \"%s\": %s", why, text != NULL ? text : "no mail");
	assert_int_equal(kit_sent_count(kit, to), before + 1);
}

static void
forms_that_disagree_do_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit, "engineer");

	take(kit, EVE_AT, VOUCHED,
	    "multipart/alternative; boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: text/plain\r\n\r\nack\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n<p>resolved: I called them all</p>\r\n"
	    "--b--\r\n");
	STATE(kit, e, "pending");
	assert_told(kit, EVE_AT, 1, "The two forms of your mail");
}

/* RFC 1896: what it leaves out is not told apart, so it is not read whole. */
static void
what_was_not_read_whole_does_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit, "engineer");

	take(kit, EVE_AT, VOUCHED, "text/enriched\r\n\r\nack\r\n");
	STATE(kit, e, "pending");
	assert_told(kit, EVE_AT, 1, "too odd to be read whole");
}

static void
what_goes_to_one_packet_and_answers_another_does_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation first = fresh(kit, "engineer"), second = fresh(kit, "engineer");
	struct kit_letter letter = { .from = EVE_AT,
		.to = reply_address(kit, EVE_AT),
		.subject = "Re: A deal",
		.extra = arena_printf(
		    kit->arena, "In-Reply-To: %s\r\n", kit_header(kit, EVE_AT, 1, "Message-ID")),
		.body = "resolved: done\r\n" };

	kit_letter(kit, &letter);
	kit_run(kit);
	STATE(kit, first, "pending");
	STATE(kit, second, "pending");
	assert_told(kit, EVE_AT, 2, "addressed to one mail of ours, but it answers another");
}

static void
who_is_not_of_the_staff_acts_at_the_level_of_the_site(void **state)
{
	static const enum reply_level levels[] = { LEVEL_LINK, LEVEL_SIGNED, LEVEL_VOUCHED };
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit, "admin");
	struct kit_letter letter = { .from = MAX_AT,
		.to = reply_address(kit, MAX_AT),
		.subject = "Re: A deal",
		.body = "ack\r\n" };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		STATE(kit, e, "pending");
		kit->policy.level = levels[i];
		letter.message_id = arena_printf(kit->arena, "%zu@help.test", i);
		kit_letter(kit, &letter);
		kit_run(kit);
		assert_told(kit, MAX_AT, i + 1,
		    levels[i] == LEVEL_VOUCHED ? "You have it" : "Answers by mail are not taken");
	}
	STATE(kit, e, "in_progress");
}

/* Also at the level at which his token would do. */
static void
whom_a_verdict_disowns_does_nothing_and_hears_nothing(void **state)
{
	struct desk_kit *kit = *state;
	struct escalation e = fresh(kit, "engineer");
	const char *outcome;

	kit->policy.level = LEVEL_TOKEN;
	outcome = take(kit, EVE_AT, "dmarc=fail header.from", "text/plain\r\n\r\nack\r\n");
	STATE(kit, e, "pending");
	assert_non_null(strstr(outcome, "not believed"));
	assert_int_equal(kit_sent_count(kit, EVE_AT), 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, packet_setup, kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(forms_that_disagree_do_nothing),
		STORY(what_was_not_read_whole_does_nothing),
		STORY(what_goes_to_one_packet_and_answers_another_does_nothing),
		STORY(who_is_not_of_the_staff_acts_at_the_level_of_the_site),
		STORY(whom_a_verdict_disowns_does_nothing_and_hears_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
