#include "help_store.h"

#include <assent/store/cursor.h>

#include <string.h>

static struct cursor
somewhere(const struct cursor *taken)
{
	struct cursor cursor = *taken;

	cursor.uidvalidity = 1700;
	cursor.next_uid = INT64_C(4294967295);
	cursor.newest = T0;
	cursor.old_uid = 40;
	cursor.old_time = T0 - 5;
	cursor.settled_uid = 12;
	cursor.flight_first = 41;
	cursor.flight_last = 90;
	cursor.flight_tries = 2;
	cursor.batch = 50;
	cursor.updated = T0 + 1;
	return cursor;
}

static void
same(const struct cursor *a, const struct cursor *b)
{
	assert_string_equal(a->mailbox, b->mailbox);
	assert_int_equal(a->uidvalidity, b->uidvalidity);
	assert_int_equal(a->next_uid, b->next_uid);
	assert_int_equal(a->newest, b->newest);
	assert_int_equal(a->old_uid, b->old_uid);
	assert_int_equal(a->old_time, b->old_time);
	assert_int_equal(a->settled_uid, b->settled_uid);
	assert_int_equal(a->flight_first, b->flight_first);
	assert_int_equal(a->flight_last, b->flight_last);
	assert_int_equal(a->flight_tries, b->flight_tries);
	assert_int_equal(a->batch, b->batch);
	assert_int_equal(a->updated, b->updated);
}

STEP_TEST(a_new_mailbox_begins_at_its_first_uid)
{
	struct cursor cursor;

	REFUSED(ERR_NOT_FOUND, cursor_get(tx, "desk", &cursor, err));
	OK(cursor_take(tx, "desk", "boot:1", &cursor, err));
	assert_string_equal(cursor.mailbox, "desk");
	assert_string_equal(cursor.holder, "boot:1");
	assert_int_equal(cursor.uidvalidity, 0);
	assert_int_equal(cursor.next_uid, 1);
	assert_int_equal(cursor.flight_first, 0);
	assert_int_equal(cursor.epoch, 1);
}

STEP_TEST(what_is_put_is_what_the_next_one_takes)
{
	struct cursor cursor, put, again;

	OK(cursor_take(tx, "desk", "boot:1", &cursor, err));
	put = somewhere(&cursor);
	OK(cursor_put(tx, &put, err));
	OK(cursor_take(tx, "desk", "boot:2", &again, err));
	same(&again, &put);
	assert_string_equal(again.holder, "boot:2");
	assert_int_equal(again.epoch, 2);
}

STEP_TEST(one_that_was_overtaken_changes_nothing)
{
	struct cursor stale, now, stored;

	OK(cursor_take(tx, "desk", "boot:1", &stale, err));
	OK(cursor_take(tx, "desk", "boot:2", &now, err));
	stale.next_uid = 900;
	REFUSED(ERR_CONFLICT, cursor_put(tx, &stale, err));
	assert_non_null(strstr(err->text, "another assentd"));
	OK(cursor_get(tx, "desk", &stored, err));
	assert_int_equal(stored.next_uid, 1);
	now.next_uid = 7;
	OK(cursor_put(tx, &now, err));
	OK(cursor_get(tx, "desk", &stored, err));
	assert_int_equal(stored.next_uid, 7);
	assert_string_equal(stored.holder, "boot:2");
}

STEP_TEST(the_same_holder_that_takes_again_has_overtaken_itself)
{
	struct cursor first, second;

	OK(cursor_take(tx, "desk", "boot:1", &first, err));
	OK(cursor_take(tx, "desk", "boot:1", &second, err));
	assert_int_equal(second.epoch, first.epoch + 1);
	REFUSED(ERR_CONFLICT, cursor_put(tx, &first, err));
}

STEP_TEST(mailboxes_have_a_cursor_each)
{
	struct cursor desk, sales, stored;

	OK(cursor_take(tx, "desk", "boot:1", &desk, err));
	OK(cursor_take(tx, "sales", "boot:1", &sales, err));
	desk.next_uid = 5;
	OK(cursor_put(tx, &desk, err));
	OK(cursor_put(tx, &sales, err));
	OK(cursor_get(tx, "desk", &stored, err));
	assert_int_equal(stored.next_uid, 5);
	OK(cursor_get(tx, "sales", &stored, err));
	assert_int_equal(stored.next_uid, 1);
}

static void
a_cursor_outlives_its_program(void **state)
{
	struct store *store = *state;
	struct err err;

	store_step(store, a_new_mailbox_begins_at_its_first_uid_step, NULL);
	store_close(store);
	assert_int_equal(store_open(store, DB_TOOL, &err), 0);
	assert_int_equal(store_number(store,
			     "SELECT count(*) FROM mailbox_cursor WHERE mailbox = 'desk' "
			     "AND epoch = 1"),
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_new_mailbox_begins_at_its_first_uid),
		STORE_TEST(what_is_put_is_what_the_next_one_takes),
		STORE_TEST(one_that_was_overtaken_changes_nothing),
		STORE_TEST(the_same_holder_that_takes_again_has_overtaken_itself),
		STORE_TEST(mailboxes_have_a_cursor_each),
		STORE_TEST(a_cursor_outlives_its_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
