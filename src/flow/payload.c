#include "flow/payload.h"

#include <jansson.h>

bool
payload_id(const struct job *job, const char *name, struct id *out)
{
	json_t *payload = json_loads(job->payload, 0, NULL);
	const char *text = json_string_value(json_object_get(payload, name));
	bool found = text != NULL && id_parse(text, out);

	json_decref(payload);
	return found;
}

bool
payload_says(const struct job *job, const char *name)
{
	json_t *payload = json_loads(job->payload, 0, NULL);
	bool says = json_is_true(json_object_get(payload, name));

	json_decref(payload);
	return says;
}

int
payload_matters(
    struct desk *desk, const struct job *job, struct payload_matters *out, struct err *err)
{
	struct id id;

	if (payload_id(job, "batch", &id))
		return matter_load_batch(desk, &id, &out->items, &out->count, err);
	if (!payload_id(job, "approval", &id))
		return err_set(err, ERR_INVALID, "job %s names no approval", job->kind);
	out->items = arena_alloc(tx_arena(desk->tx), sizeof(*out->items));
	out->count = 1;
	return matter_load(desk, &id, out->items, err);
}
