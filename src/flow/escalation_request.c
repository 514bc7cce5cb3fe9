/* escalation_request: packets that programs raise and act on, by JSON. */
#include <assent/flow/escalation_json.h>

#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/flow/matter.h>
#include <assent/flow/resume.h>
#include <assent/flow/verb.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include "flow/hook_priv.h"

#include <string.h>

/* --- members --------------------------------------------------------------------- */

struct reading {
	struct desk *desk;
	struct escalation_request *request;
	struct err *err;
	int rc;
};

static struct reading
reading_of(struct desk *desk, struct escalation_request *request, struct err *err)
{
	request->wrong = NULL;
	request->changed = false;
	request->out = NULL;
	return (struct reading){ desk, request, err, 0 };
}

static void
wrong_at(struct reading *r, const char *name, const char *fault)
{
	r->rc = err_set(r->err, ERR_INVALID, "%s %s", name, fault);
	r->request->wrong = arena_printf(tx_arena(r->desk->tx), "/%s", name);
}

/* NULL where it is absent, null, or something was wrong before. */
static const json_t *
member(const struct reading *r, const char *name)
{
	const json_t *value = json_object_get(r->request->object, name);

	return r->rc < 0 || json_is_null(value) ? NULL : value;
}

static const char *
text_of(struct reading *r, const char *name)
{
	const json_t *value = member(r, name);

	if (value != NULL && !json_is_string(value))
		wrong_at(r, name, "must be a text");
	return r->rc == 0 && value != NULL ? json_string_value(value) : "";
}

/* A list or an object as text: escalation_raise() knows what may be in it. */
static const char *
json_of(struct reading *r, const char *name, json_type type)
{
	const json_t *value = member(r, name);

	if (value == NULL)
		return "";
	if (json_typeof(value) == type)
		return view_dump(tx_arena(r->desk->tx), value);
	wrong_at(r, name, type == JSON_ARRAY ? "must be a JSON list" : "must be a JSON object");
	return "";
}

static utc_ms
time_of(struct reading *r, const char *name)
{
	const char *text = text_of(r, name);
	utc_ms at = 0;

	if (text[0] != '\0' && !utc_parse_iso(text, &at))
		wrong_at(r, name, "must be a time such as 2026-11-21T08:30:00Z");
	return at;
}

static double
number_of(struct reading *r, const char *name, double otherwise)
{
	const json_t *value = member(r, name);

	if (value == NULL)
		return otherwise;
	/* Below 0 is "none" to escalation_raise(), and a slip here. */
	if (!json_is_number(value) || json_number_value(value) < 0)
		wrong_at(r, name, "must be a number from 0 to 1");
	return json_number_value(value);
}

static void
refuse_unknown(struct reading *r, const char *const *names, size_t count)
{
	const char *name, *near;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)r->request->object, name, value)
	{
		size_t i = 0;

		while (i < count && !text_is(names[i], name))
			i++;
		if (r->rc < 0 || i < count)
			continue;
		near = text_nearest(name, names, count);
		r->rc = err_set(r->err, ERR_INVALID, "there is no member %.60s%s%s%s", name,
		    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
		    near != NULL ? "?" : "");
		r->request->wrong = arena_printf(tx_arena(r->desk->tx), "/%.60s", name);
	}
}

/* --- answers ----------------------------------------------------------------------- */

static int
answer(struct reading *r, const struct escalation *e)
{
	json_t *packet = NULL;

	r->rc = escalation_json_whole(r->desk, e, &packet, r->err);
	if (r->rc < 0)
		return r->rc;
	r->request->out = json_object();
	json_object_set_new(r->request->out, "changed", json_boolean(r->request->changed));
	json_object_set_new(r->request->out, "message",
	    r->request->changed ? json_null() : json_string(escalation_last_word(r->desk, e)));
	json_object_set_new(r->request->out, "escalation", packet);
	return 0;
}

/* --- raising ------------------------------------------------------------------------ */

/* {"type", "id"}, either of which may be left out. */
static void
check_entity(struct reading *r)
{
	const json_t *entity = member(r, "entity");
	const char *name;
	json_t *value;

	if (entity != NULL && !json_is_object(entity))
		wrong_at(r, "entity", "must be an object with type and id");
	json_object_foreach((json_t *)(uintptr_t)entity, name, value)
	{
		if (r->rc < 0)
			return;
		if (!text_is(name, "type") && !text_is(name, "id"))
			wrong_at(r, "entity", "has a type and an id, nothing else");
		else if (!json_is_string(value) && !json_is_null(value))
			wrong_at(r, arena_printf(tx_arena(r->desk->tx), "entity/%s", name),
			    "must be a text");
	}
}

static const char *
entity_of(struct reading *r, const char *name)
{
	const char *text = json_string_value(json_object_get(member(r, "entity"), name));

	return text != NULL ? text : "";
}

