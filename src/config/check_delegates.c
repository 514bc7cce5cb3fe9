/* check_delegates: who may answer for whom. */
#include "check_priv.h"
#include "syntax_priv.h"

#include <assent/base/clock.h>
#include <assent/base/num.h>

#include <string.h>

#define DAYS_MAX 366

static const struct policy_organisation *
organisation_of(const struct policy *policy, const struct policy_delegate *delegate)
{
	for (size_t i = 0; delegate->organisation && i < policy->organisation_count; i++)
		if (policy->organisations[i].key &&
		    text_is(policy->organisations[i].key, delegate->organisation))
			return &policy->organisations[i];
	return NULL;
}

static bool
read_number(const char *text, size_t n, int *out)
{
	char digits[5] = "";
	int64_t value;

	memcpy(digits, text, n);
	if (strspn(digits, "0123456789") != n || !num_parse(digits, &value))
		return false;
	*out = (int)value;
	return true;
}

/* "2026-08-14", plus some days, at its first moment. */
static bool
read_day(const char *text, const struct zone *zone, int plus, utc_ms *out)
{
	struct civil day = { 0 }, same;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
	    !read_number(text, 4, &day.year) || !read_number(text + 5, 2, &day.month) ||
	    !read_number(text + 8, 2, &day.day))
		return false;
	zone_civil(zone, zone_instant(zone, &day), &same);
	if (same.month != day.month || same.day != day.day || day.year < 1970)
		return false;
	day.day += plus;
	*out = zone_instant(zone, &day);
	return true;
}

struct delegation { /* one record while it is checked */
	struct reader *reader;
	struct policy_delegate *delegate;
	const struct policy_organisation *organisation;
	const struct node *record;
};

static void
fault(const struct delegation *d, const char *key, const char *sentence)
{
	const struct node *node = record_spot(d->record, key);

	faults_add(d->reader->faults, node->line, node->column, "delegates.%s: %s", key, sentence);
}

static void
check_days(const struct delegation *d)
{
	struct policy_delegate *delegate = d->delegate;
	const struct zone *zone = d->organisation->zone;
	bool always = delegate->when && text_is(delegate->when, "always");

	if (!delegate->from_text || !delegate->until_text || !zone)
		return;
	if (*delegate->from_text && !read_day(delegate->from_text, zone, 0, &delegate->from))
		fault(d, "from", "is no day; write it as 2026-08-03");
	if (*delegate->until_text && !read_day(delegate->until_text, zone, 1, &delegate->until))
		fault(d, "until", "is no day; write it as 2026-08-14");
	if (always && !*delegate->until_text)
		fault(d, "until", "is needed with when: always");
	else if (always && !*delegate->from_text)
		fault(d, "from", "is needed with when: always");
	else if (delegate->from && delegate->until && delegate->until <= delegate->from)
		fault(d, "until", "is before the first day");
	else if (always && delegate->until - delegate->from > DAYS_MAX * MS_DAY)
		fault(d, "until", "is more than a year after the first day");
}

static bool
within(const struct policy_organisation *organisation, const char *email)
{
	for (size_t i = 0; i < organisation->domains.count; i++)
		if (text_is(domain_of(email), organisation->domains.items[i]))
			return true;
	return false;
}

/* In whose place, by address; NULL where that could not be read. */
static const char *
person_of(const struct policy *policy, const struct policy_delegate *delegate)
{
	const struct policy_organisation *organisation = organisation_of(policy, delegate);

	if (!organisation || !delegate->person)
		return NULL;
	return *delegate->person ? delegate->person : organisation->owner_email;
}

/* The next step of the way from a person: who answers for him in this organisation. */
static const char *
next_of(const struct policy *policy, const char *organisation, const char *person)
{
	for (size_t i = 0; i < policy->delegate_count; i++) {
		const struct policy_delegate *d = &policy->delegates[i];
		const char *from = person_of(policy, d);

		if (from && d->delegate && text_is(d->organisation, organisation) &&
		    text_is_nocase(from, person))
			return d->delegate;
	}
	return NULL;
}

static bool
leads_back(const struct policy *policy, const struct policy_delegate *delegate, const char *person)
{
	const char *at = delegate->delegate;

	for (size_t steps = 0; at && steps <= policy->delegate_count; steps++) {
		if (text_is_nocase(at, person))
			return true;
		at = next_of(policy, delegate->organisation, at);
	}
	return at != NULL;
}

static bool
is_second(const struct policy *policy, const struct policy_delegate *delegate, const char *person)
{
	for (const struct policy_delegate *d = policy->delegates; d < delegate; d++) {
		const char *other = person_of(policy, d);

		if (other && text_is(d->organisation, delegate->organisation) &&
		    text_is_nocase(other, person))
			return true;
	}
	return false;
}

static void
check_people(const struct delegation *d)
{
	const struct policy *policy = &d->reader->settings->policy;
	const char *person = person_of(policy, d->delegate);

	if (!d->delegate->delegate || !person)
		return;
	if (!within(d->organisation, d->delegate->delegate))
		fault(d, "delegate", "is outside the domains of the organisation");
	if (!within(d->organisation, person))
		fault(d, "person", "is outside the domains of the organisation");
	if (text_is_nocase(d->delegate->delegate, person))
		fault(d, "delegate", "nobody answers in the place of himself");
	else if (leads_back(policy, d->delegate, person))
		fault(d, "delegate",
		    "these people answer for each other in a circle, so that nobody would");
	if (is_second(policy, d->delegate, person))
		fault(d, "person", "has a delegate already; one person has one");
}

void
check_delegates(struct reader *reader, const struct node *root)
{
	const struct policy *policy = &reader->settings->policy;
	const struct node *list = tree_value(root, "delegates");
	const struct node *record = list && policy->delegate_count ? list->first : NULL;

	for (size_t i = 0; i < policy->delegate_count && record; i++, record = record->next) {
		struct delegation d = { .reader = reader, .record = record };

		d.delegate = (struct policy_delegate *)(uintptr_t)&policy->delegates[i];
		d.organisation = organisation_of(policy, d.delegate);
		if (!d.organisation) {
			if (d.delegate->organisation) {
				fault(&d, "organisation", "there is no such organisation");
				organisation_meant(reader, d.delegate->organisation);
			}
			continue;
		}
		check_days(&d);
		check_people(&d);
	}
}
