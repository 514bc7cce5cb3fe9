/* escalation_outcome: what an act came to, as mails and pages say it. */
#include "flow/escalation_priv.h"

#include <assent/base/str.h>
#include <assent/flow/address.h>
#include <assent/flow/matter.h>

/* clang-format off */
static const struct {
	const char *did, *already;
} flags[] = {
	[ESCALATION_ACK]	= { "did_ack",		"al_acked" },
	[ESCALATION_ASSIGN]	= { "did_assign",	"al_assigned" },
	[ESCALATION_SNOOZE]	= { "did_snooze",	"al_other" },
	[ESCALATION_RESOLVE]	= { "did_resolve",	"al_resolved" },
	[ESCALATION_REOPEN]	= { "did_reopen",	"al_open" },
};
/* clang-format on */

static void
flag(const struct escalation_outcome *out, const char *key)
{
	json_object_set_new(out->view, key, json_true());
}

/* What is wrong with the wish, in the words of a template where it has them. */
static void
say_fault(struct desk *desk, const struct escalation_wish *wish,
    const struct escalation_outcome *out, const struct err *why)
{
	const char *whom = wish->to != NULL ? address_read(tx_arena(desk->tx), wish->to) : NULL;
	enum escalation_state state;

	if (text_is(*wish->wrong, "/until")) {
		flag(out, "why_when");
	} else if (text_is(*wish->wrong, "/to") && whom != NULL) {
		flag(out, "why_whom");
		view_text(out->view, "whom", whom);
	} else if (why->code == ERR_CONFLICT && wish->act != ESCALATION_REOPEN &&
	    escalation_state_parse(out->e->state, &state) && !escalation_is_open(state)) {
		flag(out, state == ESCALATION_RESOLVED ? "closed_resolved" : "closed_expired");
	} else {
		view_text(out->view, "fault", why->text);
	}
}

int
escalation_do_and_say(struct desk *desk, const struct escalation_wish *want,
    const struct escalation_outcome *out, struct err *err)
{
	struct escalation_wish wish = *want;
	const char *wrong = NULL;
	struct escalation now;
	struct err why;
	int rc;

	wish.wrong = &wrong;
	*out->refused = NULL;
	rc = escalation_do(desk, &wish, &now, out->done, &why);
	if (rc < 0 && err_is_temporary(rc))
		return err_set(err, rc, "%s", why.text);
	if (rc < 0) {
		say_fault(desk, &wish, out, &why);
		*out->refused = arena_dup(tx_arena(desk->tx), why.text);
		return 0;
	}
	*out->e = now;
	flag(out, *out->done ? flags[wish.act].did : flags[wish.act].already);
	if (*out->done)
		flag(out, "done");
	return 0;
}
