/* hold and release: whether anything leaves. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>
#include <assent/flow/hold.h>

int
verb_hold(struct cli *cli)
{
	struct control_answer answer;
	int rc = control_verb(cli, "site.hold", json_object(), &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	json_decref(answer.out);
	printf("Nothing is sent from now on. Mail is taken in and decisions are recorded; nothing\n"
	       "expires. To go on: assent release\n");
	return CLI_OK;
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	json_t *summary = arg;

	json_object_clear(summary);
	return hold_summary(desk, summary, err);
}

static json_int_t
number(const json_t *summary, const char *key)
{
	return json_integer_value(json_object_get(summary, key));
}

static void
print_summary(const json_t *summary)
{
	static const struct look_column columns[] = {
		{ "MAIL", "kind", LOOK_TEXT },
		{ "COUNT", "count", LOOK_TEXT },
		{ "OLDEST", "oldest", LOOK_TIME },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_table(json_object_get(summary, "kinds"), columns, "No mail waits.");
	if (number(summary, "closed"))
		printf("%lld request(s) are dropped: their questions were closed meanwhile.\n",
		    (long long)number(summary, "closed"));
	if (number(summary, "reminders"))
		printf(
		    "%lld of them are reminders; --drop-older 2d leaves out those older than two "
		    "days.\n",
		    (long long)number(summary, "reminders"));
}

/* What is old may surprise its readers, so somebody has to say that it shall go. */
static int
refuse_old(struct cli *cli, const json_t *summary)
{
	if (cli->json)
		return cli_error(cli, ERR_CONFLICT,
		    "%lld mails are older than a day; nothing was released. Say --yes to send them",
		    (long long)number(summary, "old"));
	print_summary(summary);
	return cli_error(cli, ERR_CONFLICT,
	    "%lld of these mails are older than a day; nothing was released. Their Message-IDs "
	    "are what they were, so mail programs show one that was sent before only once where "
	    "they can. Say --yes to send them",
	    (long long)number(summary, "old"));
}

static int
release(struct cli *cli, span_ms drop_older)
{
	struct control_answer answer;
	json_t *arguments = json_pack("{s:I}", "drop_older", (json_int_t)drop_older);
	int rc = control_verb(cli, "site.release", arguments, &answer);

	if (rc != CLI_OK)
		return rc;
	if (cli->json)
		return cli_print_json(answer.out);
	print_summary(answer.out);
	printf("Released: %lld mail(s) go out now, %lld dropped.\n",
	    (long long)number(answer.out, "mails"), (long long)number(answer.out, "dropped"));
	control_print_when(&answer);
	json_decref(answer.out);
	return CLI_OK;
}

int
verb_release(struct cli *cli)
{
	const char *older = cli_text(cli, "--drop-older");
	json_t *summary;
	int64_t drop_older = 0;
	int rc;

	if (older && (!span_parse(older, &drop_older) || drop_older <= 0))
		return cli_usage(
		    cli, "--drop-older needs a time such as 2d or 12h, not '%s'", older);
	summary = json_object();
	rc = look(cli, gather, summary);
	if (rc == CLI_OK && number(summary, "old") && !cli_flag(cli, "--yes"))
		rc = refuse_old(cli, summary);
	json_decref(summary);
	return rc == CLI_OK ? release(cli, drop_older) : rc;
}
