#include <assent/base/live.h>

#include <assent/base/mem.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define RUN "019e2b10-7c00-7a31-8a52-3f1c52e8f5b4/notes/en"
#define LINE_MAX_BYTES 400

static struct live *
live(size_t runs, size_t bytes)
{
	return live_new(&(struct live_options){ .runs = runs, .run_bytes = bytes, .epoch = 7 });
}

static void
count_one(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static struct live_watch *
watch(struct live *live, const char *place, atomic_int *calls)
{
	struct live_place from = { 0 };

	if (place != NULL)
		assert_true(live_place_parse(place, &from));
	return live_watch(live, RUN, &from, count_one, calls);
}

/* All there is to read, as one line: text as it is, "<restart>", "<restart 5>", "<done {}>". */
static const char *
drink(struct live_watch *watch, struct live_place *place)
{
	static char line[LINE_MAX_BYTES];
	struct str out = STR_INIT(sizeof(line) - 1);
	struct live_news news;
	char buf[16];

	for (;;) {
		live_read(watch, buf, sizeof(buf), &news);
		if (place != NULL)
			*place = news.place;
		if (news.what == LIVE_TEXT)
			str_add_n(&out, buf, news.n);
		else if (news.what == LIVE_RESTART && news.lost > 0)
			str_addf(&out, "<restart %d>", (int)news.lost);
		else if (news.what == LIVE_RESTART)
			str_add(&out, "<restart>");
		else if (news.what == LIVE_END)
			str_addf(&out, "<%s %s>", news.event, news.json);
		else
			break;
	}
	if (news.what == LIVE_OVER)
		str_add(&out, "<over>");
	snprintf(line, sizeof(line), "%s", str_text(&out));
	str_done(&out);
	return line;
}

static void
add(struct live *live, const char *text)
{
	live_add(live, RUN, text, strlen(text));
}

/* --- what is read ------------------------------------------------------------- */

static void
pieces_come_in_order_and_then_the_end(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls);

	assert_string_equal(drink(w, NULL), "");
	live_begin(l, RUN);
	add(l, "## Problem\n");
	add(l, "The licence server hands out no seat.");
	assert_string_equal(drink(w, NULL), "## Problem\nThe licence server hands out no seat.");
	assert_string_equal(drink(w, NULL), "");
	add(l, " Since Monday.");
	live_end(l, RUN, "done", "{\"id\":1}");
	add(l, "too late");
	assert_string_equal(drink(w, NULL), " Since Monday.<done {\"id\":1}><over>");
	assert_int_equal(calls, 2);
	live_unwatch(w);
	live_free(l);
}

static void
a_new_try_makes_void_what_came_before(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w, *fresh;

	live_begin(l, RUN);
	w = watch(l, NULL, &calls);
	add(l, "one");
	assert_string_equal(drink(w, NULL), "one");
	live_begin(l, RUN);
	add(l, "two");
	fresh = watch(l, NULL, &calls);
	assert_string_equal(drink(w, NULL), "<restart>two");
	/* Who saw nothing has nothing to forget. */
	assert_string_equal(drink(fresh, NULL), "two");
	live_unwatch(w);
	live_unwatch(fresh);
	live_free(l);
}

static void
what_is_forgotten_is_told_to_nobody(void **state)
{
	struct live *l = live(4, 1000);
	struct live_place place;
	atomic_int calls = 0;
	struct live_watch *w, *late;

	(void)state;
	live_begin(l, RUN);
	w = watch(l, NULL, &calls);
	add(l, "one");
	assert_string_equal(drink(w, NULL), "one");
	live_forget(l);
	add(l, "more of it");
	late = watch(l, "7.1.0", &calls);
	assert_string_equal(drink(late, &place), "<restart 3>");
	assert_int_equal(place.at, 3);
	live_unwatch(late);
	live_begin(l, RUN);
	add(l, "two");
	assert_string_equal(drink(w, NULL), "<restart>two");
	live_end(l, RUN, "done", "{}");
	assert_string_equal(drink(w, NULL), "<done {}><over>");
	live_forget(l);
	late = watch(l, "7.2.0", &calls);
	assert_string_equal(drink(late, NULL), "<restart 3><done {}><over>");
	live_unwatch(late);
	live_unwatch(w);
	live_free(l);
}

