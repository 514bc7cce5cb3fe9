/* Documents by models that answer well, badly, late or not at all. */
#include <assent/base/file.h>
#include <assent/base/str.h>

#include "help_arena.h"
#include "ai/write_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD \
	"- The licence for 12 seats is asked for.\n- Work goes on for the team.\n" \
	"- The team stands still.\n- It costs 4,800 EUR."
#define BAD GOOD "\n- Approve at https://evil.example/a"
#define WORSE "I am sorry, Dave."

static const struct bundle_message message = { "customer", true, 0,
	"Please order 12 licences for 4,800 EUR. The team stands still without them." };
static const struct bundle ticket = { .title = "Licences",
	.question = "May we order them?",
	.messages = &message,
	.message_count = 1 };

/* --- a model that says what the test wants --------------------------------------- */

struct answer {
	const char *text; /* NULL: it fails */
	enum model_trouble trouble;
};

struct memory {
	struct answer answers[8]; /* of the calls, in their order */
	size_t asked, rounds, count[4];
	struct model_call seen[8];
	span_ms deadlines[4];
};

static span_ms
deadline_of(void *state)
{
	(void)state;
	return 30000;
}

/* In two pieces, as a network would cut it. */
static void
stream(const struct model_call *call, const char *text)
{
	size_t n = strlen(text), half = n / 2;

	if (call->delta == NULL)
		return;
	call->began(call->arg);
	call->delta(call->arg, text, half);
	call->delta(call->arg, text + half, n - half);
}

static void
answer_all(
    void *state, struct model_call *calls, size_t count, span_ms deadline, struct arena *texts)
{
	struct memory *m = state;

	(void)texts;
	m->deadlines[m->rounds] = deadline;
	m->count[m->rounds++] = count;
	for (size_t i = 0; i < count; i++) {
		const struct answer *answer = &m->answers[m->asked];
		struct model_call *call = &calls[i];
		m->seen[m->asked++] = *call;
		call->usage = (struct model_usage){ 100, 40, 10 };
		call->micros = 7;
		call->trouble = answer->trouble;
		call->provider = "openai";
		call->model = "small";
		call->rc = 0;
		if (answer->text == NULL)
			call->rc = err_set(&call->err, ERR_BUSY, "no answer in time");
		else
			stream(call, answer->text);
		call->text = answer->text;
	}
}

static void
write_all(struct memory *m, struct writing *writings, size_t count)
{
	const struct writer writer = { m, deadline_of, answer_all };

	write_by(&writer, "", writings, count, arena);
}

static struct writing
wanted(enum document_kind kind)
{
	return (struct writing){ .kind = kind, .locale = "en", .bundle = &ticket };
}

static void
must_be_offline(const struct writing *w)
{
	struct writing plain = wanted(w->kind);

	plain.locale = w->locale;
	plain.bundle = w->bundle;
	write_documents(NULL, "", &plain, 1, arena);
	assert_false(w->is_drafted_by_ai);
	assert_string_equal(w->text, plain.text);
	assert_string_equal(w->provider, WRITE_OFFLINE);
	assert_string_equal(w->model, "");
}

/* --- one ---------------------------------------------------------------------------- */

static void
a_text_of_the_form_is_taken_as_it_is(void **state)
{
	struct memory m = { .answers = { { GOOD, MODEL_WORKS } } };
	struct writing w = wanted(DOCUMENT_SUMMARY);

	(void)state;
	write_all(&m, &w, 1);
	assert_true(w.is_drafted_by_ai);
	assert_string_equal(w.text, GOOD "\n");
	assert_string_equal(w.provider, "openai");
	assert_string_equal(w.model, "small");
	assert_int_equal(w.rc, 0);
	assert_string_equal(w.trouble, "");
	assert_int_equal(w.usage.cached, 40);
	assert_int_equal(m.rounds, 1);
	assert_int_equal(m.seen[0].tier, MODEL_FAST);
	assert_int_equal(m.seen[0].max_tokens, 800);
	assert_true(m.seen[0].temperature > 0.19 && m.seen[0].temperature < 0.21);
	assert_non_null(strstr(m.seen[0].material, "12 licences"));
	assert_null(m.seen[0].before);
}

