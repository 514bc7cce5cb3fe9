/*
 * The hostile set: whole mails made from published attacks, and honest ones of
 * the same shape. tests/hostile/<class>/cases.jsonl says of each what must come
 * of it; each meets a desk of its own, with one question open.
 */
#include "help_desk.h"

#include <assent/base/file.h>
#include <assent/mail/compose.h>
#include <assent/mail/outlet.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define ROOT "tests/hostile/"
#define MAIL_MAX ((size_t)4 << 20)
#define TOKEN_CHARS 32
#define EVE "eve@help.test"
#define JANE "jane@acme.test"
#define BOB "bob@acme.test"

/* What may not be changed by anybody's mail: who decides, who is staff, what was asked and kept. */
#define WATCHED \
	"SELECT (SELECT count(*) FROM ledger) * 1000003 + (SELECT count(*) FROM approvals) * " \
	"10007" \
	" + (SELECT count(*) FROM staff) * 101 + (SELECT count(*) FROM contacts) * 11" \
	" + (SELECT count(*) FROM organisations WHERE owner_email <> 'jane@acme.test')"

struct fill { /* {{name}} in a mail becomes value */
	const char *name, *value;
};

struct scene {
	struct desk_kit *kit;
	const json_t *row;
	const char *file;
	struct fill fills[16];
	size_t fill_count;
	const char *answer_to; /* her question's reply address */
	size_t sent_before;
	int64_t watched_before;
	int wrong;
};

PRINTF(2, 3)
static void
wrong(struct scene *s, const char *fmt, ...)
{
	va_list args;
	char text[2000];

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	print_error("%s: %s\n", s->file, text);
	s->wrong++;
}

static const char *
says(const struct scene *s, const char *key)
{
	const char *value = json_string_value(json_object_get(s->row, key));

	return value != NULL ? value : "";
}

/* --- the question that the mail attacks ------------------------------------------ */

static struct id
say(struct desk_kit *kit, struct kit_letter letter)
{
	struct id id = kit_letter(kit, &letter);

	kit_run(kit);
	return id;
}

static void
engineer(struct desk_kit *kit, const char *subject, const char *body)
{
	say(kit,
	    (struct kit_letter){
		.from = "Eve Engineer <" EVE ">",
		.to = BOB,
		.cc = "agent@desk.test",
		.subject = subject,
		.body = body,
	    });
}

static void
ask_one(struct desk_kit *kit)
{
	engineer(kit, "a laptop",
	    "Please see below.\r\n\r\nask: May we order the laptop?\r\n\r\n"
	    "On Monday Bob Buyer wrote:\r\n> We need a laptop. It costs 900 EUR.\r\n");
}

static void
ask_two_apart(struct desk_kit *kit)
{
	ask_one(kit);
	kit_pass(kit, MS_MINUTE);
	engineer(
	    kit, "a printer", "A printer for 300 EUR.\r\n\r\nask: May we order the printer?\r\n");
}

static void
ask_bulk(struct desk_kit *kit)
{
	engineer(kit, "a laptop", "A laptop for 900 EUR.\r\n");
	engineer(kit, "a printer", "A printer for 300 EUR.\r\n");
	engineer(kit, "a desk", "A desk for 500 EUR.\r\n\r\nbulk: T-1001, T-1002, T-1003\r\n");
}

static void
open_only(struct desk_kit *kit)
{
	engineer(kit, "a laptop", "We need a laptop. It costs 900 EUR.\r\n");
}

static void
set_scene(struct scene *s)
{
	static const struct {
		const char *name;
		void (*play)(struct desk_kit *);
	} plays[] = { { "", ask_one }, { "two", ask_two_apart }, { "bulk", ask_bulk },
		{ "unasked", open_only } };
	const char *trust = says(s, "trust"), *scene = says(s, "scene");
	static const char *own_hosts[] = { "relay.desk.test" };

	if (text_is(trust, "link"))
		s->kit->policy.level = LEVEL_LINK;
	if (text_is(trust, "code"))
		s->kit->policy.separator = "";
	if (text_is(trust, "verp"))
		s->kit->policy.verp = true;
	if (text_is(trust, "hosts"))
		s->kit->policy.own_hosts = (struct domain_list){ own_hosts, 1 };
	for (size_t i = 0; i < ARRAY_LEN(plays); i++)
		if (text_is(scene, plays[i].name))
			plays[i].play(s->kit);
	kit_pass(s->kit, MS_MINUTE);
	/* Only now, because mail from staff would command nothing. */
	if (text_is(trust, "none")) {
		s->kit->policy.trust = TRUST_NONE;
		s->kit->policy.level = LEVEL_TOKEN;
	}
	if (text_is(trust, "m365"))
		s->kit->policy.trust = TRUST_M365;
}

