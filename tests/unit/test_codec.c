#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_arena.h"
#include "ai/codec_priv.h"

#include <string.h>

#define KEY "sk-northwind-key"

/* --- asking ------------------------------------------------------------------------ */

static void
hear(void *arg, const char *text, size_t n)
{
	(void)arg;
	(void)text;
	(void)n;
}

static struct codec_request
ask(const struct codec_server *server, const struct model_call *call)
{
	struct codec_request request;
	struct err err;

	if (codec_request(server, call, arena, &request, &err) < 0)
		fail_msg("%s", err.text);
	return request;
}

static void
each_api_is_asked_at_its_own_address(void **state)
{
	static const struct {
		const struct codec *codec;
		const char *base, *model, *plain, *stream;
	} cases[] = {
		{ &codec_openai, "https://api.openai.com/v1", "m",
		    "https://api.openai.com/v1/chat/completions", NULL },
		{ &codec_openai, "http://127.0.0.1:11434/v1//", "m",
		    "http://127.0.0.1:11434/v1/chat/completions", NULL },
		{ &codec_openai, "https://ai.example/o/deployments/d?api-version=2024-10-21", "m",
		    "https://ai.example/o/deployments/d/chat/completions?api-version=2024-10-21",
		    NULL },
		{ &codec_anthropic, "https://api.anthropic.com", "m",
		    "https://api.anthropic.com/v1/messages", NULL },
		{ &codec_anthropic, "https://api.anthropic.com/v1/", "m",
		    "https://api.anthropic.com/v1/messages", NULL },
		{ &codec_anthropic, "https://vault.example?", "m",
		    "https://vault.example/v1/messages", NULL },
		{ &codec_gemini, "https://g.example", "gemini-2.5-flash",
		    "https://g.example/v1beta/models/gemini-2.5-flash:generateContent",
		    ("https://g.example/v1beta/models/"
		     "gemini-2.5-flash:streamGenerateContent?alt=sse") },
		{ &codec_gemini, "https://g.example/v1?a=b", "models/x/../y?key=z",
		    "https://g.example/v1/models/x%2F..%2Fy%3Fkey%3Dz:generateContent?a=b",
		    ("https://g.example/v1/models/"
		     "x%2F..%2Fy%3Fkey%3Dz:streamGenerateContent?alt=sse&a=b") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct codec_server server = { cases[i].codec, cases[i].base, cases[i].model, KEY };
		struct model_call call = { .task = "t", .material = "m" };
		assert_string_equal(ask(&server, &call).url, cases[i].plain);
		call.delta = hear;
		assert_string_equal(ask(&server, &call).url,
		    cases[i].stream != NULL ? cases[i].stream : cases[i].plain);
	}
}

static void
a_key_is_in_one_header_and_nowhere_else(void **state)
{
	static const struct {
		const struct codec *codec;
		const char *base, *header;
		size_t count; /* of headers with a key */
	} cases[] = {
		{ &codec_openai, "https://ai.example/v1", "Authorization: Bearer " KEY, 2 },
		{ &codec_openai, "https://ai.example/d?api-version=1", "api-key: " KEY, 2 },
		{ &codec_anthropic, "https://ai.example", "x-api-key: " KEY, 3 },
		{ &codec_gemini, "https://ai.example", "x-goog-api-key: " KEY, 2 },
	};
	const struct model_call call = { .task = "t", .material = "m", .delta = hear };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct codec_server server = { cases[i].codec, cases[i].base, "m", KEY };
		struct codec_request request = ask(&server, &call);
		assert_int_equal(request.header_count, cases[i].count);
		assert_string_equal(request.headers[0], "Content-Type: application/json");
		assert_string_equal(request.headers[request.header_count - 1], cases[i].header);
		assert_null(strstr(request.url, KEY));
		assert_null(strstr(request.body, KEY));
		server.key = NULL;
		request = ask(&server, &call);
		assert_int_equal(request.header_count, cases[i].count - 1);
	}
}

#define TURNS_PLAIN \
	"{\"role\":\"user\",\"content\":\"M\"},{\"role\":\"assistant\",\"content\":\"B\"}," \
	"{\"role\":\"user\",\"content\":\"F\"}"
#define TURNS_GEMINI \
	"{\"role\":\"user\",\"parts\":[{\"text\":\"M\"}]},{\"role\":\"model\",\"parts\":" \
	"[{\"text\":\"B\"}]},{\"role\":\"user\",\"parts\":[{\"text\":\"F\"}]}"
