#pragma once
/* sign: one of our own mails as multipart/signed (RFC 8551 section 3.5.3). */
#include <assent/base/identity.h>
#include <assent/mail/outlet.h>

#define SIGN_MAX ((size_t)1 << 20) /* the ceiling for out */

/*
 * Append mail, as compose_mail() wrote it, with its body signed and its own
 * header fields. The time is mail->date. ERR_INVALID for other bytes.
 */
int mail_sign(const struct identity *identity, const struct outlet_mail *mail, struct str *out,
    struct err *err) MUST_USE;
