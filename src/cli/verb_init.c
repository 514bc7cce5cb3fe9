#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/mem.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD_FILE "mail.password"
#define FILE_MAX ((size_t)256 << 10)

struct made {
	const char *name;
	unsigned mode;
	void (*add)(struct str *out);
};

struct servers { /* --imap, --smtp and --user; imap NULL without */
	const char *imap, *smtp, *user;
};

/* The settings come last: with them in place, the keys are too. */
static const struct made files[] = {
	{ SETTINGS_SITE_KEYS, 0600, settings_add_site_keys },
	{ SETTINGS_SIGNING_KEY, 0600, settings_add_signing_key },
	{ "assentd.yaml", 0644, settings_add_example },
};

static const char *
path_in(const char *folder, const char *name, struct str *out)
{
	str_clear(out);
	str_addf(out, "%s/%s", folder, name);
	return str_text(out);
}

/* Nothing at all is written where one of the files is there already. */
static int
check_absent(struct cli *cli, const char *folder)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX);

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (access(path_in(folder, files[i].name, &path), F_OK) == 0)
			return cli_error(cli, ERR_CONFLICT,
			    "%s exists; nothing was written. Move it away, or name another folder "
			    "with --dir",
			    str_text(&path));
	return CLI_OK;
}

/* --- a file for a mail server --------------------------------------------- */

/* Does the line begin with this key, on or off? */
static bool
is_key(const char *line, size_t n, const char *key)
{
	size_t len = strlen(key);

	while (n > 0 && (*line == ' ' || *line == '#')) {
		line++;
		n--;
	}
	return n > len && strncmp(line, key, len) == 0 && line[len] == ':';
}

static void
add_value(struct str *out, const char *line, const char *key, const char *value)
{
	str_add_n(out, line, strspn(line, " "));
	str_addf(out, "%s: %s\n", key, value);
}

static void
add_line(struct str *out, const char *line, size_t n, const char *host, const char *user)
{
	if (is_key(line, n, "maildir")) {
		str_add_n(out, line, strspn(line, " "));
		str_add(out, "#maildir: \"\"\n");
	} else if (is_key(line, n, "host")) {
		add_value(out, line, "host", host);
	} else if (is_key(line, n, "user")) {
		add_value(out, line, "user", user);
	} else if (is_key(line, n, "password_file")) {
		add_value(out, line, "password_file", PASSWORD_FILE);
	} else {
		str_add_n(out, line, n);
	}
}

/* Only the lines of mailboxes and outgoing; the first line of a group stands at the margin. */
static void
use_servers(const struct str *from, const struct servers *servers, struct str *out)
{
	const char *host = NULL;

	for (const char *line = str_text(from), *end; *line; line = end) {
		end = strchrnul(line, '\n');
		end += *end == '\n';
		if (*line != ' ' && *line != '#' && *line != '\n')
			host = text_starts(line, "mailboxes:") ? servers->imap
			    : text_starts(line, "outgoing:")   ? servers->smtp
							       : NULL;
		if (host)
			add_line(out, line, (size_t)(end - line), host, servers->user);
		else
			str_add_n(out, line, (size_t)(end - line));
	}
}

static void
add_text(const struct made *file, const struct servers *servers, struct str *out)
{
	AUTO(str_donep) struct str text = STR_INIT(FILE_MAX);

	if (!servers->imap || file->add != settings_add_example) {
		file->add(out);
		return;
	}
	file->add(&text);
	use_servers(&text, servers, out);
}

static int
take_servers(struct cli *cli, struct servers *out)
{
	const char *at;

	out->imap = cli_text(cli, "--imap");
	out->smtp = cli_text(cli, "--smtp");
	out->user = cli_text(cli, "--user");
	if (!out->imap && (out->smtp || out->user))
		return cli_usage(cli, "--smtp and --user go with --imap");
	if (out->imap && !out->user)
		return cli_usage(cli, "--imap needs --user, the name to sign in with");
	if (!out->smtp)
		out->smtp = out->imap;
	for (const char *const *word =
		 (const char *const[]){ out->imap, out->smtp, out->user, NULL };
	     *word; word++)
		for (at = *word; *at; at++)
			if (!strchr("@.-_+", *at) && !isalnum((unsigned char)*at))
				return cli_usage(cli, "'%s' is no name of a server or user", *word);
	return CLI_OK;
}

/* --- writing ----------------------------------------------------------------- */

static int
write_files(struct cli *cli, const char *folder, const struct servers *servers)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX);
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct str text = STR_INIT(FILE_MAX);
		int rc;

		add_text(&files[i], servers, &text);
		rc = file_create(path_in(folder, files[i].name, &path), str_text(&text), text.len,
		    files[i].mode, &err);
		if (text.text)
			mem_wipe(text.text, text.room);
		str_done(&text);
		if (rc < 0)
			return cli_fail(cli, &err);
	}
	return CLI_OK;
}

static void
print_password(const char *folder)
{
	printf("  0. Put the password of the mail server into %s/" PASSWORD_FILE ",\n"
	       "     readable for the user that runs assentd alone (chmod 600).\n",
	    folder);
}

static int
print_made(struct cli *cli, const char *folder, const struct servers *servers)
{
	json_t *list;

	if (!cli->json) {
		printf("Made in %s:\n", folder);
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			printf("  %s\n", files[i].name);
		printf("\nNext:\n");
		if (servers->imap)
			print_password(folder);
		printf(
		    "  1. Edit %s/assentd.yaml: the agent's address, the mailbox, your\n"
		    "     customers (organisations) and your people (staff).\n"
		    "  2. Give the keys to the user that runs assentd, and keep a copy of them:\n"
		    "     chown assentd: %s/site.keys %s/signing.key\n"
		    "  3. Check:  assent config check %s/assentd.yaml\n"
		    "  4. Start:  assentd -c %s/assentd.yaml\n"
		    "  5. Look:   assent -c %s/assentd.yaml doctor\n",
		    folder, folder, folder, folder, folder, folder);
		return CLI_OK;
	}
	list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		json_array_append_new(list, json_string(files[i].name));
	return cli_print_json(
	    json_pack("{s:o, s:o}", "folder", cli_json_text(folder), "files", list));
}

int
verb_init(struct cli *cli)
{
	AUTO(str_donep) struct str folder = STR_INIT(PATH_MAX);
	const char *dir = cli_text(cli, "--dir");
	const char *slash = strrchr(cli->file, '/');
	struct servers servers;
	struct err err = { 0 };
	int rc = take_servers(cli, &servers);

	if (rc != CLI_OK)
		return rc;

	if (dir)
		str_add(&folder, dir);
	else
		str_add_n(&folder, cli->file, slash ? (size_t)(slash - cli->file) : 0);
	if (!folder.len)
		str_add(&folder, ".");
	if (str_overflowed(&folder))
		return cli_usage(cli, "the folder's name is too long");
	rc = check_absent(cli, str_text(&folder));
	if (rc != CLI_OK)
		return rc;
	if (folder_make(str_text(&folder), 0755, &err) < 0)
		return cli_fail(cli, &err);
	rc = write_files(cli, str_text(&folder), &servers);
	return rc == CLI_OK ? print_made(cli, str_text(&folder), &servers) : rc;
}
