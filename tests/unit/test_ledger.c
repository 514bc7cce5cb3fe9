#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/ledger.h>

#include <stdio.h>
#include <string.h>

static void
append(struct tx *tx, unsigned n, struct ledger_head *head)
{
	struct err e, *err = &e;
	char comment[32];
	struct ledger_field fields[] = {
		{ "person", "olga@acme.example" },
		{ "comment", comment },
		{ "note", NULL },
	};
	struct ledger_entry entry = {
		.at = T0 + n,
		.kind = n % 2 == 1 ? "approval.asked" : "decision",
		.subject = id_of(n % 2),
		.fields = fields,
		.field_count = ARRAY_LEN(fields),
	};

	snprintf(comment, sizeof(comment), "line %u\nof a comment", n);
	OK(ledger_append(tx, &entry, head, err));
}

static int
append_five(struct tx *tx, void *arg, struct err *err)
{
	(void)err;
	for (unsigned n = 1; n <= 5; n++)
		append(tx, n, arg);
	return 0;
}

STEP_TEST(an_empty_ledger_is_intact)
{
	static const uint8_t zeros[SHA256_SIZE];
	struct ledger_report report;
	struct ledger_head head;
	bool has = false;

	OK(ledger_head(tx, &head, err));
	assert_int_equal(head.seq, 0);
	assert_memory_equal(head.hash, zeros, SHA256_SIZE);
	OK(ledger_verify(tx, &report, err));
	assert_int_equal(report.bad_seq, 0);
	assert_string_equal(report.fault, "");
	assert_int_equal(report.entries, 0);
	OK(ledger_has(tx, &head, &has, err));
	assert_true(has);
}

STEP_TEST(entries_are_chained_and_listed_with_their_values)
{
	struct ledger_head first, second, now;
	struct ledger_entry *list;
	struct id subject = id_of(1), all = { 0 };
	size_t count;

	append(tx, 1, &first);
	append(tx, 2, &second);
	append(tx, 3, NULL);
	OK(ledger_head(tx, &now, err));
	assert_int_equal(first.seq, 1);
	assert_int_equal(second.seq, 2);
	assert_int_equal(now.seq, 3);
	OK(ledger_list(tx, &all, 0, 0, &list, &count, err));
	assert_int_equal(count, 3);
	assert_memory_equal(list[1].hash, second.hash, SHA256_SIZE);
	assert_string_equal(list[0].kind, "approval.asked");
	assert_int_equal(list[0].at, T0 + 1);
	assert_int_equal(list[0].field_count, 3);
	assert_string_equal(list[0].fields[0].name, "person");
	assert_string_equal(list[0].fields[0].value, "olga@acme.example");
	assert_string_equal(list[0].fields[1].value, "line 1\nof a comment");
	assert_string_equal(list[0].fields[2].name, "note");
	assert_string_equal(list[0].fields[2].value, "");
	OK(ledger_list(tx, &subject, 0, 0, &list, &count, err));
	assert_int_equal(count, 2);
	assert_int_equal(list[1].seq, 3);
	OK(ledger_list(tx, NULL, 1, 1, &list, &count, err));
	assert_int_equal(count, 1);
	assert_int_equal(list[0].seq, 2);
}

static int
append_one(struct tx *tx, void *arg, struct err *err)
{
	struct ledger_field field = { "outcome", "approved" };
	struct ledger_entry entry = { .at = T0,
		.kind = "decision",
		.subject = id_of(1),
		.fields = &field,
		.field_count = 1 };

	return ledger_append(tx, &entry, arg, err);
}

/* Somebody with nothing but this file's header must be able to prove an entry. */
static void
an_entry_can_be_proven_without_us(void **state)
{
	struct store *store = *state;
	AUTO(str_donep) struct str text = STR_INIT(1000);
	uint8_t hash[SHA256_SIZE], bytes[1000] = { 0 };
	struct ledger_head head;
	size_t n;

	store_step(store, append_one, &head);
	n = store_bytes(
	    store, "SELECT salt || CAST(value AS BLOB) FROM ledger_values", bytes, sizeof(bytes));
	assert_int_equal(n, 16 + strlen("approved"));
	sha256(bytes, n, hash);
	str_add(&text,
	    "seq 1\nat 1700000000000\nkind decision\n"
	    "subject 01020304-0506-7000-8000-000000000001\noutcome ");
	str_add_hex(&text, hash, sizeof(hash));
	str_add_char(&text, '\n');
	memset(bytes, 0, SHA256_SIZE);
	memcpy(bytes + SHA256_SIZE, str_text(&text), text.len);
	sha256(bytes, SHA256_SIZE + text.len, hash);
	assert_memory_equal(hash, head.hash, SHA256_SIZE);
}

