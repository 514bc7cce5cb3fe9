#include "cli.h"

#include <assent/base/version.h>

#include <signal.h>

static int
run(struct cli *cli, int argc, char **argv)
{
	int rc = cli_read_args(cli, argc, argv);

	if (rc != CLI_OK)
		return rc;
	if (cli->version) {
		printf("assent %s\n", ASSENT_VERSION);
		return CLI_OK;
	}
	if (cli->help) {
		cli_print_help(cli, stdout);
		return CLI_OK;
	}
	return cli->verb->run(cli);
}

int
main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status;

	/* A reader that went away is told by the failing write, below. */
	signal(SIGPIPE, SIG_IGN);
	status = run(&cli, argc, argv);
	parser_free(cli.parser);
	settings_unref(cli.settings);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "assent: the output could not be written whole\n");
		return CLI_TEMPORARY;
	}
	return status;
}
