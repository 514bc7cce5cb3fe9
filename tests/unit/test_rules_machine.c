/* The walls around SQLite, patterns, and whether what is called constant is. */
#include "rules/machine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct moment *moment;

static sqlite3 *
open_machine(void)
{
	sqlite3 *db = NULL;
	struct err err;

	assert_int_equal(machine_open(&moment, &db, &err), 0);
	return db;
}

static int
prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	AUTO(str_donep) struct str text = STR_INIT(100000);
	struct err err;

	str_add(&text, sql);
	return machine_prepare(db, &text, out, &err);
}

/* The grammar lets none of these through; should it ever, SQLite stops them. */
static void
sqlite_does_nothing_but_compute(void **state)
{
	static const char *const refused[] = { "SELECT * FROM sqlite_schema",
		"SELECT name FROM pragma_table_list", "SELECT load_extension('x')",
		"SELECT random()", "SELECT randomblob(5)", "SELECT datetime('now')",
		"SELECT current_timestamp", "SELECT julianday()", "SELECT hex('x')",
		"SELECT zeroblob(1000000000)", "SELECT printf('%d', 1)",
		"SELECT replace('a','b','c')", "SELECT sqlite_version()", "SELECT changes()",
		"SELECT x'00' GLOB 'a'", "CREATE TABLE t (x)", "ATTACH 'x' AS y",
		"PRAGMA journal_mode", "BEGIN", "DETACH main", "SELECT json('{}')",
		"SELECT count(*)", "SELECT group_concat(1)",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
		"SELECT 1 UNION SELECT 2", "SELECT ?999" };
	static const char *const taken[] = { "SELECT 1", "SELECT lower('X')", "SELECT 'a' LIKE 'b'",
		"SELECT matches('a', 'b')", "SELECT abs(-1.5)", "SELECT coalesce(?1, ?2)",
		"SELECT round(1.5)", "SELECT min(1, 2)", "SELECT business_hours_since(NULL)" };
	sqlite3 *db = open_machine();
	sqlite3_stmt *stmt = NULL;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (prepare(db, refused[i], &stmt) == 0)
			fail_msg("%s was taken", refused[i]);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		if (prepare(db, taken[i], &stmt) < 0)
			fail_msg("%s: %s", taken[i], sqlite3_errmsg(db));
		sqlite3_finalize(stmt);
	}
	machine_close(db);
}

/* Once SQLite runs it cannot be told any more: the rules of a daemon are read before its database. */
static void
sqlite_was_told_before_its_first_use(void **state)
{
	sqlite3 *db = open_machine();
	sqlite3_int64 used = -1, most = -1;

	assert_int_equal(sqlite3_status64(SQLITE_STATUS_MEMORY_USED, &used, &most, 0), SQLITE_OK);
	assert_int_equal(used, 0); /* not counted */
	machine_close(db);
}

static const struct {
	const char *pattern, *text;
	bool want;
} globs[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "**", "abc", true },
	{ "a", "A", true },
	{ "A", "a", true },
	{ "abc", "ab", false },
	{ "ab", "abc", false },
	{ "a*c", "abbbc", true },
	{ "a*c", "abbbcd", false },
	{ "*a*b*c*", "xxaxxbxxcxx", true },
	{ "*a*b*c*", "xxaxxcxxbxx", false },
	{ "*aab", "aaaaab", true },
	{ "*aab", "aaaaaba", false },
	{ "?", "", false },
	{ "?", "é", true },
	{ "??", "é", false },
	{ "?b", "éb", true },
	{ "*?b", "صفقةb", true },
	{ "صف??", "صفقة", true },
	{ "صف?", "صفقة", false },
	{ "*قة", "صفقة", true },
	{ "É", "é", false }, /* only a-z are as A-Z */
	{ "a\\*", "a*", false },
	{ "*?*?*?*", "ab", false },
	{ "*?*?*", "ab", true },
};

