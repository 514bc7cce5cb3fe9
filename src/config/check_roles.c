/* check_roles: who stands behind a role, and when nobody would. */
#include "check_priv.h"
#include "syntax_priv.h"
#include "unique_priv.h"

#include <assent/model/rota.h>

#include <string.h>

struct draft { /* one role while it is checked */
	struct reader *reader;
	struct policy_role *role;
	const struct policy_organisation *organisation; /* NULL for everybody's */
	const struct node *record;
	struct rota *rota;
};

static void
fault(const struct draft *d, const char *key, const char *sentence)
{
	const struct node *node = record_spot(d->record, key);

	faults_add(d->reader->faults, node->line, node->column, "roles.%s: %s", key, sentence);
}

/* One that could not be read has a fault of its own. */
static bool
is_written(const struct draft *d, const char *key)
{
	const struct node *list = tree_value(d->record, key);

	return list && list->first;
}

static void
find_organisation(struct draft *d)
{
	const struct policy *policy = &d->reader->settings->policy;
	const char *key = d->role->organisation;

	for (size_t i = 0; key && *key && i < policy->organisation_count; i++)
		if (text_is(policy->organisations[i].key, key))
			d->organisation = &policy->organisations[i];
	if (key && *key && !d->organisation) {
		fault(d, "organisation", "there is no such organisation");
		organisation_meant(d->reader, key);
	}
}

static void
find_zone(struct draft *d)
{
	const struct policy *policy = &d->reader->settings->policy;

	if (!d->role->zone) {
		d->role->zone = d->organisation ? d->organisation->zone : policy->zone;
		d->role->zone_name =
		    d->organisation ? d->organisation->zone_name : policy->zone_name;
	}
	d->rota->zone = d->role->zone;
}

/* "2026-01-05", and nothing else */
static bool
read_start(const char *text, int64_t *day)
{
	struct date_range range;

	if (calendar_date_fault(text, &range) || range.date.yearly || strlen(text) != 10)
		return false;
	*day = range.date.day;
	return true;
}

static void
check_turns(struct draft *d)
{
	const char *start = d->role->start, *wrong;
	int weekday = 0;
	int64_t day = 0;

	d->rota->people = d->role->rota.items;
	d->rota->count = d->role->rota.count;
	wrong = d->role->handover
	    ? rota_handover_fault(d->role->handover, &weekday, &d->rota->minute)
	    : NULL;
	if (wrong)
		fault(d, "handover", wrong);
	if (start && *start && !read_start(start, &day))
		fault(d, "start", "is no day from 2000 to 2069; write it as 2026-01-05");
	else if (start && *start && !is_written(d, "rota"))
		fault(d, "start", "has no effect without a rota");
	else if (start && !*start && d->rota->count > 1)
		fault(d, "rota", "needs start, the day on which the first one takes over");
	/* 1970-01-01 was a Thursday: 0 is a Monday in day + 3. */
	d->rota->first_day = day + ((weekday - (day + 3)) % 7 + 7) % 7;
}

static void
add_override(struct draft *d, const struct node *item)
{
	struct rota_override o;
	const char *wrong = rota_override_fault(item->text, d->rota->zone, &o);

	if (!wrong && *o.person)
		wrong = address_fault(o.person, d->reader->arena, &o.person);
	if (wrong) {
		faults_add(d->reader->faults, item->line, item->column,
		    "roles.overrides: '%.100s' %s", item->text, wrong);
		return;
	}
	d->rota->overrides[d->rota->override_count++] = o;
}

static void
check_overrides(struct draft *d)
{
	const struct node *list = tree_value(d->record, "overrides");
	size_t n = d->role->overrides.count;

	d->rota->overrides = arena_alloc(d->reader->arena, (n + 1) * sizeof(*d->rota->overrides));
	for (const struct node *item = list && n ? list->first : NULL; item; item = item->next)
		if (item->kind == NODE_SCALAR && d->rota->override_count < n)
			add_override(d, item);
}

/* --- gaps ---------------------------------------------------------------- */

static void
fault_gap(const struct draft *d, int minute)
{
	static const char days[] = "MonTueWedThuFriSatSun";
	const struct node *node = record_spot(d->record, "rota_hours");

	faults_add(d->reader->faults, node->line, node->column,
	    "roles.rota_hours: nobody is on call from %.3s %02d:%02d on; more hours, or people: "
	    "for that time",
	    days + minute / 1440 * 3, minute / 60 % 24, minute % 60);
}

static void
fault_nobody(const struct draft *d, size_t i)
{
	const struct node *list = tree_value(d->record, "overrides");
	const struct node *item = list ? list->first : NULL;

	for (; item && i > 0; i--)
		item = item->next;
	if (item)
		faults_add(d->reader->faults, item->line, item->column,
		    "roles.overrides: '%.100s' leaves nobody on call, and there are no people: "
		    "for that time",
		    item->text);
}

/* Is a moment without anybody left? Not where there are people, who are always there. */
static void
check_gaps(const struct draft *d)
{
	const struct rota *rota = d->rota;

	if (is_written(d, "people"))
		return;
	if (!is_written(d, "rota")) {
		fault(d, "people", "nobody stands behind this role; name people:, or a rota:");
		return;
	}
	if (rota->hours.count && week_hours_gap(&rota->hours) >= 0)
		fault_gap(d, week_hours_gap(&rota->hours));
	for (size_t i = 0; i < rota->override_count; i++)
		if (!*rota->overrides[i].person)
			fault_nobody(d, i);
}

static void
check_role(struct draft *d)
{
	size_t before;

	d->rota = arena_alloc(d->reader->arena, sizeof(*d->rota));
	find_organisation(d);
	find_zone(d);
	check_turns(d);
	if (!d->rota->zone)
		return;
	before = faults_count(d->reader->faults);
	check_hours(
	    d->reader, tree_value(d->record, "rota_hours"), "roles.rota_hours", &d->rota->hours);
	check_hours(d->reader, tree_value(d->record, "quiet"), "roles.quiet", &d->rota->quiet);
	check_overrides(d);
	if (faults_count(d->reader->faults) > before)
		return;
	if (d->rota->hours.count && !is_written(d, "rota"))
		fault(d, "rota_hours", "has no effect without a rota");
	if (d->rota->quiet.count && week_hours_gap(&d->rota->quiet) < 0)
		fault(d, "quiet", "never ends, so that no mail would ever go");
	check_gaps(d);
	d->role->turns = d->rota;
}

void
check_roles(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "roles");
	const struct node *record = list && policy->role_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "role" };

	for (size_t i = 0; i < policy->role_count && record; i++, record = record->next) {
		struct draft d = { .reader = reader, .record = record };

		d.role = (struct policy_role *)(uintptr_t)&policy->roles[i];
		if (d.role->name && d.role->organisation)
			unique_add(&names,
			    *d.role->organisation ? arena_printf(reader->arena, "%s of %s",
							d.role->name, d.role->organisation)
						  : d.role->name,
			    record_spot(record, "name"));
		check_role(&d);
	}
	unique_check(&names, reader->faults);
}
