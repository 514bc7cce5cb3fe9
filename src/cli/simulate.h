#pragma once
/* simulate: a ticket to which nothing happens, minute by minute. */
#include <assent/flow/facts.h>
#include <assent/store/escalation.h>

#include <jansson.h>

struct simulated { /* an open packet */
	const char *rule, *key;
	utc_ms until; /* it expires */
};

struct simulation {
	const char *ticket;
	span_ms span;
	struct engine *engine;
	struct desk *desk;
	struct facts facts;
	utc_ms from, until;
	const char *approver; /* of the open question */
	utc_ms asked_at, remind, expire; /* the same; expire 0: none is open */
	struct simulated *packets;
	size_t packet_count;
	const char *held[RULES_MAX]; /* the key that each rule holds for; NULL: it does not */
	bool waits[RULES_MAX]; /* it holds, and something is in its way */
	const char *asked[RULES_MAX]; /* the key that it asked for */
	bool closed;
	json_t *lines;
};

struct simulate_line {
	utc_ms at;
	const char *what, *rule, *to, *text; /* NULL for none, but what */
};
void simulate_add(struct simulation *s, const struct simulate_line *line);
#define SIMULATE(s, ...) simulate_add(s, &(const struct simulate_line){ __VA_ARGS__ })

/* A packet that is open: what becomes of it while nobody takes it. */
void simulate_packet(struct simulation *s, const struct escalation *packet);
/* What a rule raises for its key, unless a packet of both is open. */
void simulate_raise(struct simulation *s, size_t rule, const char *to);
/* Those whose time is over are closed. */
void simulate_expire(struct simulation *s, utc_ms now);

/* What begins to hold is done, if nothing is in its way now. */
bool simulate_do(struct simulation *s, size_t rule);
/* A question is put to s->approver at that time: its reminder and its end follow. */
void simulate_asked(struct simulation *s, utc_ms at);
void simulate_reminded(struct simulation *s, utc_ms now);
