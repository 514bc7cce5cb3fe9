/* Calendars against a model that looks at every minute, and is slow and plain. */
#include "help_calendar.h"

#include <stdio.h>

static const struct site walked[] = {
	{ .zone = "Europe/Berlin",
	    .hours = { "mon-thu 08:30-12:00 13:00-17:15", "fri 08:30-13:00" },
	    .holidays = { "12-25", "2026-12-24 09:00-12:00", "2026-05-01", "2026-08-03/2026-08-14",
		"2026-10-25 01:00-04:30" } },
	{ .zone = "America/New_York",
	    .hours = { "mon-fri 22:00-06:00", "sun 00:30-02:15" },
	    .holidays = { "07-04", "2026-11-26", "2027-03-14 20:00-05:00",
		"2026-05-28 09:00-11:00" },
	    .closed = { { false, 1772000040000, 1772100000000 }, { true, 20600, 20603 } },
	    .closed_count = 2 },
	{ .zone = "Australia/Lord_Howe",
	    .hours = { "mon-sun 00:00-24:00" },
	    .holidays = { "01-26", "2026-04-05", "2027-01-26 10:00-12:00" },
	    .closed = { { false, 1790000040000, 1790007240000 },
		{ false, 1790003640000, 1790010000000 } },
	    .closed_count = 2 },
	{ .zone = "Asia/Riyadh",
	    .hours = { "sun-thu 08:00-16:00" },
	    .holidays = { "09-23", "2026-03-20/2026-03-23" } },
};

static bool
is_inside(int minute, const struct week_hours *hours, int base)
{
	for (size_t i = 0; i < hours->count; i++)
		if (hours->times[i].from >= base && hours->times[i].from < base + 1440 &&
		    minute + base >= hours->times[i].from && minute + base < hours->times[i].until)
			return true;
	return false;
}

struct model {
	const struct site *site;
	const struct zone *zone;
	struct week_hours hours;
	struct calendar_date dates[400];
	size_t date_count;
};

static const struct calendar_date *
date_of(const struct model *m, int64_t day)
{
	struct civil now, yearly;

	for (size_t i = 0; i < m->date_count; i++)
		if (!m->dates[i].yearly && m->dates[i].day == day)
			return &m->dates[i];
	days_to_date(day, &now);
	for (size_t i = 0; i < m->date_count; i++) {
		days_to_date(m->dates[i].day, &yearly);
		if (m->dates[i].yearly && yearly.month == now.month && yearly.day == now.day)
			return &m->dates[i];
	}
	return NULL;
}

/* Do the hours of day show minute, which may be of the day after? */
static bool
day_shows(const struct model *m, int64_t day, int minute)
{
	const struct calendar_date *date = date_of(m, day);

	if (date && date->hours.count)
		return is_inside(minute, &date->hours, 0);
	return is_inside(minute, &m->hours, (int)((day + 3) % 7) * 1440);
}

/* The sentence of the header, word for word. */
static bool
model_is_open(const struct model *m, utc_ms moment)
{
	const struct calendar_date *date;
	struct civil c;
	int64_t day;
	int minute;

	zone_civil(m->zone, moment, &c);
	day = days_to_month(c.year, c.month) + c.day - 1;
	minute = c.hour * 60 + c.minute;
	date = date_of(m, day);
	if (date && date->hours.count == 0)
		return false;
	for (size_t i = 0; i < m->site->closed_count; i++) {
		const struct calendar_closed *closed = &m->site->closed[i];
		int64_t now = closed->is_days ? day : moment;

		if (now >= closed->from && now < closed->until && (!closed->is_days || !date))
			return false;
	}
	return day_shows(m, day, minute) || day_shows(m, day - 1, minute + 1440);
}

static void
model_init(struct model *m, const struct site *site)
{
	*m = (struct model){ .site = site, .zone = zone(site->zone) };
	for (const char *const *text = site->hours; *text; text++)
		assert_null(week_hours_fault(*text, &m->hours));
	m->date_count = read_dates(site, m->dates);
}

struct walk {
	utc_ms from, until;
	span_ms step; /* what is open changes at whole steps only */
};

