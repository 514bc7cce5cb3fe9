#pragma once
/* help_verb: what the tool asks of the daemon (flow/verb.h). */
#include "help_desk.h"

#include <jansson.h>

/* Takes the arguments; *out, where it is wanted, is the caller's. */
int kit_verb(
    struct desk_kit *kit, const char *name, json_t *arguments, json_t **out, struct err *err);
