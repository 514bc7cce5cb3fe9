/* hook: whose ticket it is, who decides, who asked (invariant 13). */
#include <assent/flow/links.h>
#include <assent/flow/owner.h>

#include "flow/hook_priv.h"
#include "flow/intake_priv.h"
#include "flow/record.h"

#include <string.h>

static bool
lists(const struct text_items *items, const char *word)
{
	for (size_t i = 0; i < items->count; i++)
		if (text_is(items->items[i], word))
			return true;
	return false;
}

bool
hook_may_speak(const struct policy_source *source, const struct organisation *organisation)
{
	if (lists(&source->customers, organisation->key))
		return true;
	return lists(&source->customers, "*") && text_is(organisation->source, source->name);
}

/* --- organisations ----------------------------------------------------------- */

static bool
may_have(const struct policy_source *source, const char *domain)
{
	for (size_t i = 0; i < source->domains.count; i++)
		if (text_is_nocase(source->domains.items[i], domain))
			return true;
	return false;
}

/* As the settings have keys: one lower-case word. */
static bool
is_key(const char *key)
{
	return *key != '\0' && key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
}

/* A domain that another customer has would take its people away from it. */
static int
check_domain(struct hook_run *run, const char *domain, const struct id *own, struct err *err)
{
	struct organisation other;
	int rc;

	if (!may_have(run->source, domain))
		return err_set(err, ERR_DENIED,
		    "the settings do not list %s under the domains of this source", domain);
	rc = organisation_by_domain(run->desk->tx, domain, &other, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0 || (own != NULL && id_equal(&other.id, own)))
		return rc;
	return err_set(err, ERR_DENIED, "%s belongs to the customer %s", domain, other.key);
}

static int
check_making(struct hook_run *run, const struct hook_ticket *said, struct err *err)
{
	const struct policy_source *source = run->source;
	int rc = 0;

	if (source->domains.count == 0 ||
	    (!lists(&source->customers, "*") && !lists(&source->customers, said->customer)))
		return err_set(err, ERR_DENIED, "it is not known, and this source may not make it");
	if (!is_key(said->customer))
		return err_set(err, ERR_DENIED,
		    "a new customer's key must be of a-z, 0-9, \"-\", \"_\" and \".\"");
	if (said->domain_count == 0)
		return err_set(err, ERR_DENIED, "it is not known, and the event names no domains");
	for (size_t i = 0; rc == 0 && i < said->domain_count; i++)
		rc = check_domain(run, said->domains[i], NULL, err);
	return rc;
}

/* Domains settle whose address may decide, so they are kept like a change of owner. */
static int
record(struct hook_run *run, const char *kind, const struct organisation *organisation,
    const char *domains, struct err *err)
{
	const struct ledger_field fields[] = {
		{ "organisation", organisation->key },
		{ "domains", domains },
		{ "by", run->by },
		{ "evidence", run->evidence },
	};

	return record_ledger(run->desk,
	    &(struct record_entry){ kind, organisation->id, fields, ARRAY_LEN(fields) }, NULL, err);
}

static const char *
joined(struct hook_run *run, const struct hook_ticket *said)
{
	AUTO(str_donep) struct str list = STR_INIT(64 << 10);

	for (size_t i = 0; i < said->domain_count; i++)
		str_addf(&list, "%s%s", i > 0 ? " " : "", said->domains[i]);
	return arena_dup(tx_arena(run->desk->tx), str_text(&list));
}

static int
make(
    struct hook_run *run, const struct hook_ticket *said, struct organisation *out, struct err *err)
{
	struct desk *desk = run->desk;
	bool is_named = !text_is_blank(said->customer_name != NULL ? said->customer_name : "");
	int rc;

	*out = (struct organisation){
		.id = id_new(desk->now),
		.key = said->customer,
		.name = is_named ? said->customer_name : said->customer,
		.owner_email = "",
		.owner_name = "",
		.settled_owner = "",
		.locale = desk->policy->locale,
		.zone_name = desk->policy->zone_name,
		.level = LEVEL_DEFAULT,
		.updated = desk->now,
		.source = run->source->name,
	};
	rc = organisation_put(desk->tx, out, &out->id, err);
	for (size_t i = 0; rc == 0 && i < said->domain_count; i++)
		rc = organisation_add_domain(desk->tx, &out->id, said->domains[i], err);
	if (rc == 0)
		rc = record(run, "organisation.made", out, joined(run, said), err);
	if (rc == 0)
		hook_note(run, "customer %s made", out->key);
	return rc;
}

static int
add_domain(struct hook_run *run, const char *domain, const struct organisation *organisation,
    struct err *err)
{
	bool is_theirs = false;
	int rc = organisation_has_domain(run->desk->tx, &organisation->id, domain, &is_theirs, err);

