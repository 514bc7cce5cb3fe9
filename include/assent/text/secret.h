#pragma once
/*
 * secret: take what looks like a key, a password or a token out of text before
 * a model sees it or a document shows it.
 *
 * Found are private keys (PEM), keys and tokens by their makers' prefixes (AWS,
 * GitHub, GitLab, Slack, OpenAI, Anthropic, Google, Stripe, npm, …), JSON web
 * tokens, product keys, what stands behind "password:", "token=", "Bearer" and
 * the like in a dozen languages, the password of an address such as
 * amqp://user:password@host, and long mixed words that nobody would type. Left
 * alone are ticket ids, serial numbers, UUIDs and plain hexadecimal (hashes,
 * fingerprints, commits) unless their name says that they are secret. Linear,
 * and doing it twice changes nothing more.
 */
#include <assent/base/str.h>

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MARK "[secret]"

/* Append text[0..n) to out with SECRET_MARK in each one's place; returns how many there were. */
size_t secret_redact(const char *text, size_t n, struct str *out);

/* Does a field of that name hold a secret ("db_password", "apiKey", "PIN")? */
bool secret_is_name(const char *name);
