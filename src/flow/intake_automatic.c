/* intake: letters that no person wrote. They never decide and are never answered. */
#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/bounce.h"
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

/* A bounce names the mail that it is about; only permanent ones count. */
static int
find_bounced(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct delivery_status *delivery = &arrival->letter->delivery;
	struct sent_id sent;
	int rc;

	if (arrival->target.kind != TARGET_NONE || delivery->original_message_id[0] == '\0')
		return 0;
	rc = sent_id_find(desk->tx, delivery->original_message_id, &sent, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	arrival->target.kind = !id_is_null(&sent.batch) ? TARGET_BATCH
	    : !id_is_null(&sent.ballot)			? TARGET_BALLOT
							: TARGET_NONE;
	arrival->target.approval = sent.approval;
	arrival->target.ballot = sent.ballot;
	arrival->target.batch = sent.batch;
	return 0;
}

static int
take_bounce(struct desk *desk, struct arrival *arrival, struct matter *m, struct err *err)
{
	const struct delivery_status *delivery = &arrival->letter->delivery;

	if (!text_is(delivery->action, "failed") ||
	    !text_is_nocase(delivery->recipient, m->ballot.person_email))
		return 0;
	return ask_undeliverable(desk, &m->approval, bounce_reason(desk, delivery), err);
}

int
automatic_take(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct letter *letter = arrival->letter;
	struct matter *matters = NULL;
	size_t count = 0;
	int rc = find_bounced(desk, arrival, err);

	arrival_file(arrival, "filed",
	    arena_printf(tx_arena(desk->tx), "no person wrote it: %s", letter->automatic_why));
	if (rc == 0)
		rc = target_matters(desk, &arrival->target, &matters, &count, err);
	if (rc == 0)
		rc = standin_learn(desk, arrival, matters, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = note_on_tickets(desk, arrival, &matters[i], err);
		if (rc == 0 && letter->automatic == AUTO_BOUNCE)
			rc = take_bounce(desk, arrival, &matters[i], err);
	}
	return rc;
}
