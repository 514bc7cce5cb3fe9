#pragma once
/*
 * tls: the one certificate that this process serves https with, and its key.
 *
 * tls_open() makes http_options.tls possible; tls_look() takes a renewed pair
 * in while connections go on: a clean one serves every handshake from then on,
 * anything else is refused and the old one stays. One for the process, because
 * libmicrohttpd's callback carries no argument.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>

#include <stdbool.h>

struct tls_files {
	const char *certificate; /* PEM: our own first, then who vouches for it */
	const char *key; /* PEM; others may not read it, nor a group that is not ours */
};

struct tls_state {
	utc_ms from, until; /* when the certificate in force is valid */
};

/*
 * Read both. ERR_NOT_FOUND, ERR_DENIED, ERR_IO for a file; ERR_INVALID when
 * there is no certificate or key in it, or the two do not belong together. A
 * certificate outside its time is served: tls_state() tells.
 */
int tls_open(const struct tls_files *files, struct err *err) MUST_USE;
void tls_close(void); /* after the servers have stopped */

/*
 * Read them again when a file has changed since the last look; forced: in any
 * case. 1 when a new pair was taken, 0 when nothing changed, else what
 * tls_open() says, also ERR_INVALID for a certificate that is not valid at now
 * while the old one is.
 */
int tls_look(bool forced, utc_ms now, struct err *err) MUST_USE;

/* False when nothing is open. */
bool tls_state(struct tls_state *out);
