#pragma once
/*
 * people: organisations with their domains and owner, staff, known contacts.
 * Addresses are stored and compared lower-case. Getters return ERR_NOT_FOUND
 * when there is none; texts lie in tx_arena().
 */
#include <assent/model/id.h>
#include <assent/model/policy.h>
#include <assent/store/db.h>

struct organisation {
	struct id id;
	const char *key;
	const char *name;
	const char *owner_email; /* "" while nobody owns it */
	const char *owner_name;
	const char *settled_owner; /* owner_email of the settings when they were last read */
	const char *locale;
	const char *zone_name;
	enum reply_level level;
	utc_ms updated;
	const char *source; /* the helpdesk that made it, "" for the settings */
	utc_ms owner_at; /* when its owner last changed; 0 since the settings named one */
};

/* Insert or replace by key; keeps the id of an existing row. *out gets the row's id. */
int organisation_put(struct tx *tx, const struct organisation *organisation, struct id *out,
    struct err *err) MUST_USE;
/* For one that a helpdesk made. */
int organisation_set_name(
    struct tx *tx, const struct id *id, const char *name, utc_ms now, struct err *err) MUST_USE;
/* ERR_CONFLICT when it belongs to another organisation. */
int organisation_add_domain(
    struct tx *tx, const struct id *id, const char *domain, struct err *err) MUST_USE;
int organisation_set_domains(struct tx *tx, const struct id *id, const struct domain_list *domains,
    struct err *err) MUST_USE;
int organisation_set_owner(struct tx *tx, const struct id *id, const char *email, const char *name,
    utc_ms now, struct err *err) MUST_USE;
int organisation_get(
    struct tx *tx, const struct id *id, struct organisation *out, struct err *err) MUST_USE;
int organisation_by_key(
    struct tx *tx, const char *key, struct organisation *out, struct err *err) MUST_USE;
int organisation_by_domain(
    struct tx *tx, const char *domain, struct organisation *out, struct err *err) MUST_USE;
int organisation_has_domain(
    struct tx *tx, const struct id *id, const char *domain, bool *out, struct err *err) MUST_USE;

struct staff {
	struct id id;
	const char *email, *name, *role, *team;
	bool active;
};

int staff_put(
    struct tx *tx, const struct staff *staff, struct err *err) MUST_USE; /* by email; id kept */
/* Mark everybody inactive whose address is not in the settings any more. */
int staff_keep_only(struct tx *tx, const struct policy *policy, struct err *err) MUST_USE;
int staff_by_email(struct tx *tx, const char *email, struct staff *out,
    struct err *err) MUST_USE; /* active ones only */

struct contact {
	struct id id;
	struct id organisation;
	const char *email, *name;
	utc_ms first_seen;
};

int contact_put(struct tx *tx, const struct contact *contact,
    struct err *err) MUST_USE; /* by email; an existing row keeps its organisation */
int contact_by_email(
    struct tx *tx, const char *email, struct contact *out, struct err *err) MUST_USE;
