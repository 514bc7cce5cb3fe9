/* Mailboxes, ways out, and who they are there. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/flow/credential.h>

#include <stdio.h>
#include <time.h>

#define PAUSE_MS 500
#define TOKEN_FILE_MAX ((size_t)64 << 10)

/* --- list -------------------------------------------------------------- */

static const char *
auth_word(const struct login *login)
{
	static const char *const words[] = {
		[AUTH_PASSWORD] = "password", [AUTH_XOAUTH2] = "xoauth2", [AUTH_NONE] = "none"
	};

	return words[login->auth];
}

static int
add_state(struct desk *desk, json_t *row, const struct login *login, struct err *err)
{
	json_t *state;
	int rc;

	if (login->host[0] == '\0' || login->auth != AUTH_XOAUTH2)
		return 0;
	state = json_object();
	rc = credential_show(desk, login->credential, state, err);
	json_object_set_new(row, "credential", state);
	return rc;
}

struct way { /* a mailbox, or a route out */
	const char *name, *kind;
	const char *path; /* "" with a login */
	const struct login *login;
};

static int
add_way(struct desk *desk, json_t *rows, const struct way *way, struct err *err)
{
	json_t *row = json_object();
	bool is_near = way->path[0] != '\0';

	look_set_text(row, "name", way->name);
	look_set_text(row, "kind", way->kind);
	look_set_text(row, "where", is_near ? way->path : way->login->host);
	look_set_text(row, "auth", is_near ? "" : auth_word(way->login));
	json_array_append_new(rows, row);
	return add_state(desk, row, way->login, err);
}

static int
add_route(struct desk *desk, json_t *rows, const char *name, const struct settings_route *route,
    struct err *err)
{
	bool by_program = route->sendmail[0] != '\0', by_folder = route->maildir[0] != '\0';
	const struct way way = { name,
		by_folder	 ? "maildir"
		    : by_program ? "sendmail"
				 : "smtp",
		by_folder ? route->maildir : route->sendmail, &route->login };

	if (!by_folder && !by_program && route->login.host[0] == '\0')
		return 0;
	return add_way(desk, rows, &way, err);
}

struct listing {
	const struct settings *settings;
	json_t *rows;
};

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct listing *listing = arg;
	const struct settings *settings = listing->settings;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < settings->mailbox_count; i++) {
		const struct settings_mailbox *box = &settings->mailboxes[i];
		const struct way way = { box->name, box->maildir[0] != '\0' ? "maildir" : "imap",
			box->maildir, &box->login };
		rc = add_way(desk, listing->rows, &way, err);
	}
	if (rc == 0)
		rc = add_route(desk, listing->rows, "outgoing", &settings->outgoing, err);
	if (rc == 0)
		rc = add_route(desk, listing->rows, "alerts", &settings->alerts, err);
	return rc;
}

int
verb_mailbox_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "NAME", "name", LOOK_TEXT },
		{ "KIND", "kind", LOOK_TEXT },
		{ "WHERE", "where", LOOK_TEXT },
		{ "SIGNS IN BY", "auth", LOOK_TEXT },
		{ "CREDENTIAL", "credential.credential", LOOK_TEXT },
		{ "STATE", "credential.state", LOOK_TEXT },
		{ "WHY", "credential.why", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct listing listing = { .rows = json_array() };
	int rc = cli_settings(cli, &listing.settings);

	if (rc == CLI_OK)
		rc = look(cli, gather, &listing);
	if (rc == CLI_OK)
		return look_list(cli, listing.rows, columns, 0);
	json_decref(listing.rows);
	return rc;
}

/* --- login ------------------------------------------------------------- */

/* The credential that name is, or that the mailbox or route of that name signs in with. */
static const char *
find_credential(const struct settings *settings, const char *name)
{
	const struct policy *policy = &settings->policy;

	for (size_t i = 0; i < policy->credential_count; i++)
		if (text_is(policy->credentials[i].name, name))
			return name;
	for (size_t i = 0; i < settings->mailbox_count; i++)
		if (text_is(settings->mailboxes[i].name, name))
			return settings->mailboxes[i].login.credential;
	if (text_is(name, "outgoing"))
		return settings->outgoing.login.credential;
	return text_is(name, "alerts") ? settings->alerts.login.credential : NULL;
}

static int
choose(struct cli *cli, const struct settings *settings, const char **out)
{
	const char *name = cli->words[0];

	*out = find_credential(settings, name);
	if (*out == NULL)
		return cli_error(cli, ERR_NOT_FOUND,
		    "the settings have no credential, mailbox or way out called %s", name);
	if ((*out)[0] == '\0')
		return cli_error(
		    cli, ERR_INVALID, "%s signs in without OAuth2: it names no credential", name);
	return CLI_OK;
}

