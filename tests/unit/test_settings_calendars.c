/* Calendars and roles as they stand in the settings: what they become, and every fault. */
#include <assent/base/file.h>
#include <assent/config/settings.h>
#include <assent/model/rota.h>

#include "help_time.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
/* three lines */
#define BASE \
	"agent: {email: desk@brightdesk.example}\n" \
	"mailboxes: [{name: in, maildir: in}]\n" \
	"outgoing: {maildir: out}\n"
#define OFFICE "calendars:\n  - {name: office, hours: [mon-fri 09:00-17:00]}\n"
#define NORTHWIND \
	"organisations: [{key: northwind, name: N, owner: a@northwind-tools.example, " \
	"domains: [northwind-tools.example], zone: America/New_York"

static char folder[PATH_MAX];

static void
put(const char *name, const char *text, unsigned mode)
{
	struct err err;

	assert_int_equal(file_write(name, text, strlen(text), mode, &err), 0);
}

static int
make_folder(void **state)
{
	char made[] = "/tmp/test-settings-calendars-XXXXXX";

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_non_null(mkdtemp(made));
	assert_non_null(realpath(made, folder));
	assert_int_equal(chdir(folder), 0);
	put("site.keys", "7 " KEY "\n", 0600);
	put("signing.key", KEY "\n", 0600);
	put("good.ics",
	    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261225\r\nRRULE:FREQ=YEARLY\r\n"
	    "END:VEVENT\r\nEND:VCALENDAR\r\n",
	    0644);
	put("bad.ics",
	    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261225\r\nRRULE:FREQ=DAILY\r\n"
	    "END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:2026\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	    0644);
	return 0;
}

static int
drop_folder(void **state)
{
	static const char *const names[] = { "site.keys", "signing.key", "good.ics", "bad.ics" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		remove(names[i]);
	assert_int_equal(chdir("/"), 0);
	return rmdir(folder);
}

/* The settings, or NULL and the faults as text with @ for our folder. */
static struct settings *
parse(const char *more, struct str *out)
{
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(str_donep) struct str text = STR_INIT(10000), lines = STR_INIT(10000);
	struct settings *settings = NULL;
	const char *at, *found;
	struct err err;

	str_addf(&text, BASE "%s", more);
	if (settings_parse("s.yaml", &text, &settings, faults, &err) < 0)
		faults_add_text(faults, &lines);
	for (at = str_text(&lines); (found = strstr(at, folder)); at = found + strlen(folder)) {
		str_add_n(out, at, (size_t)(found - at));
		str_add(out, "@");
	}
	str_add(out, at);
	return settings;
}

static struct settings *
load(const char *more)
{
	AUTO(str_donep) struct str out = STR_INIT(20000);
	struct settings *settings = parse(more, &out);

	if (!settings)
		fail_msg("%s", str_text(&out));
	return settings;
}

/* clang-format off */
static const struct { const char *text, *want; } cases[] = {
	{ OFFICE "calendar: office\n", "" },
	{ OFFICE "calendar: offise\n",
	  "s.yaml:6:11: there is no calendar 'offise' (did you mean 'office'?)\n" },
	{ OFFICE NORTHWIND ", calendar: northwind}]\n",
	  "s.yaml:6:147: there is no calendar 'northwind'\n" },
	{ OFFICE "  - {name: office, hours: [sat 09:00-12:00]}\n",
	  "s.yaml:6:12: calendar 'office' is given twice (first in line 5)\n" },
	{ "calendars:\n  - {name: office}\n", "s.yaml:5:5: missing key 'calendars[1].hours'\n" },
	{ "calendars:\n  - {name: office, hours: []}\n",
	  "s.yaml:5:27: calendars[1].hours: needs at least 1\n" },
	{ "calendars:\n  - {name: office, hours: [mon-fri 9-17, tue 08:00-24:30]}\n",
	  "s.yaml:5:28: calendars.hours: 'mon-fri 9-17' has no time such as 09:00-17:00\n"
	  "s.yaml:5:42: calendars.hours: 'tue 08:00-24:30' has no time such as 09:00-17:00\n" },
	{ "calendars:\n  - {name: office, hours: [mon-fri 09:00-17:00, fri 16:00-18:00]}\n",
	  "s.yaml:5:49: calendars.hours: 'fri 16:00-18:00' meets hours that are given already\n" },
	{ "calendars:\n  - {name: office, zone: Europe/Berln, hours: [mon 09:00-17:00]}\n",
	  "s.yaml:5:26: calendars[1].zone: unknown time zone 'Europe/Berln'; write one such as Europe/Berlin or UTC "
	  "(did you mean 'Europe/Berlin'?)\n" },
	{ "calendars:\n  - {name: office, hours: [mon 09:00-17:00], holidays: [25.12., 2026-02-30]}\n",
	  "s.yaml:5:57: calendars.holidays: '25.12.' is no day; write it as 2026-12-25, or 12-25 for every year\n"
	  "s.yaml:5:65: calendars.holidays: '2026-02-30' is no day; write it as 2026-12-25, or 12-25 for every year\n" },
	{ "calendars:\n  - {name: office, hours: [mon 09:00-17:00], holidays_file: good.ics}\n", "" },
	{ "calendars:\n  - {name: office, hours: [mon 09:00-17:00], holidays_file: none.ics}\n",
	  "s.yaml:5:61: calendars.holidays_file: cannot open @/none.ics: No such file or directory\n" },
	{ "calendars:\n  - {name: office, hours: [mon 09:00-17:00], holidays_file: bad.ics}\n",
	  "s.yaml:5:61: @/bad.ics:4: RRULE: 'DAILY' is not read; only FREQ=YEARLY is\n"
	  "s.yaml:5:61: @/bad.ics:7: DTSTART: '2026' is no day or time such as 20261225 or 20261224T120000 in 1900 to 2199\n" },
	/* roles */
	{ "roles:\n  - {name: manager, people: [a@brightdesk.example]}\n", "" },
	{ "roles:\n  - {name: manager}\n",
	  "s.yaml:5:5: roles.people: nobody stands behind this role; name people:, or a rota:\n" },
	{ "roles:\n  - {name: manager, people: [sam]}\n", "s.yaml:5:30: roles[1].people: 'sam' has no '@'\n" },
	{ "roles:\n  - {name: manager, people: [a@brightdesk.example]}\n  - {name: manager, people: [b@brightdesk.example]}\n",
	  "s.yaml:6:12: role 'manager' is given twice (first in line 5)\n" },
	{ NORTHWIND "}]\nroles:\n  - {name: manager, people: [a@brightdesk.example]}\n"
	  "  - {name: manager, organisation: northwind, people: [b@brightdesk.example]}\n", "" },
	{ "roles:\n  - {name: manager, organisation: northwind, people: [b@brightdesk.example]}\n",
	  "s.yaml:5:35: roles.organisation: there is no such organisation\n" },
	{ NORTHWIND "}]\nroles:\n  - {name: manager, organisation: nortwind, people: [b@brightdesk.example]}\n",
	  "s.yaml:6:35: roles.organisation: there is no such organisation (did you mean 'northwind'?)\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example, b@brightdesk.example]}\n",
	  "s.yaml:5:21: roles.rota: needs start, the day on which the first one takes over\n" },
	{ "roles:\n  - {name: m, people: [a@brightdesk.example], start: 2026-01-05}\n",
	  "s.yaml:5:54: roles.start: has no effect without a rota\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], start: 01-05}\n",
	  "s.yaml:5:52: roles.start: is no day from 2000 to 2069; write it as 2026-01-05\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], handover: noon}\n",
	  "s.yaml:5:55: roles.handover: is no weekday and time such as mon 09:00\n" },
	/* gaps */
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], handover: noon, rota_hours: [mon-fri 00:00-24:00]}\n",
	  "s.yaml:5:55: roles.handover: is no weekday and time such as mon 09:00\n"
	  "s.yaml:5:73: roles.rota_hours: nobody is on call from Sat 00:00 on; more hours, or people: for that time\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], rota_hours: [mon-fri 00:00-24:00]}\n",
	  "s.yaml:5:57: roles.rota_hours: nobody is on call from Sat 00:00 on; more hours, or people: for that time\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], rota_hours: [mon-sun 08:00-06:30]}\n",
	  "s.yaml:5:57: roles.rota_hours: nobody is on call from Mon 06:30 on; more hours, or people: for that time\n" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], rota_hours: [mon-fri 00:00-24:00], "
	  "people: [b@brightdesk.example]}\n", "" },
	{ "roles:\n  - {name: m, rota: [a@brightdesk.example], overrides: [2026-12-24 2026-12-26 nobody]}\n",
	  "s.yaml:5:57: roles.overrides: '2026-12-24 2026-12-26 nobody' leaves nobody on call, and there are no people: for that time\n" },
	{ "roles:\n  - {name: m, people: [a@brightdesk.example], overrides: [2026-12-24 2026-12-23 nobody, 2026-12-24 2026-12-26 sam]}\n",
	  "s.yaml:5:59: roles.overrides: '2026-12-24 2026-12-23 nobody' ends before it begins\n"
	  "s.yaml:5:89: roles.overrides: '2026-12-24 2026-12-26 sam' has no '@'\n" },
	{ "roles:\n  - {name: m, people: [a@brightdesk.example], rota_hours: [mon 09:00-17:00]}\n",
	  "s.yaml:5:59: roles.rota_hours: has no effect without a rota\n" },
	{ "roles:\n  - {name: m, people: [a@brightdesk.example], quiet: [mon-sun 00:00-24:00]}\n",
	  "s.yaml:5:54: roles.quiet: never ends, so that no mail would ever go\n" },
	{ "roles:\n  - {name: m, people: [a@brightdesk.example], quiet: [at night]}\n",
	  "s.yaml:5:55: roles.quiet: 'at night' does not begin with days such as mon-fri or sat\n" },
};
/* clang-format on */

