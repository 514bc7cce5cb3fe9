#pragma once
/*
 * receipt: the signed lines at the foot of a receipt mail, and their check.
 *
 * The signed text is the lines between the two rules, each ended by LF:
 * "assentd receipt 1", "mail <id>", "item <mark> <outcome>" for each, "when
 * <UTC>", "head <seq> <hex>".
 */
#include <assent/model/policy.h>
#include <assent/store/post.h>

#include <jansson.h>

/* Sets view.signature, a list of lines. */
void receipt_sign(const struct policy *policy, const struct outgoing *mail, json_t *view);