STEP_TEST(names_that_would_break_the_text_are_refused)
{
	static const char *const bad[] = { "", "a b", "a\nb", "A", "a1", "a.b" };
	struct ledger_field field = { "name", "v" };
	struct ledger_entry entry = {
		.at = T0, .kind = "decision", .fields = &field, .field_count = 1
	};
	struct ledger_head head;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		field.name = bad[i];
		REFUSED(ERR_INVALID, ledger_append(tx, &entry, NULL, err));
	}
	field.name = "name";
	entry.kind = "two words";
	REFUSED(ERR_INVALID, ledger_append(tx, &entry, NULL, err));
	OK(ledger_head(tx, &head, err));
	assert_int_equal(head.seq, 0);
}

STEP_TEST(an_entry_may_be_bare_and_may_not_be_endless)
{
	static struct ledger_field many[1000];
	struct ledger_entry entry = { .at = T0, .kind = "clock.accepted" };
	struct ledger_report report;

	OK(ledger_append(tx, &entry, NULL, err));
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct ledger_field){ "name", "value" };
	entry.fields = many;
	entry.field_count = 900;
	OK(ledger_append(tx, &entry, NULL, err));
	entry.field_count = 1000;
	REFUSED(ERR_LIMIT, ledger_append(tx, &entry, NULL, err));
	OK(ledger_verify(tx, &report, err));
	assert_int_equal(report.bad_seq, 0);
	assert_int_equal(report.entries, 2);
}

STEP_TEST(a_receipts_head_is_found_in_the_chain)
{
	struct ledger_head first, head;
	bool has = false;

	append(tx, 1, &first);
	append(tx, 2, NULL);
	OK(ledger_has(tx, &first, &has, err));
	assert_true(has);
	head = first;
	head.seq = 2;
	OK(ledger_has(tx, &head, &has, err));
	assert_false(has);
	head = first;
	head.hash[0] ^= 1;
	OK(ledger_has(tx, &head, &has, err));
	assert_false(has);
}

/* --- tampering ------------------------------------------------------------- */

struct seen {
	int64_t entries, values, erased, bad_seq;
	char fault[200];
};

static int
verify(struct tx *tx, void *arg, struct err *err)
{
	struct seen *seen = arg;
	struct ledger_report report;
	int rc = ledger_verify(tx, &report, err);

	if (rc < 0)
		return rc;
	*seen = (struct seen){ report.entries, report.values, report.erased, report.bad_seq, "" };
	snprintf(seen->fault, sizeof(seen->fault), "%s", report.fault);
	return 0;
}

static struct seen
after(const char *sql)
{
	struct store store;
	struct err err = { 0 };
	struct seen seen = { 0 };

	store_make(&store);
	must(store_open(&store, DB_TOOL, &err), 0, &err, "open", __FILE__, __LINE__);
	store_step(&store, append_five, NULL);
	if (sql != NULL)
		store_sql(&store, sql);
	must(db_read(store.db, NULL, verify, &seen, &err), 0, &err, "verify", __FILE__, __LINE__);
	store_remove(&store);
	return seen;
}

static void
an_untouched_chain_is_intact(void **state)
{
	struct seen seen = after(NULL);

	(void)state;
	assert_string_equal(seen.fault, "");
	assert_int_equal(seen.bad_seq, 0);
	assert_int_equal(seen.entries, 5);
	assert_int_equal(seen.values, 15);
	assert_int_equal(seen.erased, 0);
}