/* A refresh token of the operator's own; its file need not stay. */
static int
give(struct cli *cli, const char *name)
{
	AUTO(str_donep) struct str text = STR_INIT(TOKEN_FILE_MAX);
	AUTO(mem_freep) char *copy = NULL;
	struct control_answer answer;
	struct err err;
	int rc;

	if (cli_read_file(cli_text(cli, "--refresh-token"), &text, &err) < 0)
		return cli_fail(cli, &err);
	copy = mem_dup(str_text(&text));
	rc = control_verb(cli, "credential.give",
	    json_pack(
		"{s:s, s:o}", "credential", name, "refresh_token", cli_json_text(text_trim(copy))),
	    &answer);
	mem_wipe(copy, text.len);
	mem_wipe(text.text, text.len);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("Taken, and encrypted. Whether it is good says: assent mailbox list\n");
	control_print_when(&answer);
	json_decref(answer.out);
	return CLI_OK;
}

static int
want_daemon(struct cli *cli, const struct settings *settings)
{
	int64_t pid;

	if (control_state(settings, &pid) == CONTROL_DOWN)
		return cli_error(cli, ERR_BUSY,
		    "assentd does not run, and it is assentd that signs in; start it first");
	return CLI_OK;
}

/* *out is the sign-in as assentd sees it. */
static int
ask(struct cli *cli, const char *verb, const char *name, json_t **out)
{
	struct control_answer answer;
	int rc = control_verb(cli, verb, json_pack("{s:s}", "credential", name), &answer);

	if (rc == CLI_OK)
		*out = answer.out;
	return rc;
}

/* With --json standard output holds the outcome only. */
static void
print_code(struct cli *cli, const json_t *login)
{
	AUTO(str_donep) struct str until = STR_INIT(100);
	FILE *out = cli->json ? stderr : stdout;

	look_add_cell(&until, login, "until", LOOK_TIME);
	fprintf(out,
	    "Open %s and type %s (until %s).\n"
	    "This waits until you have done so; Ctrl-C ends the waiting only.\n",
	    look_string(login, "url"), look_string(login, "user_code"), str_text(&until));
	fflush(out);
}

static bool
is_open(const char *state)
{
	return text_is(state, "starting") || text_is(state, "pending");
}

/* Until it ended; *out is the last answer. */
static int
wait_for_end(struct cli *cli, const char *name, json_t **out)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	bool told = false;

	for (;;) {
		const json_t *login;
		int rc = ask(cli, "credential.status", name, out);

		if (rc != CLI_OK)
			return rc;
		login = json_object_get(*out, "login");
		if (!told && text_is(look_string(login, "state"), "pending")) {
			print_code(cli, login);
			told = true;
		}
		if (!is_open(look_string(login, "state")))
			return CLI_OK;
		json_decref(*out);
		*out = NULL;
		nanosleep(&pause, NULL);
	}
}

static int
tell_end(struct cli *cli, const char *name, const json_t *login)
{
	const char *state = look_string(login, "state"), *why = look_string(login, "why");

	if (text_is(state, "done")) {
		printf("Signed in. assentd uses %s from now on and renews it by itself.\n", name);
		return CLI_OK;
	}
	if (text_is(state, "refused"))
		return cli_error(cli, ERR_DENIED, "the sign-in was refused: %s", why);
	if (text_is(state, "expired"))
		return cli_error(cli, ERR_BUSY,
		    "the code expired before anybody typed it; run the same command again");
	return cli_error(cli, ERR_PEER, "the sign-in failed: %s", why);
}

int
verb_mailbox_login(struct cli *cli)
{
	const struct settings *settings;
	json_t *out = NULL;
	const char *name;
	int rc = cli_settings(cli, &settings);

	if (rc == CLI_OK)
		rc = choose(cli, settings, &name);
	if (rc == CLI_OK && cli_text(cli, "--refresh-token") != NULL)
		return give(cli, name);
	if (rc == CLI_OK)
		rc = want_daemon(cli, settings);
	if (rc == CLI_OK)
		rc = ask(cli, "credential.login", name, &out);
	if (rc != CLI_OK)
		return rc;
	json_decref(out);
	rc = wait_for_end(cli, name, &out);
	if (rc != CLI_OK)
		return rc;
	if (cli->json && text_is(look_string(json_object_get(out, "login"), "state"), "done"))
		return cli_print_json(out);
	rc = tell_end(cli, name, json_object_get(out, "login"));
	json_decref(out);
	return rc;
}
