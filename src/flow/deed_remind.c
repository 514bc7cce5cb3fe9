/* deed_remind: the reminder of the open question, now. */
#include <assent/flow/ask.h>
#include <assent/flow/matter.h>

#include "flow/deed.h"
#include "flow/remind.h"

#define REST MS_HOUR /* after the question itself */

/* The moment from now on at which its people work. */
static utc_ms
when(struct deed *deed, const struct matter *m)
{
	const struct calendar *calendar = matter_calendar(deed->desk, m);
	utc_ms now = deed->desk->now, rested = m->approval.asked_at + REST;
	utc_ms at = rested > now ? rested : now;

	return calendar_is_open(calendar, at) ? at : calendar_after(calendar, at, 1);
}

int
deed_remind(struct deed *deed, struct err *err)
{
	struct reminding reminding = { 0 };
	struct approval sent;
	struct matter m;
	bool open = false;
	int rc = deed_find_open(deed, &open, &sent, err);

	if (rc < 0 || !open)
		return rc;
	/* Its mail has not left, or reached nobody: that is no matter of reminding. */
	if (sent.state != AS_SENT)
		return deed_wait(deed, deed->desk->now + DEED_RETRY);
	rc = matter_load(deed->desk, &sent.id, &m, err);
	if (rc == 0 && when(deed, &m) > deed->desk->now)
		return deed_wait(deed, when(deed, &m));
	if (rc == 0)
		rc = remind_by_rule(deed->desk, &sent, &reminding, err);
	if (rc == 0 && reminding.sent == 0 && reminding.again != 0)
		return deed_wait(deed, reminding.again);
	return rc < 0 || reminding.sent == 0 ? rc : deed_record(deed, err);
}
