/* The life of a ticket (model/ticket.h). */
#include <assent/model/ticket.h>

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Every pair, by status and event: what it becomes, "" for what may not be. */
/* clang-format off */
static const char *const want[TICKET_STATUS_COUNT][TICKET_EVENT_COUNT] = {
	/*			 ask	   decide    lapse   resolve    escalate    pause    resume reopen */
	[TICKET_OPEN]		= { "waiting", "decided", "",     "resolved", "escalated", "paused", "", "" },
	[TICKET_WAITING]	= { "waiting", "decided", "open", "resolved", "escalated", "paused", "", "" },
	[TICKET_DECIDED]	= { "waiting", "decided", "",     "resolved", "escalated", "paused", "", "" },
	[TICKET_PAUSED]		= { "paused",  "paused",  "",     "resolved", "escalated", "",       "open", "" },
	[TICKET_ESCALATED]	= { "waiting", "decided", "",     "resolved", "escalated", "paused", "", "" },
	[TICKET_RESOLVED]	= { "",        "",        "",     "",         "",          "",       "", "open" },
};
/* clang-format on */

static void
every_pair_comes_to_what_the_table_says(void **state)
{
	(void)state;
	for (int s = 0; s < TICKET_STATUS_COUNT; s++)
		for (int e = 0; e < TICKET_EVENT_COUNT; e++) {
			struct ticket_life from = { (enum ticket_status)s, (enum ticket_status)s };
			struct ticket_life to;

			if (s == TICKET_PAUSED)
				from.before = TICKET_OPEN;
			bool may = ticket_step(&from, (enum ticket_event)e, &to);
			const char *got = may ? ticket_status_name(to.status) : "";

			if (!text_is(got, want[s][e]))
				fail_msg("%s, %s: '%s' instead of '%s'",
				    ticket_status_name((enum ticket_status)s),
				    ticket_event_name((enum ticket_event)e), got, want[s][e]);
		}
}

static bool
may_lie_beneath(int status)
{
	return status != TICKET_PAUSED && status != TICKET_RESOLVED;
}

static void
what_is_laid_aside_comes_back_as_it_was(void **state)
{
	(void)state;
	for (int s = 0; s < TICKET_STATUS_COUNT; s++) {
		struct ticket_life from = { (enum ticket_status)s, (enum ticket_status)s }, to;

		if (!may_lie_beneath(s))
			continue;
		assert_true(ticket_step(&from, TICKET_DO_PAUSE, &to));
		assert_int_equal(to.before, s);
		assert_true(ticket_step(&to, TICKET_DO_RESUME, &to));
		assert_int_equal(to.status, s);
	}
}

static void
what_an_owner_answers_meanwhile_is_what_it_comes_back_as(void **state)
{
	static const enum ticket_event events[] = { TICKET_DO_ASK, TICKET_DO_DECIDE,
		TICKET_DO_LAPSE };

	(void)state;
	for (int s = 0; s < TICKET_STATUS_COUNT; s++)
		for (size_t i = 0; i < ARRAY_LEN(events); i++) {
			struct ticket_life plain = { (enum ticket_status)s, (enum ticket_status)s };
			struct ticket_life aside = { TICKET_PAUSED, (enum ticket_status)s };
			struct ticket_life straight, detour;

			if (!may_lie_beneath(s))
				continue;
			bool may = ticket_step(&plain, events[i], &straight);

			assert_int_equal(ticket_step(&aside, events[i], &detour), may);
			if (!may)
				continue;
			assert_int_equal(detour.status, TICKET_PAUSED);
			assert_int_equal(detour.before, straight.status);
		}
}

static void
every_status_can_end(void **state)
{
	(void)state;
	for (int s = 0; s < TICKET_RESOLVED; s++) {
		struct ticket_life from = { (enum ticket_status)s, TICKET_OPEN }, to;

		assert_true(ticket_step(&from, TICKET_DO_RESOLVE, &to));
		assert_int_equal(to.status, TICKET_RESOLVED);
		assert_int_equal(to.before, TICKET_RESOLVED);
	}
}

static void
every_name_is_its_status_and_in_the_sentence(void **state)
{
	enum ticket_status out;

	(void)state;
	for (int s = 0; s < TICKET_STATUS_COUNT; s++) {
		const char *name = ticket_status_name((enum ticket_status)s);

		assert_true(ticket_status_parse(name, &out));
		assert_int_equal(out, s);
		assert_non_null(strstr(ticket_status_words, name));
	}
	assert_false(ticket_status_parse("Open", &out));
	assert_false(ticket_status_parse("", &out));
	assert_false(ticket_status_parse("closed", &out));
}

/* clang-format off */
static const struct {
	const char *text;
	int64_t minutes;	/* 0: refused */
	const char *shown;
} spans[] = {
	{ "30m",		30,	"30 min" },
	{ "90",			90,	"1 h 30 min" },
	{ "1h",			60,	"1 h" },
	{ "1h 30m",		90,	"1 h 30 min" },
	{ "1h30",		90,	"1 h 30 min" },
	{ "1 h 30 min",		90,	"1 h 30 min" },
	{ " 2 Hours ",		120,	"2 h" },
	{ "1.5h",		90,	"1 h 30 min" },
	{ "1,25 hours",		75,	"1 h 15 min" },
	{ "0.5m",		1,	"1 min" },
	{ "1000h",		60000,	"1000 h" },
	{ "",			0,	"" },
	{ "0",			0,	"" },
	{ "0h 0m",		0,	"" },
	{ "1001h",		0,	"" },
	{ "999999999999",	0,	"" },
	{ "-30m",		0,	"" },
	{ "30m 1h",		0,	"" },
	{ "1h 1h",		0,	"" },
	{ "1 day",		0,	"" },
	{ "h",			0,	"" },
	{ "1h!",		0,	"" },
	{ "half an hour",	0,	"" },
	{ "1.h",		0,	"" },
	{ "1.2345h",		0,	"" },
	{ "3\xc3\xa4",		0,	"" },
};
/* clang-format on */

static void
time_spent_is_read_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		char shown[TICKET_SPENT_SIZE];
		int64_t minutes = 0;
		bool is = ticket_spent_parse(spans[i].text, &minutes);

		if (is != (spans[i].minutes > 0) || minutes != spans[i].minutes)
			fail_msg("\"%s\" is %lld", spans[i].text, (long long)minutes);
		assert_string_equal(ticket_spent_text(minutes, shown), spans[i].shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_comes_to_what_the_table_says),
		cmocka_unit_test(what_is_laid_aside_comes_back_as_it_was),
		cmocka_unit_test(what_an_owner_answers_meanwhile_is_what_it_comes_back_as),
		cmocka_unit_test(every_status_can_end),
		cmocka_unit_test(every_name_is_its_status_and_in_the_sentence),
		cmocka_unit_test(time_spent_is_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
