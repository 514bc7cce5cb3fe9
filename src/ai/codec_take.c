/* codec_take: what the three APIs answer, whole or an event at a time. */
#include "ai/codec_json_priv.h"
#include "ai/codec_priv.h"

#define TOKENS_MOST 1000000000

#define TOOL "the model wanted to call a tool"
#define REFUSED "the model refused"
#define FILTERED "a filter of the AI server held the text back"
#define CUT "the model's text was cut off at its longest"
#define UNENDED "the model did not come to its end"

/* --- shared --------------------------------------------------------------------- */

static bool
is_given(const json_t *value)
{
	return value != NULL && !json_is_null(value) &&
	    !(json_is_array(value) && json_array_size(value) == 0);
}

static const char *
word_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

/* clang-format off */
static const struct { const char *word, *why; } ends[] = {
	{ "stop",					NULL },
	{ "end_turn",					NULL },
	{ "stop_sequence",				NULL },
	{ "STOP",					NULL },
	{ "length",					CUT },
	{ "max_tokens",					CUT },
	{ "model_context_window_exceeded",		CUT },
	{ "MAX_TOKENS",					CUT },
	{ "content_filter",				FILTERED },
	{ "SAFETY",					FILTERED },
	{ "RECITATION",					FILTERED },
	{ "BLOCKLIST",					FILTERED },
	{ "PROHIBITED_CONTENT",				FILTERED },
	{ "SPII",					FILTERED },
	{ "refusal",					REFUSED },
	{ "tool_calls",					TOOL },
	{ "function_call",				TOOL },
	{ "tool_use",					TOOL },
	{ "MALFORMED_FUNCTION_CALL",			TOOL },
	{ "UNEXPECTED_TOOL_CALL",			TOOL },
};
/* clang-format on */

static void
take_end(struct codec_reading *reading, const json_t *from, const char *name)
{
	const char *word = word_of(from, name);

	if (word == NULL)
		return;
	reading->is_done = true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (text_is(word, ends[i].word)) {
			if (ends[i].why != NULL)
				codec_fail(reading, ends[i].why);
			return;
		}
	codec_fail(reading, UNENDED);
}

static int64_t
tokens(const json_t *json, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(json, name));

	return n > 0 && n <= TOKENS_MOST ? n : 0;
}

/* Servers tell the usage once, or more of it each time. */
static void
take_usage(struct model_usage *usage, struct model_usage told)
{
	if (told.in > 0) {
		usage->in = told.in;
		usage->cached = told.cached;
	}
	if (told.out > 0)
		usage->out = told.out;
}

/* --- openai ------------------------------------------------------------------------ */

bool
codec_openai_take(struct codec_reading *reading, const json_t *json)
{
	const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
	const json_t *message =
	    json_object_get(choice, reading->shape == CODEC_STREAM ? "delta" : "message");
	const json_t *usage = json_object_get(json, "usage");

	take_usage(&reading->usage,
	    (struct model_usage){
		.in = tokens(usage, "prompt_tokens"),
		.cached = tokens(json_object_get(usage, "prompt_tokens_details"), "cached_tokens"),
		.out = tokens(usage, "completion_tokens"),
	    });
	if (is_given(json_object_get(message, "refusal")))
		codec_fail(reading, REFUSED);
	if (is_given(json_object_get(message, "tool_calls")) ||
	    is_given(json_object_get(message, "function_call")))
		codec_fail(reading, TOOL);
	codec_add(reading, word_of(message, "content"));
	take_end(reading, choice, "finish_reason");
	return choice != NULL;
}

/* --- anthropic ------------------------------------------------------------------------ */

static void
take_anthropic_usage(struct codec_reading *reading, const json_t *from)
{
	const json_t *usage = json_object_get(from, "usage");
	int64_t fresh = tokens(usage, "input_tokens");
	int64_t cached = tokens(usage, "cache_read_input_tokens");
	int64_t kept = tokens(usage, "cache_creation_input_tokens");

	/* Here, unlike with the other two, what was cached is not part of what went in. */
	take_usage(&reading->usage,
	    (struct model_usage){
		.in = fresh > 0 ? fresh + cached + kept : 0,
		.cached = cached,
		.out = tokens(usage, "output_tokens"),
	    });
}

static void
take_block(struct codec_reading *reading, const json_t *block)
{
	const char *type = word_of(block, "type");

	if (text_is(type, "text") || text_is(type, "text_delta"))
		codec_add(reading, word_of(block, "text"));
	else if (text_is(type, "tool_use") || text_is(type, "input_json_delta"))
		codec_fail(reading, TOOL);
}

static void
take_anthropic_event(struct codec_reading *reading, const json_t *event)
{
	const char *type = word_of(event, "type");
	const json_t *delta = json_object_get(event, "delta");

	if (text_is(type, "message_start"))
		take_anthropic_usage(reading, json_object_get(event, "message"));
	else if (text_is(type, "content_block_start"))
		take_block(reading, json_object_get(event, "content_block"));
	else if (text_is(type, "content_block_delta"))
		take_block(reading, delta);
	if (!text_is(type, "message_delta"))
		return;
	take_anthropic_usage(reading, event);
	take_end(reading, delta, "stop_reason");
}

bool
codec_anthropic_take(struct codec_reading *reading, const json_t *json)
{
	const json_t *blocks = json_object_get(json, "content");

	if (reading->shape == CODEC_STREAM) {
		take_anthropic_event(reading, json);
		return true;
	}
	take_anthropic_usage(reading, json);
	for (size_t i = 0; i < json_array_size(blocks); i++)
		take_block(reading, json_array_get(blocks, i));
	take_end(reading, json, "stop_reason");
	return json_is_array(blocks);
}

/* --- gemini ---------------------------------------------------------------------------- */

static void
take_part(struct codec_reading *reading, const json_t *part)
{
	if (is_given(json_object_get(part, "functionCall")))
		codec_fail(reading, TOOL);
	if (!json_is_true(json_object_get(part, "thought")))
		codec_add(reading, word_of(part, "text"));
}

bool
codec_gemini_take(struct codec_reading *reading, const json_t *json)
{
	const json_t *candidate = json_array_get(json_object_get(json, "candidates"), 0);
	const json_t *parts = json_object_get(json_object_get(candidate, "content"), "parts");
	const json_t *usage = json_object_get(json, "usageMetadata");

	take_usage(&reading->usage,
	    (struct model_usage){
		.in = tokens(usage, "promptTokenCount"),
		.cached = tokens(usage, "cachedContentTokenCount"),
		.out = tokens(usage, "candidatesTokenCount") + tokens(usage, "thoughtsTokenCount"),
	    });
	if (is_given(json_object_get(json_object_get(json, "promptFeedback"), "blockReason")))
		codec_fail(reading, FILTERED);
	for (size_t i = 0; i < json_array_size(parts); i++)
		take_part(reading, json_array_get(parts, i));
	take_end(reading, candidate, "finishReason");
	return candidate != NULL;
}
