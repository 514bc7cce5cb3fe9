#include <assent/mail/verp.h>

#include <assent/base/crypto.h>
#include <assent/base/str.h>

#include <string.h>

#define PREFIX "b-"
#define MAC_SIZE 5
#define BYTES (sizeof(struct id) + MAC_SIZE)

static void
sign(const struct site_key *key, const struct id *id, uint8_t out[MAC_SIZE])
{
	static const char purpose[] = "assentd bounce\n";
	uint8_t message[sizeof(purpose) - 1 + sizeof(*id)], mac[SHA256_SIZE];

	memcpy(message, purpose, sizeof(purpose) - 1);
	memcpy(message + sizeof(purpose) - 1, id->bytes, sizeof(id->bytes));
	hmac_sha256(key->bytes, sizeof(key->bytes), message, sizeof(message), mac);
	memcpy(out, mac, MAC_SIZE);
}

void
verp_code(const struct policy *policy, const struct id *id, char out[VERP_CODE_SIZE])
{
	AUTO(str_donep) struct str text = STR_INIT(VERP_CODE_SIZE);
	uint8_t bytes[BYTES];

	memcpy(bytes, id->bytes, sizeof(id->bytes));
	sign(&policy->keys[policy->key_count - 1], id, bytes + sizeof(id->bytes));
	str_add(&text, PREFIX);
	str_add_base32(&text, bytes, sizeof(bytes));
	memcpy(out, str_text(&text), text.len + 1);
}

bool
verp_read(const struct policy *policy, const char *code, struct id *out)
{
	uint8_t bytes[BYTES], mac[MAC_SIZE];
	struct id id;

	if (!text_starts_nocase(code, PREFIX) || strlen(code) != VERP_CODE_SIZE - 1 ||
	    base32_decode(code + strlen(PREFIX), VERP_CODE_SIZE - 1 - strlen(PREFIX), bytes,
		sizeof(bytes)) != (long)sizeof(bytes))
		return false;
	memcpy(id.bytes, bytes, sizeof(id.bytes));
	for (size_t i = policy->key_count; i > 0; i--) {
		sign(&policy->keys[i - 1], &id, mac);
		if (bytes_equal(mac, bytes + sizeof(id.bytes), MAC_SIZE)) {
			*out = id;
			return true;
		}
	}
	return false;
}
