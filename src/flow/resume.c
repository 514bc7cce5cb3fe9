#include <assent/flow/resume.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/escalation_json.h>
#include <assent/flow/matter.h>
#include <assent/flow/member.h>
#include <assent/store/hold.h>
#include <assent/store/queue.h>

#include "flow/escalation_priv.h"
#include "flow/payload.h"
#include "flow/stories.h"

#define KIND "resume"
#define PAUSE_FIRST (30 * MS_SECOND)
#define PAUSE_MOST MS_HOUR
#define PAUSE_ASKED (6 * MS_HOUR) /* the most that a Retry-After puts it off */
#define PAUSE_HELD MS_MINUTE
#define SERIAL "resume:%s"

/* --- which workflow ----------------------------------------------------------------- */

static const struct policy_workflow *
find(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->workflow_count; i++)
		if (text_is(policy->workflows[i].name, name))
			return &policy->workflows[i];
	return NULL;
}

int
resume_check(struct desk *desk, const char *workflow, struct err *err)
{
	const struct policy *policy = desk->policy;
	const char **names;
	const char *near;

	if (find(policy, workflow) != NULL)
		return 0;
	names = arena_alloc(tx_arena(desk->tx), (policy->workflow_count + 1) * sizeof(*names));
	for (size_t i = 0; i < policy->workflow_count; i++)
		names[i] = policy->workflows[i].name;
	near = text_nearest(workflow, names, policy->workflow_count);
	if (near != NULL)
		return err_set(err, ERR_INVALID,
		    "the settings have no workflow \"%.60s\"; did you mean %s?", workflow, near);
	return err_set(err, ERR_INVALID,
	    "the settings have no workflow \"%.60s\"; it must be one of workflows", workflow);
}

/* --- beginning ----------------------------------------------------------------------- */

static int
add_job(struct desk *desk, const struct resume *resume, struct err *err)
{
	char packet[ID_TEXT_SIZE], message[ID_TEXT_SIZE];
	struct arena *arena = tx_arena(desk->tx);

	id_text(&resume->escalation, packet);
	id_text(&resume->message, message);
	return job_add(desk->tx,
	    &(struct job){
		.id = id_next(desk->now),
		.kind = KIND,
		.lane = LANE_DRAFT, /* a slow workflow holds up no question and no mail */
		.payload = arena_printf(
		    arena, "{\"escalation\":\"%s\",\"message\":\"%s\"}", packet, message),
		.serial = arena_printf(arena, SERIAL, packet),
		.due = desk->now,
		.created = desk->now,
	    },
	    err);
}

int
resume_begin(struct desk *desk, const struct escalation *e, struct err *err)
{
	const struct resume resume = {
		.escalation = e->id,
		.message = id_next(desk->now),
		.workflow = e->workflow,
		.state = RESUME_WAITING,
		.answer = "",
		.error = "",
		.created = desk->now,
		.at = desk->now,
	};
	int rc;

	if (e->workflow[0] == '\0')
		return 0;
	rc = resume_put(desk->tx, &resume, err);
	return rc < 0 ? rc : add_job(desk, &resume, err);
}

/* --- by hand --------------------------------------------------------------------------- */

static bool
is_resolved(const struct escalation *e)
{
	return text_is(e->state, escalation_state_name(ESCALATION_RESOLVED));
}

static int
check_again(struct desk *desk, const struct escalation *e, struct err *err)
{
	if (!is_resolved(e))
		return err_set(err, ERR_CONFLICT,
		    "this packet is %s: its workflow goes on when it is resolved, not before; "
		    "nothing was changed",
		    e->state);
	if (e->workflow[0] == '\0')
		return err_set(err, ERR_INVALID, "no workflow waits for this packet");
	return resume_check(desk, e->workflow, err);
}

/* The message stays what it was: whoever took it and could not say so goes on once. */
static int
again(struct desk *desk, const struct escalation *e, struct resume *resume, struct err *err)
{
	char packet[ID_TEXT_SIZE];
	int rc;

	resume->state = RESUME_WAITING;
	resume->created = desk->now;
	rc = resume_put(desk->tx, resume, err);
	if (rc == 0)
		rc = job_cancel(desk->tx,
		    arena_printf(tx_arena(desk->tx), SERIAL, id_text(&e->id, packet)), KIND, NULL,
		    err);
	return rc < 0 ? rc : add_job(desk, resume, err);
}

int
resume_again(struct desk *desk, const struct resume_wish *wish, struct resume *out, bool *changed,
    struct err *err)
{
	struct escalation e = { 0 };
	int rc = escalation_get(desk->tx, &wish->escalation, &e, err);

