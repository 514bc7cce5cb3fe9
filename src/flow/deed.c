#include "flow/deed.h"

#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>
#include <assent/flow/watch.h>
#include <assent/store/facts.h>
#include <assent/store/hold.h>

#include "flow/payload.h"
#include "flow/record.h"
#include "flow/stories.h"
#include "flow/watch_priv.h"

#include <string.h>

#define KIND "rule"
/* Short, so that what waits goes on soon after `assent clock accept`. */
#define CLOCK_PAUSE (10 * MS_SECOND)
#define HOLD_PAUSE MS_MINUTE
#define SOON MS_SECOND /* not now: rules wait for timers that are due, and there may be many */
#define OPEN_MAX 100 /* questions of one ticket */

/* --- what is to be done ------------------------------------------------------------ */

/* The first of each text is for whoever reads another language. */
static json_t *
firsts(const struct rule *rule)
{
	return json_pack("{s:s, s:s, s:s}", "title", rule_text_in(&rule->title, ""), "suggest",
	    rule_text_in(&rule->suggest, ""), "ask", rule_text_in(&rule->ask, ""));
}

static const char *
payload_of(struct desk *desk, const struct deed_wish *wish)
{
	const struct rule *rule = wish->rule;
	char text[ID_TEXT_SIZE];
	json_t *payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o}",
	    "ticket", id_text(&wish->ticket->id, text), "rule", rule->id, "key", wish->key, "then",
	    rule_then_name(rule->then), "to", rule->to, "priority",
	    escalation_priority_name(rule->priority), "withdraw", rule->withdraw, "title",
	    watch_said(&rule->title), "suggest", watch_said(&rule->suggest), "ask",
	    watch_said(&rule->ask), "first", firsts(rule));
	const char *out = view_dump(tx_arena(desk->tx), payload);

	json_decref(payload);
	return out;
}

static const char *
serial_of(struct desk *desk, const struct id *ticket, const struct rule *rule)
{
	char text[ID_TEXT_SIZE];

	return arena_printf(tx_arena(desk->tx), KIND ":%s:%s", id_text(ticket, text), rule->id);
}

int
watch_waits(struct desk *desk, const struct id *ticket, const struct rule *rule, utc_ms *out,
    struct err *err)
{
	return job_when(desk->tx, serial_of(desk, ticket, rule), out, err);
}

int
deed_want(struct desk *desk, const struct deed_wish *wish, struct err *err)
{
	struct job job = {
		.id = id_new(desk->now),
		.kind = KIND,
		.lane = LANE_CLOCK,
		.serial = serial_of(desk, &wish->ticket->id, wish->rule),
		.due = desk->now + SOON,
		.created = desk->now,
		.payload = payload_of(desk, wish),
	};
	int rc = job_cancel(desk->tx, job.serial, KIND, NULL, err);

	return rc < 0 ? rc : job_add(desk->tx, &job, err);
}

/* --- what it says -------------------------------------------------------------------- */

const char *
deed_word(const struct deed *deed, const char *key)
{
	const char *text = json_string_value(json_object_get(deed->wish, key));

	return text != NULL ? arena_dup(tx_arena(deed->desk->tx), text) : "";
}

/* "ar-SA" is looked for as "ar-SA" and as "ar". */
const char *
deed_text(const struct deed *deed, const char *field, const char *locale)
{
	struct arena *arena = tx_arena(deed->desk->tx);
	const json_t *texts = json_object_get(deed->wish, field);
	const char *language = arena_dup_n(arena, locale, strcspn(locale, "-_"));
	const char *text = json_string_value(json_object_get(texts, locale));

	if (text == NULL)
		text = json_string_value(json_object_get(texts, language));
	if (text == NULL)
		text =
		    json_string_value(json_object_get(json_object_get(deed->wish, "first"), field));
	return text != NULL ? arena_dup(arena, text) : "";
}

const char *
deed_texts(const struct deed *deed)
{
	json_t *texts = json_pack("{s:O, s:O}", "title", json_object_get(deed->wish, "title"),
	    "suggest", json_object_get(deed->wish, "suggest"));
	const char *out = view_dump(tx_arena(deed->desk->tx), texts);

	json_decref(texts);
	return out;
}

