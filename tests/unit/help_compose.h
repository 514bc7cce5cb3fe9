#pragma once
/* help_compose: a compose with everything set, and views from samples. */
#include <assent/mail/compose.h>

#define COMPOSE_SAMPLES "tests/mails"

/* A sound compose of a kind; the caller changes what the case is about. */
struct compose help_compose(const char *kind, const json_t *view);

/* The view of one sample, such as "request.plain". */
json_t *help_sample(const char *name);

/* A view from JSON in the test itself. */
json_t *help_view(const char *text);
