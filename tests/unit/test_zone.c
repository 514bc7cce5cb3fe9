#include <assent/base/file.h>
#include <assent/base/zone.h>

#include "help_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* clang-format off */
static const struct {
	const char *zone, *utc, *local;
} readings[] = {
	{ "UTC",		"1970-01-01T00:00:00Z", "1970-01-01 00:00 UTC" },
	/* Summer time begins and ends at 01:00 UTC all over Europe. */
	{ "Europe/Berlin",	"2026-03-29T00:59:59Z", "2026-03-29 01:59 CET" },
	{ "Europe/Berlin",	"2026-03-29T01:00:00Z", "2026-03-29 03:00 CEST" },
	{ "Europe/Berlin",	"2026-10-25T00:59:59Z", "2026-10-25 02:59 CEST" },
	{ "Europe/Berlin",	"2026-10-25T01:00:00Z", "2026-10-25 02:00 CET" },
	{ "Europe/Berlin",	"1970-06-01T12:00:00Z", "1970-06-01 13:00 CET" },
	{ "America/New_York",	"2026-03-08T06:59:59Z", "2026-03-08 01:59 EST" },
	{ "America/New_York",	"2026-03-08T07:00:00Z", "2026-03-08 03:00 EDT" },
	{ "America/New_York",	"2026-11-01T05:59:59Z", "2026-11-01 01:59 EDT" },
	{ "America/New_York",	"2026-11-01T06:00:00Z", "2026-11-01 01:00 EST" },
	{ "America/New_York",	"2006-03-20T12:00:00Z", "2006-03-20 07:00 EST" },	/* before the law of 2007 */
	{ "America/New_York",	"2007-03-20T12:00:00Z", "2007-03-20 08:00 EDT" },
	{ "Asia/Riyadh",	"2026-07-01T21:30:00Z", "2026-07-02 00:30 +03" },
	{ "Asia/Kolkata",	"2026-07-01T21:30:00Z", "2026-07-02 03:00 IST" },
	/* South of the equator summer lies over new year. */
	{ "Pacific/Auckland",	"2026-04-04T13:59:59Z", "2026-04-05 02:59 NZDT" },
	{ "Pacific/Auckland",	"2026-04-04T14:00:00Z", "2026-04-05 02:00 NZST" },
	{ "Pacific/Auckland",	"2026-09-26T13:59:59Z", "2026-09-27 01:59 NZST" },
	{ "Pacific/Auckland",	"2026-09-26T14:00:00Z", "2026-09-27 03:00 NZDT" },
	{ "Pacific/Auckland",	"2025-12-31T11:00:00Z", "2026-01-01 00:00 NZDT" },
	/* Half an hour of summer time. */
	{ "Australia/Lord_Howe", "2026-01-15T00:00:00Z", "2026-01-15 11:00 +11" },
	{ "Australia/Lord_Howe", "2026-07-15T00:00:00Z", "2026-07-15 10:30 +1030" },
	/* Samoa had no 30 December in 2011. */
	{ "Pacific/Apia",	"2011-12-30T09:59:59Z", "2011-12-29 23:59 -10" },
	{ "Pacific/Apia",	"2011-12-30T10:00:00Z", "2011-12-31 00:00 +14" },
	/* Winter time has the negative saving, yet the clock reads the same. */
	{ "Europe/Dublin",	"2026-01-15T12:00:00Z", "2026-01-15 12:00 GMT" },
	{ "Europe/Dublin",	"2026-07-15T12:00:00Z", "2026-07-15 13:00 IST" },
	/* Far beyond the file's own rows: the footer's rule. */
	{ "Europe/Berlin",	"2100-03-28T00:59:59Z", "2100-03-28 01:59 CET" },
	{ "Europe/Berlin",	"2100-03-28T01:00:00Z", "2100-03-28 03:00 CEST" },
	{ "Europe/Berlin",	"2100-10-31T01:00:00Z", "2100-10-31 02:00 CET" },
	{ "America/New_York",	"2400-03-12T07:00:00Z", "2400-03-12 03:00 EDT" },
	{ "America/New_York",	"2400-11-05T06:00:00Z", "2400-11-05 01:00 EST" },
	{ "Pacific/Auckland",	"2999-12-31T12:00:00Z", "3000-01-01 01:00 NZDT" },
	{ "Asia/Riyadh",	"9999-12-31T20:59:59Z", "9999-12-31 23:59 +03" },
	/* Before any row: local mean time. */
	{ "Europe/Berlin",	"1850-01-01T00:00:00Z", "1850-01-01 00:53 LMT" },
};
/* clang-format on */

