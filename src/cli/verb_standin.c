/* Verbs about people who are away, and who answers in their place. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/store/standin.h>

static int
gather_absences(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct absence *absences;
	size_t n = 0;
	int rc = absence_list(desk->tx, list->ask, &absences, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *row = json_object();

		look_set_text(row, "person", absences[i].person_email);
		look_set_text(row, "state", absences[i].until > desk->now ? "away" : "noted");
		look_set_time(row, "until", absences[i].until);
		look_set_time(row, "learnt", absences[i].learnt);
		look_set_id(row, "inbound", &absences[i].inbound);
		look_set_text(row, "words", absences[i].words);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

int
verb_absence_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "PERSON", "person", LOOK_NAME },
		{ "STATE", "state", LOOK_TEXT },
		{ "BACK", "until", LOOK_TIME },
		{ "LEARNT", "learnt", LOOK_TIME },
		{ "WORDS", "words", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct look_rows list = { .only = "" };

	return look_listing(cli, gather_absences, &list, columns);
}

int
verb_absence_forget(struct cli *cli)
{
	struct control_answer answer;
	int rc = control_verb(cli, "absence.forget",
	    json_pack("{s:o}", "person", cli_json_text(cli->words[0])), &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	printf("The absence is forgotten.\n");
	json_decref(answer.out);
	return CLI_OK;
}

static int
gather_delegates(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct organisation organisation;
	struct delegate *delegates;
	size_t n = 0;
	int rc = delegate_list(desk->tx, NULL, &delegates, &n, err);

	for (size_t i = 0; rc == 0 && i < n && (!list->ask || i < list->ask); i++) {
		const struct delegate *d = &delegates[i];
		bool over = d->until != 0 && d->until <= desk->now;
		bool ahead = d->since > desk->now;
		json_t *row;

		rc = organisation_get(desk->tx, &d->organisation, &organisation, err);
		if (rc < 0)
			break;
		row = json_object();
		look_set_text(row, "organisation", organisation.key);
		look_set_text(
		    row, "person", d->person_email[0] ? d->person_email : organisation.owner_email);
		look_set_text(row, "delegate", d->delegate_email);
		look_set_text(row, "name", d->delegate_name);
		look_set_text(row, "when", d->when);
		look_set_text(row, "state", over ? "over" : ahead ? "ahead" : "in force");
		look_set_time(row, "from", d->since);
		look_set_time(row, "until", d->until);
		json_array_append_new(list->rows, row);
	}
	return rc;
}

int
verb_delegate_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "CUSTOMER", "organisation", LOOK_TEXT },
		{ "PERSON", "person", LOOK_NAME },
		{ "DELEGATE", "delegate", LOOK_NAME },
		{ "WHEN", "when", LOOK_TEXT },
		{ "STATE", "state", LOOK_TEXT },
		{ "FROM", "from", LOOK_TIME },
		{ "UNTIL", "until", LOOK_TIME },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct look_rows list = { .only = "" };

	return look_listing(cli, gather_delegates, &list, columns);
}
