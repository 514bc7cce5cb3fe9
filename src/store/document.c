/* document: texts drafted for a ticket, and what they cost. */
#include <assent/store/document.h>

#include "query.h"

#include <assent/base/str.h>

/* clang-format off */
#define DOCUMENT(F, N, S) \
	F(S, ID, id) N(S, ID, ticket) N(S, TEXT, kind) N(S, TEXT, locale) N(S, INT, revision) \
	N(S, TEXT, author) N(S, TEXT, text) N(S, INT, state_version) N(S, TEXT, prompt) \
	N(S, TEXT, chain) N(S, TEXT, provider) N(S, TEXT, model) N(S, BOOL, is_by_ai) \
	N(S, TEXT, why) N(S, INT, tokens_in) N(S, INT, tokens_cached) N(S, INT, tokens_out) \
	N(S, INT, micros) N(S, BOOL, kept) N(S, INT, created) N(S, INT, used)

#define USAGE(F, N, S) \
	F(S, INT, day) N(S, TEXT, organisation) N(S, TEXT, provider) N(S, TEXT, model) \
	N(S, TEXT, kind) N(S, INT, calls) N(S, INT, tokens_in) N(S, INT, tokens_cached) \
	N(S, INT, tokens_out) N(S, INT, micros)

#define OF_NAME "FROM documents d WHERE ticket = ? AND kind = ? AND locale = ?"
#define WANTED "WHERE day BETWEEN ? AND ? AND (? OR organisation = ?)"
#define MORE(column) #column " = " #column " + excluded." #column

#define DOCUMENTS(X) \
	X(DOCUMENT_NEXT, "SELECT coalesce(max(revision), 0) + 1 " OF_NAME) \
	X(DOCUMENT_ADD, INSERT("documents", DOCUMENT)) \
	X(DOCUMENT_NEWEST, "SELECT " NAMES(DOCUMENT) " " OF_NAME " ORDER BY revision DESC LIMIT 1") \
	X(DOCUMENT_REVISION, "SELECT " NAMES(DOCUMENT) " " OF_NAME " AND revision = ?") \
	X(DOCUMENT_FIND, "SELECT " NAMES(DOCUMENT) " " OF_NAME " AND state_version = ?" \
	    " AND (author <> '' OR (prompt = ? AND chain = ?)) ORDER BY revision DESC LIMIT 1") \
	X(DOCUMENT_LIST, "SELECT " NAMES(DOCUMENT) " FROM documents d WHERE ticket = ?" \
	    " AND NOT EXISTS (SELECT 1 FROM documents n WHERE n.ticket = d.ticket" \
	    " AND n.kind = d.kind AND n.locale = d.locale AND n.revision > d.revision)" \
	    " ORDER BY kind, locale") \
	X(DOCUMENT_NAMES, "SELECT count(*) FROM (SELECT DISTINCT kind, locale FROM documents" \
	    " WHERE ticket = ? AND (kind <> ? OR locale <> ?))") \
	X(DOCUMENT_WORDS, "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM documents" \
	    " WHERE ticket = ? AND author <> ''") \
	X(DOCUMENT_KEEP, "UPDATE documents SET kept = 1 WHERE id = ?") \
	X(DOCUMENT_CARRY, "UPDATE documents SET state_version = ? WHERE id = ?") \
	X(DOCUMENT_USE, "UPDATE documents SET used = ? WHERE id = ?") \
	X(DOCUMENT_DRAFTS, "SELECT count(*) FROM documents WHERE kept = 0") \
	X(DOCUMENT_TRIM, "DELETE FROM documents WHERE id IN (SELECT id FROM documents" \
	    " WHERE kept = 0 ORDER BY used, id LIMIT ?)") \
	X(DOCUMENT_JOB, "SELECT payload FROM jobs WHERE id = (SELECT id FROM job_serial" \
	    " WHERE serial = ? ORDER BY n DESC LIMIT 1)") \
	X(USAGE_ADD, INSERT("ai_usage", USAGE) " ON CONFLICT DO UPDATE SET " MORE(calls) ", " \
	    MORE(tokens_in) ", " MORE(tokens_cached) ", " MORE(tokens_out) ", " MORE(micros)) \
	X(USAGE_LIST, "SELECT " NAMES(USAGE) " FROM ai_usage " WANTED \
	    " ORDER BY day, organisation, provider, model, kind") \
	X(USAGE_SUM, "SELECT 0, organisation, provider, model, kind, sum(calls), sum(tokens_in)," \
	    " sum(tokens_cached), sum(tokens_out), sum(micros) FROM ai_usage " WANTED \
	    " GROUP BY organisation, provider, model, kind" \
	    " ORDER BY organisation, kind, provider, model")
/* clang-format on */

DEFINE_STATEMENTS(SET_DOCUMENT, document, DOCUMENTS);
DEFINE_TABLE(document, struct document, DOCUMENT);
DEFINE_TABLE(ai_usage, struct ai_usage, USAGE);

#define QUERY(which) query_open(tx, &document_statements, which)

