#include <assent/base/frame.h>

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static int ends[2];

static int
make_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int
close_pair(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void
a_frame_arrives_as_it_was_sent(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(100);
	struct frame f;
	struct err err;

	(void)state;
	assert_int_equal(frame_send(ends[0], 7, "one\0two", 7, -1, -1, &err), 0);
	assert_int_equal(frame_send(ends[0], 255, NULL, 0, -1, -1, &err), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, &err), 0);
	assert_int_equal(f.kind, 7);
	assert_int_equal(f.len, 7);
	assert_memory_equal(f.payload, "one\0two", 8);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, &err), 0);
	assert_int_equal(f.kind, 255);
	assert_int_equal(f.len, 0);
}

static void *
send_large(void *arg)
{
	AUTO(mem_freep) char *bytes = mem_alloc(3 << 20);

	memset(bytes, 'x', 3 << 20);
	bytes[(3 << 20) - 1] = 'z';
	*(int *)arg = frame_send(ends[0], 1, bytes, 3 << 20, -1, -1, NULL);
	return NULL;
}

static void
a_frame_larger_than_the_socket_goes_through(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(3 << 20);
	struct frame f;
	pthread_t thread;
	int sent = -1;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, send_large, &sent), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(sent, 0);
	assert_int_equal(f.len, 3 << 20);
	assert_int_equal(f.payload[0], 'x');
	assert_int_equal(f.payload[f.len - 1], 'z');
}

static void
a_descriptor_comes_with_its_frame(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(100);
	int pipe_ends[2], got = 99;
	struct stat a, b;
	struct frame f;

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(frame_send(ends[0], 1, "none", 4, -1, -1, NULL), 0);
	assert_int_equal(frame_send(ends[0], 2, "with", 4, pipe_ends[0], -1, NULL), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, &got, -1, NULL), 0);
	assert_int_equal(got, -1);
	assert_int_equal(frame_receive(ends[1], &buf, &f, &got, -1, NULL), 0);
	assert_true(got >= 0);
	assert_memory_equal(f.payload, "with", 4);
	assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(got, &a) | fstat(pipe_ends[0], &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	close(got);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void
a_descriptor_that_nobody_wants_is_closed(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(100), tiny = STR_INIT(3);
	int next = dup(0), got = 99;
	struct frame f;

	(void)state;
	close(next);
	assert_int_equal(frame_send(ends[0], 1, "x", 1, ends[0], -1, NULL), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, NULL), 0);
	assert_int_equal(frame_send(ends[0], 1, "too long", 8, ends[0], -1, NULL), 0);
	assert_int_equal(frame_receive(ends[1], &tiny, &f, &got, -1, NULL), ERR_LIMIT);
	assert_int_equal(got, -1);
	got = dup(0);
	assert_int_equal(got, next);
	close(got);
}

static void
a_frame_over_the_limit_is_refused_before_it_is_read(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(4);
	struct frame f;
	struct err err;

	(void)state;
	assert_int_equal(frame_send(ends[0], 1, "1234", 4, -1, -1, &err), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, &err), 0);
	assert_int_equal(write(ends[0], "\xff\xff\xff\xff\1", 5), 5);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "limit of 4"));
	assert_true(buf.room < 100);
	if (sizeof(size_t) > 4)
		assert_int_equal(
		    frame_send(ends[0], 1, "x", (size_t)UINT32_MAX, -1, -1, &err), ERR_LIMIT);
}

/* clang-format off */
static const struct {
	const char *bytes;
	size_t n;
	int rc;
} ends_of_talk[] = {
	{ "", 0, ERR_NOT_FOUND },
	{ "\0\0", 2, ERR_PEER },
	{ "\0\0\0\5\1", 5, ERR_PEER },
	{ "\0\0\0\5\1abc", 8, ERR_PEER },
	{ "\0\0\0\0\1", 5, ERR_PEER },		/* a frame without a kind */
	{ "\0\0\0\5\1abcd", 9, 0 },
};
/* clang-format on */

static void
an_end_between_frames_differs_from_one_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends_of_talk); i++) {
		AUTO(str_donep) struct str buf = STR_INIT(100);
		struct frame f;
		int two[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, two), 0);
		assert_int_equal(
		    write(two[0], ends_of_talk[i].bytes, ends_of_talk[i].n), ends_of_talk[i].n);
		close(two[0]);
		assert_int_equal(
		    frame_receive(two[1], &buf, &f, NULL, -1, NULL), ends_of_talk[i].rc);
		close(two[1]);
	}
}

static void *
send_slowly(void *arg)
{
	static const char bytes[] = "\0\0\0\3\11ok";

	for (size_t i = 0; i < 7; i++) {
		if (write(ends[0], bytes + i, 1) != 1)
			return NULL;
		sched_yield();
	}
	return arg;
}

