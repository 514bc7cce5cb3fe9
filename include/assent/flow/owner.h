#pragma once
/*
 * owner: who decides for a customer. Every change is a ledger entry, is told
 * to the previous owner, and never touches open approvals (invariant 13).
 */
#include <assent/flow/desk.h>
#include <assent/model/id.h>

struct owner_change {
	const struct id *ticket; /* its organisation's owner changes */
	const char *email;
	const char *by;
	const char *evidence; /* what vouched for the one who said so */
	const struct id *organisation; /* instead of ticket, where that is NULL */
	const char *name; /* NULL for none */
	utc_ms at; /* when it came to be so; 0 is now */
};

/* Naming the owner again is no change. ERR_INVALID with a sentence when the address may not own this customer. */
int owner_change(struct desk *desk, const struct owner_change *change, struct err *err) MUST_USE;
