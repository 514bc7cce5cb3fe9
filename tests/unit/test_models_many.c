#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_models.h"

#include "ai/models_priv.h"

#include <pthread.h>
#include <string.h>

/* --- budgets ---------------------------------------------------------------------------------- */

static void
a_spent_budget_is_told_and_nobody_is_asked(void **state)
{
	struct model_call call;

	(void)state;
	bench_add("plain");
	bench.chain.budget = 1250; /* one call spends 1,200, and wants more than 100 */
	bench_set();
	assert_int_equal(bench_run().rc, 0);
	call = bench_run();
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_int_equal(call.trouble, MODEL_BUDGET);
	assert_non_null(strstr(call.err.text, "ai.budget: of today's 1250 tokens 1200 are spent"));
	assert_int_equal(bench_asked("/plain"), 1);
	wall_now += MS_DAY;
	assert_int_equal(bench_run().rc, 0);
}

static void
an_organisation_has_a_budget_of_its_own(void **state)
{
	const struct model_budget budgets[] = { { "acme", 1000 }, { "northwind", 0 } };
	struct model_call call;

	(void)state;
	bench_add("plain");
	bench.chain.budgets = budgets;
	bench.chain.budget_count = ARRAY_LEN(budgets);
	bench.chain.organisation_budget = 1;
	bench_set();
	models_spent(bench.models, "acme", MODEL_DAY, 950);
	models_spent(bench.models, "acme", MODEL_DAY - 1, 999999); /* not of today */
	call = bench_run();
	assert_int_equal(call.rc, ERR_LIMIT);
	assert_non_null(strstr(call.err.text, "organisation 'acme'"));
	call = bench_call("x");
	call.organisation = "northwind";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, 0);
	call.organisation = "somebody";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, ERR_LIMIT);
	call.organisation = "";
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, 0);
}

static void
a_failure_gives_back_what_it_had_set_aside(void **state)
{
	int64_t spent, budget;

	(void)state;
	bench_add("500");
	bench.chain.budget = 1000;
	bench_set();
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(bench_run().trouble, MODEL_BUDGET);
	models_day(bench.models, &spent, &budget);
	assert_int_equal(spent, 0);
	assert_int_equal(budget, 1000);
}

static void
what_was_written_before_a_line_broke_is_paid(void **state)
{
	int64_t spent, budget;

	(void)state;
	bench_add("torn");
	bench.chain.budget = 100000;
	bench_set();
	assert_int_not_equal(bench_run().rc, 0);
	models_day(bench.models, &spent, &budget);
	assert_in_range(spent, 1000, 1100);
}

/* A call that began before midnight ends after it. */
static void
what_began_yesterday_takes_nothing_from_what_today_knows(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget);
	budget_add(&budget, "acme", 19, 500);
	budget_add(&budget, "acme", 20, 700);
	budget_add(&budget, "acme", 19, -300);
	assert_int_equal(budget_tokens(&budget, 20), 700);
	budget_add(&budget, "acme", 19, 200); /* it costs more than was thought */
	assert_int_equal(budget_tokens(&budget, 20), 900);
	assert_int_equal(budget_tokens(&budget, 21), 0);
	budget_add(&budget, "acme", 2, 10); /* a clock that was put right */
	assert_int_equal(budget_tokens(&budget, 2), 10);
	budget_done(&budget);
}

static void
no_price_is_too_large_to_be_reckoned(void **state)
{
	struct model_provider *dear;
	struct model_call call;

	(void)state;
	dear = bench_add("boast");
	dear->price_in = dear->price_out = INT64_C(1000000000000); /* the most that settings take */
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, 0);
	assert_true(call.micros == INT64_C(1500000000000000));
	/* More cached than there were: no money comes back. */
	dear->price_cached = 0;
	bench_set();
	assert_true(bench_run().micros == INT64_C(1000000000000000));
}

/* --- many at once --------------------------------------------------------------------------- */

struct crowd {
	struct model_call calls[12];
	struct arena *arena;
	pthread_t thread;
};

static void *
run_crowd(void *arg)
{
	struct crowd *crowd = arg;

	models_run(bench.models, crowd->calls, ARRAY_LEN(crowd->calls), crowd->arena);
	return NULL;
}

static void
begin_crowd(struct crowd *crowd)
{
	crowd->arena = arena_new((size_t)64 << 20);
	for (size_t i = 0; i < ARRAY_LEN(crowd->calls); i++)
		crowd->calls[i] = bench_call("x");
	pthread_create(&crowd->thread, NULL, run_crowd, crowd);
}

