/* api: where a list goes on. */
#include <assent/base/num.h>
#include <assent/base/str.h>

#include "web/api_priv.h"

#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 100

/* RFC 4648 section 5, without padding: nothing to escape in a URL. */
void
api_cursor_add(struct str *out, char kind, const char *value)
{
	AUTO(str_donep) struct str plain = STR_INIT(API_CURSOR_MAX);
	AUTO(str_donep) struct str coded = STR_INIT(2 * API_CURSOR_MAX);

	str_addf(&plain, "%c%s", kind, value);
	str_add_base64(&coded, str_text(&plain), plain.len);
	for (const char *c = str_text(&coded); *c != '\0' && *c != '='; c++)
		str_add_char(out, *c == '+' ? '-' : *c == '/' ? '_' : *c);
}

bool
api_cursor_read(const char *cursor, char kind, char out[API_CURSOR_MAX])
{
	AUTO(str_donep) struct str coded = STR_INIT(2 * API_CURSOR_MAX);
	char plain[API_CURSOR_MAX];
	long n;

	if (strlen(cursor) > API_CURSOR_MAX || strpbrk(cursor, "+/=") != NULL)
		return false;
	for (const char *c = cursor; *c != '\0'; c++)
		str_add_char(&coded, *c == '-' ? '+' : *c == '_' ? '/' : *c);
	while (coded.len % 4 != 0)
		str_add_char(&coded, '=');
	n = base64_decode(str_text(&coded), coded.len, plain, sizeof(plain) - 1);
	if (n < 2 || plain[0] != kind || memchr(plain, '\0', (size_t)n) != NULL)
		return false;
	plain[n] = '\0';
	memcpy(out, plain + 1, (size_t)n);
	return true;
}

int
api_page(struct api *api, char kind, struct api_page *out, struct err *err)
{
	const char *limit = http_query(api->rq, "limit"), *cursor = http_query(api->rq, "cursor");
	int64_t n = LIMIT_DEFAULT;
	char *after;

	if (limit != NULL && !num_parse_within(limit, 1, LIMIT_MAX, &n))
		return api_refuse(
		    api, "invalid", NULL, err, "limit must be a number from 1 to %d", LIMIT_MAX);
	out->limit = (size_t)n;
	out->after = "";
	if (cursor == NULL || *cursor == '\0')
		return 0;
	after = arena_alloc(api->rq->arena, API_CURSOR_MAX);
	if (!api_cursor_read(cursor, kind, after))
		return api_refuse(api, "cursor", NULL, err,
		    "cursor must be the text \"next\" of the page before, from the same list");
	out->after = after;
	return 0;
}

json_t *
api_list(char kind, json_t *items, const char *last)
{
	AUTO(str_donep) struct str cursor = STR_INIT(2 * API_CURSOR_MAX);

	if (last != NULL)
		api_cursor_add(&cursor, kind, last);
	return json_pack("{s:o, s:o}", "items", items, "next",
	    last != NULL ? json_string(str_text(&cursor)) : json_null());
}
