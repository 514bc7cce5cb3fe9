#include <assent/store/resume.h>

#include "query.h"

/* clang-format off */
#define RESUME(F, N, S) \
	F(S, ID, escalation) N(S, ID, message) N(S, TEXT, workflow) N(S, TEXT, state) \
	N(S, INT, tries) N(S, INT, status) N(S, TEXT, answer) N(S, TEXT, error) \
	N(S, INT, created) N(S, INT, at)

#define RESUMES(X) \
	X(RESUME_PUT, INSERT("resumes", RESUME) " ON CONFLICT (escalation) DO UPDATE SET" \
	    " message = excluded.message, workflow = excluded.workflow, state = excluded.state," \
	    " tries = excluded.tries, status = excluded.status, answer = excluded.answer," \
	    " error = excluded.error, created = excluded.created, at = excluded.at") \
	X(RESUME_GET, "SELECT " NAMES(RESUME) " FROM resumes WHERE escalation = ?")
/* clang-format on */

DEFINE_STATEMENTS(SET_RESUME, resume, RESUMES);
DEFINE_TABLE(resume, struct resume, RESUME);

#define QUERY(which) query_open(tx, &resume_statements, which)

int
resume_put(struct tx *tx, const struct resume *resume, struct err *err)
{
	struct query q = QUERY(RESUME_PUT);

	bind_row(&q, &resume_table, resume);
	return query_run(&q, err);
}

int
resume_get(struct tx *tx, const struct id *escalation, struct resume *out, struct err *err)
{
	struct query q = QUERY(RESUME_GET);

	bind_id(&q, escalation);
	return query_one(&q, &resume_table, out, err);
}