static void
each_fault_is_told_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_donep) struct str out = STR_INIT(20000);
		AUTO(settings_unrefp) struct settings *settings = parse(cases[i].text, &out);

		assert_true((settings == NULL) == (*str_text(&out) != '\0'));
		if (strcmp(str_text(&out), cases[i].want) != 0)
			fail_msg(
			    "%s\nfound %s\nnot   %s", cases[i].text, str_text(&out), cases[i].want);
	}
}

static void
an_organisation_has_its_own_calendar_or_the_sites(void **state)
{
	AUTO(settings_unrefp)
	struct settings *settings =
	    load("zone: Europe/Berlin\ncalendar: office\n" OFFICE
		 "  - name: late\n    zone: America/New_York\n    hours: [mon-fri 12:00-20:00]\n"
		 "    holidays: [2026-11-26, 2026-11-27 12:00-14:00]\n    holidays_file: "
		 "good.ics\n" NORTHWIND ", calendar: late}]\n");
	const struct calendar *own = policy_calendar(&settings->policy, "northwind");
	const struct calendar *sites = policy_calendar(&settings->policy, "brightdesk");

	(void)state;
	/* nine in Berlin, noon in New York */
	assert_true(calendar_is_open(sites, at("2026-11-23T08:00:00Z")));
	assert_false(calendar_is_open(own, at("2026-11-23T16:59:59Z")));
	assert_true(calendar_is_open(own, at("2026-11-23T17:00:00Z")));
	assert_true(calendar_between(own, at("2026-11-26T00:00:00Z"), at("2026-11-29T00:00:00Z")) ==
	    3 * MS_HOUR); /* one of Wednesday night, two of the short day */
	assert_false(calendar_is_open(own, at("2030-12-25T18:00:00Z")));
	assert_true(calendar_is_open(sites, at("2030-12-25T10:00:00Z")));
}

