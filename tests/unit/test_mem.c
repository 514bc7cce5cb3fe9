#include <assent/base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void
memory_comes_zeroed_and_is_copied(void **state)
{
	AUTO(mem_freep) char *p = mem_alloc(100);
	AUTO(mem_freep) char *copy = mem_dup("owner");

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	memset(p, 'x', 100);
	p = mem_grow(p, 10000);
	assert_int_equal(p[99], 'x');
	assert_string_equal(copy, "owner");
	assert_null(mem_dup(NULL));
	mem_free(NULL);
}

static void
no_bytes_are_still_a_piece(void **state)
{
	AUTO(mem_freep) void *p = mem_alloc(0);

	(void)state;
	assert_non_null(p);
	p = mem_grow(p, 0);
	assert_non_null(p);
}

static void
a_secret_is_wiped(void **state)
{
	char secret[] = "swordfish";

	(void)state;
	mem_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		assert_int_equal(secret[i], 0);
	mem_wipe(NULL, 0);
}

static void
an_arena_hands_out_aligned_zeroes(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	size_t used = 0;

	(void)state;
	for (size_t size = 0; size < 700; size++) {
		char *p = arena_alloc(arena, size);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xee, size);
		used += size;
	}
	assert_true(arena_used(arena) >= used);
}

static void
what_an_arena_handed_out_does_not_move(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	char *texts[500];

	(void)state;
	for (int i = 0; i < 500; i++)
		texts[i] = arena_printf(arena, "text %d of %s", i, "many");
	assert_string_equal(texts[0], "text 0 of many");
	assert_string_equal(texts[499], "text 499 of many");
}

static void
copies_end_with_a_nul(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);

	(void)state;
	assert_string_equal(arena_dup(arena, "ticket"), "ticket");
	assert_string_equal(arena_dup_n(arena, "ticket", 4), "tick");
	assert_string_equal(arena_dup_n(arena, NULL, 0), "");
	assert_null(arena_dup(arena, NULL));
}

static void
a_reset_arena_starts_again_and_is_zeroed(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(100 * 1024);

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 90; i++) {
			char *p = arena_alloc(arena, 1000);

			assert_int_equal(p[0] | p[999], 0);
			memset(p, 0xff, 1000);
		}
		assert_true(arena_used(arena) >= 90000);
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
}

static void
take_one_too_many(void *p)
{
	struct arena *arena = p;

	for (int i = 0; i < 5; i++)
		memset(arena_alloc(arena, 256), 1, 256);
}

static void
take_a_huge_piece(void *p)
{
	memset(arena_alloc(p, SIZE_MAX - 3), 1, 1);
}

static void
take_a_huge_copy(void *p)
{
	(void)strlen(arena_dup_n(p, "x", SIZE_MAX));
}

static int
signal_of(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
passing_the_ceiling_ends_the_process(void **state)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1024);

	(void)state;
	assert_int_equal(signal_of(take_one_too_many, arena), SIGABRT);
	assert_int_equal(signal_of(take_a_huge_piece, arena), SIGABRT);
	assert_int_equal(signal_of(take_a_huge_copy, arena), SIGABRT);
	for (int i = 0; i < 4; i++)
		memset(arena_alloc(arena, 256), 1, 256);
	assert_int_equal(arena_used(arena), 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed_and_is_copied),
		cmocka_unit_test(no_bytes_are_still_a_piece),
		cmocka_unit_test(a_secret_is_wiped),
		cmocka_unit_test(an_arena_hands_out_aligned_zeroes),
		cmocka_unit_test(what_an_arena_handed_out_does_not_move),
		cmocka_unit_test(copies_end_with_a_nul),
		cmocka_unit_test(a_reset_arena_starts_again_and_is_zeroed),
		cmocka_unit_test(passing_the_ceiling_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
