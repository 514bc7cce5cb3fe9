/* contact: letters of customers' people who were not asked anything. */
#include <assent/base/str.h>

#include "flow/intake_priv.h"
#include "flow/record.h"

static int
add_to_thread(struct desk *desk, struct arrival *arrival, const struct organisation *organisation,
    struct err *err)
{
	const struct arrival_text text = { arrival->letter->text, arrival->letter->reply };
	struct ticket ticket;
	int rc = ticket_get(desk->tx, &arrival->target.ticket, &ticket, err);

	if (rc < 0)
		return rc;
	/* A mark or an id finds the ticket; only its own customer may add to it. */
	if (!id_equal(&ticket.organisation, &organisation->id)) {
		arrival_file(arrival, "filed", "names a ticket of another customer");
		return 0;
	}
	arrival_file(arrival, "done", "added to the thread");
	return arrival_add_message(desk, arrival, &ticket.id, &text, err);
}

int
contact_take(struct desk *desk, struct arrival *arrival, struct err *err)
{
	struct organisation organisation;
	bool taken;
	int rc;

	if (arrival->sender.verdict == SENDER_FAILED) {
		arrival_file(arrival, "filed",
		    arena_printf(tx_arena(desk->tx), "not believed: %s", arrival->sender.sentence));
		return 0;
	}
	rc = stray_take(desk, arrival, &taken, err);
	if (rc < 0 || taken)
		return rc;
	rc = organisation_by_domain(
	    desk->tx, email_domain(arrival->sender.email), &organisation, err);
	if (rc == ERR_NOT_FOUND) {
		arrival_file(arrival, "filed", "from nobody this desk knows");
		return 0;
	}
	if (rc < 0)
		return rc;
	if (!id_is_null(&arrival->target.ticket))
		return add_to_thread(desk, arrival, &organisation, err);
	arrival_file(arrival, "filed", "from a customer, but about no ticket this desk knows");
	return arrival_explain(
	    desk, arrival, "Your mail belongs to no question or ticket that this desk knows.", err);
}
