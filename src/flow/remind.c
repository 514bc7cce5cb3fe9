/* remind: what happens when nobody answers. */
#include "flow/ask_priv.h"
#include "flow/payload.h"
#include "flow/record.h"
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
	struct payload_matters matters;
	const struct matter *first = NULL;
	int rc = payload_matters(desk, job, &matters, err);

	if (rc < 0)
		return rc;
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
	(void)call;
	return first == NULL ? 0 : ask_repeat(desk, &first->approval, "reminder", err);
}

int
expire_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters;
	int rc;

	/* Irreversible: wait until the clock is believed again. */
	if (!desk->clock_trusted) {
		call->again = desk->now + CLOCK_PAUSE;
		return 0;
	}
	rc = payload_matters(desk, job, &matters, err);
	for (size_t i = 0; rc == 0 && i < matters.count; i++)
		rc = ask_expire(desk, &matters.items[i], err);
	return rc;
}
