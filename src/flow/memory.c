/* memory: what its parts share, and findings. */
#include "flow/memory_priv.h"

#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/links.h>
#include <assent/model/memory.h>

#include <string.h>

#define EVENT_TEXT_MAX 200

/* --- texts and events -------------------------------------------------------- */

static const char *
cut_to(struct arena *arena, const char *text, size_t max)
{
	size_t n = utf8_cut(text, strlen(text), max - strlen("…"));

	return arena_printf(arena, "%.*s…", (int)n, text);
}

const char *
memory_clean(struct memory_read *read, const char *text, const struct memory_text *rule)
{
	struct arena *arena = tx_arena(read->desk->tx);
	const char *clean;

	if (read->rc < 0)
		return "";
	clean = rule->line ? links_line(arena, text) : links_visible(arena, text);
	clean = text_trim(arena_dup(arena, clean));
	if (rule->cut && strlen(clean) > rule->max)
		clean = cut_to(arena, clean, rule->max);
	if (rule->wanted && *clean == '\0')
		read->rc = err_set(read->err, ERR_INVALID, "%s has no visible letter", rule->name);
	else if (strlen(clean) > rule->max)
		read->rc = err_set(
		    read->err, ERR_LIMIT, "%s is longer than %zu bytes", rule->name, rule->max);
	if (read->rc < 0)
		*read->wrong = rule->pointer;
	return read->rc < 0 ? "" : clean;
}

int
memory_by_person(const char *by, struct err *err)
{
	if (!text_is(by, MEMORY_MODEL))
		return 0;
	return err_set(err, ERR_DENIED, "a model only proposes; this is for a person to do");
}

static const char *
clip(struct desk *desk, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(4 * EVENT_TEXT_MAX);

	if (text == NULL)
		return NULL;
	utf8_add_line(&out, text, EVENT_TEXT_MAX);
	return arena_dup(tx_arena(desk->tx), str_text(&out));
}

int
memory_event(
    struct desk *desk, const struct id *ticket, const struct record_change *change, struct err *err)
{
	const struct record_change clipped = { change->kind, change->actor,
		clip(desk, change->before), clip(desk, change->after) };

	return record_event(desk, ticket, &clipped, err);
}

int
memory_moved(
    struct desk *desk, const struct id *ticket, const struct memory_move *move, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	long long n = (long long)move->n;
	const struct record_change change = { move->kind, move->by,
		arena_printf(arena, "%lld: %s", n, move->from),
		arena_printf(arena, "%lld: %s", n, move->to) };

	return record_event(desk, ticket, &change, err);
}

/* --- names ------------------------------------------------------------------- */

/* Where the text is a number, n; else id. False for neither. */
static bool
read_name(const char *text, int64_t *n, struct id *id)
{
	*n = 0;
	return num_parse_within(text, 1, INT64_MAX, n) || id_parse(text, id);
}

static int
not_there(int rc, const char *what, const struct memory_name *name, struct err *err)
{
	if (rc != ERR_NOT_FOUND)
		return rc;
	return err_set(err, rc, "this ticket has no %s %s", what, name->text);
}

int
finding_named(
    struct desk *desk, const struct memory_name *name, struct finding *out, struct err *err)
{
	int rc = ERR_NOT_FOUND;
	struct id id;
	int64_t n;

	if (read_name(name->text, &n, &id))
		rc = n > 0 ? finding_by_n(desk->tx, &name->ticket, n, out, err)
			   : finding_get(desk->tx, &id, out, err);
	if (rc == 0 && !id_equal(&out->ticket, &name->ticket))
		rc = ERR_NOT_FOUND;
	return not_there(rc, "finding", name, err);
}

int
fix_named(struct desk *desk, const struct memory_name *name, struct fix *out, struct err *err)
{
	int rc = ERR_NOT_FOUND;
	struct id id;
	int64_t n;

	if (read_name(name->text, &n, &id))
		rc = n > 0 ? fix_by_n(desk->tx, &name->ticket, n, out, err)
			   : fix_get(desk->tx, &id, out, err);
	if (rc == 0 && !id_equal(&out->ticket, &name->ticket))
		rc = ERR_NOT_FOUND;
	return not_there(rc, "fix", name, err);
}

int
task_named(struct desk *desk, const struct memory_name *name, struct task *out, struct err *err)
{
	int rc = ERR_NOT_FOUND;
	struct id id;
	int64_t n;

	if (read_name(name->text, &n, &id))
		rc = n > 0 ? task_by_n(desk->tx, &name->ticket, n, out, err)
			   : task_get(desk->tx, &id, out, err);
	if (rc == 0 && !id_equal(&out->ticket, &name->ticket))
		rc = ERR_NOT_FOUND;
	return not_there(rc, "task", name, err);
}

/* --- findings ------------------------------------------------------------------ */

/* clang-format off */
static const struct memory_text finding_text = { "/text", "the text", FINDING_TEXT_MAX, false, true, false };
static const struct memory_text finding_source = { "/source", "the source", FINDING_SOURCE_MAX, true, false, false };
/* clang-format on */

static int
read_finding(struct desk *desk, const struct finding_wish *wish, struct finding *row,
    const char **wrong, struct err *err)
{
	int rc = memory_by_person(wish->by, err);

	*wrong = "/kind";
	row->kind = wish->kind[0] != '\0' ? wish->kind : "observed";
	if (rc == 0 && !finding_kind_is_known(row->kind))
		return err_set(
		    err, ERR_INVALID, "the kind must be reported, observed, check or script");
	*wrong = NULL;
	struct memory_read read = { desk, wrong, err, rc };

	row->text = memory_clean(&read, wish->text, &finding_text);
	row->source = memory_clean(&read, wish->source, &finding_source);
	return read.rc;
}

/* Does the same stand there already? Then *row becomes it. */
static int
find_same(struct desk *desk, struct finding *row, bool *found, struct err *err)
{
	struct finding *list;
	size_t n = 0;
	int rc = finding_list(desk->tx, &row->ticket, false, &list, &n, err);

	*found = false;
	for (size_t i = 0; rc == 0 && i < n && !*found; i++) {
		*found = text_is(list[i].kind, row->kind) && text_is(list[i].text, row->text) &&
		    text_is(list[i].source, row->source);
		if (*found)
			*row = list[i];
	}
	return rc;
}

int
finding_put(struct desk *desk, const struct finding_wish *wish, struct finding *out,
    const char **wrong, struct err *err)
{
	bool found = false;
	int rc;

	*out = (struct finding){
		.id = id_new(desk->now),
		.ticket = wish->ticket,
		.author = wish->by,
		.created = desk->now,
		.removed_by = "",
	};
	rc = read_finding(desk, wish, out, wrong, err);
	if (rc == 0)
		rc = find_same(desk, out, &found, err);
	if (rc < 0 || found)
		return rc;
	rc = finding_add(desk->tx, out, err);
	if (rc == 0)
		rc = finding_get(desk->tx, &out->id, out, err);
	if (rc < 0)
		return rc;
	return memory_event(desk, &out->ticket,
	    &(struct record_change){ "finding.added", wish->by, NULL, out->text }, err);
}

int
finding_take_back(struct desk *desk, const struct finding *finding, const char *by, struct err *err)
{
	int rc = memory_by_person(by, err);

	if (rc == 0)
		rc = finding_remove(desk->tx, &finding->id, by, desk->now, err);
	if (rc < 0)
		return rc;
	return memory_event(desk, &finding->ticket,
	    &(struct record_change){ "finding.removed", by, finding->text, NULL }, err);
}
