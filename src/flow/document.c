/* document: what is written for a ticket. */
#include <assent/flow/document.h>

#include <assent/base/str.h>
#include <assent/flow/matter.h>

#include <string.h>

const char *
document_label(struct desk *desk, const struct document *document)
{
	struct arena *arena = tx_arena(desk->tx);

	if (document->author[0] != '\0')
		return arena_printf(arena, "written by %s", document->author);
	if (document->is_by_ai)
		return arena_printf(arena, "drafted by AI (%s)", document->model);
	return "drafted without AI";
}

const char *
document_summary_json(struct desk *desk, const struct document *document)
{
	struct arena *arena = tx_arena(desk->tx);
	char *rest = arena_dup(arena, document->text), *line;
	json_t *bullets = json_array(), *body;
	const char *text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, "-* ");
		if (*line != '\0')
			json_array_append_new(bullets, json_string(line));
	}
	body = json_pack("{s:o, s:s, s:s*}", "bullets", bullets, "label",
	    document_label(desk, document), "model", document->is_by_ai ? document->model : NULL);
	text = view_dump(arena, body);
	json_decref(body);
	return text;
}
