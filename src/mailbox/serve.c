#include "serve_priv.h"

#include "session_priv.h"
#include "walls_priv.h"

#include <assent/base/frame.h>
#include <assent/base/utf8.h>

#include <string.h>

#define REQUEST_MAX ((size_t)128 << 10)
#define TEXT_MAX ((size_t)16 << 10)
#define LETTER_MAX ((int64_t)256 << 20)
#define ANSWER_MAX ((size_t)1 << 20)
#define UID_MAX ((int64_t)UINT32_MAX)

struct child {
	int sock;
	bool walls; /* still to be raised */
	bool opened;
	bool gone; /* the daemon */
	struct str request, answer;
	struct frame frame; /* in request */
	bool waiting; /* frame was read while a WAIT ran and is still to be done */
	struct session session;
	SSL_CTX *trust;
};

static int
say(struct child *c, enum imap_frame kind, const struct str *what)
{
	struct err ignored;

	if (frame_send(c->sock, (uint8_t)kind, str_text(what), what->len, -1, -1, &ignored) < 0)
		c->gone = true;
	return c->gone ? -1 : 0;
}

static void
say_ok(struct child *c)
{
	str_clear(&c->answer);
	say(c, IMAP_OK, &c->answer);
}

static const char *
doing(enum imap_stage stage)
{
	static const char *const names[] = {
		[IMAP_AT_CONNECT] = "connecting",
		[IMAP_AT_TLS] = "TLS",
		[IMAP_AT_GREETING] = "greeting",
		[IMAP_AT_LOGIN] = "signing in",
		[IMAP_AT_SELECT] = "opening the folder",
		[IMAP_AT_LIST] = "listing",
		[IMAP_AT_FETCH] = "fetching",
		[IMAP_AT_AFTER] = "after fetching",
		[IMAP_AT_WAIT] = "waiting",
	};

	return names[stage];
}

static void
say_failed(struct child *c, const struct err *why)
{
	struct session *s = &c->session;

	str_clear(&c->answer);
	field_add_int(&c->answer, s->stage);
	field_add_int(&c->answer, why->code);
	field_add_int(&c->answer, s->permanent);
	field_add_text(&c->answer, why->text);
	session_close(s);
	c->opened = false;
	say(c, IMAP_FAILED, &c->answer);
}

/* Whatever a peer had in its words is one valid line by now; what was clipped may have lost half a letter. */
static void
fail(struct child *c, struct err *why)
{
	struct session *s = &c->session;
	struct err whole;

	if (s->what.host && *s->what.host)
		err_set(&whole, why->code, "%.200s port %d: %s: %s", s->what.host, s->what.port,
		    doing(s->stage), why->text);
	else
		whole = *why;
	whole.text[utf8_cut(whole.text, strlen(whole.text), sizeof(whole.text) - 1)] = '\0';
	say_failed(c, &whole);
}

/* --- OPEN --- */

static char *
take_text(struct child *c, struct field_reader *r)
{
	return field_take_text(r, c->session.arena, TEXT_MAX);
}

static int
usual_port(int tls)
{
	return tls == TLS_IMPLICIT ? 993 : 143;
}

static int
read_opening(struct child *c, struct err *err)
{
	struct opening *what = &c->session.what;
	struct field_reader r;

	field_reader_init(&r, c->frame.payload, c->frame.len);
	what->host = take_text(c, &r);
	what->port = (int)field_take_int(&r, 0, 65535);
	what->tls = (int)field_take_int(&r, TLS_IMPLICIT, TLS_NONE);
	what->auth = (int)field_take_int(&r, AUTH_PASSWORD, AUTH_NONE);
	what->user = take_text(c, &r);
	what->secret = take_text(c, &r);
	what->ca_file = take_text(c, &r);
	what->folder = take_text(c, &r);
	what->deadline = field_take_int(&r, 1, MS_DAY);
	what->max_size = field_take_int(&r, 1, LETTER_MAX);
	mem_wipe(c->request.text, c->request.room);
	c->session.permanent = true;
	if (!field_is_end(&r))
		return err_set(err, ERR_INVALID, "how to reach the mailbox is not understood");
	if (what->port == 0)
		what->port = usual_port(what->tls);
	return 0;
}

