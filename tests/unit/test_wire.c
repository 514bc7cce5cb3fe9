/*
 * What goes over the wire: every request that we send, for every API, way of
 * answering, tuning, kind of document and round. Where ASSENT_WIRE_OUT names a
 * file, they are kept there, one JSON a line, for tests/wire/test_requests.py,
 * which holds them to the schemas of the APIs' makers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assent/ai/offline.h>
#include <assent/ai/prompt.h>
#include <assent/base/file.h>

#include "help_arena.h"
#include "ai/codec_priv.h"

#include <stdlib.h>
#include <string.h>

#define KEY "sk-northwind-key"

static struct str kept = STR_INIT(16u << 20);

static int
teardown(void **state)
{
	const char *file = getenv("ASSENT_WIRE_OUT");
	struct err err = { 0 };

	(void)state;
	if (file != NULL && file_write(file, str_text(&kept), kept.len, 0644, &err) < 0)
		fail_msg("%s", err.text);
	str_done(&kept);
	return arena_teardown(state);
}

/* --- what is asked ------------------------------------------------------------------ */

static const struct bundle_message messages[] = {
	{ "customer", true, 1,
	    "Bob needs twelve \"CAD\" licences.\r\n\tIt costs 4,800 EUR\\year." },
	{ "engineer", false, 2, "Neun Leute können nicht arbeiten. 🙂 \x7f\x01" },
};
static const struct bundle_finding findings[] = { { "check", "The licence server is down.", 3 } };
static const struct bundle_fix fixes[] = { { "Order them", "By Friday.", 85, "active" } };
static const struct bundle_task tasks[] = { { "question", "Who pays?", "", "open" } };

static const struct bundle bundles[] = {
	{ .title = "T", .question = "", .customer = "", .status = "open", .attributes = "" },
	{ .title = "Twelve more licences",
	    .question = "Shall we order it?",
	    .customer = "Northwind Tools",
	    .status = "open",
	    .attributes = "{\"site\":\"Malmö\",\"seats\":12}",
	    .messages = messages,
	    .message_count = ARRAY_LEN(messages),
	    .findings = findings,
	    .finding_count = ARRAY_LEN(findings),
	    .fixes = fixes,
	    .fix_count = ARRAY_LEN(fixes),
	    .tasks = tasks,
	    .task_count = ARRAY_LEN(tasks),
	    .decision = "approved: ja, bitte",
	    .spent = "40 min" },
};

static void
hear(void *arg, const char *text, size_t n)
{
	(void)arg;
	(void)text;
	(void)n;
}

/* Each bit is one thing that a request may have or not. */
enum { IS_STREAM = 1, IS_TUNED = 2, IS_REPAIR = 4, ALL = 8 };

static struct model_call
call_of(enum document_kind kind, const struct bundle *bundle, unsigned how)
{
	const struct form_check check =
	    form_check_of(kind, "sv", bundle, bundle_text(bundle, arena));
	struct model_call call = { .temperature = -1 };
	struct prompt prompt;
	struct err err;

	if (prompt_write(NULL, &check, arena, &prompt, &err) < 0)
		fail_msg("%s", err.text);
	call.task = prompt.task;
	call.material = prompt.material;
	if (how & IS_STREAM)
		call.delta = hear;
	if (how & IS_TUNED) {
		assert_true(prompt.max_tokens > 0 && prompt.temperature >= 0);
		call.max_tokens = prompt.max_tokens;
		call.temperature = prompt.temperature;
	}
	if (how & IS_REPAIR) {
		call.before = offline_write(kind, "sv", bundle, arena);
		call.fault = "Write it once more:\n- the heading \"## Problem\" is missing\n";
	}
	return call;
}

/* --- where it is asked --------------------------------------------------------------- */

static const struct codec_server servers[] = {
	{ &codec_openai, "https://api.openai.com/v1", "gpt-4.1-mini", KEY },
	{ &codec_openai, "http://127.0.0.1:11434/v1", "acme-small", NULL },
	{ &codec_openai, "https://ai.example/o/deployments/d?api-version=2024-10-21", "d", KEY },
	{ &codec_anthropic, "https://api.anthropic.com", "claude-sonnet-4-5", KEY },
	{ &codec_gemini, "https://generativelanguage.googleapis.com", "gemini-2.5-flash", KEY },
};

static void
keep(const struct codec_server *server, const struct codec_request *request,
    enum document_kind kind, unsigned how)
{
	json_t *headers = json_array();
	json_t *line;
	char *text;

	for (size_t i = 0; i < request->header_count; i++)
		json_array_append_new(headers, json_string(request->headers[i]));
	line = json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:o, s:s}", "api", server->codec->name,
	    "kind", document_kind_name(kind), "stream", how & IS_STREAM, "tuned", how & IS_TUNED,
	    "repair", how & IS_REPAIR, "url", request->url, "headers", headers, "body",
	    request->body);
	text = json_dumps(line, JSON_COMPACT);
	str_addf(&kept, "%s\n", text);
	free(text); /* house: library memory */
	json_decref(line);
}

static void
every_request_has_what_it_was_given_and_nothing_of_the_key(void **state)
{
	(void)state;
	for (unsigned n = 0; n < ARRAY_LEN(servers) * DOCUMENT_KINDS * ARRAY_LEN(bundles) * ALL;
	     n++) {
		const struct codec_server *server = &servers[n % ARRAY_LEN(servers)];
		unsigned rest = n / ARRAY_LEN(servers), how = rest % ALL;
		enum document_kind kind = rest / ALL % DOCUMENT_KINDS;
		const struct bundle *bundle = &bundles[rest / ALL / DOCUMENT_KINDS];
		const struct model_call call = call_of(kind, bundle, how);
		struct codec_request request;
		struct err err;
		assert_int_equal(codec_request(server, &call, arena, &request, &err), 0);
		assert_null(strstr(request.body, KEY));
		assert_null(strstr(request.url, KEY));
		keep(server, &request, kind, how);
		if (n % 16 == 15)
			arena_reset(arena);
	}
	assert_false(str_overflowed(&kept));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_has_what_it_was_given_and_nothing_of_the_key),
	};

	return cmocka_run_group_tests(tests, arena_setup, teardown);
}
