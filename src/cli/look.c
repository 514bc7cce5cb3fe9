/* look, first half: from the database into JSON. */
#include "look.h"

#include <assent/base/num.h>
#include <assent/base/zone.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_ARENA_MAX ((size_t)1 << 30)
#define MAX_DEFAULT 100
#define DAY_LEN 10 /* "2026-11-21" */

int
look_for_database(const struct settings *settings, struct err *err)
{
	struct stat st;

	if (stat(settings->database, &st) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no database %s yet; assentd makes it when it starts for the first "
		    "time",
		    settings->database);
	if (errno == EACCES)
		return err_set(err, ERR_DENIED,
		    "the database %s may not be read by this user; try as root or as the user of "
		    "assentd",
		    settings->database);
	return err_errno(err, ERR_IO, errno, "database %s", settings->database);
}

struct desk
look_desk(const struct settings *settings, struct tx *tx)
{
	return (struct desk){
		.tx = tx,
		.policy = &settings->policy,
		.now = clock_now(),
		.clock_trusted = true,
	};
}

struct looking {
	const struct settings *settings;
	look_fn fn;
	look_page_fn page;
	void *arg;
	bool more;
};

static int
run(struct tx *tx, void *arg, struct err *err)
{
	struct looking *looking = arg;
	struct desk desk = look_desk(looking->settings, tx);

	if (looking->fn)
		return looking->fn(&desk, looking->arg, err);
	return looking->page(&desk, looking->arg, &looking->more, err);
}

static int
open_and_run(struct looking *looking, struct err *err)
{
	struct db_options options = {
		.path = looking->settings->database,
		.mode = DB_READ_ONLY,
		.readers = 1,
	};
	AUTO(arena_freep) struct arena *arena = arena_new(LOOK_ARENA_MAX);
	AUTO(db_closep) struct db *db = NULL;
	int rc = look_for_database(looking->settings, err);

	if (rc == 0)
		rc = db_open(&options, &db, err);
	if (rc < 0)
		return rc;
	do {
		looking->more = false;
		rc = db_read(db, arena, run, looking, err);
		arena_reset(arena);
	} while (rc == 0 && looking->more);
	return rc;
}

static int
look_with(struct cli *cli, struct looking *looking)
{
	struct err err = { 0 };
	int rc = cli_settings(cli, &looking->settings);

	if (rc != CLI_OK)
		return rc;
	return open_and_run(looking, &err) < 0 ? cli_fail(cli, &err) : CLI_OK;
}

int
look(struct cli *cli, look_fn fn, void *arg)
{
	return look_with(cli, &(struct looking){ .fn = fn, .arg = arg });
}

int
look_pages(struct cli *cli, look_page_fn fn, void *arg)
{
	return look_with(cli, &(struct looking){ .page = fn, .arg = arg });
}

struct look_up {
	enum find_in in;
	const char *text;
	struct id *out;
	struct err wrong; /* not the database's fault but the writer's */
};

static int
look_up(struct desk *desk, void *arg, struct err *err)
{
	struct look_up *up = arg;
	int rc = find_id(desk->tx, up->in, up->text, up->out, err);

	if (rc != ERR_INVALID)
		return rc;
	up->wrong = *err;
	return 0;
}

int
look_id(struct cli *cli, enum find_in in, const char *text, struct id *out)
{
	struct look_up up = { .in = in, .text = text, .out = out };
	int rc = look(cli, look_up, &up);

	if (rc == CLI_OK && up.wrong.code < 0)
		return cli_usage(cli, "%s", up.wrong.text);
	return rc;
}

struct look_named {
	const char *key;
	struct err wrong; /* as of struct look_up */
};

