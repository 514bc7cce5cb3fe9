#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/find.h>
#include <assent/store/queue.h>

#include <stdio.h>
#include <string.h>

static struct id
id_at(const char *text)
{
	struct id id;

	assert_true(id_parse(text, &id));
	return id;
}

static void
add_job(struct tx *tx, const char *id, const char *serial, utc_ms due, struct err *err)
{
	struct job job = {
		.id = id_at(id),
		.kind = "remind",
		.lane = LANE_CLOCK,
		.payload = "{}",
		.serial = serial,
		.due = due,
		.created = T0,
	};

	OK(job_add(tx, &job, err));
}

#define A "01234567-89ab-7000-8000-000000000001"
#define B "01234567-89ab-7000-8000-0000000000ff"
#define C "01234567-89ff-7000-8000-000000000001"
#define D "ffffffff-ffff-7fff-bfff-ffffffffffff"

static void
add_all(struct tx *tx, struct err *err)
{
	add_job(tx, A, "", T0, err);
	add_job(tx, B, "", T0, err);
	add_job(tx, C, "", T0, err);
	add_job(tx, D, "", T0, err);
}

STEP_TEST(a_beginning_that_only_one_id_has_names_it)
{
	static const struct {
		const char *text;
		int rc;
		const char *id;
	} cases[] = {
		{ A, 0, A },
		{ "01234567-89ff", 0, C },
		{ "01234567-89fF-7", 0, C },
		{ "01234567-89ab-7000-8000-00000000000", 0, A },
		{ "01234567-89ab-7000-8000-0000000000f", 0, B },
		{ "ffffffff", 0, D },
		{ "FFFFFFFF-", 0, D },
		{ "01234567", ERR_INVALID, NULL },
		{ "01234567-89ab-7000-8000-0000000000", ERR_INVALID, NULL },
		{ "01234568", ERR_NOT_FOUND, NULL },
		{ "0123456", ERR_INVALID, NULL },
		{ "0123456789ff", ERR_INVALID, NULL },
		{ "0123456-7", ERR_INVALID, NULL },
		{ "T-100001", ERR_INVALID, NULL },
		{ "", ERR_INVALID, NULL },
		{ A "0", ERR_INVALID, NULL },
	};
	char text[ID_TEXT_SIZE];
	struct id id;

	add_all(tx, err);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int rc = find_id(tx, FIND_JOB, cases[i].text, &id, err);

		must(rc, cases[i].rc, err, cases[i].text, __FILE__, __LINE__);
		if (rc == 0)
			assert_string_equal(id_text(&id, text), cases[i].id);
	}
}

STEP_TEST(the_sentence_says_what_to_do)
{
	struct id id;

	add_all(tx, err);
	REFUSED(ERR_INVALID, find_id(tx, FIND_JOB, "01234567", &id, err));
	assert_string_equal(
	    err->text, "'01234567' begins the ids of several jobs; write more of it");
	REFUSED(ERR_INVALID, find_id(tx, FIND_APPROVAL, "0123", &id, err));
	assert_string_equal(err->text,
	    "'0123' is not the id of an approval; write at least its first 8 characters");
	REFUSED(ERR_NOT_FOUND, find_id(tx, FIND_INBOUND, "01234567", &id, err));
	assert_string_equal(err->text, "there is no mail '01234567'");
}

STEP_TEST(what_is_shown_finds_its_id_again)
{
	static const char *const ids[] = { A, B, C, D };
	static const size_t want[] = { 35, 35, 12, 8 };
	struct id id, found;
	size_t len;

	add_all(tx, err);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		char shown[ID_TEXT_SIZE];

		id = id_at(ids[i]);
		OK(find_length(tx, FIND_JOB, &id, &len, err));
		assert_int_equal(len, want[i]);
		snprintf(shown, sizeof(shown), "%.*s", (int)len, ids[i]);
		OK(find_id(tx, FIND_JOB, shown, &found, err));
		assert_true(id_equal(&id, &found));
	}
}

STEP_TEST(a_lone_id_is_shown_short_and_never_ends_in_a_dash)
{
	struct id id = id_at(A);
	size_t len;

	add_job(tx, A, "", T0, err);
	OK(find_length(tx, FIND_JOB, &id, &len, err));
	assert_int_equal(len, 8);
	add_job(tx, "01234567-7fff-7000-8000-000000000001", "", T0, err);
	OK(find_length(tx, FIND_JOB, &id, &len, err));
	assert_int_equal(len, 10);
}

STEP_TEST(the_first_job_of_a_serial_has_its_time)
{
	utc_ms due;

	add_job(tx, A, "remind:x", T0 + 5, err);
	add_job(tx, B, "remind:x", T0 + 1, err);
	OK(find_due(tx, "remind:x", &due, err));
	assert_int_equal(due, T0 + 5);
	REFUSED(ERR_NOT_FOUND, find_due(tx, "expire:x", &due, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_beginning_that_only_one_id_has_names_it),
		STORE_TEST(the_sentence_says_what_to_do),
		STORE_TEST(what_is_shown_finds_its_id_again),
		STORE_TEST(a_lone_id_is_shown_short_and_never_ends_in_a_dash),
		STORE_TEST(the_first_job_of_a_serial_has_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