static void
an_end_without_a_beginning_is_told(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls);

	assert_string_equal(drink(w, NULL), "");
	live_end(l, RUN, "done", "{}");
	assert_int_equal(calls, 1);
	assert_string_equal(drink(w, NULL), "<done {}><over>");
	live_unwatch(w);
	live_free(l);
}

static void
what_had_ended_is_not_told_to_who_comes_later(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w;

	live_begin(l, RUN);
	add(l, "of yesterday");
	live_end(l, RUN, "done", "{}");
	w = watch(l, NULL, &calls);
	assert_string_equal(drink(w, NULL), "");
	live_begin(l, RUN);
	add(l, "of today");
	assert_string_equal(drink(w, NULL), "of today");
	live_unwatch(w);
	live_free(l);
}

static void
what_ends_after_the_mark_is_told_to_who_comes_later(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_place mark;
	struct live_watch *w;

	live_end(l, RUN, "done", "{\"of\":\"yesterday\"}");
	live_begin(l, "other");
	mark = live_mark(l);
	live_end(l, "other", "done", "{}");
	w = live_watch(l, RUN, &mark, count_one, &calls);
	assert_string_equal(drink(w, NULL), "");
	live_unwatch(w);
	live_end(l, RUN, "done", "{}");
	w = live_watch(l, RUN, &mark, count_one, &calls);
	assert_string_equal(drink(w, NULL), "<done {}><over>");
	live_unwatch(w);
	live_free(l);
}

/* --- places -------------------------------------------------------------------- */

static void
a_place_goes_on_where_it_was(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls);
	char text[LIVE_PLACE_SIZE], end[LIVE_PLACE_SIZE];
	struct live_place place;

	live_begin(l, RUN);
	add(l, "first, ");
	(void)drink(w, &place);
	live_place_text(&place, text);
	assert_string_equal(text, "7.1.7");
	live_unwatch(w);
	add(l, "second");
	w = watch(l, text, &calls);
	assert_string_equal(drink(w, NULL), "second");
	live_unwatch(w);
	live_end(l, RUN, "done", "{}");
	assert_true(live_knows(l, RUN, &place));
	w = watch(l, text, &calls);
	assert_string_equal(drink(w, &place), "second<done {}><over>");
	live_unwatch(w);
	assert_string_equal(live_place_text(&place, end), "7.1.13.end");
	w = watch(l, end, &calls);
	assert_string_equal(drink(w, NULL), "<over>");
	live_unwatch(w);
	live_free(l);
}

/* clang-format off */
static const struct {
	const char *place, *reads;
} places[] = {
	{ NULL,		"k\xc3\xa4se" },
	{ "7.2.0",	"k\xc3\xa4se" },
	{ "7.2.1",	"\xc3\xa4se" },
	{ "7.2.5",	"" },
	{ "7.1.3",	"<restart>k\xc3\xa4se" },	/* an older try */
	{ "7.3.0",	"<restart>k\xc3\xa4se" },
	{ "6.2.1",	"<restart>k\xc3\xa4se" },	/* an older process */
	{ "7.2.6",	"<restart>k\xc3\xa4se" },	/* made up */
	{ "7.2.2",	"<restart>k\xc3\xa4se" },	/* inside a character */
	{ "7.2.1.end",	"\xc3\xa4se" },
	{ "9.0.0",	"<restart>k\xc3\xa4se" },
};
/* clang-format on */

static void
a_place_of_another_try_or_process_begins_anew(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;

	live_begin(l, RUN);
	live_begin(l, RUN);
	add(l, "k\xc3\xa4se");
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct live_watch *w = watch(l, places[i].place, &calls);
		const char *reads = drink(w, NULL);

		if (strcmp(reads, places[i].reads) != 0)
			fail_msg("%s: %s", places[i].place, reads);
		live_unwatch(w);
	}
	live_free(l);
}