#define SYSTEM \
	"\"system\":[{\"type\":\"text\",\"text\":\"T\",\"cache_control\":" \
	"{\"type\":\"ephemeral\"}}]"

static void
a_body_is_what_the_api_wants_to_the_letter(void **state)
{
	const struct model_call round = { .task = "T",
		.material = "M",
		.before = "B",
		.fault = "F",
		.max_tokens = 800,
		.temperature = 1.5 };
	const struct model_call stream = {
		.task = "T", .material = "M", .temperature = -1, .delta = hear
	};
	const struct {
		const struct codec *codec;
		const char *base;
		const struct model_call *call;
		const char *want;
	} cases[] = {
		{ &codec_openai, "https://ai.example/v1", &round,
		    "{\"model\":\"m\",\"stream\":false,\"messages\":[{\"role\":\"system\","
		    "\"content\":\"T\"}," TURNS_PLAIN "],\"max_tokens\":800,\"temperature\":1.5}" },
		{ &codec_openai, "https://api.openai.com/v1", &round,
		    "{\"model\":\"m\",\"stream\":false,\"messages\":[{\"role\":\"system\","
		    "\"content\":\"T\"}," TURNS_PLAIN "]}" },
		{ &codec_openai, "https://ai.example/v1", &stream,
		    "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"system\","
		    "\"content\":\"T\"},{\"role\":\"user\",\"content\":\"M\"}],"
		    "\"stream_options\":{\"include_usage\":true}}" },
		{ &codec_anthropic, "https://ai.example", &round,
		    "{\"model\":\"m\",\"stream\":false,\"max_tokens\":800," SYSTEM
		    ",\"messages\":[" TURNS_PLAIN "]}" },
		{ &codec_anthropic, "https://ai.example", &stream,
		    "{\"model\":\"m\",\"stream\":true,\"max_tokens\":4096," SYSTEM
		    ",\"messages\":[{\"role\":\"user\",\"content\":\"M\"}]}" },
		{ &codec_gemini, "https://ai.example", &round,
		    "{\"systemInstruction\":{\"parts\":[{\"text\":\"T\"}]},"
		    "\"contents\":[" TURNS_GEMINI "],\"generationConfig\":"
		    "{\"maxOutputTokens\":800,\"temperature\":1.5}}" },
		{ &codec_gemini, "https://ai.example", &stream,
		    "{\"systemInstruction\":{\"parts\":[{\"text\":\"T\"}]},"
		    "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"M\"}]}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct codec_server server = { cases[i].codec, cases[i].base, "m", KEY };
		assert_string_equal(ask(&server, cases[i].call).body, cases[i].want);
	}
}

static void
what_is_not_utf8_is_not_asked(void **state)
{
	static const struct codec *const codecs[] = { &codec_openai, &codec_anthropic,
		&codec_gemini };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codecs) * 3; i++) {
		struct codec_server server = { codecs[i / 3], "https://ai.example", "m", KEY };
		struct model_call call = { .task = i % 3 == 0 ? "\xff" : "t",
			.material = i % 3 == 1 ? "\xc3" : "m",
			.before = "b",
			.fault = i % 3 == 2 ? "\xed\xa0\x80" : "f" };
		struct codec_request request;
		struct err err;
		assert_int_equal(codec_request(&server, &call, arena, &request, &err), ERR_INVALID);
	}
}

/* --- answers ------------------------------------------------------------------------- */

static void
an_api_has_one_name(void **state)
{
	(void)state;
	assert_ptr_equal(codec_find("openai"), &codec_openai);
	assert_ptr_equal(codec_find("anthropic"), &codec_anthropic);
	assert_ptr_equal(codec_find("gemini"), &codec_gemini);
	assert_null(codec_find("extract"));
}

static void
an_answer_without_end_is_bounded(void **state)
{
	static const char *const starts[] = { "{\"choices\":[{\"message\":{\"content\":\"",
		"data: ", ": " };
	struct codec_server server = { &codec_openai, "", "", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		struct codec_reading reading;
		struct codec_answer answer;
		struct err err;
		size_t fed = 0;
		int rc;
		codec_begin(&reading, &server, NULL);
		rc = codec_feed(&reading, starts[i], strlen(starts[i]), &err);
		for (; rc == 0 && fed < 2 * CODEC_ANSWER_MAX; fed += 1000)
			rc = codec_feed(&reading, (char[1000]){ "x" }, 1000, &err);
		assert_int_equal(rc, ERR_LIMIT);
		assert_true(fed <= CODEC_ANSWER_MAX + 1000);
		assert_int_equal(codec_end(&reading, arena, &answer, &err), ERR_LIMIT);
		assert_null(answer.text);
	}
}

