#include <assent/text/strict.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 60 /* bytes of a key that a pointer shows */
#define LEVELS_MAX 64 /* a pointer names no deeper place */

/* --- where in the text ----------------------------------------------------- */

struct level {
	bool is_list;
	size_t index; /* of a list's item */
	const char *key; /* of an object's, as written; NULL before the first */
	size_t key_len;
};

/* A walk over text that may be no JSON: it only has to find the way to a place. */
struct walk {
	const char *at, *end;
	struct level levels[LEVELS_MAX];
	size_t depth; /* may pass LEVELS_MAX; deeper levels are not kept */
	size_t most; /* stop where this is passed */
};

static struct level *
top(struct walk *walk)
{
	return walk->depth > 0 && walk->depth <= LEVELS_MAX ? &walk->levels[walk->depth - 1] : NULL;
}

/* Just after an opening quote: pass the string. */
static void
pass_string(struct walk *walk)
{
	for (; walk->at < walk->end && *walk->at != '"'; walk->at++)
		if (*walk->at == '\\' && walk->at + 1 < walk->end)
			walk->at++;
	if (walk->at < walk->end)
		walk->at++;
}

/* The first string of an object's member is its key. */
static void
take_string(struct walk *walk, bool is_key)
{
	const char *start = walk->at;
	struct level *level = top(walk);

	pass_string(walk);
	if (!is_key || level == NULL || level->is_list)
		return;
	level->key = start;
	level->key_len = (size_t)(walk->at - start) - (walk->at > start);
}

static void
open_level(struct walk *walk, bool is_list)
{
	struct level *level;

	walk->depth++;
	level = top(walk);
	if (level != NULL)
		*level = (struct level){ .is_list = is_list };
}

static void
next_item(struct walk *walk)
{
	struct level *level = top(walk);

	if (level != NULL && level->is_list)
		level->index++;
}

/* Until the end, or the bracket that is one too deep (true). */
static bool
walk_on(struct walk *walk)
{
	bool wants_key = false;

	while (walk->at < walk->end) {
		char c = *walk->at++;

		if (c == '"') {
			take_string(walk, wants_key);
			wants_key = false;
		} else if (c == '{' || c == '[') {
			if (walk->depth == walk->most)
				return true;
			open_level(walk, c == '[');
			wants_key = c == '{';
		} else if ((c == '}' || c == ']') && walk->depth > 0) {
			walk->depth--;
		} else if (c == ',') {
			next_item(walk);
			wants_key = true;
		}
	}
	return false;
}

void
strict_add_key(struct str *pointer, const char *key, size_t n)
{
	AUTO(str_donep) struct str line = STR_INIT(8 * KEY_MAX);
	char start[KEY_MAX + 1] = "";

	memcpy(start, key, n < KEY_MAX ? n : KEY_MAX);
	utf8_add_line(&line, start, sizeof(start));
	str_add_char(pointer, '/');
	for (const char *c = str_text(&line); *c != '\0'; c++) {
		if (*c == '~')
			str_add(pointer, "~0");
		else if (*c == '/')
			str_add(pointer, "~1");
		else
			str_add_char(pointer, *c);
	}
}

/* A key means what its escapes mean. */
static void
add_key(struct str *pointer, const struct level *level)
{
	json_t *name = memchr(level->key, '\\', level->key_len) != NULL
	    ? json_loadb(level->key - 1, level->key_len + 2, JSON_DECODE_ANY, NULL)
	    : NULL;

	if (name != NULL)
		strict_add_key(pointer, json_string_value(name), json_string_length(name));
	else
		strict_add_key(pointer, level->key, level->key_len);
	json_decref(name);
}

static void
tell_place(const struct walk *walk, struct strict_fault *fault)
{
	AUTO(str_donep) struct str pointer = STR_INIT(LEVELS_MAX * (2 * KEY_MAX + 8));
	size_t n = walk->depth < LEVELS_MAX ? walk->depth : LEVELS_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct level *level = &walk->levels[i];
		if (level->is_list)
			str_addf(&pointer, "/%zu", level->index);
		else if (level->key != NULL)
			add_key(&pointer, level);
	}
	n = utf8_cut(str_text(&pointer), pointer.len, sizeof(fault->pointer) - 1);
	memcpy(fault->pointer, str_text(&pointer), n);
	fault->pointer[n] = '\0';
}

/* --- reading --------------------------------------------------------------- */

static size_t
count_brackets(const char *bytes, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (bytes[i] | 0x20) == '{'; /* '[' and '{' differ in this bit only */
	return count;
}

static bool
is_too_deep(const char *bytes, size_t n, size_t depth, struct strict_fault *fault)
{
	struct walk walk = { .at = bytes, .end = bytes + n, .most = depth };

	if (count_brackets(bytes, n) <= depth || !walk_on(&walk))
		return false;
	fault->code = "too-deep";
	tell_place(&walk, fault);
	snprintf(fault->message, sizeof(fault->message),
	    "objects and lists lie more than %zu deep inside each other", depth);
	return true;
}

static void
tell_error(const char *bytes, size_t n, const json_error_t *error, struct strict_fault *fault)
{
	size_t to = error->position > 0 ? (size_t)error->position : 0;
	struct walk walk = { .at = bytes, .end = bytes + (to < n ? to : n), .most = SIZE_MAX };
	AUTO(str_donep) struct str words = STR_INIT(2 * sizeof(error->text));
	bool doubled = json_error_code(error) == json_error_duplicate_key;

	walk_on(&walk);
	tell_place(&walk, fault);
	fault->code = doubled ? "doubled-key" : "syntax";
	utf8_add_line(&words, error->text, 100);
	if (doubled)
		snprintf(
		    fault->message, sizeof(fault->message), "this key stands in its object twice");
	else
		snprintf(fault->message, sizeof(fault->message),
		    "not JSON: %s (line %d, column %d)", str_text(&words), error->line,
		    error->column);
}

json_t *
strict_read(const char *bytes, size_t n, size_t depth, struct strict_fault *fault)
{
	json_error_t error;
	json_t *json;

	if (is_too_deep(bytes, n, depth, fault))
		return NULL;
	json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		tell_error(bytes, n, &error, fault);
		return NULL;
	}
	if (json_is_object(json))
		return json;
	json_decref(json);
	*fault = (struct strict_fault){ .code = "not-an-object",
		.message = "the body must be one JSON object" };
	return NULL;
}