static void
end_crowd(struct crowd *crowd)
{
	pthread_join(crowd->thread, NULL);
	for (size_t i = 0; i < ARRAY_LEN(crowd->calls); i++) {
		assert_int_equal(crowd->calls[i].rc, 0);
		assert_string_equal(crowd->calls[i].provider, "gate");
	}
	arena_free(crowd->arena);
}

static void
no_more_are_asked_at_once_than_may_be(void **state)
{
	struct crowd crowd;

	(void)state;
	bench_add("gate");
	bench_set();
	begin_crowd(&crowd);
	gate_wait(5);
	gate_let(ARRAY_LEN(crowd.calls));
	end_crowd(&crowd);
	assert_int_equal(gate_most(), 5);
	assert_int_equal(bench_asked("/gate"), ARRAY_LEN(crowd.calls));
}

static void
new_settings_do_not_disturb_what_is_under_way(void **state)
{
	struct crowd crowd;

	(void)state;
	bench_add("gate");
	bench_set();
	begin_crowd(&crowd);
	gate_wait(5);
	bench.chain.provider_count = 0;
	bench_add("plain");
	bench_set();
	assert_string_equal(bench_run().provider, "plain");
	gate_let(ARRAY_LEN(crowd.calls));
	end_crowd(&crowd); /* all by the chain that they began with */
}

static void
together_they_spend_no_more_than_the_budget(void **state)
{
	struct crowd crowd = { .arena = arena_new((size_t)64 << 20) };
	size_t written = 0;
	int64_t spent, budget;

	(void)state;
	bench_add("plain");
	bench.chain.budget = 3000;
	bench.chain.at_once = 12;
	bench_set();
	for (size_t i = 0; i < ARRAY_LEN(crowd.calls); i++) {
		crowd.calls[i] = bench_call("x");
		crowd.calls[i].max_tokens = 1199; /* what is set aside is what it takes */
	}
	run_crowd(&crowd);
	for (size_t i = 0; i < ARRAY_LEN(crowd.calls); i++)
		written += crowd.calls[i].rc == 0;
	models_day(bench.models, &spent, &budget);
	assert_int_equal(written, 2);
	assert_int_equal(spent, 2400);
	arena_free(crowd.arena);
}

static void
a_connection_is_kept(void **state)
{
	(void)state;
	bench_add("plain");
	bench_set();
	for (int i = 0; i < 4; i++)
		assert_int_equal(bench_run().rc, 0);
	assert_int_equal(model_site_connections(bench.site), 1);
}

static void
figures_are_kept_for_each_provider(void **state)
{
	struct model_state *states;

	(void)state;
	bench_add("500");
	bench_add("plain")->price_in = 1000000;
	bench_set();
	bench_run();
	bench_run();
	assert_int_equal(models_look(bench.models, bench.arena, &states), 2);
	assert_int_equal(states[0].calls, 2);
	assert_int_equal(states[0].failures, 2);
	assert_int_equal(states[1].calls, 2);
	assert_int_equal(states[1].failures, 0);
	assert_int_equal(states[1].usage.in, 2000);
	assert_int_equal(states[1].usage.cached, 800);
	assert_int_equal(states[1].micros, 2000);
	assert_string_equal(states[1].model, "plain-model");
}

static void
a_kind_that_is_none_is_refused_whole(void **state)
{
	struct err err;

	(void)state;
	bench_add("plain");
	bench_set();
	bench_add("stream")->kind = "oracle";
	assert_int_equal(models_set(bench.models, &bench.chain, &err), ERR_INVALID);
	assert_string_equal(bench_run().provider, "plain");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_spent_budget_is_told_and_nobody_is_asked),
		TEST(an_organisation_has_a_budget_of_its_own),
		TEST(a_failure_gives_back_what_it_had_set_aside),
		TEST(what_was_written_before_a_line_broke_is_paid),
		TEST(what_began_yesterday_takes_nothing_from_what_today_knows),
		TEST(no_price_is_too_large_to_be_reckoned),
		TEST(no_more_are_asked_at_once_than_may_be),
		TEST(new_settings_do_not_disturb_what_is_under_way),
		TEST(together_they_spend_no_more_than_the_budget),
		TEST(a_connection_is_kept),
		TEST(figures_are_kept_for_each_provider),
		TEST(a_kind_that_is_none_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
