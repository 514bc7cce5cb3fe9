#include "cli.h"

#include <assent/base/file.h>
#include <assent/base/utf8.h>
#include <assent/mail/compose.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define PARSER_DEADLINE (20 * MS_SECOND)

enum cli_exit
cli_exit_of(int code)
{
	switch (code) {
	case 0:
		return CLI_OK;
	case ERR_NOT_FOUND:
		return CLI_NOT_FOUND;
	case ERR_INVALID:
	case ERR_LIMIT:
		return CLI_FAULTS;
	case ERR_CONFLICT:
	case ERR_DENIED:
		return CLI_REFUSED;
	default:
		return CLI_TEMPORARY;
	}
}

int
cli_fail(struct cli *cli, const struct err *err)
{
	AUTO(str_donep) struct str line = STR_INIT(2 * sizeof(err->text));

	utf8_add_line(&line, err->text, sizeof(err->text));
	if (cli->json) {
		json_t *object = json_pack("{s:o, s:s}", "error", cli_json_text(str_text(&line)),
		    "code", err_name(err->code));

		json_dumpf(object, stderr, JSON_COMPACT);
		fputc('\n', stderr);
		json_decref(object);
	} else {
		fprintf(stderr, "assent: %s\n", str_text(&line));
	}
	return cli_exit_of(err->code);
}

int
cli_error(struct cli *cli, enum err_code code, const char *fmt, ...)
{
	struct err err = { .code = code };
	va_list args;

	va_start(args, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, args);
	va_end(args);
	return cli_fail(cli, &err);
}

static json_t *
faults_json(struct faults *faults)
{
	json_t *list = json_array();
	const struct fault *f;

	for (size_t i = 0; (f = faults_at(faults, i)); i++)
		json_array_append_new(list,
		    json_pack("{s:o, s:i, s:i, s:o, s:o}", "file",
			cli_json_text(faults_file(faults)), "line", f->line, "column", f->column,
			"message", cli_json_text(f->message), "meant",
			f->meant ? cli_json_text(f->meant) : json_null()));
	return list;
}

int
cli_print_faults(struct cli *cli, struct faults *faults, FILE *out)
{
	AUTO(str_donep) struct str text = STR_INIT((size_t)1 << 20);

	if (cli->json) {
		json_t *object = json_pack("{s:b, s:o, s:o, s:I}", "ok", 0, "file",
		    cli_json_text(faults_file(faults)), "faults", faults_json(faults), "count",
		    (json_int_t)faults_count(faults));

		json_dumpf(object, out, JSON_INDENT(2));
		fputc('\n', out);
		json_decref(object);
	} else {
		faults_add_text(faults, &text);
		fputs(str_text(&text), out);
	}
	return CLI_FAULTS;
}

int
cli_settings(struct cli *cli, const struct settings **out)
{
	AUTO(faults_freep) struct faults *faults = NULL;
	struct err err = { 0 };
	int rc = 0;

	if (!cli->settings) {
		faults = faults_new(cli->file);
		rc = settings_load(cli->file, &cli->settings, faults, &err);
	}
	if (rc == ERR_INVALID)
		return cli_print_faults(cli, faults, stderr);
	if (rc < 0)
		return cli_fail(cli, &err);
	*out = cli->settings;
	return CLI_OK;
}

int
cli_program_beside(const char *name, struct str *out, struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return err_errno(err, ERR_IO, errno, "our own path in /proc/self/exe");
	self[n] = '\0';
	slash = strrchr(self, '/');
	str_addf(out, "%.*s/%s", slash ? (int)(slash - self) : 0, self, name);
	if (access(str_text(out), X_OK) < 0)
		return err_errno(err, ERR_NOT_FOUND, errno, "the program %s", str_text(out));
	return 0;
}

int
cli_parser(struct cli *cli, struct parser **out)
{
	AUTO(str_donep) struct str program = STR_INIT(PATH_MAX);
	struct parser_options options = { .children = 1, .deadline = PARSER_DEADLINE };
	struct err err = { 0 };
	int rc = 0;

	if (!cli->parser) {
		rc = cli_program_beside("assent-parser", &program, &err);
		options.program = str_text(&program);
		options.markers = compose_cut_markers(&options.marker_count);
		if (rc == 0)
			rc = parser_new(&options, &cli->parser, &err);
	}
	if (rc < 0)
		return cli_fail(cli, &err);
	*out = cli->parser;
	return CLI_OK;
}
