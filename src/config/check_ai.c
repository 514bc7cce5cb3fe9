/* check_ai: models that the settings name, in their long form or their short one. */
#include "check_priv.h"
#include "unique_priv.h"

#include <assent/base/mem.h>

#include <string.h>

static bool
is_given(const char *text)
{
	return text && *text;
}

static const char *
usual_url(const char *kind)
{
	if (text_is(kind, "anthropic"))
		return "https://api.anthropic.com/v1";
	if (text_is(kind, "gemini"))
		return "https://generativelanguage.googleapis.com/v1beta";
	return "https://api.openai.com/v1";
}

/* A header of a request is one line. */
static bool
is_one_line(const char *key)
{
	return !key || !key[strcspn(key, "\r\n")];
}

static void
check_key(struct reader *reader, const char *key, const struct node *at)
{
	if (!is_one_line(key))
		faults_add(reader->faults, at->line, at->column,
		    "key_file: the key has more than one line");
}

static void
use_short_form(struct reader *reader, const struct node *root)
{
	static const char *const kinds_of_ai[] = { "none", "openai", "anthropic", "gemini" };
	struct settings_ai *ai = &reader->settings->ai;
	struct settings_model *model = arena_alloc(reader->arena, sizeof(*model));
	const char *kind = kinds_of_ai[ai->kind];

	if (!is_given(ai->model))
		faults_add(reader->faults, spot(root, "ai", "model")->line,
		    spot(root, "ai", "model")->column, "ai.model: is needed for kind: %s", kind);
	if (reader->settings->model_count)
		fault_at(reader, spot(root, "ai", "kind"),
		    "ai.kind: is the short form of one model; leave it out where there are models");
	check_key(reader, ai->key, spot(root, "ai", "key_file"));
	if (!is_given(ai->base_url))
		ai->base_url = usual_url(kind);
	*model = (struct settings_model){ .name = kind,
		.kind = kind,
		.base_url = ai->base_url,
		.model = ai->model,
		.key_file = ai->key_file,
		.key = ai->key,
		.price_in = -1,
		.price_cached = -1,
		.price_out = -1 };
	ai->chain = model;
	ai->chain_count = 1;
}

static void
use_list(struct reader *reader, const struct node *root)
{
	struct settings *s = reader->settings;
	struct settings_model *models = (void *)(uintptr_t)s->models;
	const struct node *list = tree_value(root, "models");
	const struct node *record = list && s->model_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "model" };

	for (size_t i = 0; i < s->model_count && record; i++, record = record->next) {
		unique_add(&names, models[i].name, record_spot(record, "name"));
		check_key(reader, models[i].key, record_spot(record, "key_file"));
		if (models[i].kind && !is_given(models[i].base_url))
			models[i].base_url = usual_url(models[i].kind);
	}
	unique_check(&names, reader->faults);
	s->ai.chain = models;
	s->ai.chain_count = s->model_count;
}

void
check_ai(struct reader *reader, const struct node *root)
{
	if (reader->settings->ai.kind == AI_NONE)
		use_list(reader, root);
	else
		use_short_form(reader, root);
}
