#pragma once
/*
 * mem: allocation that never returns NULL, and arenas.
 *
 * Out of memory ends the process: every change of state is a transaction, so
 * that is safe. A size that came from outside meets a named limit before it
 * meets these functions.
 *
 * One arena serves one unit of work (a letter, a request, a job) and is freed
 * as a whole. An arena has a ceiling; passing it also ends the process unless
 * the work runs in a child, so callers bound their input first.
 */
#include <assent/base/attr.h>

#include <stddef.h>
#include <stdlib.h>

void *mem_alloc(size_t size) MUST_USE; /* zeroed */
void *mem_grow(void *p, size_t size) MUST_USE; /* like realloc() */
char *mem_dup(const char *s) MUST_USE; /* NULL gives NULL */
void mem_free(void *p); /* NULL is fine */
void mem_wipe(void *p, size_t size); /* not optimised away */

/* Before any thread starts, for a program that stays: few heaps, so that little lies about. */
void mem_start(void);
/* Give what was freed back to the system. */
void mem_trim(void);

static inline void
mem_freep(void *p)
{
	mem_free(*(void **)p);
	*(void **)p = NULL;
}

struct arena;

/* ceiling: the most bytes the arena may ever hold. */
struct arena *arena_new(size_t ceiling) MUST_USE;
void arena_free(struct arena *arena);
FREEP(struct arena, arena_free)

/* Forget everything handed out but keep the first block for reuse. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size) MUST_USE; /* zeroed, aligned to 16 */
char *arena_dup(struct arena *arena, const char *s) MUST_USE; /* NULL gives NULL */
char *arena_dup_n(struct arena *arena, const void *s, size_t n) MUST_USE; /* NUL added */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3) MUST_USE;

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);
