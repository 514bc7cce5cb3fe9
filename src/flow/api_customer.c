/* api: customers, their domains, and who decides for them (invariant 13). */
#include <assent/flow/api.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/address.h>
#include <assent/flow/owner.h>
#include <assent/store/browse.h>

#include "flow/intake_priv.h"
#include "flow/record.h"

#include <string.h>

#define LOCALE_MAX 35 /* RFC 5646 section 4.4.1 */

struct putting {
	struct desk *desk;
	const struct api_customer *said;
	const char **wrong;
	struct organisation before; /* key is NULL when there was none */
	struct organisation row;
	struct domain_list domains; /* as the store keeps them */
	bool is_new;
};

/* --- what is said ---------------------------------------------------------- */

/* As the settings have keys. */
static bool
is_key(const char *key)
{
	return *key != '\0' && strlen(key) <= 100 &&
	    key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
}

/* It becomes part of a file's name. */
static bool
is_locale(const char *locale)
{
	size_t len = strlen(locale);

	return len >= 2 && len <= LOCALE_MAX && locale[0] != '-' &&
	    strspn(locale, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
	    len;
}

static int
take_name(struct putting *p, struct err *err)
{
	struct str line = STR_INIT(4 * API_WORD_MAX);
	const char *name = p->said->name;

	if (name == NULL)
		return 0;
	*p->wrong = "/name";
	utf8_add_line(&line, name, strlen(name) + 8);
	p->row.name = arena_dup(tx_arena(p->desk->tx), str_text(&line));
	str_done(&line);
	return text_is_blank(p->row.name)
	    ? err_set(err, ERR_INVALID, "the name has no visible letter")
	    : 0;
}

static int
take_place(struct putting *p, struct err *err)
{
	const struct zone *zone;

	if (p->said->locale != NULL) {
		*p->wrong = "/locale";
		if (!is_locale(p->said->locale))
			return err_set(err, ERR_INVALID, "\"%s\" is no locale such as en or de-AT",
			    p->said->locale);
		p->row.locale = p->said->locale;
	}
	if (p->said->zone_name != NULL) {
		*p->wrong = "/time_zone";
		if (zone_get(p->said->zone_name, &zone, NULL) < 0)
			return err_set(err, ERR_INVALID,
			    "\"%s\" is no time zone such as Europe/Vienna", p->said->zone_name);
		p->row.zone_name = p->said->zone_name;
	}
	return 0;
}

static int
take_domain(struct putting *p, const char *said, struct err *err)
{
	struct arena *arena = tx_arena(p->desk->tx);
	const char *address = address_read(arena, arena_printf(arena, "x@%s", said));
	struct organisation other;
	int rc;

	if (address == NULL || strchr(said, '@') != NULL || strchr(address, '.') == NULL)
		return err_set(err, ERR_INVALID, "\"%s\" is no domain", said);
	rc = organisation_by_domain(p->desk->tx, email_domain(address), &other, err);
	if (rc == 0 && !text_is(other.key, p->said->key))
		return err_set(err, ERR_CONFLICT, "%s belongs to the customer %s",
		    email_domain(address), other.key);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	p->domains.items[p->domains.count++] = email_domain(address);
	return 0;
}

static int
take_domains(struct putting *p, struct err *err)
{
	const struct domain_list *said = p->said->domains;
	int rc = 0;

	if (said == NULL)
		return 0;
	*p->wrong = "/domains";
	p->domains.items =
	    arena_alloc(tx_arena(p->desk->tx), (said->count + 1) * sizeof(*p->domains.items));
	for (size_t i = 0; rc == 0 && i < said->count; i++)
		rc = take_domain(p, said->items[i], err);
	return rc;
}

/* --- where it stands ------------------------------------------------------- */

static int
begin_new(struct putting *p, struct err *err)
{
	struct desk *desk = p->desk;

	if (!p->said->may_make)
		return err_set(err, ERR_NOT_FOUND, "there is no customer \"%s\"", p->said->key);
	*p->wrong = NULL;
	if (!is_key(p->said->key))
		return err_set(err, ERR_INVALID,
		    "a customer's key is of a-z, 0-9, \"-\", \"_\" and \".\", at most 100");
	p->is_new = true;
	p->row = (struct organisation){
		.id = id_new(desk->now),
		.key = p->said->key,
		.name = p->said->key,
		.owner_email = "",
		.owner_name = "",
		.settled_owner = "",
		.locale = desk->policy->locale,
		.zone_name = desk->policy->zone_name,
		.level = LEVEL_DEFAULT,
		.source = API_SOURCE,
	};
	return 0;
}

static int
begin(struct putting *p, struct err *err)
{
	const struct api_customer *said = p->said;
	int rc = organisation_by_key(p->desk->tx, said->key, &p->before, err);

	*p->wrong = NULL;
	if (rc == ERR_NOT_FOUND)
		return begin_new(p, err);
	if (rc < 0)
		return rc;
	p->row = p->before;
	if (p->before.source[0] == '\0' &&
	    (said->name || said->locale || said->zone_name || said->domains))
		return err_set(err, ERR_CONFLICT,
		    "the settings file says what %s is called and which domains it has; only its "
		    "owner can be changed here",
		    p->before.key);
	return 0;
}

/* --- storing --------------------------------------------------------------- */

static const char *
joined(struct putting *p)
{
	AUTO(str_donep) struct str text = STR_INIT(API_DOMAINS_MAX * 300);

	for (size_t i = 0; i < p->domains.count; i++)
		str_addf(&text, "%s%s", i > 0 ? " " : "", p->domains.items[i]);
	return arena_dup(tx_arena(p->desk->tx), str_text(&text));
}

/* Which domains a customer has settles who may ever decide for it. */
static int
record(struct putting *p, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "organisation", p->row.key },
		{ "domains", p->said->domains != NULL ? joined(p) : NULL },
		{ "by", p->said->by },
		{ "evidence", p->said->evidence },
	};

	if (!p->is_new && p->said->domains == NULL)
		return 0;
	return record_ledger(p->desk,
	    &(struct record_entry){ p->is_new ? "organisation.made" : "organisation.domains",
		p->row.id, fields, ARRAY_LEN(fields) },
	    NULL, err);
}