/* --- doing it ---------------------------------------------------------------------------- */

int
deed_wait(struct deed *deed, utc_ms until)
{
	deed->call->again = until;
	return 0;
}

int
deed_record(struct deed *deed, struct err *err)
{
	const char *kind =
	    arena_printf(tx_arena(deed->desk->tx), "rule.%s", deed_word(deed, "then"));

	return record_event(deed->desk, &deed->ticket.id,
	    &(struct record_change){ kind, deed->by, NULL, deed->key }, err);
}

int
deed_find_open(struct deed *deed, bool *out, struct approval *sent, struct err *err)
{
	const struct approval_filter filter = {
		.ticket = deed->ticket.id, .only_open = true, .max = OPEN_MAX
	};
	struct approval *open = NULL;
	size_t n = 0;
	int rc = approval_list(deed->desk->tx, &filter, &open, &n, err);

	*out = rc == 0 && n > 0;
	if (sent == NULL)
		return rc;
	*sent = (struct approval){ .state = AS_DRAFT };
	for (size_t i = n; rc == 0 && i > 0; i--)
		if (open[i - 1].state == AS_SENT)
			*sent = open[i - 1];
	return rc;
}

/*
 * Whatever waited is done only while the rule holds, and for the same. What is
 * done once for an organisation was done for the ticket it began with.
 */
static int
still_holds(struct deed *deed, bool *out, struct err *err)
{
	struct rule_hold *holds = NULL;
	size_t n = 0, i = 0;
	bool before = false;
	int rc = rule_hold_list(deed->desk->tx, &deed->ticket.id, &holds, &n, err);

	*out = false;
	while (
	    i < n && !(text_is(holds[i].rule, deed->rule) && text_is(holds[i].once_key, deed->key)))
		i++;
	if (rc < 0 || i == n)
		return rc;
	rc = rule_hold_before(deed->desk->tx, &holds[i], &before, err);
	*out = !before;
	return rc;
}

/* clang-format off */
static const struct {
	const char *then;
	int (*fn)(struct deed *deed, struct err *err);
} acts[] = {
	{ "request_approval",	deed_ask },
	{ "remind",		deed_remind },
	{ "notify",		deed_notify },
	{ "close",		deed_close },
};
/* clang-format on */

static int
act(struct deed *deed, struct err *err)
{
	const char *then = deed_word(deed, "then");

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (text_is(acts[i].then, then))
			return acts[i].fn(deed, err);
	return err_set(
	    err, ERR_INVALID, "rule %s: \"%s\" is nothing that rules do", deed->rule, then);
}

static int
settle(struct deed *deed, const struct id *ticket, struct err *err)
{
	struct desk *desk = deed->desk;
	bool holds = false, held = false;
	int rc = hold_get(desk->tx, &held, NULL, err);

	/* As all that cannot be taken back: not by a clock that nobody believes. */
	if (rc == 0 && (held || !desk->clock_trusted))
		return deed_wait(deed, desk->now + (held ? HOLD_PAUSE : CLOCK_PAUSE));
	if (rc == 0)
		rc = ticket_get(desk->tx, ticket, &deed->ticket, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	deed->rule = deed_word(deed, "rule");
	deed->key = deed_word(deed, "key");
	deed->by = arena_printf(tx_arena(desk->tx), "rule:%s", deed->rule);
	if (rc == 0)
		rc = still_holds(deed, &holds, err);
	return rc < 0 || !holds ? rc : act(deed, err);
}

int
rule_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	json_t *payload = json_loads(job->payload, 0, NULL);
	struct deed deed = { .desk = desk, .call = call, .wish = payload };
	struct id ticket;
	int rc;

	if (!payload_id(job, "ticket", &ticket))
		rc = err_set(err, ERR_INVALID, "the job names no ticket");
	else
		rc = settle(&deed, &ticket, err);
	json_decref(payload);
	return rc;
}
