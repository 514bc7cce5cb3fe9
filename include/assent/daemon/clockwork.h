#pragma once
/*
 * clockwork: is the wall clock to be believed? 
 *
 * The last believed pair of wall and boot clock is kept in the store. While the
 * two drift apart by more than ten minutes, irreversible timers wait, until the
 * kernel says that the clock is synchronised or the operator accepts it. After
 * a reboot the boot clock starts anew: then a backward jump, or a forward one
 * of more than thirty days, is what is not believed.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/store/db.h>

struct clockwork;

/* Reads what was seen last and judges the clock as it is now. */
int clockwork_open(struct db *db, struct clockwork **out, struct err *err) MUST_USE;
void clockwork_close(struct clockwork *clockwork);
FREEP(struct clockwork, clockwork_close)

/* Every few seconds: judge again, log what changed; once a minute write down what is believed. */
void clockwork_tick(struct clockwork *clockwork);

/* For a desk, from any thread. */
bool clockwork_is_trusted(void *clockwork);