static int
store(struct putting *p, struct err *err)
{
	int rc;

	*p->wrong = NULL;
	p->row.updated = p->desk->now;
	rc = organisation_put(p->desk->tx, &p->row, &p->row.id, err);
	if (rc == 0 && p->said->domains != NULL)
		rc = organisation_set_domains(p->desk->tx, &p->row.id, &p->domains, err);
	return rc < 0 ? rc : record(p, err);
}

static int
set_owner(struct putting *p, struct err *err)
{
	const struct owner_change change = {
		.organisation = &p->row.id,
		.email = p->said->owner.email,
		.name = p->said->owner.name,
		.by = p->said->by,
		.evidence = p->said->evidence,
	};

	if (!p->said->has_owner)
		return 0;
	*p->wrong = "/owner/email";
	return owner_change(p->desk, &change, err);
}

/* Who decides must stay inside the domains, whichever of the two was changed. */
static int
check_owner(struct putting *p, struct err *err)
{
	struct organisation now;
	bool is_theirs = false;
	int rc;

	if (p->said->domains == NULL || p->said->has_owner)
		return 0;
	*p->wrong = "/domains";
	rc = organisation_get(p->desk->tx, &p->row.id, &now, err);
	if (rc < 0 || now.owner_email[0] == '\0')
		return rc;
	rc = organisation_has_domain(
	    p->desk->tx, &now.id, email_domain(now.owner_email), &is_theirs, err);
	if (rc < 0 || is_theirs)
		return rc;
	return err_set(err, ERR_INVALID,
	    "the owner %s would be outside these domains; name another owner with them",
	    now.owner_email);
}

int
api_put_customer(struct desk *desk, const struct api_customer *customer, bool *made,
    const char **wrong, struct err *err)
{
	struct putting p = { .desk = desk, .said = customer, .wrong = wrong };
	int rc = begin(&p, err);

	if (rc == 0)
		rc = take_name(&p, err);
	if (rc == 0)
		rc = take_place(&p, err);
	if (rc == 0)
		rc = take_domains(&p, err);
	if (rc == 0 && (p.is_new || p.row.source[0] != '\0'))
		rc = store(&p, err);
	if (rc == 0)
		rc = set_owner(&p, err);
	if (rc == 0)
		rc = check_owner(&p, err);
	if (rc < 0)
		return rc;
	*made = p.is_new;
	*wrong = NULL;
	return 0;
}
