#pragma once
/* jail: walls around this process, for the rest of its life. */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>

/*
 * Only the socket on descriptor 3 is left: no file, network, process or exec
 * (Landlock where the kernel has it, seccomp always), and little memory. What
 * breaks out of it is killed by the kernel. ERR_IO when a wall does not stand.
 */
int jail_enter(struct err *err) MUST_USE;

/* Die when this much time passes before the next call; 0 stops the clock. */
void jail_allow(span_ms time);
