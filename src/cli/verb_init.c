#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/mem.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 << 10)

struct made {
	const char *name;
	unsigned mode;
	void (*add)(struct str *out);
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

static int
write_files(struct cli *cli, const char *folder)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX);
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct str text = STR_INIT(FILE_MAX);
		int rc;

		files[i].add(&text);
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

static int
print_made(struct cli *cli, const char *folder)
{
	json_t *list;

	if (!cli->json) {
		printf("Made in %s:\n", folder);
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			printf("  %s\n", files[i].name);
		printf(
		    "\nNext:\n"
		    "  1. Edit %s/assentd.yaml: the agent's address, the mailbox, your\n"
		    "     customers (organisations) and your people (staff).\n"
		    "  2. Give the keys to the user that runs assentd, and keep a copy of them:\n"
		    "     chown assentd: %s/site.keys %s/signing.key\n"
		    "  3. Check:  assent config check %s/assentd.yaml\n"
		    "  4. Start:  assentd -c %s/assentd.yaml\n",
		    folder, folder, folder, folder, folder);
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
	struct err err = { 0 };
	int rc;

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
	rc = write_files(cli, str_text(&folder));
	return rc == CLI_OK ? print_made(cli, str_text(&folder)) : rc;
}
