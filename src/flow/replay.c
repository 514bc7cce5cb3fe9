#include <assent/base/str.h>

#include "flow/replay_priv.h"

#include <stdlib.h>
#include <string.h>

#define PAGE ((size_t)100) /* tickets of one snapshot */
#define ARENA_MAX ((size_t)4 << 30)
#define PASSES_MAX 8

const char *
replay_reason_text(enum replay_reason reason)
{
#define X(id, text) text,
	static const char *const texts[REPLAY_REASON_COUNT] = { REPLAY_REASONS(X) };
#undef X

	return texts[reason];
}

struct replay *
replay_new(struct engine *engine, const struct replay_wish *wish)
{
	struct replay *replay = mem_alloc(sizeof(*replay));

	replay->engine = engine;
	replay->wish = *wish;
	replay->arena = arena_new(ARENA_MAX);
	replay->page = (struct history_page){
		.max = PAGE, .since = wish->since, .organisation = wish->organisation
	};
	return replay;
}

void
replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	arena_free(replay->arena);
	mem_free(replay->begun);
	mem_free(replay);
}

const struct replay_report *
replay_report(const struct replay *replay)
{
	return &replay->report;
}

void
replay_lose(struct replay *replay, enum replay_reason reason, const enum fact *facts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		replay->report.lost[reason][facts[i]]++;
}

void
replay_add(struct replay *replay, const struct begun *begun)
{
	if (replay->begun_count == replay->begun_room) {
		replay->begun_room = replay->begun_room > 0 ? 2 * replay->begun_room : 64;
		replay->begun =
		    mem_grow(replay->begun, replay->begun_room * sizeof(*replay->begun));
	}
	replay->begun[replay->begun_count] = *begun;
	replay->begun[replay->begun_count++].once_key = arena_dup(replay->arena, begun->once_key);
}

/* --- packets of an organisation ------------------------------------------------------------- */

struct comparing {
	struct replay *replay;
	const struct rules *rules;
	struct history_packet *real;
	size_t real_count;
	struct replay_packet *packets; /* of both, first those of replay */
	size_t count;
};

static int
by_time(const void *a, const void *b)
{
	const struct begun *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->ref > y->ref) - (x->ref < y->ref);
}

/* When somebody closed the packet of an organisation that really was; else when it expires. */
static utc_ms
closed_of(const struct comparing *c, const struct begun *begun)
{
	const char *rule = rules_at(c->rules, begun->rule)->id;

	for (size_t i = 0; i < c->real_count; i++)
		if (text_is(c->real[i].rule, rule) &&
		    text_is(c->real[i].once_key, begun->once_key) && c->real[i].closed > begun->at)
			return c->real[i].closed;
	return begun->closed;
}

struct shared { /* the last packet of a rule for an organisation */
	size_t rule;
	const char *once_key;
	utc_ms closed;
};

static struct shared *
shared_of(struct shared *list, size_t *n, const struct begun *begun)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i].rule == begun->rule && text_is(list[i].once_key, begun->once_key))
			return &list[i];
	list[*n] = (struct shared){ begun->rule, begun->once_key, 0 };
	return &list[(*n)++];
}

/* Of all tickets of an organisation the first has its packet, until it is closed. */
static void
drop_shared(struct comparing *c)
{
	struct replay *replay = c->replay;
	size_t kept = 0, n = 0;
	struct shared *list = mem_alloc((replay->begun_count + 1) * sizeof(*list));

	for (size_t i = 0; i < replay->begun_count; i++) {
		struct begun *b = &replay->begun[i];
		bool is_packet = rules_at(c->rules, b->rule)->then == THEN_ESCALATE;
		struct shared *shared = b->is_shared && is_packet ? shared_of(list, &n, b) : NULL;

		if (shared != NULL && shared->closed > b->at)
			continue;
		if (shared != NULL)
			shared->closed = closed_of(c, b);
		replay->begun[kept++] = *b;
	}
	replay->begun_count = kept;
	mem_free(list);
}

static int
load_real(struct desk *desk, struct comparing *c, struct err *err)
{
	const struct replay_wish *wish = &c->replay->wish;
	const struct history_raised wanted = { 0, wish->until, wish->organisation, wish->ticket };

	return history_raised(desk->tx, &wanted, &c->real, &c->real_count, err);
}

static void
sort_begun(struct replay *replay)
{
	if (replay->begun_count > 0)
		qsort(replay->begun, replay->begun_count, sizeof(*replay->begun), by_time);
}

