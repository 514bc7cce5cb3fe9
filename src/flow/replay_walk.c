/*
 * replay_walk: one ticket's life once more, by the rules given.
 *
 * As the daemon does it (watch.c, daemon/ruling.c): at each event at once, and
 * every minute for what only time changes while the ticket is not resolved.
 * Minutes in which no rule can change are not looked at.
 */
#include "flow/replay_priv.h"

#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/flow/escalation.h>
#include <assent/flow/watch.h>

#include <string.h>

#define LOOKS_MAX 20000 /* of one ticket, for time alone; then in longer steps */
#define AGAIN_MAX 4 /* looks at one instant: a packet may make another rule hold */

struct packet { /* raised by a rule here */
	size_t rule;
	const char *once_key;
	utc_ms at, closed;
	const struct history_packet *real; /* the same one as it really was; NULL: nobody had it */
};

struct walk {
	struct past past;
	struct replay *replay;
	utc_ms at; /* of the last look */
	size_t next; /* instant */
	const char *held[RULES_MAX]; /* the key that each rule holds for; NULL: it does not */
	struct packet *packets;
	size_t packet_count;
	struct history_packet *real;
	size_t real_count;
	struct history_act *acts;
	size_t act_count;
	span_ms grain;
	size_t looks; /* for time alone */
};

/* --- packets ----------------------------------------------------------------------------- */

/* Was it open at this time? Before it was raised it counts as what was to come. */
static bool
real_is_open(const struct walk *w, const struct history_packet *packet, utc_ms at)
{
	bool open = true;

	for (size_t i = 0; i < w->act_count; i++) {
		const struct history_act *act = &w->acts[i];

		if (!id_equal(&act->packet, &packet->id) || act->at > at)
			continue;
		open = text_is(act->kind, "raised") || text_is(act->kind, "reopen");
	}
	return open;
}

static utc_ms
last_closed(const struct walk *w, const struct history_packet *packet)
{
	utc_ms closed = packet->closed;

	/* What kept moving after it was closed for good is of no matter here. */
	for (size_t i = 0; closed != INT64_MAX && i < w->act_count; i++)
		if (id_equal(&w->acts[i].packet, &packet->id))
			closed = w->acts[i].at;
	return closed;
}

static bool
is_taken(const struct walk *w, const struct history_packet *real)
{
	for (size_t i = 0; i < w->packet_count; i++)
		if (w->packets[i].real == real)
			return true;
	return false;
}

/* The packet that the daemon raised of the same, which says what people did with it. */
static const struct history_packet *
find_real(const struct walk *w, const struct rule *rule, const char *key, utc_ms at)
{
	for (size_t i = 0; i < w->real_count; i++) {
		const struct history_packet *real = &w->real[i];

		if (text_is(real->rule, rule->id) && text_is(real->once_key, key) &&
		    last_closed(w, real) > at && !is_taken(w, real))
			return real;
	}
	return NULL;
}

static bool
is_open(const struct walk *w, const struct packet *packet, utc_ms at)
{
	if (packet->real != NULL)
		return real_is_open(w, packet->real, at);
	return at < packet->closed;
}

/* Taken by nobody it expires, an hour after its last level has got it. */
static utc_ms
lapse_of(struct walk *w, const struct rule *rule, utc_ms at)
{
	const struct escalation like = { .organisation = w->past.facts.organisation.key,
		.priority = escalation_priority_name(rule->priority) };
	span_ms due = rule->due != 0 ? rule->due : ESCALATION_DUE;
	utc_ms end = escalation_after(&w->past.desk, &like, at, due), last;

	if (rule->level_count == 0)
		return end;
	last =
	    escalation_after(&w->past.desk, &like, at, rule->levels[rule->level_count - 1].after) +
	    ESCALATION_CHANCE;
	return last > end ? last : end;
}

static void
put_packets(struct walk *w)
{
	size_t count = 0, open = 0;
	utc_ms at = w->past.desk.now;

	if (!w->replay->reads_packets)
		return;
	for (size_t i = 0; i < w->packet_count; i++) {
		count++;
		open += is_open(w, &w->packets[i], at);
	}
	for (size_t i = 0; i < w->real_count; i++) {
		if (*w->real[i].rule != '\0' || w->real[i].created > at)
			continue;
		count++;
		open += real_is_open(w, &w->real[i], at);
	}
	w->past.facts.values[FACT_OF_ESCALATIONS] = fact_number((double)count);
	w->past.facts.values[FACT_OF_OPEN_ESCALATIONS] = fact_number((double)open);
}

