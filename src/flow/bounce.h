#pragma once
/* bounce: mail that came back, by the code in its envelope sender. */
#include "flow/intake_priv.h"

/*
 * The envelope sender of a mail: the agent's address with the mail's code
 * where the site wants that and its addresses leave room; in tx_arena().
 */
const char *bounce_sender(struct desk *desk, const struct outgoing *mail);

/* Which mail of ours is a letter to such an address about? ERR_NOT_FOUND: it names none. */
int bounce_find(
    struct desk *desk, const struct letter *letter, struct outgoing *out, struct err *err) MUST_USE;

/* A letter that no person wrote, to the code of this mail: note what it says. */
int bounce_take(struct desk *desk, struct arrival *arrival, const struct outgoing *mail,
    struct err *err) MUST_USE;

/* What the other side's mail system said; its words may quote a link of ours. */
const char *bounce_reason(struct desk *desk, const struct delivery_status *delivery);

/* In send.c: this mail reaches nobody. A question in it becomes undeliverable, once. */
int send_undeliverable(
    struct desk *desk, const struct outgoing *mail, const char *why, struct err *err) MUST_USE;