static void
bind_name(struct query *q, const struct id *ticket, const char *kind, const char *locale)
{
	bind_id(q, ticket);
	bind_text(q, kind);
	bind_text(q, locale);
}

int
document_add(struct tx *tx, const struct document *document, struct err *err)
{
	struct query next = QUERY(DOCUMENT_NEXT);
	struct document row = *document;
	int rc;

	bind_name(&next, &row.ticket, row.kind, row.locale);
	rc = query_int(&next, &row.revision, err);
	/* Before it is there: after a clock that went back it would be the one to go. */
	if (rc == 0 && !row.kept)
		rc = document_trim(tx, DOCUMENTS_MAX - 1, err);
	if (rc < 0)
		return rc;

	struct query q = QUERY(DOCUMENT_ADD);

	bind_row(&q, &document_table, &row);
	return query_run(&q, err);
}

int
document_get(struct tx *tx, const struct document_name *name, struct document *out, struct err *err)
{
	struct query q = QUERY(name->revision > 0 ? DOCUMENT_REVISION : DOCUMENT_NEWEST);

	bind_name(&q, &name->ticket, name->kind, name->locale);
	if (name->revision > 0)
		bind_int(&q, name->revision);
	return query_one(&q, &document_table, out, err);
}

int
document_find(struct tx *tx, const struct document *asked, struct document *out, struct err *err)
{
	struct query q = QUERY(DOCUMENT_FIND);

	bind_name(&q, &asked->ticket, asked->kind, asked->locale);
	bind_int(&q, asked->state_version);
	bind_text(&q, asked->prompt);
	bind_text(&q, asked->chain);
	return query_one(&q, &document_table, out, err);
}

int
document_list(
    struct tx *tx, const struct id *ticket, struct document **out, size_t *count, struct err *err)
{
	struct query q = QUERY(DOCUMENT_LIST);

	bind_id(&q, ticket);
	return query_list(&q, &document_table, out, count, err);
}

int
document_names(struct tx *tx, const struct document_name *name, int64_t *out, struct err *err)
{
	struct query q = QUERY(DOCUMENT_NAMES);

	bind_name(&q, &name->ticket, name->kind, name->locale);
	return query_int(&q, out, err);
}

int
document_words(struct tx *tx, const struct id *ticket, int64_t *out, struct err *err)
{
	struct query q = QUERY(DOCUMENT_WORDS);

	bind_id(&q, ticket);
	return query_int(&q, out, err);
}

int
document_keep(struct tx *tx, const struct id *id, struct err *err)
{
	struct query q = QUERY(DOCUMENT_KEEP);

	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such document", err);
}

int
document_carry(struct tx *tx, const struct id *id, int64_t state_version, struct err *err)
{
	struct query q = QUERY(DOCUMENT_CARRY);

	bind_int(&q, state_version);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such document", err);
}

int
document_use(struct tx *tx, const struct id *id, utc_ms now, struct err *err)
{
	struct query q = QUERY(DOCUMENT_USE);

	bind_int(&q, now);
	bind_id(&q, id);
	return query_claim(&q, ERR_NOT_FOUND, "there is no such document", err);
}

int
document_trim(struct tx *tx, int64_t most, struct err *err)
{
	struct query count = QUERY(DOCUMENT_DRAFTS);
	int64_t n = 0;
	int rc = query_int(&count, &n, err);

	if (rc < 0 || n <= most)
		return rc;

	struct query q = QUERY(DOCUMENT_TRIM);

	bind_int(&q, n - most);
	return query_run(&q, err);
}

int
document_job(struct tx *tx, const char *run, const char **payload, struct err *err)
{
	struct query q = QUERY(DOCUMENT_JOB);
	int rc;

	bind_text(&q, run);
	rc = query_next(&q, err);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(err, ERR_NOT_FOUND, "no job drafts %s", run);
	*payload = column_text(&q, 0);
	query_end(&q);
	return 0;
}

int
ai_usage_add(struct tx *tx, const struct ai_usage *usage, struct err *err)
{
	struct query q = QUERY(USAGE_ADD);

	bind_row(&q, &ai_usage_table, usage);
	return query_run(&q, err);
}

static int
list_usage(struct query *q, const struct ai_usage_filter *filter, struct ai_usage **out,
    size_t *count, struct err *err)
{
	bind_int(q, filter->from);
	bind_int(q, filter->to);
	bind_int(q, filter->organisation == NULL);
	bind_text(q, filter->organisation);
	return query_list(q, &ai_usage_table, out, count, err);
}

int
ai_usage_sum(struct tx *tx, const struct ai_usage_filter *filter, struct ai_usage **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(USAGE_SUM);

	return list_usage(&q, filter, out, count, err);
}

int
ai_usage_list(struct tx *tx, const struct ai_usage_filter *filter, struct ai_usage **out,
    size_t *count, struct err *err)
{
	struct query q = QUERY(USAGE_LIST);

	return list_usage(&q, filter, out, count, err);
}
