#include "http_priv.h"

#include <assert.h>
#include <string.h>

/*
 * Who may touch a held request: its holder alone, until http_answer_send() or
 * until the server gives up (http_held_give_up()), which leaves the work to
 * the holder and answers 503 by itself. held_lock decides who was first.
 */

static struct work *
work_new(void)
{
	struct work *work = mem_alloc(sizeof(*work));

	work->rq.arena = arena_new(HTTP_ARENA_MAX);
	work->body = STR_INIT(0);
	work->page = STR_INIT(HTTP_PAGE_MAX);
	atomic_init(&work->refs, 1);
	return work;
}

void
http_work_finish(struct work *work)
{
	http_finish finish = work->finish;

	work->finish = NULL;
	if (finish)
		finish(&work->rq, &work->answer, work->finish_arg);
}

static void
work_unref(struct work *work)
{
	if (atomic_fetch_sub(&work->refs, 1) > 1)
		return;
	http_work_finish(work);
	http_stream_drop(work->answer.stream);
	arena_free(work->rq.arena);
	str_done(&work->body);
	str_done(&work->page);
	mem_free(work);
}

static void
str_forget(struct str *s, size_t spare)
{
	if (s->room > spare)
		str_done(s);
	else
		str_clear(s);
}

/* Ready for the next request: what it remembers goes, small memory stays. */
static void
work_clear(struct work *work)
{
	struct arena *arena = work->rq.arena;

	http_work_finish(work);
	arena_reset(arena);
	str_forget(&work->body, HTTP_SPARE_BODY);
	str_forget(&work->page, HTTP_SPARE_PAGE);
	memset(&work->rq, 0, sizeof(work->rq));
	work->rq.arena = arena;
	work->state = WORK_NEW;
	work->refusal = 0;
	work->discarded = 0;
	work->form_read = work->query_read = false;
	work->found = NULL;
	work->allow = NULL;
	work->answer.header_count = 0;
	work->answer.status = 0;
	work->answer.body = NULL;
	work->answer.body_len = 0;
	work->answer.type = NULL;
	work->answer.close = false;
	work->late = NULL;
	work->streamed_ns = 0;
}

struct work *
http_work_begin(struct conn *conn, const char *uri)
{
	struct work *work = conn->work;

	if (!work)
		work = conn->work = work_new();
	work->conn = conn;
	work->server = conn->listener->server;
	work->began_ns = clock_tick_ns();
	work->rq.page = &work->page;
	work->rq.body = "";
	work->rq.over_unix = conn->listener->is_unix;
	work->rq.pid = conn->pid;
	work->rq.uid = conn->uid;
	work->rq.gid = conn->gid;
	work->uri = arena_dup(work->rq.arena, uri);
	return work;
}

void
http_work_end(struct conn *conn)
{
	struct work *work = conn->work;

	if (!work)
		return;
	/* A holder that came too late still has it: leave it behind. */
	if (atomic_load(&work->refs) > 1)
		http_work_drop(conn);
	else
		work_clear(work);
}

void
http_work_drop(struct conn *conn)
{
	if (conn->work)
		work_unref(conn->work);
	conn->work = NULL;
}

static void
held_remove(struct work *work)
{
	assert(work->held_at);
	*work->held_at = work->next_held;
	if (work->next_held)
		work->next_held->held_at = work->held_at;
	work->next_held = NULL;
	work->held_at = NULL;
}

static void
held_add(struct work *work)
{
	struct http_server *server = work->server;

	work->held_at = &server->held;
	work->next_held = server->held;
	if (work->next_held)
		work->next_held->held_at = &work->next_held;
	server->held = work;
	work->state = WORK_HELD;
	work->conn->suspended = true;
	MHD_suspend_connection(work->conn->mhd);
}

struct http_later *
http_later(struct http_request *rq)
{
	struct work *work = (struct work *)(void *)rq;

	atomic_fetch_add(&work->server->refs, 1);
	atomic_fetch_add(&work->refs, 1);
	pthread_mutex_lock(&work->server->held_lock);
	if (work->server->held_closed)
		work->conn = NULL;
	else
		held_add(work);
	pthread_mutex_unlock(&work->server->held_lock);
	return (struct http_later *)(void *)work;
}

struct http_request *
http_later_request(struct http_later *later)
{
	return &((struct work *)(void *)later)->rq;
}

/* The answer, or who makes it, is in work. */
static void
let_go(struct work *work)
{
	struct http_server *server = work->server;
	bool kept;

	pthread_mutex_lock(&server->held_lock);
	kept = work->conn != NULL;
	if (kept) {
		work->state = WORK_ANSWERED;
		held_remove(work);
		/* Before the resume, so that the conn finds the work its own again. */
		atomic_fetch_sub(&work->refs, 1);
		MHD_resume_connection(work->conn->mhd);
	}
	pthread_mutex_unlock(&server->held_lock);
	if (!kept)
		work_unref(work);
	http_server_unref(server);
}

void
http_answer_send(struct http_later *later, const struct http_answer *answer)
{
	struct work *work = (struct work *)(void *)later;

	work->answer = *answer;
	let_go(work);
}

void
http_answer_by(struct http_later *later, http_finish finish, void *arg)
{
	struct work *work = (struct work *)(void *)later;

	work->finish = finish;
	work->finish_arg = arg;
	let_go(work);
}

enum work_state
http_held_state(struct work *work)
{
	enum work_state state;

	pthread_mutex_lock(&work->server->held_lock);
	state = work->state;
	pthread_mutex_unlock(&work->server->held_lock);
	return state;
}

void
http_later_until(struct http_later *later, span_ms span, http_finish late, void *arg)
{
	struct work *work = (struct work *)(void *)later;

	pthread_mutex_lock(&work->server->held_lock);
	work->late = late;
	work->late_arg = arg;
	work->until_ns = clock_tick_ns() + (uint64_t)span * 1000000;
	pthread_mutex_unlock(&work->server->held_lock);
}

/* Its conn answers without its holder. */
static void
leave_behind(struct work *work, enum work_state state)
{
	struct conn *conn = work->conn;

	work->state = state;
	held_remove(work);
	work->conn = NULL;
	MHD_resume_connection(conn->mhd);
}

void
http_held_sweep(struct http_server *server, uint64_t now_ns)
{
	struct work *work, *next;

	pthread_mutex_lock(&server->held_lock);
	for (work = server->held; work; work = next) {
		next = work->next_held;
		if (work->late && now_ns >= work->until_ns)
			leave_behind(work, WORK_LATE);
	}
	pthread_mutex_unlock(&server->held_lock);
}

void
http_held_give_up(struct http_server *server)
{
	pthread_mutex_lock(&server->held_lock);
	server->held_closed = true;
	while (server->held)
		leave_behind(server->held, WORK_HELD);
	pthread_mutex_unlock(&server->held_lock);
}
