#include <assent/model/ical.h>

#include "help_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define HEAD "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
#define TAIL "END:VCALENDAR\r\n"
#define TEN "1,2,3,4,5,6,7,8,9,10"
#define EVENT(lines) HEAD "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n" TAIL

static void
add_day(struct str *out, int64_t day)
{
	struct civil c;

	days_to_date(day, &c);
	str_addf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
}

static void
add_closed(struct str *out, const struct calendar_closed *c)
{
	str_add(out, out->len ? " " : "");
	if (!c->is_days) {
		utc_add_iso(out, c->from);
		str_addf(out, "+%lldm", (long long)((c->until - c->from) / MS_MINUTE));
		return;
	}
	add_day(out, c->from);
	if (c->until != c->from + 1)
		str_addf(out, "+%lld", (long long)(c->until - c->from));
}

/* The first closed times of a file, or its faults as "line: text". */
static const char *
shown(const char *text, size_t most)
{
	static struct str out = STR_INIT(4000);
	AUTO(str_donep) struct str bytes = STR_INIT(ICAL_SIZE_MAX + 10);
	static struct ical ical;

	str_clear(&out);
	str_add(&bytes, text);
	if (ical_read(&bytes, zone("Europe/Berlin"), &ical) < 0)
		assert_int_not_equal(ical.fault_count, 0);
	else
		assert_int_equal(ical.fault_count, 0);
	for (size_t i = 0; i < ical.fault_count; i++)
		str_addf(&out, "%s%d: %s", i ? "\n" : "", ical.faults[i].line, ical.faults[i].text);
	for (size_t i = 0; !ical.fault_count && i < ical.count && i < most; i++)
		add_closed(&out, &ical.closed[i]);
	ical_done(&ical);
	return str_text(&out);
}

