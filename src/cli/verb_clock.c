#include "control.h"
#include "look.h"
#include "verbs.h"

int
verb_clock_accept(struct cli *cli)
{
	AUTO(str_donep) struct str now = STR_INIT(64);
	struct control_answer answer;
	int rc = control_verb(cli, "clock.accept", json_object(), &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	cli_add_time(&now, clock_now());
	printf("The clock is believed: it is %s. Reminders and deadlines go on.\n", str_text(&now));
	json_decref(answer.out);
	return CLI_OK;
}
