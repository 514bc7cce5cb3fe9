#include <assent/store/keyring.h>

#include "query.h"

/* clang-format off */
#define KEY_USE(F, N, S) F(S, INT, id) N(S, INT, open) N(S, INT, all)

#define KEYRING(X) \
	X(TOKENS_BY_KEY, "SELECT key_id, coalesce(sum(open), 0), count(*) FROM tokens" \
	    " GROUP BY key_id ORDER BY key_id") \
	X(CREDENTIALS_BY_KEY, "SELECT key_id, count(*), count(*) FROM credentials" \
	    " WHERE key_id > 0 GROUP BY key_id ORDER BY key_id")
/* clang-format on */

DEFINE_STATEMENTS(SET_KEYRING, keyring, KEYRING);
DEFINE_TABLE(key_use, struct key_use, KEY_USE);

#define QUERY(which) query_open(tx, &keyring_statements, which)

int
keyring_tokens(struct tx *tx, struct key_use **out, size_t *count, struct err *err)
{
	struct query q = QUERY(TOKENS_BY_KEY);

	return query_list(&q, &key_use_table, out, count, err);
}

int
keyring_credentials(struct tx *tx, struct key_use **out, size_t *count, struct err *err)
{
	struct query q = QUERY(CREDENTIALS_BY_KEY);

	return query_list(&q, &key_use_table, out, count, err);
}
