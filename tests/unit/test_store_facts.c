/* What rules read of many tickets at once is what each of them shows alone. */
#include "help_store.h"

#include <assent/base/str.h>
#include <assent/store/facts.h>

#include <string.h>

#define TICKETS 90
#define TEXT ((size_t)1 << 20)
#define ALL 0x7fffu

static uint64_t seed = 11;

static unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *
pick(const char *const *words, size_t n)
{
	return words[draw((unsigned)n)];
}

#define PICK(...) \
	pick((const char *const[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

/* An id that begins with the ticket's, so that they lie in another order than they came. */
static void
add_id(struct str *sql, unsigned n)
{
	str_addf(sql, "x'%08x%024x'", n, n);
}

/* --- rows ------------------------------------------------------------------------------- */

static void
add_ticket(struct str *sql, unsigned n)
{
	str_add(sql,
	    "INSERT INTO tickets (id, ref, title, requester_email, requester_name,"
	    " engineer_email, engineer_name, status, state_version, created, updated,"
	    " attributes, priority, status_since, status_at, forgotten) VALUES (");
	add_id(sql, n);
	str_addf(sql,
	    ", %u, 'title %u', 'Bob@x.test', '', 'eve@x.test', '', '%s', 1, %u, %u,"
	    " '{}', 'p%u', %u, %u, %u);\n",
	    3000 - n, n, PICK("open", "waiting", "resolved", "paused", "open"), 1000 + n, 2000 + n,
	    draw(4), draw(2) * draw(500), draw(2) * draw(500), draw(20) == 0);
}

static void
add_message(struct str *sql, unsigned n, unsigned seq)
{
	str_add(sql,
	    "INSERT INTO messages (id, ticket, seq, is_public, message_id, from_email,"
	    " from_name, subject, at, text, own) VALUES (randomblob(16), ");
	add_id(sql, n);
	str_addf(sql, ", %u, %u, '', '%s', '', '', %u, 't', 'own %u');\n", seq, draw(4) != 0,
	    PICK("bob@x.test", "eve@x.test", "old@x.test"), 5000 + draw(3000), draw(1000));
}

static void
add_work(struct str *sql, unsigned n)
{
	for (unsigned i = draw(4); i > 0; i--) {
		str_add(sql, "INSERT INTO tasks VALUES (randomblob(16), ");
		add_id(sql, n);
		str_addf(sql, ", %u, 'question', '', '', '', '%s', 1, 0, '');\n", i,
		    PICK("open", "done"));
	}
	for (unsigned i = 0; i < draw(3); i++) {
		str_add(sql, "INSERT INTO fixes VALUES (randomblob(16), ");
		add_id(sql, n);
		str_addf(sql, ", %u, '', '', %u, '', '%s', 1, 0, '');\n", i, draw(101),
		    i == 0 ? PICK("active", "rejected") : PICK("proposed", "dismissed"));
	}
	for (unsigned i = draw(4); i > 0; i--) {
		str_add(sql,
		    "INSERT INTO outgoing (id, kind, to_email, to_name, locale, zone_name,"
		    " ticket, message_id, in_reply_to, \"references\", subject, replied,"
		    " status, last_error, created, sent_at, \"view\", escalation)"
		    " VALUES (randomblob(16), '', '', '', '', '', ");
		add_id(sql, n);
		str_addf(sql, ", '', '', '', '', 0, '%s', '', %u, %u, '', %s);\n",
		    PICK("refused", "sent", "refused"), 100 + draw(900), draw(2) * draw(2000),
		    draw(4) ? "NULL" : "x'01'");
	}
}

static void
add_ballots(struct str *sql, unsigned approval)
{
	for (unsigned i = draw(4); i > 0; i--) {
		str_addf(sql,
		    "INSERT INTO ballots (id, approval, person_email, person_name,"
		    " status, generation, unclear, approve, comment, channel, evidence,"
		    " cast_at) VALUES (x'%032x', ",
		    draw(1u << 30));
		add_id(sql, approval);
		str_addf(sql, ", 'p%u@x.test', '', '%s', 1, %u, 0, '', 'mail', '', 0);\n",
		    draw(100), PICK("cast", "open", "void"), draw(3));
	}
}

static void
add_asked(struct str *sql, unsigned n)
{
	static unsigned last = 1000000;

	for (unsigned i = draw(4); i > 0; i--) {
		unsigned id = last -= draw(3) + 1; /* younger ones are not greater */

		str_add(sql,
		    "INSERT INTO approvals (id, ticket, item, state, question,"
		    " requested_by, asked_hash, asked_seq, created, ask_at, asked_at,"
		    " reminded_at, deadline, decided_at, turnaround, comment, summary,"
		    " asked) VALUES (");
		add_id(sql, id);
		str_add(sql, ", ");
		add_id(sql, n);
		str_addf(sql,
		    ", 0, '%s', 'q%u', '', x'00', 0, %u, 0, %u, %u, %u, %u, 0, '', '',"
		    " '');\n",
		    PICK("sent", "rejected", "approved", "draft"), draw(100), 5000 + draw(3),
		    draw(9000), draw(9000), draw(9000), draw(9000));
		add_ballots(sql, id);
	}
	for (unsigned i = draw(4); i > 0; i--) {
		str_add(
		    sql, "INSERT INTO events (ticket, at, kind, actor, before, after) VALUES (");
		add_id(sql, n);
		str_addf(sql, ", %u, '%s', '', '', '');\n", 4999 + draw(4),
		    PICK("approval.reminded", "approval.asked"));
	}
	for (unsigned i = draw(3); i > 0; i--) {
		str_add(sql, "INSERT INTO rule_holds VALUES (");
		add_id(sql, n);
		str_addf(sql, ", 'rule%u', 'key%u', %u);\n", i, draw(10), draw(100));
	}
}

static void
fill(struct store *store)
{
	AUTO(str_donep) struct str sql = STR_INIT(TEXT);

	str_add(&sql,
	    "BEGIN; INSERT INTO staff (id, email, name, role, team, active) VALUES"
	    " (x'01', 'eve@x.test', '', '', '', 1), (x'02', 'old@x.test', '', '', '', 0);\n");
	for (unsigned n = 1; n <= TICKETS; n++) {
		add_ticket(&sql, n);
		for (unsigned i = draw(6), seq = 0; i > 0; i--)
			add_message(&sql, n, seq += 1 + draw(2));
		add_work(&sql, n);
		add_asked(&sql, n);
	}
	str_add(&sql, "COMMIT;");
	assert_false(str_overflowed(&sql));
	store_sql(store, str_text(&sql));
}

/* --- what each shows alone ------------------------------------------------------------- */

#define M "FROM messages WHERE ticket = t.id"
#define STAFF "(SELECT email FROM staff WHERE active = 1)"
#define NEWEST(column) \
	"ifnull((SELECT " column " FROM approvals a WHERE ticket = t.id" \
	" ORDER BY created DESC, id DESC LIMIT 1), '')"
#define TEN "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s"
#define FORMAT TEN "|" TEN "|" TEN
#define LAST " ORDER BY seq DESC LIMIT 1)"
#define BALLOTS "FROM ballots WHERE approval = a.id"
#define NOT_SENT "FROM outgoing WHERE ticket = t.id AND status = 'refused' AND escalation IS NULL"
/* clang-format off */
#define ALONE \
	"ref, status, created, updated, title, requester_email, priority, attributes," \
	" iif(status_since > 0, status_since, iif(status_at > 0, status_at, created))," \
	" (SELECT count(*) " M "), ifnull((SELECT at " M LAST ", 0)," \
	" ifnull((SELECT from_email IN " STAFF " " M LAST ", 0)," \
	" ifnull((SELECT min(at) " M " AND is_public = 1 AND from_email NOT IN " STAFF \
	" AND seq > ifnull((SELECT max(seq) " M " AND is_public = 1 AND from_email IN " STAFF "), -1)), 0)," \
	" ifnull((SELECT own " M LAST ", '')," \
	" (SELECT count(*) FROM tasks WHERE ticket = t.id AND state = 'open')," \
	" ifnull((SELECT confidence FROM fixes WHERE ticket = t.id AND state IN ('active', 'proposed')" \
	" ORDER BY n DESC LIMIT 1), -1)," \
	" (SELECT count(*) " NOT_SENT "), ifnull((SELECT max(iif(sent_at > 0, sent_at, created)) " NOT_SENT "), 0), " \
	NEWEST("state") ", " NEWEST("question") ", " NEWEST("asked_at") ", " NEWEST("deadline") ", " \
	NEWEST("decided_at") ", " NEWEST("reminded_at") ", ifnull(" \
	NEWEST("(SELECT person_email " BALLOTS " ORDER BY status = 'cast' DESC," \
	    " status = 'open' DESC, id DESC LIMIT 1)") ", ''), ifnull(" \
	NEWEST("(SELECT sum(unclear) " BALLOTS ")") ", ''), " \
	NEWEST("(SELECT count(*) FROM events WHERE ticket = t.id AND kind = 'approval.reminded'" \
	    " AND at >= a.created)") \
	", (SELECT count(*) FROM approvals WHERE ticket = t.id)," \
	" (SELECT count(*) FROM approvals WHERE ticket = t.id AND state = 'rejected')," \
	" ifnull((SELECT group_concat(rule || '=' || once_key, '+') FROM" \
	" (SELECT * FROM rule_holds WHERE ticket = t.id ORDER BY rule)), '')"
/* clang-format on */

static void
add_number(struct str *out, bool is_known, int64_t number)
{
	if (is_known)
		str_addf(out, "%lld", (long long)number);
	str_add_char(out, '|');
}

static void
add_row(struct str *out, const struct facts_row *r)
{
	const struct facts_asked *a = &r->asked;
	bool is_asked = a->approvals > 0;

	str_addf(out, "%lld|%s|%lld|%lld|%s|%s|%s|%s|%lld|", (long long)r->ticket.ref,
	    r->ticket.status, (long long)r->ticket.created, (long long)r->ticket.updated,
	    r->ticket.title, r->ticket.requester_email, r->ticket.priority, r->ticket.attributes,
	    (long long)r->status_since);
	str_addf(out, "%lld|%lld|%d|%lld|%s|", (long long)r->thread.messages,
	    (long long)r->thread.last, r->thread.is_by_staff, (long long)r->thread.unanswered_since,
	    r->thread.own);
	str_addf(out, "%lld|%lld|%lld|%lld|", (long long)r->open_tasks, (long long)r->confidence,
	    (long long)r->failures, (long long)r->last_failure);
	str_addf(out, "%s|%s|", a->state, a->question);
	add_number(out, is_asked, a->asked_at);
	add_number(out, is_asked, a->deadline);
	add_number(out, is_asked, a->decided_at);
	add_number(out, is_asked, a->reminded_at);
	str_addf(out, "%s|", a->approver);
	add_number(out, *a->approver, a->unclear);
	add_number(out, is_asked, a->reminders);
	str_addf(out, "%lld|%lld|", (long long)a->approvals, (long long)a->rejections);
	for (size_t i = 0; i < r->hold_count; i++)
		str_addf(out, "%s%s=%s", i ? "+" : "", r->holds[i].rule, r->holds[i].once_key);
	str_add_char(out, '\n');
}

/* --- pages -------------------------------------------------------------------------------- */

struct reading {
	size_t page; /* tickets, resolved ones counted */
	bool alone;
	struct str text;
};

static int
read_step(struct tx *tx, void *arg, struct err *err)
{
	static struct facts_row rows[TICKETS];
	struct reading *reading = arg;
	struct facts_rows page = { .parts = ALL,
		.arena = tx_arena(tx),
		.rows = rows,
		.max = reading->page,
		.more = true };
	struct facts_row one;
	struct facts_rows alone = { .parts = ALL, .arena = tx_arena(tx), .rows = &one };
	int rc = 0;

	while (rc == 0 && page.more) {
		rc = facts_page(tx, &page, err);
		for (size_t i = 0; rc == 0 && i < page.count; i++) {
			if (reading->alone)
				rc = facts_one(tx, &rows[i].ticket.id, &alone, err);
			add_row(&reading->text, reading->alone ? &one : &rows[i]);
		}
	}
	return rc;
}

/* The first line that is another. */
static void
assert_same(const char *got, const char *want)
{
	size_t line = 0, n;

	for (size_t i = 0; got[i] == want[i]; i++) {
		if (got[i] == '\0')
			return;
		line = got[i] == '\n' ? i + 1 : line;
	}
	n = strcspn(want + line, "\n");
	fail_msg("%.*s\ninstead of %.*s", (int)strcspn(got + line, "\n"), got + line, (int)n,
	    want + line);
}

static void
a_page_shows_what_each_ticket_shows_alone(void **state)
{
	static const size_t pages[] = { 1, 2, 7, 31, TICKETS };
	static char expected[64 << 10];
	struct store *store = *state;
	size_t n;

	fill(store);
	n = store_bytes(store,
	    "SELECT group_concat(line, '') FROM (SELECT format('" FORMAT "', " ALONE ") || char(10)"
	    " AS line FROM tickets t WHERE status <> 'resolved' AND forgotten = 0 ORDER BY id)",
	    expected, sizeof(expected));
	assert_true(n > 1000 && n < sizeof(expected));
	expected[n] = '\0';
	for (size_t i = 0; i < 2 * ARRAY_LEN(pages); i++) {
		struct reading reading = { .page = pages[i / 2],
			.alone = i % 2 != 0,
			.text = STR_INIT(sizeof(expected)) };
		struct err err;

		must(db_read(store->db, NULL, read_step, &reading, &err), 0, &err, "read", __FILE__,
		    __LINE__);
		assert_same(str_text(&reading.text), expected);
		str_done(&reading.text);
	}
}

/* What is not wanted is not read, and is as if there were none. */
static int
bare_step(struct tx *tx, void *arg, struct err *err)
{
	static struct facts_row rows[TICKETS];
	struct facts_rows page = { .arena = tx_arena(tx), .rows = rows, .max = TICKETS };
	int rc = facts_page(tx, &page, err);

	(void)arg;
	assert_true(page.count > 10);
	for (size_t i = 0; i < page.count; i++) {
		assert_string_equal(rows[i].ticket.title, "");
		assert_int_equal(rows[i].thread.messages, 0);
		assert_int_equal(rows[i].asked.approvals, 0);
		assert_int_equal(rows[i].hold_count, 0);
		assert_int_equal(rows[i].confidence, -1);
	}
	return rc;
}

static void
parts_that_nobody_wants_are_not_read(void **state)
{
	struct store *store = *state;
	struct err err;

	fill(store);
	must(db_read(store->db, NULL, bare_step, NULL, &err), 0, &err, "read", __FILE__, __LINE__);
}

/* --- marks ----------------------------------------------------------------------------------- */

static int
marks_step(struct tx *tx, void *arg, struct err *err)
{
	return facts_marks(tx, arg, err);
}

static const struct {
	const char *sql;
	int organisations, staff, absences;
} changes[] = {
	{ "INSERT INTO staff (id, email, name, role, team, active) VALUES"
	  " (x'01', 'eve@x.test', '', '', '', 1)",
	    0, 1, 0 },
	{ "UPDATE staff SET name = 'Eve', active = 1", 0, 0, 0 },
	{ "UPDATE staff SET active = 0", 0, 1, 0 },
	{ "DELETE FROM staff", 0, 1, 0 },
	{ "INSERT INTO organisations (id, key, name, owner_email, owner_name, settled_owner, "
	  "locale,"
	  " zone_name, level, updated) VALUES (x'01', 'a', 'A', 'j@a.test', '', '', '', '', '', 1)",
	    0, 0, 0 },
	{ "UPDATE organisations SET updated = 2, owner_email = 'j@a.test'", 0, 0, 0 },
	{ "UPDATE organisations SET owner_email = 'k@a.test'", 1, 0, 0 },
	{ "INSERT INTO absences VALUES ('k@a.test', 5, '', x'01', 1)", 0, 0, 1 },
	{ "UPDATE absences SET until = 5, words = 'x'", 0, 0, 0 },
	{ "INSERT INTO absences VALUES ('k@a.test', 6, '', x'01', 1)"
	  " ON CONFLICT (person_email) DO UPDATE SET until = excluded.until",
	    0, 0, 1 },
	{ "DELETE FROM absences", 0, 0, 1 },
};

static void
what_many_tickets_share_leaves_a_mark_when_it_changes(void **state)
{
	struct store *store = *state;
	struct facts_marks want = { 0 }, marks;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		store_sql(store, changes[i].sql);
		want.organisations += changes[i].organisations;
		want.staff += changes[i].staff;
		want.absences += changes[i].absences;
		must(db_read(store->db, NULL, marks_step, &marks, &err), 0, &err, "read", __FILE__,
		    __LINE__);
		if (marks.organisations != want.organisations || marks.staff != want.staff ||
		    marks.absences != want.absences)
			fail_msg("%s", changes[i].sql);
	}
}

/* --- changes without an event -------------------------------------------------------------- */

static int
touched_step(struct tx *tx, void *arg, struct err *err)
{
	struct facts_page *page = arg;

	return facts_touched(tx, page, err);
}

static const struct {
	const char *sql;
	size_t touched;
} touches[] = {
	{ "UPDATE tickets SET title = title, updated = 9, state_version = 9", 0 },
	{ "UPDATE tickets SET attributes = '{\"a\": 1}' WHERE ref = 2999", 1 },
	{ "UPDATE tickets SET organisation = x'07' WHERE ref = 2998", 1 },
	{ "UPDATE tickets SET status = 'open' WHERE ref = 2998", 0 },
	{ "INSERT INTO messages SELECT id, id, 90, 0, '', '', '', '', NULL, 5, '', '', '' FROM"
	  " tickets WHERE ref = 2997",
	    1 },
	{ "UPDATE ballots SET unclear = unclear + 1 WHERE id = (SELECT min(id) FROM ballots)", 1 },
	{ "UPDATE ballots SET comment = 'x'", 0 },
	{ "INSERT INTO ballots SELECT x'05', x'06', '', '', 'open', 1, 0, 0, '', '', '', 0, ''",
	    0 },
	{ "UPDATE ballots SET status = 'void' WHERE id = x'05'", 0 }, /* of no question */
	{ "UPDATE outgoing SET status = 'refused' WHERE id = (SELECT id FROM outgoing WHERE"
	  " status = 'sent' LIMIT 1)",
	    1 },
	{ "UPDATE outgoing SET last_error = 'x'", 0 },
};

static void
a_change_that_leaves_no_event_is_noted(void **state)
{
	struct store *store = *state;
	struct facts_page page = { .max = 1000 };
	struct err err;

	fill(store);
	must(db_read(store->db, NULL, touched_step, &page, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	for (size_t i = 0; i < ARRAY_LEN(touches); i++) {
		store_sql(store, touches[i].sql);
		must(db_read(store->db, NULL, touched_step, &page, &err), 0, &err, "read", __FILE__,
		    __LINE__);
		if (page.count != touches[i].touched || page.lost)
			fail_msg("%s: %zu", touches[i].sql, page.count);
	}
	store_sql(store,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10050)"
	    " INSERT INTO messages SELECT randomblob(16), x'07', i, 0, '', '', '', '', NULL, 5, '',"
	    " '', '' FROM n");
	assert_int_equal(store_number(store, "SELECT count(*) FROM watch_touched"), 10000);
	must(db_read(store->db, NULL, touched_step, &page, &err), 0, &err, "read", __FILE__,
	    __LINE__);
	assert_true(page.lost);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_page_shows_what_each_ticket_shows_alone),
		STORE_TEST(parts_that_nobody_wants_are_not_read),
		STORE_TEST(a_change_that_leaves_no_event_is_noted),
		STORE_TEST(what_many_tickets_share_leaves_a_mark_when_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
