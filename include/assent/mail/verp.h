#pragma once
/*
 * verp: a code in the envelope sender that names the mail it belongs to, so
 * that a bounce finds it whatever the bounce says inside.
 *
 * "b-" and 34 lower-case base32 characters: the mail's id and a short MAC with
 * the newest site key, so that nobody makes up bounces of mails he never got.
 * It is no secret: whoever got the mail can read it there.
 */
#include <assent/base/attr.h>
#include <assent/model/id.h>
#include <assent/model/policy.h>

#define VERP_CODE_SIZE 37 /* with the NUL */

void verp_code(const struct policy *policy, const struct id *id, char out[VERP_CODE_SIZE]);
/* Either case, as mail systems fold it; any key of the ring. False when we never made it. */
bool verp_read(const struct policy *policy, const char *code, struct id *out) MUST_USE;
