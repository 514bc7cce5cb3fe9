#pragma once
/* replay_priv: what the files of replay share. */
#include <assent/flow/facts.h>
#include <assent/flow/replay.h>
#include <assent/store/history.h>
#include <assent/store/memory.h>

/* --- the past of one ticket (replay_past.c) -------------------------------------------- */

struct changes { /* of one thing, in the order in which they were made */
	struct history_change *items;
	size_t count, done;
};

enum track {
	TRACK_STATUS,
	TRACK_TITLE,
	TRACK_PRIORITY,
	TRACK_EXTERNAL_STATUS,
	TRACK_REQUESTER,
	TRACK_ENGINEER,
	TRACK_ATTRIBUTES,
	TRACK_ORGANISATION,
	TRACK_SPENT,
	TRACK_UPDATED,
	TRACK_ROWS, /* all others: of rows of the ticket */
	TRACK_COUNT
};

struct org_past {
	struct organisation now;
	struct history_change *changes; /* "name" and "owner" */
	size_t change_count;
	utc_ms *opened, *closed; /* questions, each sorted */
	size_t opened_count, closed_count;
	struct org_past *next;
};

struct away_past {
	const char *email;
	struct history_change *spans; /* value "learnt until"; at: when it was replaced */
	size_t count;
	struct away_past *next;
};

struct instant {
	utc_ms at;
	bool is_sharp; /* an event of the ticket: it is looked at at once */
};

struct past {
	struct replay *replay;
	struct desk desk; /* now is the instant */
	const struct rules *rules;
	struct facts facts; /* as they were */
	struct ticket now; /* as it is stored */
	bool is_forgotten;
	utc_ms began; /* when it came into being */
	struct changes tracks[TRACK_COUNT];

	utc_ms *reminders;
	size_t reminder_count;
	struct history_message *messages;
	size_t message_count, messages_seen;
	bool has_flips; /* a message was made public, or hidden */
	struct facts_thread_past {
		int64_t count;
		utc_ms last, unanswered;
		bool is_staff;
		const char *own;
	} thread;
	struct approval *approvals; /* oldest first */
	size_t approval_count;
	struct history_ballot *ballots;
	size_t ballot_count;
	struct fix *fixes;
	size_t fix_count;
	struct task *tasks;
	size_t task_count;
	struct history_failure *failures;
	size_t failure_count;

	struct instant *instants; /* sorted */
	size_t instant_count;
	const char *attributes; /* the text that facts.attributes was made from */
};

/* ERR_NOT_FOUND: there is no such ticket. */
int past_load(struct past *past, const struct id *ticket, struct err *err) MUST_USE;
void past_done(struct past *past);
/* Facts as they were at this time, later than the one before; not those about packets. */
int past_move(struct past *past, utc_ms at, struct err *err) MUST_USE;

/* Of a row at the instant: what it was before a change to come, or NULL when it is as stored. */
const char *past_row(const struct past *past, const char *what, const struct id *row);
/* The facts of questions, of fixes, tasks and failures (replay_asked.c). */
void past_put_asked(struct past *past);
void past_put_work(struct past *past);
void past_put(struct past *past, enum fact fact, struct fact_value value);
const char *past_lower(struct past *past, const char *email); /* in tx_arena() */

/* --- organisations (replay_org.c) -------------------------------------------------------- */

/* Kept in replay for all tickets. */
int org_past_get(
    struct past *past, const struct id *id, struct org_past **out, struct err *err) MUST_USE;
int org_past_put(struct past *past, struct err *err) MUST_USE;
/* Instants at which something of the ticket's organisation changed, for a rule that asks. */
int org_past_instants(struct past *past, struct err *err) MUST_USE;

/* --- shared ------------------------------------------------------------------------------- */

bool replay_uses(const struct rules *rules, const enum fact *facts, size_t n);
#define REPLAY_USES(rules, ...) \
	replay_uses(rules, (const enum fact[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const enum fact[]){ __VA_ARGS__ })))
void past_add_instant(struct past *past, utc_ms at, bool is_sharp);
/* Once for each ticket. */
void replay_lose(
    struct replay *replay, enum replay_reason reason, const enum fact *facts, size_t n);

struct begun { /* a rule began to hold */
	size_t rule;
	const char *once_key;
	int64_t ref;
	utc_ms at;
	bool is_shared; /* of an organisation: who was first is found out at the end */
	utc_ms closed; /* … when the packet would be closed if nobody did */
};

struct replay {
	struct engine *engine;
	struct replay_wish wish;
	struct arena *arena;
	struct replay_report report;
	struct history_page page;
	utc_ms recorded_since;
	bool has_begun, staff_changed, of_time, has_shared;
	struct org_past *orgs;
	struct away_past *aways;
	struct begun *begun;
	size_t begun_count, begun_room;
	bool reads_packets; /* a rule counts packets */
	struct begun *known; /* shared ones that had their packet, by the pass before */
	size_t known_count;
	int passes;
};

/* Walk through one ticket (replay_walk.c). */
int replay_walk(
    struct desk *desk, struct replay *replay, const struct id *ticket, struct err *err) MUST_USE;
void replay_add(struct replay *replay, const struct begun *begun);
/* Did it have the packet of its organisation? NULL when not, or not known yet. */
const struct begun *replay_known(const struct replay *replay, const struct begun *begun);
