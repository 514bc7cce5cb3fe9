#pragma once
/* help_rules: rules out of a text, and what is wrong with it as lines. */
#include <assent/rules/engine.h>

/* One file "rules/t.yaml". NULL when it has faults; faults gets them as "line:column: …\n". */
struct rules *rules_of(const char *text, struct str *faults);

/* One rule "r" with that expression, and the site's facts amount (number), level (low, high),
 * urgent (bool), due_at (time) and note (text). */
struct rules *rules_when(const char *when, struct str *faults);

/* One file; a fault fails the test. */
struct engine *rules_engine(const char *text);
