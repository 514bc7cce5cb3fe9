#include "web/api_priv.h"

#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/web/api.h>
#include <assent/web/routes.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- cursors ----------------------------------------------------------------- */

static void
a_cursor_comes_back_as_it_was_for_its_own_list(void **state)
{
	static const char *const values[] = { "1001", "9223372036854775807", "northwind",
		"019e2b10-7c00-7a31-8a52-3f1c52e8f5b4", "k\xc3\xa4se", "?>~\x7f" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		AUTO(str_donep) struct str cursor = STR_INIT(400);
		char out[API_CURSOR_MAX];

		api_cursor_add(&cursor, 't', values[i]);
		assert_int_equal(
		    strspn(str_text(&cursor),
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
		    cursor.len);
		assert_true(api_cursor_read(str_text(&cursor), 't', out));
		assert_string_equal(out, values[i]);
		assert_false(api_cursor_read(str_text(&cursor), 'a', out));
	}
}

static void
what_is_no_cursor_is_refused(void **state)
{
	static const char *const bad[] = { "", "t", "dA", "dDEwMDE=", "dDEw/A", "dDEw+A", "!!!!",
		"dDEwMD\xc3\xa4", "dABhYg" /* a NUL */, "    " };
	char longest[1000], out[API_CURSOR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (api_cursor_read(bad[i], 't', out))
			fail_msg("%s was taken", bad[i]);
	for (size_t n = 0; n < sizeof(longest) - 1; n++) {
		memset(longest, 'd', n);
		longest[n] = '\0';
		if (api_cursor_read(longest, 'u', out))
			assert_true(strlen(out) < API_CURSOR_MAX);
	}
}

/* --- what is served is what is documented ------------------------------------ */

struct documented {
	char path[120], method[12];
	bool seen;
};

/* "/api/v1/tickets/{ticket}/tasks/{task}" is served as "/api/v1/tickets/{}/tasks/{}". */
static void
without_names(char *path)
{
	char *open, *end;

	while ((open = strchr(path, '{')) != NULL && (end = strchr(open, '}')) != NULL) {
		memmove(open + 1, end, strlen(end) + 1);
		path = open + 2;
	}
}

/* The document is YAML of a plain kind: paths are indented by two, methods by four. */
static size_t
read_document(struct documented *out, size_t room)
{
	AUTO(str_donep) struct str text = STR_INIT(1 << 20);
	char path[120] = "", *rest, *line;
	struct err err = { 0 };
	size_t n = 0;

	if (file_read("docs/openapi.yaml", &text, &err) < 0)
		fail_msg("%s", err.text);
	for (rest = text.text; (line = strsep(&rest, "\n")) != NULL;) {
		size_t indent = strspn(line, " "), len = strlen(line);

		if (indent == 2 && line[2] == '/' && line[len - 1] == ':') {
			snprintf(path, sizeof(path), "%.*s", (int)(len - 3), line + 2);
			without_names(path);
		}
		if (indent == 0 && text_is(line, "components:"))
			break;
		if (indent != 4 || path[0] == '\0' || text_is(line, "    parameters:"))
			continue;
		assert_true(n < room);
		snprintf(out[n].path, sizeof(out[n].path), "%s", path);
		snprintf(out[n].method, sizeof(out[n].method), "%.*s", (int)(len - 5), line + 4);
		n++;
	}
	return n;
}

static struct documented *
find(struct documented *list, size_t n, const struct http_route *route)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(list[i].path, route->path) &&
		    text_is_nocase(list[i].method, route->method))
			return &list[i];
	return NULL;
}

static void
every_route_is_documented_and_every_document_served(void **state)
{
	static struct documented list[100];
	struct http_route routes[WEB_ROUTES_MAX];
	struct web web = { .db = NULL };
	size_t n = read_document(list, ARRAY_LEN(list)), count = web_routes(&web, routes), api = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct documented *found = find(list, n, &routes[i]);

		if (!text_starts(routes[i].path, "/api/v1/") ||
		    text_starts(routes[i].path, "/api/v1/verbs/"))
			continue;
		if (found == NULL)
			fail_msg(
			    "%s %s is not in docs/openapi.yaml", routes[i].method, routes[i].path);
		found->seen = true;
		api++;
	}
	assert_true(api > 10 && api < WEB_ROUTES_MAX - 5);
	for (size_t i = 0; i < n; i++)
		if (!list[i].seen)
			fail_msg("nobody serves %s %s", list[i].method, list[i].path);
}

static void
a_table_that_is_too_small_is_not_overrun(void **state)
{
	struct http_route routes[3] = { { NULL, NULL, NULL, NULL, 0 } };
	struct web web = { .db = NULL };

	(void)state;
	assert_int_equal(api_routes(&web, routes, 2), 2);
	assert_non_null(routes[1].path);
	assert_null(routes[2].path);
}

static void
only_a_plain_wait_is_waited_for(void **state)
{
	static const struct {
		const char *prefer;
		int seconds;
	} cases[] = { { NULL, 0 }, { "", 0 }, { "wait=10", 10 }, { "Wait=60", 60 },
		{ "wait=61", 60 }, { "wait=999999999999", 60 }, { "respond-async, wait=7", 7 },
		{ "wait=7; x=y", 7 }, { "wait=0", 0 }, { "wait=-1", 0 }, { "wait=1.5", 0 },
		{ "wait=", 0 }, { "wait=99999999999999999999", 0 }, { "waiting=5", 0 },
		{ "return=minimal", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (api_prefer_wait(cases[i].prefer) != cases[i].seconds)
			fail_msg("%s", cases[i].prefer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_comes_back_as_it_was_for_its_own_list),
		cmocka_unit_test(what_is_no_cursor_is_refused),
		cmocka_unit_test(every_route_is_documented_and_every_document_served),
		cmocka_unit_test(only_a_plain_wait_is_waited_for),
		cmocka_unit_test(a_table_that_is_too_small_is_not_overrun),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