	*changed = false;
	if (rc == 0)
		rc = check_again(desk, &e, err);
	if (rc == 0)
		rc = resume_get(desk->tx, &e.id, out, err);
	if (rc != 0 || text_is(out->state, RESUME_ACCEPTED))
		return rc;
	rc = again(desk, &e, out, err);
	if (rc == 0)
		rc = escalation_record(desk, &e,
		    &(struct escalation_note){ KIND, wish->by, NULL, "tried again", true, NULL },
		    err);
	*changed = rc == 0;
	return rc;
}

/* --- what is told ------------------------------------------------------------------------- */

/* The same at every try: nothing in it depends on when that is. */
static const char *
body_of(struct desk *desk, const struct escalation *e)
{
	static const char *const keys[] = { "id", "workflow", "failed_step", "reason",
		"organisation", "ticket", "entity", "resolution" };
	json_t *whole = escalation_json(desk, e), *data = json_object(), *body;
	const char *text;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		json_object_set(data, keys[i], json_object_get(whole, keys[i]));
	json_object_set_new(data, "resume_token", json_string(e->resume_token));
	body = json_pack("{s:s, s:O, s:o}", "type", "escalation.resolved", "timestamp",
	    json_object_get(json_object_get(whole, "resolution"), "at"), "data", data);
	text = view_dump(tx_arena(desk->tx), body);
	json_decref(body);
	json_decref(whole);
	return text;
}

struct telling { /* what a job is about */
	struct escalation e;
	struct resume resume;
	const struct policy_workflow *workflow; /* NULL: the settings have it no more */
	bool is_over; /* nothing is to be done any more */
	bool waits; /* not now: a hold, or a clock that nobody believes */
};

static int
load(struct desk *desk, const struct job *job, struct telling *out, struct err *err)
{
	struct id id, message;
	bool held = false;
	int rc;

	if (!payload_id(job, "escalation", &id) || !payload_id(job, "message", &message))
		return err_set(err, ERR_INVALID, "the job names no packet");
	rc = escalation_get(desk->tx, &id, &out->e, err);
	if (rc == 0)
		rc = resume_get(desk->tx, &id, &out->resume, err);
	if (rc == 0)
		rc = hold_get(desk->tx, &held, NULL, err);
	if (rc < 0)
		return rc;
	out->workflow = find(desk->policy, out->resume.workflow);
	out->is_over = !id_equal(&out->resume.message, &message) ||
	    !text_is(out->resume.state, RESUME_WAITING);
	out->waits = held || !desk->clock_trusted;
	return 0;
}

int
resume_plan(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct telling t = { .is_over = false };
	char text[ID_TEXT_SIZE];
	int rc = load(desk, job, &t, err);

	if (rc < 0 || t.is_over || t.waits || t.workflow == NULL || !is_resolved(&t.e))
		return rc;
	call->kind = CALL_POST;
	call->post = (struct post_call){
		.url = t.workflow->url,
		.id = arena_dup(call->arena, id_text(&t.resume.message, text)),
		.body = arena_dup(call->arena, body_of(desk, &t.e)),
		.keys = t.workflow->keys,
		.key_count = t.workflow->key_count,
	};
	return 0;
}

/* --- what came of it ------------------------------------------------------------------------ */

static int
end(struct desk *desk, struct telling *t, const char *state, struct call *call, struct err *err)
{
	const struct resume *r = &t->resume;
	struct arena *arena = tx_arena(desk->tx);
	const char *why = r->error;
	int rc;

	if (r->status != 0 && why[0] == '\0')
		why = arena_printf(arena, "%lld", (long long)r->status);
	t->resume.state = state;
	call->is_bad_news = !text_is(state, RESUME_ACCEPTED);
	call->note = arena_printf(call->arena, "%s: %s", r->workflow, state);
	rc = resume_put(desk->tx, &t->resume, err);
	return rc < 0 ? rc
		      : escalation_record(desk, &t->e,
			    &(struct escalation_note){ KIND, "system", r->workflow,
				arena_printf(arena, "%s: %s", state, why), true, NULL },
			    err);
}

/* 30 s, 1 min, 2 min, … 1 h; or as long as it asked for. */
static span_ms
pause_after(int64_t tries, span_ms asked)
{
	span_ms pause = PAUSE_FIRST;

	for (int64_t i = 1; i < tries && pause < PAUSE_MOST; i++)
		pause *= 2;
	if (pause > PAUSE_MOST)
		pause = PAUSE_MOST;
	if (asked > PAUSE_ASKED)
		asked = PAUSE_ASKED;
	return asked > pause ? asked : pause;
}

