#include "verbs.h"

#include <string.h>

#define PAGE_MAX ((size_t)8 << 20)

/* What the hooks found, one line each, as faults of other files. */
static int
print_findings(struct cli *cli, struct str *lines)
{
	json_t *list;
	char *rest, *line;

	if (!cli->json) {
		fputs(str_text(lines), stdout);
		return CLI_FAULTS;
	}
	list = json_array();
	rest = lines->text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			json_array_append_new(
			    list, json_pack("{s:o}", "message", cli_json_text(line)));
	cli_print_json(json_pack("{s:b, s:s, s:o}", "ok", 0, "file", cli->file, "faults", list));
	return CLI_FAULTS;
}

static int
print_clean(struct cli *cli)
{
	if (cli->json)
		return cli_print_json(json_pack(
		    "{s:b, s:o, s:[]}", "ok", 1, "file", cli_json_text(cli->file), "faults"));
	printf("%s: no faults\n", cli->file);
	return CLI_OK;
}

int
verb_config_check(struct cli *cli)
{
	AUTO(str_donep) struct str lines = STR_INIT(PAGE_MAX);
	AUTO(faults_freep) struct faults *faults = NULL;
	struct err err = { 0 };
	int rc;

	if (cli->word_count)
		cli->file = cli->words[0];
	faults = faults_new(cli->file);
	rc = settings_load(cli->file, &cli->settings, faults, &err);
	if (rc == ERR_INVALID)
		return cli_print_faults(cli, faults, stdout);
	if (rc < 0)
		return cli_fail(cli, &err);
	for (const cli_check_fn *check = cli_checks; *check; check++)
		(*check)(cli->settings, &lines);
	return lines.len ? print_findings(cli, &lines) : print_clean(cli);
}

static int
print_page(void (*add)(struct str *out))
{
	AUTO(str_donep) struct str page = STR_INIT(PAGE_MAX);

	add(&page);
	fputs(str_text(&page), stdout);
	return CLI_OK;
}

int
verb_config_show(struct cli *cli)
{
	AUTO(str_donep) struct str page = STR_INIT(PAGE_MAX);
	const struct settings *settings;
	int rc;

	if (cli_flag(cli, "--man"))
		return print_page(settings_add_manual);
	if (cli_flag(cli, "--defaults"))
		return cli->json ? cli_print_json(settings_rows_json())
				 : print_page(settings_add_defaults);
	rc = cli_settings(cli, &settings);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(settings_json(settings));
	settings_add_yaml(settings, &page);
	fputs(str_text(&page), stdout);
	return CLI_OK;
}
