/* json_body, first half: from bytes to an object, with the place of what is wrong. */
#include <assent/web/json_body.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LEVELS (JSON_BODY_DEPTH + 2)

/* clang-format off */
static const struct {
	const char *code;
	int status;
} codes[] = {
	{ "json",		400 },
	{ "cursor",		400 },
	{ "unauthorized",	401 },
	{ "scope",		403 },
	{ "denied",		403 },
	{ "not-found",		404 },
	{ "method",		405 },
	{ "conflict",		409 },
	{ "too-large",		413 },
	{ "media-type",		415 },
	{ "rate",		429 },
	{ "busy",		503 },
	{ "io",			503 },
	{ "peer",		503 },
	{ "full",		503 },
};
/* clang-format on */

static int
status_of(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (text_is(codes[i].code, code))
			return codes[i].status;
	return 422;
}

bool
json_fault(struct json_fault *fault, const char *code, const char *pointer, const char *fmt, ...)
{
	va_list args;

	fault->status = status_of(code);
	fault->code = code;
	fault->has_pointer = pointer != NULL;
	fault->pointer[0] = '\0';
	if (pointer != NULL)
		snprintf(fault->pointer, sizeof(fault->pointer), "%.*s",
		    (int)utf8_cut(pointer, strlen(pointer), JSON_POINTER_MAX), pointer);
	va_start(args, fmt);
	vsnprintf(fault->message, sizeof(fault->message), fmt, args);
	va_end(args);
	return false;
}

/* --- pointers -------------------------------------------------------------- */

void
json_pointer_add(char *pointer, const char *name)
{
	size_t len = strlen(pointer);
	AUTO(str_donep) struct str part = STR_INIT(2 * JSON_POINTER_MAX + 8);

	if (len >= JSON_POINTER_MAX)
		return;
	str_add_char(&part, '/');
	for (; *name != '\0' && part.len <= JSON_POINTER_MAX; name++) {
		if (*name == '~')
			str_add(&part, "~0");
		else if (*name == '/')
			str_add(&part, "~1");
		else
			str_add_char(&part, *name);
	}
	/* Neither a character nor an escape is cut in two. */
	size_t cut = utf8_cut(str_text(&part), part.len, JSON_POINTER_MAX - len);
	if (cut < part.len && cut > 0 && str_text(&part)[cut - 1] == '~')
		cut--;
	memcpy(pointer + len, str_text(&part), cut);
	pointer[len + cut] = '\0';
}

void
json_pointer_add_index(char *pointer, size_t index)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", index);
	json_pointer_add(pointer, digits);
}

/* --- finding the place of a fault ------------------------------------------ */

struct level { /* an object or array that is open at some place */
	bool is_object;
	bool wants_key; /* the next string is a member's name */
	const char *key; /* with its quotes; NULL while none was read */
	size_t key_len, index;
};

struct walk {
	struct level levels[LEVELS];
	size_t depth; /* may exceed LEVELS: counted, not kept */
	size_t too_deep; /* where the first bracket too many is; SIZE_MAX without */
};

/* The end of a string that begins at bytes[at], behind its last quote. */
static size_t
string_end(const char *bytes, size_t at, size_t n)
{
	for (at++; at < n; at++) {
		if (bytes[at] == '\\')
			at++;
		else if (bytes[at] == '"')
			return at + 1;
	}
	return n;
}

static void
walk_open(struct walk *walk, size_t at, bool is_object)
{
	if (walk->depth < LEVELS)
		walk->levels[walk->depth] =
		    (struct level){ .is_object = is_object, .wants_key = is_object };
	if (++walk->depth > JSON_BODY_DEPTH && walk->too_deep == SIZE_MAX)
		walk->too_deep = at;
}

static struct level *
walk_level(struct walk *walk)
{
	return walk->depth > 0 && walk->depth <= LEVELS ? &walk->levels[walk->depth - 1] : NULL;
}

static void
walk_comma(struct level *level)
{
	if (level == NULL)
		return;
	level->index++;
	level->wants_key = level->is_object;
	level->key = NULL;
}

static void
walk_key(struct level *level, const char *text, size_t len)
{
	if (level == NULL || !level->wants_key)
		return;
	level->key = text;
	level->key_len = len;
	level->wants_key = false;
}

