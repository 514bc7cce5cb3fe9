#include <assent/base/crypto.h>
#include <assent/base/health.h>
#include <assent/base/seal.h>
#include <assent/base/str.h>

#include "flow/credential_priv.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SPARE MS_MINUTE /* before its end a token is to be renewed */
#define SOONEST (5 * MS_SECOND) /* after its fetch */
#define FRESH MS_MINUTE /* what a server refuses so soon, another one would not mend */
#define NEXT_MOST (30 * MS_DAY) /* no token and no server makes us wait for longer */

/* --- the settings ----------------------------------------------------------- */

const struct policy_credential *
credential_settled(const struct desk *desk, const char *name)
{
	for (size_t i = 0; i < desk->policy->credential_count; i++)
		if (text_is(desk->policy->credentials[i].name, name))
			return &desk->policy->credentials[i];
	return NULL;
}

const struct policy_credential *
credential_of_job(struct desk *desk, const struct job *job)
{
	json_t *payload = json_loads(job->payload, 0, NULL);
	const char *name = json_string_value(json_object_get(payload, "credential"));
	const struct policy_credential *settled =
	    name != NULL ? credential_settled(desk, name) : NULL;

	json_decref(payload);
	return settled;
}

/* --- sealed texts ----------------------------------------------------------- */

static const char *
context_of(struct desk *desk, const struct kept *kept)
{
	return arena_printf(tx_arena(desk->tx), "assentd credential %s %s", kept->name, kept->use);
}

const char *
credential_open(struct desk *desk, const struct kept *kept)
{
	const struct policy *policy = desk->policy;
	const struct sealed *sealed = &kept->sealed;
	uint8_t *text;

	if (sealed->size < SEAL_EXTRA)
		return NULL;
	text = arena_alloc(tx_arena(desk->tx), sealed->size - SEAL_EXTRA + 1);
	for (size_t i = 0; i < policy->credential_key_count; i++) {
		const struct seal seal = { policy->credential_keys[i].bytes,
			context_of(desk, kept) };
		if (policy->credential_keys[i].id == (uint64_t)kept->key_id &&
		    seal_open(&seal, sealed->bytes, sealed->size, text))
			return (const char *)text;
	}
	return NULL;
}

void
credential_close(struct desk *desk, struct kept *kept, const char *text)
{
	const struct policy *policy = desk->policy;
	const struct site_key *key = &policy->credential_keys[policy->credential_key_count - 1];
	const struct seal seal = { key->bytes, context_of(desk, kept) };
	size_t n = strlen(text);
	uint8_t *sealed = arena_alloc(tx_arena(desk->tx), n + SEAL_EXTRA);

	seal_close(&seal, text, n, sealed);
	kept->sealed = (struct sealed){ sealed, n + SEAL_EXTRA };
	kept->key_id = key->id;
}

static struct kept
kept_refresh(const struct credential *row)
{
	return (struct kept){ row->name, "refresh", row->key_id, row->refresh };
}

static struct kept
kept_access(const struct credential *row)
{
	return (struct kept){ row->name, "access", row->key_id, row->access };
}

const char *
credential_refresh(struct desk *desk, const struct credential *row)
{
	const struct kept kept = kept_refresh(row);

	return credential_open(desk, &kept);
}

/* As it is, or as a form carries it. */
static bool
repeats(const char *words, const char *secret)
{
	AUTO(str_donep) struct str coded = STR_INIT((size_t)4 * OAUTH_TOKEN_MAX);

	if (secret == NULL || secret[0] == '\0')
		return false;
	oauth_add_field(&coded, "", secret);
	/* Behind the "=". */
	return strstr(words, secret) != NULL || strstr(words, str_text(&coded) + 1) != NULL;
}

const char *
credential_words(struct desk *desk, const char *name, const char *token, const char *words)
{
	const struct policy_credential *settled = credential_settled(desk, name);

	if (repeats(words, token) || (settled != NULL && repeats(words, settled->secret)))
		return "the token server says no (its words are not shown, because they repeat a "
		       "secret)";
	return words;
}

/* --- rows ------------------------------------------------------------------- */

