/* verbs about API tokens. */
#include <assent/flow/api_token.h>

#include <assent/base/str.h>
#include <assent/base/zone.h>

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = json_string_value(json_object_get(arguments, name));

	return text != NULL ? text : "";
}

int
api_verb_new(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const struct api_wish wish = {
		.name = text_arg(arguments, "name"),
		.role = text_arg(arguments, "role"),
		.team = text_arg(arguments, "team"),
		.scopes = text_arg(arguments, "scopes"),
		.expires = json_integer_value(json_object_get(arguments, "expires")),
		.by = "operator",
	};
	AUTO(str_donep) struct str until = STR_INIT(64);
	struct api_token_text secret;
	struct api_token token;
	char id[ID_TEXT_SIZE];
	int rc = api_token_make(desk, &wish, &token, &secret, err);

	if (rc < 0)
		return rc;
	if (token.expires != 0)
		utc_add_iso(&until, token.expires);
	json_object_set_new(out, "id", json_string(id_text(&token.id, id)));
	json_object_set_new(out, "token", json_string(secret.text));
	json_object_set_new(out, "name", json_string(token.name));
	json_object_set_new(out, "role", json_string(token.role));
	json_object_set_new(out, "team", json_string(token.team));
	json_object_set_new(out, "scopes", json_string(token.scopes));
	json_object_set_new(
	    out, "expires", token.expires != 0 ? json_string(str_text(&until)) : json_null());
	mem_wipe(&secret, sizeof(secret));
	return 0;
}

int
api_verb_revoke(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct id id;
	int rc;

	if (!id_parse(text_arg(arguments, "token"), &id))
		return err_set(err, ERR_INVALID, "\"%s\" is not the id of a token",
		    text_arg(arguments, "token"));
	rc = api_token_end(desk, &id, "operator", err);
	if (rc == 0)
		json_object_set_new(out, "state", json_string("revoked"));
	return rc;
}
