/*
 * Property: what POST /api/v1/escalations takes keeps every bound of
 * docs/ESCALATION.md, and no text of it that people read holds a control or
 * direction character or a token of ours; what it refuses is refused with a
 * sentence and the place of the member, and nothing is written.
 */
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/utf8.h>
#include <assent/config/settings.h>
#include <assent/flow/escalation_json.h>
#include <assent/store/db.h>
#include <assent/text/redact.h>

#include "help_fuzz.h"
#include "web/api_priv.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW ((utc_ms)1795000000000)
#define MISSING_MAX 200
#define STOP ERR_BUSY /* nothing that was tried is kept */

static const char site[] = "agent: {email: agent@desk.test}\n"
			   "keys: {site_key_file: site.keys, signing_key_file: signing.key}\n"
			   "mailboxes: [{name: desk, maildir: in}]\n"
			   "outgoing: {maildir: out}\n"
			   "state_dir: state\n"
			   "run_dir: run\n"
			   "http: {public_url: 'https://desk.test'}\n"
			   "roles: [{name: desk, people: [eve@desk.test]}]\n"
			   "workflows: [{name: billing, url: 'https://flows.test/', "
			   "secret_file: billing.secret}]\n";
static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";

static char folder[40]; /* in memory, where there is such a place */
static struct settings *settings;
static struct db *db;

/* --- a place ----------------------------------------------------------------------- */

static void
put(const char *name, const char *text)
{
	char path[100];
	struct err err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	must(file_write(path, text, strlen(text), 0600, &err) == 0);
}

static int
remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

