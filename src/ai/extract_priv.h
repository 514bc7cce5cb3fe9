#pragma once
/*
 * extract: sentences of a ticket for a summary without a model. Nothing is
 * invented: each is the ticket's own, chosen by what its words say.
 */
#include <assent/ai/bundle.h>

enum extract_role {
	EXTRACT_ASK,
	EXTRACT_IMPACT,
	EXTRACT_COST,
	EXTRACT_DATE,
	EXTRACT_QUESTION,
	EXTRACT_ROLES, /* none of them: the first that is left and asks nothing */
};

struct extract;

/* A sentence as it may be said; "" when it may not. */
typedef const char *(*extract_say_fn)(const void *arg, const char *text);

/* Of the first message and the newest ones; in arena. */
struct extract *extract_new(
    const struct bundle *bundle, extract_say_fn say, const void *arg, struct arena *arena) MUST_USE;
/* The best for a role that was not taken before, as it may be said; NULL when there is none. */
const char *extract_take(struct extract *extract, enum extract_role role) MUST_USE;
/* Does one that was taken say it, too? */
bool extract_was_said(const struct extract *extract, enum extract_role role);

/* Where a message begins to say something, after "On …, … wrote:" and "Dear …,". */
const char *extract_start(const char *text, struct arena *arena);

/* The words that are looked for; each list ends with NULL. */
extern const char *const extract_ask_words[];
extern const char *const extract_impact_words[];
extern const char *const extract_money_words[];
extern const char *const extract_date_words[];
extern const char *const extract_idle_words[]; /* greetings and thanks: never a bullet */