static void
local_time_is_read_as_the_zone_reads_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		zone_add_text(&s, zone(readings[i].zone), at(readings[i].utc));
		assert_string_equal(str_text(&s), readings[i].local);
	}
}

/* Written as the local time's fields. */
/* clang-format off */
static const struct {
	const char *zone;
	struct civil local;
	const char *utc;
} instants[] = {
	{ "UTC",	      { .year = 2000, .month = 2, .day = 29 },				"2000-02-29T00:00:00.000Z" },
	{ "Europe/Berlin",    { .year = 2026, .month = 7, .day = 1, .hour = 9 },		"2026-07-01T07:00:00.000Z" },
	/* a gap: half past two does not exist, so it is half past three */
	{ "Europe/Berlin",    { .year = 2026, .month = 3, .day = 29, .hour = 2, .minute = 30 },	"2026-03-29T01:30:00.000Z" },
	{ "Europe/Berlin",    { .year = 2026, .month = 3, .day = 29, .hour = 2 },		"2026-03-29T01:00:00.000Z" },
	{ "Europe/Berlin",    { .year = 2026, .month = 3, .day = 29, .hour = 3 },		"2026-03-29T01:00:00.000Z" },
	{ "Europe/Berlin",    { .year = 2026, .month = 3, .day = 29, .hour = 1, .minute = 59 },	"2026-03-29T00:59:00.000Z" },
	{ "America/New_York", { .year = 2026, .month = 3, .day = 8, .hour = 2, .minute = 15 },	"2026-03-08T07:15:00.000Z" },
	/* doubled: the first time that the clock says it */
	{ "Europe/Berlin",    { .year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 30 }, "2026-10-25T00:30:00.000Z" },
	{ "Europe/Berlin",    { .year = 2026, .month = 10, .day = 25, .hour = 3 },		"2026-10-25T02:00:00.000Z" },
	{ "America/New_York", { .year = 2026, .month = 11, .day = 1, .hour = 1, .minute = 30 },	"2026-11-01T05:30:00.000Z" },
	{ "Pacific/Auckland", { .year = 2026, .month = 4, .day = 5, .hour = 2, .minute = 30 },	"2026-04-04T13:30:00.000Z" },
	{ "Pacific/Auckland", { .year = 2026, .month = 9, .day = 27, .hour = 2, .minute = 30 },	"2026-09-26T14:30:00.000Z" },
	/* a day that does not exist */
	{ "Pacific/Apia",     { .year = 2011, .month = 12, .day = 30, .hour = 12 },		"2011-12-30T22:00:00.000Z" },
	{ "Pacific/Apia",     { .year = 2011, .month = 12, .day = 31, .hour = 9 },		"2011-12-30T19:00:00.000Z" },
	/* by the footer's rule */
	{ "Europe/Berlin",    { .year = 2100, .month = 3, .day = 28, .hour = 2, .minute = 30 },	"2100-03-28T01:30:00.000Z" },
	{ "Pacific/Auckland", { .year = 2600, .month = 1, .day = 1 },				"2599-12-31T11:00:00.000Z" },
	/* carried */
	{ "UTC",	      { .year = 2026, .month = 12, .day = 32, .hour = 25 },		"2027-01-02T01:00:00.000Z" },
	{ "UTC",	      { .year = 2026, .month = 14, .day = 29 },				"2027-03-01T00:00:00.000Z" },
	{ "UTC",	      { .year = 2026, .month = 0, .day = 0, .second = -1 },		"2025-11-29T23:59:59.000Z" },
	{ "UTC",	      { .year = 1969, .month = 12, .day = 31, .minute = -1441 },	"1969-12-29T23:59:00.000Z" },
};
/* clang-format on */

