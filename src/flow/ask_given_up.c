/* ask_given_up: a question that could not be put, after all tries. */
#include <assent/base/str.h>
#include <assent/flow/notice.h>

#include "flow/ask_priv.h"
#include "flow/payload.h"
#include "flow/stories.h"

static json_t *
line_of(struct desk *desk, const struct matter *m, const char *why)
{
	struct arena *arena = tx_arena(desk->tx);

	return json_pack("[{s:s, s:b, s:s}]", "command",
	    arena_printf(arena, "ask: %s", m->approval.question), "ok", 0, "text",
	    arena_printf(arena,
		"The question could not be put: %s. Nobody was asked, and it is withdrawn; the "
		"operator was told. Ask again later.",
		why));
}

static int
tell(struct desk *desk, const struct matter *m, const char *why, struct err *err)
{
	struct notice notice = { .kind = "transcript" };
	int rc = matter_note(desk, m, &notice, err);

	if (rc <= 0)
		return rc;
	json_object_set_new(notice.view, "lines", line_of(desk, m, why));
	return notice_send(desk, &notice, NULL, err);
}

int
ask_given_up(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct payload_matters matters = { 0 };
	int rc = payload_matters(desk, job, &matters, err);

	(void)call;
	/* A job about nothing has nobody to tell; it is a dead letter all the same. */
	if (rc == ERR_INVALID || rc == ERR_NOT_FOUND)
		return 0;
	for (size_t i = 0; rc == 0 && i < matters.count; i++) {
		struct matter *m = &matters.items[i];

		if (m->approval.state != AS_DRAFT)
			continue;
		rc = ask_close(desk, &m->approval, AE_WITHDRAW, err);
		if (rc == 0)
			rc = tell(desk, m, job->last_error, err);
	}
	return rc;
}
