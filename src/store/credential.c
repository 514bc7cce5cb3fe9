#include <assent/store/credential.h>

#include "query.h"

/* clang-format off */
#define CREDENTIALS(X) \
	X(CREDENTIAL_GET, "SELECT name, key_id, refresh, access, access_until, state, error," \
	    " failures, turn, fetched, next FROM credentials WHERE name = ?") \
	X(CREDENTIAL_PUT, "INSERT OR REPLACE INTO credentials (name, key_id, refresh, access," \
	    " access_until, state, error, failures, turn, fetched, next)" \
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
	X(SIGN_IN_GET, "SELECT credential, state, key_id, code, user_code, url, until, interval," \
	    " error, turn FROM sign_ins WHERE credential = ?") \
	X(SIGN_IN_PUT, "INSERT OR REPLACE INTO sign_ins (credential, state, key_id, code," \
	    " user_code, url, until, interval, error, turn) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
/* clang-format on */

DEFINE_STATEMENTS(SET_CREDENTIAL, credential, CREDENTIALS);

#define QUERY(which) query_open(tx, &credential_statements, which)

static struct sealed
column_sealed(struct query *q, int at)
{
	struct sealed sealed;
	const void *bytes = column_bytes(q, at, &sealed.size);

	sealed.bytes = (const uint8_t *)arena_dup_n(tx_arena(q->tx), bytes, sealed.size);
	return sealed;
}

static void
bind_sealed(struct query *q, const struct sealed *sealed)
{
	bind_bytes(q, sealed->size > 0 ? (const void *)sealed->bytes : "", sealed->size);
}

int
credential_get(struct tx *tx, const char *name, struct credential *out, struct err *err)
{
	struct query q = QUERY(CREDENTIAL_GET);
	int rc;

	bind_text(&q, name);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such credential");
	if (rc < 0)
		return rc;
	*out = (struct credential){
		.name = column_text(&q, 0),
		.key_id = column_int(&q, 1),
		.refresh = column_sealed(&q, 2),
		.access = column_sealed(&q, 3),
		.access_until = column_int(&q, 4),
		.state = column_text(&q, 5),
		.error = column_text(&q, 6),
		.failures = column_int(&q, 7),
		.turn = column_int(&q, 8),
		.fetched = column_int(&q, 9),
		.next = column_int(&q, 10),
	};
	query_end(&q);
	return 0;
}

int
credential_put(struct tx *tx, const struct credential *credential, struct err *err)
{
	struct query q = QUERY(CREDENTIAL_PUT);

	bind_text(&q, credential->name);
	bind_int(&q, credential->key_id);
	bind_sealed(&q, &credential->refresh);
	bind_sealed(&q, &credential->access);
	bind_int(&q, credential->access_until);
	bind_text(&q, credential->state);
	bind_text(&q, credential->error);
	bind_int(&q, credential->failures);
	bind_int(&q, credential->turn);
	bind_int(&q, credential->fetched);
	bind_int(&q, credential->next);
	return query_run(&q, err);
}

int
sign_in_get(struct tx *tx, const char *credential, struct sign_in *out, struct err *err)
{
	struct query q = QUERY(SIGN_IN_GET);
	int rc;

	bind_text(&q, credential);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "nobody began to sign in");
	if (rc < 0)
		return rc;
	*out = (struct sign_in){
		.credential = column_text(&q, 0),
		.state = column_text(&q, 1),
		.key_id = column_int(&q, 2),
		.code = column_sealed(&q, 3),
		.user_code = column_text(&q, 4),
		.url = column_text(&q, 5),
		.until = column_int(&q, 6),
		.interval = column_int(&q, 7),
		.error = column_text(&q, 8),
		.turn = column_int(&q, 9),
	};
	query_end(&q);
	return 0;
}

int
sign_in_put(struct tx *tx, const struct sign_in *sign_in, struct err *err)
{
	struct query q = QUERY(SIGN_IN_PUT);

	bind_text(&q, sign_in->credential);
	bind_text(&q, sign_in->state);
	bind_int(&q, sign_in->key_id);
	bind_sealed(&q, &sign_in->code);
	bind_text(&q, sign_in->user_code);
	bind_text(&q, sign_in->url);
	bind_int(&q, sign_in->until);
	bind_int(&q, sign_in->interval);
	bind_text(&q, sign_in->error);
	bind_int(&q, sign_in->turn);
	return query_run(&q, err);
}