/* clang-format off */
static const struct { const char *text, *want; } cases[] = {
	/* days */
	{ EVENT("DTSTART;VALUE=DATE:20261225\r\n"), "2026-12-25" },
	{ EVENT("DTSTART:20261225\r\n"), "2026-12-25" },
	{ EVENT("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\n"), "2026-12-25+2" },
	{ EVENT("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261225\r\n"), "2026-12-25" },
	{ EVENT("DTSTART;VALUE=DATE:20261225\r\nDURATION:P2D\r\n"), "2026-12-25+2" },
	{ EVENT("DTSTART;VALUE=DATE:20261225\r\nDURATION:P1W\r\n"), "2026-12-25+7" },
	/* times: floating ones are the calendar's, Berlin's */
	{ EVENT("DTSTART:20261224T120000\r\nDTEND:20261224T180000\r\n"), "2026-12-24T11:00:00.000Z+360m" },
	{ EVENT("DTSTART:20261224T120000Z\r\nDTEND:20261224T180000Z\r\n"), "2026-12-24T12:00:00.000Z+360m" },
	{ EVENT("DTSTART;TZID=America/New_York:20261224T120000\r\nDURATION:PT4H30M\r\n"), "2026-12-24T17:00:00.000Z+270m" },
	{ EVENT("DTSTART;TZID=\"America/New_York\":20261224T120000\r\nDURATION:PT90M\r\n"), "2026-12-24T17:00:00.000Z+90m" },
	{ EVENT("DTSTART;TZID=/example.org/2026/Asia/Riyadh:20261224T120000\r\nDURATION:PT1H\r\n"), "2026-12-24T09:00:00.000Z+60m" },
	{ EVENT("DTSTART;TZID=Asia/Riyadh:20261224T120000\r\nDTEND;TZID=Europe/Berlin:20261224T120000\r\n"), "2026-12-24T09:00:00.000Z+120m" },
	/* A day of DURATION is one of the wall clock, an hour is an hour: 29 March 2026 has 23. */
	{ EVENT("DTSTART:20260329T000000\r\nDURATION:P1D\r\n"), "2026-03-28T23:00:00.000Z+1380m" },
	{ EVENT("DTSTART:20260329T000000\r\nDURATION:P1D\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n"),
	  "2026-03-28T23:00:00.000Z+1380m 2027-03-28T22:00:00.000Z+1440m" },
	{ EVENT("DTSTART:20260329T000000\r\nDURATION:PT24H\r\n"), "2026-03-28T23:00:00.000Z+1440m" },
	/* every year */
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY\r\n"), "2026-12-25 2027-12-25 2028-12-25 2029-12-25" },
	{ EVENT("DTSTART:20240229\r\nRRULE:FREQ=YEARLY\r\n"), "2024-02-29 2028-02-29 2032-02-29 2036-02-29" },
	{ EVENT("DTSTART:20260101\r\nRRULE:FREQ=YEARLY;INTERVAL=3\r\n"), "2026-01-01 2029-01-01 2032-01-01 2035-01-01" },
	{ EVENT("DTSTART:20260101\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n"), "2026-01-01 2027-01-01" },
	{ EVENT("DTSTART:20260101\r\nRRULE:FREQ=YEARLY;COUNT=1\r\n"), "2026-01-01" },
	{ EVENT("DTSTART:20260101\r\nRRULE:FREQ=YEARLY;UNTIL=20280101\r\n"), "2026-01-01 2027-01-01 2028-01-01" },
	{ EVENT("DTSTART:20260101\r\nRRULE:FREQ=YEARLY;UNTIL=20271231T235959Z\r\n"), "2026-01-01 2027-01-01" },
	{ EVENT("DTSTART:19700101\r\nRRULE:FREQ=YEARLY;COUNT=32\r\n"), "2000-01-01 2001-01-01" },
	{ EVENT("DTSTART:20260118\r\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=3MO;COUNT=4\r\n"), "2026-01-18 2026-01-19 2027-01-18 2028-01-17" },
	/* Memorial Day, Thanksgiving, election day */
	{ EVENT("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\r\n"), "2026-05-25 2027-05-31 2028-05-29 2029-05-28" },
	{ EVENT("DTSTART:20261126\r\nRRULE:FREQ=YEARLY;BYDAY=4TH;BYMONTH=11\r\n"), "2026-11-26 2027-11-25 2028-11-23 2029-11-22" },
	{ EVENT("DTSTART:20261103\r\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8\r\n"), "2026-11-03 2028-11-07 2030-11-05 2032-11-02" },
	{ EVENT("DTSTART:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=MO;BYSETPOS=-1\r\n"), "2026-05-25 2027-05-31 2028-05-29 2029-05-28" },
	{ EVENT("DTSTART:20260518\r\nRRULE:FREQ=YEARLY;BYDAY=20MO\r\n"), "2026-05-18 2027-05-17 2028-05-15 2029-05-14" },
	{ EVENT("DTSTART:20261228\r\nRRULE:FREQ=YEARLY;BYDAY=-1MO;WKST=SU\r\n"), "2026-12-28 2027-12-27 2028-12-25 2029-12-31" },
	{ EVENT("DTSTART:20260131\r\nRRULE:FREQ=YEARLY;BYMONTH=1,2,4\r\n"), "2026-01-31 2027-01-31 2028-01-31 2029-01-31" },
	{ EVENT("DTSTART:20260131\r\nRRULE:FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=-1\r\n"), "2026-01-31 2026-02-28 2027-01-31 2027-02-28" },
	{ EVENT("DTSTART:20260102\r\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=FR\r\n"), "2026-01-02 2026-01-09 2026-01-16 2026-01-23" },
	{ EVENT("DTSTART:20260213\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR\r\n"), "2026-02-13 2026-03-13 2026-11-13 2027-08-13" },
	/* Noon stays noon on the wall clock. */
	{ EVENT("DTSTART;TZID=Europe/Berlin:20260601T120000\r\nDURATION:PT1H\r\nRRULE:FREQ=YEARLY;BYMONTH=1,6;BYMONTHDAY=1;COUNT=3\r\n"),
	  "2026-06-01T10:00:00.000Z+60m 2027-01-01T11:00:00.000Z+60m 2027-06-01T10:00:00.000Z+60m" },
	/* with and without */
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;COUNT=4\r\nEXDATE:20271225,20281225\r\n"), "2026-12-25 2029-12-25" },
	{ EVENT("DTSTART:20261225\r\nEXDATE;VALUE=DATE:20261225\r\nRDATE;VALUE=DATE:20270101,20270106\r\n"), "2027-01-01 2027-01-06" },
	{ EVENT("DTSTART:20261224T120000Z\r\nDURATION:PT1H\r\nRDATE;VALUE=PERIOD:20261231T120000Z/PT3H,20270101T120000Z/20270101T140000Z\r\n"),
	  "2026-12-24T12:00:00.000Z+60m 2026-12-31T12:00:00.000Z+180m 2027-01-01T12:00:00.000Z+120m" },
	{ EVENT("DTSTART:20261224T120000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nEXDATE;TZID=Europe/Berlin:20261224T130000\r\n"), "2027-12-24T12:00:00.000Z+60m" },
	{ EVENT("DTSTART:20261225\r\nSTATUS:CANCELLED\r\n"), "" },
	{ EVENT("DTSTART:20261225\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\n"), "2026-12-25" },
	{ EVENT("DTSTART:19991225\r\n"), "" },
	/* lines */
	{ EVENT("SUMMARY:Christ\r\n mas\\, the\r\n\t first day: DTSTART:20200101\r\nDTS\r\n TART;VAL\r\n UE=DATE:202612\r\n 25\r\n"), "2026-12-25" },
	{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nEND:VEVENT\nEND:VCALENDAR", "2026-12-25" },
	{ "\xef\xbb\xbf" "begin:vcalendar\r\nbegin:vevent\r\ndtstart;value=date:20261225\r\nend:vevent\r\nend:vcalendar\r\n", "2026-12-25" },
	/* as calendars are exported */
	{ "BEGIN:VCALENDAR\r\nPRODID:-//Example Corp//Holidays 1.0//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"
	  "X-WR-CALNAME:Feiertage in Bayern\r\nX-WR-TIMEZONE:UTC\r\nX_OLK_NAME:a\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261226\r\n"
	  "DTEND;VALUE=DATE:20261227\r\nDTSTAMP:20261121T080000Z\r\nUID:20261226_1@example.com\r\nCLASS:PUBLIC\r\n"
	  "CREATED:20240517T101010Z\r\nDESCRIPTION;LANGUAGE=de:Gesetzlicher Feiertag\\nin allen LÃ\r\n ¤ndern\r\nLAST-MODIFIED:20240517T101010Z\r\n"
	  "SEQUENCE:0\r\nSTATUS:CONFIRMED\r\nSUMMARY:Zweiter Weihnachtstag\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "2026-12-26" },
	{ EVENT("X-NOTE;A=\"x:y;DTSTART\";B=c:z\r\nDTSTART:20261225\r\n"), "2026-12-25" },
	{ EVENT("DTSTART:20261225\r\nBEGIN:VALARM\r\nDTSTART:20200101\r\nEND:VALARM\r\n"), "2026-12-25" },
	{ HEAD "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
	  "END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART:20261225\r\nEND:VEVENT\r\n" TAIL, "2026-12-25" },
	{ EVENT("DTSTART:20261225\r\n") EVENT("DTSTART:20261226\r\n"), "2026-12-25 2026-12-26" },
};

/* Every fault has its line: those of EVENT() begin at 4. */
static const struct { const char *text, *want; } faults[] = {
	{ "", "1: has no event" },
	{ HEAD TAIL, "4: has no event" },
	{ HEAD "BEGIN:VEVENT\r\nDTSTART:20261225\r\n", "5: ends inside of BEGIN:VEVENT" },
	{ "<html>", "1: is no line of an iCalendar file" },
	{ "DTSTART:20261225\r\n", "1: stands outside" },
	{ "BEGIN:VEVENT\r\n", "1: BEGIN:VEVENT is no VCALENDAR" },
	{ HEAD "END:VEVENT\r\n", "3: END:VEVENT has no BEGIN" },
	{ "BEGIN:VCALENDAR\r\nVERSION:1.0\r\n", "2: VERSION: '1.0' is not read; only 2.0 is" },
	{ HEAD "METHOD:CANCEL\r\n", "3: METHOD: 'CANCEL' is not read" },
	{ HEAD "CALSCALE:HIJRI\r\n", "3: CALSCALE: 'HIJRI' is not read" },
	{ HEAD "BEGIN:VTODO\r\nDUE:20261225\r\nEND:VTODO\r\n" TAIL, "3: BEGIN:VTODO is not read here" },
	{ EVENT("DTSTART:20261225\r\nBEGIN:VNOTE\r\nEND:VNOTE\r\n"), "5: BEGIN:VNOTE is not read here" },
	{ EVENT("DTSTART\r\n"), "4: is no line" },
	{ EVENT("DTSTART;VALUE=\"DATE:20261225\r\n"), "4: is no line" },
	{ EVENT(""), "3: this event has no DTSTART" },
	{ EVENT("DTSTART:20261325\r\n"), "4: DTSTART: '20261325' is no day" },
	{ EVENT("DTSTART:20260229\r\n"), "4: DTSTART: '20260229' is no day" },
	{ EVENT("DTSTART:2026-12-25\r\n"), "4: DTSTART: '2026-12-25' is no day" },
	{ EVENT("DTSTART:20261225T1200\r\n"), "4: DTSTART: '20261225T1200' is no day" },
	{ EVENT("DTSTART:20261225T240000\r\n"), "4: DTSTART: '20261225T240000' is no day" },
	{ EVENT("DTSTART:18991225\r\n"), "4: DTSTART: '18991225' is no day" },
	{ EVENT("DTSTART;VALUE=DATE:20261225T120000\r\n"), "4: DTSTART: '20261225T120000' is not what VALUE says" },
	{ EVENT("DTSTART;VALUE=DATE-TIME:20261225\r\n"), "4: DTSTART: '20261225' is not what VALUE says" },
	{ EVENT("DTSTART;TZID=Europe/Berlin:20261225T120000Z\r\n"), "4: DTSTART: '20261225T120000Z' is no day" },
	{ EVENT("DTSTART;TZID=W. Europe Standard Time:20261225T120000\r\nDURATION:PT1H\r\n"), "4: DTSTART: unknown time zone 'W. Europe Standard Time'" },
	{ EVENT("DTSTART:20261225\r\nDTSTART:20261226\r\n"), "5: DTSTART: is given twice" },
	{ EVENT("DTSTART:20261225\r\nDTEND:20261224\r\n"), "5: DTEND: is not after DTSTART" },
	{ EVENT("DTSTART:20261225\r\nDTEND:20261226T120000\r\n"), "5: DTEND: DTSTART and DTEND are both days" },
	{ EVENT("DTSTART:20261225\r\nDTEND:20261226\r\nDURATION:P1D\r\n"), "6: DURATION: is given twice, or beside" },
	{ EVENT("DTSTART:20261225T120000\r\n"), "3: has a time, and neither DTEND nor DURATION" },
	{ EVENT("DTSTART:20261225\r\nDURATION:PT4H\r\n"), "5: DURATION: an event that starts on a day" },
	{ EVENT("DTSTART:20261225\r\nDURATION:-P1D\r\n"), "5: DURATION: '-P1D' is no time" },
	{ EVENT("DTSTART:20261225\r\nDURATION:P\r\n"), "5: DURATION: 'P' is no time" },
	{ EVENT("DTSTART:20261225\r\nDURATION:P1H\r\n"), "5: DURATION: 'P1H' is no time" },
	{ EVENT("DTSTART:20261225\r\nDURATION:P0D\r\n"), "5: DURATION: 'P0D' is no time" },
	{ EVENT("DTSTART:20261225\r\nDURATION:P1000000D\r\n"), "5: DURATION: 'P1000000D' is no time" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=WEEKLY\r\n"), "5: RRULE: 'WEEKLY' is not read; only FREQ=YEARLY is" },
	{ EVENT("DTSTART:20261225\r\nRRULE:COUNT=2\r\n"), "5: RRULE: 'FREQ' is missing" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYYEARDAY=1\r\n"), "5: RRULE: 'BYYEARDAY' is not read" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=" TEN "," TEN "," TEN "," TEN "," TEN "," TEN ",1,2,3,4,5\r\n"),
	    "5: RRULE: '5' is one too many, after 64" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYWEEKNO=1\r\n"), "5: RRULE: 'BYWEEKNO' is not read" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;FREQ=YEARLY\r\n"), "5: RRULE: 'FREQ' is given twice" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;COUNT=0\r\n"), "5: RRULE: '0' is no COUNT" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;INTERVAL=0\r\n"), "5: RRULE: '0' is no INTERVAL" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;COUNT=2;UNTIL=20281225\r\n"), "5: RRULE: 'COUNT' and UNTIL exclude" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;UNTIL=soon\r\n"), "5: RRULE: 'soon' is no day" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=13\r\n"), "5: RRULE: '13' is no such number" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=-1\r\n"), "5: RRULE: 'BYMONTH' is from 1 to 12" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=0\r\n"), "5: RRULE: '0' is no such number" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYDAY=XX\r\n"), "5: RRULE: 'XX' is no weekday" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYDAY=-MO\r\n"), "5: RRULE: '-MO' is no weekday" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYDAY=54MO\r\n"), "5: RRULE: '54MO' is no weekday" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=1\r\n"), "5: RRULE: 'BYDAY' with a number" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYSETPOS=1\r\n"), "5: RRULE: 'BYSETPOS' needs another BY" },
	{ EVENT("DTSTART:20261225\r\nRRULE:FREQ=YEARLY\r\nRRULE:FREQ=YEARLY\r\n"), "6: RRULE: is given twice" },
	{ EVENT("DTSTART:20261225\r\nEXDATE:20261225T120000\r\n"), "3: EXDATE: is a day where" },
	{ EVENT("DTSTART:20261225\r\nRDATE:20261225T120000\r\n"), "3: RDATE: is a day where" },
	{ EVENT("DTSTART:20261225\r\nRDATE:20261225/P1D\r\n"), "5: RDATE: a period is of times" },
	{ EVENT("DTSTART:20261225T120000Z\r\nDURATION:PT1H\r\nRDATE:20261225T120000Z/20261225T110000Z\r\n"), "6: RDATE: a period ends before" },
	{ EVENT("DTSTART:20261225\r\nEXRULE:FREQ=YEARLY\r\n"), "5: EXRULE: is not read" },
	{ EVENT("DTSTART:20261225\r\nRECURRENCE-ID:20261225\r\n"), "5: RECURRENCE-ID: one event of a series" },
	{ EVENT("DTSTART:20261225\r\nSTATUS:MAYBE\r\n"), "5: STATUS: is none of" },
	{ EVENT("DTSTART:20261225\r\nSUMMARY:a\x01\r\n"), "5: has a byte that is no text" },
	/* Folded lines count, and each event's faults are told. */
	{ EVENT("SUMMARY:a\r\n b\r\n c\r\nDTSTART:x\r\n"), "7: DTSTART: 'x' is no day" },
	{ EVENT("DTSTART:x\r\n") EVENT("DTSTART:20261225\r\nDTEND:20261224\r\n"), "11: DTEND: is not after" },
};
/* clang-format on */

