#include <assent/web/portal.h>

#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/flow/portal.h>
#include <assent/web/page.h>
#include <assent/web/web.h>

#define HTTP_OK 200
#define HTTP_NOT_FOUND 404
#define HTTP_TOO_MANY 429
#define HTTP_UNAVAILABLE 503

struct visit { /* one request behind a link */
	struct web *web;
	struct settings *settings;
	struct http_later *later; /* NULL for a GET */
	bool is_packet; /* /e/, not /a/ */
	bool again; /* the form asks for the question afresh */
	struct portal_post post;
	const char *choice;
	struct portal_answer answer;
	int rc;
	struct err err;
};

static const struct {
	const char *name;
	int status;
} pages[] = {
	[PAGE_CONFIRM] = { "confirm", HTTP_OK },
	[PAGE_DONE] = { "done", HTTP_OK },
	[PAGE_DECIDED] = { "decided", HTTP_OK },
	[PAGE_CHANGED] = { "changed", HTTP_OK },
	[PAGE_EXPIRED] = { "expired", HTTP_OK },
	[PAGE_ELSEWHERE] = { "elsewhere", HTTP_OK },
	[PAGE_WITHDRAWN] = { "withdrawn", HTTP_OK },
	[PAGE_SENT] = { "fresh-sent", HTTP_OK },
	[PAGE_INVALID] = { "invalid", HTTP_NOT_FOUND },
	[PAGE_PACKET] = { "packet", HTTP_OK },
	[PAGE_PACKET_DONE] = { "packet-done", HTTP_OK },
	[PAGE_PACKET_INVALID] = { "packet-invalid", HTTP_NOT_FOUND },
};

/* Withdrawn and superseded read differently, though both are closed. */
static const char *
page_name(const struct visit *visit)
{
	if (visit->answer.page == PAGE_WITHDRAWN &&
	    json_is_true(json_object_get(visit->answer.view, "is_superseded")))
		return "superseded";
	return pages[visit->answer.page].name;
}

static void
answer_problem(
    struct visit *visit, struct http_request *rq, struct http_answer *answer, const struct err *err)
{
	struct page_ask ask = { HTTP_UNAVAILABLE, "error", NULL };
	struct err ignored;

	log_err(LOG_ERROR, "portal", err);
	if (err->code == ERR_FULL)
		ask.view = json_pack("{s:s}", "message",
		    "This desk has no room left to record an answer. Nothing is lost; please try "
		    "again later.");
	page_answer(visit->web->pages, rq, answer, &ask, &ignored);
	http_answer_header(answer, "Retry-After", "60");
}

static void
answer_page(struct visit *visit, struct http_request *rq, struct http_answer *answer)
{
	struct page_ask ask = { pages[visit->answer.page].status, page_name(visit),
		visit->answer.view };
	struct err err;

	visit->answer.view = NULL;
	if (pages[visit->answer.page].status == HTTP_NOT_FOUND &&
	    !bucket_take(visit->web->lookups, rq->peer_key, visit->web->boot()))
		ask.status = HTTP_TOO_MANY;
	if (page_answer(visit->web->pages, rq, answer, &ask, &err) < 0)
		log_err(LOG_ERROR, "page", &err);
}

static int
show(struct tx *tx, void *arg, struct err *err)
{
	struct visit *visit = arg;
	struct desk desk = web_desk(visit->web, visit->settings, tx);

	if (visit->is_packet)
		return portal_packet_show(&desk, visit->post.token, &visit->answer, err);
	return portal_show(&desk, visit->post.token, visit->choice, &visit->answer, err);
}

static bool
is_over_limit(struct web *web, struct http_request *rq, struct http_answer *answer)
{
	struct page_ask ask = { HTTP_TOO_MANY, "invalid", NULL };
	struct err ignored;

	if (bucket_has(web->lookups, rq->peer_key, web->boot()))
		return false;
	page_answer(web->pages, rq, answer, &ask, &ignored);
	http_answer_header(answer, "Retry-After", "60");
	return true;
}

