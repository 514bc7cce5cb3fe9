#include <assent/flow/api_token.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/matter.h>

#include "flow/record.h"

#include <string.h>

static int
check_words(const struct api_wish *wish, struct err *err)
{
	AUTO(str_donep) struct str clean = STR_INIT(4 * API_TEAM_MAX);
	size_t len = strlen(wish->team);

	if (!api_name_is_good(wish->name))
		return err_set(err, ERR_INVALID,
		    "the name of a token has 1 to %d letters, digits, dots, dashes and underscores",
		    API_NAME_MAX);
	if (len <= API_TEAM_MAX)
		utf8_add_line(&clean, wish->team, API_TEAM_MAX + 8);
	if (len > API_TEAM_MAX || !text_is(str_text(&clean), wish->team))
		return err_set(err, ERR_INVALID, "the team is one line of text of at most %d bytes",
		    API_TEAM_MAX);
	return 0;
}

static int
check_scopes(const struct api_wish *wish, unsigned *scopes, struct err *err)
{
	AUTO(str_donep) struct str more = STR_INIT(400);
	const char *bad;
	unsigned allowed;

	if (!api_role_scopes(wish->role, &allowed))
		return err_set(err, ERR_INVALID,
		    "there is no role '%s'; it is reader, engineer or admin", wish->role);
	if (!api_scopes_parse(wish->scopes, scopes, &bad))
		return err_set(err, ERR_INVALID,
		    "there is no scope '%s'; they are tickets, approvals and organisations, each "
		    "with :read or :write",
		    bad);
	if (*scopes == 0)
		return err_set(err, ERR_INVALID, "a token without a scope opens nothing");
	api_scopes_add(&more, *scopes & ~allowed);
	if (more.len > 0)
		return err_set(err, ERR_INVALID, "a token with the role %s may not hold %s",
		    wish->role, str_text(&more));
	return 0;
}

static int
record(struct desk *desk, const struct api_token *token, const char *kind, const char *by,
    struct err *err)
{
	AUTO(str_donep) struct str until = STR_INIT(64);

	if (token->expires != 0)
		utc_add_iso(&until, token->expires);
	const struct ledger_field fields[] = {
		{ "name", token->name },
		{ "role", token->role },
		{ "team", token->team },
		{ "scopes", token->scopes },
		{ "expires", token->expires != 0 ? str_text(&until) : "never" },
		{ "by", by },
	};

	return record_ledger(
	    desk, &(struct record_entry){ kind, token->id, fields, ARRAY_LEN(fields) }, NULL, err);
}

int
api_token_make(struct desk *desk, const struct api_wish *wish, struct api_token *out,
    struct api_token_text *secret, struct err *err)
{
	AUTO(str_donep) struct str words = STR_INIT(400);
	uint8_t chance[API_TOKEN_CHANCE];
	unsigned scopes = 0;
	int rc = check_words(wish, err);

	if (rc == 0)
		rc = check_scopes(wish, &scopes, err);
	if (rc == 0 && wish->expires != 0 && wish->expires <= desk->now)
		rc = err_set(err, ERR_INVALID, "the token would have expired already");
	if (rc < 0)
		return rc;
	api_scopes_add(&words, scopes);
	*out = (struct api_token){
		.id = id_new(desk->now),
		.name = wish->name,
		.role = wish->role,
		.team = wish->team,
		.scopes = arena_dup(tx_arena(desk->tx), str_text(&words)),
		.created = desk->now,
		.expires = wish->expires,
	};
	random_bytes(chance, sizeof(chance));
	api_token_text(chance, secret);
	mem_wipe(chance, sizeof(chance));
	if (!api_token_hash(secret->text, out->hash))
		return err_set(err, ERR_IO, "the token could not be made");
	rc = api_token_add(desk->tx, out, err);
	return rc < 0 ? rc : record(desk, out, "token.created", wish->by, err);
}

int
api_token_end(struct desk *desk, const struct id *id, const char *by, struct err *err)
{
	struct api_token token;
	int rc = api_token_get(desk->tx, id, &token, err);

	if (rc == ERR_NOT_FOUND)
		return err_set(err, rc, "there is no such token");
	if (rc == 0)
		rc = api_token_revoke(desk->tx, id, desk->now, err);
	return rc < 0 ? rc : record(desk, &token, "token.revoked", by, err);
}

const char *
api_token_actor(struct desk *desk, const struct api_token *token)
{
	struct arena *arena = tx_arena(desk->tx);

	if (token->team[0] == '\0')
		return arena_printf(arena, "api:%s", token->name);
	return arena_printf(arena, "api:%s (%s)", token->name, token->team);
}
