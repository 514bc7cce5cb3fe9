/* intake: letters that no person wrote. They never decide and are never answered. */
#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/intake_priv.h"
#include "flow/record.h"
#include "flow/standin_priv.h"

static int
note_on_tickets(struct desk *desk, struct arrival *arrival, const struct matter *m, struct err *err)
{
	arrival->inbound->ticket = m->ticket.id;
	return record_event(desk, &m->ticket.id,
	    &(struct record_change){
		"mail.automatic", m->ballot.person_email, NULL, arrival->letter->automatic_why },
	    err);
}

int
automatic_take(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct matter *matters = NULL;
	size_t count = 0;
	int rc;

	arrival_file(arrival, "filed",
	    arena_printf(tx_arena(desk->tx), "no person wrote it: %s", letter->automatic_why));
	rc = target_matters(desk, &arrival->target, &matters, &count, err);
	if (rc == 0)
		rc = standin_learn(desk, arrival, matters, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = note_on_tickets(desk, arrival, &matters[i], err);
	return rc;
}
