/* json_body, first half: what a fault is, and from bytes to an object. */
#include <assent/web/json_body.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/text/strict.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *code;
	int status;
} codes[] = {
	{ "syntax",		400 },
	{ "bad-request",	400 },
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

/* --- reading --------------------------------------------------------------- */

bool
json_body_parse(const char *bytes, size_t n, json_t **out, struct json_fault *fault)
{
	struct strict_fault why;
	json_t *json = strict_read(bytes, n, JSON_BODY_DEPTH, &why);

	if (json == NULL)
		return json_fault(fault, why.code, why.pointer, "%s", why.message);
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
