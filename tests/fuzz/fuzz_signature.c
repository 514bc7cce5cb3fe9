/*
 * Property: headers that signature_read() takes have an id without full stops
 * and a time in digits; no more signatures than there may be; the signature
 * that we make for them holds, and one changed bit of it or of the body does
 * not. Input: id, timestamp and list, a line each.
 */
#include <assent/base/str.h>
#include <assent/net/signature.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check_fields(const struct webhook_signature *signature)
{
	demand(*signature->id != '\0' && strlen(signature->id) <= SIGNATURE_ID_MAX);
	demand(strchr(signature->id, '.') == NULL);
	for (const char *c = signature->id; *c != '\0'; c++)
		demand(*c > ' ' && *c <= '~');
	for (const char *c = signature->timestamp; *c != '\0'; c++)
		demand(*c >= '0' && *c <= '9');
	demand(signature->at >= 0 && signature->count <= SIGNATURES_MAX);
	demand(signature_is_fresh(signature, signature->at, 0));
	demand(!signature_is_fresh(signature, signature->at + 1, 0));
}

static void
check_holding(const struct webhook_signature *read)
{
	const struct mac_key key = { .bytes = { 1, 2, 3 }, .len = 24 };
	uint8_t bytes[] = "{\"a\":1}";
	struct signed_body body = { bytes, sizeof(bytes) - 1, &key, 1 };
	const struct bytes_part parts[] = { { read->id, strlen(read->id) }, { ".", 1 },
		{ read->timestamp, strlen(read->timestamp) }, { ".", 1 },
		{ bytes, sizeof(bytes) - 1 } };
	struct webhook_signature made = *read;

	/* Nobody guesses what the key makes of it. */
	demand(!signature_holds(read, &body));
	made.count = 1;
	hmac_sha256_parts(&key, parts, ARRAY_LEN(parts), made.macs[0]);
	demand(signature_holds(&made, &body));
	made.macs[0][31] ^= 1;
	demand(!signature_holds(&made, &body));
	made.macs[0][31] ^= 1;
	bytes[3] ^= 1;
	demand(!signature_holds(&made, &body));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)16 << 20);
	char *rest;
	struct signature_head head = { NULL, NULL, NULL };
	struct webhook_signature signature;
	struct err err = { 0 };

	if (size > 100000)
		return 0;
	rest = arena_dup_n(arena, data, size);
	head.id = strsep(&rest, "\n");
	head.timestamp = strsep(&rest, "\n");
	head.signature = rest;
	if (signature_read(&head, &signature, &err) < 0) {
		demand(err.code == ERR_INVALID && err.text[0] != '\0');
		return 0;
	}
	check_fields(&signature);
	check_holding(&signature);
	return 0;
}
