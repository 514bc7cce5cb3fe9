#include "help_store.h"

#include <assent/store/approval.h>
#include <assent/store/site.h>

#include <pthread.h>
#include <string.h>

#define THREADS 64

static struct approval
some(unsigned n)
{
	return (struct approval){
		.id = id_of(n),
		.ticket = id_of(1000 + n % 2),
		.organisation = id_of(7),
		.state = AS_DRAFT,
		.question = "May we replace the switch?",
		.requested_by = "ann@desk.example",
		.created = T0 + n,
		.ask_at = T0 + n + 60,
	};
}

static void
add(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct approval approval = some(n);

	OK(approval_add(tx, &approval, err));
}

static struct approval
approval_no(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);
	struct approval approval = { 0 };

	OK(approval_get(tx, &id, &approval, err));
	return approval;
}

STEP_TEST(an_approval_comes_back_as_it_was)
{
	struct approval out;

	add(tx, 1);
	out = approval_no(tx, 1);
	assert_int_equal(out.ticket.bytes[15], 1001 & 255);
	assert_int_equal(out.organisation.bytes[15], 7);
	assert_true(id_is_null(&out.batch));
	assert_int_equal(out.state, AS_DRAFT);
	assert_string_equal(out.question, "May we replace the switch?");
	assert_string_equal(out.requested_by, "ann@desk.example");
	assert_string_equal(out.summary, "");
	assert_string_equal(out.comment, "");
	assert_int_equal(out.created, T0 + 1);
	assert_int_equal(out.ask_at, T0 + 61);
	assert_int_equal(out.deadline, 0);
}

STEP_TEST(what_was_asked_and_what_came_of_it_are_stored)
{
	struct id id = id_of(1), next = id_of(2), nobody = id_of(9);
	struct approval asked = { .id = id_of(1),
		.asked = "{}",
		.asked_seq = 3,
		.summary = "[]",
		.asked_at = T0 + 100,
		.deadline = T0 + 900 };
	struct approval out;

	add(tx, 1);
	memset(asked.asked_hash, 0xab, sizeof(asked.asked_hash));
	OK(approval_set_asked(tx, &asked, err));
	OK(approval_set_reminded(tx, &id, T0 + 500, err));
	OK(approval_set_outcome(tx, &id, "only on Sunday", T0 + 600, 500, err));
	OK(approval_set_replaced(tx, &id, &next, err));
	out = approval_no(tx, 1);
	assert_string_equal(out.asked, "{}");
	assert_string_equal(out.summary, "[]");
	assert_memory_equal(out.asked_hash, asked.asked_hash, SHA256_SIZE);
	assert_int_equal(out.asked_seq, 3);
	assert_int_equal(out.asked_at, T0 + 100);
	assert_int_equal(out.deadline, T0 + 900);
	assert_int_equal(out.reminded_at, T0 + 500);
	assert_int_equal(out.decided_at, T0 + 600);
	assert_int_equal(out.turnaround, 500);
	assert_string_equal(out.comment, "only on Sunday");
	assert_int_equal(out.replaced_by.bytes[15], 2);
	REFUSED(ERR_NOT_FOUND, approval_set_reminded(tx, &nobody, T0, err));
	REFUSED(ERR_NOT_FOUND, approval_set_outcome(tx, &nobody, "", T0, 0, err));
}

STEP_TEST(a_move_is_claimed_from_where_the_approval_is)
{
	struct id id = id_of(1), nobody = id_of(9);

	add(tx, 1);
	OK(approval_move(tx, &id, AS_DRAFT, AS_SENT, T0, err));
	REFUSED(ERR_CONFLICT, approval_move(tx, &id, AS_DRAFT, AS_WITHDRAWN, T0, err));
	assert_string_equal(err->text, "the approval is sent by now");
	OK(approval_move(tx, &id, AS_SENT, AS_APPROVED, T0, err));
	assert_int_equal(approval_no(tx, 1).state, AS_APPROVED);
	REFUSED(ERR_NOT_FOUND, approval_move(tx, &nobody, AS_SENT, AS_APPROVED, T0, err));
}

