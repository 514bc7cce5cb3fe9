/* verbs about findings, fixes and tasks. */
#include <assent/flow/memory.h>

#include <assent/base/str.h>
#include <assent/flow/verb.h>

#define BY "operator"

/* NULL where it is not given. */
static const char *
maybe_arg(const json_t *arguments, const char *name)
{
	return json_string_value(json_object_get(arguments, name));
}

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = maybe_arg(arguments, name);

	return text != NULL ? text : "";
}

static int64_t
int_arg(const json_t *arguments, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(arguments, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* The ticket, and what is named by thing in it. */
static int
name_arg(struct desk *desk, const json_t *arguments, const char *thing, struct memory_name *out,
    struct err *err)
{
	out->text = text_arg(arguments, thing);
	return verb_ticket(desk, text_arg(arguments, "ticket"), &out->ticket, err);
}

static void
answer(json_t *out, int64_t n, const struct id *id, const char *state)
{
	char text[ID_TEXT_SIZE];

	json_object_set_new(out, "n", json_integer(n));
	json_object_set_new(out, "id", json_string(id_text(id, text)));
	json_object_set_new(out, "state", json_string(state));
}

int
memory_verb_finding_add(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct finding_wish wish = {
		.kind = text_arg(arguments, "kind"),
		.text = text_arg(arguments, "text"),
		.source = text_arg(arguments, "source"),
		.by = BY,
	};
	struct finding finding;
	const char *wrong;
	int rc = verb_ticket(desk, text_arg(arguments, "ticket"), &wish.ticket, err);

	if (rc == 0)
		rc = finding_put(desk, &wish, &finding, &wrong, err);
	if (rc == 0)
		answer(out, finding.n, &finding.id, "standing");
	return rc;
}

int
memory_verb_finding_remove(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct memory_name name;
	struct finding finding;
	int rc = name_arg(desk, arguments, "finding", &name, err);

	if (rc == 0)
		rc = finding_named(desk, &name, &finding, err);
	if (rc == 0)
		rc = finding_take_back(desk, &finding, BY, err);
	if (rc == 0)
		answer(out, finding.n, &finding.id, "removed");
	return rc;
}

int
memory_verb_fix_add(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct fix_wish wish = {
		.title = text_arg(arguments, "title"),
		.description = text_arg(arguments, "description"),
		.confidence = int_arg(arguments, "confidence", FIX_CONFIDENCE),
		.by = BY,
	};
	const char *wrong;
	struct fix fix;
	int rc = verb_ticket(desk, text_arg(arguments, "ticket"), &wish.ticket, err);

	if (rc == 0)
		rc = fix_suggest(desk, &wish, &fix, &wrong, err);
	if (rc == 0)
		answer(out, fix.n, &fix.id, fix.state);
	return rc;
}

int
memory_verb_fix_decide(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const struct fix_verdict verdict = {
		.decision = text_arg(arguments, "decision"),
		.title = maybe_arg(arguments, "title"),
		.description = maybe_arg(arguments, "description"),
		.confidence = int_arg(arguments, "confidence", -1),
		.by = BY,
	};
	struct memory_name name;
	const char *wrong;
	struct fix fix;
	int rc = name_arg(desk, arguments, "fix", &name, err);

	if (rc == 0)
		rc = fix_named(desk, &name, &fix, err);
	if (rc == 0)
		rc = fix_decide(desk, &fix, &verdict, &wrong, err);
	if (rc == 0)
		answer(out, fix.n, &fix.id, fix.state);
	return rc;
}

int
memory_verb_task_add(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct task_wish wish = {
		.kind = text_arg(arguments, "kind"),
		.text = text_arg(arguments, "text"),
		.by = BY,
	};
	const char *wrong;
	struct task task;
	int rc = verb_ticket(desk, text_arg(arguments, "ticket"), &wish.ticket, err);

	if (wish.kind[0] == '\0')
		wish.kind = task_kind_of(wish.text);
	if (rc == 0)
		rc = task_put(desk, &wish, &task, &wrong, err);
	if (rc == 0)
		answer(out, task.n, &task.id, task.state);
	return rc;
}

int
memory_verb_task_change(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const struct task_change change = {
		.text = maybe_arg(arguments, "text"),
		.answer = maybe_arg(arguments, "answer"),
		.state = maybe_arg(arguments, "state"),
		.by = BY,
	};
	struct memory_name name;
	const char *wrong;
	struct task task;
	int rc = name_arg(desk, arguments, "task", &name, err);

	if (rc == 0)
		rc = task_named(desk, &name, &task, err);
	if (rc == 0)
		rc = task_change(desk, &task, &change, &wrong, err);
	if (rc == 0)
		answer(out, task.n, &task.id, task.state);
	return rc;
}