static void
read_ticket(struct reading *r, struct id *out)
{
	const char *name = text_of(r, "ticket");

	if (r->rc < 0 || name[0] == '\0')
		return;
	r->rc = verb_ticket(r->desk, name, out, r->err);
	if (r->rc == ERR_NOT_FOUND)
		r->rc = err_set(r->err, ERR_INVALID, "there is no ticket %s", name);
	if (r->rc < 0)
		r->request->wrong = "/ticket";
}

/* Its pointers are those of struct escalation_raise. */
static const char *
pointer_of(const char *wrong)
{
	static const char *const pairs[][2] = { { "/entity_type", "/entity/type" },
		{ "/entity_id", "/entity/id" } };

	for (size_t i = 0; wrong != NULL && i < ARRAY_LEN(pairs); i++)
		if (text_is(wrong, pairs[i][0]))
			return pairs[i][1];
	return wrong;
}

static struct escalation_raise
read_raise(struct reading *r)
{
	return (struct escalation_raise){
		.organisation = text_of(r, "organisation"),
		.title = text_of(r, "title"),
		.entity_type = entity_of(r, "type"),
		.entity_id = entity_of(r, "id"),
		.workflow = text_of(r, "workflow"),
		.failed_step = text_of(r, "failed_step"),
		.reason = text_of(r, "reason"),
		.missing = json_of(r, "missing", JSON_ARRAY),
		.priority = text_of(r, "priority"),
		.risk = text_of(r, "risk"),
		.artifacts = json_of(r, "artifacts", JSON_ARRAY),
		.resume_token = text_of(r, "resume_token"),
		.suggest = text_of(r, "suggest"),
		.texts = json_of(r, "texts", JSON_OBJECT),
		.rule = "",
		.once_key = text_of(r, "once_key"),
		.to = text_of(r, "to"),
		.levels = json_of(r, "levels", JSON_ARRAY),
		.confidence = number_of(r, "confidence", -1),
		.due = time_of(r, "due"),
		.by = r->request->by,
		.way = r->request->way,
	};
}

/* --- what a source may say --------------------------------------------------------------- */

static void
check_customer(struct reading *r, const struct organisation *organisation, const char *pointer)
{
	if (r->rc == 0 && hook_may_speak(r->request->source, organisation))
		return;
	if (r->rc == 0 || r->rc == ERR_NOT_FOUND) {
		r->rc = err_set(r->err, ERR_INVALID, "no customer of this source is named");
		r->request->wrong = pointer;
	}
}

/* Both must be its own: what it names, and whose ticket it is. */
static void
check_source(struct reading *r, const struct escalation_raise *raise)
{
	struct organisation organisation;
	struct ticket ticket;

	if (r->rc < 0 || r->request->source == NULL)
		return;
	if (raise->organisation[0] != '\0' || id_is_null(&raise->ticket)) {
		r->rc =
		    organisation_by_key(r->desk->tx, raise->organisation, &organisation, r->err);
		check_customer(r, &organisation, "/organisation");
	}
	if (r->rc < 0 || id_is_null(&raise->ticket))
		return;
	r->rc = ticket_get(r->desk->tx, &raise->ticket, &ticket, r->err);
	if (r->rc == 0)
		r->rc = organisation_get(r->desk->tx, &ticket.organisation, &organisation, r->err);
	check_customer(r, &organisation, "/ticket");
}

/* So that nobody's key is another's, by chance or to see his packet. */
static const char *
own_key(struct reading *r, const char *key)
{
	const struct policy_source *source = r->request->source;

	return source == NULL || key[0] == '\0'
	    ? key
	    : arena_printf(tx_arena(r->desk->tx), "hook:%s:%s", source->name, key);
}

int
escalation_request_raise(struct desk *desk, struct escalation_request *request, struct err *err)
{
	static const char *const names[] = { "organisation", "title", "entity", "workflow",
		"failed_step", "reason", "missing", "priority", "risk", "artifacts", "resume_token",
		"suggest", "texts", "once_key", "to", "levels", "confidence", "due", "ticket" };
	struct reading r = reading_of(desk, request, err);
	struct escalation_raise raise;
	struct escalation e;
	const char *wrong = NULL;

	refuse_unknown(&r, names, ARRAY_LEN(names));
	check_entity(&r);
	raise = read_raise(&r);
	read_ticket(&r, &raise.ticket);
	check_source(&r, &raise);
	raise.once_key = own_key(&r, raise.once_key);
	if (r.rc < 0)
		return r.rc;
	raise.wrong = &wrong;
	r.rc = escalation_raise(desk, &raise, &e, &request->changed, err);
	request->wrong = pointer_of(wrong);
	return r.rc < 0 ? r.rc : answer(&r, &e);
}

/* --- acts ---------------------------------------------------------------------------- */

