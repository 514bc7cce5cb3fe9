#include <assent/mail/letter.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static struct address people[] = { { "Anna", "anna@example.com" }, { "", "bob@example.org" } };
static const char *ids[] = { "one@example.com", "two@example.com", "three@example.com" };
static struct attachment files[] = {
	{ .name = "offer.pdf", .type = "application/pdf", .size = 12345, .sha256 = { 1, 2, 3 } },
	{ .name = "", .type = "image/png", .size = 0 },
};
static struct auth_result results[] = {
	{ "mx.desk.test", "dmarc", "pass", "example.com", 0, 0, true },
	{ "", "", "malformed", "", 1, 2, false },
};

static struct letter
sample(void)
{
	return (struct letter){
		.subject = "Re: New disk f\xc3\xbcr room four",
		.from = { people, 1 },
		.from_fields = 1,
		.from_odd = true,
		.sender = { people + 1, 1 },
		.reply_to = { people, 2 },
		.to = { people, 2 },
		.recipients = { ids, 1 },
		.date = 1795249800000,
		.message_id = "abc@example.com",
		.in_reply_to = { ids, 1 },
		.references = { ids, 3 },
		.original_id = "",
		.return_path = "<>",
		.loop = "desk",
		.text = "Approved.\n",
		.html_text = "Approved.\n",
		.reply = "Approved.",
		.reply_forwarded = true,
		.attachments = files,
		.attachment_count = 2,
		.auth = results,
		.auth_count = 2,
		.received_by = { ids, 2 },
		.automatic = AUTO_BOUNCE,
		.automatic_why = "Return-Path: <>",
		.delivery = { "failed", "5.1.1", "x@y.test", "550 no", "one@example.com" },
		.fingerprint = { 9, 8, 7 },
		.truncated = true,
		.signature = { .state = SIGNATURE_VALID,
		    .sentence = "",
		    .name = "Anna",
		    .issuer = "Example CA",
		    .serial = "01AB",
		    .sha256 = { 6, 5, 4 },
		    .emails = { ids, 2 },
		    .signed_at = 1795249800000,
		    .references = { ids + 1, 2 } },
	};
}

static void
check_addresses(const struct address_list *a, const struct address_list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->items[i].name, b->items[i].name);
		assert_string_equal(a->items[i].email, b->items[i].email);
	}
}

static void
check_texts(const struct text_list *a, const struct text_list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void
check_lists(const struct letter *a, const struct letter *b)
{
	check_addresses(&a->from, &b->from);
	check_addresses(&a->sender, &b->sender);
	check_addresses(&a->reply_to, &b->reply_to);
	check_addresses(&a->to, &b->to);
	check_addresses(&a->cc, &b->cc);
	check_texts(&a->recipients, &b->recipients);
	check_texts(&a->in_reply_to, &b->in_reply_to);
	check_texts(&a->references, &b->references);
	check_texts(&a->received_by, &b->received_by);
	assert_int_equal(a->attachment_count, b->attachment_count);
	assert_string_equal(a->attachments[0].name, b->attachments[0].name);
	assert_int_equal(a->attachments[0].size, b->attachments[0].size);
	assert_memory_equal(a->attachments[0].sha256, b->attachments[0].sha256, 32);
	assert_int_equal(a->auth_count, b->auth_count);
	assert_string_equal(a->auth[0].domain, b->auth[0].domain);
	assert_true(b->auth[0].above_received);
	assert_int_equal(b->auth[1].received_above, 2);
	assert_string_equal(b->auth[1].result, "malformed");
}

static void
check_signature(const struct signature *a, const struct signature *b)
{
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->issuer, b->issuer);
	assert_string_equal(a->serial, b->serial);
	assert_memory_equal(a->sha256, b->sha256, 32);
	assert_int_equal(a->signed_at, b->signed_at);
	check_texts(&a->emails, &b->emails);
	check_texts(&a->references, &b->references);
}

static void
a_signature_that_is_not_valid_names_no_question(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter a = sample(), *b = NULL;
	struct err err;

	a.signature.state = SIGNATURE_UNTRUSTED;
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &b, &err), ERR_PEER);
	assert_null(b);
}

static void
a_letter_comes_back_as_it_went(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX), again = wire;
	struct letter a = sample(), *b = NULL;
	struct err err;

	(void)state;
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &b, &err), 0);
	assert_string_equal(a.subject, b->subject);
	assert_string_equal(a.reply, b->reply);
	assert_string_equal(a.return_path, b->return_path);
	assert_string_equal(a.delivery.original_message_id, b->delivery.original_message_id);
	assert_int_equal(a.date, b->date);
	assert_int_equal(a.automatic, b->automatic);
	assert_true(b->from_odd && b->reply_forwarded && b->truncated);
	assert_false(b->parts_disagree || b->auth_malformed);
	assert_memory_equal(a.fingerprint, b->fingerprint, 32);
	check_lists(&a, b);
	check_signature(&a.signature, &b->signature);
	letter_encode(b, &again);
	assert_int_equal(wire.len, again.len);
	assert_memory_equal(wire.text, again.text, wire.len);
}