static bool
is_same(const struct begun *a, const struct begun *b)
{
	return a->rule == b->rule && a->ref == b->ref && a->at == b->at &&
	    text_is(a->once_key, b->once_key);
}

const struct begun *
replay_known(const struct replay *replay, const struct begun *begun)
{
	for (size_t i = 0; i < replay->known_count; i++)
		if (is_same(&replay->known[i], begun))
			return &replay->known[i];
	return NULL;
}

/* Those that had their packet; true when that is news. */
static bool
learn_shared(struct replay *replay)
{
	struct begun *list = arena_alloc(replay->arena, (replay->begun_count + 1) * sizeof(*list));
	size_t n = 0;
	bool news = false;

	for (size_t i = 0; i < replay->begun_count; i++) {
		const struct begun *b = &replay->begun[i];

		if (!b->is_shared)
			continue;
		list[n++] = *b;
		news = news || replay_known(replay, b) == NULL;
	}
	news = news || n != replay->known_count;
	replay->known = list;
	replay->known_count = n;
	return news;
}

/*
 * Which ticket's packet is the organisation's is known when all have been
 * walked through; where rules count packets, that may change others.
 */
static int
walk_again(struct desk *desk, struct replay *replay, bool *again, struct err *err)
{
	struct comparing c = { .replay = replay, .rules = engine_rules(replay->engine) };
	int rc = load_real(desk, &c, err);

	*again = false;
	if (rc < 0)
		return rc;
	sort_begun(replay);
	drop_shared(&c);
	*again = learn_shared(replay) && ++replay->passes < PASSES_MAX;
	if (!*again)
		return 0;
	replay->begun_count = 0;
	replay->page.after = 0;
	replay->report = (struct replay_report){ .recorded_since = replay->recorded_since };
	return 0;
}

/* --- tickets ------------------------------------------------------------------------------ */

static int
begin(struct desk *desk, struct replay *replay, struct err *err)
{
	const struct rules *rules = engine_rules(replay->engine);
	int rc = history_since(desk->tx, &replay->recorded_since, err);

	if (rc == 0)
		rc = history_staff_changed(
		    desk->tx, replay->wish.since, &replay->staff_changed, err);
	for (size_t i = 0; i < rules_count(rules); i++) {
		replay->of_time = replay->of_time || rules_use_time(rules, i);
		replay->has_shared =
		    replay->has_shared || rules_at(rules, i)->once_per == ONCE_PER_ORGANISATION;
	}
	replay->reads_packets = REPLAY_USES(rules, FACT_OF_OPEN_ESCALATIONS, FACT_OF_ESCALATIONS);
	replay->report.recorded_since = replay->recorded_since;
	replay->has_begun = true;
	return rc;
}

static int
walk_page(struct desk *desk, struct replay *replay, bool *more, struct err *err)
{
	struct history_page *page = &replay->page;
	int rc;

	if (!id_is_null(&replay->wish.ticket)) {
		replay->report.tickets = 1;
		return replay_walk(desk, replay, &replay->wish.ticket, err);
	}
	rc = history_tickets(desk->tx, page, err);
	for (size_t i = 0; rc == 0 && i < page->count; i++, replay->report.tickets++)
		rc = replay_walk(desk, replay, &page->tickets[i], err);
	*more = page->more;
	return rc;
}

int
replay_step(struct desk *desk, struct replay *replay, bool *more, struct err *err)
{
	int rc = replay->has_begun ? 0 : begin(desk, replay, err);

	*more = false;
	if (rc == 0)
		rc = walk_page(desk, replay, more, err);
	if (rc == 0 && !*more && replay->has_shared && replay->reads_packets)
		rc = walk_again(desk, replay, more, err);
	return rc;
}

/* --- beside what happened ------------------------------------------------------------------ */

static utc_ms
time_of(const struct replay_packet *p)
{
	return p->replayed != 0 ? p->replayed : p->raised;
}

static int
by_key(const void *a, const void *b)
{
	const struct replay_packet *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);

	if (order == 0)
		order = strcmp(x->once_key, y->once_key);
	if (order != 0)
		return order;
	return time_of(x) != time_of(y) ? (time_of(x) < time_of(y) ? -1 : 1) : 0;
}

static int
by_when(const void *a, const void *b)
{
	const struct replay_packet *x = a, *y = b;

	if (time_of(x) != time_of(y))
		return time_of(x) < time_of(y) ? -1 : 1;
	return x->ref != y->ref ? (x->ref < y->ref ? -1 : 1) : by_key(a, b);
}

