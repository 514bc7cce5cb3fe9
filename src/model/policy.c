#include <assent/model/policy.h>

#include <assent/base/str.h>
#include <assent/model/rota.h>

static bool
holds(const struct text_items *list, const char *email)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_is_nocase(list->items[i], email))
			return true;
	return false;
}

bool
policy_role_has(const struct policy_role *role, const char *email)
{
	if (holds(&role->people, email) || holds(&role->rota, email))
		return true;
	for (size_t i = 0; role->turns != NULL && i < role->turns->override_count; i++)
		if (text_is_nocase(role->turns->overrides[i].person, email))
			return true;
	return false;
}

static bool
is_of(const struct policy_role *role, const char *organisation)
{
	return organisation == NULL || role->organisation == NULL ||
	    role->organisation[0] == '\0' || text_is(role->organisation, organisation);
}

bool
policy_reaches(const struct policy *policy, const char *organisation, const char *email)
{
	for (size_t i = 0; i < policy->staff_count; i++)
		if (text_is_nocase(policy->staff[i].email, email))
			return true;
	for (size_t i = 0; i < policy->role_count; i++)
		if (is_of(&policy->roles[i], organisation) &&
		    policy_role_has(&policy->roles[i], email))
			return true;
	return text_is_nocase(policy->escalate_to, email) ||
	    text_is_nocase(policy->alert_to, email);
}

static bool
is_said(const char *locale)
{
	return locale != NULL && locale[0] != '\0';
}

const char *
policy_locale_of(const struct policy *policy, const char *email)
{
	for (size_t i = 0; i < policy->staff_count; i++)
		if (is_said(policy->staff[i].locale) &&
		    text_is_nocase(policy->staff[i].email, email))
			return policy->staff[i].locale;
	for (size_t i = 0; i < policy->role_count; i++)
		if (is_said(policy->roles[i].locale) && policy_role_has(&policy->roles[i], email))
			return policy->roles[i].locale;
	for (size_t i = 0; i < policy->organisation_count; i++)
		if (is_said(policy->organisations[i].locale) &&
		    text_is_nocase(policy->organisations[i].owner_email, email))
			return policy->organisations[i].locale;
	return policy->locale;
}
