/* escalation_read: what somebody wants a packet to say, cleaned and within bounds. */
#include "flow/escalation_priv.h"

#include <assent/ai/form.h>
#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/flow/matter.h>
#include <assent/flow/resume.h>
#include <assent/flow/verb.h>
#include <assent/store/people.h>

#include "flow/memory_priv.h"

#include <math.h>
#include <string.h>

#define MILLION 1000000.0
#define MISSING_TEXT_MAX 200
#define REPEAT_MIN (5 * MS_MINUTE)

struct reading {
	struct desk *desk;
	struct err *err;
	const char **wrong;
	const char *none; /* where nobody asks what is wrong */
	int rc;
};

static struct reading
reading_of(struct desk *desk, const char **wrong, struct err *err)
{
	struct reading r = { desk, err, wrong, NULL, 0 };

	if (wrong != NULL)
		*wrong = NULL;
	return r;
}

static const char **
wrong_of(struct reading *r)
{
	return r->wrong != NULL ? r->wrong : &r->none;
}

/* --- texts ------------------------------------------------------------------------- */

static const char *
text_of(struct reading *r, const char *text, const struct memory_text *rule)
{
	struct memory_read read = { r->desk, wrong_of(r), r->err, r->rc };
	const char *clean = memory_clean(&read, text != NULL ? text : "", rule);

	r->rc = read.rc;
	return clean;
}

#define LINE(pointer, name, max) \
	(&(const struct memory_text){ pointer, name, max, true, false, false })
#define PROSE(pointer, name, max) \
	(&(const struct memory_text){ pointer, name, max, false, false, false })
#define WANTED(pointer, name, max) \
	(&(const struct memory_text){ pointer, name, max, true, true, false })

static int
wrong_at(struct reading *r, const char *pointer, int rc)
{
	*wrong_of(r) = pointer;
	r->rc = rc;
	return rc;
}

/* A machine's own: kept byte for byte. */
static const char *
word_of(struct reading *r, const char *text, const char *pointer, size_t max)
{
	if (r->rc < 0 || text == NULL)
		return "";
	if (strlen(text) > max)
		wrong_at(r, pointer,
		    err_set(r->err, ERR_LIMIT, "%s is longer than %zu bytes", pointer + 1, max));
	return text;
}

static void
read_texts(struct reading *r, const struct escalation_raise *raise, struct escalation *row)
{
	const size_t name = ESCALATION_NAME_MAX, prose = ESCALATION_TEXT_MAX;

	row->title = text_of(r, raise->title, WANTED("/title", "the title", ESCALATION_TITLE_MAX));
	row->entity_type =
	    text_of(r, raise->entity_type, LINE("/entity_type", "the entity's type", name));
	row->entity_id = text_of(r, raise->entity_id, LINE("/entity_id", "the entity's id", name));
	row->workflow = text_of(r, raise->workflow, LINE("/workflow", "the workflow", name));
	if (r->rc == 0 && row->workflow[0] != '\0' &&
	    resume_check(r->desk, row->workflow, r->err) < 0)
		wrong_at(r, "/workflow", ERR_INVALID);
	row->failed_step = text_of(r, raise->failed_step, LINE("/failed_step", "the step", name));
	row->risk = text_of(r, raise->risk, PROSE("/risk", "the risk", prose));
	row->suggest = text_of(r, raise->suggest, PROSE("/suggest", "the suggestion", prose));
	row->resume_token = word_of(r, raise->resume_token, "/resume_token", ESCALATION_TOKEN_MAX);
	row->rule = word_of(r, raise->rule, "/rule", name);
	row->once_key = word_of(r, raise->once_key, "/once_key", name);
}

/* --- words --------------------------------------------------------------------------- */

