#pragma once
/*
 * handover: one open question is put to somebody else, on the word of staff.
 *
 * Everybody who was asked until now is told and can no longer answer; the
 * ledger says who handed it over. Only addresses within the customer's domains
 * may be asked, and nobody who put the question, or hands it over, himself.
 */
#include <assent/flow/desk.h>

struct handover {
	const char *email;
	const char *by;
	const char *evidence; /* what vouched for the one who said so */
};

/* ERR_INVALID, ERR_CONFLICT with a sentence when it cannot be. */
int handover_do(struct desk *desk, const struct id *approval, const struct handover *handover,
    struct err *err) MUST_USE;
