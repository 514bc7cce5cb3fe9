/*
 * Bounces of many systems, and mail that only looks like one: each meets a desk
 * of its own with one question open. tests/bounces/cases.jsonl says what it is:
 * "failed" (the question becomes undeliverable, the engineer is told, once),
 * "delayed" (a note), "noted" (nothing changes).
 */
#include "help_desk.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/metric.h>
#include <assent/flow/notice.h>
#include <assent/mail/outlet.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define ROOT "tests/bounces/"
#define MAIL_MAX ((size_t)1 << 20)
#define JANE "jane@acme.test"
#define EVE "eve@help.test"

struct scene {
	struct desk_kit kit;
	const char *file;
	const struct outlet_mail *request;
	const char *to, *broken, *capitals, *local, *message_id, *raw;
};

static const char *
swapped(struct arena *arena, const char *text, const char *mark, const char *value)
{
	AUTO(str_donep) struct str out = STR_INIT(MAIL_MAX);
	const char *at;

	for (; (at = strstr(text, mark)) != NULL; text = at + strlen(mark)) {
		str_add_n(&out, text, (size_t)(at - text));
		str_add(&out, value);
	}
	str_add(&out, text);
	return arena_dup(arena, str_text(&out));
}

static void
ask(struct scene *s)
{
	struct desk_kit *kit = &s->kit;
	struct arena *arena = kit->arena;
	const char *id;
	char *broken, *capitals;

	kit->policy.verp = true;
	kit_letter(kit,
	    &(struct kit_letter){ .from = "Eve Engineer <" EVE ">",
		.to = "bob@acme.test",
		.cc = "agent@desk.test",
		.subject = "a laptop",
		.body =
		    "Please see below.\r\n\r\nask: May we order the laptop?\r\n\r\n"
		    "On Monday Bob Buyer wrote:\r\n> We need a laptop. It costs 900 EUR.\r\n" });
	kit_run(kit);
	kit_pass(kit, MS_MINUTE);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++)
		if (text_is(outlet_memory_at(kit->outlet, i)->to, JANE))
			s->request = outlet_memory_at(kit->outlet, i);
	s->to = s->request->from;
	s->local = arena_dup_n(arena, s->to, strcspn(s->to, "@"));
	broken = arena_dup(arena, s->to);
	broken[strlen(s->local) - 3] = broken[strlen(s->local) - 3] == 'a' ? 'b' : 'a';
	s->broken = broken;
	capitals = arena_dup(arena, s->to);
	for (char *c = capitals; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	s->capitals = capitals;
	id = kit_header(kit, JANE, 0, "Message-ID");
	s->message_id = arena_dup_n(arena, id + 1, strcspn(id + 1, ">"));
	s->raw = arena_dup_n(arena, s->request->bytes, s->request->size);
}

static const char *
mail_of(struct scene *s)
{
	AUTO(str_donep) struct str raw = STR_INIT(MAIL_MAX);
	struct arena *arena = s->kit.arena;
	const char *text;
	struct err err;

	if (file_read(arena_printf(arena, ROOT "%s.eml", s->file), &raw, &err) < 0)
		fail_msg("%s (tests run from the top of the tree)", err.text);
	text = swapped(arena, str_text(&raw), "{{bounces_to}}", s->to);
	text = swapped(arena, text, "{{BOUNCES_TO}}", s->capitals);
	text = swapped(arena, text, "{{bounces_broken}}", s->broken);
	text = swapped(arena, text, "{{bounces_local}}", s->local);
	text = swapped(arena, text, "{{message_id}}", s->message_id);
	return swapped(arena, text, "{{raw}}", s->raw);
}

static int64_t
events(struct scene *s, const char *kind)
{
	return kit_number(&s->kit,
	    arena_printf(s->kit.arena, "SELECT count(*) FROM events WHERE kind = '%s'", kind));
}

static int
expect(const struct scene *s, const char *what, int64_t is, int64_t want)
{
	if (is == want)
		return 0;
	print_error("%s: %s: %lld, not %lld\n", s->file, what, (long long)is, (long long)want);
	return 1;
}

/* A copy of the same bounce changes nothing: it is told once. */
static const char *
again(struct scene *s, const char *mail)
{
	return swapped(s->kit.arena, mail, ".bounce@", ".again@");
}

static int
play(const char *file, const char *want)
{
	bool failed = text_is(want, "failed"), delayed = text_is(want, "delayed");
	struct scene s = { .file = file };
	const char *mail, *outcome;
	struct id inbound;
	size_t told;
	int wrong = 0;

	kit_open(&s.kit);
	ask(&s);
	told = outlet_memory_count(s.kit.outlet);
	mail = mail_of(&s);
	inbound = kit_mail(&s.kit, mail);
	kit_run(&s.kit);
	kit_mail(&s.kit, again(&s, mail));
	kit_run(&s.kit);
	outcome = kit_outcome(&s.kit, &inbound);
	wrong += expect(&s, "state", kit_state(&s.kit, 0), failed ? AS_UNDELIVERABLE : AS_SENT);
	wrong += expect(&s, "mails sent because of it",
	    (int64_t)(outlet_memory_count(s.kit.outlet) - told), failed);
	wrong += expect(&s, "failures noted", events(&s, "mail.bounced"), failed);
	wrong += expect(&s, "delays noted", events(&s, "mail.delayed") > 0, delayed);
	if (wrong > 0)
		print_error("%s: became [%s]\n", file, outcome);
	kit_close(&s.kit);
	return wrong > 0;
}

