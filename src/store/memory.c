/* memory: findings, fixes and tasks of a ticket. */
#include <assent/store/memory.h>

#include "query.h"

#include <assent/base/str.h>
#include <assent/store/ticket.h>

#include <string.h>

/* clang-format off */
#define FINDING(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, INT, n) N(S, TEXT, kind) N(S, TEXT, text) \
	N(S, TEXT, author) N(S, TEXT, source) N(S, INT, created) N(S, INT, removed) \
	N(S, TEXT, removed_by)

#define FIX(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, INT, n) N(S, TEXT, title) N(S, TEXT, description) \
	N(S, INT, confidence) N(S, TEXT, author) N(S, TEXT, state) N(S, INT, created) \
	N(S, INT, moved_at) N(S, TEXT, moved_by)

#define TASK(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, INT, n) N(S, TEXT, kind) N(S, TEXT, text) \
	N(S, TEXT, answer) N(S, TEXT, author) N(S, TEXT, state) N(S, INT, created) \
	N(S, INT, moved_at) N(S, TEXT, moved_by)

#define LENGTH(column) "length(CAST(" column " AS BLOB))"
#define BYTES_OF(table, first, second) \
	"(SELECT coalesce(sum(" LENGTH(first) " + " LENGTH(second) "), 0) FROM " table \
	" WHERE ticket = ?1 AND id <> ?2)"
#define NEXT_N(table) "SELECT coalesce(max(n), 0) + 1 FROM " table " WHERE ticket = ?"
#define STILL_IN "WHERE id = ? AND instr(' ' || ? || ' ', ' ' || state || ' ') > 0"

#define MEMORY(X) \
	X(MEMORY_BYTES, "SELECT " BYTES_OF("findings", "text", "source") " + " \
	    BYTES_OF("fixes", "title", "description") " + " BYTES_OF("tasks", "text", "answer")) \
	X(FINDING_NEXT, NEXT_N("findings")) \
	X(FINDING_ADD, INSERT("findings", FINDING)) \
	X(FINDING_GET, "SELECT " NAMES(FINDING) " FROM findings WHERE id = ?") \
	X(FINDING_BY_N, "SELECT " NAMES(FINDING) " FROM findings WHERE ticket = ? AND n = ?") \
	X(FINDING_REMOVE, "UPDATE findings SET removed = ?, removed_by = ? WHERE id = ?" \
	    " AND removed = 0") \
	X(FINDING_LIST, "SELECT " NAMES(FINDING) " FROM findings WHERE ticket = ?" \
	    " AND (removed = 0 OR ?) ORDER BY n") \
	X(FIX_NEXT, NEXT_N("fixes")) \
	X(FIX_ADD, INSERT("fixes", FIX)) \
	X(FIX_GET, "SELECT " NAMES(FIX) " FROM fixes WHERE id = ?") \
	X(FIX_BY_N, "SELECT " NAMES(FIX) " FROM fixes WHERE ticket = ? AND n = ?") \
	X(FIX_OF_STATE, "SELECT " NAMES(FIX) " FROM fixes WHERE ticket = ? AND state = ?" \
	    " ORDER BY n DESC LIMIT 1") \
	X(FIX_SUPERSEDE, "UPDATE fixes SET state = 'superseded', moved_at = ?, moved_by = ?" \
	    " WHERE ticket = ? AND state = ? AND id <> ?") \
	X(FIX_MOVE, "UPDATE fixes SET title = ?, description = ?, confidence = ?, state = ?," \
	    " moved_at = ?, moved_by = ? " STILL_IN) \
	X(FIX_LIST, "SELECT " NAMES(FIX) " FROM fixes WHERE ticket = ? ORDER BY n") \
	X(TASK_NEXT, NEXT_N("tasks")) \
	X(TASK_ADD, INSERT("tasks", TASK)) \
	X(TASK_GET, "SELECT " NAMES(TASK) " FROM tasks WHERE id = ?") \
	X(TASK_BY_N, "SELECT " NAMES(TASK) " FROM tasks WHERE ticket = ? AND n = ?") \
	X(TASK_MOVE, "UPDATE tasks SET text = ?, answer = ?, state = ?, moved_at = ?," \
	    " moved_by = ? " STILL_IN) \
	X(TASK_LIST, "SELECT " NAMES(TASK) " FROM tasks WHERE ticket = ? ORDER BY n")