/* A stream of events that are each small. */
static void
a_text_without_end_is_bounded(void **state)
{
	struct codec_server server = { &codec_openai, "", "", NULL };
	const char *event = arena_printf(
	    arena, "data: {\"choices\":[{\"delta\":{\"content\":\"%01000d\"}}]}\n\n", 7);
	struct codec_reading reading;
	struct codec_answer answer;
	struct err err;

	(void)state;
	codec_begin(&reading, &server, NULL);
	for (int i = 0; i < 300; i++)
		assert_int_equal(codec_feed(&reading, event, strlen(event), &err), 0);
	assert_true(reading.text.len <= CODEC_ANSWER_MAX);
	assert_int_equal(codec_end(&reading, arena, &answer, &err), ERR_LIMIT);
	assert_string_equal(err.text, "the model's text is too long");
}

static void
only_one_plain_word_of_an_error_is_repeated(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "{\"error\":{\"code\":\"server_error\"}}", "server_error" },
		{ "{\"error\":{\"code\":429,\"status\":\"UNAVAILABLE\"}}", "UNAVAILABLE" },
		{ "[{\"error\":{\"status\":\"UNAVAILABLE\"}}]", "UNAVAILABLE" },
		{ "{\"error\":{\"code\":\"Bob needs it\",\"type\":\"api_error\"}}", "api_error" },
		{ "{\"error\":{\"code\":\"" KEY "\"}}", "no reason" },
		{ "{\"error\":{\"code\":\"northwind\"}}", "no reason" },
		{ "{\"error\":{\"code\":\"\",\"type\":\"sk-1234\"}}", "no reason" },
		{ "{\"error\":{\"code\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}",
		    "no reason" },
		{ "{\"error\":\"model not found\"}", "no reason" },
		{ "<html>", "no reason" },
		{ "", "no reason" },
	};
	struct codec_server server = { &codec_openai, "", "", KEY };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(codec_status(&server, 502, cases[i].body, &err), ERR_PEER);
		assert_string_equal(err.text,
		    arena_printf(
			arena, "the AI server answered with status 502 (%s)", cases[i].want));
	}
}

/* --- texts of any kind ----------------------------------------------------------- */

#define MATERIAL "\"quotes\" \\ and\r\nlines\xf0\x9f\x99\x82\x02"

static void
a_request_is_json_whatever_the_ticket_holds(void **state)
{
	struct codec_server server = { &codec_openai, "http://127.0.0.1/v1", "a \"model\"", NULL };
	struct model_call call = {
		.task = "Sum \"it\" up", .material = MATERIAL, .temperature = -1
	};
	struct codec_request request;
	json_t *json, *messages;
	struct err err;

	(void)state;
	assert_int_equal(codec_request(&server, &call, arena, &request, &err), 0);
	json = json_loads(request.body, 0, NULL);
	messages = json_object_get(json, "messages");
	assert_int_equal(json_object_size(json), 3);
	assert_string_equal(json_string_value(json_object_get(json, "model")), "a \"model\"");
	assert_true(json_is_false(json_object_get(json, "stream")));
	assert_int_equal(json_array_size(messages), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(messages, 0), "role")), "system");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(messages, 1), "content")), MATERIAL);
	json_decref(json);
}

#define CHOICE(m, reason) \
	"{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":" m ",\"finish_reason\":" reason \
	"}],\"usage\":{}}"

