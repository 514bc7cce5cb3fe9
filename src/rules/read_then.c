/* What a rule does, and the keys that mean something with it. */
#include "rules/rules_priv.h"
#include "rules/words_priv.h"

#include <string.h>

#define DOES(then) (1u << THEN_##then)
#define ONCE(per) (1u << ONCE_PER_##per)

/* clang-format off */
static const struct {
	const char *key;
	unsigned thens; /* with which it means something */
	unsigned needed; /* of these */
} keys[] = {
	{ "to",		DOES(ESCALATE) | DOES(REQUEST_APPROVAL) | DOES(NOTIFY) | DOES(CLOSE),
			DOES(ESCALATE) | DOES(NOTIFY) },
	{ "suggest",	DOES(ESCALATE) | DOES(REQUEST_APPROVAL) | DOES(NOTIFY) | DOES(CLOSE), 0 },
	{ "priority",	DOES(ESCALATE) | DOES(REQUEST_APPROVAL) | DOES(NOTIFY), 0 },
	{ "reason",	DOES(ESCALATE), 0 },
	{ "due",	DOES(ESCALATE), 0 },
	{ "levels",	DOES(ESCALATE), 0 },
	{ "ask",	DOES(REQUEST_APPROVAL), DOES(REQUEST_APPROVAL) },
	{ "withdraw",	DOES(CLOSE), 0 },
};

/*
 * Why request_approval has no approval and organisation: its own question
 * would be a new one each time, and a question is about one ticket.
 */
static const unsigned onces[THEN_COUNT] = {
	[THEN_ESCALATE]		= ONCE(TICKET) | ONCE(APPROVAL) | ONCE(ORGANISATION) | ONCE(DAY),
	[THEN_REQUEST_APPROVAL]	= ONCE(TICKET) | ONCE(DAY),
	[THEN_REMIND]		= ONCE(TICKET) | ONCE(APPROVAL) | ONCE(DAY),
	[THEN_NOTIFY]		= ONCE(TICKET) | ONCE(APPROVAL) | ONCE(ORGANISATION) | ONCE(DAY),
	[THEN_CLOSE]		= ONCE(TICKET),
};
/* clang-format on */

static void
add_names(struct str *out, const struct rule_words *words, unsigned set)
{
	const char *between = "";

	for (unsigned i = 0; i < words->count; i++) {
		if (!(set & 1u << i))
			continue;
		str_addf(out, "%s%s", between, words->names[i]);
		between = ", ";
	}
}

static void
check_keys(struct rules_reader *reader, const struct node *node, const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		AUTO(str_donep) struct str names = STR_INIT(200);
		const struct node *value = tree_value(node, keys[i].key);

		add_names(&names, &rule_then_words, keys[i].thens);
		if (!value && keys[i].needed & 1u << rule->then)
			rules_fault(reader, node, "a rule that says then: %s needs the key '%s'",
			    rule_then_name(rule->then), keys[i].key);
		else if (value && !(keys[i].thens & 1u << rule->then))
			rules_fault(reader, value, "%s: means nothing with then: %s, only with %s",
			    keys[i].key, rule_then_name(rule->then), str_text(&names));
	}
}

static void
check_once(struct rules_reader *reader, const struct node *value, const struct rule *rule)
{
	AUTO(str_donep) struct str names = STR_INIT(200);

	if (onces[rule->then] & 1u << rule->once_per)
		return;
	add_names(&names, &rule_once_words, onces[rule->then]);
	rules_fault(reader, value, "once_per: %s cannot be with then: %s, which has %s",
	    rule_once_name(rule->once_per), rule_then_name(rule->then), str_text(&names));
}

void
rules_check_then(struct rules_reader *reader, const struct node *node, struct rule *rule)
{
	const struct node *once = tree_value(node, "once_per");

	check_keys(reader, node, rule);
	if (once)
		check_once(reader, once, rule);
	else if (rule->then == THEN_REMIND)
		rule->once_per = ONCE_PER_APPROVAL;
}