static void
a_frame_that_comes_byte_by_byte_is_read(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(100);
	struct frame f;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, send_slowly, NULL), 0);
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, -1, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(f.kind, 9);
	assert_string_equal(f.payload, "ok");
}

static void
a_deadline_ends_the_wait(void **state)
{
	AUTO(str_donep) struct str buf = STR_INIT(100);
	AUTO(mem_freep) char *bytes = mem_alloc(8 << 20);
	struct frame f;
	struct err err;

	(void)state;
	assert_int_equal(frame_receive(ends[1], &buf, &f, NULL, clock_boot() + 20, &err), ERR_BUSY);
	assert_true(err_is_temporary(err.code));
	assert_int_equal(
	    frame_send(ends[0], 1, bytes, 8 << 20, -1, clock_boot() + 20, &err), ERR_BUSY);
}

static void
writing_to_the_dead_is_an_error_and_no_signal(void **state)
{
	struct err err;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
	assert_int_equal(frame_send(ends[0], 1, "x", 1, -1, -1, &err), ERR_PEER);
	ends[1] = dup(0);
}

static void
fields_are_read_as_they_were_written(void **state)
{
	AUTO(str_donep) struct str s = STR_INIT(1000);
	AUTO(arena_freep) struct arena *arena = arena_new(1000);
	struct field_reader r;
	size_t n;

	(void)state;
	field_add_text(&s,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e");
	field_add_text(&s, NULL);
	field_add_int(&s, INT64_MIN);
	field_add_int(&s, -1);
	field_add(&s, "a\0b", 3);
	field_reader_init(&r, s.text, s.len);
	assert_string_equal(field_take_text(&r, arena, 8),
	    "Gr\xc3\xbc\xc3\x9f"
	    "e");
	assert_string_equal(field_take_text(&r, arena, 0), "");
	assert_true(field_take_int(&r, INT64_MIN, INT64_MAX) == INT64_MIN);
	assert_int_equal(field_take_int(&r, -1, 1), -1);
	assert_false(field_is_end(&r));
	assert_memory_equal(field_take(&r, &n), "a\0b", 3);
	assert_int_equal(n, 3);
	assert_true(field_is_end(&r));
	assert_string_equal(field_take(&r, &n), "");
	assert_int_equal(n, 0);
	assert_false(field_is_end(&r));
}

/* clang-format off */
static const struct {
	const char *bytes;
	size_t n;
} bad_texts[] = {
	{ "", 0 },
	{ "\0\0\0", 3 },
	{ "\0\0\0\2a", 5 },
	{ "\xff\xff\xff\xff", 4 },
	{ "\0\0\0\2a\0", 6 },		/* a NUL */
	{ "\0\0\0\2\xc3(", 6 },		/* not UTF-8 */
	{ "\0\0\0\5abcde", 9 },		/* longer than 4 */
};
/* clang-format on */

static void
a_bad_text_field_stays_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_texts); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(1000);
		struct field_reader r;

		field_reader_init(&r, bad_texts[i].bytes, bad_texts[i].n);
		assert_string_equal(field_take_text(&r, arena, 4), "");
		assert_true(r.bad);
		assert_int_equal(field_take_int(&r, 5, 9), 5);
		assert_false(field_is_end(&r));
	}
}

static void
a_number_out_of_bounds_is_bad(void **state)
{
	static const struct {
		int64_t value, min, max;
		bool good;
	} rows[] = {
		{ 3, 0, 3, true },
		{ 4, 0, 3, false },
		{ -1, 0, 3, false },
		{ INT64_MAX, 0, INT64_MAX, true },
		{ INT64_MIN, 0, INT64_MAX, false },
	};
	struct field_reader r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str_donep) struct str s = STR_INIT(100);

		field_add_int(&s, rows[i].value);
		field_reader_init(&r, s.text, s.len);
		assert_true(field_take_int(&r, rows[i].min, rows[i].max) ==
		    (rows[i].good ? rows[i].value : rows[i].min));
		assert_int_equal(field_is_end(&r), rows[i].good);
	}
	field_reader_init(&r, "\0\0\0\1x", 5);
	assert_int_equal(field_take_int(&r, 2, 3), 2);
	assert_true(r.bad);
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR(a_frame_arrives_as_it_was_sent),
		PAIR(a_frame_larger_than_the_socket_goes_through),
		PAIR(a_descriptor_comes_with_its_frame),
		PAIR(a_descriptor_that_nobody_wants_is_closed),
		PAIR(a_frame_over_the_limit_is_refused_before_it_is_read),
		PAIR(an_end_between_frames_differs_from_one_inside),
		PAIR(a_frame_that_comes_byte_by_byte_is_read),
		PAIR(a_deadline_ends_the_wait),
		PAIR(writing_to_the_dead_is_an_error_and_no_signal),
		cmocka_unit_test(fields_are_read_as_they_were_written),
		cmocka_unit_test(a_bad_text_field_stays_bad),
		cmocka_unit_test(a_number_out_of_bounds_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