/* Of what it refused nothing will be better by itself. */
static bool
is_passing(int status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500 || status < 200;
}

static const char *
answer_of(struct desk *desk, const struct post_call *post)
{
	size_t n = post->answer_len > RESUME_ANSWER_MAX ? RESUME_ANSWER_MAX : post->answer_len;
	AUTO(str_donep) struct str clean = STR_INIT(3 * RESUME_ANSWER_MAX + 1);

	if (post->answer == NULL)
		return "";
	utf8_add_clean(&clean, post->answer, n);
	return arena_dup_n(tx_arena(desk->tx), str_text(&clean),
	    utf8_cut(str_text(&clean), clean.len, RESUME_ANSWER_MAX));
}

static int
note_later(struct desk *desk, struct telling *t, struct call *call, struct err *err)
{
	struct resume *r = &t->resume;
	int rc;

	if (desk->now - r->created >= RESUME_LIFETIME)
		return end(desk, t, RESUME_GIVEN_UP, call, err);
	rc = resume_put(desk->tx, r, err);
	call->again = desk->now + pause_after(r->tries, call->rc == 0 ? call->post.retry_after : 0);
	call->note = arena_printf(
	    call->arena, "%s, try %lld: %s", r->workflow, (long long)r->tries, r->error);
	return rc;
}

static int
note_try(struct desk *desk, struct telling *t, struct call *call, struct err *err)
{
	const struct post_call *post = &call->post;
	struct arena *arena = tx_arena(desk->tx);
	struct resume *r = &t->resume;

	r->tries++;
	r->at = desk->now;
	r->status = call->rc == 0 ? post->status : 0;
	r->answer = call->rc == 0 ? answer_of(desk, post) : "";
	r->error = call->rc < 0 ? arena_dup(arena, call->err.text) : "";
	if (call->rc < 0)
		return call->rc == ERR_INVALID ? end(desk, t, RESUME_REFUSED, call, err)
					       : note_later(desk, t, call, err);
	if (post->status >= 200 && post->status < 300)
		return end(desk, t, RESUME_ACCEPTED, call, err);
	r->error = arena_printf(arena, "it answered %d", post->status);
	return is_passing(post->status) ? note_later(desk, t, call, err)
					: end(desk, t, RESUME_REFUSED, call, err);
}

int
resume_settle(struct desk *desk, const struct job *job, struct call *call, struct err *err)
{
	struct telling t = { .is_over = false };
	int rc = load(desk, job, &t, err);

	if (rc < 0 || t.is_over)
		return rc;
	if (call->kind == CALL_POST)
		return note_try(desk, &t, call, err);
	t.resume.at = desk->now;
	if (!is_resolved(&t.e)) {
		t.resume.error = "the packet was opened again before it was told";
		return end(desk, &t, RESUME_DROPPED, call, err);
	}
	if (t.workflow == NULL) {
		t.resume.error = "the settings have no such workflow any more";
		return end(desk, &t, RESUME_REFUSED, call, err);
	}
	call->again = desk->now + (t.waits ? PAUSE_HELD : MS_SECOND);
	return 0;
}

/* --- shown ------------------------------------------------------------------------------------ */

json_t *
resume_json(struct desk *desk, const struct escalation *e)
{
	char message[ID_TEXT_SIZE];
	struct resume r;
	json_t *object;

	if (e->workflow[0] == '\0' || resume_get(desk->tx, &e->id, &r, NULL) < 0)
		return json_null();
	object = json_object();
	member_text(object, "state", r.state);
	json_object_set_new(object, "tries", json_integer(r.tries));
	json_object_set_new(object, "status", r.status != 0 ? json_integer(r.status) : json_null());
	member_text(object, "answer", r.answer);
	member_text(object, "error", r.error);
	member_text(object, "message", id_text(&r.message, message));
	member_time(object, "at", r.at);
	return object;
}

int
escalation_verb_resume(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *name = json_string_value(json_object_get(arguments, "escalation"));
	struct resume_wish wish = { .by = "operator" };
	struct resume resume;
	bool changed = false;
	int rc;

	if (name == NULL || !id_parse(name, &wish.escalation))
		return err_set(
		    err, ERR_INVALID, "\"%s\" is not the id of a packet", name != NULL ? name : "");
	rc = resume_again(desk, &wish, &resume, &changed, err);
	if (rc != 0)
		return rc;
	json_object_set_new(out, "changed", json_boolean(changed));
	json_object_set_new(out, "workflow", json_string(resume.workflow));
	json_object_set_new(out, "state", json_string(resume.state));
	json_object_set_new(out, "status", json_integer(resume.status));
	return 0;
}
