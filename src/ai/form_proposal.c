#include <assent/base/utf8.h>

#include "ai/form_priv.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define BLOCKS_MAX 32
#define LIST_MAX 8
#define ITEM_MAX ((size_t)500)
#define FIX_TITLE_MAX ((size_t)200)
#define DESCRIPTION_MAX ((size_t)2000)

/* --- the last block ---------------------------------------------------------------- */

/* Where the object at p ends, its braces counted outside of strings; NULL when it does not. */
static const char *
end_of_object(const char *p)
{
	size_t depth = 0;
	bool inside = false;

	for (; *p != '\0'; p++) {
		if (inside && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			inside = !inside;
		else if (!inside && *p == '{')
			depth++;
		else if (!inside && *p == '}' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

static bool
is_proposal(const json_t *json)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return false;
	json_object_foreach((json_t *)json, name, value)
	{
		if (!text_is(name, "fix") && !text_is(name, "questions") &&
		    !text_is(name, "actions"))
			return false;
	}
	return true;
}

static json_t *
last_block(const char *text, size_t *ignored)
{
	json_t *last = NULL;
	const char *end;

	for (size_t i = 0; i < BLOCKS_MAX && (text = strchr(text, '{')) != NULL; i++) {
		json_t *json;
		end = end_of_object(text);
		json = end != NULL
		    ? json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL)
		    : NULL;
		if (is_proposal(json)) {
			json_decref(last);
			last = json;
		} else {
			json_decref(json);
			++*ignored;
		}
		text = end != NULL ? end : text + 1;
	}
	return last;
}

/* --- its parts ------------------------------------------------------------------------ */

/* A text that may be said, or NULL with a fault. */
static const char *
read_text(struct forming *f, const json_t *value, size_t max, const char *what)
{
	struct form_faults why = { .count = 0 };
	struct form_faults *faults = f->faults;
	const char *text = json_string_value(value);
	bool good;

	if (text == NULL || text_is_blank(text) || strlen(text) > max) {
		form_fault(f, "Ignored: %s is no text of 1 to %zu bytes.", what, max);
		return NULL;
	}
	f->faults = &why;
	good = form_is_plain(f, text);
	f->faults = faults;
	if (!good) {
		form_fault(f, "Ignored: %s. %s", what, why.items[0]);
		return NULL;
	}
	return text;
}

static int
read_confidence(struct forming *f, const json_t *value)
{
	double n = json_number_value(value);

	if (!json_is_number(value) || isnan(n))
		form_fault(f, "The fix's confidence is no number from 0 to 100 and taken for 0.");
	return n < 0 ? 0 : n > 100 ? 100 : (int)n;
}

static void
read_fix(struct forming *f, const json_t *fix, json_t *out)
{
	const char *title, *text = "";
	const json_t *description = json_object_get(fix, "description");

	if (fix == NULL || json_is_null(fix))
		return;
	title = read_text(f, json_object_get(fix, "title"), FIX_TITLE_MAX, "the fix's title");
	if (json_string_length(description) > 0)
		text = read_text(f, description, DESCRIPTION_MAX, "the fix's description");
	if (title == NULL || text == NULL)
		return;
	json_object_set_new(out, "fix",
	    json_pack("{s:s, s:s, s:i}", "title", title, "description", text, "confidence",
		read_confidence(f, json_object_get(fix, "confidence"))));
}

static void
read_list(struct forming *f, const json_t *proposal, const char *name, json_t *out)
{
	const json_t *list = json_object_get(proposal, name), *item;
	json_t *kept = json_array();
	size_t i;

	if (list != NULL && !json_is_array(list))
		form_fault(f, "Ignored: %s is no list.", name);
	json_array_foreach(list, i, item)
	{
		const char *text =
		    json_array_size(kept) < LIST_MAX ? read_text(f, item, ITEM_MAX, name) : NULL;
		if (text != NULL)
			json_array_append_new(kept, json_string(text));
	}
	json_object_set_new(out, name, kept);
}

bool
form_read_proposal(struct forming *f, const char **out)
{
	size_t ignored = 0;
	json_t *proposal = last_block(f->check->text, &ignored), *kept;
	bool is_empty, was_empty;
	char *text;

	if (proposal == NULL) {
		form_fault(f,
		    "Write one JSON object {\"fix\": {\"title\", \"description\", \"confidence\"}, "
		    "\"questions\": [], \"actions\": []} and no other keys.");
		return false;
	}
	if (ignored > 0)
		form_fault(f, "Ignored: %zu blocks that are no proposals.", ignored);
	kept = json_object();
	read_fix(f, json_object_get(proposal, "fix"), kept);
	read_list(f, proposal, "questions", kept);
	read_list(f, proposal, "actions", kept);
	text = json_dumps(kept, JSON_COMPACT);
	*out = arena_dup(f->arena, text);
	free(text); /* house: library memory */
	is_empty = text_is(*out, "{\"questions\":[],\"actions\":[]}");
	was_empty = json_object_get(proposal, "fix") == NULL &&
	    json_array_size(json_object_get(proposal, "questions")) == 0 &&
	    json_array_size(json_object_get(proposal, "actions")) == 0;
	json_decref(kept);
	json_decref(proposal);
	return !is_empty || was_empty;
}
