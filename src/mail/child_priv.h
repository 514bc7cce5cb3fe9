#pragma once
/* child: how our helper programs are started. */
#include <assent/base/attr.h>
#include <assent/base/err.h>

#include <sys/types.h>

/*
 * Start program with a socket to us as its descriptor 3: nothing on 0 and 1,
 * our 2 for last words, no environment, no signal blocked or handled. The
 * caller closes *sock and waits for *pid. ERR_NOT_FOUND when it cannot be run,
 * ERR_IO; *pid is 0 and *sock -1 then.
 */
int child_spawn(const char *program, pid_t *pid, int *sock, struct err *err) MUST_USE;

/* A mail as a memory file, sealed, so that the child maps what cannot change or shrink under it. */
int child_seal(const void *raw, size_t n, int *out, struct err *err) MUST_USE;
