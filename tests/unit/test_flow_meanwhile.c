/* What happens while a model writes. */
#include "help_jane.h"

#include "ai/write_priv.h"

#include <assent/base/str.h>
#include <assent/flow/document.h>
#include <assent/flow/operate.h>
#include <assent/store/ticket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BULLETS \
	"- A laptop is asked for\n- Impact if approved: not stated\n" \
	"- Impact if not: none material\n- Cost: not stated\n"
#define MINE "- Mine: a laptop"
#define MOST 40

struct author { /* a model of the test's own */
	struct desk_kit *kit;
	int calls;
	span_ms takes;
	int (*meanwhile)(struct desk *desk, void *arg, struct err *err);
	int times; /* that something happens meanwhile */
};

static span_ms
never(void *state)
{
	(void)state;
	return INT64_MAX;
}

static void
answer(void *state, struct model_call *calls, size_t count, span_ms deadline, struct arena *arena)
{
	struct author *author = state;
	struct err err;

	(void)deadline;
	(void)arena;
	for (size_t i = 0; i < count; i++) {
		calls[i].text = BULLETS;
		calls[i].provider = "openai";
		calls[i].model = "m";
		calls[i].usage = (struct model_usage){ 100, 0, 20 };
	}
	author->kit->now += author->takes;
	if (author->calls++ < author->times &&
	    kit_step(author->kit, author->meanwhile, author, &err) < 0)
		fail_msg("%s", err.text);
}

static int
touch(struct desk *desk, void *arg, struct err *err)
{
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	(void)arg;
	return rc < 0 ? rc : ticket_touch(desk->tx, &ticket.id, desk->now, err);
}

static int
edit(struct desk *desk, void *arg, struct err *err)
{
	struct document_edit edit = { .kind = DOCUMENT_SUMMARY, .locale = "", .text = MINE };
	struct document_edited edited;
	struct ticket ticket;
	const char *wrong;
	int rc = ticket_by_ref(desk->tx, TICKET_REF_FIRST, &ticket, err);

	(void)arg;
	edit.ticket = ticket.id;
	edit.by = "eve@help.test";
	return rc < 0 ? rc : document_edit(desk, &edit, &edited, &wrong, err);
}

static int
edit_and_touch(struct desk *desk, void *arg, struct err *err)
{
	int rc = ((struct author *)arg)->calls == 1 ? edit(desk, arg, err) : 0;

	return rc < 0 ? rc : touch(desk, arg, err);
}

static void
ask(struct desk_kit *kit, struct author *author)
{
	const struct writer writer = { author, never, answer };

	author->kit = kit;
	kit->writer = &writer;
	kit->policy.ai_chain = "openai/m";
	jane_ask(kit);
	kit->writer = NULL;
}

/* Whoever mails faster than a model writes neither spends without end nor keeps a question back. */
static void
a_ticket_that_moves_all_the_time_is_asked_about_all_the_same(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .takes = 25 * MS_SECOND, .meanwhile = touch, .times = MOST };

	ask(kit, &author);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
	assert_in_range(author.calls, 2, 8);
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "drafted without AI"));
	assert_int_equal(kit_number(kit, "SELECT sum(calls) FROM ai_usage"), author.calls);
}

static void
a_ticket_that_moves_once_is_summed_up_anew_by_the_model(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .takes = 25 * MS_SECOND, .meanwhile = touch, .times = 1 };

	ask(kit, &author);
	assert_int_equal(author.calls, 2);
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "A laptop is asked for"));
}

static void
what_an_engineer_writes_meanwhile_is_what_the_owner_reads(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .meanwhile = edit, .times = 1 };

	ask(kit, &author);
	assert_int_equal(author.calls, 1);
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "Mine: a laptop"));
	assert_non_null(strstr(kit_sent(kit, JANE, 0), "written by eve@help.test"));
	assert_int_equal(kit_number(kit, "SELECT sum(calls) FROM ai_usage"), 1);
}

static void
an_edit_of_a_ticket_that_moved_since_stands_in_no_drafts_way(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .meanwhile = edit_and_touch, .times = 1 };

	ask(kit, &author);
	assert_int_equal(author.calls, 2);
	assert_null(strstr(kit_sent(kit, JANE, 0), "Mine: a laptop"));
}

/* --- somebody is erased -------------------------------------------------------- */

#define JOE "joe@acme.test"

static int
erase(struct desk *desk, void *arg, struct err *err)
{
	json_t *arguments = json_pack("{s:s}", "email", JOE), *out = json_object();
	int rc = person_erase(desk, arguments, out, err);

	(void)arg;
	json_decref(arguments);
	json_decref(out);
	return rc;
}

static int
want_handoff(struct desk *desk, void *arg, struct err *err)
{
	struct ticket ticket = { .id = id_new(desk->now),
		.title = "Printer",
		.requester_email = JOE,
		.status = "open",
		.created = desk->now,
		.updated = desk->now };
	struct message message = { .id = id_new(desk->now),
		.ticket = ticket.id,
		.is_public = true,
		.from_email = JOE,
		.subject = "Printer",
		.text = "The printer of Joe is loud.",
		.own = "The printer of Joe is loud.",
		.at = desk->now };
	struct document_wish wish = {
		.ticket = ticket.id, .kind = DOCUMENT_HANDOFF, .locale = "", .by = "eve@help.test"
	};
	struct document document;
	enum document_stand stand;
	int rc = ticket_add(desk->tx, &ticket, NULL, err);

	(void)arg;
	if (rc == 0)
		rc = message_add(desk->tx, &message, NULL, err);
	return rc < 0 ? rc : document_want(desk, &wish, &document, &stand, err);
}

static void
repeat(struct desk_kit *kit, struct writing *w)
{
	struct author *author = kit->arg;
	struct err err;

	if (author->calls++ < author->times && kit_step(kit, erase, NULL, &err) < 0)
		fail_msg("%s", err.text);
	w->text = arena_printf(kit->arena, "It says: %s", w->bundle->messages[0].text);
	w->provider = w->paid_provider = "openai";
	w->model = w->paid_model = "m";
	w->is_drafted_by_ai = true;
}

static void
what_is_erased_meanwhile_is_in_no_draft(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .times = 1 };
	struct err err;

	kit->write = repeat;
	kit->arg = &author;
	kit->policy.ai_chain = "openai/m";
	assert_int_equal(kit_step(kit, want_handoff, NULL, &err), 0);
	kit_run(kit);
	assert_int_equal(author.calls, 2);
	assert_int_equal(kit_number(kit, "SELECT count(*) FROM documents"), 1);
	assert_int_equal(
	    kit_number(kit, "SELECT count(*) FROM documents WHERE text LIKE '%Joe%'"), 0);
	assert_int_equal(kit_number(kit, "SELECT sum(calls) FROM ai_usage"), 2);
}

static void
a_question_is_put_all_the_same_when_somebody_else_is_erased(void **state)
{
	struct desk_kit *kit = *state;
	struct author author = { .meanwhile = erase, .times = 1 };

	ask(kit, &author);
	assert_int_equal(author.calls, 2);
	assert_int_equal(kit_sent_count(kit, JANE), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_ticket_that_moves_all_the_time_is_asked_about_all_the_same, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_ticket_that_moves_once_is_summed_up_anew_by_the_model, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    what_an_engineer_writes_meanwhile_is_what_the_owner_reads, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    an_edit_of_a_ticket_that_moved_since_stands_in_no_drafts_way, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_erased_meanwhile_is_in_no_draft, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    a_question_is_put_all_the_same_when_somebody_else_is_erased, kit_setup,
		    kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
