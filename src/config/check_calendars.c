/* check_calendars: what the texts of calendars say, made into calendars. */
#include "check_priv.h"
#include "unique_priv.h"

#include <assent/base/file.h>
#include <assent/model/ical.h>

#include <string.h>

/* A site's dates, ranges day by day; as many as fit into the work arena. */
#define DATES_MAX 4000

struct draft { /* one calendar while it is checked */
	struct reader *reader;
	const struct policy_calendar *calendar;
	const struct node *record;
	struct calendar_plan plan;
	struct calendar_date *dates;
};

/* A fault of one item of a list, or of one key, of a record: 'what' is "calendars.hours". */
static void
item_fault(struct reader *reader, const struct node *item, const char *what, const char *sentence)
{
	faults_add(reader->faults, item->line, item->column, "%s: '%.100s' %s", what, item->text,
	    sentence);
}

static bool
is_text(const struct node *item)
{
	return item->kind == NODE_SCALAR && *item->text;
}

bool
check_hours(
    struct reader *reader, const struct node *list, const char *what, struct week_hours *out)
{
	size_t before = faults_count(reader->faults);

	for (const struct node *item = list ? list->first : NULL; item; item = item->next) {
		const char *wrong = is_text(item) ? week_hours_fault(item->text, out) : NULL;

		if (wrong)
			item_fault(reader, item, what, wrong);
	}
	return faults_count(reader->faults) == before;
}

static const char *
add_range(struct draft *d, const struct date_range *range)
{
	if (d->plan.date_count + (size_t)range->days > DATES_MAX)
		return "is one day too many, after 4000";
	for (int64_t i = 0; i < range->days; i++) {
		d->dates[d->plan.date_count] = range->date;
		d->dates[d->plan.date_count++].day += i;
	}
	return NULL;
}

static void
read_holidays(struct draft *d)
{
	const struct node *list = tree_value(d->record, "holidays");
	struct date_range range;

	for (const struct node *item = list ? list->first : NULL; item; item = item->next) {
		const char *wrong = NULL;

		if (is_text(item))
			wrong = calendar_date_fault(item->text, &range);
		if (is_text(item) && !wrong)
			wrong = add_range(d, &range);
		if (wrong)
			item_fault(d->reader, item, "calendars.holidays", wrong);
	}
	d->plan.dates = d->dates;
}

/* Its faults stand at the key, with the line of the other file in the sentence. */
static void
read_file(struct draft *d, struct ical *out)
{
	AUTO(str_donep) struct str text = STR_INIT(ICAL_SIZE_MAX + 1);
	const struct node *at = record_spot(d->record, "holidays_file");
	const char *path = d->calendar->holidays_file;
	struct err err;
	int rc;

	*out = (struct ical){ .count = 0 };
	if (!path || !*path)
		return;
	rc = file_read(path, &text, &err);
	if (rc < 0 && rc != ERR_LIMIT) {
		faults_add(d->reader->faults, at->line, at->column,
		    "calendars.holidays_file: %.300s", err.text);
		return;
	}
	rc = ical_read(&text, d->plan.zone, out);
	for (size_t i = 0; rc < 0 && i < out->fault_count; i++)
		faults_add(d->reader->faults, at->line, at->column, "%.200s:%d: %s", path,
		    out->faults[i].line, out->faults[i].text);
	d->plan.closed = out->closed;
	d->plan.closed_count = out->count;
}

static void
check_calendar(struct draft *d)
{
	struct policy_calendar *calendar = (struct policy_calendar *)(uintptr_t)d->calendar;
	size_t before = faults_count(d->reader->faults);
	struct ical ical;

	if (!calendar->zone) {
		calendar->zone = d->reader->settings->policy.zone;
		calendar->zone_name = d->reader->settings->policy.zone_name;
	}
	d->plan.zone = calendar->zone;
	if (!d->plan.zone)
		return;
	check_hours(d->reader, tree_value(d->record, "hours"), "calendars.hours", &d->plan.hours);
	read_holidays(d);
	read_file(d, &ical);
	if (faults_count(d->reader->faults) == before && d->plan.hours.count)
		calendar->calendar = calendar_new(&d->plan);
	ical_done(&ical);
}

/* --- by name ------------------------------------------------------------- */

static const struct calendar *
find(struct reader *reader, const char *name, const struct node *at)
{
	const struct policy *policy = &reader->settings->policy;
	const char *names[100];
	size_t n = 0;

	if (!name || !*name)
		return NULL;
	for (size_t i = 0; i < policy->calendar_count; i++) {
		if (!policy->calendars[i].name)
			continue;
		if (text_is(policy->calendars[i].name, name))
			return policy->calendars[i].calendar;
		names[n++] = policy->calendars[i].name;
	}
	faults_add(reader->faults, at->line, at->column, "there is no calendar '%.64s'", name);
	faults_meant(reader->faults, text_nearest(name, names, n));
	return NULL;
}

static void
find_all(struct reader *reader, const struct node *root)
{
	struct policy *policy = &reader->settings->policy;
	struct policy_organisation *orgs =
	    (struct policy_organisation *)(uintptr_t)policy->organisations;
	const struct node *list = tree_value(root, "organisations");
	const struct node *record = list && policy->organisation_count ? list->first : NULL;

	policy->calendar = find(reader, policy->calendar_name, spot(root, NULL, "calendar"));
	for (size_t i = 0; i < policy->organisation_count && record; i++, record = record->next)
		orgs[i].calendar =
		    find(reader, orgs[i].calendar_name, record_spot(record, "calendar"));
}

void
check_calendars(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "calendars");
	const struct node *record = list && policy->calendar_count ? list->first : NULL;
	AUTO(unique_donep) struct unique names = { .what = "calendar" };
	AUTO(mem_freep) struct calendar_date *dates = NULL;

	if (policy->calendar_count)
		dates = mem_alloc(DATES_MAX * sizeof(*dates));
	for (size_t i = 0; i < policy->calendar_count && record; i++, record = record->next) {
		struct draft d = { .reader = reader,
			.calendar = &policy->calendars[i],
			.record = record,
			.dates = dates };

		unique_add(&names, d.calendar->name, record_spot(record, "name"));
		check_calendar(&d);
	}
	unique_check(&names, reader->faults);
	find_all(reader, root);
}
