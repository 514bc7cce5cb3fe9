/* Verbs about the API's tokens: make one, list them, revoke one. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/api_token.h>

#define EXPIRES_DEFAULT "365d"

/* --- new --------------------------------------------------------------- */

static int
take_expiry(struct cli *cli, utc_ms *out)
{
	const char *text = cli_text(cli, "--expires");
	int64_t span;

	*out = 0;
	if (text && text_is(text, "never"))
		return CLI_OK;
	if (!span_parse(text ? text : EXPIRES_DEFAULT, &span) || span <= 0)
		return cli_usage(
		    cli, "--expires needs a time such as 90d, or never, not '%s'", text);
	*out = clock_now() + span;
	return CLI_OK;
}

static int
take_scopes(struct cli *cli, struct str *out)
{
	const char *scope;

	for (size_t i = 0; (scope = cli_list(cli, "--scope", i)); i++)
		str_addf(out, "%s ", scope);
	if (out->len == 0)
		return cli_usage(cli, "'token new' needs --scope, such as tickets:read");
	return CLI_OK;
}

static void
print_token(const json_t *token)
{
	AUTO(str_donep) struct str until = STR_INIT(100);

	look_add_cell(&until, token, "expires", LOOK_TIME);
	printf("%s\n\n", look_string(token, "token"));
	printf("This is the only time it is shown. It may: %s.\n", look_string(token, "scopes"));
	if (until.len)
		printf("It ends on %s.\n", str_text(&until));
	else
		printf("It has no end.\n");
	printf("To revoke it: assent token revoke %s\n", look_string(token, "id"));
}

int
verb_token_new(struct cli *cli)
{
	static const char *const roles[] = { "reader", "engineer", "admin" };
	const char *role = cli_text(cli, "--role"), *team = cli_text(cli, "--team");
	AUTO(str_donep) struct str scopes = STR_INIT(4096);
	struct control_answer answer;
	utc_ms expires;
	int rc = look_word(cli, "--role", roles, ARRAY_LEN(roles));

	if (rc == CLI_OK)
		rc = take_scopes(cli, &scopes);
	if (rc == CLI_OK)
		rc = take_expiry(cli, &expires);
	if (rc != CLI_OK)
		return rc;
	rc = control_verb(cli, "token.new",
	    json_pack("{s:o, s:s, s:o, s:o, s:I}", "name", cli_json_text(cli->words[0]), "role",
		role ? role : "engineer", "team", cli_json_text(team ? team : ""), "scopes",
		cli_json_text(str_text(&scopes)), "expires", (json_int_t)expires),
	    &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	print_token(answer.out);
	json_decref(answer.out);
	return CLI_OK;
}

/* --- list -------------------------------------------------------------- */

static const char *
state_of(const struct api_token *token, utc_ms now)
{
	if (token->revoked)
		return "revoked";
	return token->expires && token->expires <= now ? "expired" : "valid";
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct api_token *tokens;
	size_t n = 0;
	int rc = api_token_list(desk->tx, &tokens, &n, err);

	for (size_t i = 0; rc == 0 && i < n && (!list->ask || i < list->ask); i++) {
		json_t *row = json_object();

		rc = look_add_id(desk, row, FIND_TOKEN, &tokens[i].id, err);
		look_set_text(row, "name", tokens[i].name);
		look_set_text(row, "state", state_of(&tokens[i], desk->now));
		look_set_text(row, "role", tokens[i].role);
		look_set_text(row, "team", tokens[i].team);
		look_set_text(row, "scopes", tokens[i].scopes);
		look_set_time(row, "created", tokens[i].created);
		look_set_time(row, "expires", tokens[i].expires);
		look_set_time(row, "revoked", tokens[i].revoked);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

int
verb_token_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "TOKEN", "shown", LOOK_TEXT },
		{ "NAME", "name", LOOK_NAME },
		{ "STATE", "state", LOOK_TEXT },
		{ "ROLE", "role", LOOK_TEXT },
		{ "EXPIRES", "expires", LOOK_TIME },
		{ "SCOPES", "scopes", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct look_rows list = { .only = "" };

	return look_listing(cli, gather, &list, columns);
}

/* --- revoke ------------------------------------------------------------ */

int
verb_token_revoke(struct cli *cli)
{
	struct control_answer answer;
	char text[ID_TEXT_SIZE];
	struct id id;
	int rc = look_id(cli, FIND_TOKEN, cli->words[0], &id);

	if (rc != CLI_OK)
		return rc;
	rc = control_verb(
	    cli, "token.revoke", json_pack("{s:s}", "token", id_text(&id, text)), &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("The token is revoked; nothing can be done with it any more.\n");
	json_decref(answer.out);
	return CLI_OK;
}