static void
erased_values_are_counted_and_the_chain_still_holds(void **state)
{
	static const struct {
		const char *sql;
		int64_t erased;
	} cases[] = {
		{ "UPDATE ledger_values SET salt = NULL, value = NULL WHERE seq = 2", 3 },
		{ "DELETE FROM ledger_values WHERE n = 2", 5 },
		{ "DELETE FROM ledger_values", 15 },
		{ "DELETE FROM ledger_values WHERE seq = 5 AND n = 3", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen = after(cases[i].sql);

		assert_string_equal(seen.fault, "");
		assert_int_equal(seen.entries, 5);
		assert_int_equal(seen.erased, cases[i].erased);
		assert_int_equal(seen.values, 15 - cases[i].erased);
	}
}

static void
each_kind_of_tampering_is_found_where_it_is(void **state)
{
	/* clang-format off */
	static const struct {
		const char *sql;
		int64_t bad_seq;
		const char *words;
	} cases[] = {
		{ "UPDATE ledger_values SET value = 'no' WHERE seq = 3 AND n = 2", 3, "the value of 'comment' was changed" },
		{ "UPDATE ledger_values SET salt = zeroblob(16) WHERE seq = 3 AND n = 1", 3, "the value of 'person' was changed" },
		{ "UPDATE ledger_values SET salt = NULL WHERE seq = 3 AND n = 1", 3, "was changed" },
		{ "UPDATE ledger_values SET salt = x'00' WHERE seq = 3 AND n = 1", 3, "was changed" },
		{ "INSERT INTO ledger_values VALUES (3, 4, zeroblob(16), 'more')", 3, "a value was added" },
		{ "INSERT INTO ledger_values VALUES (3, 0, zeroblob(16), 'more')", 3, "a value was added" },
		{ "INSERT INTO ledger_values VALUES (9, 1, zeroblob(16), 'more')", 9, "no entry" },
		{ "UPDATE ledger SET text = replace(text, 'comment ', 'comment 0') WHERE seq = 2", 2, "text or hash was changed" },
		{ "UPDATE ledger SET text = replace(text, 'a', 'b') WHERE seq = 2", 2, "text or hash was changed" },
		{ "UPDATE ledger SET text = text || 'x' WHERE seq = 5", 5, "text or hash was changed" },
		{ "UPDATE ledger SET hash = zeroblob(32) WHERE seq = 4", 4, "text or hash was changed" },
		{ "UPDATE ledger SET hash = x'00' WHERE seq = 4", 4, "row is damaged" },
		{ "UPDATE ledger SET at = at + 1 WHERE seq = 4", 4, "time, kind or subject" },
		{ "UPDATE ledger SET kind = 'decision.not' WHERE seq = 4", 4, "time, kind or subject" },
		{ "UPDATE ledger SET subject = NULL WHERE seq = 4", 4, "time, kind or subject" },
		{ "DELETE FROM ledger WHERE seq = 3", 3, "missing" },
		{ "DELETE FROM ledger WHERE seq = 1", 1, "missing" },
		{ "DELETE FROM ledger WHERE seq = 5", 5, "cut off" },
		{ "DELETE FROM ledger WHERE seq > 3", 4, "cut off" },
		{ "DELETE FROM ledger", 1, "cut off" },
		{ "UPDATE ledger SET seq = 9 WHERE seq = 2; UPDATE ledger SET seq = 2 WHERE seq = 3;"
		  "UPDATE ledger SET seq = 3 WHERE seq = 9", 2, "changed" },
		{ "DELETE FROM ledger WHERE seq = 3; UPDATE ledger SET seq = 3 WHERE seq = 4;"
		  "UPDATE ledger SET seq = 4 WHERE seq = 5; UPDATE ledger_head SET seq = 4", 3, "changed" },
		{ "UPDATE ledger_head SET hash = (SELECT hash FROM ledger WHERE seq = 4)", 5, "head of the chain" },
		{ "UPDATE ledger_head SET seq = 4, hash = (SELECT hash FROM ledger WHERE seq = 4)", 5, "head of the chain" },
		{ "UPDATE ledger_head SET seq = 6", 6, "cut off" },
		{ "UPDATE ledger_head SET hash = x'01'", 5, "head of the chain is damaged" },
		{ "DELETE FROM ledger_head", 5, "head of the chain is damaged" },
		{ "INSERT INTO ledger SELECT 6, at, kind, subject, text, hash FROM ledger WHERE seq = 5", 6, "changed" },
		{ "INSERT INTO ledger SELECT 0, at, kind, subject, text, hash FROM ledger WHERE seq = 5", 1, "missing" },
		{ "INSERT INTO ledger_values VALUES (0, 1, zeroblob(16), 'more')", 1, "a value of no entry" },
		{ "INSERT INTO ledger_values VALUES (9223372036854775807, 1, zeroblob(16), 'more')", INT64_MAX, "no entry" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen = after(cases[i].sql);

		if (seen.bad_seq != cases[i].bad_seq || strstr(seen.fault, cases[i].words) == NULL)
			fail_msg("%s: entry %lld, '%s'", cases[i].sql, (long long)seen.bad_seq,
			    seen.fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_empty_ledger_is_intact),
		STORE_TEST(entries_are_chained_and_listed_with_their_values),
		STORE_TEST(an_entry_can_be_proven_without_us),
		STORE_TEST(names_that_would_break_the_text_are_refused),
		STORE_TEST(an_entry_may_be_bare_and_may_not_be_endless),
		STORE_TEST(a_receipts_head_is_found_in_the_chain),
		cmocka_unit_test(an_untouched_chain_is_intact),
		cmocka_unit_test(erased_values_are_counted_and_the_chain_still_holds),
		cmocka_unit_test(each_kind_of_tampering_is_found_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
