#include <assent/base/mem.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#define ALIGN 16
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)256 * 1024)

struct block {
	struct block *next; /* the one before it */
	size_t room, used;
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct block *newest;
	size_t ceiling, used;
};

/* Nothing may allocate on this way out, so stdio stays away from it. */
static NORETURN void
mem_die(const char *why)
{
	ssize_t rc = write(STDERR_FILENO, why, strlen(why));

	(void)rc;
	abort();
}

void *
mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		mem_die("out of memory\n");
	return p;
}

void *
mem_grow(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		mem_die("out of memory\n");
	return p;
}

char *
mem_dup(const char *s)
{
	size_t n;

	if (!s)
		return NULL;
	n = strlen(s) + 1;
	return memcpy(mem_alloc(n), s, n);
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_wipe(void *p, size_t size)
{
	if (p)
		explicit_bzero(p, size);
}

void
mem_start(void)
{
	(void)mallopt(M_ARENA_MAX, 2);
}

void
mem_trim(void)
{
	(void)malloc_trim(0);
}

struct arena *
arena_new(size_t ceiling)
{
	struct arena *arena = mem_alloc(sizeof(*arena));

	arena->ceiling = ceiling;
	return arena;
}

static void
arena_drop_newest(struct arena *arena)
{
	struct block *block = arena->newest;

	arena->newest = block->next;
	mem_free(block);
}

void
arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->newest)
		arena_drop_newest(arena);
	mem_free(arena);
}

#ifdef ASSENT_SANITIZED
/* A block for each piece: the sanitizer sees each overflow and late use. */
static size_t
arena_block_room(const struct arena *arena, size_t size)
{
	(void)arena;
	return size;
}

void
arena_reset(struct arena *arena)
{
	while (arena->newest)
		arena_drop_newest(arena);
	arena->used = 0;
}
#else
static size_t
arena_block_room(const struct arena *arena, size_t size)
{
	size_t room = arena->newest ? arena->newest->room * 2 : FIRST_BLOCK;

	if (room > LARGEST_BLOCK)
		room = LARGEST_BLOCK;
	return size > room ? size : room;
}

void
arena_reset(struct arena *arena)
{
	while (arena->newest && arena->newest->next)
		arena_drop_newest(arena);
	if (arena->newest)
		arena->newest->used = 0;
	arena->used = 0;
}
#endif

static struct block *
arena_block(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	size_t room;

	if (block && block->room - block->used >= size)
		return block;
	room = arena_block_room(arena, size);
	block = mem_grow(NULL, sizeof(*block) + room);
	*block = (struct block){ .next = arena->newest, .room = room };
	arena->newest = block;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct block *block;
	size_t whole;
	void *p;

	if (size > arena->ceiling)
		mem_die("an arena passed its ceiling\n");
	whole = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (whole > arena->ceiling - arena->used)
		mem_die("an arena passed its ceiling\n");
#ifdef ASSENT_SANITIZED
	block = arena_block(arena, size ? size : 1);
	block->used = block->room;
	p = block->bytes;
#else
	block = arena_block(arena, whole);
	p = block->bytes + block->used;
	block->used += whole;
#endif
	arena->used += whole;
	return memset(p, 0, size);
}

char *
arena_dup(struct arena *arena, const char *s)
{
	return s ? arena_dup_n(arena, s, strlen(s)) : NULL;
}

char *
arena_dup_n(struct arena *arena, const void *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		mem_die("an arena passed its ceiling\n");
	copy = arena_alloc(arena, n + 1);
	if (n)
		memcpy(copy, s, n);
	return copy;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args, again;
	char *out;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (n < 0)
		mem_die("arena_printf: bad format\n");
	out = arena_alloc(arena, (size_t)n + 1);
	vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	return out;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}