static int
look_named(struct desk *desk, void *arg, struct err *err)
{
	struct look_named *named = arg;
	struct organisation organisation;
	int rc = verb_organisation(desk, named->key, &organisation, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	named->wrong = *err;
	return 0;
}

int
look_organisation(struct cli *cli, const char *option)
{
	struct look_named named = { .key = cli_text(cli, option) };
	int rc = named.key ? look(cli, look_named, &named) : CLI_OK;

	if (rc == CLI_OK && named.wrong.code < 0)
		return cli_usage(cli, "%s: %s", option, named.wrong.text);
	return rc;
}

int
look_word(struct cli *cli, const char *option, const char *const *words, size_t count)
{
	const char *given = cli_text(cli, option), *meant;
	AUTO(str_donep) struct str all = STR_INIT(400);

	for (size_t i = 0; given && i < count; i++)
		if (text_is(given, words[i]))
			return CLI_OK;
	if (!given)
		return CLI_OK;
	meant = text_nearest(given, words, count);
	if (meant)
		return cli_usage(cli, "%s is never '%s'; did you mean '%s'?", option, given, meant);
	for (size_t i = 0; i < count; i++)
		str_addf(&all, "%s%s", i ? ", " : "", words[i]);
	return cli_usage(cli, "%s is never '%s'; it is one of %s", option, given, str_text(&all));
}

bool
look_past(const struct settings *settings, const char *text, utc_ms now, utc_ms *out)
{
	AUTO(str_donep) struct str iso = STR_INIT(100);
	const struct zone *utc;
	struct civil day;
	span_ms span;

	if (span_parse(text, &span)) {
		*out = now - span;
		return true;
	}
	str_add(&iso, text);
	if (strlen(text) == DAY_LEN)
		str_add(&iso, "T00:00:00Z");
	if (!utc_parse_iso(str_text(&iso), out))
		return false;
	if (strlen(text) != DAY_LEN || zone_get("UTC", &utc, NULL) < 0)
		return true;
	zone_civil(utc, *out, &day);
	*out = zone_instant(settings->policy.zone, &day);
	return true;
}

/* --- gathering --------------------------------------------------------- */

int
look_max(struct cli *cli, size_t *out)
{
	const char *text = cli_text(cli, "--max");
	int64_t n = MAX_DEFAULT;

	if (text && !num_parse_within(text, 0, 1000000, &n))
		return cli_usage(
		    cli, "--max needs a number from 0 (all) to 1000000, not '%s'", text);
	*out = (size_t)n;
	return CLI_OK;
}

int
look_add_id(
    struct desk *desk, json_t *object, enum find_in in, const struct id *id, struct err *err)
{
	char text[ID_TEXT_SIZE];
	size_t len;
	int rc = find_length(desk->tx, in, id, &len, err);

	if (rc < 0)
		return rc;
	json_object_set_new(object, "id", json_string(id_text(id, text)));
	json_object_set_new(object, "shown", json_stringn(text, len));
	return 0;
}

void
look_set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, cli_json_text(text));
}

void
look_set_id(json_t *object, const char *key, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	json_object_set_new(
	    object, key, id_is_null(id) ? json_null() : json_string(id_text(id, text)));
}

void
look_set_time(json_t *object, const char *key, utc_ms at)
{
	json_object_set_new(object, key, cli_json_time(at));
}

void
look_set_int(json_t *object, const char *key, int64_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

void
look_set_hex(json_t *object, const char *key, const uint8_t *bytes, size_t n)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * n + 1);

	str_add_hex(&hex, bytes, n);
	json_object_set_new(object, key, json_string(str_text(&hex)));
}

void
look_set_ticket(struct desk *desk, json_t *object, const char *key, const struct id *id)
{
	struct ticket ticket;
	bool found = !id_is_null(id) && ticket_get(desk->tx, id, &ticket, NULL) == 0;

	json_object_set_new(
	    object, key, found ? json_sprintf("T-%lld", (long long)ticket.ref) : json_null());
}

void
look_set_json(json_t *object, const char *key, const char *text)
{
	json_t *value = *text ? json_loads(text, JSON_DECODE_ANY, NULL) : json_null();

	json_object_set_new(object, key, value ? value : cli_json_text(text));
}