static void
a_text_with_faults_is_asked_for_once_more(void **state)
{
	struct memory m = { .answers = { { BAD, MODEL_WORKS }, { GOOD, MODEL_WORKS } } };
	struct writing w = wanted(DOCUMENT_SUMMARY);

	(void)state;
	write_all(&m, &w, 1);
	assert_true(w.is_drafted_by_ai);
	assert_string_equal(w.text, GOOD "\n");
	assert_int_equal(m.rounds, 2);
	assert_int_equal(m.deadlines[1], m.deadlines[0]);
	assert_string_equal(m.seen[1].before, BAD);
	assert_non_null(strstr(m.seen[1].fault, "- Write no links and no addresses of pages.\n"));
	assert_string_equal(m.seen[1].material, m.seen[0].material);
	assert_int_equal(w.usage.in, 200);
	assert_int_equal(w.usage.out, 20);
	assert_int_equal(w.micros, 14);
}

static void
what_has_faults_twice_is_written_without_a_model(void **state)
{
	struct memory m = { .answers = { { BAD, MODEL_WORKS }, { WORSE, MODEL_WORKS } } };
	struct writing w = wanted(DOCUMENT_SUMMARY);

	(void)state;
	write_all(&m, &w, 1);
	must_be_offline(&w);
	assert_int_equal(m.rounds, 2);
	assert_int_equal(w.rc, ERR_PEER);
	assert_string_equal(w.trouble, WRITE_TEXT);
	assert_null(strstr(w.why, "evil"));
	assert_null(strstr(w.why, "Dave"));
	assert_string_equal(w.paid_model, "small");
	assert_int_equal(w.usage.in, 200);
}

static void
who_does_not_answer_is_not_asked_to_mend(void **state)
{
	struct memory m = { .answers = { { NULL, MODEL_TIME } } };
	struct writing w = wanted(DOCUMENT_NOTES);

	(void)state;
	write_all(&m, &w, 1);
	must_be_offline(&w);
	assert_int_equal(m.rounds, 1);
	assert_int_equal(w.rc, ERR_BUSY);
	assert_string_equal(w.trouble, "time");
	assert_string_equal(w.why, "no answer in time");
}

static void
time_that_ends_in_the_repair_round_ends_without_a_model(void **state)
{
	struct memory m = { .answers = { { WORSE, MODEL_WORKS }, { NULL, MODEL_TIME } } };
	struct writing w = wanted(DOCUMENT_SUMMARY);

	(void)state;
	write_all(&m, &w, 1);
	must_be_offline(&w);
	assert_int_equal(m.rounds, 2);
	assert_string_equal(w.trouble, "time");
}

static void
of_a_proposal_is_told_what_was_ignored(void **state)
{
	struct memory m = { .answers = { { "{\"fix\": {\"title\": \"Order the licences\", "
					   "\"description\": \"\", \"confidence\": 900}, "
					   "\"questions\": [\"See http://evil.example ?\"], "
					   "\"actions\": [\"Ask the team\"]}",
				MODEL_WORKS } } };
	struct writing w = wanted(DOCUMENT_PROPOSAL);

	(void)state;
	write_all(&m, &w, 1);
	assert_true(w.is_drafted_by_ai);
	assert_null(strstr(w.text, "evil"));
	assert_non_null(strstr(w.text, "\"confidence\":100"));
	assert_true(w.faults->count > 0);
	assert_int_equal(m.seen[0].tier, MODEL_CAREFUL);
}

