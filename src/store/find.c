#include <assent/store/find.h>

#include "query.h"

#include <assent/base/str.h>

#include <string.h>

/* clang-format off */
#define IN_RANGE(table) "SELECT id FROM " table " WHERE id >= ? AND id <= ? ORDER BY id LIMIT 2"
#define NEIGHBOURS(table) \
	"SELECT max(id) FROM " table " WHERE id < ?1 UNION ALL" \
	" SELECT min(id) FROM " table " WHERE id > ?1"

/* In the order of enum find_in, twice. */
#define FIND(X) \
	X(RANGE_APPROVAL, IN_RANGE("approvals")) \
	X(RANGE_INBOUND, IN_RANGE("inbound")) \
	X(RANGE_JOB, IN_RANGE("jobs")) \
	X(RANGE_TOKEN, IN_RANGE("api_tokens")) \
	X(RANGE_ESCALATION, IN_RANGE("escalations")) \
	X(NEAR_APPROVAL, NEIGHBOURS("approvals")) \
	X(NEAR_INBOUND, NEIGHBOURS("inbound")) \
	X(NEAR_JOB, NEIGHBOURS("jobs")) \
	X(NEAR_TOKEN, NEIGHBOURS("api_tokens")) \
	X(NEAR_ESCALATION, NEIGHBOURS("escalations")) \
	X(DUE_OF_SERIAL, "SELECT j.due FROM job_serial s JOIN jobs j ON j.id = s.id" \
	    " WHERE s.serial = ? ORDER BY s.n LIMIT 1")
/* clang-format on */

DEFINE_STATEMENTS(SET_FIND, find, FIND);

#define QUERY(which) query_open(tx, &find_statements, which)

static const char *const things[FIND_COUNT] = { "approval", "mail", "job", "token", "packet" };

/* The ids that begin with text lie between low and high, both included. */
static bool
range_of(const char *text, struct id *low, struct id *high)
{
	static const char pattern[] = "00000000-0000-0000-0000-000000000000";
	char first[ID_TEXT_SIZE], last[ID_TEXT_SIZE];
	size_t len = strlen(text);

	if (len < FIND_PREFIX_MIN || len >= ID_TEXT_SIZE)
		return false;
	for (size_t i = 0; i < ID_TEXT_SIZE; i++) {
		bool given = i < len;

		if (given && (text[i] == '-') != (pattern[i] == '-'))
			return false;
		first[i] = given ? text[i] : pattern[i];
		last[i] = given ? text[i] : pattern[i] == '0' ? 'f' : pattern[i];
	}
	return id_parse(first, low) && id_parse(last, high);
}

int
find_id(struct tx *tx, enum find_in in, const char *text, struct id *out, struct err *err)
{
	struct id low, high, found = { 0 };
	size_t n = 0;
	int rc;

	if (id_parse(text, out))
		return 0;
	if (!range_of(text, &low, &high))
		return err_set(err, ERR_INVALID,
		    "'%s' is not the id of %s %s; write at least its first %d characters", text,
		    in == FIND_APPROVAL ? "an" : "a", things[in], FIND_PREFIX_MIN);
	struct query q = QUERY(RANGE_APPROVAL + (int)in);

	bind_id(&q, &low);
	bind_id(&q, &high);
	while ((rc = query_next(&q, err)) > 0)
		if (n++ == 0 && !column_id(&q, 0, &found))
			n = 0;
	if (rc < 0)
		return rc;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no %s '%s'", things[in], text);
	if (n > 1)
		return err_set(err, ERR_INVALID,
		    "'%s' begins the ids of several %ss; write more of it", text, things[in]);
	*out = found;
	return 0;
}

static size_t
common_length(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

int
find_length(struct tx *tx, enum find_in in, const struct id *id, size_t *out, struct err *err)
{
	struct query q = QUERY(NEAR_APPROVAL + (int)in);
	char mine[ID_TEXT_SIZE], theirs[ID_TEXT_SIZE];
	size_t longest = FIND_PREFIX_MIN;
	struct id near;
	int rc;

	id_text(id, mine);
	bind_id(&q, id);
	while ((rc = query_next(&q, err)) > 0) {
		if (column_is_null(&q, 0) || !column_id(&q, 0, &near))
			continue;
		size_t n = common_length(mine, id_text(&near, theirs)) + 1;
		longest = n > longest ? n : longest;
	}
	if (rc < 0)
		return rc;
	/* No prefix ends in a dash: it would look cut. */
	*out = mine[longest - 1] == '-' ? longest + 1 : longest;
	return 0;
}

int
find_due(struct tx *tx, const char *serial, utc_ms *out, struct err *err)
{
	struct query q = QUERY(DUE_OF_SERIAL);

	bind_text(&q, serial);
	return query_int(&q, out, err);
}
