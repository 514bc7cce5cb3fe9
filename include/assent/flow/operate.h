#pragma once
/* operate: what the operator does to people's data and to the signing key. */
#include <assent/base/crypto.h>
#include <assent/flow/desk.h>

#include <jansson.h>

/*
 * What is known about a person: {"email", "parts": [{"what", "rows"}], "kept",
 * "waiting": ["T-1001"], "owner_of": ["acme"], "is_staff"}. waiting, owner_of
 * and is_staff each refuse the erasure.
 */
int person_look(struct desk *desk, const char *email, json_t *out, struct err *err) MUST_USE;

#define OPERATE_ERASED "person.erased" /* what the ledger says of it */

/*
 * The verb person.erase {"email"}: the same object, after it was removed. The
 * ledger notes that it was done, with a salted hash in place of the address.
 * ERR_CONFLICT with a sentence when something refuses it.
 */
int person_erase(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);

/*
 * The verb doctor.mail {"to", "nonce"}: a mail to one of our own addresses,
 * with the nonce in its subject; {"outgoing"} is its id. It comes back as our
 * own mail, so it never becomes a ticket.
 */
int doctor_probe(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);

/* The verb signing.retire {"key": hex}: a public key that receipts were signed with until now. */
int signing_retire(struct desk *desk, const json_t *arguments, json_t *out, struct err *err);
/* Was this public key ours once? */
int signing_was_ours(
    struct desk *desk, const uint8_t key[ED25519_KEY_SIZE], bool *out, struct err *err) MUST_USE;