static int
raise_walls(struct child *c, struct err *err)
{
	const struct opening *what = &c->session.what;
	bool due = c->walls;

	c->walls = false;
	return due ? walls_raise(what->ca_file, what->port, what->max_size, err) : 0;
}

static int
open_session(struct child *c, struct err *err)
{
	struct session *s = &c->session;
	int rc = read_opening(c, err);

	if (rc == 0)
		rc = raise_walls(c, err);
	SSL_CTX_free(c->trust);
	c->trust = NULL;
	if (rc == 0 && s->what.tls != TLS_NONE) {
		s->stage = IMAP_AT_TLS;
		rc = trust_new(s->what.ca_file, &c->trust, err);
	}
	return rc < 0 ? rc : session_open(s, c->trust, err);
}

static int
do_open(struct child *c, struct err *err)
{
	struct session *s = &c->session;
	int rc;

	session_close(s);
	rc = open_session(c, err);
	if (rc < 0)
		return rc;
	c->opened = true;
	str_clear(&c->answer);
	field_add_int(&c->answer, s->stream->guard.uidvalidity);
	field_add_int(&c->answer, s->stream->guard.uidnext);
	field_add_int(&c->answer, session_can(s, "IDLE"));
	field_add_int(&c->answer, session_can(s, "MOVE"));
	field_add_text(&c->answer, str_text(&s->capabilities));
	say(c, IMAP_OPENED, &c->answer);
	return 0;
}

/* --- LIST --- */

static void
say_listed(struct child *c, const struct listing *l)
{
	str_clear(&c->answer);
	field_add_int(&c->answer, l->next);
	field_add_int(&c->answer, l->more);
	field_add_int(&c->answer, (int64_t)l->count);
	for (size_t i = 0; i < l->count; i++) {
		field_add_int(&c->answer, l->entries[i].uid);
		field_add_int(&c->answer, l->entries[i].size);
		field_add_int(&c->answer, l->entries[i].date);
	}
	say(c, IMAP_LISTED, &c->answer);
}

static int
do_list(struct child *c, struct err *err)
{
	AUTO(mem_freep) struct entry *entries = NULL;
	struct listing listing = { 0 };
	struct field_reader r;
	int64_t first;
	int rc;

	field_reader_init(&r, c->frame.payload, c->frame.len);
	first = field_take_int(&r, 1, UID_MAX + 1);
	listing.most = (size_t)field_take_int(&r, 1, IMAP_LIST_MAX);
	if (!field_is_end(&r))
		return err_set(err, ERR_INVALID, "what to list is not understood");
	entries = mem_alloc(listing.most * sizeof(*entries));
	listing.entries = entries;
	rc = session_list(&c->session, first, &listing, err);
	if (rc == 0)
		say_listed(c, &listing);
	return rc;
}

/* --- FETCH and AFTER --- */

static int
take_uids(struct field_reader *r, uint32_t items[IMAP_FETCH_MAX], struct uids *out, struct err *err)
{
	bool ascending = true;

	out->items = items;
	out->count = (size_t)field_take_int(r, 1, IMAP_FETCH_MAX);
	for (size_t i = 0; i < out->count; i++) {
		items[i] = (uint32_t)field_take_int(r, 1, UID_MAX);
		ascending = ascending && (i == 0 || items[i] > items[i - 1]);
	}
	if (!field_is_end(r) || !ascending)
		return err_set(err, ERR_INVALID, "which mails is not understood");
	return 0;
}

static int
say_letter(void *arg, uint32_t uid, const char *bytes, size_t n)
{
	struct child *c = arg;

	str_clear(&c->answer);
	c->answer.ceiling = n + IMAP_FRAME_SLACK > ANSWER_MAX ? n + IMAP_FRAME_SLACK : ANSWER_MAX;
	field_add_int(&c->answer, uid);
	field_add(&c->answer, bytes, n);
	return say(c, IMAP_MAIL, &c->answer);
}

static int
do_fetch(struct child *c, struct err *err)
{
	uint32_t items[IMAP_FETCH_MAX];
	struct fetching f = { .letter = say_letter, .arg = c };
	struct field_reader r;
	struct uids uids;
	int rc;

	field_reader_init(&r, c->frame.payload, c->frame.len);
	f.part = (enum imap_part)field_take_int(&r, IMAP_WHOLE, IMAP_HEADER);
	f.uids = &uids;
	rc = take_uids(&r, items, &uids, err);
	if (rc == 0)
		rc = session_fetch(&c->session, &f, err);
	/* A large letter's room is not kept. */
	if (c->answer.room > ANSWER_MAX)
		str_done(&c->answer);
	c->answer.ceiling = ANSWER_MAX;
	if (rc == 0)
		say_ok(c);
	return rc;
}