STEP_TEST(every_state_can_be_stored_and_read)
{
	struct id id = id_of(1);

	add(tx, 1);
	for (int i = 0; i < AS_COUNT; i++) {
		enum approval_state now = approval_no(tx, 1).state;

		OK(approval_move(tx, &id, now, (enum approval_state)i, T0, err));
		assert_int_equal(approval_no(tx, 1).state, i);
	}
}

STEP_TEST(lists_are_newest_first_and_a_batch_is_in_its_own_order)
{
	struct approval_filter filter = { 0 };
	struct site_counts counts;
	struct approval *list, in;
	struct id id = id_of(3);
	size_t count;

	for (unsigned n = 1; n <= 4; n++)
		add(tx, n);
	for (unsigned n = 5; n <= 7; n++) {
		in = some(n);
		in.batch = id_of(50);
		in.item = 8 - n;
		OK(approval_add(tx, &in, err));
	}
	OK(approval_move(tx, &id, AS_DRAFT, AS_WITHDRAWN, T0, err));
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 7);
	assert_int_equal(list[0].id.bytes[15], 7);
	filter.only_open = true;
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 6);
	filter.ticket = id_of(1001);
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 3);
	filter.max = 1;
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 1);
	filter = (struct approval_filter){ .batch = id_of(50) };
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 3);
	assert_int_equal(list[0].id.bytes[15], 7);
	assert_int_equal(list[2].item, 3);
	filter.ticket = id_of(1000);
	OK(approval_list(tx, &filter, &list, &count, err));
	assert_int_equal(count, 1);
	OK(site_count(tx, &counts, err));
	assert_int_equal(counts.approvals_all, 7);
	assert_int_equal(counts.approvals_open, 6);
}

/* --- ballots --------------------------------------------------------------- */

static struct id
add_ballot(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct ballot ballot = { .id = id_of(n),
		.approval = id_of(1),
		.status = "open",
		.person_email = "olga@acme.example",
		.person_name = "Olga",
		.generation = 1 };

	OK(ballot_add(tx, &ballot, err));
	return ballot.id;
}

static const struct decision yes = {
	.approve = true, .comment = "go", .at = T0 + 9, .evidence = { .channel = CHANNEL_REPLY }
};
static const struct decision no = { .approve = false, .comment = "no", .at = T0 + 10 };

STEP_TEST(a_ballot_is_cast_once)
{
	struct id id = add_ballot(tx, 1), approval = id_of(1), nobody = id_of(9);
	struct ballot out;

	OK(ballot_get(tx, &id, &out, err));
	assert_string_equal(out.status, "open");
	assert_string_equal(out.person_email, "olga@acme.example");
	OK(ballot_cast(tx, &id, &yes, "{\"peer\":\"x\"}", err));
	REFUSED(ERR_CONFLICT, ballot_cast(tx, &id, &no, "{}", err));
	assert_string_equal(err->text, "the ballot is cast already");
	OK(ballot_void(tx, &id, err));
	OK(ballot_of_approval(tx, &approval, &out, err));
	assert_string_equal(out.status, "cast");
	assert_true(out.approve);
	assert_string_equal(out.comment, "go");
	assert_int_equal(out.channel, CHANNEL_REPLY);
	assert_string_equal(out.evidence, "{\"peer\":\"x\"}");
	assert_int_equal(out.cast_at, T0 + 9);
	REFUSED(ERR_NOT_FOUND, ballot_cast(tx, &nobody, &yes, "{}", err));
	REFUSED(ERR_NOT_FOUND, ballot_of_approval(tx, &nobody, &out, err));
}

STEP_TEST(a_void_ballot_cannot_be_cast_and_makes_room_for_a_new_one)
{
	struct id id = add_ballot(tx, 1), approval = id_of(1);
	struct ballot out;

	OK(ballot_void(tx, &id, err));
	REFUSED(ERR_CONFLICT, ballot_cast(tx, &id, &yes, "{}", err));
	assert_string_equal(err->text, "the ballot is void already");
	OK(ballot_of_approval(tx, &approval, &out, err));
	assert_string_equal(out.status, "void");
	add_ballot(tx, 2);
	OK(ballot_of_approval(tx, &approval, &out, err));
	assert_int_equal(out.id.bytes[15], 2);
}