static bool
is_of_packet(const struct http_request *rq)
{
	return text_starts(rq->path, "/e/");
}

enum http_when
portal_get(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct web *web = arg;
	struct visit visit = {
		.web = web,
		.is_packet = is_of_packet(rq),
		.post.token = rq->segment,
		.choice = http_query(rq, "d"),
	};
	struct err err;

	if (is_over_limit(web, rq, answer))
		return HTTP_NOW;
	visit.settings = settings_get(web->settings);
	if (db_read(web->db, rq->arena, show, &visit, &err) < 0)
		answer_problem(&visit, rq, answer, &err);
	else
		answer_page(&visit, rq, answer);
	settings_unref(visit.settings);
	return HTTP_NOW;
}

/* May run more than once; only the last view counts. */
static int
act(struct tx *tx, void *arg, struct err *err)
{
	struct visit *visit = arg;
	struct desk desk = web_desk(visit->web, visit->settings, tx);

	json_decref(visit->answer.view);
	visit->answer.view = NULL;
	if (visit->is_packet)
		return portal_packet_act(&desk, &visit->post, &visit->answer, err);
	if (visit->again)
		return portal_again(&desk, &visit->post, &visit->answer, err);
	return portal_decide(&desk, &visit->post, &visit->answer, err);
}

static void
log_decision(const struct visit *visit)
{
	if (visit->answer.page != PAGE_DONE)
		return;
	metric_add(METRIC_DECISIONS, 1);
	log_line(LOG_NOTICE, "decision", "channel", "link", "ticket",
	    json_string_value(json_object_get(visit->answer.view, "mark")), "outcome",
	    json_string_value(json_object_get(visit->answer.view, "outcome")), NULL);
}

static void
answer_visit(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct visit *visit = arg;

	if (visit->rc < 0) {
		json_decref(visit->answer.view);
		answer_problem(visit, rq, answer, &visit->err);
	} else {
		log_decision(visit);
		answer_page(visit, rq, answer);
	}
	settings_unref(visit->settings);
}

/* On the writer's thread, which has more to do: pages are made elsewhere. */
static void
acted(void *ctx, int rc, const struct err *err)
{
	struct visit *visit = ctx;

	visit->rc = rc;
	if (rc < 0)
		visit->err = *err;
	http_answer_by(visit->later, answer_visit, visit);
}

static const char *
field(const struct form *form, const char *name)
{
	const char *value = form_get(form, name);

	return value != NULL ? value : "";
}

enum http_when
portal_post(struct http_request *rq, struct http_answer *answer, void *arg)
{
	struct web *web = arg;
	const char *agent = http_header(rq, "User-Agent");
	const struct form *form;
	struct visit *visit;
	struct err err;

	if (is_over_limit(web, rq, answer))
		return HTTP_NOW;
	/* A form on another site is refused; Origin says "null" under our own policy. */
	if (text_is(http_header(rq, "Sec-Fetch-Site"), "cross-site") ||
	    http_form(rq, &form, &err) < 0) {
		page_problem(rq, 400, answer, (void *)(uintptr_t)web->pages);
		return HTTP_NOW;
	}
	visit = arena_alloc(rq->arena, sizeof(*visit));
	*visit = (struct visit){
		.web = web,
		.settings = settings_get(web->settings),
		.is_packet = is_of_packet(rq),
		.again = field(form, "action")[0] != '\0',
		.post = { rq->segment, field(form, "nonce"), field(form, "asked_hash"),
		    field(form, "decision"), field(form, "comment"), rq->peer,
		    arena_dup(rq->arena, agent != NULL ? agent : ""), field(form, "to") },
	};
	visit->later = http_later(rq);
	db_submit(web->db, act, acted, visit);
	return HTTP_LATER;
}
