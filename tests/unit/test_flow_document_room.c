/* How many documents a ticket may have (flow/document.h). */
#include "help_jane.h"

#include <assent/base/str.h>
#include <assent/flow/ask.h>
#include <assent/flow/document.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct trial {
	const char *locale, *text;
	int rc;
};

static int
find(struct desk *desk, struct id *out, struct err *err)
{
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	if (rc == 0)
		*out = ticket.id;
	return rc;
}

static int
edit_step(struct desk *desk, void *arg, struct err *err)
{
	struct trial *trial = arg;
	struct document_edit edit = { .kind = DOCUMENT_NOTES,
		.locale = trial->locale,
		.text = trial->text,
		.by = "eve@help.test" };
	struct document_edited edited;
	const char *wrong;
	int rc = find(desk, &edit.ticket, err);

	return rc < 0 ? rc : document_edit(desk, &edit, &edited, &wrong, err);
}

static int
want_step(struct desk *desk, void *arg, struct err *err)
{
	struct trial *trial = arg;
	struct document_wish wish = {
		.kind = DOCUMENT_NOTES, .locale = trial->locale, .by = "eve@help.test"
	};
	struct document document;
	enum document_stand stand;
	int rc = find(desk, &wish.ticket, err);

	return rc < 0 ? rc : document_want(desk, &wish, &document, &stand, err);
}

static int
edit(struct desk_kit *kit, const char *locale, const char *text)
{
	struct trial trial = { locale, text, 0 };
	struct err err;

	return kit_step(kit, edit_step, &trial, &err);
}

static int
want(struct desk_kit *kit, const char *locale)
{
	struct trial trial = { locale, NULL, 0 };
	struct err err;

	return kit_step(kit, want_step, &trial, &err);
}

static const char *
language(struct desk_kit *kit, int n)
{
	return arena_printf(kit->arena, "en-x-%03d", n);
}

static void
nobody_has_documents_in_languages_without_end(void **state)
{
	struct desk_kit *kit = *state;
	int n = 0, rc = 0;

	jane_ask(kit);
	while (n < 3 * DOCUMENT_NAMES_MAX && rc == 0)
		rc = edit(kit, language(kit, n++), "x");
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(n, DOCUMENT_NAMES_MAX - 1, DOCUMENT_NAMES_MAX + 1);
	assert_int_equal(want(kit, language(kit, n)), ERR_LIMIT);
	/* What is there may be mended and renewed, and what the desk itself wants is written. */
	assert_int_equal(edit(kit, language(kit, 1), "y"), 0);
	assert_int_equal(want(kit, language(kit, 1)), 0);
	assert_int_equal(want(kit, ""), 0);
	kit_run(kit);
}

static void
what_people_write_into_one_ticket_has_an_end(void **state)
{
	struct desk_kit *kit = *state;
	char text[30001];
	int64_t n = 0;
	int rc = 0;

	jane_ask(kit);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (; n < 200 && rc == 0; n++) {
		text[0] = (char)('a' + n % 26);
		text[1] = (char)('a' + n / 26);
		rc = edit(kit, "", text);
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_in_range(n * 30000, DOCUMENT_WORDS_MAX - 60000, DOCUMENT_WORDS_MAX + 60000);
	assert_int_equal(edit(kit, "", "short"), 0);
}

static int
ask_step(struct desk *desk, void *arg, struct err *err)
{
	struct ask_result result;
	struct id ticket;
	struct ask ask = { .tickets = &ticket,
		.ticket_count = 1,
		.question = "",
		.summary = arg,
		.by = "eve@help.test",
		.delay = MS_HOUR };
	int rc = find(desk, &ticket, err);

	return rc < 0 ? rc : ask_request(desk, &ask, &result, err);
}

static void
nor_may_questions_bring_summaries_without_end(void **state)
{
	struct desk_kit *kit = *state;
	char text[30001];
	struct err err;
	int64_t n = 0;
	int rc = 0;

	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (; n < 200 && rc == 0; n++) {
		text[0] = (char)('a' + n % 26);
		text[1] = (char)('a' + n / 26);
		rc = kit_step(kit, ask_step, text, &err);
		if (rc == 0) /* the same words need no second row */
			assert_int_equal(kit_step(kit, ask_step, text, &err), 0);
	}
	assert_int_equal(rc, ERR_LIMIT);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), n - 1);
	assert_in_range(n * 30000, DOCUMENT_WORDS_MAX - 60000, DOCUMENT_WORDS_MAX + 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    nobody_has_documents_in_languages_without_end, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    what_people_write_into_one_ticket_has_an_end, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    nor_may_questions_bring_summaries_without_end, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
