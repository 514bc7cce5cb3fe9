#include <assent/store/browse.h>

#include "query.h"

#include <assent/base/str.h>

#include <string.h>

/* clang-format off */
#define TICKETS "SELECT ref FROM tickets WHERE "
#define TICKETS_END "ref < ? ORDER BY ref DESC LIMIT ?"

#define OPEN_STATES "('draft', 'sent', 'undeliverable')"
/* ?1 before, ?2 state, ?3 organisation, ?4 ticket, ?5 batch, ?6 how many */
#define APPROVALS "SELECT id FROM approvals WHERE "
#define APPROVALS_MIDDLE \
	" AND (?2 = '' OR state = ?2 OR (?2 = 'open' AND state IN " OPEN_STATES "))" \
	" AND (?3 IS NULL OR organisation = ?3) AND (?4 IS NULL OR ticket = ?4)" \
	" AND (?5 IS NULL OR batch = ?5)"
#define APPROVALS_END APPROVALS_MIDDLE " AND id < ?1 ORDER BY id DESC LIMIT ?6"
/* Few rows remain: they are sorted rather than found in a walk over all ids. */
#define APPROVALS_SORTED APPROVALS_MIDDLE " AND +id < ?1 ORDER BY +id DESC LIMIT ?6"

#define BROWSE(X) \
	X(TICKETS_ALL, TICKETS TICKETS_END) \
	X(TICKETS_STATUS, TICKETS "status = ? AND " TICKETS_END) \
	X(TICKETS_OF, TICKETS "organisation = ? AND " TICKETS_END) \
	X(TICKETS_BOTH, TICKETS "status = ? AND organisation = ? AND " TICKETS_END) \
	X(APPROVALS_ALL, APPROVALS "1" APPROVALS_END) \
	X(APPROVALS_OF, APPROVALS "organisation = ?3" APPROVALS_END) \
	X(APPROVALS_OPEN, APPROVALS "state IN " OPEN_STATES APPROVALS_SORTED) \
	X(APPROVALS_TICKET, APPROVALS "ticket = ?4" APPROVALS_SORTED) \
	X(APPROVALS_BATCH, APPROVALS "batch = ?5" APPROVALS_SORTED) \
	X(ORGANISATIONS, "SELECT key FROM organisations WHERE key > ? ORDER BY key LIMIT ?") \
	X(DOMAINS, "SELECT domain FROM organisation_domains WHERE organisation = ?" \
	    " ORDER BY domain LIMIT ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_BROWSE, browse, BROWSE);

#define QUERY(which) query_open(tx, &browse_statements, which)
#define DOMAINS_MAX 10000 /* of one organisation: more is nobody's */

static int
which_tickets(const struct browse_tickets *want)
{
	if (want->status[0] != '\0')
		return id_is_null(&want->organisation) ? TICKETS_STATUS : TICKETS_BOTH;
	return id_is_null(&want->organisation) ? TICKETS_ALL : TICKETS_OF;
}

int
browse_tickets(
    struct tx *tx, const struct browse_tickets *want, int64_t **out, size_t *count, struct err *err)
{
	struct query q = QUERY(which_tickets(want));
	int64_t *refs = arena_alloc(tx_arena(tx), (want->max + 1) * sizeof(*refs));
	size_t n = 0;
	int rc;

	if (want->status[0] != '\0')
		bind_text(&q, want->status);
	if (!id_is_null(&want->organisation))
		bind_id(&q, &want->organisation);
	bind_int(&q, want->before > 0 ? want->before : INT64_MAX);
	bind_int(&q, (int64_t)want->max);
	while ((rc = query_next(&q, err)) > 0)
		refs[n++] = column_int(&q, 0);
	*out = refs;
	*count = n;
	return rc;
}

static int
which_approvals(const struct browse_approvals *want)
{
	if (!id_is_null(&want->ticket))
		return APPROVALS_TICKET;
	if (!id_is_null(&want->batch))
		return APPROVALS_BATCH;
	if (text_is(want->state, "open") || text_is(want->state, "draft") ||
	    text_is(want->state, "sent") || text_is(want->state, "undeliverable"))
		return APPROVALS_OPEN;
	return id_is_null(&want->organisation) ? APPROVALS_ALL : APPROVALS_OF;
}

int
browse_approvals(struct tx *tx, const struct browse_approvals *want, struct id **out, size_t *count,
    struct err *err)
{
	struct query q = QUERY(which_approvals(want));
	struct id *ids = arena_alloc(tx_arena(tx), (want->max + 1) * sizeof(*ids));
	struct id before = want->before;
	size_t n = 0;
	int rc;

	if (id_is_null(&before))
		memset(&before, 0xff, sizeof(before));
	bind_id(&q, &before);
	bind_text(&q, want->state);
	bind_maybe_id(&q, &want->organisation);
	bind_maybe_id(&q, &want->ticket);
	bind_maybe_id(&q, &want->batch);
	bind_int(&q, (int64_t)want->max);
	while ((rc = query_next(&q, err)) > 0)
		if (column_id(&q, 0, &ids[n]))
			n++;
	*out = ids;
	*count = n;
	return rc;
}

static int
texts(struct query *query, size_t max, const char ***out, size_t *count, struct err *err)
{
	struct arena *arena = tx_arena(query->tx);
	size_t room = 16, n = 0;
	const char **list = arena_alloc(arena, room * sizeof(*list));
	int rc;

	bind_int(query, (int64_t)max);
	while ((rc = query_next(query, err)) > 0) {
		if (n == room) {
			const char **larger = arena_alloc(arena, 2 * room * sizeof(*list));
			memcpy(larger, list, room * sizeof(*list));
			list = larger;
			room *= 2;
		}
		list[n++] = column_text(query, 0);
	}
	*out = list;
	*count = n;
	return rc;
}

int
browse_organisations(
    struct tx *tx, const char *after, size_t max, const char ***out, size_t *count, struct err *err)
{
	struct query q = QUERY(ORGANISATIONS);

	bind_text(&q, after);
	return texts(&q, max, out, count, err);
}

int
browse_domains(
    struct tx *tx, const struct id *organisation, const char ***out, size_t *count, struct err *err)
{
	struct query q = QUERY(DOMAINS);

	bind_id(&q, organisation);
	return texts(&q, DOMAINS_MAX, out, count, err);
}
