#pragma once
/*
 * replay: what rules would have done to what is recorded, beside what happened.
 *
 * Each ticket's facts are put together as they were at each of its events, and
 * at the instants at which time alone makes a rule begin or cease to hold; the
 * rules are taken to have been in force from the first day. Nothing is written.
 * What is not recorded is counted for each fact (struct replay_lost), never
 * guessed in silence. docs/RULES.md says how to read it.
 */
#include <assent/flow/desk.h>
#include <assent/model/id.h>
#include <assent/rules/engine.h>

#define REPLAY_GRAIN MS_MINUTE /* how often the daemon looks at all tickets */
#define REPLAY_SPAN_MAX (366 * MS_DAY)

struct replay_wish {
	utc_ms since, until;
	span_ms grain;
	const char *organisation; /* key; "" for all */
	struct id ticket; /* null for all */
};

/* clang-format off */
/* Why a fact may not have been what it was taken for. */
#define REPLAY_REASONS(X) \
	X(BEFORE,	"today's value was used, as changes were not recorded before") \
	X(FORGOTTEN,	"unknown, as the ticket was forgotten, or whoever opened it erased") \
	X(ERASED,	"without messages whose sender was erased") \
	X(EDITED,	"the words as they are today, which were edited") \
	X(STAFF,	"by today's list of staff, which has changed")
/* clang-format on */

#define X(id, text) REPLAY_##id,
enum replay_reason { REPLAY_REASONS(X) REPLAY_REASON_COUNT };
#undef X
const char *replay_reason_text(enum replay_reason reason);

struct replay_packet {
	const char *rule, *once_key;
	int64_t ref; /* of the ticket */
	utc_ms replayed, raised; /* 0: it was not */
	struct id id; /* of what was raised; null for none, and where no packet was */
};

struct replay_rule {
	const char *id;
	bool is_replayed; /* false: it is not among the rules given */
	size_t replayed, raised, both;
	size_t moved; /* of both: REPLAY_APART or more from each other */
};
#define REPLAY_APART (5 * MS_MINUTE)

struct replay_report {
	size_t tickets, instants, looks;
	struct replay_rule *rules; /* those given, then others that really raised something */
	size_t rule_count;
	struct replay_packet *packets; /* by time */
	size_t packet_count;
	/* In how many tickets; by fact. */
	size_t lost[REPLAY_REASON_COUNT][FACTS_MAX];
	utc_ms recorded_since; /* of REPLAY_BEFORE */
	bool is_coarse; /* some rules ask for the time so that not every minute was looked at */
};

struct replay;

/* Holds engine and what wish names. */
struct replay *replay_new(struct engine *engine, const struct replay_wish *wish);
void replay_free(struct replay *replay);
FREEP(struct replay, replay_free)

/* The next tickets; *more stays false after the last ones. For a snapshot. */
int replay_step(struct desk *desk, struct replay *replay, bool *more, struct err *err) MUST_USE;
/* After the last step, once. For a snapshot. */
int replay_compare(struct desk *desk, struct replay *replay, struct err *err) MUST_USE;
/* So far, whole after replay_compare(); lives as long as replay. */
const struct replay_report *replay_report(const struct replay *replay);