STEP_TEST(unclear_answers_are_counted)
{
	struct id id = add_ballot(tx, 1), nobody = id_of(9);
	int64_t n = 0;

	OK(ballot_count_unclear(tx, &id, &n, err));
	assert_int_equal(n, 1);
	OK(ballot_count_unclear(tx, &id, &n, err));
	assert_int_equal(n, 2);
	REFUSED(ERR_NOT_FOUND, ballot_count_unclear(tx, &nobody, &n, err));
}

STEP_TEST(a_batch_is_asked_once)
{
	struct batch in = { .id = id_of(1),
		.person_email = "olga@acme.example",
		.person_name = "Olga",
		.generation = 2,
		.created = T0 };
	struct id nobody = id_of(9);
	struct batch out;

	OK(batch_add(tx, &in, err));
	OK(batch_set_asked(tx, &in.id, T0 + 5, err));
	OK(batch_get(tx, &in.id, &out, err));
	assert_int_equal(out.asked_at, T0 + 5);
	assert_int_equal(out.generation, 2);
	assert_string_equal(out.person_email, "olga@acme.example");
	REFUSED(ERR_NOT_FOUND, batch_set_asked(tx, &nobody, T0, err));
	REFUSED(ERR_NOT_FOUND, batch_get(tx, &nobody, &out, err));
}

/* --- tokens ---------------------------------------------------------------- */

STEP_TEST(a_token_is_found_by_its_hash_and_stays_closed)
{
	struct token_row in = {
		.of = { TOKEN_REPLY, id_of(1), 1, 4000000000U }, .open = true, .created = T0
	};
	struct token_row out;
	struct id id = id_of(1), nobody = id_of(9);

	memset(in.hash, 0x11, sizeof(in.hash));
	OK(token_add(tx, &in, err));
	OK(token_add(tx, &in, err));
	OK(token_find(tx, in.hash, &out, err));
	assert_int_equal(out.of.purpose, TOKEN_REPLY);
	assert_true(id_equal(&out.of.target, &id));
	assert_int_equal(out.of.generation, 1);
	assert_true(out.of.key_id == 4000000000U);
	assert_true(out.open);
	OK(token_close(tx, &nobody, err));
	OK(token_close(tx, &id, err));
	OK(token_add(tx, &in, err));
	OK(token_find(tx, in.hash, &out, err));
	assert_false(out.open);
	in.hash[0] = 0;
	REFUSED(ERR_NOT_FOUND, token_find(tx, in.hash, &out, err));
}

STEP_TEST(the_newest_token_of_a_purpose_is_found_by_its_target)
{
	struct id id = id_of(1), nobody = id_of(9);
	struct token_row in = { .of = { TOKEN_LINK, id, 1, 1 }, .open = true, .created = T0 }, out;

	OK(token_add(tx, &in, err));
	in.hash[0] = 1;
	in.of.generation = 2;
	OK(token_add(tx, &in, err));
	in.hash[0] = 2;
	in.of.purpose = TOKEN_REPLY;
	OK(token_add(tx, &in, err));
	OK(token_of_target(tx, &id, TOKEN_LINK, &out, err));
	assert_int_equal(out.of.generation, 2);
	assert_int_equal(out.hash[0], 1);
	REFUSED(ERR_NOT_FOUND, token_of_target(tx, &id, TOKEN_BATCH_REPLY, &out, err));
	REFUSED(ERR_NOT_FOUND, token_of_target(tx, &nobody, TOKEN_LINK, &out, err));
}

/* --- many at once ---------------------------------------------------------- */

struct voter {
	struct store *store;
	pthread_barrier_t *start;
	pthread_t thread;
	bool approve;
	int rc;
};

static int
add_both(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	add(tx, 1);
	add_ballot(tx, 1);
	return 0;
}

