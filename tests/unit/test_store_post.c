#include "help_store.h"

#include <assent/store/post.h>
#include <assent/store/site.h>

#include <string.h>

static struct inbound
letter(unsigned n, const char *key)
{
	return (struct inbound){ .id = id_of(n),
		.source = "desk",
		.source_key = key,
		.received = T0 + n,
		.size = 5,
		.raw = "a\0b\r\n",
		.status = "new" };
}

STEP_TEST(a_letter_is_stored_byte_for_byte)
{
	struct inbound in = letter(1, "maildir:desk:1"), out;

	OK(inbound_add(tx, &in, err));
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_int_equal(out.size, 5);
	assert_memory_equal(out.raw, "a\0b\r\n", 5);
	assert_string_equal(out.source, "desk");
	assert_string_equal(out.source_key, "maildir:desk:1");
	assert_string_equal(out.spool, "");
	assert_string_equal(out.status, "new");
	assert_int_equal(out.received, T0 + 1);
	OK(inbound_get(tx, &in.id, false, &out, err));
	assert_null(out.raw);
	in.id = id_of(9);
	REFUSED(ERR_NOT_FOUND, inbound_get(tx, &in.id, true, &out, err));
}

STEP_TEST(the_same_source_key_is_taken_in_once)
{
	struct inbound first = letter(1, "maildir:desk:1"), again = letter(2, "maildir:desk:1");
	struct inbound out;

	OK(inbound_add(tx, &first, err));
	REFUSED(ERR_CONFLICT, inbound_add(tx, &again, err));
	REFUSED(ERR_NOT_FOUND, inbound_get(tx, &again.id, true, &out, err));
}

STEP_TEST(large_letters_lie_in_the_spool)
{
	struct inbound in = letter(1, "k1"), out;

	in.spool = "abcd";
	REFUSED(ERR_INVALID, inbound_add(tx, &in, err));
	in.raw = NULL;
	in.size = 40 << 20;
	OK(inbound_add(tx, &in, err));
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_null(out.raw);
	assert_string_equal(out.spool, "abcd");
	assert_int_equal(out.size, 40 << 20);
	in.spool = "";
	REFUSED(ERR_INVALID, inbound_add(tx, &in, err));
}

STEP_TEST(the_row_holds_256_kib_and_no_byte_more)
{
	AUTO(mem_freep) char *raw = mem_alloc(INBOUND_ROW_MAX + 1);
	struct inbound in = letter(1, "k1"), out;

	memset(raw, 'x', INBOUND_ROW_MAX + 1);
	in.raw = raw;
	in.size = INBOUND_ROW_MAX + 1;
	REFUSED(ERR_LIMIT, inbound_add(tx, &in, err));
	in.size = INBOUND_ROW_MAX;
	OK(inbound_add(tx, &in, err));
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_memory_equal(out.raw, raw, INBOUND_ROW_MAX);
	in = letter(2, "k2");
	in.size = 0;
	OK(inbound_add(tx, &in, err));
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_non_null(out.raw);
}

STEP_TEST(a_letter_is_settled_once)
{
	struct inbound in = letter(1, "k1"), out, *list;
	struct site_counts counts;
	size_t count;

	OK(inbound_add(tx, &in, err));
	in.status = "quarantined";
	in.outcome = "its parser died three times";
	in.from_email = "rita@acme.example";
	in.subject = "hello";
	in.ticket = id_of(4);
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.inbound_new, 1);
	OK(inbound_settle(tx, &in, err));
	REFUSED(ERR_CONFLICT, inbound_settle(tx, &in, err));
	OK(inbound_get(tx, &in.id, true, &out, err));
	assert_string_equal(out.status, "quarantined");
	assert_string_equal(out.outcome, "its parser died three times");
	assert_string_equal(out.from_email, "rita@acme.example");
	assert_string_equal(out.subject, "hello");
	assert_int_equal(out.ticket.bytes[15], 4);
	assert_memory_equal(out.raw, in.raw, 5);
	in = letter(2, "k2");
	OK(inbound_add(tx, &in, err));
	OK(inbound_list(tx, "", 0, &list, &count, err));
	assert_int_equal(count, 2);
	assert_int_equal(list[0].id.bytes[15], 2);
	OK(inbound_list(tx, "quarantined", 10, &list, &count, err));
	assert_int_equal(count, 1);
	assert_null(list[0].raw);
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.inbound_new, 1);
	assert_int_equal(counts.inbound_quarantined, 1);
}

STEP_TEST(a_fingerprint_is_new_once)
{
	uint8_t print[SHA256_SIZE] = { 1 };

	OK(seen_add(tx, print, T0, err));
	REFUSED(ERR_CONFLICT, seen_add(tx, print, T0 + 1, err));
	print[0] = 2;
	OK(seen_add(tx, print, T0, err));
}