static size_t
count_mails(void)
{
	DIR *dir = opendir(ROOT);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += text_ends_nocase(entry->d_name, ".eml");
	closedir(dir);
	return n;
}

static void
each_bounce_is_what_it_says_and_nothing_else_is_one(void **state)
{
	AUTO(str_donep) struct str text = STR_INIT(MAIL_MAX);
	size_t rows = 0, alike = 0;
	char *rest, *line;
	struct err err;
	int wrong = 0;

	(void)state;
	if (file_read(ROOT "cases.jsonl", &text, &err) < 0)
		fail_msg("%s", err.text);
	for (rest = text.text; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; rows++) {
		json_t *row = json_loads(line, 0, NULL);
		const char *file = json_string_value(json_object_get(row, "file"));

		assert_non_null(file);
		alike += text_starts(file, "not-");
		wrong += play(file, json_string_value(json_object_get(row, "want")));
		json_decref(row);
	}
	assert_int_equal(rows, count_mails());
	assert_true(rows - alike >= 40 && alike >= 15);
	assert_int_equal(wrong, 0);
}

/* A robot in the engineer's name, without any mark and under ever new Message-IDs. */
static void
a_robot_that_answers_every_mail_is_left_alone(void **state)
{
	struct desk_kit kit;
	size_t quiet;

	(void)state;
	kit_open(&kit);
	for (int i = 0; i < 100; i++) {
		kit_letter(&kit,
		    &(struct kit_letter){ .from = "Eve Engineer <" EVE ">",
			.to = "agent@desk.test",
			.subject = "Re: [T-1001] not understood",
			.body = "status\r\nnonsense: 7\r\n" });
		kit_run(&kit);
	}
	quiet = kit_sent_count(&kit, EVE);
	assert_true(quiet > 0 && quiet <= NOTICE_TICKET_HOUR);
	assert_true(metric_value(METRIC_MAIL_WITHHELD) > 0);
	kit_pass(&kit, 2 * MS_HOUR);
	kit_close(&kit);
}

static void
an_address_gets_so_many_answers_a_day(void **state)
{
	struct desk_kit kit;

	(void)state;
	kit_open(&kit);
	for (int hour = 0; hour < 12; hour++) {
		for (int i = 0; i < 25; i++)
			kit_letter(&kit,
			    &(struct kit_letter){ .from = "Eve Engineer <" EVE ">",
				.to = "agent@desk.test",
				.subject = "not understood",
				.body = "nonsense: 7\r\n" });
		kit_pass(&kit, MS_HOUR + MS_MINUTE);
	}
	assert_int_equal(kit_sent_count(&kit, EVE), NOTICE_ADDRESS_DAY);
	/* It is said once an hour, also on no ticket. */
	assert_int_equal(
	    kit_number(&kit, "SELECT count(*) FROM events WHERE kind = 'mail.withheld'"), 3);
	kit_pass(&kit, MS_DAY);
	kit_letter(&kit,
	    &(struct kit_letter){ .from = "Eve Engineer <" EVE ">",
		.to = "agent@desk.test",
		.subject = "the next day",
		.body = "nonsense: 7\r\n" });
	kit_run(&kit);
	assert_int_equal(kit_sent_count(&kit, EVE), NOTICE_ADDRESS_DAY + 1);
	kit_close(&kit);
}

static void
a_receipt_is_never_withheld(void **state)
{
	AUTO(str_donep) struct str name = STR_INIT(4 * SHA256_SIZE);
	struct scene s = { 0 };
	struct desk_kit *kit = &s.kit;
	uint8_t hash[SHA256_SIZE];

	(void)state;
	kit_open(kit);
	ask(&s);
	sha256(JANE, strlen(JANE), hash);
	str_add_hex(&name, hash, sizeof(hash));
	kit_change(kit,
	    arena_printf(kit->arena,
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO answered (key, at) SELECT 'answers:%s:' || i, %lld FROM n",
		NOTICE_ADDRESS_HOUR - 1, str_text(&name), (long long)kit->now));
	for (int i = 0; i < 2; i++) {
		kit_letter(kit,
		    &(struct kit_letter){ .from = "Jane Owner <" JANE ">",
			.to = kit_header(kit, JANE, 0, "Reply-To"),
			.subject = "Re: Approve?",
			.body = i == 0 ? "perhaps\r\n" : "approved\r\n" });
		kit_run(kit);
		assert_int_equal(kit_sent_count(kit, JANE), 1 + i);
	}
	assert_int_equal(kit_state(kit, 0), AS_APPROVED);
	kit_close(kit);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bounce_is_what_it_says_and_nothing_else_is_one),
		cmocka_unit_test(a_robot_that_answers_every_mail_is_left_alone),
		cmocka_unit_test(an_address_gets_so_many_answers_a_day),
		cmocka_unit_test(a_receipt_is_never_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
