#include <assent/web/hooks.h>

#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/hook.h>
#include <assent/web/json_body.h>
#include <assent/web/web.h>

#include "web/hooks_priv.h"

#include <jansson.h>

#define HTTP_OK 200
#define HTTP_ACCEPTED 202
#define HTTP_UNAUTHORIZED 401
#define HTTP_CONFLICT 409
#define HTTP_UNPROCESSABLE 422
#define HTTP_TOO_MANY 429
#define HTTP_UNAVAILABLE 503

struct post { /* one delivery on its way through the writer; lives in the request's arena */
	const struct web *web;
	struct settings *settings;
	struct http_later *later;
	struct hook_delivery delivery;
	struct id id; /* of the last run */
	bool known;
};

/* --- answers ----------------------------------------------------------------- */

struct refusal {
	int status;
	const char *code, *message;
	const char *pointer; /* NULL where the body is not to blame */
};

static void
refuse(struct http_request *rq, struct http_answer *answer, const struct refusal *why)
{
	AUTO(str_donep) struct str message = STR_INIT(4096);
	json_t *error;

	/* It may quote what somebody sent, and be clipped inside a character. */
	utf8_add_line(&message, why->message, 1000);
	error = json_pack("{s:s, s:s}", "code", why->code, "message", str_text(&message));
	if (why->pointer != NULL)
		json_object_set_new(error, "pointer", json_string(why->pointer));
	json_answer(rq, answer, why->status, json_pack("{s:o}", "error", error));
	if (why->status == HTTP_UNAVAILABLE || why->status == HTTP_TOO_MANY)
		http_answer_header(answer, "Retry-After", "60");
}

static void
answer_taken(struct http_request *rq, struct http_answer *answer, const struct post *post)
{
	char id[ID_TEXT_SIZE];

	str_clear(rq->page);
	str_add(rq->page, "{\"id\":\"");
	str_add(rq->page, id_text(&post->id, id));
	str_add(rq->page, post->known ? "\",\"already\":true}\n" : "\"}\n");
	http_answer_page(answer, rq, post->known ? HTTP_OK : HTTP_ACCEPTED, JSON_TYPE);
}

/* --- who sent it --------------------------------------------------------------- */

/*
 * A good signature is never turned away for the bad ones of others behind the
 * same address: only refusals are counted, answered shorter and not logged.
 */
static bool
turn_away(struct visit *visit, const struct refusal *why, const char *reason)
{
	const struct refusal slow = { HTTP_TOO_MANY, "too-many",
		"too many requests that are not signed as they must be", NULL };
	struct http_request *rq = visit->rq;

	metric_add(METRIC_HOOKS_REFUSED, 1);
	/* A count of its own: links are followed from behind the same address. */
	if (!bucket_take(visit->web->lookups, arena_printf(rq->arena, "hook %s", rq->peer_key),
		visit->web->boot())) {
		refuse(rq, visit->answer, &slow);
		return false;
	}
	log_line(LOG_WARN, "hook.refused", "source",
	    visit->source != NULL ? visit->source->name : "unknown", "peer", rq->peer, "reason",
	    reason, NULL);
	refuse(rq, visit->answer, why);
	return false;
}

static bool
deny(struct visit *visit, const char *reason)
{
	const struct refusal denied = { HTTP_UNAUTHORIZED, "denied",
		"this request is not signed as it must be", NULL };

	return turn_away(visit, &denied, reason);
}

/* Takes as long for a source that does not exist. */
static bool
is_signed(const struct visit *visit)
{
	static const struct mac_key nobodys = { .len = MAC_KEY_MAX };
	const struct policy_source *source = visit->source;
	const struct signed_body body = {
		.bytes = visit->rq->body,
		.n = visit->rq->body_len,
		.keys = source != NULL ? source->secret_keys : &nobodys,
		.key_count = source != NULL ? source->secret_count : 1,
	};

	return signature_holds(&visit->signature, &body) && source != NULL;
}

