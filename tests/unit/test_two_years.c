/*
 * Two years of a desk, in zones whose clocks change by an hour or by half of
 * one: whatever has its time (mails after quiet hours, hand-overs, levels,
 * expiry, reminders, deadlines) comes once, at the minute at which a wall
 * clock that is looked at each minute says so; in the hour that is skipped
 * and in the one that comes twice as well.
 */
#include "help_escalation.h"
#include "help_jane.h"
#include "help_time.h"

#include <assent/base/str.h>
#include <assent/model/calendar.h>
#include <assent/model/rota.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DAYS 730
#define QUIET_FROM (22 * 60)
#define QUIET_TO (2 * 60 + 30)
#define HANDOVER (2 * 60 + 30) /* of a Sunday: skipped in spring, twice in autumn */
#define ASKED_AT (2 * 60 + 40) /* of a Thursday: the reminder is due on Sunday */
#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)

static const char *turns[] = { MAX_AT, OLGA_AT, SECOND_AT };
static const char *head[] = { EVE_AT };

struct world {
	struct desk_kit *kit;
	const struct zone *zone;
	struct calendar *calendar;
	struct rota rota;
	struct policy_role roles[2];
	struct policy_organisation acme;
	utc_ms began, first_sunday; /* midnight of its date, as if it were UTC */
	int packets, questions; /* so far */
};

/* --- what a wall clock says ------------------------------------------------------------- */

static int
minute_of(const struct civil *c)
{
	return c->hour * 60 + c->minute;
}

/* Monday to Friday from 9 to 17, and in the night in which clocks change. */
static bool
is_open(const struct world *w, utc_ms t)
{
	struct civil c;
	int m;

	zone_civil(w->zone, t, &c);
	m = minute_of(&c);
	if (c.weekday == 0)
		return m >= 60 && m < 300;
	return c.weekday != 6 && m >= 540 && m < 1020;
}

static bool
is_quiet(const struct world *w, utc_ms t)
{
	struct civil c;

	zone_civil(w->zone, t, &c);
	return minute_of(&c) >= QUIET_FROM || minute_of(&c) < QUIET_TO;
}

static utc_ms
after_quiet(const struct world *w, utc_ms t)
{
	while (is_quiet(w, t))
		t += MS_MINUTE;
	return t;
}

static utc_ms
after_open(const struct world *w, utc_ms t, int minutes)
{
	for (; minutes > 0; t += MS_MINUTE)
		minutes -= is_open(w, t);
	return t;
}

/* The first time on the date of day that the clock shows this minute; 0: it never does. */
static utc_ms
first_showing(const struct world *w, utc_ms day, int minute)
{
	struct civil date, c;

	zone_civil(w->zone, day, &date);
	for (utc_ms t = day - 14 * MS_HOUR; t < day + 14 * MS_HOUR; t += MS_MINUTE) {
		zone_civil(w->zone, t, &c);
		if (c.day == date.day && minute_of(&c) == minute)
			return t;
	}
	return 0;
}

/* What is skipped comes as much later as the clock jumps. Day is about noon. */
static utc_ms
moment_on(const struct world *w, utc_ms day, int minute)
{
	struct civil before, after;
	utc_ms t = first_showing(w, day, minute);

	zone_civil(w->zone, day - 16 * MS_HOUR, &before);
	zone_civil(w->zone, day, &after);
	return t != 0 ? t : first_showing(w, day, minute + (after.offset_s - before.offset_s) / 60);
}

static const char *
on_call(const struct world *w, utc_ms t)
{
	struct civil c;
	int64_t days;

	zone_civil(w->zone, t, &c);
	days = (t + c.offset_s * MS_SECOND - w->first_sunday) / MS_DAY;
	/* On a Sunday until the hand-over whoever was it before. */
	if (c.weekday == 0 && t < moment_on(w, t + (720 - minute_of(&c)) * MS_MINUTE, HANDOVER))
		days--;
	return turns[days / 7 % 3];
}

/* The nth day of business after it, at the same time of day. */
static utc_ms
after_days(const struct world *w, utc_ms t, int days)
{
	struct civil was, c;
	utc_ms day;

	zone_civil(w->zone, t, &was);
	day = t + (720 - minute_of(&was)) * MS_MINUTE;
	while (days > 0) {
		day += MS_DAY;
		zone_civil(w->zone, day, &c);
		days -= c.weekday != 6;
	}
	return moment_on(w, day, minute_of(&was));
}

/* --- two years ----------------------------------------------------------------------------- */

static utc_ms
next_due(struct desk_kit *kit)
{
	return kit_number(kit, "SELECT coalesce(min(due), 9223372036854775807) FROM job_due");
}

static void
go_to(struct desk_kit *kit, utc_ms when)
{
	utc_ms due;

	while ((due = next_due(kit)) <= when) {
		kit->now = due > kit->now ? due : kit->now;
		kit_run(kit);
		arena_reset(kit->arena);
	}
	kit->now = when;
}

