#pragma once
/* keyring: which keys of the rings rows still name (invariant 7). */
#include <assent/store/db.h>

#include <stddef.h>

struct key_use {
	int64_t id;
	int64_t open; /* tokens of open questions, or stored credentials */
	int64_t all;
};

/* By id: keys that tokens were made with. */
int keyring_tokens(struct tx *tx, struct key_use **out, size_t *count, struct err *err) MUST_USE;
/* By id: keys that stored credentials are encrypted with. */
int keyring_credentials(
    struct tx *tx, struct key_use **out, size_t *count, struct err *err) MUST_USE;
