#pragma once
/* reach: from a host's name to a connection that is who it says it is. */
#include "stream_priv.h"

#include <openssl/ssl.h>

struct place {
	const char *host;
	int port;
	int wake; /* as in struct stream */
	span_ms allowed;
};

/*
 * Connect to the first address of the host that answers. ERR_NOT_FOUND when
 * the name has none, ERR_PEER when none answers, ERR_BUSY when time is up.
 */
int reach(const struct place *place, struct stream **out, struct err *err) MUST_USE;

/* What verifies servers: by ca_file, or by the system's authorities when it is "". ERR_INVALID. */
int trust_new(const char *ca_file, SSL_CTX **out, struct err *err) MUST_USE;

/*
 * TLS 1.2 or newer over the stream from here on, the server's chain and its
 * name verified. ERR_DENIED for a certificate that is not to be trusted; the
 * sentence says why and what to do. ERR_PEER, ERR_BUSY.
 */
int trust_start(struct stream *s, SSL_CTX *trust, const char *host, struct err *err) MUST_USE;
