#include <assent/store/people.h>

#include "query.h"

#include <assent/base/str.h>

/* clang-format off */
#define ORGANISATION(F, N, S) \
	F(S, ID, id) N(S, TEXT, key) N(S, TEXT, name) N(S, EMAIL, owner_email) \
	N(S, TEXT, owner_name) N(S, EMAIL, settled_owner) N(S, TEXT, locale) \
	N(S, TEXT, zone_name) N(S, LEVEL, level) N(S, INT, updated) N(S, TEXT, source) \
	N(S, INT, owner_at)

#define STAFF(F, N, S) \
	F(S, ID, id) N(S, EMAIL, email) N(S, TEXT, name) N(S, TEXT, role) N(S, TEXT, team) \
	N(S, BOOL, active)

#define CONTACT(F, N, S) \
	F(S, ID, id) N(S, MAYBE_ID, organisation) N(S, EMAIL, email) N(S, TEXT, name) \
	N(S, INT, first_seen)

#define PEOPLE(X) \
	X(ORGANISATION_PUT, INSERT("organisations", ORGANISATION) \
	    " ON CONFLICT (key) DO UPDATE SET name = excluded.name," \
	    " owner_email = excluded.owner_email, owner_name = excluded.owner_name," \
	    " settled_owner = excluded.settled_owner, locale = excluded.locale," \
	    " zone_name = excluded.zone_name, level = excluded.level, updated = excluded.updated," \
	    " source = excluded.source, owner_at = excluded.owner_at") \
	X(ORGANISATION_GET, "SELECT " NAMES(ORGANISATION) " FROM organisations WHERE id = ?") \
	X(ORGANISATION_BY_KEY, "SELECT " NAMES(ORGANISATION) " FROM organisations WHERE key = ?") \
	X(ORGANISATION_BY_DOMAIN, "SELECT " NAMES(ORGANISATION) " FROM organisations" \
	    " WHERE id = (SELECT organisation FROM organisation_domains WHERE domain = ?)") \
	X(ORGANISATION_SET_OWNER, "UPDATE organisations SET owner_email = ?, owner_name = ?," \
	    " updated = ?3, owner_at = ?3 WHERE id = ?4") \
	X(ORGANISATION_SET_NAME, "UPDATE organisations SET name = ?, updated = ? WHERE id = ?") \
	X(DOMAIN_ADD, "INSERT INTO organisation_domains (domain, organisation) VALUES (?1, ?2)" \
	    " ON CONFLICT (domain) DO UPDATE SET organisation = ?2 WHERE organisation = ?2") \
	X(DOMAINS_CLEAR, "DELETE FROM organisation_domains WHERE organisation = ?") \
	X(DOMAIN_PUT, "INSERT INTO organisation_domains (domain, organisation) VALUES (?, ?)" \
	    " ON CONFLICT (domain) DO UPDATE SET organisation = excluded.organisation") \
	X(DOMAIN_HAS, "SELECT 1 FROM organisation_domains WHERE domain = ? AND organisation = ?") \
	X(STAFF_PUT, INSERT("staff", STAFF) \
	    " ON CONFLICT (email) DO UPDATE SET name = excluded.name, role = excluded.role," \
	    " team = excluded.team, active = excluded.active") \
	X(STAFF_ACTIVE, "SELECT " NAMES(STAFF) " FROM staff WHERE active = 1") \
	X(STAFF_DISMISS, "UPDATE staff SET active = 0 WHERE id = ?") \
	X(STAFF_BY_EMAIL, "SELECT " NAMES(STAFF) " FROM staff WHERE email = ? AND active = 1") \
	X(CONTACT_PUT, INSERT("contacts", CONTACT) \
	    " ON CONFLICT (email) DO UPDATE SET name = excluded.name WHERE excluded.name <> ''") \
	X(CONTACT_BY_EMAIL, "SELECT " NAMES(CONTACT) " FROM contacts WHERE email = ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_PEOPLE, people, PEOPLE);
DEFINE_TABLE(organisation, struct organisation, ORGANISATION);
DEFINE_TABLE(staff, struct staff, STAFF);
DEFINE_TABLE(contact, struct contact, CONTACT);

#define QUERY(which) query_open(tx, &people_statements, which)

/* --- organisations --------------------------------------------------------- */

int
organisation_put(
    struct tx *tx, const struct organisation *organisation, struct id *out, struct err *err)
{
	struct query q = QUERY(ORGANISATION_PUT);
	struct organisation stored;
	int rc;

	bind_row(&q, &organisation_table, organisation);
	rc = query_run(&q, err);
	if (rc == 0)
		rc = organisation_by_key(tx, organisation->key, &stored, err);
	if (rc == 0)
		*out = stored.id;
	return rc;
}

int
organisation_set_name(
    struct tx *tx, const struct id *id, const char *name, utc_ms now, struct err *err)
{
	struct query q = QUERY(ORGANISATION_SET_NAME);

	bind_text(&q, name);
	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such organisation", err);
}

int
organisation_add_domain(struct tx *tx, const struct id *id, const char *domain, struct err *err)
{
	struct query q = QUERY(DOMAIN_ADD);

	bind_email(&q, domain);
	bind_id(&q, id);
	return query_claim(&q, ERR_CONFLICT, "the domain belongs to another organisation", err);
}

static int
domain_put(struct tx *tx, const struct id *id, const char *domain, struct err *err)
{
	struct query q = QUERY(DOMAIN_PUT);

	bind_email(&q, domain);
	bind_id(&q, id);
	return query_run(&q, err);
}

int
organisation_set_domains(
    struct tx *tx, const struct id *id, const struct domain_list *domains, struct err *err)
{
	struct query q = QUERY(DOMAINS_CLEAR);
	int rc;

	bind_id(&q, id);
	rc = query_run(&q, err);
	for (size_t i = 0; i < domains->count && rc == 0; i++)
		rc = domain_put(tx, id, domains->items[i], err);
	return rc;
}

int
organisation_set_owner(struct tx *tx, const struct id *id, const char *email, const char *name,
    utc_ms now, struct err *err)
{
	struct query q = QUERY(ORGANISATION_SET_OWNER);

	bind_email(&q, email);
	bind_text(&q, name);
	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such organisation", err);
}

int
organisation_get(struct tx *tx, const struct id *id, struct organisation *out, struct err *err)
{
	struct query q = QUERY(ORGANISATION_GET);

	bind_id(&q, id);
	return query_one(&q, &organisation_table, out, err);
}

int
organisation_by_key(struct tx *tx, const char *key, struct organisation *out, struct err *err)
{
	struct query q = QUERY(ORGANISATION_BY_KEY);

	bind_text(&q, key);
	return query_one(&q, &organisation_table, out, err);
}

int
organisation_by_domain(struct tx *tx, const char *domain, struct organisation *out, struct err *err)
{
	struct query q = QUERY(ORGANISATION_BY_DOMAIN);

	bind_email(&q, domain);
	return query_one(&q, &organisation_table, out, err);
}

int
organisation_has_domain(
    struct tx *tx, const struct id *id, const char *domain, bool *out, struct err *err)
{
	struct query q = QUERY(DOMAIN_HAS);

	bind_email(&q, domain);
	bind_id(&q, id);
	return query_exists(&q, out, err);
}

/* --- staff ----------------------------------------------------------------- */

int
staff_put(struct tx *tx, const struct staff *staff, struct err *err)
{
	struct query q = QUERY(STAFF_PUT);

	bind_row(&q, &staff_table, staff);
	return query_run(&q, err);
}

static bool
policy_has(const struct policy *policy, const char *email)
{
	for (size_t i = 0; i < policy->staff_count; i++)
		if (text_is_nocase(policy->staff[i].email, email))
			return true;
	return false;
}

static int
staff_dismiss(struct tx *tx, const struct id *id, struct err *err)
{
	struct query q = QUERY(STAFF_DISMISS);

	bind_id(&q, id);
	return query_run(&q, err);
}

int
staff_keep_only(struct tx *tx, const struct policy *policy, struct err *err)
{
	struct query q = QUERY(STAFF_ACTIVE);
	struct staff *list = NULL;
	size_t count = 0;
	int rc = query_list(&q, &staff_table, &list, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++)
		if (!policy_has(policy, list[i].email))
			rc = staff_dismiss(tx, &list[i].id, err);
	return rc;
}

int
staff_by_email(struct tx *tx, const char *email, struct staff *out, struct err *err)
{
	struct query q = QUERY(STAFF_BY_EMAIL);

	bind_email(&q, email);
	return query_one(&q, &staff_table, out, err);
}

/* --- contacts -------------------------------------------------------------- */

int
contact_put(struct tx *tx, const struct contact *contact, struct err *err)
{
	struct query q = QUERY(CONTACT_PUT);

	bind_row(&q, &contact_table, contact);
	return query_run(&q, err);
}

int
contact_by_email(struct tx *tx, const char *email, struct contact *out, struct err *err)
{
	struct query q = QUERY(CONTACT_BY_EMAIL);

	bind_email(&q, email);
	return query_one(&q, &contact_table, out, err);
}
