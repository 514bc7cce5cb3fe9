/* document: what was written is stored, and what it cost. */
#include <assent/base/str.h>
#include <assent/flow/operate.h>
#include <assent/store/ledger.h>

#include "flow/document_priv.h"

int
document_count(
    struct desk *desk, const struct document_call *call, const char *organisation, struct err *err)
{
	const struct writing *w = &call->writing;

	if (w->paid_provider == NULL || w->paid_provider[0] == '\0')
		return 0;
	return ai_usage_add(desk->tx,
	    &(struct ai_usage){
		.day = DAY_OF(desk->now),
		.organisation = organisation,
		.provider = w->paid_provider,
		.model = w->paid_model,
		.kind = call->key.kind,
		.calls = 1,
		.tokens_in = w->usage.in,
		.tokens_cached = w->usage.cached,
		.tokens_out = w->usage.out,
		.micros = w->micros,
	    },
	    err);
}

static struct document
row_of(struct desk *desk, const struct document_call *call)
{
	const struct writing *w = &call->writing;
	struct document row = call->key;

	row.id = id_next(desk->now);
	row.text = w->text;
	row.provider = w->provider;
	row.model = w->model;
	row.is_by_ai = w->is_drafted_by_ai;
	row.why = w->why;
	row.tokens_in = w->usage.in;
	row.tokens_cached = w->usage.cached;
	row.tokens_out = w->usage.out;
	row.micros = w->micros;
	row.created = row.used = desk->now;
	return row;
}

int
document_mark(struct desk *desk, struct document_call *call, struct err *err)
{
	struct ledger_head head;
	int rc = ledger_head(desk->tx, &head, err);

	call->seq = head.seq;
	return rc;
}

int
document_was_erased(struct desk *desk, const struct document_call *call, bool *out, struct err *err)
{
	return ledger_since(desk->tx, call->seq, OPERATE_ERASED, out, err);
}

int
document_store(struct desk *desk, const struct document_call *call, const struct document_who *who,
    struct document *out, struct err *err)
{
	struct document row = row_of(desk, call);
	const struct document_name name = { row.ticket, row.kind, row.locale, 0 };
	int rc = document_count(desk, call, who->organisation, err);

	row.kept = who->keep;
	if (rc == 0)
		rc = document_add(desk->tx, &row, err);
	if (rc == 0)
		rc = document_get(desk->tx, &name, out, err);
	return rc < 0 ? rc : document_event(desk, "document.drafted", out, who->by, err);
}
