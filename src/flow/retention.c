#include <assent/flow/retention.h>

#include <assent/base/metric.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/store/find.h>
#include <assent/store/queue.h>
#include <assent/store/retention.h>
#include <assent/store/site.h>

#include "flow/stories.h"

#include <string.h>

#define SERIAL "retention"
#define PLACE "retention.at" /* "part row": where the next piece begins */
#define DONE "retention.done" /* when all was seen last */
#define NIGHT_HOUR 3
#define SEEN_KEPT (3653 * MS_DAY) /* ten years (invariant 2) */

/* clang-format off */
static const struct part {
	retention_fn run;
	size_t span; /* of policy->retention; NO_SPAN for a fixed one */
	span_ms fixed;
} parts[] = {
#define NO_SPAN ((size_t)-1)
	{ retention_ip,		offsetof(struct policy_retention, ip),		0 },
	{ retention_people,	offsetof(struct policy_retention, people),	0 },
	{ retention_packets,	offsetof(struct policy_retention, people),	0 },
	{ retention_raw_mail,	offsetof(struct policy_retention, raw_mail),	0 },
	{ retention_seen,	NO_SPAN,					SEEN_KEPT },
};
/* clang-format on */

/* 0: for ever. */
static span_ms
span_of(const struct desk *desk, const struct part *part)
{
	const char *spans = (const char *)&desk->policy->retention;
	span_ms span;

	if (part->span == NO_SPAN)
		return part->fixed;
	memcpy(&span, spans + part->span, sizeof(span));
	return span;
}

/* The next time that it is NIGHT_HOUR here. */
static utc_ms
next_night(const struct desk *desk)
{
	struct civil civil;
	utc_ms night;

	if (desk->policy->zone == NULL)
		return desk->now + MS_DAY;
	zone_civil(desk->policy->zone, desk->now, &civil);
	civil.hour = NIGHT_HOUR;
	civil.minute = civil.second = 0;
	night = zone_instant(desk->policy->zone, &civil);
	return night > desk->now ? night : night + MS_DAY;
}

struct place {
	int64_t part, at;
};

static int
place_get(struct desk *desk, struct place *out, struct err *err)
{
	const char *text = "", *blank;
	int rc = site_get(desk->tx, PLACE, &text, err);

	*out = (struct place){ 0 };
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	blank = strchr(text, ' ');
	if (blank != NULL && num_parse_within(blank + 1, 0, INT64_MAX, &out->at) &&
	    num_parse_within(arena_dup_n(tx_arena(desk->tx), text, (size_t)(blank - text)), 0,
		(int64_t)ARRAY_LEN(parts), &out->part))
		return 0;
	*out = (struct place){ 0 };
	return 0;
}

static int
place_set(struct desk *desk, const struct place *place, struct err *err)
{
	const char *text = arena_printf(
	    tx_arena(desk->tx), "%lld %lld", (long long)place->part, (long long)place->at);

	return site_set(desk->tx, PLACE, text, err);
}

static int
note_done(struct desk *desk, struct err *err)
{
	return site_set(
	    desk->tx, DONE, arena_printf(tx_arena(desk->tx), "%lld", (long long)desk->now), err);
}

/* One piece; place moves on. */
static int
run_piece(struct desk *desk, struct place *place, int64_t *removed, struct err *err)
{
	const struct part *part = &parts[place->part];
	span_ms span = span_of(desk, part);
	struct retention_piece piece = { .at = place->at };
	int rc = 0;

	if (span > 0)
		rc = part->run(desk->tx, desk->now - span, &piece, err);
	else
		piece.at = 0;
	*removed = piece.removed;
	place->at = piece.at;
	if (piece.at == 0)
		place->part++;
	return rc;
}

int
retention_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct place place;
	int64_t removed = 0;
	int rc;

	(void)job;
	call->again = desk->now + 10 * MS_MINUTE;
	if (!desk->clock_trusted)
		return 0;
	rc = place_get(desk, &place, err);
	if (rc == 0 && place.part < (int64_t)ARRAY_LEN(parts))
		rc = run_piece(desk, &place, &removed, err);
	if (rc < 0)
		return err_wrap(err, rc, "retention");
	call->again = desk->now;
	if (place.part >= (int64_t)ARRAY_LEN(parts)) {
		place = (struct place){ 0 };
		call->again = next_night(desk);
		rc = note_done(desk, err);
	}
	if (rc == 0)
		rc = place_set(desk, &place, err);
	if (rc == 0 && removed > 0)
		metric_add(METRIC_RETENTION_REMOVED, removed);
	call->note =
	    removed > 0 ? arena_printf(call->arena, "%lld rows removed", (long long)removed) : NULL;
	return rc;
}

int
retention_sync(struct desk *desk, struct err *err)
{
	utc_ms due;
	int rc = find_due(desk->tx, SERIAL, &due, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	return job_add(desk->tx,
	    &(struct job){ .id = id_new(desk->now),
		.kind = "retention",
		.lane = LANE_CLOCK,
		.payload = "{}",
		.serial = SERIAL,
		.due = next_night(desk),
		.created = desk->now },
	    err);
}
