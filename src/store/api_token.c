#include <assent/store/api_token.h>

#include "query.h"

#define SWEPT "8" /* with each new answer: more than come in, so that the table ends */

/* clang-format off */
#define TOKEN(F, N, S) \
	F(S, ID, id) N(S, HASH, hash) N(S, TEXT, name) N(S, TEXT, role) N(S, TEXT, team) \
	N(S, TEXT, scopes) N(S, INT, created) N(S, INT, expires) N(S, INT, revoked)

#define ANSWER(F, N, S) \
	F(S, ID, token) N(S, TEXT, key) N(S, HASH, request) N(S, INT, status) N(S, TEXT, body) \
	N(S, INT, at)

#define API(X) \
	X(TOKEN_ADD, INSERT("api_tokens", TOKEN)) \
	X(TOKEN_GET, "SELECT " NAMES(TOKEN) " FROM api_tokens WHERE id = ?") \
	X(TOKEN_BY_HASH, "SELECT " NAMES(TOKEN) " FROM api_tokens WHERE hash = ?") \
	X(TOKEN_LIST, "SELECT " NAMES(TOKEN) " FROM api_tokens ORDER BY id DESC") \
	X(TOKEN_REVOKE, "UPDATE api_tokens SET revoked = ? WHERE id = ? AND revoked = 0") \
	X(ANSWER_GET, "SELECT " NAMES(ANSWER) " FROM api_answers" \
	    " WHERE token = ? AND key = ? AND at > ?") \
	X(ANSWER_PUT, INSERT("api_answers", ANSWER) \
	    " ON CONFLICT (token, key) DO UPDATE SET request = excluded.request," \
	    " status = excluded.status, body = excluded.body, at = excluded.at") \
	X(ANSWER_SWEEP, "DELETE FROM api_answers WHERE (token, key) IN" \
	    " (SELECT token, key FROM api_answers WHERE at <= ? ORDER BY at LIMIT " SWEPT ")")
/* clang-format on */

DEFINE_STATEMENTS(SET_API, api, API);
DEFINE_TABLE(token, struct api_token, TOKEN);
DEFINE_TABLE(answer, struct api_answer, ANSWER);

#define QUERY(which) query_open(tx, &api_statements, which)

int
api_token_add(struct tx *tx, const struct api_token *token, struct err *err)
{
	struct query q = QUERY(TOKEN_ADD);

	bind_row(&q, &token_table, token);
	return query_run(&q, err);
}

int
api_token_get(struct tx *tx, const struct id *id, struct api_token *out, struct err *err)
{
	struct query q = QUERY(TOKEN_GET);

	bind_id(&q, id);
	return query_one(&q, &token_table, out, err);
}

int
api_token_by_hash(
    struct tx *tx, const uint8_t hash[SHA256_SIZE], struct api_token *out, struct err *err)
{
	struct query q = QUERY(TOKEN_BY_HASH);

	bind_hash(&q, hash);
	return query_one(&q, &token_table, out, err);
}

int
api_token_list(struct tx *tx, struct api_token **out, size_t *count, struct err *err)
{
	struct query q = QUERY(TOKEN_LIST);

	return query_list(&q, &token_table, out, count, err);
}

int
api_token_revoke(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(TOKEN_REVOKE);

	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_CONFLICT, "the token was revoked before", err);
}

int
api_answer_get(
    struct tx *tx, const struct api_answer_key *key, struct api_answer *out, struct err *err)
{
	struct query q = QUERY(ANSWER_GET);

	bind_id(&q, &key->token);
	bind_text(&q, key->key);
	bind_int(&q, key->now - API_ANSWER_KEPT);
	return query_one(&q, &answer_table, out, err);
}

static int
sweep(struct tx *tx, utc_ms before, struct err *err)
{
	struct query q = QUERY(ANSWER_SWEEP);

	bind_int(&q, before);
	return query_run(&q, err);
}

int
api_answer_put(struct tx *tx, const struct api_answer *answer, struct err *err)
{
	struct query q = QUERY(ANSWER_PUT);
	int rc;

	bind_row(&q, &answer_table, answer);
	rc = query_run(&q, err);
	return rc < 0 ? rc : sweep(tx, answer->at - API_ANSWER_KEPT, err);
}
