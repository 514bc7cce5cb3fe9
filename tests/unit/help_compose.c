#include "help_compose.h"

#include <stdio.h>
#include <stdlib.h>

struct compose
help_compose(const char *kind, const json_t *view)
{
	const struct zone *zone = NULL;
	struct err err = { 0 };

	if (zone_get("Europe/Berlin", &zone, &err) < 0)
		fprintf(stderr, "zone: %s\n", err.text);
	return (struct compose){
		.kind = kind,
		.locale = "en",
		.site_dir = "",
		.view = view,
		.from = { "Approval desk", "approvals@brandt-it.example" },
		.to = { "Katrin Vogel", "k.vogel@hanse-logistik.example" },
		.reply_to = "approvals+abcdefghijklmnopqrstuvwxyz234567@brandt-it.example",
		.message_id = "019a9c4e.req@brandt-it.example",
		.in_reply_to = "",
		.subject = "",
		.date = 1795163467000, /* 2026-11-20 08:31:07 UTC */
		.zone = zone,
		.automatic = COMPOSE_GENERATED,
		.loop = "desk-7f3a",
	};
}

static json_t *
loaded(json_t *view, const char *name, const json_error_t *fault)
{
	if (!view)
		fprintf(stderr, "%s: %s at line %d\n", name, fault->text, fault->line);
	return view;
}

json_t *
help_sample(const char *name)
{
	char path[400];
	json_error_t fault;

	snprintf(path, sizeof(path), COMPOSE_SAMPLES "/%s.json", name);
	return loaded(json_load_file(path, JSON_REJECT_DUPLICATES, &fault), path, &fault);
}

json_t *
help_view(const char *text)
{
	json_error_t fault;

	return loaded(json_loads(text, JSON_REJECT_DUPLICATES, &fault), text, &fault);
}
