/* remind: what happens when nobody answers. */
#include "flow/ask_priv.h"
#include "flow/payload.h"
#include "flow/record.h"
#include "flow/standin_priv.h"
#include "flow/stories.h"

/* Short, so that what waits goes on soon after `assent clock accept`. */
#define CLOCK_PAUSE (10 * MS_SECOND)

static bool
waits(const struct matter *m)
{
	return m->approval.state == AS_SENT;
}

int
remind_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters = { 0 };
	const struct matter *first = NULL;
	bool away = false;
	utc_ms until = 0;
	int rc = payload_matters(desk, job, &matters, err);

	if (rc == 0 && matters.count > 0)
		rc = standin_away(desk, matters.items[0].ballot.person_email, &away, &until, err);
	if (rc < 0)
		return rc;
	if (away) {
		call->again = until;
		return 0;
	}
	for (size_t i = 0; i < matters.count; i++) {
		struct matter *m = &matters.items[i];
		/* Somebody asked for a reminder by hand already: one is enough. */
		if (!waits(m) || m->approval.reminded_at != 0)
			continue;
		if (first == NULL)
			first = m;
		rc = approval_set_reminded(desk->tx, &m->approval.id, desk->now, err);
		if (rc == 0)
			rc = record_event(desk, &m->ticket.id,
			    &(struct record_change){
				"approval.reminded", "system", NULL, m->ballot.person_email },
			    err);
		if (rc < 0)
			return rc;
	}
	return first == NULL ? 0 : ask_repeat(desk, &first->approval, "reminder", err);
}

int
expire_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters = { 0 };
	int rc;

	/* Irreversible: wait until the clock is believed again. */
	if (!desk->clock_trusted) {
		call->again = desk->now + CLOCK_PAUSE;
		return 0;
	}
	rc = payload_matters(desk, job, &matters, err);
	for (size_t i = 0; rc == 0 && i < matters.count; i++) {
		const struct approval *a = &matters.items[i].approval;

		/* Put off while the person was away. */
		if (waits(&matters.items[i]) && a->deadline > desk->now) {
			call->again = a->deadline > call->again ? a->deadline : call->again;
			continue;
		}
		rc = ask_expire(desk, &matters.items[i], err);
	}
	return rc;
}
