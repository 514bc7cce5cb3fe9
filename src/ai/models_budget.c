/*
 * models_budget: tokens a day. A call sets aside what it may cost before it is
 * made and gives back what it did not, so that many at once keep the limit, too.
 */
#include "ai/models_priv.h"

#include <string.h>

void
budget_init(struct budget *budget)
{
	*budget = (struct budget){ 0 };
	pthread_mutex_init(&budget->lock, NULL);
}

static void
forget(struct budget *budget)
{
	for (size_t i = 0; i < budget->count; i++)
		mem_free(budget->items[i].organisation);
	budget->count = 0;
	budget->tokens = 0;
}

void
budget_done(struct budget *budget)
{
	forget(budget);
	mem_free(budget->items);
	pthread_mutex_destroy(&budget->lock);
}

/*
 * What a call that began before midnight takes or spends is of the day that has
 * begun. Further back goes only a clock that was wrong.
 */
static void
turn(struct budget *budget, int64_t day)
{
	if (budget->day == day || budget->day == day + 1)
		return;
	forget(budget);
	budget->day = day;
}

static struct spent *
spent_of(struct budget *budget, const char *organisation)
{
	for (size_t i = 0; i < budget->count; i++)
		if (text_is(budget->items[i].organisation, organisation))
			return &budget->items[i];
	if (budget->count == budget->room) {
		budget->room = 2 * budget->room + 16;
		budget->items = mem_grow(budget->items, budget->room * sizeof(*budget->items));
	}
	budget->items[budget->count] = (struct spent){ mem_dup(organisation), 0 };
	return &budget->items[budget->count++];
}

static int64_t
sum(int64_t spent, int64_t tokens)
{
	return spent + tokens > 0 ? spent + tokens : 0;
}

static void
add(struct budget *budget, const char *organisation, int64_t tokens)
{
	struct spent *spent = *organisation != '\0' ? spent_of(budget, organisation) : NULL;

	budget->tokens = sum(budget->tokens, tokens);
	if (spent != NULL)
		spent->tokens = sum(spent->tokens, tokens);
}

void
budget_add(struct budget *budget, const char *organisation, int64_t day, int64_t tokens)
{
	pthread_mutex_lock(&budget->lock);
	turn(budget, day);
	/* What was set aside yesterday is not there any more to be given back. */
	if (budget->day == day || tokens > 0)
		add(budget, organisation, tokens);
	pthread_mutex_unlock(&budget->lock);
}

int64_t
budget_tokens(struct budget *budget, int64_t day)
{
	int64_t tokens;

	pthread_mutex_lock(&budget->lock);
	turn(budget, day);
	tokens = budget->tokens;
	pthread_mutex_unlock(&budget->lock);
	return tokens;
}

static int64_t
most_of(const struct purse *purse)
{
	const struct model_chain *chain = purse->chain;

	if (*purse->organisation == '\0')
		return 0;
	for (size_t i = 0; i < chain->budget_count; i++)
		if (text_is(chain->budgets[i].organisation, purse->organisation))
			return chain->budgets[i].tokens;
	return chain->organisation_budget;
}

/* A limit that is not reached yet but would be by this call is: nobody pays more than it says. */
static int
look(const struct purse *purse, int64_t tokens, struct err *err)
{
	struct budget *budget = purse->budget;
	int64_t all = purse->chain->budget, most = most_of(purse);

	if (all > 0 && budget->tokens + tokens > all)
		return err_set(err, ERR_LIMIT,
		    "ai.budget: of today's %lld tokens %lld are spent and this would need %lld",
		    (long long)all, (long long)budget->tokens, (long long)tokens);
	if (most > 0 && spent_of(budget, purse->organisation)->tokens + tokens > most)
		return err_set(err, ERR_LIMIT,
		    "ai_budget of organisation '%.64s': of today's %lld tokens %lld are spent and "
		    "this would need %lld",
		    purse->organisation, (long long)most,
		    (long long)spent_of(budget, purse->organisation)->tokens, (long long)tokens);
	return 0;
}

int
budget_take(const struct purse *purse, int64_t day, int64_t tokens, struct err *err)
{
	struct budget *budget = purse->budget;
	int rc;

	pthread_mutex_lock(&budget->lock);
	turn(budget, day);
	rc = look(purse, tokens, err);
	if (rc == 0)
		add(budget, purse->organisation, tokens);
	pthread_mutex_unlock(&budget->lock);
	return rc;
}