/* A site may have reasons of its own; what is nearly one of ours is a slip. */
static void
check_reason(struct reading *r, const char *reason)
{
	const char *near = escalation_reason_meant(reason);

	if (!escalation_reason_is_sane(reason))
		wrong_at(r, "/reason",
		    err_set(r->err, ERR_INVALID,
			"the reason must be a word such as timeout or missing_data"));
	else if (near != NULL)
		wrong_at(r, "/reason",
		    err_set(r->err, ERR_INVALID,
			"the reason \"%s\" is nearly a known one; did you mean %s?", reason, near));
}

static void
read_words(struct reading *r, const struct escalation_raise *raise, struct escalation *row)
{
	enum escalation_priority priority;
	const char *near;

	if (r->rc < 0)
		return;
	row->reason = raise->reason != NULL ? raise->reason : "";
	check_reason(r, row->reason);
	if (r->rc < 0)
		return;
	row->priority = record_maybe(raise->priority) != NULL ? raise->priority : "medium";
	if (escalation_priority_parse(row->priority, &priority))
		return;
	near = text_nearest(row->priority, escalation_priority_names, ESCALATION_PRIORITY_COUNT);
	wrong_at(r, "/priority",
	    err_set(r->err, ERR_INVALID, "the priority must be critical, high, medium or low%s%s%s",
		near != NULL ? "; did you mean " : "", near != NULL ? near : "",
		near != NULL ? "?" : ""));
}

static void
read_confidence(struct reading *r, double confidence, struct escalation *row)
{
	if (r->rc < 0)
		return;
	row->confidence = -1;
	if (isnan(confidence) || confidence > 1)
		wrong_at(r, "/confidence",
		    err_set(r->err, ERR_INVALID, "the confidence must be between 0 and 1"));
	else if (confidence >= 0)
		row->confidence = (int64_t)(confidence * MILLION + 0.5);
}

/* --- JSON ------------------------------------------------------------------------------ */

static size_t
depth_of(const json_t *json)
{
	size_t most = 0, depth;
	const char *key;
	json_t *item;

	if (json_is_array(json))
		for (size_t i = 0; i < json_array_size(json); i++) {
			depth = depth_of(json_array_get(json, i));
			most = depth > most ? depth : most;
		}
	json_object_foreach((json_t *)(uintptr_t)json, key, item)
	{
		depth = depth_of(item);
		most = depth > most ? depth : most;
	}
	return most + 1;
}

/* What is shown on one line, whatever lies below it. */
static bool
is_line(const char *key)
{
	static const char *const keys[] = { "title", "url", "document" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (text_is(key, keys[i]))
			return true;
	return false;
}

static json_t *clean_json(struct arena *arena, const json_t *json, bool line);

static json_t *
clean_object(struct arena *arena, const json_t *json, bool line)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		json_object_set_new(
		    out, links_line(arena, key), clean_json(arena, value, line || is_line(key)));
	}
	return out;
}

/* The same without invisible characters and tokens of ours. New reference. */
static json_t *
clean_json(struct arena *arena, const json_t *json, bool line)
{
	const char *text = json_string_value(json);
	json_t *out;

	if (text != NULL)
		return json_string(line ? links_line(arena, text)
					: text_trim(arena_dup(arena, links_visible(arena, text))));
	if (json_is_object(json))
		return clean_object(arena, json, line);
	if (!json_is_array(json))
		return json_deep_copy(json);
	out = json_array();
	for (size_t i = 0; i < json_array_size(json); i++)
		json_array_append_new(out, clean_json(arena, json_array_get(json, i), line));
	return out;
}

struct json_rule {
	const char *pointer;
	bool is_list;
	enum { JSON_KEPT, JSON_LINES, JSON_PROSE } texts; /* of people, to be cleaned */
	/* The sentence about what is wrong with it, NULL where it is well. */
	const char *(*fault)(struct reading *r, const json_t *json);
};

