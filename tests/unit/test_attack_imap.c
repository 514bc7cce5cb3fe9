/* What an IMAP server can do to us and to the people who look after it: each was a hole once. */
#include "help_imap_box.h"

#include <assent/base/health.h>

/* --- what was not taken whole must stay where we say that it is ---------------------- */

static void
a_letter_that_was_given_up_stays_where_the_operator_is_sent(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\n");
	world(1, 3, "kill 2");
	(void)look_until_it_works();
	assert_int_equal(rows("status = 'quarantined' AND outcome LIKE '%lies unread%UID 2'"), 1);
	assert_int_equal(noted("move Done 1 3\n"), 1);
	restart();
	look();
	assert_int_equal(noted("move Done 1 3\n"), noted("move"));
}

static void
a_letter_whose_size_was_a_lie_stays_as_well(void **state)
{
	(void)state;
	room_settle(&room, SETTINGS ", after: move, move_to: Done}]\nmail: {max_size: 64KiB}\n");
	str_clear(&lines);
	str_addf(&lines, "big 2 70000\nmail 1 %lld\nmail 2 %lld 100\nmail 3 %lld\n",
	    (long long)fresh, (long long)fresh, (long long)fresh);
	write_world();
	(void)look_until_it_works();
	assert_int_equal(rows("status = 'quarantined' AND outcome LIKE '%lies unread%UID 2'"), 1);
	assert_int_equal(noted("move Done 1 3\n"), 1);
	assert_int_equal(noted("move"), 1);
}

/* --- a server whose store is out for a day ------------------------------------------- */

static void
write_outage(int64_t first, int64_t last)
{
	AUTO(str_donep) struct str more = STR_INIT(1 << 16);

	for (int64_t uid = first; uid <= last; uid++)
		str_addf(&more, "fail %lld\n", (long long)uid);
	world(first, last, str_text(&more));
}

/* It lists, and gives nothing: no letter is to blame, so next to none is given up. */
static void
a_server_that_gives_no_letter_at_all_loses_next_to_none(void **state)
{
	(void)state;
	write_outage(1, 50);
	for (int n = 0; n < 400; n++)
		assert_true(try() < 0);
	assert_false(health_is_ready());
	assert_true(rows("status = 'quarantined'") <= 4);
	world(1, 50, "");
	(void)look_until_it_works();
	assert_true(rows("status = 'new'") >= 46);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(a_letter_that_was_given_up_stays_where_the_operator_is_sent),
		BOX_TEST(a_letter_whose_size_was_a_lie_stays_as_well),
		BOX_TEST(a_server_that_gives_no_letter_at_all_loses_next_to_none),
	};

	(void)argc;
	return imap_box_tests(argv[0], tests, ARRAY_LEN(tests));
}
