#pragma once
/* Between watch.c, which sees what begins to hold, and what then happens. */
#include <assent/flow/watch.h>
#include <assent/store/facts.h>

struct watching {
	struct desk *desk;
	struct engine *engine;
	struct facts facts;
	struct hits hits;
};

/* A rule that begins to hold for the ticket of the facts. */
struct beginning {
	size_t rule; /* of engine_rules() */
	const char *key; /* watch_key() */
};

/* {"en": "…", "ar": "…"}: a text of a rule; the caller's. */
json_t *watch_said(const struct rule_text *text);

/* Do what the rule says. What was refused stands in out, and is no failure. */
int watch_act(struct watching *w, const struct beginning *begins, struct watched *out,
    struct err *err) MUST_USE;
