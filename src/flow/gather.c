/* gather: many mails to one person at once are lines of a single one. */
#include <assent/base/str.h>
#include <assent/flow/escalation.h>
#include <assent/flow/matter.h>
#include <assent/store/queue.h>

#include "flow/answers.h"
#include "flow/gather.h"
#include "flow/notice_priv.h"
#include "flow/payload.h"
#include "flow/stories.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW MS_MINUTE
#define HELD_WITHIN (40 * MS_DAY) /* one end of quiet hours is one moment */
#define LINES_READ 1000 /* of one digest; what is beyond is counted */

/* --- which digest --------------------------------------------------------------------- */

/* The moment that held mails leave at; 0 for those that leave now. */
static utc_ms
held_until(const struct desk *desk, const struct notice *notice)
{
	return notice->not_before > desk->now ? notice->not_before : 0;
}

static int
is_single(struct desk *desk, const struct notice *notice, bool *out, struct err *err)
{
	utc_ms held = held_until(desk, notice);
	struct arena *arena = tx_arena(desk->tx);
	const char *name = answers_name(arena, notice->to_email);
	const struct answers_limit limit = {
		.key = held == 0 ? arena_printf(arena, "single:%s", name)
				 : arena_printf(arena, "single:%s:%lld", name, (long long)held),
		.max = desk->policy->singles,
		.within = held == 0 ? WINDOW : HELD_WITHIN,
	};

	*out = notice->gathers != GATHER_ALWAYS;
	return *out ? answers_take(desk, &limit, out, err) : 0;
}

static const char *
digest_kind(const struct notice *notice)
{
	return text_is(notice->kind, "request") ? GATHER_REMINDERS : GATHER_DIGEST;
}

static int64_t
held_of(const struct outgoing *digest)
{
	json_t *view = json_loads(digest->view, 0, NULL);
	int64_t held = json_integer_value(json_object_get(view, "held"));

	json_decref(view);
	return held;
}

static int
find_digest(struct desk *desk, const struct notice *notice, struct id *out, struct err *err)
{
	struct outgoing *list = NULL;
	size_t n = 0;
	int rc = outgoing_gathering(desk->tx, notice->to_email, &list, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!text_is(list[i].kind, digest_kind(notice)) ||
		    held_of(&list[i]) != held_until(desk, notice))
			continue;
		*out = list[i].id;
		return 0;
	}
	return rc < 0 ? rc : ERR_NOT_FOUND;
}

/* It takes in what comes until then. */
static int
queue_gather(struct desk *desk, const struct outgoing *digest, utc_ms at, struct err *err)
{
	char text[ID_TEXT_SIZE];
	const struct job job = {
		.id = id_new(desk->now),
		.kind = "gather",
		.lane = LANE_CLOCK,
		.serial = "",
		.payload = arena_printf(
		    tx_arena(desk->tx), "{\"outgoing\":\"%s\"}", id_text(&digest->id, text)),
		.due = at,
		.created = desk->now,
	};

	return job_add(desk->tx, &job, err);
}

static int
begin_digest(struct desk *desk, const struct notice *notice, struct id *out, struct err *err)
{
	utc_ms held = held_until(desk, notice);
	struct notice begun = {
		.kind = digest_kind(notice),
		.to_email = notice->to_email,
		.to_name = notice->to_name,
		.locale = notice->locale,
		.zone_name = notice->zone_name,
		.view = json_pack("{s:I}", "held", (json_int_t)held),
	};
	struct outgoing digest = notice_row(desk, &begun);
	int rc;

	digest.status = "gathering";
	*out = digest.id;
	rc = outgoing_add(desk->tx, &digest, err);
	return rc < 0 ? rc
		      : queue_gather(desk, &digest, held != 0 ? held : desk->now + WINDOW, err);
}

int
gather_take(struct desk *desk, const struct notice *notice, struct outgoing *mail, struct err *err)
{
	bool single = true;
	int rc = 0;

	if (desk->policy->singles > 0)
		rc = is_single(desk, notice, &single, err);
	if (rc < 0 || single)
		return rc;
	rc = find_digest(desk, notice, &mail->digest, err);
	if (rc == ERR_NOT_FOUND)
		rc = begin_digest(desk, notice, &mail->digest, err);
	mail->status = "gathered";
	mail->view = gather_keep(desk, mail);
	return rc;
}

