#pragma once
/* rules_priv: what a set of rules is made of. */
#include <assent/config/tree.h>

#include "rules/machine_priv.h"

#include <stdatomic.h>

struct rule_test {
	int line, column;
	utc_ms now;
	bool expect;
	const struct test_fact {
		size_t fact;
		struct fact_value value;
	} * facts;
	size_t fact_count;
};

/* What a rule is besides what its readers see. */
struct rule_body {
	struct expr *expr;
	struct expr_uses uses;
	const struct rule_test *tests;
	size_t test_count;
};

struct rules {
	atomic_uint refs;
	struct arena *arena;
	struct fact_list facts;
	struct rule items[RULES_MAX];
	struct rule_body bodies[RULES_MAX];
	size_t count;
	bool used[FACTS_MAX];
	char hash[65];
};

/* The time of a test that says nothing about it: a Thursday, 12:00 UTC. */
#define RULE_TEST_NOW "2026-01-01T12:00:00.000Z"

/* --- reading ------------------------------------------------------------------ */

struct rules_reader {
	struct rules *rules;
	const struct rules_source *source;
	struct faults *faults;
	const char *file;
	const struct str *text; /* of the file */
	sqlite3 *machine; /* where expressions are tried */
	bool is_built_in; /* a site's roles are no concern of it */
	const char *where; /* "high_value_deal", or "" outside of rules */
};

/* One key of a group: how its value is read. */
struct rules_key {
	const char *name;
	bool needed;
	void (*take)(struct rules_reader *reader, const struct node *value, void *into);
};

struct rules_keys {
	const char *of; /* "a rule" */
	const struct rules_key *keys;
	size_t count;
};

void rules_fault(struct rules_reader *reader, const struct node *node, const char *fmt, ...)
    PRINTF(3, 4);
void rules_meant(struct rules_reader *reader, const char *word, const char *const *words, size_t n);

/* Every key known, none twice, none that is needed missing; each value read. */
void rules_read_keys(
    struct rules_reader *reader, const struct rules_keys *keys, const struct node *map, void *into);

/* A scalar's text; NULL, and a fault, for anything else and for nothing. */
const char *rules_scalar(
    struct rules_reader *reader, const struct node *node, const char *key, const char *expected);
/* The same as one line of at most max bytes, in the rules' arena. */
const char *rules_line(
    struct rules_reader *reader, const struct node *node, const char *key, size_t max);
bool rules_is_list(struct rules_reader *reader, const struct node *node, const char *key);
size_t rules_count_items(const struct node *list);

void rules_read_facts(struct rules_reader *reader, const struct node *map);
void rules_read_list(struct rules_reader *reader, const struct node *list);
/* Into the rule_body of struct rule *. */
void rules_read_tests(struct rules_reader *reader, const struct node *list, struct rule *rule);

/* Do the keys of a rule, read before, suit what it does? Sets what depends on that. */
void rules_check_then(struct rules_reader *reader, const struct node *node, struct rule *rule);

/* The place in the file of byte offset of a scalar's value. */
struct rules_place {
	int line, column;
};
struct rules_place rules_place_in(const struct str *file, const struct node *scalar, size_t offset);