/* What was sent, as it may be shown; NULL for no JSON. New reference. */
static json_t *
load(struct reading *r, const char *text, const struct json_rule *rule)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *clean;

	/* What is nested too deeply is refused as it is. */
	if (json == NULL || rule->texts == JSON_KEPT || depth_of(json) > ESCALATION_DEPTH_MAX)
		return json;
	clean = clean_json(tx_arena(r->desk->tx), json, rule->texts == JSON_LINES);
	json_decref(json);
	return clean;
}

/* Compact, or "[]" or "{}" for none. */
static const char *
json_of(struct reading *r, const char *text, const struct json_rule *rule)
{
	const char *out = rule->is_list ? "[]" : "{}", *fault = NULL, *name = rule->pointer + 1;
	json_t *json;
	int code = ERR_INVALID;

	if (r->rc < 0 || record_maybe(text) == NULL)
		return out;
	if (strlen(text) > ESCALATION_JSON_MAX) {
		wrong_at(r, rule->pointer,
		    err_set(r->err, ERR_LIMIT, "%s is longer than %d KiB", name,
			ESCALATION_JSON_MAX >> 10));
		return out;
	}
	json = load(r, text, rule);
	if (rule->is_list ? !json_is_array(json) : !json_is_object(json))
		fault = rule->is_list ? "must be a JSON list" : "must be a JSON object";
	else if (depth_of(json) > ESCALATION_DEPTH_MAX)
		fault = "is nested too deeply", code = ERR_LIMIT;
	else if (rule->is_list && json_array_size(json) > ESCALATION_ITEMS_MAX)
		fault = "has too many entries", code = ERR_LIMIT;
	else if (rule->fault != NULL)
		fault = rule->fault(r, json);
	if (fault != NULL)
		wrong_at(r, rule->pointer, err_set(r->err, code, "%s %s", name, fault));
	else
		out = view_dump(tx_arena(r->desk->tx), json);
	json_decref(json);
	return out;
}

static bool
is_within(const json_t *text, size_t max)
{
	return json_is_string(text) && json_string_length(text) <= max;
}

static const char *
missing_fault(struct reading *r, const json_t *list)
{
	(void)r;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_within(json_array_get(list, i), MISSING_TEXT_MAX))
			return "must name each thing with a text of at most 200 bytes";
	return NULL;
}

/* A link leads to this site only: nobody is sent elsewhere in our name. */
static bool
is_own_link(const struct desk *desk, const char *url)
{
	const char *site = desk->policy->public_url;
	size_t n = strlen(site);

	/* Mail programs find an address behind a blank by themselves. */
	if (strpbrk(url, " \"<>\\") != NULL)
		return false;
	if (url[0] == '/')
		return url[1] != '/' && url[1] != '\\';
	return n > 0 && strncmp(url, site, n) == 0 && url[n] == '/';
}

