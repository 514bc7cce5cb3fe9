#pragma once
/* help_arena: one arena for the tests of a group; nothing is freed before they end. */
#include <assent/base/mem.h>

extern struct arena *arena;

/* For cmocka_run_group_tests(). */
int arena_setup(void **state);
int arena_teardown(void **state);
