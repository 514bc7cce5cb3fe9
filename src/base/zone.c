#include <assent/base/file.h>
#include <assent/base/zone.h>

#include "zone_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)512 * 1024)

/* Works on a machine that has no zone files, and without a first look-up. */
static struct zone_type utc_type = { 0, "UTC" };
static struct zone utc = { .name = "UTC", .n_types = 1, .types = &utc_type };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *known = &utc;

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Counts from 1 March, so that the leap day is a year's last (Hinnant, "chrono-compatible dates"). */
int64_t
days_to_month(int64_t year, int64_t month)
{
	int64_t y = year + floor_div(month - 3, 12);
	int64_t m = (month - 3) - floor_div(month - 3, 12) * 12;
	int64_t era = floor_div(y, 400), of_era = y - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 - 719468;
}

void
days_to_date(int64_t days, struct civil *out)
{
	int64_t z = days + 719468, era = floor_div(z, 146097), day = z - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	out->day = (int)(day - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(year + era * 400 + (out->month <= 2));
	out->weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7);
}

void
zone_free(struct zone *zone)
{
	if (!zone)
		return;
	mem_free(zone->at);
	mem_free(zone->becomes);
	mem_free(zone->types);
	mem_free(zone);
}

static const struct zone *
find_known(const char *name)
{
	for (const struct zone *z = known; z; z = z->next)
		if (text_is(z->name, name))
			return z;
	return NULL;
}

static int
load(const char *name, const char *path, struct zone **out, struct err *err)
{
	AUTO(str_donep) struct str bytes = STR_INIT(LARGEST_FILE);
	AUTO(zone_freep) struct zone *zone = mem_alloc(sizeof(*zone));
	const char *wrong;
	int rc = file_read(path, &bytes, err);

	if (rc == ERR_NOT_FOUND || rc == ERR_INVALID)
		return err_set(err, ERR_NOT_FOUND, "there is no time zone '%s'", name);
	if (rc < 0)
		return err_wrap(err, rc, "time zone %s", name);
	memcpy(zone->name, name, strnlen(name, sizeof(zone->name) - 1));
	wrong = tzif_parse(str_text(&bytes), bytes.len, zone);
	if (wrong)
		return err_set(err, ERR_INVALID, "time zone file %s: %s", path, wrong);
	*out = TAKE(zone);
	return 0;
}

/* The lock is held while a file is read: a few files in a process's life. */
static int
get(const char *name, const char *path, const struct zone **out, struct err *err)
{
	struct zone *zone = NULL;
	int rc = 0;

	pthread_mutex_lock(&lock);
	*out = find_known(name);
	if (!*out)
		rc = load(name, path, &zone, err);
	if (zone) {
		zone->next = known;
		*out = known = zone;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static bool
is_zone_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	size_t n = strlen(name);

	return n > 0 && n < sizeof(utc.name) && name[0] != '/' && strspn(name, letters) == n;
}

int
zone_get(const char *name, const struct zone **out, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	const char *dir = getenv("TZDIR");
	const struct zone *zone;
	int rc;

	if (!is_zone_name(name))
		return err_set(err, ERR_NOT_FOUND, "'%s' is no name of a time zone", name);
	str_addf(&path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	rc = get(name, str_text(&path), &zone, err);
	if (rc == 0)
		*out = zone;
	return rc;
}

/* TZ without a file of its name: a rule such as "CET-1CEST,M3.5.0,M10.5.0/3". */
static const struct zone *
get_rule(const char *text)
{
	struct zone_rule rule;
	struct zone *zone;
	const struct zone *found;

	if (strlen(text) >= sizeof(zone->name) || !zone_rule_parse(text, &rule))
		return &utc;
	pthread_mutex_lock(&lock);
	found = find_known(text);
	if (!found) {
		zone = mem_alloc(sizeof(*zone));
		memcpy(zone->name, text, strlen(text));
		zone->rule = rule;
		zone->next = known;
		found = known = zone;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

const struct zone *
zone_local(void)
{
	const char *name = getenv("TZ");
	const struct zone *zone = &utc;

	if (!name)
		return get("/etc/localtime", "/etc/localtime", &zone, NULL) == 0 ? zone : &utc;
	if (*name == ':')
		name++;
	if (!*name)
		return &utc;
	if (*name == '/' && strlen(name) < sizeof(zone->name))
		return get(name, name, &zone, NULL) == 0 ? zone : &utc;
	return zone_get(name, &zone, NULL) == 0 ? zone : get_rule(name);
}

static const struct zone_type *
type_at(const struct zone *z, int64_t at_s)
{
	size_t low = 0, high = z->n;

	if (z->rule.present && (z->n == 0 || at_s >= z->at[z->n - 1]))
		return zone_rule_type(&z->rule, at_s);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (z->at[mid] <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? &z->types[0] : &z->types[z->becomes[low - 1]];
}

void
zone_civil(const struct zone *zone, utc_ms at, struct civil *out)
{
	int64_t at_s = floor_div(at, 1000), local, of_day;
	const struct zone_type *type = type_at(zone, at_s);

	local = at_s + type->offset_s;
	days_to_date(floor_div(local, DAY_S), out);
	of_day = local - floor_div(local, DAY_S) * DAY_S;
	out->hour = (int)(of_day / 3600);
	out->minute = (int)(of_day / 60 % 60);
	out->second = (int)(of_day % 60);
	out->offset_s = type->offset_s;
	memcpy(out->abbr, type->abbr, sizeof(out->abbr));
}

/* As if local were UTC; clipped so that milliseconds still fit. */
static int64_t
local_seconds(const struct civil *c)
{
	const int64_t most = INT64_MAX / 1000 - 7 * DAY_S;
	int64_t s = (days_to_month(c->year, c->month) + c->day - 1) * DAY_S;

	s += (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
	return s > most ? most : s < -most ? -most : s;
}

utc_ms
zone_instant(const struct zone *zone, const struct civil *local)
{
	/* No offset is longer than 26 hours, so these lie on either side. */
	int64_t s = local_seconds(local), margin = 26 * 3600;
	int64_t before = type_at(zone, s - margin)->offset_s;
	int64_t after = type_at(zone, s + margin)->offset_s;

	/* The offset before a change gives the first of a doubled time. */
	if (type_at(zone, s - before)->offset_s == before)
		return (s - before) * 1000;
	if (type_at(zone, s - after)->offset_s == after)
		return (s - after) * 1000;
	/* In a gap the old offset reads as a time moved forward by the gap. */
	return (s - before) * 1000;
}

utc_ms
zone_add_working_days(const struct zone *zone, utc_ms from, int n)
{
	struct civil c;

	if (n <= 0)
		return from;
	zone_civil(zone, from, &c);
	if (c.weekday == 0 || c.weekday == 6) {
		c.day += c.weekday == 0 ? 1 : 2;
		c.weekday = 1;
	}
	c.day += n / 5 * 7 + n % 5;
	if (c.weekday + n % 5 > 5)
		c.day += 2;
	return zone_instant(zone, &c) + (from - floor_div(from, 1000) * 1000);
}
