#include "rules/engine_priv.h"

#include <assent/base/utf8.h>

#include <stdio.h>
#include <string.h>

#define SQL_MAX ((size_t)15 << 20)

/* --- statements ------------------------------------------------------------------- */

static void
number_facts(struct engine *engine)
{
	for (size_t i = 0; i < engine->rules->facts.count; i++)
		if (engine->rules->used[i]) {
			engine->used[engine->used_count++] = (uint16_t)i;
			engine->numbers[i] = (int)engine->used_count + 1;
		}
}

static int
prepare_all(struct engine *engine, struct err *err)
{
	AUTO(str_donep) struct str sql = STR_INIT(SQL_MAX);
	const struct expr_sql to = { engine->numbers, &sql };

	if (engine->rules->count == 0)
		return 0;
	for (size_t i = 0; i < engine->rules->count; i++) {
		str_add(&sql, i ? ", " : "SELECT ");
		machine_add_case(&to, engine->rules->bodies[i].expr);
	}
	return machine_prepare(engine->db, &sql, &engine->all, err);
}

int
engine_new(struct rules *rules, struct engine **out, struct err *err)
{
	AUTO(engine_freep) struct engine *engine = mem_alloc(sizeof(*engine));
	int rc;

	engine->rules = rules_ref(rules);
	number_facts(engine);
	rc = machine_open(&engine->moment, &engine->db, err);
	if (rc == 0)
		rc = prepare_all(engine, err);
	if (rc < 0)
		return rc;
	*out = TAKE(engine);
	return 0;
}

void
engine_free(struct engine *engine)
{
	if (!engine)
		return;
	sqlite3_finalize(engine->all);
	machine_close(engine->db);
	rules_unref(engine->rules);
	mem_free(engine);
}

const struct rules *
engine_rules(const struct engine *engine)
{
	return engine->rules;
}

/* --- values ------------------------------------------------------------------------ */

/* Whole numbers, which most are, are compared faster; more of them than a double has are none. */
#define WHOLE_MAX 9e15

static bool
is_whole(double number)
{
	return number > -WHOLE_MAX && number < WHOLE_MAX && number == (double)(int64_t)number;
}

