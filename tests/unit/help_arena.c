#include "help_arena.h"

#define ROOM ((size_t)256 << 20)

struct arena *arena;

int
arena_setup(void **state)
{
	(void)state;
	arena = arena_new(ROOM);
	return 0;
}

int
arena_teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}
