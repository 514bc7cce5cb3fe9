/* hook: a helpdesk asks for approval of one ticket or several. */
#include <assent/flow/ask.h>
#include <assent/flow/links.h>

#include "flow/hook_priv.h"

/* May the source ask about this ticket? With a refusal in the outcome where not. */
static int
check_ticket(struct hook_run *run, const struct id *id, bool *may, struct err *err)
{
	struct organisation organisation;
	struct ticket ticket;
	int rc = ticket_get(run->desk->tx, id, &ticket, err);

	*may = false;
	if (rc < 0)
		return rc;
	if (id_is_null(&ticket.organisation)) {
		hook_refuse(run, "no question was put: T-%lld belongs to no customer yet",
		    (long long)ticket.ref);
		return 0;
	}
	rc = organisation_get(run->desk->tx, &ticket.organisation, &organisation, err);
	if (rc < 0)
		return rc;
	*may = hook_may_speak(run->source, &organisation);
	if (!*may)
		hook_refuse(
		    run, "no question was put: this source may not speak for %s", organisation.key);
	return 0;
}

/* All or nothing, so that nobody answers half of what was meant. */
static int
check_all(struct hook_run *run, bool *may, struct err *err)
{
	size_t count = run->event->ticket_count;
	int rc = 0;

	*may = false;
	if (!run->source->may_ask) {
		hook_refuse(run, "no question was put: this source may not ask");
		return 0;
	}
	if (count > (size_t)run->desk->policy->batch_max) {
		hook_refuse(run,
		    "no question was put: %zu tickets are more than the %d of one mail", count,
		    run->desk->policy->batch_max);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (id_is_null(&run->tickets[i])) {
			hook_refuse(run, "no question was put, because of that");
			return 0;
		}
	*may = true;
	for (size_t i = 0; rc == 0 && *may && i < count; i++)
		rc = check_ticket(run, &run->tickets[i], may, err);
	return rc;
}

int
hook_ask(struct hook_run *run, struct err *err)
{
	struct arena *arena = tx_arena(run->desk->tx);
	const struct ask ask = {
		.tickets = run->tickets,
		.ticket_count = run->event->ticket_count,
		.question = links_redact(arena, run->event->question),
		.by = run->by,
		.summary = links_redact(arena, run->event->summary),
		.delay = run->desk->policy->send_delay,
	};
	struct ask_result result;
	bool may = false;
	int rc = check_all(run, &may, err);

	if (rc < 0 || !may)
		return rc;
	rc = ask_request(run->desk, &ask, &result, err);
	if (rc < 0)
		return hook_excuse(run, "no question was put", rc, err);
	for (size_t i = 0; i < result.count; i++)
		hook_note(run, "%s is asked about %zu ticket%s", result.lines[i].owner_email,
		    result.lines[i].count, result.lines[i].count == 1 ? "" : "s");
	return 0;
}
