#include <assent/model/asked.h>

#include <assent/base/str.h>

#include <string.h>

static int
version_of(const struct asked *asked)
{
	return asked->attribute_count > 0 ? ASKED_VERSION_ATTRIBUTES : ASKED_VERSION;
}

static void
hash_attributes(struct hash *hash, const struct asked *asked)
{
	hash_add_u64(hash, asked->attribute_count);
	for (size_t i = 0; i < asked->attribute_count; i++) {
		hash_add_text(hash, asked->attributes[i].name);
		hash_add_text(hash, asked->attributes[i].value);
	}
}

void
asked_hash(const struct asked *asked, uint8_t out[SHA256_SIZE])
{
	AUTO(hash_freep) struct hash *hash = hash_new();

	hash_add_text(hash, "assentd asked");
	hash_add_u64(hash, (uint64_t)version_of(asked));
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
	if (asked->attribute_count > 0)
		hash_attributes(hash, asked);
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
	json_t *list = json_array(), *attributes = json_array(), *json;

	for (size_t i = 0; i < asked->attachment_count; i++)
		json_array_append_new(list, attachment_to_json(&asked->attachments[i]));
	for (size_t i = 0; i < asked->attribute_count; i++)
		json_array_append_new(attributes,
		    json_pack("{s:s, s:s}", "name", asked->attributes[i].name, "value",
			asked->attributes[i].value));
	json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "version", version_of(asked), "approver",
	    asked->approver, "question", asked->question, "title", asked->title, "request",
	    asked->request, "attachments", list);
	if (asked->attribute_count > 0)
		json_object_set(json, "attributes", attributes);
	json_decref(attributes);
	return json;
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

/* Of version 2 only; in version 1 there are none. */
static bool
attributes_from_json(const json_t *json, int version, struct arena *arena, struct asked *out)
{
	const json_t *list = json_object_get(json, "attributes");
	size_t n = json_array_size(list);
	struct asked_attribute *items = arena_alloc(arena, (n + 1) * sizeof(*items));

	if (version == ASKED_VERSION)
		return list == NULL;
	for (size_t i = 0; i < n; i++) {
		const char *name, *value;

		if (json_unpack(
			json_array_get(list, i), "{s:s, s:s}", "name", &name, "value", &value) != 0)
			return false;
		items[i] =
		    (struct asked_attribute){ arena_dup(arena, name), arena_dup(arena, value) };
	}
	out->attributes = items;
	out->attribute_count = n;
	return n > 0;
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
	    (version != ASKED_VERSION && version != ASKED_VERSION_ATTRIBUTES) ||
	    !json_is_array(list))
		return err_set(err, ERR_INVALID, "what was asked is not readable");

	size_t n = json_array_size(list);
	struct asked_attachment *items = arena_alloc(arena, (n + 1) * sizeof(*items));
	for (size_t i = 0; i < n; i++)
		if (!attachment_from_json(json_array_get(list, i), arena, &items[i]))
			return err_set(err, ERR_INVALID, "attachment %zu is not readable", i + 1);
	*out = (struct asked){ arena_dup(arena, approver), arena_dup(arena, question),
		arena_dup(arena, title), arena_dup(arena, request), items, n, NULL, 0 };
	if (!attributes_from_json(json, version, arena, out))
		return err_set(err, ERR_INVALID, "the attributes that were asked are not readable");
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

/* "cost: 480 EUR" a line each. */
static const char *
attributes_text(const struct asked *asked, struct str *out)
{
	for (size_t i = 0; i < asked->attribute_count; i++)
		str_addf(out, "%s%s: %s", i > 0 ? "\n" : "", asked->attributes[i].name,
		    asked->attributes[i].value);
	return out->len > 0 ? str_text(out) : "none";
}

json_t *
asked_changes(const struct asked *before, const struct asked *after)
{
	AUTO(str_donep) struct str old_list = STR_INIT(64 << 10);
	AUTO(str_donep) struct str new_list = STR_INIT(64 << 10);
	AUTO(str_donep) struct str old_facts = STR_INIT(64 << 10);
	AUTO(str_donep) struct str new_facts = STR_INIT(64 << 10);
	json_t *list = json_array();

	add_change(list, "Who is asked", before->approver, after->approver);
	add_change(list, "Question", before->question, after->question);
	add_change(list, "Title", before->title, after->title);
	add_change(list, "Request", before->request, after->request);
	add_change(list, "Details", attributes_text(before, &old_facts),
	    attributes_text(after, &new_facts));
	add_change(list, "Attachments", attachments_text(before, &old_list),
	    attachments_text(after, &new_list));
	return list;
}
