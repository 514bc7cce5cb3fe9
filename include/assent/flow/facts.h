#pragma once
/* facts: what rules may know about one ticket now. */
#include <assent/flow/desk.h>
#include <assent/rules/engine.h>
#include <assent/store/approval.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <jansson.h>

#define FACTS_ATTRIBUTES_MAX ((size_t)256 << 10) /* bytes; of more nothing is known */

struct facts {
	struct ticket ticket; /* its id is to be set before */
	struct organisation organisation; /* all "" for a ticket of none */
	struct id approval; /* the newest question; null for none */
	struct fact_value values[FACTS_MAX];
	json_t *attributes; /* texts of values lie in it */
	bool attributes_lost; /* they are no object, or too long */
};

/* Texts lie in tx_arena(). facts_done() it, also on failure. */
int facts_read(
    struct desk *desk, const struct rules *rules, struct facts *out, struct err *err) MUST_USE;
void facts_done(struct facts *facts);
/* For engine_run(): the desk's time, the organisation's calendar. */
struct moment facts_moment(const struct desk *desk, const struct facts *facts);