int
gather_may(struct desk *desk, const char *email, const char *kind, bool *out, struct err *err)
{
	struct outgoing *list = NULL;
	size_t n = 0;
	int rc = 0;

	*out = false;
	if (desk->policy->singles > 0)
		rc = outgoing_gathering(desk->tx, email, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		*out = *out || text_is(list[i].kind, kind);
	if (rc < 0 || *out || desk->policy->singles == 0)
		return rc;
	return answers_take(desk,
	    &(struct answers_limit){ arena_printf(tx_arena(desk->tx), "gathered:%s:%s", kind,
					 answers_name(tx_arena(desk->tx), email)),
		1, ANSWERS_REMINDED_WITHIN },
	    out, err);
}

/* --- filling it ------------------------------------------------------------------------- */

struct line {
	const struct outgoing *mail;
	int rank; /* of its priority; the smallest first */
	utc_ms due;
};

/* Is there nothing to do or know about it any more? */
static int
is_moot(struct desk *desk, const struct outgoing *mail, bool *out, struct err *err)
{
	struct approval approval;
	int rc;

	*out = false;
	if (text_is(mail->kind, ESCALATION_MAIL))
		return escalation_is_taken(desk, mail, out, err);
	if (id_is_null(&mail->approval))
		return 0;
	rc = approval_get(desk->tx, &mail->approval, &approval, err);
	*out = rc == 0 && approval.state != AS_SENT;
	return rc;
}

/* What came of the same packet later says more. */
static bool
is_outdated(const struct outgoing_lines *lines, size_t i)
{
	if (id_is_null(&lines->list[i].escalation))
		return false;
	for (size_t k = i + 1; k < lines->count; k++)
		if (id_equal(&lines->list[k].escalation, &lines->list[i].escalation))
			return true;
	return false;
}

static struct line
line_of(struct desk *desk, const struct outgoing *mail)
{
	json_t *view = json_loads(mail->view, 0, NULL);
	const char *word = json_string_value(json_object_get(view, "priority"));
	struct line line = { mail, ESCALATION_PRIORITY_COUNT, mail->created };
	enum escalation_priority priority;
	struct approval approval;
	struct escalation e;

	if (word != NULL && escalation_priority_parse(word, &priority))
		line.rank = (int)priority;
	if (!id_is_null(&mail->escalation) &&
	    escalation_get(desk->tx, &mail->escalation, &e, NULL) == 0)
		line.due = e.due;
	if (!id_is_null(&mail->approval) &&
	    approval_get(desk->tx, &mail->approval, &approval, NULL) == 0)
		line.due = approval.deadline;
	json_decref(view);
	return line;
}

/* Of two that are alike the one that is older. */
static const struct id *
about(const struct outgoing *mail)
{
	if (!id_is_null(&mail->escalation))
		return &mail->escalation;
	return id_is_null(&mail->approval) ? &mail->id : &mail->approval;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return memcmp(about(x->mail), about(y->mail), sizeof(struct id));
}

struct filling {
	struct desk *desk;
	struct outgoing_lines lines;
	struct line *list;
	size_t count;
};

static int
pick_lines(struct filling *f, struct err *err)
{
	const struct outgoing_lines *lines = &f->lines;
	int rc = 0;

	f->list = arena_alloc(tx_arena(f->desk->tx), (lines->count + 1) * sizeof(*f->list));
	for (size_t i = 0; rc == 0 && i < lines->count; i++) {
		bool moot = is_outdated(lines, i);

		if (!moot)
			rc = is_moot(f->desk, &lines->list[i], &moot, err);
		if (rc == 0 && moot)
			rc = outgoing_set_status(f->desk->tx, &lines->list[i].id, "dropped",
			    "it was over before its digest went out", f->desk->now, err);
		else if (rc == 0)
			f->list[f->count++] = line_of(f->desk, &lines->list[i]);
	}
	qsort(f->list, f->count, sizeof(*f->list), compare_lines);
	return rc;
}

/* Which mail is which number: it stays so, whatever happens to them. */
static const char *
numbers_of(const struct filling *f)
{
	json_t *list = json_array(), *view;
	char text[ID_TEXT_SIZE];
	const char *out;

	for (size_t i = 0; i < f->count && i < GATHER_LINES; i++)
		json_array_append_new(list, json_string(id_text(&f->list[i].mail->id, text)));
	view = json_pack("{s:I, s:o}", "more",
	    (json_int_t)(f->count - json_array_size(list)) + f->lines.more, "lines", list);
	out = view_dump(tx_arena(f->desk->tx), view);
	json_decref(view);
	return out;
}

static int
fill(struct desk *desk, struct outgoing *digest, struct err *err)
{
	struct filling f = { .desk = desk, .lines = { .digest = digest->id, .max = LINES_READ } };
	const struct notice notice = { .to_email = digest->to_email };
	int rc = outgoing_lines(desk->tx, &f.lines, err);

	if (rc == 0)
		rc = pick_lines(&f, err);
	if (rc < 0)
		return rc;
	digest->status = f.count > 0 ? "queued" : "dropped";
	digest->last_error = f.count > 0 ? "" : "nothing of it was left to tell";
	digest->view = numbers_of(&f);
	rc = outgoing_fill(desk->tx, digest, err);
	return rc < 0 || f.count == 0 ? rc : notice_queue(desk, digest, &notice, err);
}

int
gather_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct outgoing digest;
	struct id id;
	int rc;

	(void)call;
	if (!payload_id(job, "outgoing", &id))
		return err_set(err, ERR_INVALID, "the job names no mail");
	rc = outgoing_get(desk->tx, &id, &digest, err);
	if (rc < 0 || !text_is(digest.status, "gathering"))
		return rc;
	return fill(desk, &digest, err);
}