static void
a_local_time_is_found_in_gaps_and_when_doubled(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		utc_add_iso(&s, zone_instant(zone(instants[i].zone), &instants[i].local));
		assert_string_equal(str_text(&s), instants[i].utc);
	}
}

static void
reading_and_finding_are_inverse(void **state)
{
	static const char *const names[] = { "UTC", "Europe/Berlin", "America/New_York",
		"Asia/Riyadh", "Pacific/Auckland", "Australia/Lord_Howe", "America/Nuuk" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct zone *z = zone(names[i]);

		/* Steps of nearly three days over 180 years: all hours have their turn. */
		for (utc_ms t = at("1950-01-01T00:00:00Z"); t < at("2130-01-01T00:00:00Z");
		     t += 71 * MS_HOUR + 17 * MS_MINUTE) {
			struct civil c, again;
			utc_ms back;

			zone_civil(z, t, &c);
			back = zone_instant(z, &c);
			zone_civil(z, back, &again);
			assert_true(back <= t && t - back <= 2 * MS_HOUR);
			assert_int_equal(c.hour * 60 + c.minute, again.hour * 60 + again.minute);
			assert_int_equal(c.day, again.day);
			assert_int_equal(c.weekday, again.weekday);
		}
	}
}

static void
days_follow_each_other(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct civil c, before;

	(void)state;
	zone_civil(zone("UTC"), at("1899-12-31T12:00:00Z"), &before);
	for (utc_ms t = at("1900-01-01T12:00:00Z"); t < at("2110-01-01T00:00:00Z"); t += MS_DAY) {
		bool leap =
		    before.year % 4 == 0 && (before.year % 100 != 0 || before.year % 400 == 0);
		bool last = before.day == lengths[before.month - 1] + (leap && before.month == 2);

		zone_civil(zone("UTC"), t, &c);
		assert_int_equal(c.weekday, (before.weekday + 1) % 7);
		assert_int_equal(c.day, last ? 1 : before.day + 1);
		assert_int_equal(c.month, last ? before.month % 12 + 1 : before.month);
		assert_int_equal(c.year, before.year + (last && before.month == 12));
		before = c;
	}
}

/* clang-format off */
static const struct {
	const char *zone, *from;
	int n;
	const char *to;
} workings[] = {
	/* 2026-11-16 is a Monday */
	{ "UTC",		"2026-11-16T09:30:00.123Z", 0, "2026-11-16T09:30:00.123Z" },
	{ "UTC",		"2026-11-16T09:30:00.123Z", 1, "2026-11-17T09:30:00.123Z" },
	{ "UTC",		"2026-11-16T09:30:00.000Z", 4, "2026-11-20T09:30:00.000Z" },
	{ "UTC",		"2026-11-16T09:30:00.000Z", 5, "2026-11-23T09:30:00.000Z" },
	{ "UTC",		"2026-11-20T09:30:00.000Z", 1, "2026-11-23T09:30:00.000Z" },
	{ "UTC",		"2026-11-19T09:30:00.000Z", 2, "2026-11-23T09:30:00.000Z" },
	{ "UTC",		"2026-11-19T09:30:00.000Z", 12, "2026-12-07T09:30:00.000Z" },
	{ "UTC",		"2026-11-21T09:30:00.000Z", 0, "2026-11-21T09:30:00.000Z" },
	{ "UTC",		"2026-11-21T09:30:00.000Z", 1, "2026-11-24T09:30:00.000Z" },
	{ "UTC",		"2026-11-22T23:59:59.000Z", 1, "2026-11-24T23:59:59.000Z" },
	{ "UTC",		"2026-11-22T23:59:59.000Z", 5, "2026-11-30T23:59:59.000Z" },
	/* Friday in Berlin is still Thursday in UTC */
	{ "Europe/Berlin",	"2026-11-19T23:30:00.000Z", 1, "2026-11-22T23:30:00.000Z" },
	/* over the change of the clock the local hour stays */
	{ "Europe/Berlin",	"2026-03-27T08:00:00.000Z", 1, "2026-03-30T07:00:00.000Z" },
	{ "Europe/Berlin",	"2026-10-23T07:00:00.000Z", 1, "2026-10-26T08:00:00.000Z" },
	{ "America/New_York",	"2026-03-06T14:00:00.000Z", 1, "2026-03-09T13:00:00.000Z" },
	{ "Pacific/Auckland",	"2026-04-02T21:00:00.000Z", 1, "2026-04-05T22:00:00.000Z" },
	{ "Asia/Riyadh",	"2026-03-27T06:00:00.000Z", 1, "2026-03-30T06:00:00.000Z" },
	{ "UTC",		"1969-12-31T23:59:59.750Z", 1, "1970-01-01T23:59:59.750Z" },
};
/* clang-format on */

