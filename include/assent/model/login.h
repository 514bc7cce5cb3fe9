#pragma once
/* login: how to reach a mail server and who we are there; IMAP and SMTP share it. */
#include <stdint.h>

enum tls_mode {
	TLS_IMPLICIT, /* from the first byte */
	TLS_STARTTLS, /* after the server's greeting; refused when it is not offered */
	TLS_NONE, /* loopback only */
};

enum login_auth {
	AUTH_PASSWORD,
	AUTH_XOAUTH2, /* with an access token of a credential */
	AUTH_NONE, /* a relay that knows our address */
};

struct login {
	const char *host; /* "" for none; ASCII */
	int port; /* 0: the protocol's usual one for tls */
	int tls; /* enum tls_mode */
	int auth; /* enum login_auth */
	const char *user;
	const char *password_file; /* as found, "" for none */
	const char *password; /* what it holds; NULL without one */
	const char *credential; /* name of an OAuth2 credential, "" for none */
	const char *ca_file; /* PEM; "" takes the system's */
};
