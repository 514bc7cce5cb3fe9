#include "describe.h"
#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/utf8.h>

#include <limits.h>
#include <unistd.h>

#define RAW_MAX ((size_t)256 << 20)

/* --- list -------------------------------------------------------------- */

static int
gather_list(struct desk *desk, void *arg, struct err *err)
{
	struct look_rows *list = arg;
	struct inbound *mails;
	json_t *object;
	size_t n;
	int rc = inbound_list(desk->tx, list->only, list->ask, &mails, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = describe_inbound(desk, &mails[i], &object, err);
		if (rc == 0)
			json_array_append_new(list->rows, object);
	}
	return rc;
}

int
verb_inbound_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "MAIL", "shown", LOOK_TEXT },
		{ "RECEIVED", "received", LOOK_TIME },
		{ "STATUS", "status", LOOK_TEXT },
		{ "TICKET", "ticket", LOOK_TEXT },
		{ "FROM", "from", LOOK_NAME },
		{ "SUBJECT", "subject", LOOK_NAME },
		{ "OUTCOME", "outcome", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	static const char *const statuses[] = { "new", "done", "filed", "quarantined" };
	const char *status = cli_text(cli, "--status");
	bool quarantined = cli_flag(cli, "--quarantined");
	struct look_rows list = { .only = quarantined ? "quarantined" : status ? status : "" };
	int rc = look_word(cli, "--status", statuses, ARRAY_LEN(statuses));

	if (quarantined && status)
		return cli_usage(cli, "--quarantined and --status exclude each other");
	return rc == CLI_OK ? look_listing(cli, gather_list, &list, columns) : rc;
}

/* --- show -------------------------------------------------------------- */

struct show {
	struct id id;
	bool with_raw;
	struct str *raw;
	const char *spool; /* the folder */
	json_t *out;
};

/* The name of a spooled mail is its hash: what was changed there is not shown as the mail. */
static int
read_spool(const struct show *show, const char *name, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX), hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];
	int rc;

	str_addf(&path, "%s/%s", show->spool, name);
	rc = file_read(str_text(&path), show->raw, err);
	if (rc < 0)
		return rc;
	sha256(str_text(show->raw), show->raw->len, hash);
	str_add_hex(&hex, hash, sizeof(hash));
	if (!text_is(str_text(&hex), name))
		return err_set(
		    err, ERR_INVALID, "%s: the mail was changed after it came", str_text(&path));
	return 0;
}

static int
gather_show(struct desk *desk, void *arg, struct err *err)
{
	struct show *show = arg;
	struct inbound mail;
	int rc = inbound_get(desk->tx, &show->id, show->with_raw, &mail, err);

	if (rc < 0)
		return rc;
	if (show->with_raw && mail.raw)
		str_add_n(show->raw, mail.raw, (size_t)mail.size);
	else if (show->with_raw)
		rc = read_spool(show, mail.spool, err);
	return rc < 0 ? rc : describe_inbound(desk, &mail, &show->out, err);
}

/* Bytes of strangers must not command a terminal. */
static void
print_raw(const struct str *raw)
{
	AUTO(str_donep) struct str visible = STR_INIT(4 * raw->len + 1);

	if (!isatty(STDOUT_FILENO)) {
		fwrite(str_text(raw), 1, raw->len, stdout);
		return;
	}
	utf8_add_visible(&visible, str_text(raw), raw->len);
	fputs(str_text(&visible), stdout);
}

static void
print_mail(const json_t *mail)
{
	static const struct look_column fields[] = {
		{ "Mail", "id", LOOK_TEXT },
		{ "Received", "received", LOOK_TIME },
		{ "From", "from", LOOK_TEXT },
		{ "Subject", "subject", LOOK_TEXT },
		{ "Status", "status", LOOK_TEXT },
		{ "Outcome", "outcome", LOOK_TEXT },
		{ "Ticket", "ticket", LOOK_TEXT },
		{ "Mailbox", "source", LOOK_TEXT },
		{ "Key", "source_key", LOOK_TEXT },
		{ "Size", "size", LOOK_SIZE },
		{ "Spool file", "spool", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};

	look_fields(mail, fields);
}

static void
add_raw(json_t *out, const struct str *raw)
{
	AUTO(str_donep) struct str base64 = STR_INIT(2 * raw->len + 8);

	str_add_base64(&base64, str_text(raw), raw->len);
	look_set_text(out, "raw_base64", str_text(&base64));
}

int
verb_inbound_show(struct cli *cli)
{
	AUTO(str_donep) struct str raw = STR_INIT(RAW_MAX);
	struct show show = { .with_raw = cli_flag(cli, "--raw"), .raw = &raw };
	const struct settings *settings;
	int rc = cli_settings(cli, &settings);

	if (rc == CLI_OK)
		rc = look_id(cli, FIND_INBOUND, cli->words[0], &show.id);
	if (rc != CLI_OK)
		return rc;
	show.spool = settings->spool;
	rc = look(cli, gather_show, &show);
	if (rc == CLI_OK && show.with_raw && cli->json)
		add_raw(show.out, &raw);
	if (rc == CLI_OK && cli->json)
		return cli_print_json(show.out);
	if (rc == CLI_OK && show.with_raw)
		print_raw(&raw);
	else if (rc == CLI_OK)
		print_mail(show.out);
	json_decref(show.out);
	return rc;
}