static void
only_a_whole_text_is_an_answer(void **state)
{
	static const struct {
		const char *body, *want; /* NULL: none */
	} cases[] = {
		{ CHOICE("{\"role\":\"assistant\",\"content\":\"- a\"}", "\"stop\""), "- a" },
		{ CHOICE("{\"content\":\"- a\",\"refusal\":null,\"tool_calls\":[]}", "null"),
		    "- a" },
		{ CHOICE("{\"content\":\"- a\"}", "\"length\""), NULL },
		{ CHOICE("{\"content\":\"<think>\\nb</think>\\n\\n- a\"}", "\"stop\""), "- a" },
		{ CHOICE("{\"content\":\"b</think>- a\"}", "\"stop\""), "- a" },
		{ CHOICE("{\"content\":\" <think>- a\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":\"<think>- a</think>\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":\"<thin\"}", "\"stop\""), "<thin" },
		{ CHOICE("{\"content\":\"- a\"}", "\"content_filter\""), NULL },
		{ CHOICE("{\"content\":\"- a\",\"refusal\":\"I can't\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]}", "\"tool_calls\""),
		    NULL },
		{ CHOICE("{\"content\":\"- a\",\"tool_calls\":[{\"id\":\"1\"}]}", "\"stop\""),
		    NULL },
		{ CHOICE("{\"content\":null}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":\" \\n\"}", "\"stop\""), NULL },
		{ CHOICE("{\"content\":[{\"type\":\"text\",\"text\":\"- a\"}]}", "\"stop\""),
		    NULL },
		{ CHOICE("{\"content\":\"- a\\u0000b\"}", "\"stop\""), NULL },
		{ "{\"choices\":[]}", NULL },
		{ "{\"choices\":{}}", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "data: {\"choices\":[]}", NULL },
		{ "", NULL },
	};
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct codec_answer answer;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int rc = codec_read(&server, cases[i].body, arena, &answer, &err);
		if ((rc == 0) != (cases[i].want != NULL))
			fail_msg("%s", cases[i].body);
		if (rc == 0)
			assert_string_equal(answer.text, cases[i].want);
	}
}

struct heard {
	struct str text;
	int began;
};

static void
hear_begin(void *arg)
{
	((struct heard *)arg)->began++;
	str_clear(&((struct heard *)arg)->text);
}

static void
hear_text(void *arg, const char *text, size_t n)
{
	str_add_n(&((struct heard *)arg)->text, text, n);
}

static void
a_thought_that_is_known_at_its_end_makes_void_what_was_told(void **state)
{
	static const char *const pieces[] = { "Let me see", ".</th", "ink>\n", "- a" };
	struct codec_server server = { &codec_openai, "", "", NULL };
	struct heard heard = { .text = STR_INIT(100) };
	struct model_call call = { .began = hear_begin, .delta = hear_text, .arg = &heard };
	struct codec_reading reading;
	struct codec_answer answer;
	struct err err;

	(void)state;
	codec_begin(&reading, &server, &call);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		codec_add(&reading, pieces[i]);
	reading.is_done = true;
	assert_int_equal(codec_end(&reading, arena, &answer, &err), 0);
	assert_string_equal(answer.text, "- a");
	assert_string_equal(str_text(&heard.text), answer.text);
	assert_int_equal(heard.began, 2);
	str_done(&heard.text);
}

static void
a_body_may_say_how_long_to_wait(void **state)
{
	static const struct {
		const char *delay;
		span_ms want;
	} cases[] = {
		{ "31s", 31000 },
		{ "2.5s", 3000 },
		{ "0s", 0 },
		{ "0.2s", 1000 },
		{ "", 0 },
		{ "s", 0 },
		{ "-5s", 0 },
		{ "5", 0 },
		{ "5m", 0 },
		{ "1.5.5s", 0 },
		{ "99999999999s", (span_ms)30 * 24 * 3600 * 1000 },
		{ "999999999999999999999s", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    codec_rest(arena_printf(arena,
			"{\"error\":{\"details\":[{\"a\":1},{\"retryDelay\":\"%s\"}]}}",
			cases[i].delay)),
		    cases[i].want);
	assert_int_equal(codec_rest(""), 0);
	assert_int_equal(codec_rest("[{\"error\":{\"details\":[{\"retryDelay\":\"4s\"}]}}]"), 4000);
	assert_int_equal(codec_rest("{\"error\":{\"details\":{\"retryDelay\":7}}}"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_api_is_asked_at_its_own_address),
		cmocka_unit_test(a_key_is_in_one_header_and_nowhere_else),
		cmocka_unit_test(a_body_is_what_the_api_wants_to_the_letter),
		cmocka_unit_test(what_is_not_utf8_is_not_asked),
		cmocka_unit_test(an_api_has_one_name),
		cmocka_unit_test(an_answer_without_end_is_bounded),
		cmocka_unit_test(a_text_without_end_is_bounded),
		cmocka_unit_test(only_one_plain_word_of_an_error_is_repeated),
		cmocka_unit_test(a_request_is_json_whatever_the_ticket_holds),
		cmocka_unit_test(only_a_whole_text_is_an_answer),
		cmocka_unit_test(a_thought_that_is_known_at_its_end_makes_void_what_was_told),
		cmocka_unit_test(a_body_may_say_how_long_to_wait),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