/* clang-format on */

DEFINE_STATEMENTS(SET_MEMORY, memory, MEMORY);
DEFINE_TABLE(finding, struct finding, FINDING);
DEFINE_TABLE(fix, struct fix, FIX);
DEFINE_TABLE(task, struct task, TASK);

#define QUERY(which) query_open(tx, &memory_statements, which)

#define PROPOSED "proposed"
#define ACTIVE "active"

/* --- what a ticket may hold -------------------------------------------------- */

static int64_t
length(const char *text)
{
	return text != NULL ? (int64_t)strlen(text) : 0;
}

/* Room for these two texts of the row id, whether it is there or not? */
static int
check_room(
    struct tx *tx, const struct id *ticket, const struct id *id, int64_t bytes, struct err *err)
{
	struct query q = QUERY(MEMORY_BYTES);
	int64_t there = 0;
	int rc;

	bind_id(&q, ticket);
	bind_id(&q, id);
	rc = query_int(&q, &there, err);
	if (rc < 0 || there + bytes <= MEMORY_BYTES_MAX)
		return rc;
	return err_set(err, ERR_LIMIT,
	    "the findings, fixes and tasks of this ticket may hold %lld KiB in all, and that is "
	    "used up",
	    (long long)(MEMORY_BYTES_MAX >> 10));
}

static int
next_n(struct tx *tx, int statement, const struct id *ticket, int64_t *out, struct err *err)
{
	struct query q = QUERY(statement);

	bind_id(&q, ticket);
	return query_int(&q, out, err);
}

static int
full(int max, const char *what, struct err *err)
{
	return err_set(
	    err, ERR_LIMIT, "this ticket has %d %s already, and that is the most", max, what);
}

