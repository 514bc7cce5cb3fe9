#pragma once
/* member: what is stored, as members of a JSON object for programs. */
#include <assent/base/clock.h>

#include <jansson.h>

/*
 * null for "". What strangers wrote was cleaned on its way in; should it not be,
 * no member goes missing.
 */
void member_text(json_t *object, const char *key, const char *text);
void member_time(json_t *object, const char *key, utc_ms at); /* ISO 8601; null for 0 */