static void
only_places_of_ours_are_read(void **state)
{
	static const char *const bad[] = { "", "7", "7.1", "7.1.", "7.1.2.3", "7.1.-2", "a.b.c",
		"7.1.2.END", ".end", "7.1.2 ", "7..2", "7.1.99999999999999999999", "7.1.2.end.end",
		("111111111111111111111111111111111111111111111111111111111111111"
		 "111111111111111111111.1.1") };
	struct live_place place = { .at = 42 };
	char text[LIVE_PLACE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (live_place_parse(bad[i], &place))
			fail_msg("%s was read", bad[i]);
	assert_int_equal(place.at, 42);
	place = (struct live_place){ INT64_MAX, INT64_MAX, INT64_MAX, true, false };
	assert_true(live_place_parse(live_place_text(&place, text), &place));
	assert_true(place.epoch == INT64_MAX && place.is_end);
}

/* --- limits --------------------------------------------------------------------- */

static void
a_long_text_loses_its_beginning_and_says_so(void **state)
{
	struct live *l = live(4, 20);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls);

	live_begin(l, RUN);
	add(l, "0123456789");
	assert_string_equal(drink(w, NULL), "0123456789");
	add(l, "abcdefghij");
	/* 25 bytes of 20: 5 and a quarter go, all of it before the watcher's place. */
	add(l, "KLMNO");
	assert_string_equal(drink(w, NULL), "abcdefghijKLMNO");
	add(l, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	add(l, "012345678901234567");
	assert_string_equal(drink(w, NULL), "<restart 36>345678901234567");
	live_unwatch(w);
	live_free(l);
}

static void
a_character_is_never_cut(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls);
	struct live_news news;
	char buf[8];

	live_begin(l, RUN);
	for (int i = 0; i < 20; i++)
		add(l, "\xe2\x82\xac");
	for (int i = 0; i < 10; i++) {
		live_read(w, buf, sizeof(buf), &news);
		assert_int_equal(news.what, LIVE_TEXT);
		assert_int_equal(news.n, 6);
	}
	assert_string_equal(drink(w, NULL), "");
	live_unwatch(w);
	live_free(l);
}

static void
what_ended_goes_before_what_runs_and_what_is_watched(void **state)
{
	struct live *l = live(3, 1000);
	atomic_int calls = 0;
	struct live_place start = { .epoch = 7, .try = 1 }, second = { .epoch = 7, .try = 2 };
	struct live_watch *w;

	live_begin(l, "running");
	live_end(l, "ended", "done", "{}");
	live_end(l, RUN, "done", "{}");
	w = watch(l, "7.3.0", &calls);
	live_begin(l, "another");
	assert_true(live_knows(l, "running", &start));
	assert_false(live_knows(l, "ended", &second));
	assert_string_equal(drink(w, NULL), "<done {}><over>");
	live_begin(l, "a third");
	live_begin(l, "a fourth");
	assert_false(live_knows(l, "running", &start));
	assert_string_equal(drink(w, NULL), "<over>");
	live_unwatch(w);
	live_free(l);
}

/* --- threads -------------------------------------------------------------------- */

#define WRITERS 4
#define READERS 16
#define PIECES 300

struct reader {
	struct live_watch *watch;
	pthread_mutex_t lock;
	pthread_cond_t rung;
	int rings;
	uint64_t pieces, restarts;
	char last;
};

static void
ring(void *arg)
{
	struct reader *r = arg;

	pthread_mutex_lock(&r->lock);
	r->rings++;
	pthread_cond_signal(&r->rung);
	pthread_mutex_unlock(&r->lock);
}

static void *
write_main(void *arg)
{
	char letter[2] = "a";

	for (int i = 0; i < PIECES; i++) {
		letter[0] = (char)('a' + i % 26);
		add(arg, letter);
	}
	return NULL;
}

