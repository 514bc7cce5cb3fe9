#include <assent/model/token.h>

#include <assent/base/str.h>

#include <string.h>

static const char *const names[] = {
	[TOKEN_LINK] = "link",
	[TOKEN_REPLY] = "reply",
	[TOKEN_BATCH_REPLY] = "batch-reply",
	[TOKEN_PACKET_LINK] = "packet-link",
	[TOKEN_PACKET_REPLY] = "packet-reply",
};

const char *
token_purpose_name(enum token_purpose purpose)
{
	return names[purpose];
}

bool
token_purpose_parse(const char *name, enum token_purpose *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!text_is(name, names[i]))
			continue;
		*out = (enum token_purpose)i;
		return true;
	}
	return false;
}

const struct site_key *
token_key(const struct policy *policy, uint32_t id)
{
	for (size_t i = 0; i < policy->key_count; i++)
		if (policy->keys[i].id == id)
			return &policy->keys[i];
	return NULL;
}

uint32_t
token_newest_key(const struct policy *policy)
{
	return policy->keys[policy->key_count - 1].id;
}

bool
token_derive(const struct policy *policy, const struct token_of *of, struct token_text *out)
{
	AUTO(str_donep) struct str message = STR_INIT(256);
	AUTO(str_donep) struct str text = STR_INIT(TOKEN_CHARS);
	const struct site_key *key = token_key(policy, of->key_id);
	char target[ID_TEXT_SIZE];
	uint8_t mac[SHA256_SIZE];

	if (key == NULL)
		return false;
	str_addf(&message, "assentd token\n%s\n%s\n%lld\n", names[of->purpose],
	    id_text(&of->target, target), (long long)of->generation);
	hmac_sha256(key->bytes, sizeof(key->bytes), str_text(&message), message.len, mac);
	str_add_base32(&text, mac, TOKEN_BYTES);
	memcpy(out->text, str_text(&text), TOKEN_CHARS + 1);
	return true;
}

bool
token_hash(const char *text, size_t len, uint8_t out[SHA256_SIZE])
{
	uint8_t bytes[TOKEN_BYTES];

	if (len != TOKEN_CHARS || base32_decode(text, len, bytes, sizeof(bytes)) != TOKEN_BYTES)
		return false;
	sha256(bytes, sizeof(bytes), out);
	return true;
}
