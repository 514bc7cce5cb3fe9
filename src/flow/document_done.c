/* document: what who watches a draft is told at its end. */
#include <assent/base/str.h>

#include "flow/document_priv.h"

json_t *
document_usage_json(const struct document *document)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "input_tokens", (json_int_t)document->tokens_in,
	    "cached_tokens", (json_int_t)document->tokens_cached, "output_tokens",
	    (json_int_t)document->tokens_out, "micros", (json_int_t)document->micros);
}

const char *
document_done_json(const struct document *document, struct arena *arena)
{
	char id[ID_TEXT_SIZE];
	json_t *done = json_pack("{s:s, s:s, s:s, s:b, s:o}", "id", id_text(&document->id, id),
	    "kind", document->kind, "locale", document->locale, "drafted_by_ai", document->is_by_ai,
	    "usage", document_usage_json(document));
	char *text = json_dumps(done, JSON_COMPACT);
	const char *copy = arena_dup(arena, text);

	json_decref(done);
	free(text); /* house: library memory */
	return copy;
}