/* --- the mail -------------------------------------------------------------------- */

static void
add_fill(struct scene *s, const char *name, const char *value)
{
	s->fills[s->fill_count++] = (struct fill){ name, value != NULL ? value : "none" };
}

static const char *
upper(struct arena *arena, const char *text)
{
	char *out = arena_dup(arena, text);

	for (char *c = out; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return out;
}

static const char *
between(struct arena *arena, const char *text, const char *start, const char *stop)
{
	const char *at = text != NULL ? strstr(text, start) : NULL;

	if (at == NULL)
		return NULL;
	at += strlen(start);
	return arena_dup_n(arena, at, strcspn(at, stop));
}

static const struct outlet_mail *
last_to(struct desk_kit *kit, const char *to)
{
	const struct outlet_mail *last = NULL;

	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++)
		if (text_is(outlet_memory_at(kit->outlet, i)->to, to))
			last = outlet_memory_at(kit->outlet, i);
	return last;
}

static void
fill_from_request(struct scene *s)
{
	struct desk_kit *kit = s->kit;
	struct arena *arena = kit->arena;
	size_t n = kit_sent_count(kit, JANE) - 1;
	const char *to = kit_header(kit, JANE, n, "Reply-To");
	const char *token = kit_link(kit, JANE, n, 0);
	const struct outlet_mail *mail = last_to(kit, JANE);

	s->answer_to = to;
	add_fill(s, "reply_to", to != NULL ? to : "agent@desk.test");
	add_fill(s, "REPLY_TO", upper(arena, to != NULL ? to : "agent@desk.test"));
	add_fill(s, "reply_token", between(arena, to, "+", "@"));
	add_fill(s, "code", between(arena, kit_sent(kit, JANE, n), "ref:", " \r\n\"."));
	add_fill(s, "link_token", token);
	add_fill(s, "LINK_TOKEN", token != NULL ? upper(arena, token) : NULL);
	if (token != NULL) {
		add_fill(s, "link_half", arena_dup_n(arena, token, TOKEN_CHARS / 2));
		add_fill(s, "half_link", token + TOKEN_CHARS / 2);
	}
	add_fill(s, "message_id", between(arena, kit_header(kit, JANE, n, "Message-ID"), "<", ">"));
	add_fill(s, "request", kit_sent(kit, JANE, n));
	add_fill(s, "raw", arena_dup_n(arena, mail->bytes, mail->size));
	add_fill(s, "bounces_to", mail->from);
	if (n > 0)
		add_fill(s, "other_id",
		    between(arena, kit_header(kit, JANE, 0, "Message-ID"), "<", ">"));
}

static const char *
filled(const struct scene *s, const char *at, size_t n, size_t *used)
{
	for (size_t i = 0; i < s->fill_count; i++) {
		size_t len = strlen(s->fills[i].name);

		*used = len + 4;
		if (n >= len + 4 && memcmp(at + 2, s->fills[i].name, len) == 0 &&
		    memcmp(at + 2 + len, "}}", 2) == 0)
			return s->fills[i].value;
	}
	return NULL;
}

static void
read_mail(struct scene *s, struct str *out)
{
	AUTO(str_donep) struct str raw = STR_INIT(MAIL_MAX);
	const char *at, *end;
	struct err err;
	size_t used = 0;

	if (file_read(arena_printf(s->kit->arena, ROOT "%s.eml", s->file), &raw, &err) < 0)
		fail_msg("%s (tests run from the top of the tree)", err.text);
	end = str_text(&raw) + raw.len;
	for (at = str_text(&raw); at < end;) {
		const char *mark = memmem(at, (size_t)(end - at), "{{", 2), *value;

		str_add_n(out, at, (size_t)((mark ? mark : end) - at));
		if (mark == NULL)
			break;
		value = filled(s, mark, (size_t)(end - mark), &used);
		if (value == NULL)
			fail_msg("%s: nothing fills %.20s", s->file, mark);
		str_add(out, value);
		at = mark + used;
	}
}

/* --- what came of it --------------------------------------------------------------- */

static void
check_outcome(struct scene *s, const struct id *inbound)
{
	const char *outcome = kit_outcome(s->kit, inbound);

	if (strstr(outcome, says(s, "outcome")) == NULL || !*says(s, "outcome"))
		wrong(s, "became [%s], not [%s]", outcome, says(s, "outcome"));
}