static bool
is_pair(const struct replay_packet *a, const struct replay_packet *b, span_ms apart)
{
	utc_ms x = a->replayed, y = b->raised;

	if (a->replayed == 0 || a->raised != 0 || b->raised == 0 || b->replayed != 0)
		return false;
	return x > y ? x - y < apart : y - x < apart;
}

/* Of one key: b becomes part of a. */
static void
join(struct replay_packet *a, struct replay_packet *b)
{
	a->raised = b->raised;
	a->id = b->id;
	b->raised = 0;
}

static void
pair(struct replay_packet *list, size_t n, span_ms apart)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n && list[i].replayed != 0 && list[i].raised == 0; k++)
			if (is_pair(&list[i], &list[k], apart))
				join(&list[i], &list[k]);
}

static void
pair_all(struct comparing *c)
{
	size_t end;

	qsort(c->packets, c->count, sizeof(*c->packets), by_key);
	for (size_t i = 0; i < c->count; i = end) {
		end = i + 1;
		while (end < c->count && text_is(c->packets[end].rule, c->packets[i].rule) &&
		    text_is(c->packets[end].once_key, c->packets[i].once_key))
			end++;
		pair(c->packets + i, end - i, REPLAY_APART);
		pair(c->packets + i, end - i, INT64_MAX);
	}
}

static void
gather(struct comparing *c)
{
	struct replay *replay = c->replay;
	struct arena *arena = replay->arena;
	utc_ms first = replay->wish.since - REPLAY_APART;

	c->packets =
	    arena_alloc(arena, (replay->begun_count + c->real_count + 1) * sizeof(*c->packets));
	for (size_t i = 0; i < replay->begun_count; i++) {
		const struct begun *b = &replay->begun[i];

		if (b->at >= first)
			c->packets[c->count++] =
			    (struct replay_packet){ rules_at(c->rules, b->rule)->id, b->once_key,
				    b->ref, b->at, 0, { { 0 } } };
	}
	for (size_t i = 0; i < c->real_count; i++) {
		const struct history_packet *p = &c->real[i];

		if (p->created >= first)
			c->packets[c->count++] = (struct replay_packet){ arena_dup(arena, p->rule),
				arena_dup(arena, p->once_key), p->ref, 0, p->created, p->id };
	}
}

/* What lies wholly before the time asked for was gathered for its neighbours only. */
static void
cut(struct comparing *c)
{
	utc_ms since = c->replay->wish.since;
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct replay_packet *p = &c->packets[i];

		if (p->replayed >= since || p->raised >= since)
			c->packets[kept++] = *p;
	}
	c->count = kept;
	qsort(c->packets, c->count, sizeof(*c->packets), by_when);
}

static struct replay_rule *
rule_of(struct replay_report *report, const char *id)
{
	for (size_t i = 0; i < report->rule_count; i++)
		if (text_is(report->rules[i].id, id))
			return &report->rules[i];
	report->rules[report->rule_count] = (struct replay_rule){ .id = id };
	return &report->rules[report->rule_count++];
}

static void
count_all(struct comparing *c)
{
	struct replay_report *report = &c->replay->report;
	size_t n = rules_count(c->rules);

	report->rules = arena_alloc(c->replay->arena, (n + c->count + 1) * sizeof(*report->rules));
	for (size_t i = 0; i < n; i++)
		rule_of(report, rules_at(c->rules, i)->id)->is_replayed = true;
	for (size_t i = 0; i < c->count; i++) {
		const struct replay_packet *p = &c->packets[i];
		struct replay_rule *rule = rule_of(report, p->rule);
		bool both = p->replayed != 0 && p->raised != 0;

		rule->replayed += p->replayed != 0;
		rule->raised += p->raised != 0;
		rule->both += both;
		rule->moved += both &&
		    !is_pair(&(struct replay_packet){ .replayed = p->replayed },
			&(struct replay_packet){ .raised = p->raised }, REPLAY_APART);
	}
	report->packets = c->packets;
	report->packet_count = c->count;
}

int
replay_compare(struct desk *desk, struct replay *replay, struct err *err)
{
	struct comparing c = { .replay = replay, .rules = engine_rules(replay->engine) };
	int rc = load_real(desk, &c, err);

	if (rc < 0)
		return rc;
	sort_begun(replay);
	drop_shared(&c);
	gather(&c);
	pair_all(&c);
	cut(&c);
	count_all(&c);
	return 0;
}