static void
closed_times_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t most = strstr(cases[i].text, "COUNT=32") ? 2 : 4;

		if (strcmp(shown(cases[i].text, most), cases[i].want) != 0)
			fail_msg("%s\nfound %s\nnot   %s", cases[i].text,
			    shown(cases[i].text, most), cases[i].want);
	}
}

static void
what_cannot_be_read_is_a_fault_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (!strstr(shown(faults[i].text, 4), faults[i].want))
			fail_msg("%s\nfound %s\nnot   %s", faults[i].text, shown(faults[i].text, 4),
			    faults[i].want);
}

static void
a_byte_of_nought_does_not_end_a_file(void **state)
{
	static const char bytes[] = "BEGIN:VCALENDAR\r\n\0BEGIN:VEVENT\r\n";
	AUTO(str_donep) struct str text = STR_INIT(1000);
	struct ical ical;

	(void)state;
	str_add_n(&text, bytes, sizeof(bytes) - 1);
	assert_int_equal(ical_read(&text, zone("UTC"), &ical), ERR_INVALID);
	assert_int_equal(ical.faults[0].line, 2);
	ical_done(&ical);
}

static void
faults_stop_at_twenty(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(10000);
	struct ical ical;

	(void)state;
	for (int i = 0; i < 100; i++)
		str_add(&text, "nonsense\n");
	assert_int_equal(ical_read(&text, zone("UTC"), &ical), ERR_INVALID);
	assert_int_equal(ical.fault_count, ICAL_FAULTS_MAX);
	assert_int_equal(ical.faults[19].line, 20);
	ical_done(&ical);
}

