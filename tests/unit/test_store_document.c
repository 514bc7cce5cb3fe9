/* Documents and what they cost (store/document.h). */
#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/document.h>

#include <string.h>

static struct document
draft(unsigned n, const char *text)
{
	return (struct document){
		.id = id_of(n),
		.ticket = id_of(1),
		.kind = "handoff",
		.locale = "en",
		.text = text,
		.state_version = 3,
		.prompt = "p",
		.chain = "c",
		.provider = "openai",
		.model = "m",
		.is_by_ai = true,
		.created = T0 + n,
		.used = T0 + n,
	};
}

STEP_TEST(a_draft_is_found_by_all_of_its_key)
{
	const struct document in = draft(2, "text");
	struct document out;

	OK(document_add(tx, &in, err));
	OK(document_find(tx, &in, &out, err));
	assert_string_equal(out.text, "text");
	assert_string_equal(out.author, "");
	assert_int_equal(out.revision, 1);
	assert_true(out.is_by_ai);
	for (int i = 0; i < 6; i++) {
		struct document other = in;

		if (i == 0)
			other.ticket = id_of(9);
		if (i == 1)
			other.kind = "notes";
		if (i == 2)
			other.locale = "de";
		if (i == 3)
			other.state_version = 4;
		if (i == 4)
			other.prompt = "q";
		if (i == 5)
			other.chain = "d";
		REFUSED(ERR_NOT_FOUND, document_find(tx, &other, &out, err));
	}
}

STEP_TEST(revisions_count_up_and_the_newest_is_shown)
{
	struct document in = draft(2, "first"), out, *list;
	struct document_name name = { in.ticket, "handoff", "en", 0 };
	size_t n;

	OK(document_add(tx, &in, err));
	in.id = id_of(3);
	in.text = "second";
	in.author = "eve@help.test";
	OK(document_add(tx, &in, err));
	in = draft(4, "auf Deutsch");
	in.locale = "de";
	OK(document_add(tx, &in, err));
	OK(document_get(tx, &name, &out, err));
	assert_int_equal(out.revision, 2);
	assert_string_equal(out.author, "eve@help.test");
	name.revision = 1;
	OK(document_get(tx, &name, &out, err));
	assert_string_equal(out.text, "first");
	name.revision = 3;
	REFUSED(ERR_NOT_FOUND, document_get(tx, &name, &out, err));
	OK(document_list(tx, &name.ticket, &list, &n, err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].locale, "de");
	assert_string_equal(list[1].text, "second");
}

STEP_TEST(what_a_person_wrote_is_found_whatever_the_prompt_is)
{
	struct document in = draft(2, "mine"), out;

	in.author = "eve@help.test";
	OK(document_add(tx, &in, err));
	in.prompt = "other";
	in.chain = "other";
	OK(document_find(tx, &in, &out, err));
	in.state_version = 4;
	REFUSED(ERR_NOT_FOUND, document_find(tx, &in, &out, err));
}

/* Of six drafts the three used last stay, and what is kept does not count. */
STEP_TEST(what_was_used_least_recently_goes_first)
{
	struct document out;

	for (unsigned i = 1; i <= 6; i++) {
		struct document in = draft(i, "text");

		in.state_version = i;
		OK(document_add(tx, &in, err));
	}
	OK(document_use(tx, (struct id[]){ id_of(1) }, T0 + 100, err));
	OK(document_keep(tx, (struct id[]){ id_of(2) }, err));
	OK(document_trim(tx, 3, err));
	for (unsigned i = 1; i <= 6; i++) {
		struct document in = draft(i, "");

		in.state_version = i;
		must(document_find(tx, &in, &out, err), i == 3 || i == 4 ? ERR_NOT_FOUND : 0, err,
		    "find", __FILE__, __LINE__);
	}
}

static int
add_one(struct tx *tx, void *arg, struct err *err)
{
	return document_add(tx, arg, err);
}