static bool
is_open_already(const struct walk *w, const struct begun *begun)
{
	for (size_t n = 0; n < w->packet_count; n++)
		if (w->packets[n].rule == begun->rule &&
		    text_is(w->packets[n].once_key, begun->once_key) &&
		    is_open(w, &w->packets[n], begun->at))
			return true;
	return false;
}

static void
add_packet(struct walk *w, const struct begun *begun)
{
	const struct rule *rule = rules_at(w->past.rules, begun->rule);
	struct packet packet = { begun->rule, begun->once_key, begun->at, begun->closed, NULL };

	if (!begun->is_shared)
		packet.real = find_real(w, rule, begun->once_key, begun->at);
	if ((w->packet_count & (w->packet_count - 1)) == 0)
		w->packets = mem_grow(w->packets,
		    (w->packet_count > 0 ? 2 * w->packet_count : 1) * sizeof(*w->packets));
	w->packets[w->packet_count++] = packet;
}

/* True when facts may have changed by it. */
static bool
begin(struct walk *w, size_t i, const char *key)
{
	const struct rule *rule = rules_at(w->past.rules, i);
	utc_ms at = w->past.desk.now;
	struct begun begun = { i, key, w->past.now.ref, at, text_starts(key, "organisation:"),
		lapse_of(w, rule, at) };
	const struct begun *known;

	w->held[i] = key;
	if (rule->then == THEN_ESCALATE && !begun.is_shared) {
		if (is_open_already(w, &begun))
			return false;
		add_packet(w, &begun);
	}
	if (begun.is_shared || at >= w->replay->wish.since - REPLAY_APART)
		replay_add(w->replay, &begun);
	if (!w->replay->reads_packets || rule->then != THEN_ESCALATE)
		return false;
	known = begun.is_shared ? replay_known(w->replay, &begun) : NULL;
	if (known != NULL)
		add_packet(w, known);
	return !begun.is_shared || known != NULL;
}

/* --- looking ----------------------------------------------------------------------------- */

static int
look_once(struct walk *w, bool *again, struct err *err)
{
	struct past *past = &w->past;
	struct moment moment;
	struct hits hits;
	int rc;

	*again = false;
	put_packets(w);
	moment = facts_moment(&past->desk, &past->facts);
	rc = engine_run(w->replay->engine, &moment, &hits, err);
	w->replay->report.looks++;
	for (size_t i = 0; rc == 0 && i < hits.count; i++) {
		const struct rule *rule = rules_at(past->rules, hits.rules[i]);
		const char *key = watch_key(&past->desk, rule, &past->facts);

		if (w->held[hits.rules[i]] == NULL || !text_is(w->held[hits.rules[i]], key))
			*again = begin(w, hits.rules[i], key) || *again;
	}
	for (size_t i = 0; rc == 0 && i < rules_count(past->rules); i++)
		if (w->held[i] != NULL && !hits_have(&hits, i))
			w->held[i] = NULL;
	return rc;
}

static int
look_at(struct walk *w, utc_ms at, struct err *err)
{
	bool again = true;
	int rc = past_move(&w->past, at, err);

	w->at = at;
	for (int i = 0; rc == 0 && again && i < AGAIN_MAX; i++)
		rc = look_once(w, &again, err);
	return rc;
}

/* --- time -------------------------------------------------------------------------------- */

static utc_ms
grid_from(const struct walk *w, utc_ms at)
{
	return (at + w->grain - 1) / w->grain * w->grain;
}

static bool
is_watched(const struct walk *w)
{
	return w->replay->of_time && !text_is(w->past.facts.ticket.status, "resolved");
}

/* While a rule of each day holds, midnight is when it begins anew. */
static utc_ms
next_midnight(struct walk *w, utc_ms until)
{
	const struct rules *rules = w->past.rules;
	bool waits = false;
	struct civil day;

	for (size_t i = 0; i < rules_count(rules); i++)
		waits =
		    waits || (w->held[i] != NULL && rules_at(rules, i)->once_per == ONCE_PER_DAY);
	if (!waits)
		return until;
	zone_civil(w->past.desk.policy->zone, w->at, &day);
	day.day++;
	day.hour = day.minute = day.second = 0;
	return zone_instant(w->past.desk.policy->zone, &day);
}

