/* memory: open questions and actions. */
#include "flow/memory_priv.h"

#include <assent/base/str.h>
#include <assent/model/memory.h>

#include <string.h>

/* clang-format off */
static const struct memory_text text_rule = { "/text", "the text", TASK_TEXT_MAX, false, true, false };
static const struct memory_text answer_rule = { "/answer", "the answer", TASK_ANSWER_MAX, false, false, false };
/* clang-format on */

const char *
task_kind_of(const char *text)
{
	static const char *const marks[] = { "?", "？", "؟", "\xcd\xbe" /* Greek */ };
	size_t n = strlen(text);

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		size_t len = strlen(marks[i]);

		if (n >= len && memcmp(text + n - len, marks[i], len) == 0)
			return "question";
	}
	return "action";
}

/* The same words, in a state that a person would still read. */
static int
find_same(struct desk *desk, struct task *row, bool *found, struct err *err)
{
	struct task *list;
	size_t n = 0;
	int rc = task_list(desk->tx, &row->ticket, &list, &n, err);

	*found = false;
	for (size_t i = 0; rc == 0 && i < n && !*found; i++) {
		*found = text_is(list[i].kind, row->kind) && text_is(list[i].text, row->text) &&
		    text_is(list[i].state, row->state);
		if (*found)
			*row = list[i];
	}
	return rc;
}

int
memory_add_task(struct desk *desk, struct task *row, struct err *err)
{
	bool found = false;
	int rc = find_same(desk, row, &found, err);

	if (rc < 0 || found)
		return rc;
	rc = task_add(desk->tx, row, err);
	if (rc == 0)
		rc = task_get(desk->tx, &row->id, row, err);
	if (rc < 0)
		return rc;
	return memory_event(desk, &row->ticket,
	    &(struct record_change){ text_is(row->state, task_state_name(TASK_PROPOSED))
		    ? "task.proposed"
		    : "task.added",
		row->author, NULL, row->text },
	    err);
}

int
task_put(struct desk *desk, const struct task_wish *wish, struct task *out, const char **wrong,
    struct err *err)
{
	struct memory_read read = { desk, wrong, err, memory_by_person(wish->by, err) };

	*out = (struct task){
		.id = id_new(desk->now),
		.ticket = wish->ticket,
		.kind = wish->kind,
		.answer = "",
		.author = wish->by,
		.state = task_state_name(TASK_OPEN),
		.created = desk->now,
		.moved_by = "",
	};
	*wrong = "/kind";
	if (read.rc == 0 && !task_kind_is_known(wish->kind))
		return err_set(err, ERR_INVALID, "the kind must be question or action");
	*wrong = NULL;
	out->text = memory_clean(&read, wish->text, &text_rule);
	return read.rc < 0 ? read.rc : memory_add_task(desk, out, err);
}

/* --- changing one ----------------------------------------------------------------- */

static int
refuse(const struct task *task, enum task_state from, struct err *err)
{
	const char *hint = from == TASK_PROPOSED	    ? "accept it first"
	    : from == TASK_ANSWERED || from == TASK_SKIPPED ? "open it again first"
							    : "nothing was changed";

	return err_set(err, ERR_CONFLICT, "task %lld is %s%s%s; %s", (long long)task->n,
	    task->state, task->moved_by[0] != '\0' ? ", by " : "", task->moved_by, hint);
}

/* to goes on by this event, or the conflict is told as it is stored. */
static int
step(const struct task *task, struct task *to, enum task_event event, struct err *err)
{
	enum task_state from, next;

	if (!task_state_parse(to->state, &from))
		return err_set(err, ERR_INVALID, "task %lld is in no known state: %s",
		    (long long)task->n, to->state);
	if (!task_step(from, event, &next))
		return refuse(task, from, err);
	to->state = task_state_name(next);
	return 0;
}

struct changing {
	struct memory_read read;
	const struct task *task; /* as it is stored */
	struct task to;
};

static int
take_text(struct changing *c, const char *text)
{
	if (text == NULL)
		return 0;
	c->to.text = memory_clean(&c->read, text, &text_rule);
	if (c->read.rc < 0 || text_is(c->to.text, c->task->text))
		return c->read.rc;
	return step(c->task, &c->to, TE_EDIT, c->read.err);
}

static int
take_answer(struct changing *c, const char *answer)
{
	if (answer == NULL)
		return 0;
	c->to.answer = memory_clean(&c->read, answer, &answer_rule);
	if (c->read.rc < 0 || text_is(c->to.answer, c->task->answer))
		return c->read.rc;
	return step(c->task, &c->to, TE_NOTE, c->read.err);
}

static int
take_state(struct changing *c, const char *wished)
{
	enum task_state from, wish;
	enum task_event event = TE_COUNT;

	if (wished == NULL || text_is(c->to.state, wished))
		return 0;
	*c->read.wrong = "/state";
	if (!task_state_parse(wished, &wish) || wish == TASK_PROPOSED)
		return err_set(c->read.err, ERR_INVALID,
		    "the state must be open, answered, skipped or dismissed");
	*c->read.wrong = NULL;
	if (task_state_parse(c->to.state, &from) && !task_way(from, wish, &event))
		return refuse(c->task, from, c->read.err);
	if (wish == TASK_ANSWERED && text_is(c->task->kind, "question") &&
	    c->to.answer[0] == '\0') {
		*c->read.wrong = "/answer";
		return err_set(c->read.err, ERR_INVALID,
		    "question %lld has no answer yet; write one", (long long)c->task->n);
	}
	return step(c->task, &c->to, event, c->read.err);
}

static int
tell(struct desk *desk, const struct task *task, const struct task *to, struct err *err)
{
	int rc = 0;

	if (!text_is(task->text, to->text))
		rc = memory_event(desk, &task->ticket,
		    &(struct record_change){ "task.edited", to->moved_by, task->text, to->text },
		    err);
	if (rc == 0 && !text_is(task->answer, to->answer))
		rc = memory_event(desk, &task->ticket,
		    &(struct record_change){
			"task.answer", to->moved_by, task->answer, to->answer },
		    err);
	if (rc == 0 && !text_is(task->state, to->state))
		rc = memory_moved(desk, &task->ticket,
		    &(struct memory_move){
			"task.state", task->n, task->state, to->state, to->moved_by },
		    err);
	return rc;
}

/* An answer goes with a task that is opened, and comes before one is settled. */
static int
work_out(struct changing *c, const struct task_change *change)
{
	bool opens = text_is(change->state, task_state_name(TASK_OPEN));
	int rc = take_text(c, change->text);

	if (rc == 0 && opens)
		rc = take_state(c, change->state);
	if (rc == 0)
		rc = take_answer(c, change->answer);
	if (rc == 0 && !opens)
		rc = take_state(c, change->state);
	return rc;
}

int
task_change(struct desk *desk, struct task *task, const struct task_change *change,
    const char **wrong, struct err *err)
{
	struct changing c = { .read = { desk, wrong, err, 0 }, .task = task, .to = *task };
	int rc = memory_by_person(change->by, err);

	*wrong = NULL;
	c.to.moved_at = desk->now;
	c.to.moved_by = change->by;
	if (rc == 0)
		rc = work_out(&c, change);
	if (rc < 0)
		return rc;
	if (text_is(task->text, c.to.text) && text_is(task->answer, c.to.answer) &&
	    text_is(task->state, c.to.state))
		return 0;
	rc = task_move(desk->tx, &c.to, task->state, err);
	if (rc == 0)
		rc = tell(desk, task, &c.to, err);
	return rc < 0 ? rc : task_get(desk->tx, &c.to.id, task, err);
}