/* What is open at bytes[n]; no judge of JSON, only a counter of brackets. */
static void
walk_to(struct walk *walk, const char *bytes, size_t n)
{
	walk->depth = 0;
	walk->too_deep = SIZE_MAX;
	for (size_t at = 0; at < n; at++) {
		size_t end;

		switch (bytes[at]) {
		case '"':
			end = string_end(bytes, at, n);
			walk_key(walk_level(walk), bytes + at, end - at);
			at = end - 1;
			break;
		case '{':
		case '[':
			walk_open(walk, at, bytes[at] == '{');
			break;
		case '}':
		case ']':
			walk->depth -= walk->depth > 0;
			break;
		case ',':
			walk_comma(walk_level(walk));
			break;
		}
	}
}

/* A key as it was written becomes what it means; what cannot be read is left out. */
static void
add_key(char *pointer, const struct level *level)
{
	json_t *name = json_loadb(level->key, level->key_len, JSON_DECODE_ANY, NULL);

	json_pointer_add(pointer, name != NULL ? json_string_value(name) : "?");
	json_decref(name);
}

static void
pointer_at(const char *bytes, size_t n, char pointer[JSON_POINTER_MAX + 1])
{
	struct walk walk;

	pointer[0] = '\0';
	walk_to(&walk, bytes, n);
	for (size_t i = 0; i < walk.depth && i < LEVELS; i++) {
		const struct level *level = &walk.levels[i];

		if (!level->is_object)
			json_pointer_add_index(pointer, level->index);
		else if (level->key != NULL)
			add_key(pointer, level);
		else
			break;
	}
}

/* --- reading --------------------------------------------------------------- */

static bool
refuse(const char *bytes, size_t n, const json_error_t *why, struct json_fault *fault)
{
	char pointer[JSON_POINTER_MAX + 1];
	size_t at = why->position < 0 ? 0 : (size_t)why->position;

	pointer_at(bytes, at < n ? at : n, pointer);
	switch (json_error_code(why)) {
	case json_error_duplicate_key:
		return json_fault(fault, "duplicate-key", pointer,
		    "the key at %s is there twice; send each key once", pointer);
	case json_error_numeric_overflow:
		return json_fault(fault, "invalid", pointer,
		    "the number at %s is too large or too precise", pointer);
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return json_fault(
		    fault, "invalid", pointer, "the text at %s holds a NUL character", pointer);
	default:
		return json_fault(fault, "json", pointer,
		    "the body is not JSON: line %d, column %d: %s", why->line, why->column,
		    why->text);
	}
}

bool
json_body_parse(const char *bytes, size_t n, json_t **out, struct json_fault *fault)
{
	char pointer[JSON_POINTER_MAX + 1];
	json_error_t why = { .position = 0 };
	struct walk walk;
	json_t *json;

	/* Before jansson, which goes down to 2048 levels. */
	walk_to(&walk, bytes, n);
	if (walk.too_deep != SIZE_MAX) {
		pointer_at(bytes, walk.too_deep, pointer);
		return json_fault(fault, "too-deep", pointer,
		    "objects and lists lie more than %d levels within each other", JSON_BODY_DEPTH);
	}
	json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (json == NULL)
		return refuse(bytes, n, &why, fault);
	if (!json_is_object(json)) {
		json_decref(json);
		return json_fault(fault, "invalid", "", "the body must be a JSON object");
	}
	*out = json;
	return true;
}

bool
json_body_is_type(const char *content_type)
{
	AUTO(mem_freep) char *copy = NULL;
	const char *charset;
	char *type, *parameters;

	if (content_type == NULL || strlen(content_type) > 200)
		return false;
	copy = mem_dup(content_type);
	text_lower(copy);
	parameters = copy;
	type = text_trim(strsep(&parameters, ";"));
	if (!text_is(type, "application/json") &&
	    !(text_starts(type, "application/") && text_ends_nocase(type, "+json")))
		return false;
	charset = parameters != NULL ? strstr(parameters, "charset=") : NULL;
	if (charset == NULL)
		return true;
	charset += strlen("charset=");
	charset += *charset == '"';
	return text_starts(charset, "utf-8");
}

bool
json_body_read(const struct http_request *rq, json_t **out, struct json_fault *fault)
{
	if (!json_body_is_type(http_header(rq, "Content-Type")))
		return json_fault(fault, "media-type", NULL,
		    "the body must be JSON; send Content-Type: application/json");
	return json_body_parse(rq->body, rq->body_len, out, fault);
}