static void
a_letter_cut_anywhere_is_refused(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter a = sample(), *out = NULL;
	struct err err;

	(void)state;
	letter_encode(&a, &wire);
	for (size_t n = 0; n < wire.len; n++) {
		/* Its own block, so that a byte read too far is seen. */
		AUTO(mem_freep) char *part = mem_alloc(n);

		memcpy(part, wire.text, n);
		assert_int_equal(letter_decode(part, n, arena, &out, &err), ERR_PEER);
		assert_null(out);
		arena_reset(arena);
	}
	str_add_char(&wire, 'x');
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &out, &err), ERR_PEER);
}

static void
check_within_limits(const struct letter *l)
{
	assert_true(strlen(l->subject) <= LETTER_LINE_MAX && strlen(l->text) <= LETTER_TEXT_MAX);
	assert_true(l->to.count <= LETTER_LIST_MAX && l->references.count <= LETTER_LIST_MAX);
	assert_true(l->automatic >= AUTO_NO && l->automatic <= AUTO_RECEIPT && l->date >= 0);
	for (size_t i = 0; i < l->attachment_count; i++)
		assert_true(l->attachments[i].size >= 0);
}

static void
a_letter_with_any_bit_turned_is_refused_or_within_limits(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter a = sample();
	size_t refused = 0;

	(void)state;
	letter_encode(&a, &wire);
	for (size_t bit = 0; bit < wire.len * 8; bit++) {
		struct letter *out = NULL;
		struct err err;

		wire.text[bit / 8] ^= (char)(1 << bit % 8);
		if (letter_decode(wire.text, wire.len, arena, &out, &err) == 0) {
			check_within_limits(out);
		} else {
			assert_int_equal(err.code, ERR_PEER);
			refused++;
		}
		wire.text[bit / 8] ^= (char)(1 << bit % 8);
		arena_reset(arena);
	}
	assert_true(refused > wire.len);
}

static void
too_long_a_value_is_refused(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX), line = wire;
	struct letter a = sample(), *out;
	struct err err;

	(void)state;
	while (line.len <= LETTER_LINE_MAX)
		str_add_char(&line, 'x');
	a.subject = str_text(&line);
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &out, &err), ERR_PEER);
}

static void
too_many_items_are_refused(void **state)
{
	static struct address many[LETTER_LIST_MAX + 1];
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter a = sample(), *out;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = people[0];
	a.cc = (struct address_list){ many, ARRAY_LEN(many) };
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &out, &err), ERR_PEER);
	a.cc.count--;
	str_clear(&wire);
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &out, &err), 0);
}

static void
what_is_not_utf8_is_refused(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct letter a = sample(), *out;
	struct err err;

	(void)state;
	a.text = "caf\xe9";
	letter_encode(&a, &wire);
	assert_int_equal(letter_decode(wire.text, wire.len, arena, &out, &err), ERR_PEER);
}

static void
a_reading_comes_back_as_it_went(void **state)
{
	struct intent_item items[] = { { VERDICT_APPROVE, "go" }, { VERDICT_REJECT, "" } };
	struct intent a = { items, 2, "both", INTENT_CLEAR, true, false, false }, b;
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct err err;

	(void)state;
	intent_encode(&a, &wire);
	assert_int_equal(intent_decode(wire.text, wire.len, 2, arena, &b, &err), 0);
	assert_int_equal(b.items[0].verdict, VERDICT_APPROVE);
	assert_int_equal(b.items[1].verdict, VERDICT_REJECT);
	assert_string_equal(b.items[0].comment, "go");
	assert_string_equal(b.comment, "both");
	assert_true(b.question && !b.suspicion && !b.partly);
	assert_int_equal(intent_decode(wire.text, wire.len, 3, arena, &b, &err), ERR_PEER);
	for (size_t n = 0; n < wire.len; n++)
		assert_int_equal(intent_decode(wire.text, n, 2, arena, &b, &err), ERR_PEER);
}

/* Who only asks whether our mail is genuine is heard where answers by mail do not decide. */
static void
a_suspicion_comes_back_only_without_a_decision(void **state)
{
	struct intent_item items[] = { { VERDICT_UNCLEAR, "" }, { VERDICT_UNCLEAR, "" } };
	struct intent a = { items, 2, "", INTENT_QUESTION, true, true, false }, b;
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str wire = STR_INIT(LETTER_ANSWER_MAX);
	struct err err;

	(void)state;
	intent_encode(&a, &wire);
	assert_int_equal(intent_decode(wire.text, wire.len, 2, arena, &b, &err), 0);
	assert_true(b.suspicion);
	items[1].verdict = VERDICT_APPROVE;
	str_clear(&wire);
	intent_encode(&a, &wire);
	assert_int_equal(intent_decode(wire.text, wire.len, 2, arena, &b, &err), ERR_PEER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_comes_back_as_it_went),
		cmocka_unit_test(a_signature_that_is_not_valid_names_no_question),
		cmocka_unit_test(a_letter_cut_anywhere_is_refused),
		cmocka_unit_test(a_letter_with_any_bit_turned_is_refused_or_within_limits),
		cmocka_unit_test(too_long_a_value_is_refused),
		cmocka_unit_test(too_many_items_are_refused),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(a_reading_comes_back_as_it_went),
		cmocka_unit_test(a_suspicion_comes_back_only_without_a_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