static void
refuse_others(struct reading *r)
{
	static const char *const assign[] = { "to" }, *const snooze[] = { "until" };
	static const char *const resolve[] = { "action", "notes", "override" };

	switch (r->request->act) {
	case ESCALATION_ASSIGN:
		refuse_unknown(r, assign, ARRAY_LEN(assign));
		return;
	case ESCALATION_SNOOZE:
		refuse_unknown(r, snooze, ARRAY_LEN(snooze));
		return;
	case ESCALATION_RESOLVE:
		refuse_unknown(r, resolve, ARRAY_LEN(resolve));
		return;
	default:
		refuse_unknown(r, NULL, 0);
	}
}

int
escalation_request_act(struct desk *desk, struct escalation_request *request, struct err *err)
{
	struct reading r = reading_of(desk, request, err);
	struct escalation_wish wish = {
		.id = request->id, .act = request->act, .by = request->by, .way = request->way
	};
	const char *wrong = NULL;
	struct escalation e;

	refuse_others(&r);
	wish.to = text_of(&r, "to");
	wish.until = time_of(&r, "until");
	wish.action = text_of(&r, "action");
	wish.notes = text_of(&r, "notes");
	wish.override_json = json_of(&r, "override", JSON_OBJECT);
	wish.wrong = &wrong;
	if (r.rc < 0)
		return r.rc;
	r.rc = escalation_do(desk, &wish, &e, &request->changed, err);
	request->wrong = wrong;
	return r.rc < 0 ? r.rc : answer(&r, &e);
}

int
escalation_request_resume(struct desk *desk, struct escalation_request *request, struct err *err)
{
	struct reading r = reading_of(desk, request, err);
	const struct resume_wish wish = { request->id, request->by };
	struct resume resume;
	struct escalation e;

	refuse_unknown(&r, NULL, 0);
	if (r.rc == 0)
		r.rc = resume_again(desk, &wish, &resume, &request->changed, err);
	if (r.rc == 0)
		r.rc = escalation_get(desk->tx, &request->id, &e, err);
	if (r.rc == 0)
		r.rc = answer(&r, &e);
	if (r.rc == 0 && !request->changed)
		json_object_set_new(request->out, "message",
		    json_sprintf(
			"%s took it before, with %lld", resume.workflow, (long long)resume.status));
	return r.rc;
}

/* --- verbs ----------------------------------------------------------------------------- */

/* Gives request->out to out. */
static int
verb_answer(struct escalation_request *request, json_t *out, int rc)
{
	if (rc == 0)
		json_object_update(out, request->out);
	json_decref(request->out);
	return rc;
}

/* What is wished, without what is said beside it. New reference. */
static json_t *
wished(struct desk *desk, const json_t *arguments, struct escalation_request *request)
{
	json_t *object = json_copy((json_t *)(uintptr_t)arguments);
	const char *user = json_string_value(json_object_get(arguments, VERB_USER));

	request->by = "operator";
	request->way.channel = "console";
	if (user != NULL)
		request->way.evidence = arena_printf(tx_arena(desk->tx), "user %s", user);
	json_object_del(object, VERB_USER);
	request->object = object;
	return object;
}

int
escalation_verb_raise(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct escalation_request request = { 0 };
	json_t *object = wished(desk, arguments, &request);
	int rc = escalation_request_raise(desk, &request, err);

	json_decref(object);
	return verb_answer(&request, out, rc);
}

/* The packet is beside what is wished of it. */
static int
act(struct desk *desk, const json_t *arguments, struct escalation_request *request, struct err *err)
{
	const char *name = json_string_value(json_object_get(arguments, "escalation"));
	json_t *object = wished(desk, arguments, request);
	int rc;

	json_object_del(object, "escalation");
	if (name == NULL || !id_parse(name, &request->id))
		rc = err_set(
		    err, ERR_INVALID, "\"%s\" is not the id of a packet", name != NULL ? name : "");
	else
		rc = escalation_request_act(desk, request, err);
	json_decref(object);
	return rc;
}

#define VERB(name, which) \
	int escalation_verb_##name( \
	    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) \
	{ \
		struct escalation_request request = { .act = which }; \
\
		return verb_answer(&request, out, act(desk, arguments, &request, err)); \
	}

VERB(ack, ESCALATION_ACK)
VERB(assign, ESCALATION_ASSIGN)
VERB(snooze, ESCALATION_SNOOZE)
VERB(resolve, ESCALATION_RESOLVE)
VERB(reopen, ESCALATION_REOPEN)

/* A page of them; "before" is where the next one begins. */
int
escalation_verb_expire(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	const char *before = json_string_value(json_object_get(arguments, "before"));
	struct escalation_sweep sweep = { 0 };
	char text[ID_TEXT_SIZE];
	int rc;

	if (before != NULL && !id_parse(before, &sweep.before))
		return err_set(err, ERR_INVALID, "\"%s\" is not the id of a packet", before);
	rc = escalation_sweep(desk, &sweep, err);
	if (rc < 0)
		return rc;
	json_object_set_new(out, "expired", json_integer((json_int_t)sweep.expired));
	if (sweep.more)
		json_object_set_new(out, "before", json_string(id_text(&sweep.before, text)));
	return 0;
}