/* The first instant of the grid, before until, at which a rule may have changed; else until. */
static utc_ms
next_change(struct walk *w, utc_ms until)
{
	struct moment moment = facts_moment(&w->past.desk, &w->past.facts);
	utc_ms midnight = next_midnight(w, until), change;

	/* What else changes by itself is an instant of its own. */
	moment.passing_count = 0;
	change = rules_until(w->past.rules, &moment);
	if (change <= w->at)
		change = w->at + 1;
	if (midnight < change)
		change = midnight;
	return change < until ? grid_from(w, change) : until;
}

/* What time alone does after the last look, before until. */
static int
pass_time(struct walk *w, utc_ms until, struct err *err)
{
	int rc = 0;

	while (rc == 0 && is_watched(w)) {
		utc_ms at = next_change(w, until);

		if (at >= until)
			break;
		if (++w->looks % LOOKS_MAX == 0) {
			w->grain *= 10;
			w->replay->report.is_coarse = true;
		}
		rc = look_at(w, at, err);
	}
	return rc;
}

/* --- the whole --------------------------------------------------------------------------- */

/* A packet of ours that expires is an event, too. */
static utc_ms
next_lapse(const struct walk *w)
{
	utc_ms first = INT64_MAX;

	for (size_t i = 0; w->replay->reads_packets && i < w->packet_count; i++) {
		const struct packet *p = &w->packets[i];

		if (p->real == NULL && p->closed > w->at && p->closed < first)
			first = p->closed;
	}
	return first;
}

/* The next instant after the last look; false after the last one. */
static bool
next_instant(struct walk *w, struct instant *out)
{
	struct past *past = &w->past;

	*out = (struct instant){ next_lapse(w), true };
	while (w->next < past->instant_count && past->instants[w->next].at <= w->at)
		w->next++;
	for (size_t i = w->next; i < past->instant_count && past->instants[i].at <= out->at; i++) {
		bool is_same = past->instants[i].at == out->at;

		*out = (struct instant){ past->instants[i].at,
			past->instants[i].is_sharp || (is_same && out->is_sharp) };
	}
	return out->at <= w->replay->wish.until;
}

static int
see_instant(struct walk *w, const struct instant *instant, struct err *err)
{
	utc_ms sweep = grid_from(w, instant->at);
	int rc = pass_time(w, instant->at, err);

	if (rc < 0)
		return rc;
	w->replay->report.instants++;
	if (instant->is_sharp)
		return look_at(w, instant->at, err);
	/* Nobody is told of it: it is seen when all tickets are looked at, or with an event. */
	rc = past_move(&w->past, instant->at, err);
	w->at = instant->at;
	if (rc < 0 || !is_watched(w) || sweep > w->replay->wish.until)
		return rc;
	while (w->next < w->past.instant_count && w->past.instants[w->next].at <= w->at)
		w->next++;
	if (w->next < w->past.instant_count && w->past.instants[w->next].at <= sweep)
		return 0;
	return look_at(w, sweep, err);
}

static int
load(struct walk *w, const struct id *ticket, struct err *err)
{
	struct tx *tx = w->past.desk.tx;
	int rc = past_load(&w->past, ticket, err);

	if (rc == 0)
		rc = history_packets(tx, ticket, &w->real, &w->real_count, err);
	if (rc == 0)
		rc = history_acts(tx, ticket, &w->acts, &w->act_count, err);
	return rc;
}

static int
go(struct walk *w, struct err *err)
{
	struct instant instant;
	int rc = 0;

	w->at = w->past.began - 1;
	while (rc == 0 && next_instant(w, &instant))
		rc = see_instant(w, &instant, err);
	return rc < 0 ? rc : pass_time(w, w->replay->wish.until + 1, err);
}

int
replay_walk(struct desk *desk, struct replay *replay, const struct id *ticket, struct err *err)
{
	const struct rules *rules = engine_rules(replay->engine);
	struct walk *w = mem_alloc(sizeof(*w));
	int rc;

	w->replay = replay;
	w->grain = replay->wish.grain;
	w->past.replay = replay;
	w->past.desk = *desk;
	w->past.rules = rules;
	w->past.thread.own = "";
	rc = load(w, ticket, err);
	if (rc == 0)
		rc = go(w, err);
	past_done(&w->past);
	mem_free(w->packets);
	mem_free(w);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}