static const char *
document_fault(struct reading *r, const json_t *kind)
{
	const char *names[DOCUMENT_KINDS], *near;
	const char *name = json_string_value(kind);

	for (size_t i = 0; i < DOCUMENT_KINDS; i++) {
		names[i] = document_kind_name((enum document_kind)i);
		if (text_is(name, names[i]))
			return NULL;
	}
	near = name != NULL ? text_nearest(name, names, DOCUMENT_KINDS) : NULL;
	return arena_printf(tx_arena(r->desk->tx),
	    "of type document must name its kind: summary, handoff, resolution, proposal or "
	    "notes%s%s%s",
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

static const char *
artifact_fault(struct reading *r, const json_t *item)
{
	const char *type = json_string_value(json_object_get(item, "type"));
	const char *url = json_string_value(json_object_get(item, "url"));

	if (!is_within(json_object_get(item, "title"), ESCALATION_TITLE_MAX))
		return "must have a title, a text of at most 300 bytes, in each entry";
	if (text_is(type, "text"))
		return json_is_string(json_object_get(item, "text"))
		    ? NULL
		    : "of type text must have a text";
	if (text_is(type, "json"))
		return json_object_get(item, "json") != NULL ? NULL : "of type json must have json";
	if (text_is(type, "link"))
		return url != NULL && is_own_link(r->desk, url)
		    ? NULL
		    : "of type link must have a url of this site";
	if (text_is(type, "document"))
		return document_fault(r, json_object_get(item, "document"));
	return "must have the type text, json, link or document in each entry";
}

static const char *
artifacts_fault(struct reading *r, const json_t *list)
{
	const char *fault = NULL;

	for (size_t i = 0; fault == NULL && i < json_array_size(list); i++)
		fault = artifact_fault(r, json_array_get(list, i));
	return fault;
}

/* 0: there is no such text of a packet. */
static size_t
room_of(const char *field)
{
	if (text_is(field, "title"))
		return ESCALATION_TITLE_MAX;
	return text_is(field, "suggest") || text_is(field, "risk") ? ESCALATION_TEXT_MAX : 0;
}

static const char *
texts_fault(struct reading *r, const json_t *texts)
{
	const char *field, *locale;
	json_t *words, *text;

	(void)r;
	json_object_foreach((json_t *)(uintptr_t)texts, field, words)
	{
		if (room_of(field) == 0)
			return "may have title, suggest and risk";
		if (!json_is_object(words))
			return "must have a text for each language";
		json_object_foreach(words, locale, text)
		{
			if (!json_is_string(text))
				return "must have a text for each language";
			if (!is_within(text, room_of(field)))
				return "may have 300 bytes of a title, and 4000 of the others";
		}
	}
	return NULL;
}

/* --- levels ---------------------------------------------------------------------------- */

static bool
level_of(const json_t *json, struct escalation_level *out)
{
	const char *to = json_string_value(json_object_get(json, "to"));
	const json_t *after = json_object_get(json, "after_ms");
	const json_t *repeat = json_object_get(json, "repeat_ms");

	if (to == NULL || !json_is_integer(after) || (repeat != NULL && !json_is_integer(repeat)))
		return false;
	*out =
	    (struct escalation_level){ json_integer_value(after), json_integer_value(repeat), to };
	return true;
}

static const char *
levels_fault(struct reading *r, const json_t *list)
{
	struct escalation_level level = { 0 };
	span_ms last = 0;

	(void)r;
	if (json_array_size(list) > ESCALATION_LEVELS_MAX)
		return "are more than 10";
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!level_of(json_array_get(list, i), &level) || level.to[0] == '\0' ||
		    strlen(level.to) > ESCALATION_NAME_MAX)
			return "must each have after_ms, a number, and to, a role or address";
		if (level.after <= last || level.after > ESCALATION_DUE_MAX)
			return "must each come later than the one before, within a year";
		if (level.repeat != 0 && level.repeat < REPEAT_MIN)
			return "may repeat every five minutes at most";
		last = level.after;
	}
	return NULL;
}

size_t
escalation_levels(struct desk *desk, const struct escalation *e,
    struct escalation_level out[ESCALATION_LEVELS_MAX])
{
	json_t *list = json_loads(e->levels, 0, NULL);
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list) && n < ESCALATION_LEVELS_MAX; i++) {
		if (!level_of(json_array_get(list, i), &out[n]))
			continue;
		out[n].to = arena_dup(tx_arena(desk->tx), out[n].to);
		n++;
	}
	json_decref(list);
	return n;
}

/* clang-format off */
static const struct json_rule missing_rule = { "/missing", true, JSON_LINES, missing_fault };
static const struct json_rule artifacts_rule = { "/artifacts", true, JSON_PROSE, artifacts_fault };
static const struct json_rule texts_rule = { "/texts", false, JSON_PROSE, texts_fault };
static const struct json_rule levels_rule = { "/levels", true, JSON_KEPT, levels_fault };
static const struct json_rule override_rule = { "/override", false, JSON_KEPT, NULL };
/* clang-format on */

/* --- people, places and times -------------------------------------------------------------- */

