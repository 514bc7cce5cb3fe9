#include <assent/web/control.h>

#include <assent/base/log.h>
#include <assent/base/user.h>
#include <assent/base/utf8.h>
#include <assent/flow/verb.h>
#include <assent/web/web.h>

#include <jansson.h>
#include <stdio.h>

#define JSON_TYPE "application/json"

/* One verb on its way through the writer; lives in the request's arena. */
struct control {
	const struct web *web;
	struct settings *settings;
	struct http_later *later;
	const char *verb;
	uid_t uid;
	json_t *arguments;
	json_t *out; /* of the last run */
};

static int
status_of(int code)
{
	switch (code) {
	case ERR_NOT_FOUND:
		return 404;
	case ERR_INVALID:
		return 400;
	case ERR_LIMIT:
		return 413;
	case ERR_CONFLICT:
		return 409;
	case ERR_DENIED:
		return 403;
	case ERR_FULL:
		return 507;
	default:
		return 503;
	}
}

static int
add_chunk(const char *bytes, size_t n, void *page)
{
	str_add_n(page, bytes, n);
	return 0;
}

/* Takes the reference. */
static void
answer_json(struct http_request *rq, struct http_answer *answer, int status, json_t *body)
{
	str_clear(rq->page);
	json_dump_callback(body, add_chunk, rq->page, JSON_COMPACT);
	str_add_char(rq->page, '\n');
	json_decref(body);
	http_answer_page(answer, rq, status, JSON_TYPE);
}

static void
answer_error(struct http_request *rq, struct http_answer *answer, const struct err *err)
{
	AUTO(str_donep) struct str sentence = STR_INIT(4 * sizeof(err->text));

	/* It may quote what somebody sent, and be clipped inside a character. */
	utf8_add_line(&sentence, err->text, sizeof(err->text));
	answer_json(rq, answer, status_of(err->code),
	    json_pack("{s:{s:s, s:s}}", "error", "code", err_name(err->code), "message",
		str_text(&sentence)));
}

static int
run(struct tx *tx, void *arg, struct err *err)
{
	struct control *control = arg;
	struct desk desk = web_desk(control->web, control->settings, tx);

	/* A step may run twice; the first object is void then. */
	json_decref(control->out);
	control->out = NULL;
	return verb_run(&desk, control->verb, control->arguments, &control->out, err);
}

static void
note(const struct control *control)
{
	char uid[24];

	snprintf(uid, sizeof(uid), "%ld", (long)control->uid);
	log_line(LOG_INFO, "verb", "name", control->verb, "uid", uid, NULL);
}

static void
done(void *ctx, int rc, const struct err *err)
{
	struct control *control = ctx;
	struct http_request *rq = http_later_request(control->later);
	struct http_later *later = control->later;
	struct http_answer answer = { 0 };

	json_decref(control->arguments);
	settings_unref(control->settings);
	if (rc < 0) {
		json_decref(control->out);
		answer_error(rq, &answer, err);
	} else {
		note(control);
		if (control->web->verb_done != NULL)
			control->web->verb_done(control->web, control->verb);
		answer_json(rq, &answer, 200, control->out);
	}
	http_answer_send(later, &answer);
}

static int
read_arguments(const struct http_request *rq, json_t **out, struct err *err)
{
	json_error_t why = { .text = "" };
	json_t *json = rq->body_len == 0
	    ? json_object()
	    : json_loadb(rq->body, rq->body_len, JSON_REJECT_DUPLICATES, &why);

	if (json == NULL)
		return err_set(err, ERR_INVALID, "the arguments are not JSON: %s, line %d",
		    why.text, why.line);
	if (!json_is_object(json)) {
		json_decref(json);
		return err_set(err, ERR_INVALID, "the arguments must be a JSON object");
	}
	*out = json;
	return 0;
}

enum http_when
control_handle(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const struct web *web = arg;
	struct control *control;
	struct err err;
	json_t *arguments = NULL;
	char user[USER_TEXT_SIZE];

	if (!rq->over_unix) {
		http_answer_text(answer, 404, "not found\n");
		return HTTP_NOW;
	}
	if (read_arguments(rq, &arguments, &err) < 0) {
		answer_error(rq, answer, &err);
		return HTTP_NOW;
	}
	control = arena_alloc(rq->arena, sizeof(*control));
	control->web = web;
	control->settings = settings_get(web->settings);
	control->verb = rq->segment;
	control->uid = rq->uid;
	control->arguments = arguments;
	json_object_set_new(arguments, VERB_USER, json_string(user_text(rq->uid, user)));
	control->later = http_later(rq);
	db_submit(web->db, run, done, control);
	return HTTP_LATER;
}