/* Before anything is written: whoever catches the error keeps what the step did so far. */
static int
check_state(const char *from, const char *state, const char *what, int64_t n, struct err *err)
{
	size_t len = strlen(state);

	for (const char *at = from; (at = strstr(at, state)) != NULL; at += len)
		if ((at == from || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return 0;
	return err_set(
	    err, ERR_CONFLICT, "%s %lld is %s; nothing was changed", what, (long long)n, state);
}

static int
list(struct tx *tx, int statement, const struct id *ticket, const struct table *table, void *out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(statement);

	bind_id(&q, ticket);
	return query_list(&q, table, out, count, err);
}

/* --- findings ------------------------------------------------------------------ */

int
finding_add(struct tx *tx, const struct finding *finding, struct err *err)
{
	struct finding row = *finding;
	int rc = next_n(tx, FINDING_NEXT, &row.ticket, &row.n, err);

	if (rc == 0 && row.n > FINDINGS_MAX)
		rc = full(FINDINGS_MAX, "findings", err);
	if (rc == 0)
		rc = check_room(
		    tx, &row.ticket, &row.id, length(row.text) + length(row.source), err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(FINDING_ADD);

	bind_row(&q, &finding_table, &row);
	rc = query_run(&q, err);
	return rc < 0 ? rc : ticket_touch(tx, &row.ticket, row.created, err);
}

int
finding_get(struct tx *tx, const struct id *id, struct finding *out, struct err *err)
{
	struct query q = QUERY(FINDING_GET);

	bind_id(&q, id);
	return query_one(&q, &finding_table, out, err);
}

int
finding_by_n(
    struct tx *tx, const struct id *ticket, int64_t n, struct finding *out, struct err *err)
{
	struct query q = QUERY(FINDING_BY_N);

	bind_id(&q, ticket);
	bind_int(&q, n);
	return query_one(&q, &finding_table, out, err);
}

int
finding_remove(struct tx *tx, const struct id *id, const char *by, utc_ms now, struct err *err)
{
	struct finding finding = { 0 };
	int rc = finding_get(tx, id, &finding, err);

	if (rc < 0)
		return rc;

	struct query q = QUERY(FINDING_REMOVE);

	bind_int(&q, now);
	bind_text(&q, by);
	bind_id(&q, id);
	rc = query_claim(&q, ERR_CONFLICT, "", err);
	if (rc == ERR_CONFLICT)
		return err_set(err, rc, "finding %lld was removed by %s before",
		    (long long)finding.n,
		    finding.removed_by[0] != '\0' ? finding.removed_by : "somebody");
	return rc < 0 ? rc : ticket_touch(tx, &finding.ticket, now, err);
}

int
finding_list(struct tx *tx, const struct id *ticket, bool all, struct finding **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(FINDING_LIST);

	bind_id(&q, ticket);
	bind_int(&q, all);
	return query_list(&q, &finding_table, out, count, err);
}

/* --- fixes --------------------------------------------------------------------- */

/* Before another one comes to this state; it is the unique index that guards it. */
static int
supersede(struct tx *tx, const struct fix *newer, const char *by, utc_ms now, struct err *err)
{
	struct query q = QUERY(FIX_SUPERSEDE);

	bind_int(&q, now);
	bind_text(&q, by);
	bind_id(&q, &newer->ticket);
	bind_text(&q, newer->state);
	bind_id(&q, &newer->id);
	return query_run(&q, err);
}

int
fix_add(struct tx *tx, const struct fix *fix, struct err *err)
{
	struct fix row = *fix;
	int rc = next_n(tx, FIX_NEXT, &row.ticket, &row.n, err);

	if (rc == 0 && row.n > FIXES_MAX)
		rc = full(FIXES_MAX, "fixes", err);
	if (rc == 0)
		rc = check_room(
		    tx, &row.ticket, &row.id, length(row.title) + length(row.description), err);
	if (rc == 0 && (text_is(row.state, ACTIVE) || text_is(row.state, PROPOSED)))
		rc = supersede(tx, &row, row.author, row.created, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(FIX_ADD);

	bind_row(&q, &fix_table, &row);
	rc = query_run(&q, err);
	if (rc < 0 || text_is(row.state, PROPOSED))
		return rc;
	return ticket_touch(tx, &row.ticket, row.created, err);
}

int
fix_get(struct tx *tx, const struct id *id, struct fix *out, struct err *err)
{
	struct query q = QUERY(FIX_GET);

	bind_id(&q, id);
	return query_one(&q, &fix_table, out, err);
}

int
fix_by_n(struct tx *tx, const struct id *ticket, int64_t n, struct fix *out, struct err *err)
{
	struct query q = QUERY(FIX_BY_N);

	bind_id(&q, ticket);
	bind_int(&q, n);
	return query_one(&q, &fix_table, out, err);
}

int
fix_of_state(
    struct tx *tx, const struct id *ticket, const char *state, struct fix *out, struct err *err)
{
	struct query q = QUERY(FIX_OF_STATE);

	bind_id(&q, ticket);
	bind_text(&q, state);
	return query_one(&q, &fix_table, out, err);
}

static int
store_fix(struct tx *tx, const struct fix *to, const char *from, struct err *err)
{
	struct query q = QUERY(FIX_MOVE);

	bind_text(&q, to->title);
	bind_text(&q, to->description);
	bind_int(&q, to->confidence);
	bind_text(&q, to->state);
	bind_int(&q, to->moved_at);
	bind_text(&q, to->moved_by);
	bind_id(&q, &to->id);
	bind_text(&q, from);
	return query_claim(&q, ERR_CONFLICT, "somebody was first", err);
}

/* What was inert and stays unused is noticed by no reader. */
static int
touch(struct tx *tx, const struct id *ticket, bool unused, utc_ms now, struct err *err)
{
	return unused ? 0 : ticket_touch(tx, ticket, now, err);
}

int
fix_move(struct tx *tx, const struct fix *to, const char *from, struct err *err)
{
	struct fix there = { 0 }, row = *to;
	int rc = fix_get(tx, &to->id, &there, err);

	if (rc == 0)
		rc = check_state(from, there.state, "fix", there.n, err);
	row.ticket = there.ticket;
	if (rc == 0)
		rc = check_room(
		    tx, &row.ticket, &row.id, length(row.title) + length(row.description), err);
	if (rc == 0 && text_is(row.state, ACTIVE) && !text_is(there.state, ACTIVE))
		rc = supersede(tx, &row, row.moved_by, row.moved_at, err);
	if (rc == 0)
		rc = store_fix(tx, &row, from, err);
	if (rc < 0)
		return rc;
	return touch(tx, &row.ticket, text_is(there.state, PROPOSED) && !text_is(row.state, ACTIVE),
	    row.moved_at, err);
}

int
fix_list(struct tx *tx, const struct id *ticket, struct fix **out, size_t *count, struct err *err)
{
	return list(tx, FIX_LIST, ticket, &fix_table, out, count, err);
}

/* --- tasks --------------------------------------------------------------------- */

int
task_add(struct tx *tx, const struct task *task, struct err *err)
{
	struct task row = *task;
	int rc = next_n(tx, TASK_NEXT, &row.ticket, &row.n, err);

	if (rc == 0 && row.n > TASKS_MAX)
		rc = full(TASKS_MAX, "tasks", err);
	if (rc == 0)
		rc = check_room(
		    tx, &row.ticket, &row.id, length(row.text) + length(row.answer), err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(TASK_ADD);

	bind_row(&q, &task_table, &row);
	rc = query_run(&q, err);
	return rc < 0 ? rc : touch(tx, &row.ticket, text_is(row.state, PROPOSED), row.created, err);
}

int
task_get(struct tx *tx, const struct id *id, struct task *out, struct err *err)
{
	struct query q = QUERY(TASK_GET);

	bind_id(&q, id);
	return query_one(&q, &task_table, out, err);
}

int
task_by_n(struct tx *tx, const struct id *ticket, int64_t n, struct task *out, struct err *err)
{
	struct query q = QUERY(TASK_BY_N);

	bind_id(&q, ticket);
	bind_int(&q, n);
	return query_one(&q, &task_table, out, err);
}

int
task_move(struct tx *tx, const struct task *to, const char *from, struct err *err)
{
	struct task there = { 0 };
	int rc = task_get(tx, &to->id, &there, err);

	if (rc == 0)
		rc = check_state(from, there.state, "task", there.n, err);
	if (rc == 0)
		rc = check_room(
		    tx, &there.ticket, &to->id, length(to->text) + length(to->answer), err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(TASK_MOVE);

	bind_text(&q, to->text);
	bind_text(&q, to->answer);
	bind_text(&q, to->state);
	bind_int(&q, to->moved_at);
	bind_text(&q, to->moved_by);
	bind_id(&q, &to->id);
	bind_text(&q, from);
	rc = query_claim(&q, ERR_CONFLICT, "somebody was first", err);
	return rc < 0
	    ? rc
	    : touch(tx, &there.ticket,
		  text_is(there.state, PROPOSED) && !text_is(to->state, "open"), to->moved_at, err);
}

int
task_list(struct tx *tx, const struct id *ticket, struct task **out, size_t *count, struct err *err)
{
	return list(tx, TASK_LIST, ticket, &task_table, out, count, err);
}
