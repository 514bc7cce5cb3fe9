#include "flow/received.h"

#include <assent/base/metric.h>
#include <assent/base/str.h>

#include "flow/payload.h"

#define NO_CHILD_NAP (30 * MS_SECOND)

static int
load(struct desk *desk, const struct job *job, bool raw, struct inbound *out, struct err *err)
{
	struct id id;

	if (!payload_id(job, "inbound", &id))
		return err_set(err, ERR_INVALID, "the job does not say what was received");
	return inbound_get(desk->tx, &id, raw, out, err);
}

/* More tries than may be: the last ones took the whole program down. */
static bool
is_poison(const struct desk *desk, const struct job *job)
{
	return job->attempts > desk->policy->parse_attempts;
}

int
received_open(struct desk *desk, const struct job *job, struct inbound *out, struct err *err)
{
	int rc = load(desk, job, true, out, err);

	return rc < 0 ? rc : text_is(out->status, "new") && !is_poison(desk, job);
}

int
received_quarantine(struct desk *desk, struct inbound *inbound, const char *why, struct err *err)
{
	inbound->status = "quarantined";
	inbound->outcome = arena_printf(tx_arena(desk->tx), "could not be read: %s", why);
	metric_add(METRIC_MAIL_QUARANTINED, 1);
	return inbound_settle(desk->tx, inbound, err);
}

static int
not_carried(
    struct desk *desk, const struct received *received, struct inbound *inbound, struct err *err)
{
	struct call *call = received->call;

	/* That no child could be started says nothing about what it was to read: no try is counted. */
	if (call->rc == ERR_IO) {
		call->again = desk->now + NO_CHILD_NAP;
		return 0;
	}
	if (err_is_temporary(call->rc) && received->job->attempts < desk->policy->parse_attempts)
		return err_set(err, call->rc, "%s", call->err.text);
	return received_quarantine(desk, inbound, call->err.text, err);
}

int
received_take(
    struct desk *desk, const struct received *received, struct inbound *out, struct err *err)
{
	int rc = load(desk, received->job, false, out, err);

	if (rc < 0 || !text_is(out->status, "new"))
		return rc;
	if (is_poison(desk, received->job))
		return received_quarantine(
		    desk, out, "every try ended the program that read it", err);
	return received->call->rc < 0 ? not_carried(desk, received, out, err) : 1;
}

int
received_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct inbound inbound = { .status = "" };
	struct err unused;
	int rc = load(desk, job, false, &inbound, &unused);

	(void)call;
	if (rc == ERR_INVALID)
		return 0;
	if (rc < 0 || !text_is(inbound.status, "new"))
		return rc < 0 ? err_wrap(err, rc, "%s", unused.text) : 0;
	return received_quarantine(desk, &inbound, job->last_error, err);
}