static void
working_days_skip_weekends_and_keep_the_hour(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(workings); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		utc_add_iso(&s,
		    zone_add_working_days(
			zone(workings[i].zone), at(workings[i].from), workings[i].n));
		assert_string_equal(str_text(&s), workings[i].to);
	}
}

static void
counting_days_one_by_one_gives_the_same(void **state)
{
	const struct zone *z = zone("Europe/Berlin");
	utc_ms start = at("2026-01-05T09:00:00Z");

	(void)state;
	for (int day = 0; day < 7; day++) {
		utc_ms from = start + day * MS_DAY, t = from;

		for (int n = 1; n < 60; n++) {
			t = zone_add_working_days(z, t, 1);
			assert_true(t == zone_add_working_days(z, from, n));
		}
	}
}

static void
mail_has_its_own_way_to_write_a_date(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(200);

	(void)state;
	zone_add_rfc5322(&s, zone("Europe/Berlin"), at("2026-11-21T08:30:00Z"));
	assert_string_equal(str_text(&s), "Sat, 21 Nov 2026 09:30:00 +0100");
	str_clear(&s);
	zone_add_rfc5322(&s, zone("America/St_Johns"), at("2026-06-07T01:02:03Z"));
	assert_string_equal(str_text(&s), "Sat, 06 Jun 2026 22:32:03 -0230");
	str_clear(&s);
	zone_add_rfc5322(&s, zone("UTC"), at("2026-06-07T01:02:03Z"));
	assert_string_equal(str_text(&s), "Sun, 07 Jun 2026 01:02:03 +0000");
}

static const struct {
	const char *text, *same;
} isos[] = {
	{ "2026-11-21T08:30:00.000Z", "2026-11-21T08:30:00.000Z" },
	{ "2026-11-21T09:30:00+01:00", "2026-11-21T08:30:00.000Z" },
	{ "2026-11-21T00:00:00-05:30", "2026-11-21T05:30:00.000Z" },
	{ "2026-11-21T08:30:00.5Z", "2026-11-21T08:30:00.500Z" },
	{ "2026-11-21T08:30:00.123456789Z", "2026-11-21T08:30:00.123Z" },
	{ "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z" },
	{ "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z" },
	{ "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z" },
	{ "2026-02-29T00:00:00Z", NULL },
	{ "2026-13-01T00:00:00Z", NULL },
	{ "2026-00-01T00:00:00Z", NULL },
	{ "2026-11-31T00:00:00Z", NULL },
	{ "2026-11-21T24:00:00Z", NULL },
	{ "2026-11-21T08:60:00Z", NULL },
	{ "2026-11-21T08:30:60Z", NULL },
	{ "2026-11-21T08:30:00", NULL },
	{ "2026-11-21T08:30:00.Z", NULL },
	{ "2026-11-21T08:30:00Z ", NULL },
	{ "2026-11-21 08:30:00Z", NULL },
	{ "2026-11-21T08:30Z", NULL },
	{ "2026-11-21T08:30:00+1:00", NULL },
	{ "2026-11-21T08:30:00+01:60", NULL },
	{ "2026-11-21", NULL },
	{ "26-11-21T08:30:00Z", NULL },
	{ "", NULL },
	{ NULL, NULL },
};

