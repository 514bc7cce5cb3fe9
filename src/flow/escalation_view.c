/* escalation_view: a packet as a mail or page says it. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/closing.h>
#include <assent/flow/document.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>

#include <stdlib.h>
#include <string.h>

#define ARTIFACTS_SHOWN 20 /* of one mail or page */
#define ARTIFACT_TEXT_SHOWN ((size_t)2000) /* bytes of each */
#define DOCUMENT_SHOWN ((size_t)8000) /* bytes of each, of a page */

static const struct zone *
zone_of(const struct desk *desk, const struct escalation_reader *reader)
{
	const struct zone *zone;

	return zone_get(reader->zone_name, &zone, NULL) == 0 ? zone : desk->policy->zone;
}

static const char *
plain_text(const struct escalation *e, const char *field)
{
	if (text_is(field, "title"))
		return e->title;
	if (text_is(field, "suggest"))
		return e->suggest;
	return text_is(field, "risk") ? e->risk : "";
}

/* "ar-SA" is looked for as "ar-SA" and as "ar". */
static const char *
text_in(struct arena *arena, const json_t *texts, const char *locale)
{
	const char *language = arena_dup_n(arena, locale, strcspn(locale, "-_"));
	const char *text = json_string_value(json_object_get(texts, locale));

	if (text == NULL)
		text = json_string_value(json_object_get(texts, language));
	return text != NULL && text[0] != '\0' ? arena_dup(arena, text) : NULL;
}

const char *
escalation_text(
    struct desk *desk, const struct escalation *e, const char *field, const char *locale)
{
	json_t *texts = json_loads(e->texts, 0, NULL);
	const char *text = text_in(tx_arena(desk->tx), json_object_get(texts, field), locale);

	json_decref(texts);
	return text != NULL ? text : plain_text(e, field);
}

/* --- words ------------------------------------------------------------------------- */

/* "priority_high" beside priority: templates say it in their own words. */
static void
add_word(struct desk *desk, json_t *view, const char *key, const char *word)
{
	view_text(view, key, word);
	json_object_set_new(
	    view, arena_printf(tx_arena(desk->tx), "%s_%s", key, word), json_true());
}

/* A site's own reasons are said with blanks. */
static void
add_reason(struct desk *desk, const struct escalation *e, json_t *view)
{
	char *words = arena_dup(tx_arena(desk->tx), e->reason);
	bool is_known = false;

	add_word(desk, view, "reason", e->reason);
	for (size_t i = 0; i < escalation_reason_count; i++)
		is_known |= text_is(escalation_reasons[i], e->reason);
	if (is_known)
		return;
	for (char *p = strchr(words, '_'); p != NULL; p = strchr(p, '_'))
		*p = ' ';
	view_text(view, "reason_words", words);
}

/* --- what goes with it ---------------------------------------------------------------- */

static void
add_missing(const struct escalation *e, json_t *view)
{
	json_t *list = json_loads(e->missing, 0, NULL);

	if (json_array_size(list) > 0)
		json_object_set(view, "missing", list);
	json_decref(list);
}

static const char *
clipped(struct arena *arena, const char *text, size_t max)
{
	size_t n = strlen(text), end = utf8_cut(text, n, max);

	return end == n ? text : arena_printf(arena, "%.*s…", (int)end, text);
}

static const char *
json_shown(struct arena *arena, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
	const char *out =
	    clipped(arena, arena_dup(arena, text != NULL ? text : ""), ARTIFACT_TEXT_SHOWN);

	free(text); /* house: library memory */
	return out;
}

/* A link is shown as text: no address that we did not make is one to tap. */
static json_t *
artifact_of(struct desk *desk, const json_t *from)
{
	struct arena *arena = tx_arena(desk->tx);
	const json_t *json = json_object_get(from, "json");
	const char *text = json_string_value(json_object_get(from, "text"));
	const char *url = json_string_value(json_object_get(from, "url"));
	const char *document = json_string_value(json_object_get(from, "document"));
	enum document_kind kind;
	json_t *item = json_object();

	view_text(item, "title", json_string_value(json_object_get(from, "title")));
	if (text != NULL)
		view_text(item, "text", clipped(arena, text, ARTIFACT_TEXT_SHOWN));
	else if (json != NULL)
		view_text(item, "text", json_shown(arena, json));
	else if (url != NULL)
		view_text(item, "address",
		    arena_printf(
			arena, "%s%s", url[0] == '/' ? desk->policy->public_url : "", url));
	if (document == NULL)
		return item;
	add_word(desk, item, "document", document);
	if (!document_kind_find(document, &kind))
		view_text(item, "document_words", document); /* of an older version */
	return item;
}

static void
add_artifacts(struct desk *desk, const struct escalation *e, json_t *view)
{
	json_t *list = json_loads(e->artifacts, 0, NULL), *shown = json_array();
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < ARTIFACTS_SHOWN; i++)
		json_array_append_new(shown, artifact_of(desk, json_array_get(list, i)));
	if (n > 0)
		json_object_set(view, "artifacts", shown);
	if (n > ARTIFACTS_SHOWN)
		json_object_set_new(
		    view, "more_artifacts", json_integer((json_int_t)(n - ARTIFACTS_SHOWN)));
	json_decref(shown);
	json_decref(list);
}