static void
check_states(struct scene *s)
{
	for (size_t i = 0; i < kit_approvals(s->kit); i++) {
		const char *state = approval_state_name(kit_state(s->kit, i));

		if (!text_is(state, says(s, "state")))
			wrong(s, "question %zu is %s", i, state);
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Who was written to because of it, by name; never anybody else. */
static void
check_told(struct scene *s)
{
	AUTO(str_donep) struct str told = STR_INIT(1000);
	const char *names[20] = { 0 };
	size_t n = 0;

	for (size_t i = s->sent_before; i < outlet_memory_count(s->kit->outlet) && n < 20; i++)
		names[n++] = outlet_memory_at(s->kit->outlet, i)->to;
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		str_addf(&told, "%s%s", i > 0 ? " " : "", names[i]);
	if (!text_is(str_text(&told), says(s, "told")))
		wrong(s, "told [%s], not [%s]", str_text(&told), says(s, "told"));
}

static void
check_leak(struct scene *s, const char *token)
{
	static const char *const places[] = {
		"SELECT count(*) FROM messages WHERE "
		"instr(replace(replace(replace(replace(lower(text"
		" || own || subject || from_name || from_email), char(10), ''), '>', ''), '|', ''),"
		" ' ', ''), '%s')",
		"SELECT count(*) FROM inbound WHERE instr(lower(subject || outcome || from_email), "
		"'%s')",
		"SELECT count(*) FROM attachments WHERE instr(lower(name), '%s')",
		"SELECT count(*) FROM events WHERE instr(lower(before || after), '%s')",
		"SELECT count(*) FROM contacts WHERE instr(lower(name || email), '%s')",
		"SELECT count(*) FROM tickets WHERE instr(lower(title || requester_name"
		" || requester_email), '%s')"
	};
	static const char *const people[] = { EVE, BOB };

	if (token == NULL || strlen(token) != TOKEN_CHARS)
		return;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(str_donep) struct str sql = STR_INIT(1000);
		const char *gap = strstr(places[i], "%s");

		str_add_n(&sql, places[i], (size_t)(gap - places[i]));
		str_addf(&sql, "%s%s", token, gap + 2);
		if (kit_number(s->kit, str_text(&sql)) != 0)
			wrong(s, "a token is kept: %s", str_text(&sql));
	}
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		for (size_t n = 0; n < kit_sent_count(s->kit, people[i]); n++)
			if (text_find_nocase(kit_sent(s->kit, people[i], n), token) != NULL)
				wrong(s, "a token was told to %s", people[i]);
}

/* What a mail could not decide is still hers to decide. */
static void
check_honest_answer(struct scene *s)
{
	struct id id;

	if (json_is_true(json_object_get(s->row, "control")) ||
	    !text_is(says(s, "state"), "sent") || text_is(says(s, "trust"), "link") ||
	    text_is(says(s, "trust"), "code") || *says(s, "scene"))
		return;
	s->kit->policy.trust = TRUST_AUTHSERV;
	id = say(s->kit,
	    (struct kit_letter){ .from = "Jane Owner <" JANE ">",
		.to = s->answer_to,
		.subject = "Re: Approve?",
		.body = "approved\r\n" });
	if (kit_state(s->kit, 0) != AS_APPROVED)
		wrong(s, "an honest answer after it became [%s]", kit_outcome(s->kit, &id));
}

static void
check_all(struct scene *s, const struct id *inbound)
{
	check_outcome(s, inbound);
	check_states(s);
	check_told(s);
	if (!json_is_true(json_object_get(s->row, "control")) &&
	    kit_number(s->kit, WATCHED) != s->watched_before)
		wrong(s, "the ledger, a question or a person is not as before");
	for (size_t i = 0; i < s->fill_count; i++)
		if (strstr(s->fills[i].name, "_token") != NULL)
			check_leak(s, s->fills[i].value);
}

static int
play_case(const json_t *row)
{
	AUTO(str_donep) struct str raw = STR_INIT(MAIL_MAX);
	struct desk_kit kit;
	struct scene s = { .kit = &kit, .row = row };
	struct id inbound;

	s.file = says(&s, "file");
	kit_open(&kit);
	set_scene(&s);
	if (kit_sent_count(&kit, JANE) > 0)
		fill_from_request(&s);
	read_mail(&s, &raw);
	s.sent_before = outlet_memory_count(kit.outlet);
	s.watched_before = kit_number(&kit, WATCHED);
	inbound = kit_mail_bytes(&kit, str_text(&raw), raw.len);
	kit_run(&kit);
	check_all(&s, &inbound);
	check_honest_answer(&s);
	kit_close(&kit);
	return s.wrong;
}

/* --- the classes ------------------------------------------------------------------- */

static size_t
count_mails(const char *class)
{
	char path[200];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), ROOT "%s", class);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += text_ends_nocase(entry->d_name, ".eml");
	closedir(dir);
	return n;
}