static void
an_iso_instant_is_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(isos); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);
		utc_ms t = -7;

		assert_int_equal(utc_parse_iso(isos[i].text, &t), isos[i].same != NULL);
		if (!isos[i].same) {
			assert_int_equal(t, -7);
			continue;
		}
		utc_add_iso(&s, t);
		assert_string_equal(str_text(&s), isos[i].same);
	}
}

static const struct {
	const char *name;
	int rc;
} names[] = {
	{ "Europe/Berlin", 0 },
	{ "UTC", 0 },
	{ "Etc/GMT+3", 0 },
	{ "Europe/Atlantis", ERR_NOT_FOUND },
	{ "Europe", ERR_NOT_FOUND },
	{ "", ERR_NOT_FOUND },
	{ "/etc/localtime", ERR_NOT_FOUND },
	{ "../zoneinfo/UTC", ERR_NOT_FOUND },
	{ "Europe/../UTC", ERR_NOT_FOUND },
	{ "zone.tab", ERR_NOT_FOUND },
	{ "tzdata.zi", ERR_NOT_FOUND },
	{ "A/name/that/is/longer/than/any/that/the/database/of/zones/will/ever/have",
	    ERR_NOT_FOUND },
};

static void
a_name_is_known_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct zone *z = NULL, *again = NULL;

		assert_int_equal(zone_get(names[i].name, &z, NULL), names[i].rc);
		assert_int_equal(z != NULL, names[i].rc == 0);
		if (z) {
			assert_int_equal(zone_get(names[i].name, &again, NULL), 0);
			assert_ptr_equal(z, again);
		}
	}
}

static char dir[] = "/tmp/assent-zone-XXXXXX";

static int
load_bytes(const void *bytes, size_t n)
{
	static int count;
	const struct zone *z = NULL;
	char name[32], path[64];
	int rc;

	snprintf(name, sizeof(name), "Test/%d", count++);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, bytes, n, 0600, NULL), 0);
	rc = zone_get(name, &z, NULL);
	unlink(path);
	if (rc == 0)
		for (utc_ms t = -4000000000000; t < 9000000000000; t += 900000000000) {
			struct civil c;

			zone_civil(z, t, &c);
			zone_instant(z, &c);
		}
	return rc;
}

static int
make_dir(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/Test", dir);
	return folder_make(path, 0700, NULL);
}

static int
remove_dir(void **state)
{
	char path[64];

	(void)state;
	unsetenv("TZDIR");
	unsetenv("TZ");
	snprintf(path, sizeof(path), "%s/Test", dir);
	return rmdir(path) | rmdir(dir);
}

/* Each file cut off anywhere is refused, each with a changed byte is refused or read safely. */
static void
a_broken_file_is_refused(void **state)
{
	AUTO(str_donep) struct str good = STR_INIT(100000);

	(void)state;
	assert_int_equal(file_read("/usr/share/zoneinfo/America/Nuuk", &good, NULL), 0);
	setenv("TZDIR", dir, 1);
	assert_int_equal(load_bytes(good.text, good.len), 0);
	for (size_t n = 0; n < good.len; n += n < 60 ? 1 : 37)
		assert_int_equal(load_bytes(good.text, n), ERR_INVALID);
	for (size_t i = 0; i < good.len; i += i < 60 || i > good.len - 60 ? 1 : 11) {
		int rc;

		good.text[i] ^= 0x81;
		rc = load_bytes(good.text, good.len);
		assert_true(rc == 0 || rc == ERR_INVALID);
		good.text[i] ^= 0x81;
	}
	unsetenv("TZDIR");
}

