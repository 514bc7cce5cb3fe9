#pragma once
/* setup: bring organisations, staff and credentials of the settings into the store. */
#include <assent/flow/desk.h>

/*
 * A step. Owners follow the settings only when the settings changed: an owner
 * set by mail stays until the operator writes another one (invariant 13: a
 * ledger entry, and the previous owner is told).
 */
int setup_sync(struct desk *desk, struct err *err) MUST_USE;