	if (rc < 0 || is_theirs)
		return rc;
	rc = check_domain(run, domain, &organisation->id, err);
	if (rc == ERR_DENIED) {
		hook_refuse(
		    run, "%s was not added to %s: %s", domain, organisation->key, err->text);
		return 0;
	}
	if (rc == 0)
		rc = organisation_add_domain(run->desk->tx, &organisation->id, domain, err);
	if (rc == 0)
		rc = record(run, "organisation.domains", organisation, domain, err);
	if (rc == 0)
		hook_note(run, "%s added to %s", domain, organisation->key);
	return rc;
}

/* Only its own: what the settings say of a customer stands. */
static int
bring_up_to_date(
    struct hook_run *run, const struct hook_ticket *said, struct organisation *out, struct err *err)
{
	struct desk *desk = run->desk;
	int rc = 0;

	if (!text_is(out->source, run->source->name))
		return 0;
	if (said->customer_name != NULL && !text_is_blank(said->customer_name) &&
	    !text_is(out->name, said->customer_name)) {
		out->name = said->customer_name;
		rc = organisation_set_name(desk->tx, &out->id, out->name, desk->now, err);
	}
	for (size_t i = 0; rc == 0 && i < said->domain_count; i++)
		rc = add_domain(run, said->domains[i], out, err);
	return rc;
}

/* Without a key: the customer whose domain the requester's address has. */
static int
by_requester(
    struct hook_run *run, const struct hook_ticket *said, struct organisation *out, struct err *err)
{
	const char *email = said->requester.email;
	int rc;

	if (email == NULL || *email == '\0')
		return err_set(err, ERR_NOT_FOUND, "no customer is named");
	rc = organisation_by_domain(run->desk->tx, email_domain(email), out, err);
	if (rc == 0 && !hook_may_speak(run->source, out))
		return err_set(err, ERR_NOT_FOUND, "no customer of this source is named");
	return rc;
}

static int
denied(struct hook_run *run, const struct hook_ticket *said, struct err *err)
{
	hook_refuse(run, "ticket %s, customer %s: %s", said->id, said->customer, err->text);
	return ERR_DENIED;
}

int
hook_organisation(
    struct hook_run *run, const struct hook_ticket *said, struct organisation *out, struct err *err)
{
	int rc;

	if (said->customer == NULL || *said->customer == '\0')
		return by_requester(run, said, out, err);
	rc = organisation_by_key(run->desk->tx, said->customer, out, err);
	if (rc == ERR_NOT_FOUND) {
		rc = check_making(run, said, err);
		if (rc == 0)
			return make(run, said, out, err);
		return rc == ERR_DENIED ? denied(run, said, err) : rc;
	}
	if (rc == 0 && !hook_may_speak(run->source, out)) {
		err_set(err, ERR_DENIED, "this source may not speak for it");
		return denied(run, said, err);
	}
	return rc < 0 ? rc : bring_up_to_date(run, said, out, err);
}

/* --- owner and contact --------------------------------------------------------- */

static int
set_owner(struct hook_run *run, const struct hook_ticket *said, const struct organisation *before,
    struct err *err)
{
	const char *email = said->owner.email;
	const struct owner_change change = {
		.organisation = &before->id,
		.email = email,
		.name = said->owner.name,
		.by = run->by,
		.evidence = run->evidence,
		.at = run->event->at < run->desk->now ? run->event->at : run->desk->now,
	};
	int rc;

	if (email == NULL || *email == '\0' || text_is_nocase(email, before->owner_email))
		return 0;
	if (!run->source->may_set_owner) {
		hook_refuse(run, "%s was not made owner of %s: this source may not set owners",
		    email, before->key);
		return 0;
	}
	if (run->event->at < before->owner_at) {
		hook_refuse(
		    run, "%s was not made owner of %s: a newer change stands", email, before->key);
		return 0;
	}
	rc = owner_change(run->desk, &change, err);
	if (rc < 0)
		return hook_excuse(run, "the owner was not changed", rc, err);
	hook_note(run, "%s now decides for %s", email, before->key);
	return 0;
}

static int
keep_contact(struct hook_run *run, const struct hook_person *person,
    const struct organisation *organisation, struct err *err)
{
	struct desk *desk = run->desk;
	bool is_theirs = false;
	struct contact contact;
	int rc;

	if (person->email == NULL || *person->email == '\0' || links_is_own(desk, person->email))
		return 0;
	rc = organisation_has_domain(
	    desk->tx, &organisation->id, email_domain(person->email), &is_theirs, err);
	if (rc < 0 || !is_theirs)
		return rc;
	contact = (struct contact){ id_new(desk->now), organisation->id, person->email,
		person->name, desk->now };
	return contact_put(desk->tx, &contact, err);
}

int
hook_people(struct hook_run *run, const struct hook_ticket *said, const struct organisation *before,
    struct err *err)
{
	int rc = set_owner(run, said, before, err);

	return rc < 0 ? rc : keep_contact(run, &said->requester, before, err);
}
