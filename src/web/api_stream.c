/* api: /tickets/{ticket}/documents/{kind}/stream, a draft while it is written. */
#include <assent/base/str.h>
#include <assent/flow/document.h>
#include <assent/net/feed.h>

#include "web/api_priv.h"

#include <string.h>

#define LOOK_ARENA ((size_t)4 << 20)

/* Who watches what; outlives the request. */
struct watcher {
	struct web *web;
	uint8_t hash[SHA256_SIZE]; /* of the token */
	struct document_wish wish;
	char locale[DOCUMENT_LOCALE_MAX + 1];
};

/* --- may it go on? ---------------------------------------------------------------- */

static int
check_watcher(struct watcher *watcher, struct desk *desk, const char **why, struct err *err)
{
	struct api_token token;
	int rc = api_token_by_hash(desk->tx, watcher->hash, &token, err);

	*why = NULL;
	if (rc == ERR_NOT_FOUND || (rc == 0 && token.revoked != 0))
		*why = "this token was revoked";
	else if (rc == 0 && token.expires != 0 && token.expires <= desk->now)
		*why = "this token has expired";
	return *why != NULL ? 0 : rc;
}

struct look {
	struct watcher *watcher;
	const struct settings *settings;
	struct str *out;
};

static void
add_error(struct str *out, const char *message)
{
	json_t *object = json_pack("{s:s}", "message", message);
	char *text = json_dumps(object, JSON_COMPACT);

	feed_add_event(out, "error", text);
	free(text); /* house: library memory */
	json_decref(object);
}

static int
look_run(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct desk desk = web_desk(look->watcher->web, look->settings, tx);
	enum document_stand stand = DOCUMENT_DRAFTING;
	struct document document;
	const char *why;
	int rc = check_watcher(look->watcher, &desk, &why, err);

	if (rc == 0 && why == NULL)
		rc = document_look(&desk, &look->watcher->wish, &document, &stand, err);
	if (rc < 0)
		return rc;
	if (why == NULL && stand == DOCUMENT_NONE)
		why = "nothing is drafted here any more";
	if (why != NULL)
		add_error(look->out, why);
	else if (stand == DOCUMENT_STORED)
		feed_add_event(look->out, "done", document_done_json(&document, tx_arena(tx)));
	return 0;
}

/*
 * At each sign of life: the token may be revoked, and what was drafting may have
 * ended without a word to this process (the run's memory is bounded).
 */
static bool
goes_on(void *arg, struct str *out)
{
	struct watcher *watcher = arg;
	AUTO(arena_freep) struct arena *arena = arena_new(LOOK_ARENA);
	AUTO(settings_unrefp) struct settings *settings = settings_get(watcher->web->settings);
	struct look look = { watcher, settings, out };
	struct err err;

	/* What cannot be looked up now is at the next. */
	return db_read(watcher->web->db, arena, look_run, &look, &err) < 0 || out->len == 0;
}

static void
forget(void *arg)
{
	mem_free(arg);
}

/* --- what is asked ------------------------------------------------------------------ */

static int
read_wish(struct api *api, struct desk *desk, struct document_wish *out, struct err *err)
{
	const char *locale = http_query(api->rq, "locale");
	int rc = api_find_ticket(api, desk, api->rq->segment, &out->ticket, err);

	out->locale = locale != NULL ? locale : "";
	if (rc == 0 && !document_kind_find(api->rq->second, &out->kind))
		rc = err_set(err, ERR_NOT_FOUND, "there is no such kind of document");
	return rc;
}

/* A browser's EventSource sends a header, others may find a query easier. What is none begins anew. */
static struct live_place
last_place(const struct api *api)
{
	const char *text = http_header(api->rq, "Last-Event-ID");
	struct live_place place;

	if (text == NULL)
		text = http_query(api->rq, "last_event_id");
	if (text == NULL || *text == '\0')
		return api->mark;
	/* Of no process and no try: all of it again, after a restart. */
	return live_place_parse(text, &place) ? place : (struct live_place){ .try = 1 };
}

static struct http_stream *
open_feed(struct api *api, const struct document_wish *wish, const char *run,
    const struct live_place *from)
{
	struct watcher *watcher = mem_alloc(sizeof(*watcher));
	struct http_stream *stream;

	watcher->web = api->web;
	watcher->wish = *wish;
	memcpy(watcher->hash, api->hash, SHA256_SIZE);
	memcpy(watcher->locale, wish->locale, strlen(wish->locale) + 1);
	watcher->wish.locale = watcher->locale;
	stream = feed_new(api->rq,
	    &(struct feed_options){ .live = api->web->live,
		.run = run,
		.from = *from,
		.goes_on = goes_on,
		.done = forget,
		.arg = watcher });
	if (stream == NULL)
		mem_free(watcher);
	return stream;
}

/* --- what is answered ----------------------------------------------------------------- */

static void
add_headers(struct http_answer *answer)
{
	http_answer_header(answer, "Cache-Control", "no-store");
	/* nginx would gather pieces into pages. */
	http_answer_header(answer, "X-Accel-Buffering", "no");
}

static int
answer_feed(struct api *api, const struct document_wish *wish, const char *run,
    const struct live_place *from, struct err *err)
{
	struct http_stream *stream = open_feed(api, wish, run, from);

	if (stream == NULL)
		return api_refuse(
		    api, "busy", NULL, err, "too many watch already; try again in a minute");
	http_answer_stream(api->answer, 200, FEED_TYPE, stream);
	add_headers(api->answer);
	return 0;
}

static int
answer_done(struct api *api, const struct document *document, struct arena *arena)
{
	feed_add_event(api->rq->page, "done", document_done_json(document, arena));
	http_answer_page(api->answer, api->rq, 200, FEED_TYPE);
	add_headers(api->answer);
	return 0;
}

static int
watch(struct api *api, struct desk *desk, struct err *err)
{
	struct live_place from = last_place(api);
	struct document_wish wish = { .by = "" };
	struct document document;
	enum document_stand stand = DOCUMENT_NONE;
	const char *run = NULL;
	bool known;
	int rc = read_wish(api, desk, &wish, err);

	if (rc == 0)
		rc = document_run_name(desk, &wish, &run, err);
	if (rc == 0)
		rc = document_look(desk, &wish, &document, &stand, err);
	if (rc < 0)
		return rc == ERR_INVALID ? api_refuse(api, "invalid", NULL, err, "%s", err->text)
					 : rc;
	known = live_knows(api->web->live, run, &from);
	/* EventSource asks again after the end, until it is told 204. */
	if (known && from.is_end) {
		api->answer->status = 204;
		return 0;
	}
	if (known || stand == DOCUMENT_DRAFTING)
		return answer_feed(api, &wish, run, &from, err);
	if (stand == DOCUMENT_STORED)
		return answer_done(api, &document, tx_arena(desk->tx));
	return err_set(err, ERR_NOT_FOUND,
	    "there is no such document and none is being drafted; POST asks for one");
}

/* clang-format off */
const struct api_endpoint api_stream_endpoints[] = {
	{ "GET", "/api/v1/tickets/{}/documents/{}/stream", SCOPE_TICKETS_READ, watch, NULL },
	{ NULL, NULL, SCOPE_TICKETS_READ, NULL, NULL },
};
/* clang-format on */