static size_t hostile_count, control_count;

/* The rows that did not come true. */
static int
play_rows(const char *class, size_t *rows)
{
	AUTO(str_donep) struct str text = STR_INIT(MAIL_MAX);
	char path[200], *rest, *line;
	struct err err;
	int wrong_rows = 0;

	snprintf(path, sizeof(path), ROOT "%s/cases.jsonl", class);
	if (file_read(path, &text, &err) < 0)
		fail_msg("%s", err.text);
	for (rest = text.text; (line = strsep(&rest, "\n")) != NULL;) {
		json_error_t why;
		json_t *row = *line != '\0' ? json_loads(line, 0, &why) : NULL;

		if (*line == '\0')
			continue;
		if (row == NULL)
			fail_msg("%s: line %zu: %s", path, *rows + 1, why.text);
		*rows += 1;
		*(json_is_true(json_object_get(row, "control")) ? &control_count
								: &hostile_count) += 1;
		wrong_rows += play_case(row) > 0;
		json_decref(row);
	}
	return wrong_rows;
}

/* Every mail of the class has its row, and every row comes true. */
static void
play_class(const char *class)
{
	size_t rows = 0;
	int wrong_rows = play_rows(class, &rows);

	assert_int_equal(rows, count_mails(class));
	assert_int_equal(wrong_rows, 0);
}

static void
a_sender_that_two_programs_read_differently_is_nobody(void **state)
{
	(void)state;
	play_class("from");
}

static void
results_that_a_stranger_could_have_written_vouch_for_nobody(void **state)
{
	(void)state;
	play_class("auth");
}

static void
forms_that_disagree_and_words_that_nobody_sees_decide_nothing(void **state)
{
	(void)state;
	play_class("body");
}

static void
what_was_quoted_signed_off_or_forwarded_is_no_answer(void **state)
{
	(void)state;
	play_class("quote");
}

static void
a_token_finds_a_question_and_is_kept_nowhere(void **state)
{
	(void)state;
	play_class("token");
}

static void
robots_decide_nothing_and_are_not_answered(void **state)
{
	(void)state;
	play_class("robot");
}

static void
only_engineers_that_are_vouched_for_command(void **state)
{
	(void)state;
	play_class("staff");
}

/* "`auth/none`" and its like, anywhere in the manual. */
static void
every_mail_that_the_manual_names_is_played(void **state)
{
	static const char *const classes[] = { "from", "auth", "body", "quote", "token", "robot",
		"staff" };
	AUTO(str_donep) struct str text = STR_INIT(MAIL_MAX);
	struct err err;
	int named = 0;

	(void)state;
	if (file_read("docs/SECURITY.md", &text, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		char mark[20], path[200];

		snprintf(mark, sizeof(mark), "`%s/", classes[i]);
		for (const char *at = strstr(str_text(&text), mark); at != NULL;
		     at = strstr(at + 1, mark)) {
			snprintf(
			    path, sizeof(path), ROOT "%.*s.eml", (int)strcspn(at + 1, "`"), at + 1);
			if (access(path, R_OK) < 0)
				fail_msg("docs/SECURITY.md names %s", path);
			named++;
		}
	}
	assert_true(named >= 45);
}

static void
the_set_is_as_large_as_was_promised(void **state)
{
	(void)state;
	assert_true(hostile_count >= 150);
	assert_true(control_count >= 15);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_that_two_programs_read_differently_is_nobody),
		cmocka_unit_test(results_that_a_stranger_could_have_written_vouch_for_nobody),
		cmocka_unit_test(forms_that_disagree_and_words_that_nobody_sees_decide_nothing),
		cmocka_unit_test(what_was_quoted_signed_off_or_forwarded_is_no_answer),
		cmocka_unit_test(a_token_finds_a_question_and_is_kept_nowhere),
		cmocka_unit_test(robots_decide_nothing_and_are_not_answered),
		cmocka_unit_test(only_engineers_that_are_vouched_for_command),
		cmocka_unit_test(every_mail_that_the_manual_names_is_played),
		cmocka_unit_test(the_set_is_as_large_as_was_promised),
	};

	/* Five hundred databases: the disk's own pace is another test's matter. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
