#pragma once
/* facts: what rules may know about one ticket now, or about many. */
#include <assent/flow/desk.h>
#include <assent/rules/engine.h>
#include <assent/store/approval.h>
#include <assent/store/facts.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <jansson.h>

#define FACTS_ATTRIBUTES_MAX ((size_t)256 << 10) /* bytes; of more nothing is known */
#define FACTS_PAGE ((size_t)256)

struct facts {
	struct ticket ticket; /* its id is to be set before; of a page, with what rules read */
	struct organisation organisation; /* all "" for a ticket of none */
	struct id approval; /* the newest question; null for none */
	struct fact_value values[FACTS_MAX];
	struct fact_passing passing[2]; /* those that time, or others, change */
	size_t passing_count;
	json_t *attributes; /* texts of values lie in it */
	bool attributes_lost; /* they are no object, or too long */
	const struct rule_hold *holds; /* which rules held when they were looked at */
	size_t hold_count;
};

/* Texts lie in tx_arena(). facts_done() it, also on failure. */
int facts_read(
    struct desk *desk, const struct rules *rules, struct facts *out, struct err *err) MUST_USE;
void facts_done(struct facts *facts);
/* For engine_run() and rules_until(): the desk's time, the organisation's calendar. */
struct moment facts_moment(const struct desk *desk, const struct facts *facts);

/* --- many -------------------------------------------------------------------------- */

/* Reads tickets that are not resolved, in order of their ids, a page at a time. */
struct facts_reader;

struct facts_reader *facts_reader_new(const struct rules *rules) MUST_USE;
void facts_reader_free(struct facts_reader *reader);
FREEP(struct facts_reader, facts_reader_free)

/*
 * At the begin of a pass over all tickets: what is then learnt of organisations
 * is kept, over snapshots, until the next one.
 */
void facts_reader_begin(struct facts_reader *reader, const struct desk *desk);
/* Up to FACTS_PAGE tickets behind *after. */
int facts_reader_page(struct facts_reader *reader, struct desk *desk, const struct id *after,
    struct err *err) MUST_USE;
/* 1: out has the next one of them, whose texts last as long as the page; 0: there is none. */
int facts_reader_next(
    struct facts_reader *reader, struct desk *desk, struct facts *out, struct err *err) MUST_USE;
/* Are there tickets behind the page? *after is its last one, resolved or not. */
bool facts_reader_more(const struct facts_reader *reader, struct id *after);