static void
read_subject(struct reading *r, const struct escalation_raise *raise, struct escalation *row)
{
	struct organisation organisation = { .key = "" };
	struct ticket ticket = { 0 };
	const char *key = record_maybe(raise->organisation);

	if (r->rc < 0)
		return;
	if (!id_is_null(&raise->ticket))
		r->rc = ticket_get(r->desk->tx, &raise->ticket, &ticket, r->err);
	if (r->rc < 0) {
		wrong_at(r, "/ticket", r->rc);
		return;
	}
	row->ticket = raise->ticket;
	if (key != NULL)
		r->rc = verb_organisation(r->desk, key, &organisation, r->err);
	else if (!id_is_null(&ticket.organisation))
		r->rc = organisation_get(r->desk->tx, &ticket.organisation, &organisation, r->err);
	if (r->rc == ERR_NOT_FOUND)
		r->rc = r->err->code = ERR_INVALID;
	if (r->rc < 0)
		*wrong_of(r) = "/organisation";
	row->organisation = organisation.key;
}

static void
check_places(struct reading *r, const struct escalation *row)
{
	struct escalation_level levels[ESCALATION_LEVELS_MAX];
	size_t n = r->rc == 0 ? escalation_levels(r->desk, row, levels) : 0;

	if (r->rc < 0)
		return;
	if (escalation_check_to(r->desk, row->organisation, row->first_to, r->err) < 0)
		wrong_at(r, "/to", ERR_INVALID);
	for (size_t i = 0; r->rc == 0 && i < n; i++)
		if (escalation_check_to(r->desk, row->organisation, levels[i].to, r->err) < 0)
			wrong_at(r, "/levels", ERR_INVALID);
}

static void
read_places(struct reading *r, const struct escalation_raise *raise, struct escalation *row)
{
	row->levels = json_of(r, raise->levels, &levels_rule);
	row->first_to = word_of(r, raise->to, "/to", ESCALATION_NAME_MAX);
	if (row->first_to[0] == '\0')
		row->first_to = escalation_default_to(r->desk);
	/* Why a rule's are taken as they are: a packet to nobody is better told than lost. */
	if (row->rule[0] == '\0' && row->first_to[0] != '\0')
		check_places(r, row);
}

static void
read_due(struct reading *r, utc_ms due, struct escalation *row)
{
	utc_ms now = r->desk->now;

	if (r->rc < 0)
		return;
	row->due = due != 0 ? due : escalation_after(r->desk, row, now, ESCALATION_DUE);
	if (row->due <= now || row->due > now + ESCALATION_DUE_MAX)
		wrong_at(r, "/due",
		    err_set(r->err, ERR_INVALID, "it must be due later than now, within a year"));
}

int
escalation_read(struct desk *desk, const struct escalation_raise *raise, struct escalation *row,
    struct err *err)
{
	struct reading r = reading_of(desk, raise->wrong, err);

	read_texts(&r, raise, row);
	read_words(&r, raise, row);
	read_confidence(&r, raise->confidence, row);
	row->missing = json_of(&r, raise->missing, &missing_rule);
	row->artifacts = json_of(&r, raise->artifacts, &artifacts_rule);
	row->texts = json_of(&r, raise->texts, &texts_rule);
	read_subject(&r, raise, row);
	read_places(&r, raise, row);
	read_due(&r, raise->due, row);
	return r.rc;
}

int
escalation_read_resolution(
    struct desk *desk, const struct escalation_wish *wish, struct escalation *row, struct err *err)
{
	struct reading r = reading_of(desk, wish->wrong, err);

	row->action =
	    text_of(&r, wish->action, PROSE("/action", "what was done", ESCALATION_TEXT_MAX));
	row->notes = text_of(&r, wish->notes, PROSE("/notes", "the notes", ESCALATION_TEXT_MAX));
	row->override_json = json_of(&r, wish->override_json, &override_rule);
	return r.rc;
}
