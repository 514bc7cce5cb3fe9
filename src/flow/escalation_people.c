/* escalation_people: who stands behind a role, and who may be told at all. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/store/ticket.h>
#include <assent/model/calendar.h>
#include <assent/model/rota.h>

#include <string.h>

#define ENGINEER "engineer"
#define NAMES_MAX 64

static const char *const staff_roles[] = { "owner", "admin", ENGINEER };

/* --- names ------------------------------------------------------------------------- */

static bool
is_address(const char *to)
{
	return strchr(to, '@') != NULL;
}

static const struct policy_staff *
staff_of(const struct desk *desk, const char *email)
{
	for (size_t i = 0; i < desk->policy->staff_count; i++)
		if (text_is_nocase(desk->policy->staff[i].email, email))
			return &desk->policy->staff[i];
	return NULL;
}

bool
escalation_may_reach(struct desk *desk, const char *organisation, const char *email)
{
	return policy_reaches(desk->policy, organisation, email);
}

static bool
is_staff_role(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(staff_roles); i++)
		if (text_is(staff_roles[i], name))
			return true;
	return false;
}

bool
escalation_knows_role(struct desk *desk, const char *organisation, const char *to)
{
	if (is_address(to))
		return escalation_may_reach(desk, organisation, to);
	return is_staff_role(to) || policy_role_of(desk->policy, to, organisation) != NULL;
}

static const char *
nearest_role(const struct desk *desk, const char *name)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(staff_roles); i++)
		names[n++] = staff_roles[i];
	for (size_t i = 0; i < desk->policy->role_count && n < NAMES_MAX; i++)
		names[n++] = desk->policy->roles[i].name;
	return text_nearest(name, names, n);
}

int
escalation_check_to(struct desk *desk, const char *organisation, const char *to, struct err *err)
{
	const char *near;

	if (is_address(to)) {
		if (escalation_may_reach(desk, organisation, to))
			return 0;
		return err_set(err, ERR_INVALID,
		    "%.200s is nobody of this desk: neither staff nor of a role", to);
	}
	if (escalation_knows_role(desk, organisation, to))
		return 0;
	near = nearest_role(desk, to);
	return err_set(err, ERR_INVALID, "there is no role \"%.100s\"%s%s%s", to,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

const char *
escalation_default_to(struct desk *desk)
{
	const struct policy *policy = desk->policy;

	if (policy->escalate_to != NULL && policy->escalate_to[0] != '\0')
		return policy->escalate_to;
	for (size_t r = 0; r < ARRAY_LEN(staff_roles); r++)
		for (size_t i = 0; i < policy->staff_count; i++)
			if (text_is(policy->staff[i].role, staff_roles[r]))
				return staff_roles[r];
	return policy->alert_to != NULL ? policy->alert_to : "";
}

/* --- people ---------------------------------------------------------------------------- */

struct found {
	struct desk *desk;
	struct escalation_reached *out;
	size_t n;
};

static void
add(struct found *found, const char *email)
{
	const struct policy_staff *staff = staff_of(found->desk, email);
	struct arena *arena = tx_arena(found->desk->tx);
	char *lower = arena_dup(arena, email);

	text_lower(lower);
	for (size_t i = 0; i < found->n; i++)
		if (text_is(found->out[i].email, lower))
			return;
	if (found->n < ESCALATION_PEOPLE_MAX)
		found->out[found->n++] =
		    (struct escalation_reached){ lower, staff != NULL ? staff->name : "" };
}

static void
add_role(struct found *found, const struct policy_role *role)
{
	const char *emails[ESCALATION_PEOPLE_MAX];
	size_t n = role_people(role, found->desk->now, emails, ARRAY_LEN(emails));

	for (size_t i = 0; i < n; i++)
		add(found, emails[i]);
}

/* The one who has the ticket, else all engineers. */
static bool
add_engineer(struct found *found, const struct escalation *e)
{
	struct ticket ticket;

	if (id_is_null(&e->ticket) || ticket_get(found->desk->tx, &e->ticket, &ticket, NULL) < 0 ||
	    staff_of(found->desk, ticket.engineer_email) == NULL)
		return false;
	add(found, ticket.engineer_email);
	return true;
}

static void
add_staff(struct found *found, const char *role)
{
	for (size_t i = 0; i < found->desk->policy->staff_count; i++)
		if (text_is(found->desk->policy->staff[i].role, role))
			add(found, found->desk->policy->staff[i].email);
}

size_t
escalation_people(struct desk *desk, const struct escalation *e, const char *to,
    struct escalation_reached out[ESCALATION_PEOPLE_MAX])
{
	const struct policy_role *role;
	struct found found = { desk, out, 0 };

	/* A rule of ours, or of before the settings changed: whoever there is. */
	if (!escalation_knows_role(desk, e->organisation, to))
		to = escalation_default_to(desk);
	role = policy_role_of(desk->policy, to, e->organisation);
	if (is_address(to))
		add(&found, to);
	else if (role != NULL)
		add_role(&found, role);
	else if (!text_is(to, ENGINEER) || !add_engineer(&found, e))
		add_staff(&found, to);
	return found.n;
}

bool
escalation_by_turns(struct desk *desk, const struct escalation *e)
{
	const struct policy_role *role = policy_role_of(desk->policy, e->to, e->organisation);

	return e->assignee[0] == '\0' && role != NULL && role->turns != NULL &&
	    rota_on_call(role->turns, desk->now) != NULL;
}

/* --- time -------------------------------------------------------------------------------- */

static bool
is_critical(const struct escalation *e)
{
	return text_is(e->priority, escalation_priority_name(ESCALATION_CRITICAL));
}

utc_ms
escalation_after(struct desk *desk, const struct escalation *e, utc_ms from, span_ms span)
{
	if (is_critical(e))
		return from + span;
	return calendar_after(policy_calendar(desk->policy, e->organisation), from, span);
}

utc_ms
escalation_delivery(struct desk *desk, const struct escalation *e, const char *to, utc_ms at)
{
	const struct policy_role *role = policy_role_of(desk->policy, to, e->organisation);

	return role != NULL ? role_delivery(role, at, is_critical(e)) : at;
}
