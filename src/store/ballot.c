/* ballot: one person's say, the batch it was put in, and the tokens that open both. */
#include <assent/store/approval.h>

#include "query.h"

/* clang-format off */
#define BALLOT(F, N, S) \
	F(S, ID, id) N(S, ID, approval) N(S, TEXT, person_email) N(S, TEXT, person_name) \
	N(S, EMAIL, on_behalf_of) N(S, TEXT, status) N(S, INT, generation) N(S, INT, unclear) N(S, BOOL, approve) \
	N(S, TEXT, comment) N(S, CHANNEL, channel) N(S, TEXT, evidence) N(S, INT, cast_at)

#define BATCH(F, N, S) \
	F(S, ID, id) N(S, TEXT, person_email) N(S, TEXT, person_name) N(S, INT, generation) \
	N(S, INT, created) N(S, INT, asked_at)

#define BALLOTS(X) \
	X(BALLOT_ADD, INSERT("ballots", BALLOT)) \
	X(BALLOT_GET, "SELECT " NAMES(BALLOT) " FROM ballots WHERE id = ?") \
	X(BALLOT_OF_APPROVAL, "SELECT " NAMES(BALLOT) " FROM ballots WHERE id = coalesce(" \
	    "(SELECT max(id) FROM ballots WHERE approval = ?1 AND status = 'cast')," \
	    " (SELECT max(id) FROM ballots WHERE approval = ?1 AND status <> 'void')," \
	    " (SELECT max(id) FROM ballots WHERE approval = ?1))") \
	X(BALLOT_OF_PERSON, "SELECT " NAMES(BALLOT) " FROM ballots WHERE approval = ?" \
	    " AND person_email = ? ORDER BY id DESC LIMIT 1") \
	X(BALLOT_LIST, "SELECT " NAMES(BALLOT) " FROM ballots WHERE approval = ? ORDER BY id") \
	X(BALLOT_CAST, "UPDATE ballots SET status = 'cast', approve = ?, comment = ?," \
	    " channel = ?, evidence = ?, cast_at = ? WHERE id = ? AND status = 'open'") \
	X(BALLOT_VOID, "UPDATE ballots SET status = 'void' WHERE id = ? AND status = 'open'") \
	X(BALLOT_COUNT_UNCLEAR, "UPDATE ballots SET unclear = unclear + 1 WHERE id = ?") \
	X(BALLOT_UNCLEAR, "SELECT unclear FROM ballots WHERE id = ?") \
	X(BATCH_ADD, INSERT("batches", BATCH)) \
	X(BATCH_GET, "SELECT " NAMES(BATCH) " FROM batches WHERE id = ?") \
	X(BATCH_SET_ASKED, "UPDATE batches SET asked_at = ? WHERE id = ?") \
	X(TOKEN_ADD, "INSERT INTO tokens (hash, purpose, target, generation, key_id, open, created)" \
	    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING") \
	X(TOKEN_FIND, "SELECT hash, purpose, target, generation, key_id, open, created" \
	    " FROM tokens WHERE hash = ?") \
	X(TOKEN_OF_TARGET, "SELECT hash, purpose, target, generation, key_id, open, created" \
	    " FROM tokens WHERE target = ? AND purpose = ?" \
	    " ORDER BY generation DESC, created DESC LIMIT 1") \
	X(TOKEN_CLOSE, "UPDATE tokens SET open = 0 WHERE target = ? AND open = 1")
/* clang-format on */

DEFINE_STATEMENTS(SET_BALLOT, ballot, BALLOTS);
DEFINE_TABLE(ballot, struct ballot, BALLOT);
DEFINE_TABLE(batch, struct batch, BATCH);

#define QUERY(which) query_open(tx, &ballot_statements, which)

/* --- ballots --------------------------------------------------------------- */

int
ballot_add(struct tx *tx, const struct ballot *ballot, struct err *err)
{
	struct query q = QUERY(BALLOT_ADD);

	bind_row(&q, &ballot_table, ballot);
	return query_run(&q, err);
}

int
ballot_get(struct tx *tx, const struct id *id, struct ballot *out, struct err *err)
{
	struct query q = QUERY(BALLOT_GET);

	bind_id(&q, id);
	return query_one(&q, &ballot_table, out, err);
}

int
ballot_of_approval(struct tx *tx, const struct id *approval, struct ballot *out, struct err *err)
{
	struct query q = QUERY(BALLOT_OF_APPROVAL);

	bind_id(&q, approval);
	return query_one(&q, &ballot_table, out, err);
}

int
ballot_of_person(struct tx *tx, const struct id *approval, const char *email, struct ballot *out,
    struct err *err)
{
	struct query q = QUERY(BALLOT_OF_PERSON);

	bind_id(&q, approval);
	bind_text(&q, email);
	return query_one(&q, &ballot_table, out, err);
}

int
ballot_list(
    struct tx *tx, const struct id *approval, struct ballot **out, size_t *count, struct err *err)
{
	struct query q = QUERY(BALLOT_LIST);

	bind_id(&q, approval);
	return query_list(&q, &ballot_table, out, count, err);
}

static int
explain_cast(struct tx *tx, const struct id *id, struct err *err)
{
	struct ballot ballot;
	int rc = ballot_get(tx, id, &ballot, err);

	if (rc < 0)
		return rc;
	return err_set(err, ERR_CONFLICT, "the ballot is %s already", ballot.status);
}

/* Invariant 1: one conditional UPDATE, so that of many answers one is taken. */
int
ballot_cast(struct tx *tx, const struct id *id, const struct decision *decision,
    const char *evidence, struct err *err)
{
	struct query q = QUERY(BALLOT_CAST);
	size_t taken;
	int rc;

	bind_int(&q, decision->approve);
	bind_text(&q, decision->comment);
	bind_text(&q, channel_name(decision->evidence.channel));
	bind_text(&q, evidence);
	bind_int(&q, decision->at);
	bind_id(&q, id);
	rc = query_count(&q, &taken, err);
	if (rc == 0 && taken == 0)
		return explain_cast(tx, id, err);
	return rc;
}

int
ballot_void(struct tx *tx, const struct id *id, struct err *err)
{
	struct query q = QUERY(BALLOT_VOID);

	bind_id(&q, id);
	return query_run(&q, err);
}

int
ballot_count_unclear(struct tx *tx, const struct id *id, int64_t *now_at, struct err *err)
{
	struct query count = QUERY(BALLOT_COUNT_UNCLEAR);
	int rc;

	bind_id(&count, id);
	rc = query_claim(&count, ERR_NOT_FOUND, "there is no such ballot", err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(BALLOT_UNCLEAR);

	bind_id(&q, id);
	return query_int(&q, now_at, err);
}

/* --- batches --------------------------------------------------------------- */

int
batch_add(struct tx *tx, const struct batch *batch, struct err *err)
{
	struct query q = QUERY(BATCH_ADD);

	bind_row(&q, &batch_table, batch);
	return query_run(&q, err);
}

int
batch_get(struct tx *tx, const struct id *id, struct batch *out, struct err *err)
{
	struct query q = QUERY(BATCH_GET);

	bind_id(&q, id);
	return query_one(&q, &batch_table, out, err);
}

int
batch_set_asked(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(BATCH_SET_ASKED);

	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such batch", err);
}

/* --- tokens ---------------------------------------------------------------- */

int
token_add(struct tx *tx, const struct token_row *row, struct err *err)
{
	struct query q = QUERY(TOKEN_ADD);

	bind_hash(&q, row->hash);
	bind_text(&q, token_purpose_name(row->of.purpose));
	bind_id(&q, &row->of.target);
	bind_int(&q, row->of.generation);
	bind_int(&q, row->of.key_id);
	bind_int(&q, row->open);
	bind_int(&q, row->created);
	return query_run(&q, err);
}

static bool
read_token(struct query *q, struct token_row *out)
{
	int64_t key_id = column_int(q, 4);

	out->of.generation = column_int(q, 3);
	out->of.key_id = (uint32_t)key_id;
	out->open = column_int(q, 5) != 0;
	out->created = column_int(q, 6);
	return column_hash(q, 0, out->hash) &&
	    token_purpose_parse(column_text(q, 1), &out->of.purpose) &&
	    column_id(q, 2, &out->of.target) && key_id >= 0 && key_id <= UINT32_MAX;
}

static int
one_token(struct query *q, struct token_row *out, struct err *err)
{
	int rc = query_next(q, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such token");
	if (rc < 0)
		return rc;
	rc = read_token(q, out) ? 0 : err_set(err, ERR_INVALID, "token: its row is damaged");
	query_end(q);
	return rc;
}

int
token_find(struct tx *tx, const uint8_t hash[SHA256_SIZE], struct token_row *out, struct err *err)
{
	struct query q = QUERY(TOKEN_FIND);

	bind_hash(&q, hash);
	return one_token(&q, out, err);
}

int
token_of_target(struct tx *tx, const struct id *target, enum token_purpose purpose,
    struct token_row *out, struct err *err)
{
	struct query q = QUERY(TOKEN_OF_TARGET);

	bind_id(&q, target);
	bind_text(&q, token_purpose_name(purpose));
	return one_token(&q, out, err);
}

int
token_close(struct tx *tx, const struct id *target, struct err *err)
{
	struct query q = QUERY(TOKEN_CLOSE);

	bind_id(&q, target);
	return query_run(&q, err);
}