/* Every step is looked at; sums and their inverse at some. */
static void
walk(const struct site *site, struct walk w)
{
	static struct model m;
	AUTO(calendar_freep) struct calendar *c = make(site);
	span_ms open = 0;
	int64_t n = 0;

	model_init(&m, site);
	for (utc_ms t = w.from; t < w.until; t += w.step, n++) {
		bool now = model_is_open(&m, t);
		utc_ms after;

		if (calendar_is_open(c, t) != now)
			fail_msg(
			    "%s: %lld is %s", site->zone, (long long)t, now ? "open" : "closed");
		open += now ? w.step : 0;
		if (n % 61 != 0 || open == 0)
			continue;
		after = calendar_after(c, w.from, open);
		if (calendar_between(c, w.from, t + w.step) != open || after > t + w.step ||
		    (now && after != t + w.step) || calendar_between(c, w.from, after) != open ||
		    calendar_between(c, w.from, after - 1) != open - 1)
			fail_msg("%s: %lld", site->zone, (long long)t);
	}
}

static void
two_years_agree_with_a_slow_model_minute_by_minute(void **state)
{
	const struct walk w = { at("2026-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"), MS_MINUTE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walked); i++)
		walk(&walked[i], w);
}

/* clang-format off */
static const struct { const char *zone; int year; } odd[] = {
	{ "Pacific/Apia", 2011 },	/* had no 30 December */
	{ "Africa/Casablanca", 2026 },	/* four changes, around Ramadan */
	{ "Antarctica/Troll", 2026 },	/* two hours */
	{ "America/Santiago", 2026 },	/* at midnight */
	{ "Africa/Cairo", 2026 },	/* at midnight, on a Thursday and a Friday */
	{ "Asia/Tehran", 2021 },	/* at midnight, once on a Monday */
	{ "Asia/Beirut", 2026 },
	{ "America/Havana", 2026 },
	{ "Pacific/Chatham", 2026 },
	{ "Asia/Kathmandu", 2026 },
	{ "America/St_Johns", 2010 },	/* at one minute past midnight */
	{ "Asia/Pyongyang", 2018 },
	{ "America/Caracas", 2007 },
};
/* clang-format on */

static void
odd_zones_agree_with_the_model(void **state)
{
	struct site site = { .hours = { "mon-fri 23:30-01:30 02:30-04:00 08:00-12:00",
				 "sun 00:00-23:00" } };
	char from[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct walk w = { .step = MS_MINUTE };

		site.zone = odd[i].zone;
		snprintf(from, sizeof(from), "%d-01-01T00:00:00Z", odd[i].year);
		w.from = at(from);
		w.until = w.from + 366 * MS_DAY;
		walk(&site, w);
	}
}

static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 16;
}

static void
after_and_between_are_inverse_anywhere(void **state)
{
	uint64_t seed = 6;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walked); i++) {
		AUTO(calendar_freep) struct calendar *c = make(&walked[i]);

		for (int k = 0; k < 20000; k++) {
			/* 1900 to 2150, and up to 40 years of business time */
			utc_ms from = (utc_ms)(next(&seed) % (250 * 365 * (uint64_t)MS_DAY)) -
			    70 * 365 * MS_DAY;
			span_ms n = (span_ms)(next(&seed) % (40 * 365 * (uint64_t)MS_DAY)) + 1;
			utc_ms to = calendar_after(c, from, n);

			if (calendar_between(c, from, to) != n ||
			    calendar_between(c, to, from) != -n || !calendar_is_open(c, to - 1) ||
			    calendar_after(c, from, calendar_between(c, from, from + n)) > from + n)
				fail_msg("%s %lld + %lld", walked[i].zone, (long long)from,
				    (long long)n);
		}
	}
}

static void
a_calendar_is_small(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(walked); i++) {
		AUTO(calendar_freep) struct calendar *c = make(&walked[i]);

		assert_in_range(calendar_size(c), 1, 64 << 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_years_agree_with_a_slow_model_minute_by_minute),
		cmocka_unit_test(odd_zones_agree_with_the_model),
		cmocka_unit_test(after_and_between_are_inverse_anywhere),
		cmocka_unit_test(a_calendar_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
