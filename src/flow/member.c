#include <assent/flow/member.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/base/zone.h>

#include <string.h>

static json_t *
text_json(const char *text)
{
	size_t len = strlen(text);
	json_t *json = json_stringn(text, len);

	if (json != NULL)
		return json;
	AUTO(str_donep) struct str clean = STR_INIT(3 * len + 1);
	utf8_add_clean(&clean, text, len);
	return json_string(str_text(&clean));
}

void
member_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text[0] != '\0' ? text_json(text) : json_null());
}

void
member_time(json_t *object, const char *key, utc_ms at)
{
	AUTO(str_donep) struct str text = STR_INIT(64);

	if (at != 0)
		utc_add_iso(&text, at);
	json_object_set_new(object, key, at != 0 ? json_string(str_text(&text)) : json_null());
}