static int64_t
bits_of(double number)
{
	int64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

static struct bound
bound_of(const struct fact_value *value, enum fact_type type)
{
	struct bound bound = { .is = value->is };

	if (value->is != FACT_KNOWN)
		return bound;
	switch (type) {
	case FACT_NUMBER:
		bound.bits = bits_of(value->number);
		break;
	case FACT_TEXT:
		bound.bits = (int64_t)(intptr_t)value->text;
		bound.len = strnlen(value->text, FACT_TEXT_MAX + 1);
		break;
	case FACT_BOOL:
		bound.bits = value->yes;
		break;
	default:
		bound.bits = value->time;
	}
	return bound;
}

static void
bind(sqlite3_stmt *stmt, int n, const struct fact_value *value, enum fact_type type)
{
	size_t len;

	if (value->is != FACT_KNOWN) {
		sqlite3_bind_null(stmt, n);
	} else if (type == FACT_TEXT) {
		len = strnlen(value->text, FACT_TEXT_MAX + 1);
		if (len > FACT_TEXT_MAX)
			len = utf8_cut(value->text, len, FACT_TEXT_MAX);
		sqlite3_bind_text(stmt, n, value->text, (int)len, SQLITE_STATIC);
	} else if (type == FACT_BOOL) {
		sqlite3_bind_int(stmt, n, value->yes);
	} else if (type == FACT_TIME) {
		sqlite3_bind_int64(stmt, n, value->time);
	} else if (is_whole(value->number)) {
		sqlite3_bind_int64(stmt, n, (int64_t)value->number);
	} else {
		sqlite3_bind_double(stmt, n, value->number);
	}
}

static void
bind_each(struct engine *engine, sqlite3_stmt *stmt, const struct moment *moment)
{
	sqlite3_bind_int64(stmt, 1, moment->now);
	for (size_t i = 0; i < engine->used_count; i++)
		bind(stmt, (int)i + 2, &moment->values[engine->used[i]],
		    engine->rules->facts.defs[engine->used[i]].type);
}

/*
 * Only what is another value than the one before. A text of the same length at
 * the same place needs none: SQLite reads it there when it runs.
 */
static bool
bind_changed(struct engine *engine, const struct moment *moment)
{
	bool wrong = false;

	sqlite3_bind_int64(engine->all, 1, moment->now);
	for (size_t i = 0; i < engine->used_count; i++) {
		const struct fact_value *value = &moment->values[engine->used[i]];
		enum fact_type type = engine->rules->facts.defs[engine->used[i]].type;
		struct bound now = bound_of(value, type), *before = &engine->bound[i];

		wrong = wrong || value->is == FACT_WRONG;
		/* Where a text is cut depends on what is in it. */
		if (now.is == before->is && now.bits == before->bits && now.len == before->len &&
		    now.len <= FACT_TEXT_MAX)
			continue;
		bind(engine->all, (int)i + 2, value, type);
		*before = now;
	}
	return wrong;
}

/* --- one rule alone ------------------------------------------------------------------ */

static enum truth
run_alone(struct engine *engine, sqlite3_stmt *stmt, const struct moment *moment, struct err *why)
{
	int rc;

	engine->moment = moment;
	bind_each(engine, stmt, moment);
	rc = machine_step(engine->db, stmt, RULE_STEPS_MAX);
	if (rc == SQLITE_ROW)
		return sqlite3_column_type(stmt, 0) == SQLITE_NULL ? TRUTH_UNKNOWN
		    : sqlite3_column_int(stmt, 0)		   ? TRUTH_TRUE
								   : TRUTH_FALSE;
	if (rc == SQLITE_INTERRUPT)
		err_set(why, ERR_LIMIT, "more than %d steps", RULE_STEPS_MAX);
	else
		err_set(why, ERR_INVALID, "%s", sqlite3_errmsg(engine->db));
	return TRUTH_FAULT;
}

enum truth
engine_truth(
    struct engine *engine, const struct expr *expr, const struct moment *moment, struct err *why)
{
	AUTO(str_donep) struct str sql = STR_INIT(SQL_MAX);
	const struct expr_sql to = { engine->numbers, &sql };
	sqlite3_stmt *stmt = NULL;
	enum truth truth;

	str_add(&sql, "SELECT ");
	expr_add_sql(&to, expr);
	if (machine_prepare(engine->db, &sql, &stmt, why) < 0)
		return TRUTH_FAULT;
	truth = run_alone(engine, stmt, moment, why);
	sqlite3_finalize(stmt);
	return truth;
}

/* --- all rules ------------------------------------------------------------------------ */

static void
count_fault(struct engine *engine, size_t rule, const char *why)
{
	engine->faults[rule].count++;
	snprintf(engine->faults[rule].why, sizeof(engine->faults[rule].why), "%.150s", why);
}

bool
engine_is_misled(struct engine *engine, const struct moment *moment, size_t rule, struct err *why)
{
	const struct fact_list *facts = &engine->rules->facts;

	for (size_t i = 0; i < engine->used_count; i++) {
		size_t fact = engine->used[i];

		if (moment->values[fact].is != FACT_WRONG ||
		    !engine->rules->bodies[rule].uses.facts[fact])
			continue;
		err_set(why, ERR_INVALID, "%s is no %s", facts->defs[fact].name,
		    fact_type_name(facts->defs[fact].type));
		return true;
	}
	return false;
}

static bool
is_misled(struct engine *engine, const struct moment *moment, size_t rule)
{
	struct err why;

	if (!engine_is_misled(engine, moment, rule, &why))
		return false;
	count_fault(engine, rule, why.text);
	return true;
}

/* Of a group only the first. */
static bool
is_first(const struct rules *rules, const struct hits *hits, size_t rule)
{
	const char *group = rules->items[rule].group;

	for (size_t i = 0; *group && i < hits->count; i++)
		if (strcmp(rules->items[hits->rules[i]].group, group) == 0)
			return false;
	return true;
}

static void
add_hit(struct engine *engine, struct hits *out, size_t rule)
{
	if (is_first(engine->rules, out, rule))
		out->rules[out->count++] = (uint16_t)rule;
}

/* All together went wrong: whose fault is it? */
static void
run_each(struct engine *engine, const struct moment *moment, struct hits *out)
{
	for (size_t i = 0; i < engine->rules->count; i++) {
		struct err why = { 0 };
		enum truth truth;

		if (is_misled(engine, moment, i))
			continue;
		truth = engine_truth(engine, engine->rules->bodies[i].expr, moment, &why);
		if (truth == TRUTH_FAULT)
			count_fault(engine, i, why.text);
		else if (truth == TRUTH_TRUE)
			add_hit(engine, out, i);
	}
}

int
engine_run(struct engine *engine, const struct moment *moment, struct hits *out, struct err *err)
{
	size_t count = engine->rules->count;
	bool wrong;
	int rc;

	out->count = 0;
	if (count == 0)
		return 0;
	engine->moment = moment;
	wrong = bind_changed(engine, moment);
	rc = machine_step(engine->db, engine->all, RULE_STEPS_MAX * (int)count);
	for (size_t i = 0; rc == SQLITE_ROW && i < count; i++)
		if (!(wrong && is_misled(engine, moment, i)) &&
		    sqlite3_column_int(engine->all, (int)i))
			add_hit(engine, out, i);
	sqlite3_reset(engine->all);
	if (rc == SQLITE_NOMEM || rc == SQLITE_MISUSE)
		return err_set(err, ERR_IO, "rules: SQLite: %s", sqlite3_errstr(rc));
	if (rc != SQLITE_ROW)
		run_each(engine, moment, out);
	return 0;
}

uint64_t
engine_faults(const struct engine *engine, size_t rule, const char **why)
{
	*why = rule < engine->rules->count ? engine->faults[rule].why : "";
	return rule < engine->rules->count ? engine->faults[rule].count : 0;
}

bool
hits_have(const struct hits *hits, size_t rule)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->rules[i] == rule)
			return true;
	return false;
}
