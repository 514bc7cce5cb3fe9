#include <assent/model/asked.h>

#include <assent/base/str.h>

#include <string.h>

void
asked_hash(const struct asked *asked, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add_text(hash, "assentd asked");
	hash_add_u64(hash, ASKED_VERSION);
	hash_add_text(hash, asked->approver);
	hash_add_text(hash, asked->question);
	hash_add_text(hash, asked->title);
	hash_add_text(hash, asked->request);
	hash_add_u64(hash, asked->attachment_count);
	for (size_t i = 0; i < asked->attachment_count; i++) {
		hash_add_text(hash, asked->attachments[i].name);
		hash_add_u64(hash, (uint64_t)asked->attachments[i].size);
		hash_add(hash, asked->attachments[i].sha256, SHA256_SIZE);
	}
	hash_end(hash, out);
}

static json_t *
attachment_to_json(const struct asked_attachment *attachment)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE);

	str_add_hex(&hex, attachment->sha256, SHA256_SIZE);
	return json_pack("{s:s, s:I, s:s}", "name", attachment->name, "size",
	    (json_int_t)attachment->size, "sha256", str_text(&hex));
}

json_t *
asked_to_json(const struct asked *asked)
{
	json_t *list = json_array();

	for (size_t i = 0; i < asked->attachment_count; i++)
		json_array_append_new(list, attachment_to_json(&asked->attachments[i]));
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "version", ASKED_VERSION, "approver",
	    asked->approver, "question", asked->question, "title", asked->title, "request",
	    asked->request, "attachments", list);
}

static bool
attachment_from_json(const json_t *json, struct arena *arena, struct asked_attachment *out)
{
	const char *name, *hex;
	json_int_t size;

	if (json_unpack((json_t *)json, "{s:s, s:I, s:s}", "name", &name, "size", &size, "sha256",
		&hex) != 0)
		return false;
	out->name = arena_dup(arena, name);
	out->size = size;
	return hex_decode(hex, strlen(hex), out->sha256, SHA256_SIZE) == SHA256_SIZE;
}

int
asked_from_json(const json_t *json, struct arena *arena, struct asked *out, struct err *err)
{
	const char *approver, *question, *title, *request;
	json_t *list;
	int version;

	if (json_unpack((json_t *)json, "{s:i, s:s, s:s, s:s, s:s, s:o}", "version", &version,
		"approver", &approver, "question", &question, "title", &title, "request", &request,
		"attachments", &list) != 0 ||
	    version != ASKED_VERSION || !json_is_array(list))
		return err_set(err, ERR_INVALID, "what was asked is not readable");

	size_t n = json_array_size(list);
	struct asked_attachment *items = arena_alloc(arena, (n + 1) * sizeof(*items));
	for (size_t i = 0; i < n; i++)
		if (!attachment_from_json(json_array_get(list, i), arena, &items[i]))
			return err_set(err, ERR_INVALID, "attachment %zu is not readable", i + 1);
	*out = (struct asked){ arena_dup(arena, approver), arena_dup(arena, question),
		arena_dup(arena, title), arena_dup(arena, request), items, n };
	return 0;
}

static void
add_change(json_t *list, const char *what, const char *before, const char *after)
{
	if (text_is(before, after))
		return;
	json_array_append_new(
	    list, json_pack("{s:s, s:s, s:s}", "what", what, "before", before, "after", after));
}

static const char *
attachments_text(const struct asked *asked, struct str *out)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE);

	for (size_t i = 0; i < asked->attachment_count; i++) {
		str_clear(&hex);
		str_add_hex(&hex, asked->attachments[i].sha256, 4);
		str_addf(out, "%s%s (%lld bytes, %s)", i > 0 ? ", " : "",
		    asked->attachments[i].name, (long long)asked->attachments[i].size,
		    str_text(&hex));
	}
	return out->len > 0 ? str_text(out) : "none";
}

json_t *
asked_changes(const struct asked *before, const struct asked *after)
{
	AUTO(str_donep) struct str old_list = STR_INIT(64 << 10);
	AUTO(str_donep) struct str new_list = STR_INIT(64 << 10);
	json_t *list = json_array();

	add_change(list, "Who is asked", before->approver, after->approver);
	add_change(list, "Question", before->question, after->question);
	add_change(list, "Title", before->title, after->title);
	add_change(list, "Request", before->request, after->request);
	add_change(list, "Attachments", attachments_text(before, &old_list),
	    attachments_text(after, &new_list));
	return list;
}
