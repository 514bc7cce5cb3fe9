#pragma once
/* portal_priv: what the pages behind a link share. */
#include <assent/base/crypto.h>
#include <assent/flow/portal.h>

#define PORTAL_COMMENT_MAX ((size_t)2000)

/* Binds a form to its page, to what it shows and to the hour. */
const char *portal_nonce(struct desk *desk, const char *token, const uint8_t shown[SHA256_SIZE]);
bool portal_nonce_is_good(struct desk *desk, const struct portal_post *post, const uint8_t *shown);
