#include "help_daemon.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct room room;
static struct str secret = { .ceiling = 1000 };
static struct err err;

static int
setup(void **state)
{
	(void)state;
	room_start(&room, "");
	str_add(&secret, "of somebody else");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	str_clear(&secret);
	room_end(&room);
	return 0;
}

static void
a_password_is_shown_as_it_is(void **state)
{
	const struct login login = { .auth = AUTH_PASSWORD, .user = "desk", .password = "s3 cret" };

	(void)state;
	assert_int_equal(login_secret(&room.daemon, &login, &secret, &err), 0);
	assert_string_equal(str_text(&secret), "s3 cret");
	assert_int_equal(login_refused(&room.daemon, &login, &err), 0);
}

static void
who_needs_no_secret_shows_none(void **state)
{
	const struct login login = { .auth = AUTH_NONE, .password = "s3cret" };

	(void)state;
	assert_int_equal(login_secret(&room.daemon, &login, &secret, &err), 0);
	assert_string_equal(str_text(&secret), "");
}

static void
a_missing_password_is_named_by_its_user(void **state)
{
	const struct login login = { .auth = AUTH_PASSWORD, .user = "desk" };

	(void)state;
	assert_int_equal(login_secret(&room.daemon, &login, &secret, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "desk"));
	assert_string_equal(str_text(&secret), "");
}

static void
a_token_that_nobody_fetched_yet_is_not_there(void **state)
{
	const struct login login = {
		.auth = AUTH_XOAUTH2, .user = "desk", .password = "s3cret", .credential = "m365"
	};
	int rc;

	(void)state;
	rc = login_secret(&room.daemon, &login, &secret, &err);
	assert_true(rc == ERR_NOT_FOUND || rc == ERR_BUSY);
	assert_non_null(strstr(err.text, "m365"));
	assert_string_equal(str_text(&secret), "");
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROOM_TEST(a_password_is_shown_as_it_is),
		ROOM_TEST(who_needs_no_secret_shows_none),
		ROOM_TEST(a_missing_password_is_named_by_its_user),
		ROOM_TEST(a_token_that_nobody_fetched_yet_is_not_there),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	str_done(&secret);
	return rc;
}