static void
a_sites_prompt_that_cannot_be_used_asks_nobody(void **state)
{
	char folder[] = "/tmp/assent-write-XXXXXX", path[100], file[120];
	struct memory m = { .answers = { { GOOD, MODEL_WORKS } } };
	const struct writer writer = { &m, deadline_of, answer_all };
	struct writing w = wanted(DOCUMENT_SUMMARY);
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/prompts", folder);
	snprintf(file, sizeof(file), "%s/summary.md", path);
	assert_int_equal(folder_make(path, 0700, &err), 0);
	assert_int_equal(file_write(file, "x", 1, 0600, &err), 0);
	write_by(&writer, folder, &w, 1, arena);
	unlink(file);
	rmdir(path);
	rmdir(folder);
	must_be_offline(&w);
	assert_int_equal(m.asked, 0);
	assert_string_equal(w.trouble, WRITE_PROMPT);
	assert_non_null(strstr(w.why, "prompts/summary.md:1:1"));
}

/* --- many ---------------------------------------------------------------------------- */

static void
only_those_with_faults_are_asked_again_and_all_at_once(void **state)
{
	struct memory m = { .answers = { { GOOD, MODEL_WORKS }, { BAD, MODEL_WORKS },
				{ NULL, MODEL_STATUS }, { WORSE, MODEL_WORKS },
				{ GOOD, MODEL_WORKS }, { WORSE, MODEL_WORKS } } };
	struct writing w[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		w[i] = wanted(DOCUMENT_SUMMARY);
	write_all(&m, w, 4);
	assert_int_equal(m.rounds, 2);
	assert_int_equal(m.count[0], 4);
	assert_int_equal(m.count[1], 2);
	assert_true(w[0].is_drafted_by_ai && w[1].is_drafted_by_ai);
	must_be_offline(&w[2]);
	must_be_offline(&w[3]);
	assert_string_equal(w[2].trouble, "status");
	assert_string_equal(w[3].trouble, "text");
	assert_string_equal(m.seen[5].before, WORSE);
}

static void
without_models_every_kind_is_of_its_form(void **state)
{
	static const char *const locales[] = { "en", "de-AT", "fr", "es", "ar", "xx" };

	(void)state;
	for (int kind = 0; kind < DOCUMENT_KINDS; kind++)
		for (size_t i = 0; i < ARRAY_LEN(locales); i++) {
			struct writing w = wanted((enum document_kind)kind);
			struct form_check check;
			struct form_faults faults;
			const char *out;

			w.locale = locales[i];
			write_documents(NULL, "", &w, 1, arena);
			check =
			    form_check_of(w.kind, w.locale, &ticket, bundle_text(&ticket, arena));
			check.text = w.text;
			if (!form_read(&check, arena, &out, &faults))
				fail_msg("%s %s: %s", document_kind_name(w.kind), w.locale,
				    faults.items[0]);
			assert_string_equal(out, w.text);
			assert_int_equal(w.rc, 0);
		}
	write_documents(NULL, "", NULL, 0, arena);
}

/* --- streams -------------------------------------------------------------------------- */

static struct str heard = STR_INIT(64u << 10);

static void
on_began(void *arg)
{
	(void)arg;
	str_clear(&heard);
	str_add(&heard, "|");
}

static void
on_delta(void *arg, const char *text, size_t n)
{
	(void)arg;
	str_add_n(&heard, text, n);
}

static struct writing
listening(enum document_kind kind)
{
	struct writing w = wanted(kind);

	str_clear(&heard);
	w.began = on_began;
	w.delta = on_delta;
	return w;
}

static void
a_stream_tells_whole_lines(void **state)
{
	struct memory m = { .answers = { { GOOD, MODEL_WORKS } } };
	struct writing w = listening(DOCUMENT_SUMMARY);

	(void)state;
	write_all(&m, &w, 1);
	assert_string_equal(str_text(&heard), "|" GOOD);
}

static void
a_line_that_may_not_be_said_ends_a_stream(void **state)
{
	struct memory m = {
		.answers = { { "- One here.\n- See https://evil.example/a\n- Two.", MODEL_WORKS },
		    { NULL, MODEL_TIME } }
	};
	struct writing w = listening(DOCUMENT_SUMMARY);

	(void)state;
	m.answers[1].text = "- One here.\n- See https://evil.example/a\n- Two.";
	write_all(&m, &w, 1);
	/* What came was void; then the whole without a model. */
	assert_string_equal(str_text(&heard), arena_printf(arena, "|%s", w.text));
	assert_null(strstr(str_text(&heard), "evil"));
}

static size_t told;

static void
on_counted(void *arg, const char *text, size_t n)
{
	(void)arg;
	assert_null(memmem(text, n, "evil", 4));
	assert_null(memmem(text, n, "behind", 6));
	assert_null(memmem(text, n, "\xe2\x80\xae", 3));
	told++;
}

static void
nothing_hostile_is_ever_streamed(void **state)
{
	static const char *const texts[] = {
		"- One.\n- https://evil.example\n- behind\n",
		"- One.\n- write to eve@evil.example\n- behind\n",
		"- One.\n- <b>evil</b>\n- behind\n",
		"- One.\n- \xe2\x80\xaelive\xe2\x80\xac evil\n- behind\n",
		"- One.\n- [evil](x)\n- behind\n",
		"- One.\n- Pay 99,000 EUR, says evil\n- behind\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct memory m = { .answers = {
					{ texts[i], MODEL_WORKS }, { texts[i], MODEL_WORKS } } };
		struct writing w = listening(DOCUMENT_SUMMARY);
		w.delta = on_counted;
		told = 0;
		write_all(&m, &w, 1);
		assert_int_equal(told, 3); /* "- One." twice, and the offline text */
		must_be_offline(&w);
	}
}