/* These checks return false once they have filled in the answer. */
bool
hooks_check_sender(struct visit *visit)
{
	const struct signature_head head = { http_header(visit->rq, "webhook-id"),
		http_header(visit->rq, "webhook-timestamp"),
		http_header(visit->rq, "webhook-signature") };
	const struct refusal stale = { HTTP_UNAUTHORIZED, "stale",
		"webhook-timestamp is too far from this server's time; sign each try anew and "
		"check both clocks",
		NULL };
	struct err err;

	if (signature_read(&head, &visit->signature, &err) < 0)
		return deny(visit, err.text);
	if (!is_signed(visit))
		return deny(visit, "no signature fits");
	if (signature_is_fresh(&visit->signature, visit->web->now(), visit->source->tolerance))
		return true;
	/* Whoever overheard one that was good can send it again and again. */
	return turn_away(visit, &stale, "the time of the try is too far from ours");
}

/* --- what was sent --------------------------------------------------------------- */

static bool
has_room(const struct visit *visit)
{
	const struct refusal full = { HTTP_UNAVAILABLE, "full",
		"there is no room to keep this; nothing was taken, try again later", NULL };
	const char *folder = visit->settings->state_dir;
	int64_t room = disk_free(folder);

	if (room < 0 || room >= visit->settings->min_free)
		return true;
	log_line(LOG_ERROR, "hook.disk_full", "folder", folder, "effect",
	    "helpdesks are told to try again; decisions go on", NULL);
	refuse(visit->rq, visit->answer, &full);
	return false;
}

static bool
check_event(const struct visit *visit)
{
	struct http_request *rq = visit->rq;
	struct strict_fault fault;
	struct hook_event event;
	struct refusal wrong = { .status = HTTP_UNPROCESSABLE };

	if (hook_read(rq->body, rq->body_len, rq->arena, &event, &fault))
		return true;
	metric_add(METRIC_HOOKS_WRONG, 1);
	wrong.code = fault.code;
	wrong.message = fault.message;
	wrong.pointer = fault.pointer;
	refuse(rq, visit->answer, &wrong);
	return false;
}

/* --- keeping it ------------------------------------------------------------------- */

static int
keep(struct tx *tx, void *arg, struct err *err)
{
	struct post *post = arg;
	/* Nothing here waits for a clock to be believed; asking costs a system call. */
	struct desk desk = {
		.tx = tx,
		.policy = &post->settings->policy,
		.now = post->web->now(),
	};

	return hook_keep(&desk, &post->delivery, &post->id, &post->known, err);
}

static void
answer_failure(struct http_request *rq, struct http_answer *answer, const struct err *err)
{
	const struct refusal reused = { HTTP_CONFLICT, "conflict", err->text, NULL };
	const struct refusal failed = { HTTP_UNAVAILABLE, "unavailable",
		"this could not be kept; nothing was taken, try again later", NULL };

	if (err->code != ERR_CONFLICT)
		log_err(LOG_ERROR, "hook.failed", err);
	refuse(rq, answer, err->code == ERR_CONFLICT ? &reused : &failed);
}

static void
kept(void *ctx, int rc, const struct err *err)
{
	struct post *post = ctx;
	struct http_later *later = post->later;
	struct http_request *rq = http_later_request(later);
	struct http_answer answer = { 0 };

	settings_unref(post->settings);
	if (rc < 0)
		answer_failure(rq, &answer, err);
	else
		answer_taken(rq, &answer, post);
	if (rc == 0)
		metric_add(post->known ? METRIC_HOOKS_AGAIN : METRIC_HOOKS_IN, 1);
	http_answer_send(later, &answer);
}

static void
submit(struct visit *visit)
{
	struct http_request *rq = visit->rq;
	struct post *post = arena_alloc(rq->arena, sizeof(*post));

	post->web = visit->web;
	post->settings = settings_ref(visit->settings);
	post->delivery = (struct hook_delivery){ visit->source->name,
		arena_dup(rq->arena, visit->signature.id), rq->body, rq->body_len };
	post->later = http_later(rq);
	db_submit(visit->web->db, keep, kept, post);
}

enum http_when
hooks_post(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const struct web *web = arg;
	AUTO(settings_unrefp) struct settings *settings = settings_get(web->settings);
	struct visit visit = {
		.web = web,
		.settings = settings,
		.rq = rq,
		.answer = answer,
		.source = hook_source(&settings->policy, rq->segment),
	};

	if (!hooks_check_sender(&visit) || !has_room(&visit) || !check_event(&visit))
		return HTTP_NOW;
	submit(&visit);
	return HTTP_LATER;
}