static void *
read_main(void *arg)
{
	struct reader *r = arg;
	struct live_news news = { 0 };
	char buf[16];

	while (news.what != LIVE_END) {
		live_read(r->watch, buf, sizeof(buf), &news);
		r->pieces += news.n;
		r->restarts += news.what == LIVE_RESTART;
		if (news.what != LIVE_NOTHING)
			continue;
		pthread_mutex_lock(&r->lock);
		while (r->rings == 0)
			pthread_cond_wait(&r->rung, &r->lock);
		r->rings--;
		pthread_mutex_unlock(&r->lock);
	}
	live_unwatch(r->watch);
	return NULL;
}

/* No wake-up is lost: a reader that slept over one would sleep for ever. */
static void
every_watcher_hears_all_of_many_writers(void **state)
{
	struct live *l = live(2, 1 << 20);
	pthread_t writers[WRITERS], threads[READERS];
	static struct reader readers[READERS];

	live_begin(l, RUN);
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ 0 };
		pthread_mutex_init(&readers[i].lock, NULL);
		pthread_cond_init(&readers[i].rung, NULL);
		/* Here, not in its thread: who comes after the end hears nothing. */
		readers[i].watch = live_watch(l, RUN, NULL, ring, &readers[i]);
		assert_int_equal(pthread_create(&threads[i], NULL, read_main, &readers[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, write_main, l), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	live_end(l, RUN, "done", "{}");
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].pieces, WRITERS * PIECES);
		assert_int_equal(readers[i].restarts, 0);
	}
	live_free(l);
}

static struct live_watch *leaving;

static void
leave(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
	live_unwatch(leaving);
}

static void
a_watcher_may_leave_while_it_is_called(void **state)
{
	struct live *l = live(2, 1000);
	atomic_int calls = 0, others = 0;
	struct live_watch *before = watch(l, NULL, &others), *after;

	leaving = live_watch(l, RUN, NULL, leave, &calls);
	after = watch(l, NULL, &others);
	assert_string_equal(drink(before, NULL), "");
	assert_string_equal(drink(leaving, NULL), "");
	assert_string_equal(drink(after, NULL), "");
	live_begin(l, RUN);
	add(l, "x");
	assert_int_equal(calls, 1);
	assert_int_equal(others, 2);
	live_unwatch(before);
	live_unwatch(after);
	live_free(l);
}

static void
closing_ends_what_runs_and_what_is_waited_for(void **state)
{
	struct live *l = live(4, 1000);
	atomic_int calls = 0;
	struct live_watch *w = watch(l, NULL, &calls), *late;

	assert_string_equal(drink(w, NULL), "");
	live_begin(l, "other");
	live_close(l, "error", "{\"message\":\"assentd stops\"}");
	assert_int_equal(calls, 1);
	assert_string_equal(drink(w, NULL), "<error {\"message\":\"assentd stops\"}><over>");
	live_begin(l, RUN);
	live_end(l, RUN, "done", "{}");
	assert_string_equal(drink(w, NULL), "<over>");
	late = live_watch(l, "nobody", NULL, count_one, &calls);
	assert_string_equal(drink(late, NULL), "<error {\"message\":\"assentd stops\"}><over>");
	live_unwatch(w);
	live_unwatch(late);
	live_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_come_in_order_and_then_the_end),
		cmocka_unit_test(a_new_try_makes_void_what_came_before),
		cmocka_unit_test(what_is_forgotten_is_told_to_nobody),
		cmocka_unit_test(an_end_without_a_beginning_is_told),
		cmocka_unit_test(what_had_ended_is_not_told_to_who_comes_later),
		cmocka_unit_test(what_ends_after_the_mark_is_told_to_who_comes_later),
		cmocka_unit_test(a_place_goes_on_where_it_was),
		cmocka_unit_test(a_place_of_another_try_or_process_begins_anew),
		cmocka_unit_test(only_places_of_ours_are_read),
		cmocka_unit_test(a_long_text_loses_its_beginning_and_says_so),
		cmocka_unit_test(a_character_is_never_cut),
		cmocka_unit_test(what_ended_goes_before_what_runs_and_what_is_watched),
		cmocka_unit_test(every_watcher_hears_all_of_many_writers),
		cmocka_unit_test(a_watcher_may_leave_while_it_is_called),
		cmocka_unit_test(closing_ends_what_runs_and_what_is_waited_for),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