static void
a_line_without_end_is_not_kept_for_ever(void **state)
{
	char *text = mem_alloc(200001);
	struct memory m = { .answers = { { text, MODEL_WORKS }, { text, MODEL_WORKS } } };
	struct writing w = listening(DOCUMENT_NOTES);

	(void)state;
	memset(text, 'a', 200000);
	write_all(&m, &w, 1);
	assert_string_equal(str_text(&heard), arena_printf(arena, "|%s", w.text));
	mem_free(text);
}

static void
a_proposal_is_not_streamed(void **state)
{
	struct memory m = { .answers = { { "{\"actions\": [\"Ask the team\"]}", MODEL_WORKS } } };
	struct writing w = listening(DOCUMENT_PROPOSAL);

	(void)state;
	write_all(&m, &w, 1);
	assert_true(w.is_drafted_by_ai);
	assert_null(m.seen[0].delta);
	assert_int_equal(heard.len, 0);
}

static int
teardown(void **state)
{
	str_done(&heard);
	return arena_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_the_form_is_taken_as_it_is),
		cmocka_unit_test(a_text_with_faults_is_asked_for_once_more),
		cmocka_unit_test(what_has_faults_twice_is_written_without_a_model),
		cmocka_unit_test(who_does_not_answer_is_not_asked_to_mend),
		cmocka_unit_test(time_that_ends_in_the_repair_round_ends_without_a_model),
		cmocka_unit_test(of_a_proposal_is_told_what_was_ignored),
		cmocka_unit_test(a_sites_prompt_that_cannot_be_used_asks_nobody),
		cmocka_unit_test(only_those_with_faults_are_asked_again_and_all_at_once),
		cmocka_unit_test(without_models_every_kind_is_of_its_form),
		cmocka_unit_test(a_stream_tells_whole_lines),
		cmocka_unit_test(a_line_that_may_not_be_said_ends_a_stream),
		cmocka_unit_test(nothing_hostile_is_ever_streamed),
		cmocka_unit_test(a_line_without_end_is_not_kept_for_ever),
		cmocka_unit_test(a_proposal_is_not_streamed),
	};

	return cmocka_run_group_tests(tests, arena_setup, teardown);
}
