#pragma once
/* sign_in_priv: the device flow as the verbs of the operator's tool see it. */
#include <assent/flow/desk.h>

#include <jansson.h>

/* Begin, or begin anew. A step. */
int sign_in_start(struct desk *desk, const char *name, struct err *err) MUST_USE;
/* The credential's state and how far the sign-in is, as keys of out. */
int sign_in_show(struct desk *desk, const char *name, json_t *out, struct err *err) MUST_USE;
