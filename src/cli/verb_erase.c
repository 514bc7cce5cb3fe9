#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/mem.h>
#include <assent/flow/operate.h>
#include <assent/mail/compose.h>

struct person {
	const char *email;
	json_t *out;
};

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct person *person = arg;

	json_object_clear(person->out);
	return person_look(desk, person->email, person->out, err);
}

static void
print_list(const json_t *list, const char *sentence)
{
	const json_t *entry;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("%s", sentence);
	json_array_foreach((json_t *)list, i, entry)
	{
		printf("%s %s", i ? "," : "", json_string_value(entry));
	}
	printf("\n");
}

static void
print_parts(const json_t *out, const char *email)
{
	static const struct look_column columns[] = {
		{ "ROWS", "rows", LOOK_TEXT },
		{ "WHAT", "what", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_table(json_object_get(out, "parts"), columns, "Nothing is known about this address.");
	print_list(json_object_get(out, "waiting"), "Refused while an answer is open:");
	print_list(json_object_get(out, "owner_of"),
	    "Refused while this person decides for, or is named in the settings as owner or "
	    "delegate of:");
	if (json_is_true(json_object_get(out, "is_staff")))
		printf("Refused while %s is staff in the settings.\n", email);
	if (json_integer_value(json_object_get(out, "kept")))
		printf(
		    "%lld message(s) stay, because questions about their tickets are open or they "
		    "wait to be sent; erase again then.\n",
		    (long long)json_integer_value(json_object_get(out, "kept")));
}

static const char limits[] =
    "Not touched: words of others that speak about this person, backups, logs, and the\n"
    "mailboxes of everybody who got or sent the mails.\n";

static int
show(struct cli *cli, const char *email)
{
	struct person person = { .email = email, .out = json_object() };
	int rc = look(cli, gather, &person);

	if (rc == CLI_OK && cli->json)
		return cli_print_json(person.out);
	if (rc == CLI_OK) {
		print_parts(person.out, email);
		printf("\n%sNothing was erased. To do it: assent erase %s --yes\n", limits, email);
	}
	json_decref(person.out);
	return rc;
}

static int
erase(struct cli *cli, const char *email)
{
	struct control_answer answer;
	int rc = control_verb(cli, "person.erase", json_pack("{s:s}", "email", email), &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	print_parts(answer.out, email);
	printf("\nErased. The ledger notes that it was done, without the address.\n%s", limits);
	json_decref(answer.out);
	return CLI_OK;
}

int
verb_erase(struct cli *cli)
{
	AUTO(mem_freep) char *email = mem_dup(cli->words[0]);

	text_lower(email);
	if (!address_is_plain(email))
		return cli_usage(cli, "'%s' is no address", email);
	return cli_flag(cli, "--yes") ? erase(cli, email) : show(cli, email);
}