static void
raise_at(struct world *w, utc_ms when, bool critical)
{
	struct escalation_raise raise = packet_plain();

	go_to(w->kit, when);
	raise.to = "desk";
	raise.levels = "[{\"after_ms\": 7200000, \"to\": \"head\"}]";
	raise.priority = critical ? "critical" : "high";
	packet_new(w->kit, &raise);
	w->packets++;
}

static bool
has_change(const struct world *w, utc_ms day)
{
	struct civil from, to;

	zone_civil(w->zone, day, &from);
	zone_civil(w->zone, day + MS_DAY, &to);
	return from.offset_s != to.offset_s;
}

static void
ask_on_thursday(struct world *w, utc_ms day)
{
	struct civil c;

	zone_civil(w->zone, day, &c);
	if (c.weekday != 4)
		return;
	c.hour = ASKED_AT / 60;
	c.minute = ASKED_AT % 60 - 1; /* it is put to her a minute later */
	go_to(w->kit, zone_instant(w->zone, &c));
	jane_ticket(w->kit, "bob@acme.test", "a laptop", "ask\r\n");
	go_to(w->kit, w->kit->now + MS_MINUTE);
	w->questions++;
}

static void
live(struct world *w)
{
	for (int d = 1; d < DAYS; d++) {
		struct civil c;
		utc_ms noon = w->began + d * MS_DAY;

		zone_civil(w->zone, noon, &c);
		c.hour = c.minute = c.second = 0;
		ask_on_thursday(w, noon);
		if (has_change(w, zone_instant(w->zone, &c)))
			for (int m = 0; m < 5 * 60; m += 20)
				raise_at(w, zone_instant(w->zone, &c) + m * MS_MINUTE, false);
		else
			raise_at(w, noon + (d * 67 % 600) * MS_MINUTE, d % 5 == 0);
	}
	go_to(w->kit, w->kit->now + 14 * MS_DAY);
}

/* --- a desk --------------------------------------------------------------------------------- */

static void
set_roles(struct world *w)
{
	struct civil c;

	w->rota = (struct rota){ .zone = w->zone,
		.first_day = w->began / MS_DAY - 1,
		.minute = HANDOVER,
		.people = turns,
		.count = 3 };
	zone_civil(w->zone, w->began - MS_DAY, &c);
	assert_int_equal(c.weekday, 0);
	w->first_sunday = w->rota.first_day * MS_DAY;
	assert_null(week_hours_fault("mon-sun 22:00-02:30", &w->rota.quiet));
	w->roles[0] = (struct policy_role){ .name = "desk", .organisation = "", .turns = &w->rota };
	w->roles[1] =
	    (struct policy_role){ .name = "head", .organisation = "", .people = { head, 1 } };
	w->kit->policy.roles = w->roles;
	w->kit->policy.role_count = 2;
}

static void
settle(struct world *w, const char *name)
{
	struct calendar_plan plan = { .zone = zone(name) };

	w->zone = plan.zone;
	w->began = w->kit->now;
	assert_null(week_hours_fault("mon-fri 09:00-17:00", &plan.hours));
	assert_null(week_hours_fault("sun 01:00-05:00", &plan.hours));
	w->calendar = calendar_new(&plan);
	w->acme = w->kit->policy.organisations[0];
	w->acme.zone = w->zone;
	w->acme.zone_name = name;
	w->acme.calendar = w->calendar;
	w->kit->policy.organisations = &w->acme;
	w->kit->policy.zone = w->zone;
	w->kit->policy.zone_name = name;
	w->kit->policy.calendar = w->calendar;
	set_roles(w);
}

/* --- what came of it -------------------------------------------------------------------------- */

#define PACKETS \
	"SELECT e.created, e.priority = 'critical', e.state, e.moved_at, e.due," \
	" (SELECT count(*) FROM escalation_people WHERE escalation = e.id)," \
	" (SELECT count(*) FROM outgoing WHERE escalation = e.id AND kind = 'escalation'" \
	" AND status = 'sent')," \
	" (SELECT count(*) FROM outgoing WHERE escalation = e.id AND kind <> 'escalation')," \
	" a.email, b.email, b.at," \
	" (SELECT sent_at FROM outgoing WHERE escalation = e.id AND kind = 'escalation'" \
	" AND to_email = a.email)," \
	" (SELECT sent_at FROM outgoing WHERE escalation = e.id AND kind = 'escalation'" \
	" AND to_email = b.email)" \
	" FROM escalations e JOIN escalation_people a ON a.escalation = e.id AND a.level = 0" \
	" JOIN escalation_people b ON b.escalation = e.id AND b.level = 1 ORDER BY e.created"

enum {
	CREATED,
	CRITICAL,
	STATE,
	MOVED,
	DUE,
	PEOPLE,
	PUT,
	NEWS,
	FIRST,
	SECOND,
	CLIMBED,
	SENT,
	LAST
};

