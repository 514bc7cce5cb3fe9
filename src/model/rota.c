#include "calendar_priv.h"

#include <assent/model/rota.h>

#include <string.h>

#define NOBODY "nobody"

const char *
rota_handover_fault(const char *text, int *weekday, int *minute)
{
	if (!take_weekday(&text, weekday) || *text++ != ' ' || !take_clock(&text, minute) ||
	    *text || *minute == DAY_MINUTES)
		return "is no weekday and time such as mon 09:00";
	return NULL;
}

static utc_ms
moment(const struct zone *zone, int64_t day, int minute)
{
	struct civil c = { 0 };

	days_to_date(day, &c);
	c.minute = minute;
	return zone_instant(zone, &c);
}

/* "2026-12-24" or "2026-12-24T18:00"; a day without a time is so many days later. */
static bool
take_moment(const char **at, const struct zone *zone, int later, utc_ms *out)
{
	int64_t day;
	int minute = 0;

	if (!take_date(at, &day))
		return false;
	if (**at == 'T') {
		(*at)++;
		later = 0;
		if (!take_clock(at, &minute))
			return false;
	}
	if (*(*at)++ != ' ')
		return false;
	*out = moment(zone, day + later, minute);
	return true;
}

const char *
rota_override_fault(const char *text, const struct zone *zone, struct rota_override *out)
{
	struct rota_override o;

	if (!take_moment(&text, zone, 0, &o.from) || !take_moment(&text, zone, 1, &o.until))
		return "does not begin with two days such as 2026-12-24 2027-01-02";
	if (o.until <= o.from)
		return "ends before it begins";
	if (!*text || strchr(text, ' '))
		return "does not end with one address, or nobody";
	o.person = text_is(text, NOBODY) ? "" : text;
	*out = o;
	return NULL;
}

/* Which turn it is, the first one being 0; hand-overs keep to the wall clock. */
static int64_t
turn_at(const struct rota *rota, utc_ms at)
{
	utc_ms first = moment(rota->zone, rota->first_day, rota->minute);
	int64_t turn = floor_div(at - first, 7 * MS_DAY);

	if (moment(rota->zone, rota->first_day + 7 * turn, rota->minute) > at)
		return turn - 1;
	if (moment(rota->zone, rota->first_day + 7 * (turn + 1), rota->minute) <= at)
		return turn + 1;
	return turn;
}

const char *
rota_on_call(const struct rota *rota, utc_ms at)
{
	int64_t n = (int64_t)rota->count, turn;

	for (size_t i = rota->override_count; i-- > 0;) {
		const struct rota_override *o = &rota->overrides[i];

		if (at >= o->from && at < o->until)
			return *o->person ? o->person : NULL;
	}
	if (n == 0 || (rota->hours.count && !week_hours_has(&rota->hours, rota->zone, at)))
		return NULL;
	turn = turn_at(rota, at);
	return rota->people[turn - floor_div(turn, n) * n];
}

/* --- roles ------------------------------------------------------------- */

const struct policy_role *
policy_role_of(const struct policy *policy, const char *name, const char *organisation)
{
	const struct policy_role *everybody = NULL;

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];

		if (!text_is(role->name, name))
			continue;
		if (!role->organisation || !*role->organisation)
			everybody = role;
		else if (organisation && text_is(role->organisation, organisation))
			return role;
	}
	return everybody;
}

const struct policy_role *
policy_role(const struct policy *policy, const char *name)
{
	return policy_role_of(policy, name, NULL);
}

static size_t
add_person(const char **emails, size_t n, const char *email)
{
	for (size_t i = 0; i < n; i++)
		if (text_is_nocase(emails[i], email))
			return n;
	emails[n] = email;
	return n + 1;
}

size_t
role_people(const struct policy_role *role, utc_ms at, const char **emails, size_t max)
{
	const char *on_call = role->turns ? rota_on_call(role->turns, at) : NULL;
	size_t n = 0;

	if (on_call && max)
		n = add_person(emails, n, on_call);
	for (size_t i = 0; i < role->people.count && n < max; i++)
		n = add_person(emails, n, role->people.items[i]);
	return n;
}

utc_ms
role_delivery(const struct policy_role *role, utc_ms at, bool is_critical)
{
	if (is_critical || !role->turns || role->turns->quiet.count == 0)
		return at;
	return week_hours_end(&role->turns->quiet, role->turns->zone, at);
}
