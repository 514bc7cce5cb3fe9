/* Conditions and the operator's mails about them (flow/alert.h, store/alert.h). */
#include "help_desk.h"

#include <assent/base/str.h>
#include <assent/flow/alert.h>
#include <assent/store/alert.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OPERATOR "ops@help.test"

static int
setup(void **state)
{
	struct desk_kit *kit = mem_alloc(sizeof(*kit));

	kit_open(kit);
	kit->policy.alert_to = OPERATOR;
	*state = kit;
	return 0;
}

static int
teardown(void **state)
{
	kit_close(*state);
	mem_free(*state);
	return 0;
}

static int
look_step(struct desk *desk, void *arg, struct err *err)
{
	return alert_look(desk, arg, err);
}

/* names: blank-separated conditions that are on; whether something waits to be told. */
static bool
look(struct desk_kit *kit, const char *names)
{
	struct health on[8];
	struct alert_look arg = { .conditions = on, .settled = true };
	char copy[200], *rest = copy, *word;
	struct err err;

	snprintf(copy, sizeof(copy), "%s", names);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		struct health *h = &on[arg.count++];
		*h = (struct health){ .since = kit->now };
		snprintf(h->name, sizeof(h->name), "%s", word);
		snprintf(h->text, sizeof(h->text), "%s is broken; mend it", word);
	}
	if (kit_step(kit, look_step, &arg, &err) < 0)
		fail_msg("%s", err.text);
	kit_run(kit);
	return arg.waits;
}

static const char *
sent(struct desk_kit *kit, size_t n)
{
	const char *text = kit_sent(kit, OPERATOR, n);

	return text != NULL ? text : "";
}

static void
a_condition_is_told_once_while_it_lasts(void **state)
{
	struct desk_kit *kit = *state;

	for (int i = 0; i < 100; i++) {
		assert_false(look(kit, "disk"));
		kit->now += MS_HOUR;
	}
	assert_int_equal(kit_sent_count(kit, OPERATOR), 1);
	assert_non_null(strstr(sent(kit, 0), "Subject: The approval desk needs you: disk"));
	assert_non_null(strstr(sent(kit, 0), "disk is broken; mend it"));
}

static void
the_end_of_what_was_told_is_told(void **state)
{
	struct desk_kit *kit = *state;

	look(kit, "disk clock");
	kit->now += MS_MINUTE;
	look(kit, "clock");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 3);
	assert_non_null(strstr(sent(kit, 2), "Subject: Over: disk"));
	look(kit, "clock");
	look(kit, "");
	look(kit, "");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 4);
}

static void
what_flaps_is_told_once_an_hour_with_its_count(void **state)
{
	struct desk_kit *kit = *state;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(look(kit, "disk"), i > 0);
		kit->now += MS_MINUTE;
		look(kit, "");
		kit->now += MS_MINUTE;
	}
	assert_int_equal(kit_sent_count(kit, OPERATOR), 2); /* it began, it was over */
	kit->now += MS_HOUR;
	look(kit, "disk");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 3);
	assert_non_null(strstr(sent(kit, 2), "5 times since the last mail"));
}

static void
one_that_stays_after_flapping_is_told_when_the_hour_is_over(void **state)
{
	struct desk_kit *kit = *state;

	look(kit, "disk");
	look(kit, "");
	kit->now += MS_MINUTE;
	assert_true(look(kit, "disk"));
	assert_int_equal(kit_sent_count(kit, OPERATOR), 2);
	kit->now += MS_HOUR;
	assert_false(look(kit, "disk"));
	assert_int_equal(kit_sent_count(kit, OPERATOR), 3);
}

static void
nobody_is_told_where_nobody_is_named(void **state)
{
	struct desk_kit *kit = *state;

	kit->policy.alert_to = "";
	look(kit, "disk");
	look(kit, "");
	kit->policy.alert_to = NULL;
	look(kit, "clock");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 0);
}

static int
unsettled_step(struct desk *desk, void *arg, struct err *err)
{
	struct alert_look look = { .count = 0 };
	int rc = alert_look(desk, &look, err);

	*(bool *)arg = look.waits;
	return rc;
}

static void
a_start_does_not_end_what_was_on_before(void **state)
{
	struct desk_kit *kit = *state;
	bool waits = false;
	struct err err;

	look(kit, "mailbox:desk");
	assert_int_equal(kit_step(kit, unsettled_step, &waits, &err), 0);
	assert_true(waits);
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, OPERATOR), 1);
	look(kit, "");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 2);
}

static int
silent_step(struct desk *desk, void *arg, struct err *err)
{
	struct alert_look look = { .conditions = arg, .count = 1, .settled = true, .silent = true };
	int rc = alert_look(desk, &look, err);

	assert_true(look.waits);
	return rc;
}

static void
what_began_in_a_hold_is_told_after_it(void **state)
{
	struct desk_kit *kit = *state;
	struct health on = { .name = "disk", .text = "full" };
	struct err err;

	assert_int_equal(kit_step(kit, silent_step, &on, &err), 0);
	kit_run(kit);
	assert_int_equal(kit_sent_count(kit, OPERATOR), 0);
	look(kit, "disk");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 1);
}

static void
a_backward_jump_of_the_clock_silences_nothing(void **state)
{
	struct desk_kit *kit = *state;

	look(kit, "disk");
	look(kit, "");
	kit->now -= 100 * MS_DAY;
	look(kit, "disk");
	assert_int_equal(kit_sent_count(kit, OPERATOR), 3);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_condition_is_told_once_while_it_lasts),
		T(the_end_of_what_was_told_is_told),
		T(what_flaps_is_told_once_an_hour_with_its_count),
		T(one_that_stays_after_flapping_is_told_when_the_hour_is_over),
		T(nobody_is_told_where_nobody_is_named),
		T(a_start_does_not_end_what_was_on_before),
		T(what_began_in_a_hold_is_told_after_it),
		T(a_backward_jump_of_the_clock_silences_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
