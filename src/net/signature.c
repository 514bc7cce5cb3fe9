#include <assent/net/signature.h>

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <string.h>

#define TIMESTAMP_MAX ((int64_t)99999999999) /* seconds: the year 5138 */

static int
read_id(const char *id, struct err *err)
{
	size_t n = id != NULL ? strlen(id) : 0;

	if (n == 0)
		return err_set(err, ERR_INVALID, "the header webhook-id is missing");
	if (n > SIGNATURE_ID_MAX)
		return err_set(
		    err, ERR_INVALID, "webhook-id is longer than %d characters", SIGNATURE_ID_MAX);
	for (const char *c = id; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '.')
			return err_set(err, ERR_INVALID,
			    "webhook-id may hold visible ASCII without full stops only");
	return 0;
}

static int
read_timestamp(const char *text, utc_ms *out, struct err *err)
{
	int64_t seconds;

	if (text == NULL || *text == '\0')
		return err_set(err, ERR_INVALID, "the header webhook-timestamp is missing");
	if (!num_parse_within(text, 0, TIMESTAMP_MAX, &seconds))
		return err_set(err, ERR_INVALID,
		    "webhook-timestamp must be whole seconds since 1970, in digits");
	*out = seconds * MS_SECOND;
	return 0;
}

/* One entry of the list; what is no v1 signature proves nothing and hurts nobody. */
static void
take_entry(const char *entry, size_t n, struct webhook_signature *out)
{
	static const char version[] = "v1,";
	const size_t skip = sizeof(version) - 1;

	if (n <= skip || memcmp(entry, version, skip) != 0)
		return;
	if (base64_decode(entry + skip, n - skip, out->macs[out->count], SHA256_SIZE) ==
	    SHA256_SIZE)
		out->count++;
}

static int
read_list(const char *list, struct webhook_signature *out, struct err *err)
{
	if (list == NULL || *list == '\0')
		return err_set(err, ERR_INVALID, "the header webhook-signature is missing");
	out->count = 0;
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (out->count == SIGNATURES_MAX)
			return err_set(err, ERR_INVALID,
			    "webhook-signature lists more than %d signatures", SIGNATURES_MAX);
		take_entry(list, n, out);
		list += n;
		list += strspn(list, " ");
	}
	return 0;
}

int
signature_read(const struct signature_head *head, struct webhook_signature *out, struct err *err)
{
	int rc = read_id(head->id, err);

	if (rc == 0)
		rc = read_timestamp(head->timestamp, &out->at, err);
	if (rc == 0)
		rc = read_list(head->signature, out, err);
	if (rc < 0)
		return rc;
	out->id = head->id;
	out->timestamp = head->timestamp;
	return 0;
}

struct stamp {
	const char *id, *timestamp;
};

static void
mac_of(const struct mac_key *key, struct stamp stamp, const struct signed_body *body,
    uint8_t out[SHA256_SIZE])
{
	const struct bytes_part parts[] = {
		{ stamp.id, strlen(stamp.id) },
		{ ".", 1 },
		{ stamp.timestamp, strlen(stamp.timestamp) },
		{ ".", 1 },
		{ body->bytes, body->n },
	};

	hmac_sha256_parts(key, parts, ARRAY_LEN(parts), out);
}

void
signature_add(
    struct str *out, const char *id, const char *timestamp, const struct signed_body *body)
{
	uint8_t mac[SHA256_SIZE];

	for (size_t i = 0; i < body->key_count; i++) {
		mac_of(&body->keys[i], (struct stamp){ id, timestamp }, body, mac);
		str_add(out, i == 0 ? "v1," : " v1,");
		str_add_base64(out, mac, sizeof(mac));
	}
}

bool
signature_holds(const struct webhook_signature *signature, const struct signed_body *body)
{
	uint8_t wanted[SHA256_SIZE];
	bool holds = false;

	for (size_t i = 0; i < body->key_count; i++) {
		mac_of(&body->keys[i], (struct stamp){ signature->id, signature->timestamp }, body,
		    wanted);
		/* No early end: how far we got must tell nobody which key or byte was right. */
		for (size_t k = 0; k < signature->count; k++)
			holds |= bytes_equal(signature->macs[k], wanted, SHA256_SIZE);
	}
	return holds;
}

bool
signature_is_fresh(const struct webhook_signature *signature, utc_ms now, span_ms tolerance)
{
	span_ms off = signature->at > now ? signature->at - now : now - signature->at;

	return off <= tolerance;
}
