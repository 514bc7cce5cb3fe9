/* memory: what a model proposes. Inert, and only as long as nobody touched it. */
#include "flow/memory_priv.h"

#include <assent/base/str.h>
#include <assent/model/memory.h>

/* clang-format off */
static const struct memory_text title_rule = { NULL, "the title", FIX_TITLE_MAX, true, false, true };
static const struct memory_text description_rule = { NULL, "the description", FIX_DESCRIPTION_MAX, false, false, true };
static const struct memory_text task_rule = { NULL, "the text", TASK_TEXT_MAX, false, false, true };
/* clang-format on */

struct putting {
	struct desk *desk;
	const struct memory_proposal *proposal;
	struct task *tasks; /* that the ticket had before */
	size_t count;
	bool *kept; /* those of them that are proposed again */
};

static const char *
proposed(void)
{
	return task_state_name(TASK_PROPOSED);
}

/* What was judged once is not proposed again in the same words. */
static int
was_judged(struct putting *p, const struct fix *row, bool *out, struct err *err)
{
	struct fix *list;
	size_t n = 0;
	int rc = fix_list(p->desk->tx, &row->ticket, &list, &n, err);

	*out = false;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!text_is(list[i].state, fix_state_name(FIX_SUPERSEDED)) &&
		    !text_is(list[i].state, proposed()) && text_is(list[i].title, row->title) &&
		    text_is(list[i].description, row->description))
			*out = true;
	return rc;
}

/* What the model does not propose any more. */
static int
drop_fix(struct putting *p, struct err *err)
{
	struct fix fix;
	int rc = fix_of_state(p->desk->tx, &p->proposal->ticket, proposed(), &fix, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	fix.state = fix_state_name(FIX_SUPERSEDED);
	fix.moved_at = p->desk->now;
	fix.moved_by = MEMORY_MODEL;
	rc = fix_move(p->desk->tx, &fix, proposed(), err);
	return rc < 0
	    ? rc
	    : memory_moved(p->desk, &fix.ticket,
		  &(struct memory_move){ "fix.state", fix.n, proposed(), fix.state, MEMORY_MODEL },
		  err);
}

static int
put_fix(struct putting *p, struct err *err)
{
	const struct memory_proposal *wish = p->proposal;
	int64_t sure = wish->confidence < 0 ? 0 : wish->confidence > 100 ? 100 : wish->confidence;
	struct fix row = {
		.id = id_new(p->desk->now),
		.ticket = wish->ticket,
		.confidence = sure,
		.author = MEMORY_MODEL,
		.state = proposed(),
		.created = p->desk->now,
	};
	bool judged = false;
	const char *wrong;
	struct memory_read read = { p->desk, &wrong, err, 0 };
	int rc;

	row.title = memory_clean(&read, wish->title, &title_rule);
	row.description = memory_clean(&read, wish->description, &description_rule);
	rc = read.rc < 0 ? read.rc : was_judged(p, &row, &judged, err);
	if (rc < 0)
		return rc;
	if (judged || row.title[0] == '\0')
		return drop_fix(p, err);
	return memory_add_fix(p->desk, &row, err);
}

/* Taken back by the model itself, and by no person. */
static bool
was_dropped(const struct task *task)
{
	return text_is(task->state, task_state_name(TASK_DISMISSED)) &&
	    text_is(task->moved_by, MEMORY_MODEL);
}

static bool
is_there(struct putting *p, const char *kind, const char *text)
{
	bool there = false;

	for (size_t i = 0; i < p->count; i++)
		if (!was_dropped(&p->tasks[i]) && text_is(p->tasks[i].kind, kind) &&
		    text_is(p->tasks[i].text, text)) {
			p->kept[i] = true;
			there = true;
		}
	return there;
}

static int
put_task(struct putting *p, const char *kind, const char *text, struct err *err)
{
	struct task row = {
		.id = id_new(p->desk->now),
		.ticket = p->proposal->ticket,
		.kind = kind,
		.author = MEMORY_MODEL,
		.state = proposed(),
		.created = p->desk->now,
	};
	const char *wrong;
	struct memory_read read = { p->desk, &wrong, err, 0 };

	row.text = memory_clean(&read, text, &task_rule);
	if (read.rc < 0 || row.text[0] == '\0' || is_there(p, kind, row.text))
		return read.rc;
	return memory_add_task(p->desk, &row, err);
}

static int
drop_tasks(struct putting *p, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		struct task *task = &p->tasks[i];
		const struct memory_move move = { "task.state", task->n, proposed(),
			task_state_name(TASK_DISMISSED), MEMORY_MODEL };

		if (p->kept[i] || !text_is(task->state, proposed()))
			continue;
		task->state = move.to;
		task->moved_at = p->desk->now;
		task->moved_by = MEMORY_MODEL;
		rc = task_move(p->desk->tx, task, proposed(), err);
		if (rc == 0)
			rc = memory_moved(p->desk, &task->ticket, &move, err);
	}
	return rc;
}

int
memory_propose(struct desk *desk, const struct memory_proposal *proposal, struct err *err)
{
	struct putting p = { .desk = desk, .proposal = proposal };
	int rc = task_list(desk->tx, &proposal->ticket, &p.tasks, &p.count, err);

	p.kept = arena_alloc(tx_arena(desk->tx), p.count + 1);
	if (rc == 0)
		rc = put_fix(&p, err);
	for (size_t i = 0; rc == 0 && i < proposal->question_count; i++)
		rc = put_task(&p, "question", proposal->questions[i], err);
	for (size_t i = 0; rc == 0 && i < proposal->action_count; i++)
		rc = put_task(&p, "action", proposal->actions[i], err);
	return rc < 0 ? rc : drop_tasks(&p, err);
}
