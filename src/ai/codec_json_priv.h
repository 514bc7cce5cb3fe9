#pragma once
/* codec_json: the parts of the three codecs that codec.c makes a table of. */
#include "ai/codec_priv.h"

const char *codec_openai_path(
    const struct codec_server *server, bool is_stream, struct arena *arena);
const char *codec_anthropic_path(
    const struct codec_server *server, bool is_stream, struct arena *arena);
const char *codec_gemini_path(
    const struct codec_server *server, bool is_stream, struct arena *arena);

json_t *codec_openai_body(const struct codec_server *server, const struct model_call *call);
json_t *codec_anthropic_body(const struct codec_server *server, const struct model_call *call);
json_t *codec_gemini_body(const struct codec_server *server, const struct model_call *call);

bool codec_openai_take(struct codec_reading *reading, const json_t *json);
bool codec_anthropic_take(struct codec_reading *reading, const json_t *json);
bool codec_gemini_take(struct codec_reading *reading, const json_t *json);