/* What TZ may say, and a July's local time there. */
static const struct {
	const char *tz, *july, *january;
} locals[] = {
	{ "Europe/Berlin", "2026-07-15 14:00 CEST", "2026-01-15 13:00 CET" },
	{ ":Europe/Berlin", "2026-07-15 14:00 CEST", "2026-01-15 13:00 CET" },
	{ "/usr/share/zoneinfo/Asia/Riyadh", "2026-07-15 15:00 +03", "2026-01-15 15:00 +03" },
	{ "", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "No/Such_Zone", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-15 14:00 CEST", "2026-01-15 13:00 CET" },
	{ "EST5", "2026-07-15 07:00 EST", "2026-01-15 07:00 EST" },
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-15 11:00 -01", "2026-01-15 10:00 -02" },
	{ "AAA3BBB,J60/0,J300/0", "2026-07-15 10:00 BBB", "2026-01-15 09:00 AAA" },
	{ "AAA3BBB2:30,300/0,59/0", "2026-07-15 09:00 AAA", "2026-01-15 09:30 BBB" },
	/* summer time all year (RFC 8536 section 3.3.1) */
	{ "XXX3EDT4,0/0,J365/23", "2026-07-15 08:00 EDT", "2026-01-15 08:00 EDT" },
	/* malformed rules mean UTC */
	{ "CET-1CEST", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-1CEST,M13.5.0,M10.5.0", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-1CEST,M3.5.0", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-1CEST,M3.6.0,M10.5.0", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-1CEST,M3.5.0,M10.5.0x", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "CET-99", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "C-1", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
	{ "<CET-1", "2026-07-15 12:00 UTC", "2026-01-15 12:00 UTC" },
};

static void
the_machines_zone_is_what_tz_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(locals); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		setenv("TZ", locals[i].tz, 1);
		zone_add_text(&s, zone_local(), at("2026-07-15T12:00:00Z"));
		assert_string_equal(str_text(&s), locals[i].july);
		str_clear(&s);
		zone_add_text(&s, zone_local(), at("2026-01-15T12:00:00Z"));
		assert_string_equal(str_text(&s), locals[i].january);
	}
	unsetenv("TZ");
	assert_non_null(zone_local());
}

static void
no_instant_is_too_far(void **state)
{
	static const utc_ms far[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1,
		INT64_MAX };
	struct civil c,
	    wild = { .year = INT32_MAX, .month = INT32_MAX, .day = INT32_MAX, .hour = INT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(far); i++) {
		zone_civil(zone("America/New_York"), far[i], &c);
		assert_in_range(c.month, 1, 12);
		assert_in_range(c.day, 1, 31);
		zone_instant(zone("America/New_York"), &c);
	}
	assert_true(zone_instant(zone("America/New_York"), &wild) > 0);
	wild.year = wild.month = wild.day = INT32_MIN;
	assert_true(zone_instant(zone("America/New_York"), &wild) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(local_time_is_read_as_the_zone_reads_it),
		cmocka_unit_test(a_local_time_is_found_in_gaps_and_when_doubled),
		cmocka_unit_test(reading_and_finding_are_inverse),
		cmocka_unit_test(days_follow_each_other),
		cmocka_unit_test(working_days_skip_weekends_and_keep_the_hour),
		cmocka_unit_test(counting_days_one_by_one_gives_the_same),
		cmocka_unit_test(mail_has_its_own_way_to_write_a_date),
		cmocka_unit_test(an_iso_instant_is_read_strictly),
		cmocka_unit_test(a_name_is_known_or_refused),
		cmocka_unit_test_setup_teardown(a_broken_file_is_refused, make_dir, remove_dir),
		cmocka_unit_test(the_machines_zone_is_what_tz_says),
		cmocka_unit_test(no_instant_is_too_far),
	};

	unsetenv("TZDIR");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