static int
cast(struct tx *tx, void *arg, struct err *err)
{
	const struct voter *voter = arg;
	struct id id = id_of(1);
	int rc = ballot_cast(tx, &id, voter->approve ? &yes : &no, "{}", err);

	if (rc == 0)
		rc = approval_move(
		    tx, &id, AS_DRAFT, voter->approve ? AS_APPROVED : AS_REJECTED, T0, err);
	return rc;
}

static void *
vote(void *arg)
{
	struct voter *voter = arg;
	struct err err;

	pthread_barrier_wait(voter->start);
	voter->rc = db_step(voter->store->db, cast, voter, &err);
	return NULL;
}

static int
look(struct tx *tx, void *arg, struct err *err)
{
	bool *approved = arg;
	struct id id = id_of(1);
	struct ballot ballot;
	int rc = ballot_get(tx, &id, &ballot, err);

	*approved = ballot.approve;
	assert_int_equal(approval_no(tx, 1).state, ballot.approve ? AS_APPROVED : AS_REJECTED);
	return rc;
}

static void
of_64_who_cast_the_same_ballot_one_wins(void **state)
{
	struct store *store = *state;
	struct voter voters[THREADS];
	pthread_barrier_t start;
	int won = -1, lost = 0;
	bool approved;

	store_step(store, add_both, NULL);
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		voters[i] =
		    (struct voter){ .store = store, .start = &start, .approve = i % 2 == 0 };
		pthread_create(&voters[i].thread, NULL, vote, &voters[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(voters[i].thread, NULL);
		if (voters[i].rc == 0)
			won = i;
		lost += voters[i].rc == ERR_CONFLICT;
	}
	pthread_barrier_destroy(&start);
	assert_int_equal(lost, THREADS - 1);
	assert_true(won >= 0);
	store_step(store, look, &approved);
	assert_int_equal(approved, voters[won].approve);
}

static int
read_it(struct tx *tx, void *arg, struct err *err)
{
	struct id id = id_of(1);
	struct approval out;
	struct ballot ballot;
	int rc = approval_get(tx, &id, &out, err);

	(void)arg;
	return rc < 0 ? rc : ballot_get(tx, &id, &ballot, err);
}

static void
rows_that_we_never_wrote_are_refused_by_name(void **state)
{
	static const struct {
		const char *sql, *words;
	} cases[] = {
		{ "UPDATE approvals SET state = 'maybe'", "column state" },
		{ "UPDATE approvals SET state = 'sent', asked_hash = x'00'", "column asked_hash" },
		{ "UPDATE approvals SET asked_hash = zeroblob(32), ticket = x'0102'",
		    "column ticket" },
		{ "UPDATE approvals SET ticket = id; UPDATE ballots SET channel = 'pigeon'",
		    "column channel" },
		{ "UPDATE ballots SET channel = 'link', approve = 2", "column approve" },
	};
	struct store *store = *state;

	store_step(store, add_both, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };

		store_sql(store, cases[i].sql);
		assert_int_equal(db_read(store->db, NULL, read_it, NULL, &err), ERR_INVALID);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_non_null(strstr(err.text, "01020304-0506-7000-8000-000000000001"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_approval_comes_back_as_it_was),
		STORE_TEST(what_was_asked_and_what_came_of_it_are_stored),
		STORE_TEST(a_move_is_claimed_from_where_the_approval_is),
		STORE_TEST(every_state_can_be_stored_and_read),
		STORE_TEST(lists_are_newest_first_and_a_batch_is_in_its_own_order),
		STORE_TEST(a_ballot_is_cast_once),
		STORE_TEST(a_void_ballot_cannot_be_cast_and_makes_room_for_a_new_one),
		STORE_TEST(unclear_answers_are_counted),
		STORE_TEST(a_batch_is_asked_once),
		STORE_TEST(a_token_is_found_by_its_hash_and_stays_closed),
		STORE_TEST(the_newest_token_of_a_purpose_is_found_by_its_target),
		SERVER_TEST(of_64_who_cast_the_same_ballot_one_wins),
		STORE_TEST(of_64_who_cast_the_same_ballot_one_wins),
		STORE_TEST(rows_that_we_never_wrote_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
