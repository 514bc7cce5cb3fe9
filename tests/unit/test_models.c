#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_models.h"

#include <assent/base/breaker.h>
#include <assent/base/str.h>

#include <string.h>

/* --- a chain ---------------------------------------------------------------------------- */

static void
a_text_comes_with_who_wrote_it_and_what_it_cost(void **state)
{
	struct model_provider *provider = bench_add("plain");
	struct model_call call;

	(void)state;
	provider->price_in = 150000;
	provider->price_cached = 75000;
	provider->price_out = 600000;
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- a text");
	assert_string_equal(call.provider, "plain");
	assert_string_equal(call.model, "plain-model");
	assert_int_equal(call.usage.in, 1000);
	assert_int_equal(call.usage.cached, 400);
	assert_int_equal(call.usage.out, 200);
	assert_int_equal(call.micros, 90 + 30 + 120);
	assert_int_equal(call.trouble, MODEL_WORKS);
}

static void
without_anybody_for_a_tier_nobody_is_asked(void **state)
{
	struct model_call call;

	(void)state;
	assert_false(models_are_there(bench.models));
	assert_int_equal(bench_run().rc, ERR_NOT_FOUND);
	bench_add("plain")->serves = MODEL_SERVES_CAREFUL;
	bench_set();
	assert_true(models_are_there(bench.models));
	call = bench_run();
	assert_int_equal(call.rc, ERR_NOT_FOUND);
	assert_int_equal(call.trouble, MODEL_NONE);
	assert_int_equal(model_site_asked(bench.site, "/plain"), 0);
}

static void
the_next_one_is_asked_when_one_fails(void **state)
{
	struct model_call call;

	(void)state;
	bench_add("500");
	bench_add("plain");
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.provider, "plain");
	assert_int_equal(model_site_asked(bench.site, "/500"), 1);
}

static void
each_tier_has_its_own_order(void **state)
{
	struct model_call call = bench_call("x");

	(void)state;
	bench_add("stream")->serves = MODEL_SERVES_CAREFUL;
	bench_add("plain");
	bench_set();
	assert_string_equal(bench_run().provider, "plain");
	call.tier = MODEL_CAREFUL;
	models_run(bench.models, &call, 1, bench.arena);
	assert_string_equal(call.provider, "stream");
}

static void
an_address_that_may_not_be_asked_is_passed_over(void **state)
{
	struct model_call call;

	(void)state;
	bench_add("plain")->base_url = "http://192.0.2.1/v1"; /* no https, and not this machine */
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, ERR_INVALID);
	assert_int_equal(call.trouble, MODEL_CONNECTION);
	bench_add("stream");
	bench_set();
	assert_string_equal(bench_run().provider, "stream");
}

static void
retry_after_is_obeyed_and_nobody_asks_before(void **state)
{
	struct model_state *states;
	struct model_call call;

	(void)state;
	bench_add("429");
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, ERR_PEER);
	assert_int_equal(call.trouble, MODEL_STATUS);
	assert_non_null(strstr(call.err.text, "429: the AI server answered with status 429"));
	assert_int_equal(models_look(bench.models, bench.arena, &states), 1);
	assert_int_equal(states[0].rests, 7000);
	assert_int_equal(states[0].failures, 1);
	call = bench_run();
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_RESTS);
	bench_add("plain");
	bench_set(); /* who was left alone still is */
	assert_string_equal(bench_run().provider, "plain");
	assert_int_equal(bench_asked("/429"), 1);
	boot_now += 7000;
	assert_string_equal(bench_run().provider, "plain");
	assert_int_equal(bench_asked("/429"), 2);
}

static void
who_asks_for_a_moment_gets_it(void **state)
{
	struct model_call call;

	(void)state;
	bench_be_patient();
	bench_add("500");
	bench_add("busy");
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- in the end");
	assert_string_equal(call.provider, "busy");
	assert_int_equal(bench.paused, 2000 + 2000 + 2000);
	assert_int_equal(bench_asked("/500"), 1); /* what failed is not asked once more */
	assert_int_equal(bench_asked("/busy"), 4);
}

