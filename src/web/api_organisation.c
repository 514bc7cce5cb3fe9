/* api: /organisations. */
#include <assent/base/str.h>
#include <assent/store/browse.h>

#include "web/api_priv.h"

#include <string.h>

#define CURSOR 'o'
#define DOMAIN_MAX 253

/* clang-format off */
static const struct json_field fields[] = {
	{ "name",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ "domains",	JSON_KIND_LIST,		false,	API_DOMAINS_MAX },
	{ "owner",	JSON_KIND_OBJECT,	false,	0 },
	{ "locale",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ "time_zone",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};

static const struct json_field owner_fields[] = {
	{ "email",	JSON_KIND_ADDRESS,	true,	0 },
	{ "name",	JSON_KIND_TEXT,		false,	API_WORD_MAX },
	{ NULL,		JSON_KIND_TEXT,		false,	0 },
};
/* clang-format on */

/* --- looking --------------------------------------------------------------- */

static int
view(struct desk *desk, const char *key, json_t **out, struct err *err)
{
	struct organisation o;
	const char **domains = NULL;
	json_t *list = json_array();
	size_t n = 0;
	int rc = organisation_by_key(desk->tx, key, &o, err);

	if (rc == 0)
		rc = browse_domains(desk->tx, &o.id, &domains, &n, err);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(domains[i]));
	*out = json_object();
	member_text(*out, "key", o.key);
	member_text(*out, "name", o.name);
	api_set_person(*out, "owner", o.owner_email, o.owner_name);
	json_object_set_new(*out, "domains", list);
	member_text(*out, "locale", o.locale);
	member_text(*out, "time_zone", o.zone_name);
	member_text(*out, "source", o.source);
	member_time(*out, "updated", o.updated);
	return 0;
}

static int
list(struct api *api, struct desk *desk, struct err *err)
{
	json_t *items = json_array(), *item = NULL;
	const char **keys = NULL;
	struct api_page page;
	size_t n = 0, i;
	int rc = api_page(api, CURSOR, &page, err);

	if (rc == 0)
		rc = browse_organisations(desk->tx, page.after, page.limit + 1, &keys, &n, err);
	for (i = 0; rc == 0 && i < n && i < page.limit; i++) {
		rc = view(desk, keys[i], &item, err);
		if (rc == 0)
			json_array_append_new(items, item);
	}
	if (rc < 0)
		json_decref(items);
	else
		api->out = api_list(CURSOR, items, n > page.limit ? keys[i - 1] : NULL);
	return rc;
}

static int
show(struct api *api, struct desk *desk, struct err *err)
{
	int rc = view(desk, api->rq->segment, &api->out, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	api_refuse(api, "not-found", NULL, err, "there is no customer \"%s\"", api->rq->segment);
	return ERR_NOT_FOUND;
}

/* --- changing -------------------------------------------------------------- */

static int
read_domains(struct api *api, struct desk *desk, struct domain_list *out, struct err *err)
{
	const json_t *names = json_object_get(api->body, "domains");

	out->count = json_array_size(names);
	out->items = arena_alloc(tx_arena(desk->tx), (out->count + 1) * sizeof(*out->items));
	for (size_t i = 0; i < out->count; i++) {
		char pointer[JSON_POINTER_MAX + 1] = "/domains";

		out->items[i] = json_string_value(json_array_get(names, i));
		json_pointer_add_index(pointer, i);
		if (out->items[i] == NULL || strlen(out->items[i]) > DOMAIN_MAX)
			return api_refuse(api, "invalid", pointer, err,
			    "a domain is a text such as brightdesk.example");
	}
	return 0;
}

static int
read_owner(struct api *api, struct api_customer *wish, struct err *err)
{
	const json_t *owner = json_object_get(api->body, "owner");
	const struct json_part part = { owner, "/owner" };

	if (!json_is_object(owner))
		return 0;
	if (!json_check(&part, owner_fields, true, &api->fault)) {
		api->refused = true;
		return err_set(err, ERR_INVALID, "%s", api->fault.message);
	}
	wish->has_owner = true;
	wish->owner = (struct api_person){ json_text(owner, "email"), json_text(owner, "name") };
	return 0;
}

static const char *
said(struct api *api, const char *name)
{
	return json_string_value(json_object_get(api->body, name));
}

static int
put(struct api *api, struct desk *desk, bool may_make, struct err *err)
{
	struct domain_list domains;
	struct api_customer wish = {
		.key = api->rq->segment,
		.name = said(api, "name"),
		.locale = said(api, "locale"),
		.zone_name = said(api, "time_zone"),
		.may_make = may_make,
		.by = api_by(api, desk),
	};
	const char *wrong = NULL;
	char id[ID_TEXT_SIZE];
	bool made = false;
	int rc = read_domains(api, desk, &domains, err);

	wish.evidence =
	    arena_printf(tx_arena(desk->tx), "The API token %s", id_text(&api->token.id, id));
	if (json_is_array(json_object_get(api->body, "domains")))
		wish.domains = &domains;
	if (rc == 0)
		rc = read_owner(api, &wish, err);
	if (rc < 0)
		return rc;
	rc = api_put_customer(desk, &wish, &made, &wrong, err);
	if (rc < 0)
		return api_refuse_part(api, rc, wrong, err);
	api->status = made ? 201 : 200;
	return view(desk, wish.key, &api->out, err);
}

static int
put_one(struct api *api, struct desk *desk, struct err *err)
{
	return put(api, desk, true, err);
}

static int
patch_one(struct api *api, struct desk *desk, struct err *err)
{
	return put(api, desk, false, err);
}

/* clang-format off */
const struct api_endpoint api_organisation_endpoints[] = {
	{ "GET",	"/api/v1/organisations",	SCOPE_ORGANISATIONS_READ,	list,		NULL },
	{ "GET",	"/api/v1/organisations/{}",	SCOPE_ORGANISATIONS_READ,	show,		NULL },
	{ "PUT",	"/api/v1/organisations/{}",	SCOPE_ORGANISATIONS_WRITE,	put_one,	fields },
	{ "PATCH",	"/api/v1/organisations/{}",	SCOPE_ORGANISATIONS_WRITE,	patch_one,	fields },
	{ NULL,		NULL,				SCOPE_COUNT,			NULL,		NULL },
};
/* clang-format on */
