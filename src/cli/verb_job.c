#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/store/queue.h>

static int
describe(struct desk *desk, const struct job *job, json_t **out, struct err *err)
{
	json_t *object = json_object();
	int rc = look_add_id(desk, object, FIND_JOB, &job->id, err);

	look_set_text(object, "kind", job->kind);
	look_set_text(object, "lane", lane_name(job->lane));
	look_set_text(object, "state", job->state);
	look_set_time(object, "due", job->due);
	look_set_time(object, "created", job->created);
	look_set_int(object, "attempts", job->attempts);
	look_set_text(object, "last_error", job->last_error);
	look_set_text(object, "serial", job->serial);
	look_set_json(object, "payload", job->payload);
	if (rc < 0)
		json_decref(object);
	else
		*out = object;
	return rc;
}

static int
gather_list(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct job *jobs;
	json_t *object;
	size_t n;
	int rc = job_list(desk->tx, list->only, list->ask, &jobs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = describe(desk, &jobs[i], &object, err);
		if (rc == 0)
			json_array_append_new(list->rows, object);
	}
	return rc;
}

int
verb_job_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "JOB", "shown", LOOK_TEXT },
		{ "KIND", "kind", LOOK_TEXT },
		{ "LANE", "lane", LOOK_TEXT },
		{ "STATE", "state", LOOK_TEXT },
		{ "DUE", "due", LOOK_TIME },
		{ "TRIES", "attempts", LOOK_TEXT },
		{ "LAST ERROR", "last_error", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct look_rows list = { .only = cli_flag(cli, "--dead") ? "dead" : "" };

	return look_listing(cli, gather_list, &list, columns);
}

int
verb_job_retry(struct cli *cli)
{
	struct control_answer answer;
	char text[ID_TEXT_SIZE];
	struct id id;
	int rc = look_id(cli, FIND_JOB, cli->words[0], &id);

	if (rc != CLI_OK)
		return rc;
	rc = control_verb(cli, "job.retry", json_pack("{s:s}", "job", id_text(&id, text)), &answer);
	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("The job is due again.\n");
	json_decref(answer.out);
	control_print_when(&answer);
	return CLI_OK;
}