static void
a_pattern_matches_a_whole_text(void **state)
{
	static const struct glob glob = { '*', '?' };

	for (size_t i = 0; i < ARRAY_LEN(globs); i++)
		if (glob_matches(&glob, globs[i].pattern, globs[i].text) != globs[i].want)
			fail_msg("%s and %s", globs[i].pattern, globs[i].text);
}

/* A hundred stars against text without end: text times pattern, not text to the power of stars. */
static void
no_pattern_is_slow(void **state)
{
	static const struct glob glob = { '*', '?' };
	char pattern[EXPR_PATTERN_MAX + 1], text[FACT_TEXT_MAX + 1];

	for (size_t i = 0; i < EXPR_PATTERN_MAX; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[EXPR_PATTERN_MAX] = '\0';
	pattern[EXPR_PATTERN_MAX - 1] = 'b';
	memset(text, 'a', FACT_TEXT_MAX);
	text[FACT_TEXT_MAX] = '\0';
	for (int i = 0; i < 100; i++)
		assert_false(glob_matches(&glob, pattern, text));
}

/* --- constants -------------------------------------------------------------------------- */

enum { AMOUNT, LEVEL, URGENT, NOTE, WORLD };

static struct fact_list facts;

static void
declare(void)
{
	static const struct fact_def defs[WORLD] = {
		{ .name = "amount", .type = FACT_NUMBER, .words = "" },
		{ .name = "level", .type = FACT_TEXT, .words = "low high" },
		{ .name = "urgent", .type = FACT_BOOL, .words = "" },
		{ .name = "note", .type = FACT_TEXT, .words = "" },
	};

	memcpy(facts.defs, defs, sizeof(defs));
	facts.count = WORLD;
	/* One that is always known. */
	facts.defs[URGENT].fallback = fact_bool(false);
}

static uint64_t seed = 1;

static size_t
draw(size_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (size_t)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

static const char *
one_of(const char *const *words, size_t n)
{
	return words[draw(n)];
}

static void
add_leaf(struct str *out)
{
	static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=" };
	static const char *const subjects[] = { "amount", "amount", "-amount", "amount * 2" };
	static const char *const words[] = { "'low'", "'high'" };
	static const char *const texts[] = { "'a'", "'b'", "'ab'" };

	switch (draw(9)) {
	case 0:
		str_addf(out, "level %s %s", one_of(ops, 2), one_of(words, 2));
		break;
	case 1:
		str_addf(out, "note %s %s", one_of(ops, 6), one_of(texts, 3));
		break;
	case 2:
		str_add(out, draw(2) ? "urgent" : "not urgent");
		break;
	case 3:
		str_addf(out, "%s is %snull", draw(2) ? "amount" : "level", draw(2) ? "not " : "");
		break;
	case 4:
		str_addf(
		    out, "amount %sbetween %zu and %zu", draw(2) ? "not " : "", draw(4), draw(4));
		break;
	case 5:
		str_addf(out, "note %sin (%s, %s)", draw(2) ? "not " : "", one_of(texts, 3),
		    one_of(texts, 3));
		break;
	default:
		str_addf(out, "%s %s %zu", one_of(subjects, 4), one_of(ops, 6), draw(4));
	}
}

static void
add_tree(struct str *out, int depth)
{
	size_t n = 2 + draw(2);
	const char *joint = draw(2) ? " and " : " or ";

	if (depth == 0 || draw(4) == 0) {
		add_leaf(out);
		return;
	}
	str_add(out, draw(4) ? "(" : "not (");
	for (size_t i = 0; i < n; i++) {
		str_add(out, i ? joint : "");
		add_tree(out, depth - 1);
	}
	str_add_char(out, ')');
}

struct claims {
	size_t at[64];
	bool always[64];
	size_t count;
};

static void
add_claim(void *arg, size_t offset, const char *message, const char *meant)
{
	struct claims *claims = arg;

	assert_true(claims->count < 64);
	claims->at[claims->count] = offset;
	claims->always[claims->count++] = strstr(message, "always") != NULL;
}

/* Which truths a part really comes to, over all worlds of a few values for each fact. */
static unsigned
truths(sqlite3 *db, const struct expr *part)
{
	static const double amounts[] = { -7, -3, -2, -1.5, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.25,
		1.5, 1.75, 2, 2.5, 3, 3.5, 9 };
	static const char *const levels[] = { "low", "high" };
	static const char *const notes[] = { " ", "a", "aa", "ab", "abc", "b", "c" };
	const int numbers[] = { 2, 3, 4, 5 };
	AUTO(str_donep) struct str sql = STR_INIT(100000);
	const struct expr_sql to = { numbers, &sql };
	sqlite3_stmt *stmt = NULL;
	unsigned seen = 0;
	struct err err;

	str_add(&sql, "SELECT ");
	expr_add_sql(&to, part);
	assert_int_equal(machine_prepare(db, &sql, &stmt, &err), 0);
	for (size_t i = 0; i < 20 * 3 * 2 * 8; i++) {
		size_t amount = i % 20, level = i / 20 % 3, urgent = i / 60 % 2, note = i / 120;

		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt);
		if (amount < ARRAY_LEN(amounts))
			sqlite3_bind_double(stmt, 2, amounts[amount]);
		if (level < ARRAY_LEN(levels))
			sqlite3_bind_text(stmt, 3, levels[level], -1, SQLITE_STATIC);
		sqlite3_bind_int(stmt, 4, (int)urgent);
		if (note < ARRAY_LEN(notes))
			sqlite3_bind_text(stmt, 5, notes[note], -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
		seen |= sqlite3_column_type(stmt, 0) == SQLITE_NULL ? 4u
		    : sqlite3_column_int(stmt, 0)		    ? 2u
								    : 1u;
	}
	sqlite3_finalize(stmt);
	return seen;
}

/* Is the claim true of a part that starts there? */
static bool
is_true(sqlite3 *db, const struct expr *part, size_t at, bool always)
{
	unsigned seen = part->start == at && part->type == TYPE_BOOL ? truths(db, part) : 7;

	if (always ? seen == 2u : (seen & 2u) == 0)
		return true;
	for (size_t i = 0; i < part->count; i++)
		if (is_true(db, part->args[i], at, always))
			return true;
	return false;
}

static void
what_is_called_constant_is_constant(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	sqlite3 *db = open_machine();
	size_t constant = 0, free_ones = 0, missed = 0;

	declare();
	for (int i = 0; i < 1500; i++) {
		AUTO(str_donep) struct str when = STR_INIT(4000);
		struct claims claims = { .count = 0 };
		struct expr_source source = {
			.facts = &facts, .arena = arena, .fault = add_claim, .arg = &claims
		};
		struct expr *expr;

		add_tree(&when, 2);
		source.text = str_text(&when);
		expr = expr_parse(&source);
		assert_non_null(expr);
		expr_check(&source, expr);
		assert_int_equal(claims.count, 0);
		expr_check_constant(&source, expr);
		for (size_t n = 0; n < claims.count; n++)
			if (!is_true(db, expr, claims.at[n], claims.always[n]))
				fail_msg("%s: %s at %zu", str_text(&when),
				    claims.always[n] ? "always" : "never", claims.at[n]);
		if (claims.count == 0) {
			unsigned seen = truths(db, expr);

			missed += seen == 2u || (seen & 2u) == 0;
			free_ones++;
		}
		constant += claims.count > 0;
		arena_reset(arena);
	}
	machine_close(db);
	/* Both kinds were met; what is missed compares one fact under two disguises. */
	assert_true(constant > 100 && free_ones > 500);
	assert_true(missed * 20 < free_ones);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sqlite_was_told_before_its_first_use),
		cmocka_unit_test(sqlite_does_nothing_but_compute),
		cmocka_unit_test(a_pattern_matches_a_whole_text),
		cmocka_unit_test(no_pattern_is_slow),
		cmocka_unit_test(what_is_called_constant_is_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