int
credential_load(struct desk *desk, const char *name, struct credential *out, struct err *err)
{
	int rc = credential_get(desk->tx, name, out, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	*out = (struct credential){ .name = name, .state = "new", .error = "" };
	return 0;
}

/* After three quarters of its life, but a minute before its end at the latest. */
static utc_ms
next_fetch(utc_ms now, span_ms lifetime)
{
	span_ms wait = lifetime / 4 * 3;

	if (wait > lifetime - SPARE)
		wait = lifetime > 2 * SPARE ? lifetime - SPARE : lifetime / 2;
	return now + (wait < SOONEST ? SOONEST : wait);
}

utc_ms
credential_due(const struct credential *row, utc_ms now)
{
	bool is_ahead = row->fetched > now || row->next > now + NEXT_MOST;

	return is_ahead ? now : row->next;
}

int
credential_take(
    struct desk *desk, struct credential *row, const struct oauth_answer *tokens, struct err *err)
{
	/* A server that does not rotate sends none: the old one goes on (RFC 6749 section 6). */
	const char *refresh =
	    tokens->refresh != NULL ? tokens->refresh : credential_refresh(desk, row);
	struct kept next = kept_refresh(row), access = kept_access(row);

	if (desk->policy->credential_key_count == 0)
		return err_set(err, ERR_BUSY, "keys.credential_key_file is not set");
	next.sealed = (struct sealed){ 0 };
	if (refresh != NULL)
		credential_close(desk, &next, refresh);
	credential_close(desk, &access, tokens->access);
	row->refresh = next.sealed;
	row->access = access.sealed;
	row->key_id = access.key_id;
	row->access_until = desk->now + tokens->lifetime;
	row->state = "ok";
	row->error = "";
	row->failures = 0;
	row->turn++;
	row->fetched = desk->now;
	row->next = next_fetch(desk->now, tokens->lifetime);
	return credential_put(desk->tx, row, err);
}

/* --- jobs ------------------------------------------------------------------- */

int
credential_add_job(
    struct desk *desk, const char *kind, const char *name, utc_ms due, struct err *err)
{
	json_t *object = json_pack("{s:s}", "credential", name);
	char *payload = json_dumps(object, JSON_COMPACT);
	struct job job = {
		.id = id_new(desk->now),
		.kind = kind,
		.lane = LANE_OUTSIDE,
		.serial = arena_printf(tx_arena(desk->tx), "%s:%s", kind, name),
		.due = due,
		.created = desk->now,
	};
	int rc;

	job.payload = arena_dup(tx_arena(desk->tx), payload);
	json_decref(object);
	free(payload); /* house: library memory */
	rc = job_cancel(desk->tx, job.serial, kind, NULL, err);
	return rc < 0 ? rc : job_add(desk->tx, &job, err);
}

int
credential_schedule(struct desk *desk, const char *name, utc_ms due, struct err *err)
{
	return credential_add_job(desk, "token", name, due, err);
}

/* --- the promises ----------------------------------------------------------- */

static const char *
what_to_do(struct desk *desk, const struct policy_credential *settled)
{
	return settled->grant == GRANT_REFRESH
	    ? arena_printf(tx_arena(desk->tx), "sign in: assent mailbox login %s", settled->name)
	    : arena_printf(tx_arena(desk->tx),
		  "check client_id, secret_file and scope of credential %s, then reload",
		  settled->name);
}

int
credential_token(struct desk *desk, const char *name, const char **out, struct err *err)
{
	const struct policy_credential *settled = credential_settled(desk, name);
	struct credential row;
	struct kept access;
	const char *token;
	int rc;

	if (settled == NULL)
		return err_set(err, ERR_NOT_FOUND,
		    "the settings have no credential %s under credentials", name);
	rc = credential_load(desk, name, &row, err);
	if (rc < 0)
		return err_wrap(err, rc, "credential %s", name);
	if (text_is(row.state, "refused"))
		return err_set(err, ERR_DENIED, "credential %s: %s; %s", name, row.error,
		    what_to_do(desk, settled));
	if (row.refresh.size == 0 && settled->grant == GRANT_REFRESH)
		return err_set(err, ERR_NOT_FOUND, "credential %s: nobody has signed in yet; %s",
		    name, what_to_do(desk, settled));
	access = kept_access(&row);
	token = row.access_until > desk->now ? credential_open(desk, &access) : NULL;
	if (token == NULL)
		return err_set(err, ERR_BUSY, "credential %s: an access token is being fetched%s%s",
		    name, row.error[0] != '\0' ? "; the last try failed: " : "", row.error);
	*out = token;
	return 0;
}

int
credential_renew(struct desk *desk, const char *name, struct err *err)
{
	struct credential row;
	int rc = credential_load(desk, name, &row, err);

	if (rc < 0 || !text_is(row.state, "ok") || credential_settled(desk, name) == NULL)
		return rc;
	/* Fetched a moment ago, perhaps for another connection; or being fetched. */
	if (row.access_until == 0 || (desk->now >= row.fetched && desk->now - row.fetched < FRESH))
		return 0;
	row.access_until = 0;
	row.next = desk->now;
	rc = credential_put(desk->tx, &row, err);
	return rc < 0 ? rc : credential_schedule(desk, name, desk->now, err);
}

/* With the newest key; false when the one that it was sealed with is lost. */
static bool
seal_again(struct desk *desk, struct kept *kept)
{
	const char *text = credential_open(desk, kept);

	if (text != NULL)
		credential_close(desk, kept, text);
	return text != NULL || kept->sealed.size == 0;
}

/* Sealed with an old key of the ring: anew, so that the key can go one day. */
static int
seal_anew(struct desk *desk, struct credential *row, struct err *err)
{
	const struct policy *policy = desk->policy;
	struct kept refresh = kept_refresh(row), access = kept_access(row);
	int64_t newest;

	if (policy->credential_key_count == 0)
		return 0;
	newest = policy->credential_keys[policy->credential_key_count - 1].id;
	if (newest == row->key_id)
		return 0;
	if (seal_again(desk, &refresh) && seal_again(desk, &access)) {
		row->refresh = refresh.sealed;
		row->access = access.sealed;
		row->key_id = newest;
	} else {
		/* The key is lost: the next fetch finds out and says so. */
		row->access_until = 0;
		row->next = desk->now;
	}
	return credential_put(desk->tx, row, err);
}

static int
sync_one(struct desk *desk, const struct policy_credential *settled, struct err *err)
{
	struct credential row;
	utc_ms due;
	int rc = credential_load(desk, settled->name, &row, err);

	if (rc == 0 && row.turn > 0)
		rc = seal_anew(desk, &row, err);
	if (rc < 0)
		return rc;
	if (settled->grant == GRANT_REFRESH && row.refresh.size == 0)
		return 0; /* somebody has to sign in first */
	/* The settings may have been mended: what was refused is tried once more. */
	due = credential_due(&row, desk->now);
	return credential_schedule(desk, settled->name, due > desk->now ? due : desk->now, err);
}

int
credential_sync(struct desk *desk, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < desk->policy->credential_count; i++)
		rc = sync_one(desk, &desk->policy->credentials[i], err);
	return rc < 0 ? err_wrap(err, rc, "credentials") : 0;
}

