#pragma once
/*
 * alert: the operator hears of each condition once.
 *
 * A condition (base/health.h) that begins is written down and mailed to
 * policy->alert_to; again only after it had ended, and at most once in
 * ALERT_PAUSE for each name: how often it came meanwhile stands in the next
 * mail. When one ends that was told, a last mail says so. All of it is in the
 * database, so a restart tells nothing twice.
 */
#include <assent/base/health.h>
#include <assent/flow/desk.h>

#define ALERT_PAUSE MS_HOUR

struct alert_look {
	const struct health *conditions; /* that are on now */
	size_t count;
	bool settled; /* the program has run long enough to know what is not on any more */
	bool silent; /* nothing can be sent: write down, tell later */
	bool waits; /* set: something is to be told later, so look again */
};

/* A step. */
int alert_look(struct desk *desk, struct alert_look *look, struct err *err) MUST_USE;