static void
all_of_a_fan_out_wait_for_the_moment_that_one_was_told(void **state)
{
	struct model_call calls[6];

	(void)state;
	bench_be_patient();
	bench_add("busy");
	bench_set();
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		calls[i] = bench_call("x");
	models_run(bench.models, calls, ARRAY_LEN(calls), bench.arena);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		assert_int_equal(calls[i].rc, 0);
}

static void
who_asks_for_more_than_there_is_time_is_not_waited_for(void **state)
{
	struct model_call call = bench_call("x");

	(void)state;
	bench_be_patient();
	bench_add("429"); /* seven seconds */
	bench_set();
	models_run_until(bench.models, &call, 1, boot_now + 8 * MS_SECOND, bench.arena);
	assert_int_equal(call.trouble, MODEL_STATUS);
	assert_int_equal(bench.paused, 0);
	assert_int_equal(bench_asked("/429"), 1);
}

static void
a_stop_ends_the_moment(void **state)
{
	struct model_call call;

	(void)state;
	bench_be_patient();
	bench.is_cancelled = true;
	bench_add("busy");
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_TIME);
	assert_int_equal(bench_asked("/busy"), 1);
}

static void
five_failures_in_a_row_open_the_breaker(void **state)
{
	(void)state;
	bench_add("500");
	bench_add("plain");
	bench_set();
	for (int i = 0; i < 8; i++)
		assert_int_equal(bench_run().rc, 0);
	assert_int_equal(bench_asked("/500"), BREAKER_FAILURES);
	boot_now += BREAKER_REST;
	for (int i = 0; i < 3; i++)
		assert_int_equal(bench_run().rc, 0);
	assert_int_equal(bench_asked("/500"), BREAKER_FAILURES + 1);
}

static void
a_request_that_is_not_liked_says_nothing_of_the_next(void **state)
{
	(void)state;
	bench_add("400");
	bench_set();
	for (int i = 0; i < 2 * BREAKER_FAILURES; i++)
		assert_int_equal(bench_run().trouble, MODEL_STATUS);
	assert_int_equal(bench_asked("/400"), 2 * BREAKER_FAILURES);
}

static void
who_wants_no_tuning_is_asked_once_more_without(void **state)
{
	struct model_call call;

	(void)state;
	bench_add("picky");
	bench_set();
	call = bench_run();
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- untuned");
	assert_int_equal(bench_asked("/picky"), 2);
	assert_int_equal(bench_run().rc, 0);
	assert_int_equal(bench_asked("/picky"), 3);
}

static void
a_text_that_is_not_utf8_is_asked_of_nobody(void **state)
{
	struct model_call call = bench_call("\xff");

	(void)state;
	bench_add("plain");
	bench_add("plain");
	bench_set();
	models_run(bench.models, &call, 1, bench.arena);
	assert_int_equal(call.rc, ERR_INVALID);
	assert_int_equal(bench_asked("/plain"), 0);
}

/* --- streams ----------------------------------------------------------------------------- */

struct heard {
	struct str text;
	int began;
};

static void
hear_began(void *arg)
{
	struct heard *heard = arg;

	heard->began++;
	str_add(&heard->text, "|");
}

static void
hear_delta(void *arg, const char *text, size_t n)
{
	struct heard *heard = arg;

	str_add_n(&heard->text, text, n);
}

static struct model_call
stream(struct heard *heard)
{
	struct model_call call = bench_call("Title: x");

	*heard = (struct heard){ .text = STR_INIT(4096) };
	call.began = hear_began;
	call.delta = hear_delta;
	call.arg = heard;
	models_run(bench.models, &call, 1, bench.arena);
	return call;
}

static void
pieces_come_in_order_and_are_the_text(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	bench_add("stream");
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- one and two");
	assert_string_equal(str_text(&heard.text), "|- one and two");
	assert_int_equal(call.usage.out, 200);
	str_done(&heard.text);
}

static void
a_try_that_breaks_off_is_void_and_the_next_one_begins_anew(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	bench_add("broken");
	bench_add("stream");
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(str_text(&heard.text), "|- void|- one and two");
	assert_int_equal(heard.began, 2);
	str_done(&heard.text);
}

static void
a_line_that_breaks_is_a_trouble_of_the_connection(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	bench_add("broken");
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, ERR_PEER);
	assert_int_equal(call.trouble, MODEL_CONNECTION);
	assert_null(call.text);
	str_done(&heard.text);
}