static void
add_events(struct str *text, const char *lines, int n)
{
	str_add(text, HEAD);
	for (int i = 0; i < n; i++)
		str_addf(text, "BEGIN:VEVENT\n%sEND:VEVENT\n", lines);
	str_add(text, TAIL);
}

/* clang-format off */
static const struct { const char *lines, *want; int n; } floods[] = {
	{ "DTSTART:20000101\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU\n", "one event too many", 10 },
	{ "DTSTART:19000101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n", "too many before it", 12000 },
	{ "DTSTART:20261225\nX:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n", "larger than 1 MiB", 12000 },
};
/* clang-format on */

static void
a_small_file_makes_no_endless_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		AUTO(str_donep) struct str text = STR_INIT((size_t)4 << 20);
		struct ical ical;

		add_events(&text, floods[i].lines, floods[i].n);
		assert_int_equal(ical_read(&text, zone("UTC"), &ical), ERR_INVALID);
		assert_non_null(strstr(ical.faults[0].text, floods[i].want));
		assert_int_equal(ical.fault_count, 1);
		assert_in_range(ical.count, 0, ICAL_CLOSED_MAX);
		ical_done(&ical);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_times_are_read),
		cmocka_unit_test(what_cannot_be_read_is_a_fault_with_its_line),
		cmocka_unit_test(a_byte_of_nought_does_not_end_a_file),
		cmocka_unit_test(faults_stop_at_twenty),
		cmocka_unit_test(a_small_file_makes_no_endless_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