static void
without_calendars_there_are_none(void **state)
{
	AUTO(settings_unrefp) struct settings *settings = load("");

	(void)state;
	assert_null(policy_calendar(&settings->policy, "northwind"));
	assert_null(policy_role(&settings->policy, "manager"));
}

static void
a_role_knows_who_is_on_call_and_when_it_is_quiet(void **state)
{
	AUTO(settings_unrefp)
	struct settings *settings =
	    load("zone: Europe/Berlin\nroles:\n"
		 "  - name: manager\n    people: [head@Brightdesk.example]\n"
		 "    rota: [ann@brightdesk.example, bob@brightdesk.example]\n"
		 "    start: 2026-01-01\n    handover: mon 09:00\n"
		 "    overrides: [2026-01-14 2026-01-15 cid@brightdesk.example]\n"
		 "    quiet: [mon-sun 20:00-07:00]\n");
	const struct policy_role *role = policy_role(&settings->policy, "manager");
	const char *people[ROTA_PEOPLE_MAX];

	(void)state;
	assert_non_null(role);
	/* The first Monday from New Year's Day on is the fifth: ann's. */
	assert_int_equal(role_people(role, at("2026-01-05T08:00:00Z"), people, 8), 2);
	assert_string_equal(people[0], "ann@brightdesk.example");
	assert_string_equal(people[1], "head@brightdesk.example");
	assert_int_equal(role_people(role, at("2026-01-13T08:00:00Z"), people, 8), 2);
	assert_string_equal(people[0], "bob@brightdesk.example");
	assert_int_equal(role_people(role, at("2026-01-15T22:59:59Z"), people, 8), 2);
	assert_string_equal(people[0], "cid@brightdesk.example");
	assert_true(
	    role_delivery(role, at("2026-01-13T22:00:00Z"), false) == at("2026-01-14T06:00:00Z"));
	assert_true(
	    role_delivery(role, at("2026-01-13T22:00:00Z"), true) == at("2026-01-13T22:00:00Z"));
}

static void
what_is_shown_reads_back_as_the_same(void **state)
{
	AUTO(settings_unrefp)
	struct settings *settings =
	    load("calendar: office\n" OFFICE "    # all of it\n"
		 "roles: [{name: m, rota: [a@brightdesk.example], quiet: [sat-sun 00:00-24:00], "
		 "overrides: [2026-12-24 2026-12-26 b@brightdesk.example]}]\n");
	AUTO(str_donep) struct str shown = STR_INIT(100000), again = STR_INIT(100000);
	AUTO(faults_freep) struct faults *faults = faults_new("s.yaml");
	AUTO(settings_unrefp) struct settings *second = NULL;
	struct err err;

	(void)state;
	settings_add_yaml(settings, &shown);
	assert_int_equal(settings_parse("s.yaml", &shown, &second, faults, &err), 0);
	settings_add_yaml(second, &again);
	assert_string_equal(str_text(&shown), str_text(&again));
	assert_non_null(strstr(str_text(&shown), "hours: [\"mon-fri 09:00-17:00\"]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_told_at_its_place),
		cmocka_unit_test(an_organisation_has_its_own_calendar_or_the_sites),
		cmocka_unit_test(without_calendars_there_are_none),
		cmocka_unit_test(a_role_knows_who_is_on_call_and_when_it_is_quiet),
		cmocka_unit_test(what_is_shown_reads_back_as_the_same),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
