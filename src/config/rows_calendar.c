/* The rows of business hours, of who stands behind a role, and of workflows that wait for people. */
#include "rows_priv.h"

#define CALENDAR(field) .at = offsetof(struct policy_calendar, field)
#define WORKFLOW(field) .at = offsetof(struct policy_workflow, field)
#define ROLE(field) .at = offsetof(struct policy_role, field)

/* clang-format off */
static const struct row calendar_rows[] = {
	{ "name", KIND_NAME, CALENDAR(name), .example = "office",
	  .help = "A name of your own, for calendar: here and in organisations." },
	{ "zone", KIND_ZONE, CALENDAR(zone_name), .second = offsetof(struct policy_calendar, zone),
	  .fallback = "", .help = "The time zone of its wall clocks; \"\" takes the site's." },
	{ "hours", KIND_TEXTS, CALENDAR(hours), .min = 1, .max = 56,
	  .help = "When business is open: days and times, such as mon-fri 09:00-12:00 13:00-17:00. "
	  "Times that end before they begin go on to the next morning; a whole day is 00:00-24:00." },
	{ "holidays", KIND_TEXTS, CALENDAR(holidays), .max = 1000, .fallback = "",
	  .help = "Days that are closed: 2026-05-14; 12-25 in every year; 2026-12-24/2027-01-01 with "
	  "the last day. With times behind it a day has these hours: 2026-12-24 09:00-12:00." },
	{ "holidays_file", KIND_PATH, CALENDAR(holidays_file), .fallback = "",
	  .help = "An iCalendar file whose events are closed, too, read with the settings. "
	  "docs/CALENDARS.md says what is understood; all else is a fault. \"\" for none." },
};

static const struct row role_rows[] = {
	{ "name", KIND_NAME, ROLE(name), .example = "manager",
	  .help = "The word that rules and levels use, such as manager or director." },
	{ "organisation", KIND_TEXT, ROLE(organisation), .max = 64, .fallback = "",
	  .help = "The key of the customer whose tickets these people are for; \"\" for all that have "
	  "no role of this name." },
	{ "people", KIND_ADDRESSES, ROLE(people), .max = 32, .fallback = "",
	  .help = "Addresses in the order in which they are tried." },
	{ "rota", KIND_ADDRESSES, ROLE(rota), .max = 32, .fallback = "",
	  .help = "Addresses that are on call in turns of a week. Who is on call is tried before people." },
	{ "start", KIND_TEXT, ROLE(start), .max = 10, .fallback = "",
	  .help = "The day, such as 2026-01-05, on or after which the first one of rota takes a "
	  "turn, which those before are counted back from; needed where two or more take turns." },
	{ "handover", KIND_TEXT, ROLE(handover), .max = 10, .fallback = "mon 09:00",
	  .help = "When the next one takes over: a weekday and a time." },
	{ "zone", KIND_ZONE, ROLE(zone_name), .second = offsetof(struct policy_role, zone), .fallback = "",
	  .help = "The time zone of all its times; \"\" takes the organisation's, or the site's." },
	{ "rota_hours", KIND_TEXTS, ROLE(rota_hours), .max = 56, .fallback = "",
	  .help = "When somebody of rota is on call, written as hours of calendars are; [] is always." },
	{ "overrides", KIND_TEXTS, ROLE(overrides), .max = 200, .fallback = "",
	  .help = "Who is on call instead: first day, last day, and an address or nobody, such as "
	  "2026-12-24 2027-01-02 sam@helpdesk.example. Either day may have a time, as "
	  "2026-12-24T18:00. The last one that fits counts." },
	{ "quiet", KIND_TEXTS, ROLE(quiet), .max = 56, .fallback = "",
	  .help = "When no mail goes to this role unless it is critical, written as hours of calendars "
	  "are, such as mon-sun 20:00-07:00. It goes when they end." },
	{ "locale", KIND_LOCALE, ROLE(locale), .fallback = "",
	  .help = "Language of what its people read who are not of staff; \"\" takes the site's." },
};

static const struct row workflow_rows[] = {
	{ "name", KIND_NAME, WORKFLOW(name), .example = "billing",
	  .help = "A name of your own, as the packets of this workflow have it." },
	{ "url", KIND_URL, WORKFLOW(url), .flags = ROW_QUERY,
	  .example = "https://flows.helpdesk.example/resume",
	  .help = "Where it is told that a packet was resolved. Plain http is for this machine only." },
	{ "secret_file", KIND_SECRET, WORKFLOW(secret_file),
	  .second = offsetof(struct policy_workflow, secret), .example = "billing.secret",
	  .help = "A file with the secret that signs what it is told, whsec_ and base64. Of several, a "
	  "line each, every one signs, so that one can be replaced without a gap." },
};
/* clang-format on */

const struct table calendar_table = { calendar_rows, ARRAY_LEN(calendar_rows),
	sizeof(struct policy_calendar) };
const struct table role_table = { role_rows, ARRAY_LEN(role_rows), sizeof(struct policy_role) };
const struct table workflow_table = { workflow_rows, ARRAY_LEN(workflow_rows),
	sizeof(struct policy_workflow) };
