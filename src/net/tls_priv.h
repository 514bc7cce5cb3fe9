#pragma once
/* tls_priv: what the server asks of the process's certificate. */
#include <assent/net/tls.h>

#include <gnutls/abstract.h>

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2. */
int tls_pick(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **certs, unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
    gnutls_privkey_t *key, unsigned *flags);

/* TLS 1.2 and 1.3, in GnuTLS's words. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
