#include <assent/flow/operate.h>

#include <assent/base/str.h>
#include <assent/flow/links.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>
#include <assent/mail/compose.h>
#include <assent/store/erase.h>
#include <assent/store/site.h>

#include "flow/record.h"

#include <string.h>

#define FORMER "signing.former" /* hex, blank-separated, oldest first */

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = json_string_value(json_object_get(arguments, name));

	return text != NULL ? text : "";
}

/* --- a person -------------------------------------------------------------- */

static json_t *
report_json(const struct erase_report *report)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(parts,
		    json_pack("{s:s, s:I}", "what", report->counts[i].what, "rows",
			(json_int_t)report->counts[i].rows));
	return parts;
}

static int
add_obstacles(struct desk *desk, const char *email, json_t *out, struct err *err)
{
	json_t *waiting = json_array(), *owned = json_array();
	const char **keys = NULL;
	int64_t *refs = NULL;
	bool is_staff = false;
	size_t n = 0, k = 0;
	int rc = erase_open(desk->tx, email, &refs, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		json_array_append_new(waiting, json_sprintf("T-%lld", (long long)refs[i]));
	if (rc == 0)
		rc = erase_roles(desk->tx, email, &keys, &k, &is_staff, err);
	for (size_t i = 0; rc == 0 && i < k; i++)
		json_array_append_new(owned, json_string(keys[i]));
	json_object_set_new(out, "email", json_string(email));
	json_object_set_new(out, "waiting", waiting);
	json_object_set_new(out, "owner_of", owned);
	json_object_set_new(out, "is_staff", json_boolean(is_staff));
	return rc;
}

int
person_look(struct desk *desk, const char *email, json_t *out, struct err *err)
{
	struct erase_report report = { 0 };
	int rc = erase_look(desk->tx, email, &report, err);

	if (rc < 0)
		return rc;
	json_object_set_new(out, "parts", report_json(&report));
	json_object_set_new(out, "kept", json_integer(report.kept));
	return add_obstacles(desk, email, out, err);
}

static int
check_obstacles(const char *email, const json_t *out, struct err *err)
{
	const json_t *waiting = json_object_get(out, "waiting");
	const json_t *owned = json_object_get(out, "owner_of");

	if (json_array_size(waiting) > 0)
		return err_set(err, ERR_CONFLICT,
		    "a question about %s%s waits for %s; withdraw it or wait for the answer, "
		    "nothing was erased",
		    json_string_value(json_array_get(waiting, 0)),
		    json_array_size(waiting) > 1 ? " and others" : "", email);
	if (json_array_size(owned) > 0)
		return err_set(err, ERR_CONFLICT,
		    "%s decides for %s, or is its owner or a delegate in the settings; name "
		    "another "
		    "one there first, nothing was erased",
		    email, json_string_value(json_array_get(owned, 0)));
	if (json_is_true(json_object_get(out, "is_staff")))
		return err_set(err, ERR_CONFLICT,
		    "%s is staff; take the address out of the settings and reload first, nothing "
		    "was erased",
		    email);
	return 0;
}

/* Whoever knows the address can find the entry; nobody can read it from there. */
static int
note_erased(struct desk *desk, const char *email, struct err *err)
{
	AUTO(str_donep) struct str person = STR_INIT(200);
	uint8_t salt[16], hash[SHA256_SIZE];

	random_bytes(salt, sizeof(salt));
	hmac_sha256(salt, sizeof(salt), email, strlen(email), hash);
	str_add_hex(&person, salt, sizeof(salt));
	str_add_char(&person, ':');
	str_add_hex(&person, hash, sizeof(hash));
	const struct ledger_field fields[] = { { "person", str_text(&person) },
		{ "by", "operator" } };

	return record_ledger(desk,
	    &(struct record_entry){
		.kind = OPERATE_ERASED, .fields = fields, .field_count = ARRAY_LEN(fields) },
	    NULL, err);
}

int
person_erase(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	char *email = arena_dup(tx_arena(desk->tx), text_arg(arguments, "email"));
	struct erase_report report = { 0 };
	int rc;

	text_lower(email);
	if (!address_is_plain(email))
		return err_set(err, ERR_INVALID, "\"%s\" is no address", email);
	rc = add_obstacles(desk, email, out, err);
	if (rc == 0)
		rc = check_obstacles(email, out, err);
	if (rc == 0)
		rc = erase_do(desk->tx, email, &report, err);
	if (rc == 0)
		rc = note_erased(desk, email, err);
	if (rc < 0)
		return rc;
	json_object_set_new(out, "parts", report_json(&report));
	json_object_set_new(out, "kept", json_integer(report.kept));
	return 0;
}

/* --- a mail to ourselves ------------------------------------------------------ */

int
doctor_probe(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *to = text_arg(arguments, "to"), *nonce = text_arg(arguments, "nonce");
	struct notice notice = { .kind = "probe", .to_email = to };
	const char *message_id = "";
	int rc;

	if (!links_is_own(desk, to) || !address_is_plain(to))
		return err_set(err, ERR_INVALID, "\"%s\" is not an address of this desk", to);
	notice.view = json_object();
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "nonce", nonce);
	rc = notice_send(desk, &notice, &message_id, err);
	/* The Message-ID begins with the mail's id. */
	if (rc == 0)
		json_object_set_new(
		    out, "outgoing", json_stringn(message_id, strcspn(message_id, "@")));
	return rc;
}

/* --- the signing key --------------------------------------------------------- */

static int
former_keys(struct desk *desk, const char **out, struct err *err)
{
	int rc = site_get(desk->tx, FORMER, out, err);

	if (rc == ERR_NOT_FOUND)
		*out = "";
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
signing_retire(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *key = text_arg(arguments, "key"), *former;
	const struct ledger_field fields[] = { { "key", key }, { "by", "operator" } };
	uint8_t bytes[ED25519_KEY_SIZE];
	int rc;

	if (hex_decode(key, strlen(key), bytes, sizeof(bytes)) != ED25519_KEY_SIZE)
		return err_set(err, ERR_INVALID, "that is no public key");
	rc = former_keys(desk, &former, err);
	if (rc == 0 && strstr(former, key) == NULL)
		rc = site_set(desk->tx, FORMER,
		    arena_printf(
			tx_arena(desk->tx), "%s%s%s", former, former[0] != '\0' ? " " : "", key),
		    err);
	if (rc == 0)
		rc = record_ledger(desk,
		    &(struct record_entry){ .kind = "signing.retired",
			.fields = fields,
			.field_count = ARRAY_LEN(fields) },
		    NULL, err);
	if (rc == 0)
		json_object_set_new(out, "retired", json_string(key));
	return rc;
}

int
signing_was_ours(struct desk *desk, const uint8_t key[ED25519_KEY_SIZE], bool *out, struct err *err)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * ED25519_KEY_SIZE + 1);
	const char *former = "";
	int rc = former_keys(desk, &former, err);

	str_add_hex(&hex, key, ED25519_KEY_SIZE);
	*out = rc == 0 && strstr(former, str_text(&hex)) != NULL;
	return rc;
}