int
credential_give(struct desk *desk, const char *name, const char *refresh, struct err *err)
{
	const struct policy_credential *settled = credential_settled(desk, name);
	struct kept kept = { .name = name, .use = "refresh" };
	struct credential row;
	int rc;

	if (settled == NULL)
		return err_set(err, ERR_NOT_FOUND,
		    "assentd has no credential %s; reload it if it is new in the settings", name);
	if (settled->grant != GRANT_REFRESH || desk->policy->credential_key_count == 0)
		return err_set(err, ERR_INVALID, "credential %s takes no refresh token", name);
	if (!oauth_is_token(refresh))
		return err_set(
		    err, ERR_INVALID, "that is no refresh token: one word of printable ASCII is");
	rc = credential_load(desk, name, &row, err);
	if (rc < 0)
		return rc;
	credential_close(desk, &kept, refresh);
	row = (struct credential){
		.name = name,
		.key_id = kept.key_id,
		.refresh = kept.sealed,
		.state = "new",
		.error = "",
		.turn = row.turn + 1,
		.next = desk->now,
	};
	rc = credential_put(desk->tx, &row, err);
	return rc < 0 ? rc : credential_schedule(desk, name, desk->now, err);
}

/* --- health ----------------------------------------------------------------- */

static void
watch_one(struct desk *desk, const struct policy_credential *settled)
{
	const char *token, *name = settled->name;
	char condition[HEALTH_NAME_SIZE];
	struct credential row;
	struct err err = { 0 };
	int rc;

	snprintf(condition, sizeof(condition), "credential:%s", name);
	rc = credential_token(desk, name, &token, &err);
	if (rc == 0) {
		health_good(condition);
		return;
	}
	/* Being fetched is not a fault until a try has failed. */
	if (rc == ERR_BUSY && (credential_load(desk, name, &row, &err) < 0 || row.failures == 0))
		return;
	health_bad(condition, true, desk->now, "%s", err.text);
}

/* Conditions of credentials that the settings do not name any more. */
static void
forget_others(struct desk *desk)
{
	struct health *known = mem_alloc(HEALTH_MAX * sizeof(*known));
	size_t n = health_list(known, HEALTH_MAX);

	for (size_t i = 0; i < n; i++)
		if (text_starts(known[i].name, "credential:") &&
		    credential_settled(desk, known[i].name + strlen("credential:")) == NULL)
			health_good(known[i].name);
	mem_free(known);
}

void
credential_watch(struct desk *desk)
{
	for (size_t i = 0; i < desk->policy->credential_count; i++)
		watch_one(desk, &desk->policy->credentials[i]);
	forget_others(desk);
}
