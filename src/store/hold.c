#include <assent/store/hold.h>

#include "query.h"

#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/store/site.h>

/* clang-format off */
#define HELD(F, N, S) \
	F(S, ID, id) N(S, TEXT, kind) N(S, MAYBE_ID, approval) N(S, MAYBE_ID, batch) \
	N(S, BOOL, is_reminder) N(S, BOOL, is_closed) N(S, INT, created)

/* Why here: a queue of a bad day does not fit into memory with its texts. */
#define IS_REMINDER \
	"CASE WHEN json_valid(o.\"view\")" \
	" THEN coalesce(json_extract(o.\"view\", '$.reminder'), 0) = 1 ELSE 0 END"
#define IS_OPEN "a.state IN ('draft', 'sent', 'undeliverable')"
#define IS_CLOSED \
	"o.kind IN ('request', 'batch') AND (o.batch IS NOT NULL OR o.approval IS NOT NULL)" \
	" AND CASE WHEN o.batch IS NULL" \
	" THEN NOT EXISTS (SELECT 1 FROM approvals a WHERE a.id = o.approval AND " IS_OPEN ")" \
	" ELSE NOT EXISTS (SELECT 1 FROM approvals a WHERE a.batch = o.batch AND " IS_OPEN ") END"

#define HOLD(X) \
	X(HOLD_LIST, "SELECT o.id, o.kind, o.approval, o.batch, " IS_REMINDER ", " IS_CLOSED \
	    ", o.created FROM outgoing o" \
	    " WHERE o.status IN ('queued', 'maybe') AND o.status = 'queued'" \
	    " AND (o.created, o.id) > (?, ?) ORDER BY o.created, o.id LIMIT ?") \
	X(HOLD_DROP, "UPDATE outgoing SET status = 'dropped', last_error = ?" \
	    " WHERE id = ? AND status = 'queued'")
/* clang-format on */

DEFINE_STATEMENTS(SET_HOLD, hold, HOLD);
DEFINE_TABLE(held_mail, struct held_mail, HELD);

#define QUERY(which) query_open(tx, &hold_statements, which)

int
hold_get(struct tx *tx, bool *out, utc_ms *since, struct err *err)
{
	const char *text = "";
	utc_ms at = 0;
	int rc = site_get(tx, "hold", &text, err);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	/* Whatever stands there but nothing means that nothing may leave. */
	*out = rc == 0 && *text != '\0';
	if (*out && !num_parse(text, &at))
		at = 0;
	if (since != NULL)
		*since = at;
	return 0;
}

int
hold_set(struct tx *tx, bool on, utc_ms now, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(32);

	if (on)
		str_addf(&text, "%lld", (long long)now);
	return site_set(tx, "hold", str_text(&text), err);
}

int
hold_list(struct tx *tx, const struct held_mail *after, size_t max, struct held_mail **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(HOLD_LIST);

	bind_int(&q, after != NULL ? after->created : INT64_MIN);
	bind_id(&q, after != NULL ? &after->id : &(struct id){ 0 });
	bind_max(&q, max);
	return query_list(&q, &held_mail_table, out, count, err);
}

int
hold_drop(struct tx *tx, const struct id *id, const char *why, struct err *err)
{
	struct query q = QUERY(HOLD_DROP);

	bind_text(&q, why);
	bind_id(&q, id);
	return query_claim(&q, ERR_CONFLICT, "this mail does not wait any more", err);
}
