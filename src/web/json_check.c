/* json_body, second half: what an object must hold, and answers. */
#include <assent/web/json_body.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/address.h>

#include <string.h>

#define TOO_LONG \
	"{\"error\":{\"code\":\"limit\",\"message\":\"the answer is longer than this server " \
	"sends\"}}\n"

static const char *
kind_name(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_KIND_TEXT] = "a text",
		[JSON_KIND_ADDRESS] = "a mail address",
		[JSON_KIND_BOOLEAN] = "true or false",
		[JSON_KIND_INTEGER] = "a whole number",
		[JSON_KIND_NUMBER] = "a number",
		[JSON_KIND_LIST] = "a list",
		[JSON_KIND_OBJECT] = "an object",
	};

	return names[kind];
}

static bool
has_kind(const json_t *value, enum json_kind kind)
{
	switch (kind) {
	case JSON_KIND_TEXT:
	case JSON_KIND_ADDRESS:
		return json_is_string(value);
	case JSON_KIND_BOOLEAN:
		return json_is_boolean(value);
	case JSON_KIND_INTEGER:
		return json_is_integer(value);
	case JSON_KIND_NUMBER:
		return json_is_number(value);
	case JSON_KIND_LIST:
		return json_is_array(value);
	case JSON_KIND_OBJECT:
		return json_is_object(value);
	}
	return false;
}

static bool
check_text(const json_t *value, const struct json_field *field, const char *pointer,
    struct json_fault *fault)
{
	const char *text = json_string_value(value);

	if (field->max > 0 && json_string_length(value) > field->max)
		return json_fault(fault, "too-long", pointer,
		    "%s may have at most %zu bytes, not %zu", field->name, field->max,
		    json_string_length(value));
	if (field->required && text_is_blank(text))
		return json_fault(fault, "missing", pointer, "%s must not be empty", field->name);
	return true;
}

static bool
check_address(const json_t *value, const struct json_field *field, const char *pointer,
    struct json_fault *fault)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	const char *text = json_string_value(value);

	/* "" is "none", as a form would send it. */
	if (*text == '\0' && !field->required)
		return true;
	arena = arena_new(64u << 10);
	if (address_read(arena, text) == NULL)
		return json_fault(fault, "invalid", pointer,
		    "%s must be one plain mail address, such as eve@help.example", field->name);
	return true;
}

static bool
check_field(const json_t *value, const struct json_field *field, const char *pointer,
    struct json_fault *fault)
{
	if (!has_kind(value, field->kind))
		return json_fault(fault, "invalid", pointer, "%s must be %s", field->name,
		    kind_name(field->kind));
	if (json_is_string(value) && !check_text(value, field, pointer, fault))
		return false;
	if (field->kind == JSON_KIND_ADDRESS)
		return check_address(value, field, pointer, fault);
	if (field->kind == JSON_KIND_LIST && field->max > 0 && json_array_size(value) > field->max)
		return json_fault(fault, "too-long", pointer,
		    "%s may have at most %zu entries, not %zu", field->name, field->max,
		    json_array_size(value));
	return true;
}

static bool
is_known(const struct json_field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (text_is(fields->name, name))
			return true;
	return false;
}

static bool
check_unknown(
    const struct json_part *part, const struct json_field *fields, struct json_fault *fault)
{
	char at[JSON_POINTER_MAX + 1];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)part->object, name, value)
	{
		if (is_known(fields, name))
			continue;
		memcpy(at, part->pointer, strlen(part->pointer) + 1);
		json_pointer_add(at, name);
		return json_fault(fault, "unknown-field", at,
		    "there is no field %s here; look at its spelling", at);
	}
	return true;
}

bool
json_check(const struct json_part *part, const struct json_field *fields, bool strict,
    struct json_fault *fault)
{
	char at[JSON_POINTER_MAX + 1];

	for (const struct json_field *field = fields; field->name != NULL; field++) {
		const json_t *value = json_object_get(part->object, field->name);

		memcpy(at, part->pointer, strlen(part->pointer) + 1);
		json_pointer_add(at, field->name);
		if (value == NULL || json_is_null(value)) {
			if (field->required)
				return json_fault(
				    fault, "missing", at, "%s is missing", field->name);
			continue;
		}
		if (!check_field(value, field, at, fault))
			return false;
	}
	return !strict || check_unknown(part, fields, fault);
}

const char *
json_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* --- answers --------------------------------------------------------------- */

static int
add_chunk(const char *bytes, size_t n, void *out)
{
	str_add_n(out, bytes, n);
	return 0;
}

void
json_answer_text(const json_t *json, struct str *out)
{
	json_dump_callback(json, add_chunk, out, JSON_COMPACT);
	str_add_char(out, '\n');
}

void
json_answer(struct http_request *rq, struct http_answer *answer, int status, json_t *json)
{
	str_clear(rq->page);
	json_answer_text(json, rq->page);
	json_decref(json);
	if (str_overflowed(rq->page)) {
		http_answer_text(answer, 500, TOO_LONG);
		answer->type = JSON_TYPE;
		return;
	}
	http_answer_page(answer, rq, status, JSON_TYPE);
}

json_t *
json_fault_json(const struct json_fault *fault)
{
	AUTO(str_donep) struct str sentence = STR_INIT(4 * sizeof(fault->message));
	json_t *error;

	/* It may quote what somebody sent, and be clipped inside a character. */
	utf8_add_line(&sentence, fault->message, sizeof(fault->message));
	error = json_pack("{s:s, s:s}", "code", fault->code, "message", str_text(&sentence));
	if (fault->has_pointer)
		json_object_set_new(error, "pointer", json_string(fault->pointer));
	return json_pack("{s:o}", "error", error);
}

void
json_answer_fault(
    struct http_request *rq, struct http_answer *answer, const struct json_fault *fault)
{
	json_answer(rq, answer, fault->status, json_fault_json(fault));
	if (fault->status == 503)
		http_answer_header(answer, "Retry-After", "60");
}

void
json_fault_of(struct json_fault *fault, const struct err *err)
{
	json_fault(fault, err_name(err->code), NULL, "%s", err->text);
}