static void
leave(void)
{
	db_close(db);
	settings_unref(settings);
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
begin(void)
{
	AUTO(faults_freep) struct faults *faults = faults_new("assentd.yaml");
	AUTO(str_donep) struct str keys = STR_INIT(1024), signing = STR_INIT(1024);
	struct db_options options = { .mode = DB_TOOL, .readers = 1 };
	char path[100];
	struct err err;

	log_set_level((enum log_level)(LOG_ERROR + 1));
	snprintf(folder, sizeof(folder), "%s/assent-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(folder) != NULL);
	settings_add_site_keys(&keys);
	settings_add_signing_key(&signing);
	put("site.keys", str_text(&keys));
	put("signing.key", str_text(&signing));
	put("billing.secret", secret);
	put("assentd.yaml", site);
	snprintf(path, sizeof(path), "%s/assentd.yaml", folder);
	must(settings_load(path, &settings, faults, &err) == 0);
	must(folder_make(settings->state_dir, 0700, &err) == 0);
	options.path = settings->database;
	must(db_open(&options, &db, &err) == 0);
	atexit(leave);
}

/* --- what was taken ------------------------------------------------------------------ */

static bool
is_visible(const char *text, size_t n)
{
	AUTO(str_donep) struct str out = STR_INIT(4 * n + 1);

	utf8_add_visible(&out, text, n);
	return out.len == n && memcmp(str_text(&out), text, n) == 0;
}

static bool
is_clean(const char *text, size_t n)
{
	AUTO(str_donep) struct str out = STR_INIT(4 * n + 100);

	return is_visible(text, n) && redact_tokens(text, n, &out) == 0;
}

static void
check_text(const char *text, size_t max, bool has_lines)
{
	must(strlen(text) <= max && is_clean(text, strlen(text)));
	must(has_lines || strpbrk(text, "\n\t") == NULL);
}

/* Every text in it that somebody may be shown. */
static void
check_all(const json_t *json)
{
	const char *name;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		must(is_clean(json_string_value(json), json_string_length(json)));
	json_array_foreach(json, i, value) check_all(value);
	json_object_foreach((json_t *)(uintptr_t)json, name, value)
	{
		must(is_clean(name, strlen(name)));
		check_all(value);
	}
}

static void
check_missing(const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *item;
	size_t i;

	must(json_is_array(list) && json_array_size(list) <= ESCALATION_ITEMS_MAX);
	json_array_foreach(list, i, item) check_text(json_string_value(item), MISSING_MAX, false);
	json_decref(list);
}

static void
check_artifacts(const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *item;
	size_t i;

	must(strlen(text) <= ESCALATION_JSON_MAX && json_array_size(list) <= ESCALATION_ITEMS_MAX);
	check_all(list);
	json_array_foreach(list, i, item)
	{
		const char *url = json_string_value(json_object_get(item, "url"));

		check_text(
		    json_string_value(json_object_get(item, "title")), ESCALATION_TITLE_MAX, false);
		if (!text_is(json_string_value(json_object_get(item, "type")), "link"))
			continue;
		must(strpbrk(url, " \\\"<>") == NULL);
		must(text_starts(url, "https://desk.test/") || (url[0] == '/' && url[1] != '/'));
	}
	json_decref(list);
}

static void
check_texts(const char *text)
{
	json_t *texts = json_loads(text, 0, NULL), *words, *said;
	const char *field, *locale;

	must(json_is_object(texts) && strlen(text) <= ESCALATION_JSON_MAX);
	check_all(texts);
	json_object_foreach(texts, field, words)
	{
		bool title = text_is(field, "title");

		json_object_foreach(words, locale, said) check_text(json_string_value(said),
		    title ? ESCALATION_TITLE_MAX : ESCALATION_TEXT_MAX, !title);
	}
	json_decref(texts);
}

static void
check_packet(const struct escalation *e)
{
	check_text(e->title, ESCALATION_TITLE_MAX, false);
	must(*e->title != '\0' && escalation_reason_is_sane(e->reason));
	check_text(e->entity_type, ESCALATION_NAME_MAX, false);
	check_text(e->entity_id, ESCALATION_NAME_MAX, false);
	check_text(e->workflow, ESCALATION_NAME_MAX, false);
	check_text(e->failed_step, ESCALATION_NAME_MAX, false);
	check_text(e->risk, ESCALATION_TEXT_MAX, true);
	check_text(e->suggest, ESCALATION_TEXT_MAX, true);
	check_text(e->to, ESCALATION_NAME_MAX, false);
	check_missing(e->missing);
	check_artifacts(e->artifacts);
	check_texts(e->texts);
	must(strlen(e->resume_token) <= ESCALATION_TOKEN_MAX);
	must(strlen(e->once_key) <= ESCALATION_NAME_MAX);
	must(e->due > NOW && e->due <= NOW + ESCALATION_DUE_MAX);
	must(e->confidence >= -1 && e->confidence <= 1000000);
}

/* --- what was refused ------------------------------------------------------------------ */

/* As it is sent. */
static void
check_sentence(const struct json_fault *fault)
{
	json_t *json = json_fault_json(fault);
	const char *text =
	    json_string_value(json_object_get(json_object_get(json, "error"), "message"));

	must(*text != '\0' && is_visible(text, strlen(text)) && strpbrk(text, "\n\t") == NULL);
	json_decref(json);
}

static void
check_pointer(const char *pointer)
{
	must(pointer != NULL && strlen(pointer) <= JSON_POINTER_MAX);
	must(*pointer == '\0' || *pointer == '/');
}

static int64_t
packets(struct desk *desk)
{
	const struct escalation_period all = { .now = NOW };
	struct escalation_stats stats;
	struct err err;

	must(escalation_stats(desk->tx, &all, &stats, &err) == 0);
	return stats.total;
}

/* --- one try ------------------------------------------------------------------------------ */

static int
try_step(struct tx *tx, void *arg, struct err *err)
{
	struct desk desk = { tx, &settings->policy, NOW, true };
	const struct escalation_reader reader = { "eve@desk.test", "Eve", "ar", "UTC" };
	struct escalation_request request = { .object = arg, .by = "api:fuzz" };
	struct json_fault fault;
	struct escalation e;
	struct id id;
	json_t *view;
	int rc = escalation_request_raise(&desk, &request, err);

	if (rc < 0) {
		must(rc == ERR_INVALID || rc == ERR_LIMIT);
		json_fault_of(&fault, err);
		check_sentence(&fault);
		check_pointer(request.wrong);
		must(packets(&desk) == 0);
		return STOP;
	}
	must(id_parse(
	    json_string_value(json_object_get(json_object_get(request.out, "escalation"), "id")),
	    &id));
	must(escalation_get(tx, &id, &e, err) == 0);
	check_packet(&e);
	view = escalation_view(&desk, &e, &reader);
	check_all(view);
	json_decref(view);
	json_decref(request.out);
	return STOP;
}

static const struct json_field *
fields(void)
{
	const struct api_endpoint *endpoint = api_escalation_endpoints;

	while (!api_takes_signature(endpoint))
		endpoint++;
	return endpoint->fields;
}

static void
check_fault(const struct json_fault *fault)
{
	check_sentence(fault);
	must(fault->has_pointer);
	check_pointer(fault->pointer);
}

/* Takes packet. */
static void
try_packet(json_t *packet)
{
	const struct json_part whole = { packet, "" };
	struct json_fault fault;
	struct err err;

	if (!json_check(&whole, fields(), true, &fault))
		check_fault(&fault);
	else
		must(db_step(db, try_step, packet, &err) == STOP);
	json_decref(packet);
}

/* Any bytes as every text that a packet may hold: most changed JSON is none any more. */
static json_t *
packet_saying(const char *t)
{
	return json_pack("{s:s, s:s, s:[s], s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s, s:s}, {s:s, s:s,"
			 " s:{s:s, s:[s]}}, {s:s, s:s, s:s+}, {s:s, s:s, s:s}], s:{s:{s:s}, "
			 "s:{s:s}}}",
	    "title", t, "reason", "timeout", "missing", t, "risk", t, "suggest", t, "entity",
	    "type", t, "id", t, "artifacts", "type", "text", "title", t, "text", t, "type", "json",
	    "title", t, "json", "a", t, "title", t, "type", "link", "title", t, "url", "/",
	    strchr(t, ' ') != NULL ? "x" : t, "type", "document", "title", t, "document", "notes",
	    "texts", "title", "ar", t, "suggest", "ar", t);
}

static void
try_words(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str text = STR_INIT(4 * size + 1);

	utf8_add_clean(&text, (const char *)data, size);
	try_packet(packet_saying(str_text(&text)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_fault fault;
	json_t *json = NULL;

	if (db == NULL)
		begin();
	if (json_body_parse((const char *)data, size, &json, &fault)) {
		try_packet(json);
		return 0;
	}
	check_fault(&fault);
	try_words(data, size > 150 ? 150 : size);
	return 0;
}
