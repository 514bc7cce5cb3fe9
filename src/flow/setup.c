#include <assent/flow/setup.h>

#include <assent/base/str.h>
#include <assent/flow/credential.h>
#include <assent/store/people.h>

#include "flow/owner_priv.h"
#include "flow/standin_priv.h"

static int
sync_owner(struct desk *desk, const struct policy_organisation *wanted,
    const struct organisation *before, struct err *err)
{
	const struct owner_step step = { wanted->owner_email, wanted->owner_name, "operator",
		"The operator changed the settings file", 0 };

	if (text_is(before->settled_owner, wanted->owner_email))
		return 0;
	return owner_set(desk, before, &step, err);
}

static int
sync_organisation(struct desk *desk, const struct policy_organisation *wanted, struct err *err)
{
	struct organisation before;
	int rc = organisation_by_key(desk->tx, wanted->key, &before, err);
	bool known = rc == 0;
	struct organisation row = {
		.id = known ? before.id : id_new(desk->now),
		.key = wanted->key,
		.name = wanted->name,
		.owner_email = known ? before.owner_email : wanted->owner_email,
		.owner_name = known ? before.owner_name : wanted->owner_name,
		.settled_owner = wanted->owner_email,
		.locale = wanted->locale,
		.zone_name = wanted->zone_name,
		.level = wanted->level,
		.updated = desk->now,
		.source = "", /* from now on the settings speak for it */
		.owner_at = known ? before.owner_at : 0,
	};

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	rc = organisation_put(desk->tx, &row, &row.id, err);
	if (rc == 0)
		rc = organisation_set_domains(desk->tx, &row.id, &wanted->domains, err);
	return rc < 0 || !known ? rc : sync_owner(desk, wanted, &before, err);
}

int
setup_sync(struct desk *desk, struct err *err)
{
	const struct policy *policy = desk->policy;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < policy->organisation_count; i++)
		rc = sync_organisation(desk, &policy->organisations[i], err);
	for (size_t i = 0; rc == 0 && i < policy->staff_count; i++) {
		const struct policy_staff *s = &policy->staff[i];
		rc = staff_put(desk->tx,
		    &(struct staff){ id_new(desk->now), s->email, s->name, s->role, s->team, true },
		    err);
	}
	if (rc == 0)
		rc = staff_keep_only(desk->tx, policy, err);
	if (rc == 0)
		rc = standin_sync(desk, err);
	if (rc == 0)
		rc = credential_sync(desk, err);
	return rc < 0 ? err_wrap(err, rc, "settings into the database") : 0;
}
