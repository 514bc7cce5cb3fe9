/*
 * Property: what json_body_parse() takes is an object of at most 32 levels
 * that is taken again when it is written out. What it refuses has a clean
 * sentence and a pointer; where a lenient reader takes the bytes, the pointer
 * leads to a value in it.
 */
#include <assent/base/utf8.h>
#include <assent/text/strict.h>
#include <assent/web/json_body.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static size_t
depth_of(const json_t *json)
{
	size_t deepest = 0, i;
	const char *key;
	json_t *value;

	if (json_is_object(json)) {
		json_object_foreach((json_t *)(uintptr_t)json, key, value)
		{
			size_t n = depth_of(value);
			deepest = n > deepest ? n : deepest;
		}
	}
	json_array_foreach(json, i, value)
	{
		size_t n = depth_of(value);
		deepest = n > deepest ? n : deepest;
	}
	return deepest + (json_is_object(json) || json_is_array(json));
}

static void
check_taken(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	struct json_fault fault;
	json_t *again = NULL;

	demand(json_is_object(json) && text != NULL);
	demand(depth_of(json) <= JSON_BODY_DEPTH);
	demand(json_body_parse(text, strlen(text), &again, &fault));
	demand(json_equal(json, again));
	json_decref(again);
	free(text); /* house: library memory */
}

static size_t
number(const char *text)
{
	size_t n = 0;

	demand(*text != '\0');
	for (; *text != '\0'; text++) {
		demand(*text >= '0' && *text <= '9');
		n = n * 10 + (size_t)(*text - '0');
	}
	return n;
}

static void
unescape(char *part)
{
	char *to = part;

	for (; *part != '\0'; part++) {
		*to = *part;
		if (*part == '~') {
			part++;
			demand(*part == '0' || *part == '1');
			*to = *part == '0' ? '~' : '/';
		}
		to++;
	}
	*to = '\0';
}

/* As RFC 6901 section 4 evaluates. */
static void
check_pointer(const json_t *json, const char *pointer)
{
	char copy[JSON_POINTER_MAX + 1];
	char *rest = copy, *part;

	memcpy(copy, pointer, strlen(pointer) + 1);
	(void)strsep(&rest, "/");
	while ((part = strsep(&rest, "/")) != NULL) {
		if (json_is_array(json)) {
			json = json_array_get(json, number(part));
		} else {
			unescape(part);
			json = json_object_get(json, part);
		}
		demand(json != NULL);
	}
}

/*
 * Long keys are shortened, and characters that nobody sees left out: such
 * pointers are for people only.
 */
static bool
is_whole(const char *bytes, size_t n, const char *pointer)
{
	size_t part = 0;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)bytes[i] < ' ' || (unsigned char)bytes[i] >= 0x7f ||
		    bytes[i] == '\\')
			return false;
	for (const char *c = pointer; *c != '\0'; c++) {
		part = *c == '/' ? 0 : part + 1;
		if (part > 30)
			return false;
	}
	return strlen(pointer) < STRICT_POINTER_MAX - 8;
}

static void
check_refused(const char *bytes, size_t n, const struct json_fault *fault)
{
	json_t *error = json_fault_json(fault), *lenient;

	demand(error != NULL && (fault->status == 400 || fault->status == 422));
	demand(json_object_get(json_object_get(error, "error"), "message") != NULL);
	demand(fault->has_pointer && (fault->pointer[0] == '\0' || fault->pointer[0] == '/'));
	demand(utf8_is_valid(fault->pointer, strlen(fault->pointer)));
	demand(fault->message[0] != '\0');
	lenient = json_loadb(bytes, n, JSON_DECODE_ANY, NULL);
	if (lenient != NULL && is_whole(bytes, n, fault->pointer))
		check_pointer(lenient, fault->pointer);
	json_decref(lenient);
	json_decref(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct json_fault fault;
	json_t *json = NULL;

	if (json_body_parse(bytes, size, &json, &fault))
		check_taken(json);
	else
		check_refused(bytes, size, &fault);
	json_decref(json);
	return 0;
}
