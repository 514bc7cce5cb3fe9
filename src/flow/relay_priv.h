#pragma once
/* relay: what an engineer answers to an owner's question reaches the owner, in the owner's thread. */
#include "flow/command_priv.h"

/* own: the engineer's own words without commands. A line of the transcript says what came of it. */
int relay_answer(struct desk *desk, const struct command_context *context, const char *own,
    struct err *err) MUST_USE;
