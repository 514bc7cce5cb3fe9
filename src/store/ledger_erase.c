/* ledger_erase: values go, their hashes in the chain stay (invariant 10). */
#include "ledger_priv.h"

#include <assent/store/retention.h>

#include <string.h>

#define QUERY(which) query_open(tx, &ledger_statements, which)

static bool
is_one(const struct ledger_line *line, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strlen(*names) == line->name_len &&
		    strncmp(*names, line->name, line->name_len) == 0)
			return true;
	return false;
}

/* What was decided, and about what, is no personal matter. */
static bool
is_wanted(const struct ledger_line *line, const char *const *names)
{
	static const char *const kept[] = { "outcome", "asked_hash", NULL };

	return names != NULL ? is_one(line, names) : !is_one(line, kept);
}

static int
erase_value(struct tx *tx, int64_t seq, int64_t n, int64_t *erased, struct err *err)
{
	struct query q = QUERY(VALUE_ERASE);
	size_t changed = 0;
	int rc;

	bind_int(&q, seq);
	bind_int(&q, n);
	rc = query_count(&q, &changed, err);
	*erased += (int64_t)changed;
	return rc;
}

static int
read_text(struct tx *tx, int64_t seq, const char **out, struct err *err)
{
	struct query q = QUERY(ENTRY_TEXT);
	int rc;

	bind_int(&q, seq);
	rc = query_next(&q, err);
	if (rc == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "ledger: there is no entry %lld", (long long)seq);
	if (rc < 0)
		return rc;
	*out = column_text(&q, 0);
	query_end(&q);
	return 0;
}

int
ledger_erase(struct tx *tx, int64_t seq, const char *const *names, int64_t *erased, struct err *err)
{
	struct ledger_line line;
	const char *text = NULL, *at;
	int64_t n = 0;
	int rc = read_text(tx, seq, &text, err);

	if (rc < 0)
		return rc;
	at = ledger_first_field(text);
	while (rc == 0 && ledger_next_field(&at, &line)) {
		n++;
		if (is_wanted(&line, names))
			rc = erase_value(tx, seq, n, erased, err);
	}
	return rc;
}
