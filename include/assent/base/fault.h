#pragma once
/*
 * fault: fail the nth step on purpose. Compiled to nothing unless the build
 * defines ASSENT_FAULTS (the test builds do).
 *
 * fault_here(point) is called where something outside can fail (a commit, a
 * write, a child). ASSENTD_FAULT=point:n[:kill] makes the nth passage fail, or
 * ends the process there with SIGKILL.
 */
#include <stdbool.h>

#ifdef ASSENT_FAULTS
bool fault_here(const char *point); /* true: pretend that it failed */
void fault_arm(const char *point, int n); /* n < 1 disarms */
int fault_passed(const char *point); /* passages since arming */
#else
static inline bool
fault_here(const char *point)
{
	(void)point;
	return false;
}
#endif