/* As many as the constant says, put there by another hand. */
static void
the_store_holds_no_more_drafts_than_it_may(void **state)
{
	struct store *store = *state;

	store_sql(store,
	    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000)"
	    " INSERT INTO documents SELECT randomblob(16), randomblob(16), 'notes', 'en', 1, '',"
	    " 'old', 1, '', '', 'extract', '', 0, '', 0, 0, 0, 0, n <= 10, n, n FROM c");
	for (unsigned i = 0; i < 20; i++) {
		struct document in = draft(i + 2, "new");

		in.used = i == 19 ? 1 : in.used; /* a clock that went back */
		store_step(store, add_one, &in);
	}
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM documents WHERE kept = 0"), DOCUMENTS_MAX);
	assert_int_equal(store_number(store, "SELECT count(*) FROM documents WHERE kept"), 10);
	assert_int_equal(
	    store_number(store, "SELECT count(*) FROM documents WHERE text = 'new'"), 20);
	assert_int_equal(store_number(store,
			     "SELECT min(used) FROM documents WHERE kept = 0"
			     " AND text = 'old'"),
	    21);
}

STEP_TEST(usage_adds_up_by_day_customer_model_and_kind)
{
	struct ai_usage use = { 20000, "acme", "openai", "m", "handoff", 1, 100, 40, 50, 7 };
	struct ai_usage_filter filter = { 19999, 20001, NULL };
	struct ai_usage *list;
	size_t n;

	OK(ai_usage_add(tx, &use, err));
	OK(ai_usage_add(tx, &use, err));
	use.organisation = "other";
	OK(ai_usage_add(tx, &use, err));
	use.day = 20002;
	OK(ai_usage_add(tx, &use, err));
	OK(ai_usage_list(tx, &filter, &list, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(list[0].calls, 2);
	assert_int_equal(list[0].tokens_in, 200);
	assert_int_equal(list[0].tokens_cached, 80);
	assert_int_equal(list[0].tokens_out, 100);
	assert_int_equal(list[0].micros, 14);
	filter.organisation = "other";
	filter.to = 20002;
	OK(ai_usage_list(tx, &filter, &list, &n, err));
	assert_int_equal(n, 2);
	assert_int_equal(list[1].day, 20002);
}

static int
read_old(struct tx *tx, void *arg, struct err *err)
{
	struct document_name name = { { { 0 } }, "summary", "en", 0 };
	struct document out;

	(void)arg;
	name.ticket.bytes[15] = 1;
	OK(document_get(tx, &name, &out, err));
	assert_int_equal(out.revision, 2);
	assert_int_equal(out.state_version, 4);
	assert_string_equal(out.author, "eve@help.test");
	assert_string_equal(out.text, "- one\n- two");
	name.revision = 1;
	OK(document_get(tx, &name, &out, err));
	assert_string_equal(out.author, "");
	assert_string_equal(out.model, "llama");
	assert_true(out.is_by_ai);
	return 0;
}

/* A question that waits for its send_delay has its summary there only. */
static void
summaries_of_an_older_assentd_are_kept(void **state)
{
	struct store *store = *state;
	struct err err;

	store_as_of(store, 10);
	store_sql(store,
	    "INSERT INTO documents VALUES (x'00000000000000000000000000000001', 'summary', 'en', 3,"
	    " 'openai', 5, '{\"bullets\":[\"a\"],\"label\":\"drafted by "
	    "AI\",\"model\":\"llama\"}'),"
	    " (x'00000000000000000000000000000001', 'summary', 'en', 4, 'person', 6,"
	    " '{\"bullets\":[\"one\",\"two\"],\"label\":\"written by eve@help.test\"}')");
	if (store_open(store, DB_TOOL, &err) < 0)
		fail_msg("%s", err.text);
	store_step(store, read_old, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_draft_is_found_by_all_of_its_key),
		STORE_TEST(revisions_count_up_and_the_newest_is_shown),
		STORE_TEST(what_a_person_wrote_is_found_whatever_the_prompt_is),
		STORE_TEST(what_was_used_least_recently_goes_first),
		STORE_TEST(the_store_holds_no_more_drafts_than_it_may),
		STORE_TEST(usage_adds_up_by_day_customer_model_and_kind),
		STORE_TEST(summaries_of_an_older_assentd_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
