#pragma once
/* hold: what waits while nothing may leave, and how it is let go. */
#include <assent/flow/desk.h>

#include <jansson.h>

/*
 * {"held": bool, "since", "mails", "oldest", "old", "kinds": [{"kind", "count",
 * "oldest"}], "reminders", "closed"}: what would be sent now. Times are ISO or
 * null; old counts mails older than a day, closed those whose question needs
 * no answer any more (they are dropped at the release).
 */
int hold_summary(struct desk *desk, json_t *out, struct err *err) MUST_USE;

/* Steps, as verbs (flow/verb.h). */
int hold_begin(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);
int hold_end(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);
