#include <assent/web/hooks.h>

#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/hook.h>
#include <assent/net/signature.h>
#include <assent/web/web.h>

#include <jansson.h>

#define JSON_TYPE "application/json"
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

static int
add_chunk(const char *bytes, size_t n, void *page)
{
	str_add_n(page, bytes, n);
	return 0;
}

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
	error = json_pack("{s:o}", "error", error);
	str_clear(rq->page);
	json_dump_callback(error, add_chunk, rq->page, JSON_COMPACT);
	str_add_char(rq->page, '\n');
	json_decref(error);
	http_answer_page(answer, rq, why->status, JSON_TYPE);
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

static const struct policy_source *
find_source(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (text_is(policy->sources[i].name, name))
			return &policy->sources[i];
	return NULL;
}

/*
 * A good signature is never turned away for the bad ones of others behind the
 * same address: only refusals are counted, answered shorter and not logged.
 */
static void
deny(const struct web *web, struct http_request *rq, struct http_answer *answer,
    const struct policy_source *source, const char *reason)
{
	const struct refusal denied = { HTTP_UNAUTHORIZED, "denied",
		"this request is not signed as it must be", NULL };
	const struct refusal slow = { HTTP_TOO_MANY, "too-many",
		"too many requests that are not signed as they must be", NULL };

	if (!bucket_take(web->lookups, rq->peer_key, web->boot())) {
		refuse(rq, answer, &slow);
		return;
	}
	log_line(LOG_WARN, "hook.refused", "source", source != NULL ? source->name : "unknown",
	    "peer", rq->peer, "reason", reason, NULL);
	refuse(rq, answer, &denied);
}

/* Takes as long for a source that does not exist. */
static bool
is_signed(const struct http_request *rq, const struct policy_source *source,
    const struct signature *signature)
{
	static const struct mac_key nobodys = { .len = MAC_KEY_MAX };
	const struct signed_body body = {
		.bytes = rq->body,
		.n = rq->body_len,
		.keys = source != NULL ? source->secret_keys : &nobodys,
		.key_count = source != NULL ? source->secret_count : 1,
	};

	return signature_holds(signature, &body) && source != NULL;
}

/* False when it is answered: whoever cannot prove who he is. */
static bool
check_sender(const struct web *web, struct http_request *rq, struct http_answer *answer,
    const struct policy_source *source, struct signature *signature)
{
	const struct signature_head head = { http_header(rq, "webhook-id"),
		http_header(rq, "webhook-timestamp"), http_header(rq, "webhook-signature") };
	const struct refusal stale = { HTTP_UNAUTHORIZED, "stale",
		"webhook-timestamp is too far from this server's time; sign each try anew and "
		"check both clocks",
		NULL };
	struct err err;

	if (signature_read(&head, signature, &err) < 0) {
		deny(web, rq, answer, source, err.text);
		return false;
	}
	if (!is_signed(rq, source, signature)) {
		deny(web, rq, answer, source, "no signature fits");
		return false;
	}
	if (signature_is_fresh(signature, web->now(), source->tolerance))
		return true;
	log_line(LOG_WARN, "hook.refused", "source", source->name, "peer", rq->peer, "reason",
	    "the time of the try is too far from ours", NULL);
	refuse(rq, answer, &stale);
	return false;
}

/* --- what was sent --------------------------------------------------------------- */

static bool
has_room(const struct settings *settings, struct http_request *rq, struct http_answer *answer)
{
	const struct refusal full = { HTTP_UNAVAILABLE, "full",
		"there is no room to keep this; nothing was taken, try again later", NULL };
	int64_t room = disk_free(settings->state_dir);

	if (room < 0 || room >= settings->min_free)
		return true;
	log_line(LOG_ERROR, "hook.disk_full", "folder", settings->state_dir, "effect",
	    "helpdesks are told to try again; decisions go on", NULL);
	refuse(rq, answer, &full);
	return false;
}

static bool
check_event(struct http_request *rq, struct http_answer *answer)
{
	struct strict_fault fault;
	struct hook_event event;
	struct refusal wrong = { .status = HTTP_UNPROCESSABLE };

	if (hook_read(rq->body, rq->body_len, rq->arena, &event, &fault))
		return true;
	wrong.code = fault.code;
	wrong.message = fault.message;
	wrong.pointer = fault.pointer;
	refuse(rq, answer, &wrong);
	return false;
}

/* --- keeping it ------------------------------------------------------------------- */

static int
keep(struct tx *tx, void *arg, struct err *err)
{
	struct post *post = arg;
	struct desk desk = web_desk(post->web, post->settings, tx);

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
	http_answer_send(later, &answer);
}

static void
submit(const struct web *web, struct settings *settings, struct http_request *rq,
    const char *source, const char *id)
{
	struct post *post = arena_alloc(rq->arena, sizeof(*post));

	post->web = web;
	post->settings = settings_ref(settings);
	post->delivery =
	    (struct hook_delivery){ source, arena_dup(rq->arena, id), rq->body, rq->body_len };
	post->later = http_later(rq);
	db_submit(web->db, keep, kept, post);
}

enum http_when
hooks_post(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const struct web *web = arg;
	AUTO(settings_unrefp) struct settings *settings = settings_get(web->settings);
	const struct policy_source *source = find_source(&settings->policy, rq->segment);
	struct signature signature;

	if (!check_sender(web, rq, answer, source, &signature) || !has_room(settings, rq, answer) ||
	    !check_event(rq, answer))
		return HTTP_NOW;
	submit(web, settings, rq, source->name, signature.id);
	return HTTP_LATER;
}
