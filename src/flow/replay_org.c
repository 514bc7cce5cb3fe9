/* replay_org: what was so about a ticket's organisation and its owner. */
#include "flow/replay_priv.h"

#include <assent/base/num.h>
#include <assent/base/str.h>

#include <stdlib.h>
#include <string.h>

static int
by_time(const void *a, const void *b)
{
	utc_ms x = *(const utc_ms *)a, y = *(const utc_ms *)b;

	return (x > y) - (x < y);
}

/* How many of a sorted list are not later. */
static size_t
count_until(const utc_ms *times, size_t n, utc_ms at)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (times[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* --- loading, once for all tickets ------------------------------------------------------ */

static struct history_change *
keep_changes(struct arena *arena, const struct history_change *list, size_t n)
{
	struct history_change *copy = arena_alloc(arena, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++) {
		copy[i] = list[i];
		copy[i].what = arena_dup(arena, list[i].what);
		copy[i].value = arena_dup(arena, list[i].value);
	}
	return copy;
}

static int
load_questions(struct past *past, struct org_past *org, struct err *err)
{
	struct arena *arena = past->replay->arena;
	struct history_span *spans;
	size_t n = 0;
	int rc;

	if (!rules_use(past->rules, FACT_OF_OPEN_APPROVALS))
		return 0;
	rc = history_questions(past->desk.tx, &org->now.id, &spans, &n, err);
	if (rc < 0)
		return rc;
	org->opened = arena_alloc(arena, (n + 1) * sizeof(utc_ms));
	org->closed = arena_alloc(arena, (n + 1) * sizeof(utc_ms));
	for (size_t i = 0; i < n; i++) {
		org->opened[org->opened_count++] = spans[i].from;
		if (spans[i].to != INT64_MAX)
			org->closed[org->closed_count++] = spans[i].to;
	}
	qsort(org->opened, org->opened_count, sizeof(utc_ms), by_time);
	qsort(org->closed, org->closed_count, sizeof(utc_ms), by_time);
	return 0;
}

static int
load(struct past *past, const struct id *id, struct org_past *org, struct err *err)
{
	struct arena *arena = past->replay->arena;
	struct history_change *list = NULL;
	struct organisation *o = &org->now;
	size_t n = 0;
	int rc = organisation_get(past->desk.tx, id, o, err);

	if (rc == 0)
		rc = history_list(past->desk.tx, id, &list, &n, err);
	if (rc < 0)
		return rc;
	o->key = arena_dup(arena, o->key);
	o->name = arena_dup(arena, o->name);
	o->locale = arena_dup(arena, o->locale);
	o->zone_name = arena_dup(arena, o->zone_name);
	o->owner_email = arena_dup(arena, o->owner_email);
	org->changes = keep_changes(arena, list, n);
	org->change_count = n;
	return load_questions(past, org, err);
}

int
org_past_get(struct past *past, const struct id *id, struct org_past **out, struct err *err)
{
	struct replay *replay = past->replay;
	struct org_past *org;
	int rc;

	for (org = replay->orgs; org != NULL; org = org->next)
		if (id_equal(&org->now.id, id)) {
			*out = org;
			return 0;
		}
	org = arena_alloc(replay->arena, sizeof(*org));
	rc = load(past, id, org, err);
	if (rc < 0)
		return rc;
	org->next = replay->orgs;
	*out = replay->orgs = org;
	return 0;
}

static int
away_get(struct past *past, const char *email, struct away_past **out, struct err *err)
{
	struct replay *replay = past->replay;
	struct history_change *list;
	struct away_past *away;
	int rc;

	for (away = replay->aways; away != NULL; away = away->next)
		if (text_is(away->email, email)) {
			*out = away;
			return 0;
		}
	away = arena_alloc(replay->arena, sizeof(*away));
	away->email = arena_dup(replay->arena, email);
	rc = history_absences(past->desk.tx, email, &list, &away->count, err);
	if (rc < 0)
		return rc;
	away->spans = keep_changes(replay->arena, list, away->count);
	away->next = replay->aways;
	*out = replay->aways = away;
	return 0;
}

/* --- then ------------------------------------------------------------------------------- */

static const char *
text_then(const struct org_past *org, const char *what, const char *stored, utc_ms at)
{
	for (size_t i = 0; i < org->change_count; i++)
		if (org->changes[i].at > at && text_is(org->changes[i].what, what))
			return org->changes[i].value;
	return stored;
}

/* "learnt until", and when another note, or the operator, took its place. */
static bool
span_of(const struct history_change *span, utc_ms *from, utc_ms *to)
{
	const char *blank = strchr(span->value, ' ');
	char learnt[32] = "";
	size_t n = blank != NULL ? (size_t)(blank - span->value) : 0;

	if (n == 0 || n >= sizeof(learnt))
		return false;
	memcpy(learnt, span->value, n);
	if (!num_parse(learnt, from) || !num_parse(blank + 1, to))
		return false;
	*to = span->at < *to ? span->at : *to;
	return true;
}

static int
put_away(struct past *past, const char *owner, struct err *err)
{
	struct away_past *away;
	bool is_away = false;
	utc_ms from, to;
	int rc;

	past->facts.values[FACT_OF_OWNER_AWAY] = (struct fact_value){ .is = FACT_UNKNOWN };
	if (*owner == '\0' || !rules_use(past->rules, FACT_OF_OWNER_AWAY))
		return 0;
	rc = away_get(past, owner, &away, err);
	for (size_t i = 0; rc == 0 && i < away->count; i++)
		is_away = is_away ||
		    (span_of(&away->spans[i], &from, &to) && from <= past->desk.now &&
			past->desk.now < to);
	if (rc == 0)
		past->facts.values[FACT_OF_OWNER_AWAY] = fact_bool(is_away);
	return rc;
}

int
org_past_put(struct past *past, struct err *err)
{
	struct organisation *o = &past->facts.organisation;
	struct fact_value *values = past->facts.values;
	utc_ms at = past->desk.now;
	struct org_past *org;
	size_t open;
	int rc;

	*o = (struct organisation){ .key = "", .name = "", .owner_email = "" };
	for (enum fact f = FACT_OF_ORGANISATION; f <= FACT_OF_OPEN_APPROVALS; f++)
		values[f] = (struct fact_value){ .is = FACT_UNKNOWN };
	if (id_is_null(&past->facts.ticket.organisation))
		return 0;
	rc = org_past_get(past, &past->facts.ticket.organisation, &org, err);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	o->id = org->now.id;
	o->key = org->now.key;
	o->name = text_then(org, "name", org->now.name, at);
	o->owner_email = text_then(org, "owner", org->now.owner_email, at);
	open = count_until(org->opened, org->opened_count, at) -
	    count_until(org->closed, org->closed_count, at);
	values[FACT_OF_ORGANISATION] = fact_text(o->key);
	values[FACT_OF_ORGANISATION_NAME] = fact_text(o->name);
	values[FACT_OF_ORGANISATION_LOCALE] =
	    fact_text(text_then(org, "locale", org->now.locale, at));
	values[FACT_OF_ORGANISATION_ZONE] =
	    fact_text(text_then(org, "zone", org->now.zone_name, at));
	values[FACT_OF_OWNER] = fact_text(o->owner_email);
	values[FACT_OF_OPEN_APPROVALS] = fact_number((double)open);
	return put_away(past, o->owner_email, err);
}

/* --- when ------------------------------------------------------------------------------- */

static int
away_instants(struct past *past, const char *owner, struct err *err)
{
	struct away_past *away;
	utc_ms from, to;
	int rc;

	if (*owner == '\0' || !rules_use(past->rules, FACT_OF_OWNER_AWAY))
		return 0;
	rc = away_get(past, owner, &away, err);
	for (size_t i = 0; rc == 0 && i < away->count; i++) {
		if (!span_of(&away->spans[i], &from, &to))
			continue;
		past_add_instant(past, from, false);
		past_add_instant(past, to, false);
	}
	return rc;
}

static int
instants_of(struct past *past, const struct id *id, struct err *err)
{
	struct org_past *org;
	int rc = org_past_get(past, id, &org, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	for (size_t i = 0; i < org->opened_count; i++)
		past_add_instant(past, org->opened[i], false);
	for (size_t i = 0; i < org->closed_count; i++)
		past_add_instant(past, org->closed[i], false);
	rc = away_instants(past, org->now.owner_email, err);
	for (size_t i = 0; rc == 0 && i < org->change_count; i++) {
		past_add_instant(past, org->changes[i].at, false);
		if (text_is(org->changes[i].what, "owner"))
			rc = away_instants(past, org->changes[i].value, err);
	}
	return rc;
}

int
org_past_instants(struct past *past, struct err *err)
{
	const struct changes *c = &past->tracks[TRACK_ORGANISATION];
	struct id id;
	int rc = 0;

	if (!id_is_null(&past->now.organisation))
		rc = instants_of(past, &past->now.organisation, err);
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		if (id_parse(c->items[i].value, &id))
			rc = instants_of(past, &id, err);
	return rc;
}
