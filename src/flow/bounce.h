#pragma once
/* bounce: mail that came back, by the code in its envelope sender. */
#include "flow/intake_priv.h"

/*
 * The envelope sender of a mail: the agent's address with the mail's code
 * where the site wants that and its addresses leave room; in tx_arena().
 */
const char *bounce_sender(struct desk *desk, const struct outgoing *mail);

/*
 * Which mail of ours is a letter about? One that came to such an address
 * (*by_code), or a bounce that names a Message-ID of a mail that we sent to the
 * recipient it speaks of. ERR_NOT_FOUND: it names none.
 */
struct bounced {
	struct outgoing mail;
	bool by_code;
};
int bounce_find(
    struct desk *desk, const struct letter *letter, struct bounced *out, struct err *err) MUST_USE;

/*
 * To the code of a mail answers whoever got it, by the name that his system
 * gave it: what is answered or returned is another name of this mail.
 */
int bounce_learn(struct desk *desk, const struct letter *letter, const struct outgoing *mail,
    struct err *err) MUST_USE;

/* A letter that no person wrote, about this mail: note what it says. */
int bounce_take(struct desk *desk, struct arrival *arrival, const struct outgoing *mail,
    struct err *err) MUST_USE;

/* What the other side's mail system said; its words may quote a link of ours. */
const char *bounce_reason(struct desk *desk, const struct delivery_status *delivery);

/* In send.c: this mail reaches nobody, which is noted. A question in it becomes undeliverable, once. */
int send_undeliverable(
    struct desk *desk, const struct outgoing *mail, const char *why, struct err *err) MUST_USE;