static void
a_text_that_was_whole_before_the_line_broke_is_one(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	bench_add("abrupt");
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.text, "- all");
	str_done(&heard.text);
}

static void
a_server_that_does_not_stream_tells_one_piece(void **state)
{
	struct heard heard;

	(void)state;
	bench_add("plain");
	bench_set();
	assert_int_equal(stream(&heard).rc, 0);
	assert_string_equal(str_text(&heard.text), "|- a text");
	str_done(&heard.text);
}

static void
drips_end_with_the_time_of_a_call(void **state)
{
	struct heard heard;
	struct model_call call;

	(void)state;
	bench_add("drip")->timeout = 100;
	bench_add("stream");
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, 0);
	assert_string_equal(call.provider, "stream");
	str_done(&heard.text);
	bench.chain.provider_count = 1;
	bench_set();
	call = stream(&heard);
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_TIME);
	str_done(&heard.text);
}

static void
what_has_no_time_left_is_not_asked(void **state)
{
	struct model_call call = bench_call("x");

	(void)state;
	bench_add("plain");
	bench_set();
	models_run_until(bench.models, &call, 1, boot_now, bench.arena);
	assert_int_equal(call.rc, ERR_BUSY);
	assert_int_equal(call.trouble, MODEL_TIME);
	assert_int_equal(bench_asked("/plain"), 0);
	assert_int_equal(models_deadline(bench.models), boot_now + 30 * MS_SECOND);
}

/* --- what is hostile -------------------------------------------------------------------- */

static void
a_malformed_answer_is_none(void **state)
{
	(void)state;
	bench_add("malformed");
	bench_set();
	for (int i = 0; i < 8; i++) {
		struct model_call call = bench_run();
		if (i < BREAKER_FAILURES - 1)
			assert_int_equal(call.rc, ERR_PEER);
		assert_true(call.rc < 0);
		assert_null(call.text);
		assert_null(strstr(call.err.text, MODEL_KEY));
		boot_now += BREAKER_REST;
	}
	assert_int_equal(bench_asked("/malformed"), 8);
}

static void
no_error_and_no_text_shows_the_key(void **state)
{
	static const char *const names[] = { "500", "echo", "letters" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct heard heard;
		struct model_call call;
		bench.chain.provider_count = 0;
		bench_add(names[i]);
		bench_set();
		call = stream(&heard);
		assert_true(call.rc < 0);
		assert_null(call.text);
		assert_null(strstr(call.err.text, MODEL_KEY));
		assert_null(strstr(str_text(&heard.text), MODEL_KEY));
		if (i == 2)
			assert_string_equal(str_text(&heard.text), "|- the key is sk-north ");
		str_done(&heard.text);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_text_comes_with_who_wrote_it_and_what_it_cost),
		TEST(without_anybody_for_a_tier_nobody_is_asked),
		TEST(the_next_one_is_asked_when_one_fails),
		TEST(each_tier_has_its_own_order),
		TEST(an_address_that_may_not_be_asked_is_passed_over),
		TEST(retry_after_is_obeyed_and_nobody_asks_before),
		TEST(who_asks_for_a_moment_gets_it),
		TEST(all_of_a_fan_out_wait_for_the_moment_that_one_was_told),
		TEST(who_asks_for_more_than_there_is_time_is_not_waited_for),
		TEST(a_stop_ends_the_moment),
		TEST(five_failures_in_a_row_open_the_breaker),
		TEST(a_request_that_is_not_liked_says_nothing_of_the_next),
		TEST(who_wants_no_tuning_is_asked_once_more_without),
		TEST(a_text_that_is_not_utf8_is_asked_of_nobody),
		TEST(pieces_come_in_order_and_are_the_text),
		TEST(a_try_that_breaks_off_is_void_and_the_next_one_begins_anew),
		TEST(a_line_that_breaks_is_a_trouble_of_the_connection),
		TEST(a_text_that_was_whole_before_the_line_broke_is_one),
		TEST(a_server_that_does_not_stream_tells_one_piece),
		TEST(drips_end_with_the_time_of_a_call),
		TEST(what_has_no_time_left_is_not_asked),
		TEST(a_malformed_answer_is_none),
		TEST(no_error_and_no_text_shows_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
