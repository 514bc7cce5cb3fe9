#pragma once
/*
 * retention: every night what is older than policy->retention goes, in pieces
 * of a few hundred rows, one step each. Nothing goes while the clock is not
 * trusted.
 */
#include <assent/flow/desk.h>

/* At start: the nightly job, unless it is there. A step. */
int retention_sync(struct desk *desk, struct err *err) MUST_USE;