STEP_TEST(a_key_is_answered_once_in_a_while)
{
	static const struct {
		const char *key;
		utc_ms since, now;
		bool first;
	} cases[] = {
		{ "unclear:rita", T0 - 100, T0, true },
		{ "unclear:rita", T0 - 100, T0 + 1, false },
		{ "unclear:rita", T0, T0 + 2, false },
		{ "unclear:rita", T0 + 1, T0 + 3, true },
		{ "unclear:rita", T0 + 3, T0 + 4, false },
		{ "unclear:bob", T0, T0 + 1, true },
		/* What a clock wrote that was ahead for a while. */
		{ "unclear:rita", T0 - 1100, T0 - 1000, true },
		{ "unclear:rita", T0 - 1099, T0 - 999, false },
		{ "unclear:bob", T0 - 300, T0 - 100, false },
		{ "once:eva", 0, T0, true },
		{ "once:eva", 0, T0 - 365 * MS_DAY, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool first = !cases[i].first;

		OK(answered_first(tx, cases[i].key, cases[i].since, cases[i].now, &first, err));
		assert_int_equal(first, cases[i].first);
	}
}

static struct outgoing
mail(unsigned n, const char *message_id)
{
	return (struct outgoing){
		.id = id_of(n),
		.kind = "request",
		.to_email = "olga@acme.example",
		.to_name = "Olga",
		.locale = "en",
		.zone_name = "Europe/Vienna",
		.view = "{\"a\":1}",
		.ticket = id_of(101),
		.approval = id_of(102),
		.message_id = message_id,
		.in_reply_to = "x@y",
		.references = "w@y x@y",
		.subject = "",
		.replied = true,
		.status = "queued",
		.created = T0 + n,
	};
}

STEP_TEST(an_outgoing_mail_comes_back_and_is_known_by_its_message_id)
{
	struct outgoing in = mail(1, "m1@desk"), out;
	struct sent_id sent;

	in.ballot = id_of(103);
	OK(outgoing_add(tx, &in, err));
	OK(outgoing_get(tx, &in.id, &out, err));
	assert_string_equal(out.kind, "request");
	assert_string_equal(out.to_email, "olga@acme.example");
	assert_string_equal(out.to_name, "Olga");
	assert_string_equal(out.locale, "en");
	assert_string_equal(out.zone_name, "Europe/Vienna");
	assert_string_equal(out.view, "{\"a\":1}");
	assert_string_equal(out.message_id, "m1@desk");
	assert_string_equal(out.in_reply_to, "x@y");
	assert_string_equal(out.references, "w@y x@y");
	assert_string_equal(out.last_error, "");
	assert_true(out.replied);
	assert_true(id_is_null(&out.batch));
	OK(sent_id_add(tx, "relay-1@ses", &in.id, err));
	OK(sent_id_add(tx, "relay-1@ses", &in.id, err));
	OK(sent_id_find(tx, "relay-1@ses", &sent, err));
	assert_true(id_equal(&sent.outgoing, &in.id));
	assert_int_equal(sent.ticket.bytes[15], 101);
	assert_int_equal(sent.approval.bytes[15], 102);
	assert_int_equal(sent.ballot.bytes[15], 103);
	assert_string_equal(sent.kind, "request");
	OK(sent_id_find(tx, "m1@desk", &sent, err));
	REFUSED(ERR_NOT_FOUND, sent_id_find(tx, "M1@desk", &sent, err));
}

STEP_TEST(sending_sets_the_time_and_refusing_the_reason)
{
	struct outgoing in = mail(1, "m1@desk"), out;
	struct site_counts counts;
	struct id nobody = id_of(9);

	OK(outgoing_add(tx, &in, err));
	OK(outgoing_set_status(tx, &in.id, "queued", "451 later", T0 + 10, err));
	OK(outgoing_get(tx, &in.id, &out, err));
	assert_int_equal(out.sent_at, 0);
	assert_string_equal(out.last_error, "451 later");
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.outgoing_queued, 1);
	OK(outgoing_set_status(tx, &in.id, "maybe", "dropped after DATA", T0 + 15, err));
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.outgoing_queued, 0);
	assert_int_equal(counts.outgoing_maybe, 1);
	OK(outgoing_set_status(tx, &in.id, "sent", "", T0 + 20, err));
	OK(outgoing_get(tx, &in.id, &out, err));
	assert_int_equal(out.sent_at, T0 + 20);
	assert_string_equal(out.status, "sent");
	REFUSED(ERR_NOT_FOUND, outgoing_set_status(tx, &nobody, "sent", "", T0, err));
}

STEP_TEST(mail_about_an_approval_or_a_batch_is_listed_oldest_first)
{
	struct outgoing second = mail(1, "m1@desk"), first = mail(2, "m2@desk");
	struct outgoing bulk = mail(3, "m3@desk"), *list;
	struct id approval = id_of(102), batch = id_of(104), nobody = id_of(9);
	size_t count;

	second.created = T0 + 50;
	bulk.approval = nobody;
	bulk.batch = batch;
	OK(outgoing_add(tx, &second, err));
	OK(outgoing_add(tx, &first, err));
	OK(outgoing_add(tx, &bulk, err));
	OK(outgoing_list(tx, &approval, &list, &count, err));
	assert_int_equal(count, 2);
	assert_string_equal(list[0].message_id, "m2@desk");
	OK(outgoing_list(tx, &batch, &list, &count, err));
	assert_int_equal(count, 1);
	assert_string_equal(list[0].message_id, "m3@desk");
	REFUSED(ERR_CONFLICT, outgoing_add(tx, &bulk, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_letter_is_stored_byte_for_byte),
		STORE_TEST(the_same_source_key_is_taken_in_once),
		STORE_TEST(large_letters_lie_in_the_spool),
		STORE_TEST(the_row_holds_256_kib_and_no_byte_more),
		STORE_TEST(a_letter_is_settled_once),
		STORE_TEST(a_fingerprint_is_new_once),
		STORE_TEST(a_key_is_answered_once_in_a_while),
		STORE_TEST(an_outgoing_mail_comes_back_and_is_known_by_its_message_id),
		STORE_TEST(sending_sets_the_time_and_refusing_the_reason),
		STORE_TEST(mail_about_an_approval_or_a_batch_is_listed_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
