#include "flow/receipt.h"

#include <assent/base/crypto.h>
#include <assent/base/str.h>

#include <string.h>

#define RECEIPT_MAX (32u << 10)

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void
signed_text(const struct outgoing *mail, const json_t *view, struct str *out)
{
	const json_t *seq = json_object_get(view, "head_seq");
	char id[ID_TEXT_SIZE];
	json_t *item;
	size_t i;

	str_addf(out, "assentd receipt 1\nmail %s\n", id_text(&mail->id, id));
	json_array_foreach(json_object_get(view, "items"), i, item)
	{
		str_addf(out, "item %s %s\n", text_of(item, "mark"), text_of(item, "outcome"));
	}
	str_add(out, "when ");
	utc_add_iso(out, mail->created);
	str_addf(
	    out, "\nhead %lld %s\n", (long long)json_integer_value(seq), text_of(view, "head"));
}

void
receipt_sign(const struct policy *policy, const struct outgoing *mail, json_t *view)
{
	AUTO(str_donep) struct str text = STR_INIT(RECEIPT_MAX);
	AUTO(str_donep) struct str tail = STR_INIT(256);
	struct ed25519_proof proof;
	json_t *lines = json_array();
	char *rest, *line;

	signed_text(mail, view, &text);
	ed25519_prove(policy->signing_seed, str_text(&text), text.len, &proof);
	AUTO(mem_freep) char *copy = mem_dup(str_text(&text));
	for (rest = copy; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			json_array_append_new(lines, json_string(line));
	str_add(&tail, "key ");
	str_add_base64(&tail, proof.key, sizeof(proof.key));
	json_array_append_new(lines, json_string(str_text(&tail)));
	str_clear(&tail);
	str_add(&tail, "signature ");
	str_add_base64(&tail, proof.signature, sizeof(proof.signature));
	json_array_append_new(lines, json_string(str_text(&tail)));
	json_object_set_new(view, "signature", lines);
}