static int
do_after(struct child *c, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TEXT_MAX + 4096);
	uint32_t items[IMAP_FETCH_MAX];
	struct field_reader r;
	const char *folder;
	struct uids uids;
	int rc, what;

	field_reader_init(&r, c->frame.payload, c->frame.len);
	what = (int)field_take_int(&r, IMAP_FLAG_SEEN, IMAP_MOVE);
	folder = field_take_text(&r, arena, TEXT_MAX);
	rc = take_uids(&r, items, &uids, err);
	if (rc == 0)
		rc = what == IMAP_MOVE ? session_move(&c->session, &uids, folder, err)
				       : session_flag(&c->session, &uids, err);
	if (rc == 0)
		say_ok(c);
	return rc;
}

/* --- WAIT --- */

static int
next_frame(struct child *c, struct err *err)
{
	int rc = frame_receive(c->sock, &c->request, &c->frame, NULL, -1, err);

	if (rc == ERR_NOT_FOUND || rc == ERR_PEER || rc == ERR_IO)
		c->gone = true;
	return rc;
}

/* A BREAK was heard by waking up; anything else is the next question. */
static int
look_up_from_waiting(struct child *c, struct err *err)
{
	int rc = next_frame(c, err);

	c->waiting = rc == 0 && c->frame.kind != IMAP_BREAK;
	return c->gone ? 0 : rc;
}

static int
do_wait(struct child *c, struct err *err)
{
	struct waiting w = { 0 };
	struct field_reader r;
	int rc;

	field_reader_init(&r, c->frame.payload, c->frame.len);
	w.time = field_take_int(&r, 0, 7 * MS_DAY);
	if (!field_is_end(&r))
		return err_set(err, ERR_INVALID, "how long to wait is not understood");
	rc = session_wait(&c->session, &w, err);
	if (rc == 0 && w.woken)
		rc = look_up_from_waiting(c, err);
	if (rc < 0 || c->gone)
		return rc;
	str_clear(&c->answer);
	field_add_int(&c->answer, w.news);
	say(c, IMAP_NEWS, &c->answer);
	return 0;
}

/* --- all of them --- */

static int
obey(struct child *c, struct err *err)
{
	enum imap_frame kind = (enum imap_frame)c->frame.kind;

	if (kind == IMAP_OPEN)
		return do_open(c, err);
	if (!c->opened)
		return err_set(err, ERR_CONFLICT, "the mailbox is not open");
	switch (kind) {
	case IMAP_LIST:
		return do_list(c, err);
	case IMAP_FETCH:
		return do_fetch(c, err);
	case IMAP_AFTER:
		return do_after(c, err);
	case IMAP_WAIT:
		return do_wait(c, err);
	default:
		return err_set(err, ERR_INVALID, "a mailbox does not know question %d", (int)kind);
	}
}

static int
serve_one(struct child *c, struct err *err)
{
	struct err why = { 0 };

	if (!c->waiting) {
		int rc = next_frame(c, err);

		if (rc < 0)
			return rc;
	}
	c->waiting = false;
	if (c->frame.kind == IMAP_END) {
		c->gone = true;
		return 0;
	}
	/* The WAIT that it was for had ended already. */
	if (c->frame.kind == IMAP_BREAK)
		return 0;
	if (obey(c, &why) < 0 && !c->gone)
		fail(c, &why);
	return 0;
}

int
serve(int sock, bool walls, struct err *err)
{
	struct child c = {
		.sock = sock,
		.walls = walls,
		.request = STR_INIT(REQUEST_MAX),
		.answer = STR_INIT(ANSWER_MAX),
	};
	int rc = 0;

	session_init(&c.session, sock);
	while (rc == 0 && !c.gone)
		rc = serve_one(&c, err);
	session_done(&c.session);
	SSL_CTX_free(c.trust);
	str_done(&c.request);
	str_done(&c.answer);
	return c.gone ? 0 : rc;
}
