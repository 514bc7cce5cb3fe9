#pragma once
/*
 * help_play: a desk to which things happen at random, whose rules are evaluated
 * as the daemon does it, and replay of what was recorded there.
 */
#include "help_escalation.h"

#include <assent/flow/replay.h>

#define PLAY_SWEEP (10 * MS_MINUTE)
#define PLAY_TICKETS 4

#define PLAY_RULES "facts:\n  amount: {type: number, default: 5}\nrules:\n"
#define PLAY_RULE(id, when, rest) \
	"  - {id: " id ", title: {en: t}, to: engineer, due: 300d" rest ", when: \"" when "\"}\n"

struct play {
	struct desk_kit *kit;
	struct engine *engine;
	int64_t seen, touched; /* events, and what changed without one */
	struct id tickets[PLAY_TICKETS];
	size_t ticket_count;
	uint32_t draw;
	int (*act)(struct desk *desk, struct play *play, struct err *err);
	struct replay_wish wish;
	struct replay *replay;
	bool more;
};

void play_open(struct play *p, const char *rules, uint32_t seed);
void play_close(struct play *p);
/* Six days of whatever happens. */
void play_days(struct play *p, utc_ms from);
/* One of these, now. */
int play_open_ticket(struct desk *desk, struct play *p, struct err *err);
int play_message(struct desk *desk, struct play *p, struct err *err);
int play_facts(struct desk *desk, struct play *p, struct err *err);
void play_act(struct play *p, int (*act)(struct desk *, struct play *, struct err *));
/* Of all that was recorded since from. The report lives until the next one. */
const struct replay_report *play_replay(struct play *p, struct engine *engine, utc_ms from);
const struct replay_report *play_replay_as(
    struct play *p, struct engine *engine, const struct replay_wish *wish);