static void
equal(sqlite3_stmt *s, const char *what, int64_t got, int64_t wanted)
{
	AUTO(str_donep) struct str text = STR_INIT(200);

	if (got == wanted)
		return;
	utc_add_iso(&text, sqlite3_column_int64(s, 0));
	fail_msg("%s, of %s: %lld, not %lld (%lld min later)", what, str_text(&text),
	    (long long)got, (long long)wanted, (long long)((got - wanted) / MS_MINUTE));
}

static void
check_packet(const struct world *w, sqlite3_stmt *s)
{
	utc_ms t = sqlite3_column_int64(s, CREATED);
	bool critical = sqlite3_column_int(s, CRITICAL) != 0;
	utc_ms climbs = critical ? t + 2 * MS_HOUR : after_open(w, t, 120);
	utc_ms due = critical ? t + 4 * MS_HOUR : after_open(w, t, 240);

	assert_string_equal((const char *)sqlite3_column_text(s, STATE), "expired");
	assert_string_equal((const char *)sqlite3_column_text(s, FIRST), on_call(w, t));
	assert_string_equal((const char *)sqlite3_column_text(s, SECOND), EVE_AT);
	equal(s, "people", sqlite3_column_int64(s, PEOPLE), 2);
	equal(s, "put to", sqlite3_column_int64(s, PUT), 2);
	equal(s, "news", sqlite3_column_int64(s, NEWS), 3);
	equal(s, "first mail", sqlite3_column_int64(s, SENT), critical ? t : after_quiet(w, t));
	equal(s, "climb", sqlite3_column_int64(s, CLIMBED), climbs);
	equal(s, "second mail", sqlite3_column_int64(s, LAST), climbs);
	equal(s, "due", sqlite3_column_int64(s, DUE), due);
	equal(s, "expiry", sqlite3_column_int64(s, MOVED), due);
}

#define QUESTIONS \
	"SELECT a.asked_at, a.state, a.deadline," \
	" (SELECT min(at) FROM events WHERE ticket = a.ticket AND kind = 'approval.reminded')," \
	" (SELECT count(*) FROM events WHERE ticket = a.ticket AND kind = 'approval.reminded')," \
	" (SELECT at FROM events WHERE ticket = a.ticket AND kind = 'approval.state'" \
	" AND after = 'expired')," \
	" (SELECT count(*) FROM outgoing WHERE ticket = a.ticket AND to_email = 'jane@acme.test'" \
	" AND status = 'sent') FROM approvals a ORDER BY a.asked_at"

static void
check_question(const struct world *w, sqlite3_stmt *s)
{
	utc_ms t = sqlite3_column_int64(s, 0), end = after_days(w, t, 5);

	assert_string_equal((const char *)sqlite3_column_text(s, 1), "expired");
	equal(s, "deadline", sqlite3_column_int64(s, 2), end);
	equal(s, "reminder", sqlite3_column_int64(s, 3), after_days(w, t, 2));
	equal(s, "reminders", sqlite3_column_int64(s, 4), 1);
	equal(s, "end", sqlite3_column_int64(s, 5), end);
	equal(s, "mails to her", sqlite3_column_int64(s, 6), 3);
}

static int
each(const struct world *w, const char *sql, void (*check)(const struct world *, sqlite3_stmt *))
{
	struct sqlite3 *file = kit_file(w->kit);
	sqlite3_stmt *s = NULL;
	int n = 0;

	assert_int_equal(sqlite3_prepare_v2(file, sql, -1, &s, NULL), SQLITE_OK);
	for (; sqlite3_step(s) == SQLITE_ROW; n++)
		check(w, s);
	sqlite3_finalize(s);
	sqlite3_close(file);
	return n;
}

static void
two_years_in(struct desk_kit *kit, const char *name)
{
	struct world w = { .kit = kit };

	settle(&w, name);
	live(&w);
	/* The clocks changed twice a year, with fifteen packets around each. */
	assert_int_equal(w.packets, DAYS - 1 + 4 * 14);
	assert_int_equal(w.questions, 104);
	assert_int_equal(each(&w, PACKETS, check_packet), w.packets);
	assert_int_equal(each(&w, QUESTIONS, check_question), w.questions);
	assert_int_equal(COUNT(kit, "jobs", "dead = 1 OR kind IN ('climb', 'lapse', 'remind')"), 0);
	assert_int_equal(COUNT(kit, "outgoing", "status NOT IN ('sent', 'dropped')"), 0);
	calendar_free(w.calendar);
}

static void
in_berlin(void **state)
{
	two_years_in(*state, "Europe/Berlin");
}

static void
in_new_york(void **state)
{
	two_years_in(*state, "America/New_York");
}

static void
on_lord_howe(void **state)
{
	two_years_in(*state, "Australia/Lord_Howe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_berlin, packet_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(in_new_york, packet_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(on_lord_howe, packet_setup, kit_teardown),
	};

	/* Thousands of commits, none of which has to outlive the test. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