/* The newest one of its ticket, in the reader's language where there is one; NULL. */
static const struct document *
newest(struct desk *desk, const struct escalation *e, const char *kind, const char *locale)
{
	const struct document *found = NULL;
	struct document *list = NULL;
	size_t n = 0;

	if (id_is_null(&e->ticket) || document_list(desk->tx, &e->ticket, &list, &n, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (text_is(list[i].kind, kind) &&
		    (found == NULL || text_is(list[i].locale, locale)))
			found = &list[i];
	return found;
}

static void
add_handoff(struct desk *desk, const struct escalation *e, const char *locale, json_t *view)
{
	const struct document *found =
	    newest(desk, e, document_kind_name(DOCUMENT_HANDOFF), locale);

	/* Of a rule's packet it is drafted beside the first mail. */
	if (found == NULL && e->rule[0] != '\0' && !id_is_null(&e->ticket))
		json_object_set_new(view, "handoff_coming", json_true());
	if (found == NULL)
		return;
	json_object_set_new(view, "sections", closing_sections(desk, found->text));
	view_text(view, "handoff_label", document_label(desk, found));
	view_text(view, "handoff_author", found->author);
	if (found->is_by_ai)
		view_text(view, "handoff_model", found->model);
}

void
escalation_view_documents(
    struct desk *desk, const struct escalation *e, const char *locale, json_t *view)
{
	json_t *list = json_object_get(view, "artifacts");

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		const char *kind = json_string_value(json_object_get(item, "document"));
		const struct document *found;

		if (kind == NULL)
			continue;
		found = newest(desk, e, kind, locale);
		if (found == NULL) {
			json_object_set_new(item, "document_none", json_true());
		} else if (!text_is(kind, document_kind_name(DOCUMENT_HANDOFF))) {
			view_text(item, "document_text",
			    clipped(tx_arena(desk->tx), found->text, DOCUMENT_SHOWN));
			view_text(item, "handoff_label", document_label(desk, found));
		}
	}
}

static void
add_ticket(struct desk *desk, const struct escalation *e, json_t *view)
{
	struct organisation organisation;
	struct ticket ticket;

	if (e->organisation[0] != '\0' &&
	    organisation_by_key(desk->tx, e->organisation, &organisation, NULL) == 0)
		view_text(view, "organisation", organisation.name);
	if (id_is_null(&e->ticket) || ticket_get(desk->tx, &e->ticket, &ticket, NULL) < 0)
		return;
	view_text(view, "mark", notice_mark(desk, ticket.ref));
	if (text_is(e->entity_type, "ticket") &&
	    text_is(
		e->entity_id, arena_printf(tx_arena(desk->tx), "T-%lld", (long long)ticket.ref))) {
		json_object_del(view, "entity_type");
		json_object_del(view, "entity_id");
	}
	view_text(view, "ticket_title", ticket.title);
	view_text(view, "ticket_url", ticket.external_url);
}

static void
add_dates(
    struct desk *desk, const struct escalation *e, const struct words_place *place, json_t *view)
{
	const struct {
		const char *key;
		utc_ms at;
	} dates[] = {
		{ "due", e->due },
		{ "raised", e->created },
		{ "acked", e->acked_at },
		{ "resolved", e->resolved_at },
		{ "snoozed_until", e->snoozed_until },
	};

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		if (dates[i].at != 0)
			view_text(view, dates[i].key,
			    words_date_in(tx_arena(desk->tx), place, dates[i].at));
	if (e->due <= desk->now)
		json_object_set_new(view, "is_late", json_true());
	if (text_is(e->state, escalation_state_name(ESCALATION_EXPIRED)))
		view_text(view, "expired", words_date_in(tx_arena(desk->tx), place, e->moved_at));
}

static void
add_texts(struct desk *desk, const struct escalation *e, const char *locale, json_t *view)
{
	static const char *const keys[] = { "title", "risk", "suggest" };
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "to", e->to },
		{ "assignee", e->assignee },
		{ "entity_type", e->entity_type },
		{ "entity_id", e->entity_id },
		{ "workflow", e->workflow },
		{ "failed_step", e->failed_step },
		{ "acked_by", e->acked_by },
		{ "action", e->action },
		{ "notes", e->notes },
		{ "resolved_by", e->resolved_by },
		{ "agent_email", desk->policy->agent_email },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		view_text(view, keys[i], escalation_text(desk, e, keys[i], locale));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		view_text(view, texts[i].key, texts[i].text);
}

json_t *
escalation_view(
    struct desk *desk, const struct escalation *e, const struct escalation_reader *reader)
{
	const struct words_place place = { reader->locale, zone_of(desk, reader),
		desk->policy->site_dir };
	json_t *view = json_object();
	char text[ID_TEXT_SIZE];

	view_text(view, "escalation", id_text(&e->id, text));
	add_texts(desk, e, reader->locale, view);
	add_reason(desk, e, view);
	add_word(desk, view, "priority", e->priority);
	add_word(desk, view, "state", e->state);
	add_dates(desk, e, &place, view);
	add_missing(e, view);
	add_artifacts(desk, e, view);
	add_ticket(desk, e, view);
	escalation_view_question(desk, e, &place, view);
	add_handoff(desk, e, reader->locale, view);
	if (e->confidence >= 0)
		json_object_set_new(view, "confidence", json_integer(e->confidence / 10000));
	return view;
}
