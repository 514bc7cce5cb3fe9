#pragma once
/*
 * watch: rules over tickets. A packet comes, or what else the rule says is done
 * (src/flow/deed.h), when it begins to hold; which
 * rules hold for which ticket is written down, so that a packet that somebody
 * resolved does not come back while nothing has changed. Once the rule has
 * ceased to hold, or holds for another question or day, it may come again.
 */
#include <assent/flow/facts.h>

/* What a look at a ticket showed. */
struct watch_seen {
	struct id ticket;
	int64_t ref;
	bool differs; /* something about it has to be written: watch_settle() */
	/* Time alone changes nothing before; 0: that cannot be told; RULES_NEVER, or resolved. */
	utc_ms until;
};

/* For a snapshot. */
int watch_look(struct desk *desk, struct engine *engine, const struct id *ticket,
    struct watch_seen *out, struct err *err) MUST_USE;

/* The same for the next ticket of a page. 1: out is filled; 0: the page is at its end. */
int watch_look_next(struct desk *desk, struct engine *engine, struct facts_reader *reader,
    struct watch_seen *out, struct err *err) MUST_USE;

struct watched {
	size_t raised, ended;
	size_t acted, noted; /* what else is to be done: for people outside, for the desk */
	struct err refused; /* code 0: none; else why the last packet could not be raised */
};

/* Raise what begins to hold, forget what ceased. In a step. */
int watch_settle(struct desk *desk, struct engine *engine, const struct id *ticket,
    struct watched *out, struct err *err) MUST_USE;

/* What is the same for this rule: "ticket:T-1001", "approval:…", …; in tx_arena(). */
const char *watch_key(struct desk *desk, const struct rule *rule, const struct facts *facts);

/* Its levels as a packet keeps them; in tx_arena(). */
const char *watch_levels(struct desk *desk, const struct rule *rule);

/* When that rule looks again whether it may do what it says; 0: it did, or has nothing to do. */
int watch_waits(struct desk *desk, const struct id *ticket, const struct rule *rule, utc_ms *out,
    struct err *err) MUST_USE;
