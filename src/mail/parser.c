/*
 * The pool. A child is one process and one socket; a call holds one child for
 * one question. There is no PR_SET_PDEATHSIG: it fires when the *thread* that
 * started a child ends, which would take a child from under another thread.
 * A child whose daemon is gone reads the end of its socket, and its own alarm
 * (jail.c) bounds what it may still be busy with.
 */
#include <assent/mail/parser.h>

#include <assent/base/certificate.h>
#include <assent/base/fault.h>
#include <assent/base/frame.h>
#include <assent/base/metric.h>
#include <assent/base/utf8.h>

#include "child_priv.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 16
#define START_TIME (10 * MS_SECOND) /* to load libraries on a busy machine */
#define START_MAX ((size_t)256 << 10) /* without authorities */
#define TIME_KEPT MS_MINUTE /* so long a child believes the time it was told */
#define HTML_MAX ((size_t)1 << 20)
/* So much fits into any socket, so that sending ahead never waits for a child that waits for us. */
#define AHEAD_MAX 8
#define AHEAD_BYTES ((size_t)64 << 10)

struct child {
	span_ms deadline; /* for one answer */
	pid_t pid; /* 0 when there is none */
	int sock;
	bool busy;
	int64_t trust; /* parser.trust as it was at its start */
	utc_ms told; /* the time that it knows */
};

struct parser {
	char *program;
	span_ms deadline;
	struct str start; /* payload of FRAME_START, but for authorities */
	utc_ms (*now)(void);
	char *authorities, *crls; /* under lock */
	int64_t trust; /* changes with them; under lock */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct child children[CHILDREN_MAX];
	int count;
};

struct question {
	enum parser_frame kind;
	const void *bytes;
	size_t n;
	int fd; /* -1 for none */
};

int
parser_new(const struct parser_options *options, struct parser **out, struct err *err)
{
	struct parser *p;

	if (options->children < 1 || options->children > CHILDREN_MAX)
		return err_set(err, ERR_INVALID, "1 to %d parsers can run, not %d", CHILDREN_MAX,
		    options->children);
	if (access(options->program, X_OK) < 0)
		return err_errno(
		    err, ERR_NOT_FOUND, errno, "cannot run the parser %s", options->program);
	p = mem_alloc(sizeof(*p));
	p->program = mem_dup(options->program);
	p->deadline = options->deadline;
	p->count = options->children;
	p->now = options->now;
	p->authorities = mem_dup("");
	p->crls = mem_dup("");
	p->start = STR_INIT(START_MAX);
	field_add_int(&p->start, options->deadline);
	field_add_int(&p->start, (int64_t)options->marker_count);
	for (size_t i = 0; i < options->marker_count; i++)
		field_add_text(&p->start, options->markers[i]);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->freed, NULL);
	*out = p;
	return 0;
}

/* Closing the socket asks an idle child to go; the signal settles it for any other. */
static void
child_end(struct child *child)
{
	if (child->pid == 0)
		return;
	close(child->sock);
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	metric_add(METRIC_PARSER_CHILDREN, -1);
}

static void
child_lost(struct child *child)
{
	child_end(child);
	metric_add(METRIC_PARSER_DEATHS, 1);
}

void
parser_free(struct parser *parser)
{
	if (!parser)
		return;
	for (int i = 0; i < parser->count; i++)
		child_end(&parser->children[i]);
	pthread_cond_destroy(&parser->freed);
	pthread_mutex_destroy(&parser->lock);
	str_done(&parser->start);
	mem_free(parser->authorities);
	mem_free(parser->crls);
	mem_free(parser->program);
	mem_free(parser);
}

void
parser_trust(struct parser *parser, const char *authorities, const char *crls)
{
	pthread_mutex_lock(&parser->lock);
	if (!text_is(parser->authorities, authorities) || !text_is(parser->crls, crls)) {
		mem_free(parser->authorities);
		mem_free(parser->crls);
		parser->authorities = mem_dup(authorities);
		parser->crls = mem_dup(crls);
		parser->trust++;
	}
	pthread_mutex_unlock(&parser->lock);
}

/* The child's own sentence, of which only two codes are its to give. */
static int
child_said_no(const struct frame *frame, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4 * sizeof(err->text));
	struct field_reader r;
	const char *text;
	int code;

	field_reader_init(&r, frame->payload, frame->len);
	code = (int)field_take_int(&r, ERR_FULL, ERR_NOT_FOUND);
	text = field_take_text(&r, arena, sizeof(err->text));
	if (!field_is_end(&r))
		return err_set(err, ERR_PEER, "the parser failed and could not say why");
	if (code != ERR_INVALID && code != ERR_LIMIT)
		code = ERR_PEER;
	return err_set(err, code, "%s", text);
}

static void
add_start(struct parser *parser, struct child *child, struct str *out)
{
	str_add_n(out, str_text(&parser->start), parser->start.len);
	pthread_mutex_lock(&parser->lock);
	field_add_text(out, parser->authorities);
	field_add_text(out, parser->crls);
	child->trust = parser->trust;
	pthread_mutex_unlock(&parser->lock);
	child->told = 0;
}

static int
child_greet(struct parser *parser, struct child *child, struct err *err)
{
	AUTO(str_donep) struct str buf = STR_INIT(4096);
	AUTO(str_donep)
	struct str start = STR_INIT(START_MAX + CERTIFICATE_BUNDLE_MAX + CERTIFICATE_CRL_MAX);
	span_ms until = clock_boot() + START_TIME;
	struct frame frame = { 0 };
	int rc;

	add_start(parser, child, &start);
	rc = frame_send(child->sock, FRAME_START, str_text(&start), start.len, -1, until, err);
	if (rc == 0)
		rc = frame_receive(child->sock, &buf, &frame, NULL, until, err);
	if (rc < 0)
		return err_set(err, ERR_IO, "the parser %s did not start", parser->program);
	if (frame.kind == FRAME_READY)
		return 0;
	child_said_no(&frame, err);
	return err_wrap(err, ERR_IO, "the parser %s did not start", parser->program);
}

static int
child_start(struct parser *parser, struct child *child, struct err *err)
{
	int rc = child_spawn(parser->program, &child->pid, &child->sock, err);

	if (rc < 0)
		return err_wrap(err, rc, "the parser");
	metric_add(METRIC_PARSER_CHILDREN, 1);
	child->deadline = parser->deadline;
	rc = child_greet(parser, child, err);
	if (rc < 0)
		child_lost(child);
	return rc;
}

/* An idle child says nothing: whatever can be read from it is its end. */
static bool
is_alive(const struct child *child)
{
	struct pollfd p = { .fd = child->sock, .events = POLLIN };

	return child->pid != 0 && poll(&p, 1, 0) == 0;
}

/* A running child rather than a new one. */
static struct child *
find_free(struct parser *parser)
{
	struct child *found = NULL;

	for (int i = 0; i < parser->count; i++) {
		struct child *child = &parser->children[i];

		if (!child->busy && (!found || (found->pid == 0 && child->pid != 0)))
			found = child;
	}
	return found;
}

static struct child *
child_take(struct parser *parser)
{
	struct child *child;

	pthread_mutex_lock(&parser->lock);
	while (!(child = find_free(parser)))
		pthread_cond_wait(&parser->freed, &parser->lock);
	child->busy = true;
	pthread_mutex_unlock(&parser->lock);
	return child;
}

static void
child_give_back(struct parser *parser, struct child *child)
{
	pthread_mutex_lock(&parser->lock);
	child->busy = false;
	pthread_cond_signal(&parser->freed);
	pthread_mutex_unlock(&parser->lock);
}

static int
tell(struct child *child, const struct question *q, struct err *err)
{
	span_ms until = clock_boot() + child->deadline;

	return frame_send(child->sock, q->kind, q->bytes, q->n, q->fd, until, err);
}

/* sent: how telling it went; else what comes back. */
static int
await_answer(struct child *child, int sent, struct str *buf, struct frame *answer, struct err *err)
{
	span_ms until = clock_boot() + child->deadline;
	int rc = sent;

	if (rc == 0)
		rc = frame_receive(child->sock, buf, answer, NULL, until, err);
	if (rc == ERR_BUSY)
		return err_set(err, ERR_PEER, "the parser did not answer within %lld ms",
		    (long long)child->deadline);
	if (rc < 0)
		return err_set(err, ERR_PEER, "the parser died of it");
	if (answer->kind != FRAME_ANSWER && answer->kind != FRAME_ERROR)
		return err_set(err, ERR_PEER, "the parser answered with frame %d", answer->kind);
	return 0;
}

struct reader { /* what becomes of an answer */
	int (*read)(const struct frame *answer, struct reader *reader, struct err *err);
	struct arena *arena;
	struct str *buf; /* room for the answer's bytes */
	size_t items;
	struct letter *letter;
	struct intent intent;
	struct absence_ask *absence;
	char *text;
};

static int
hear(struct child *child, int sent, struct reader *reader, struct err *err)
{
	struct frame answer = { 0 };
	int rc = await_answer(child, sent, reader->buf, &answer, err);

	if (rc == 0 && answer.kind == FRAME_ERROR)
		return child_said_no(&answer, err);
	return rc < 0 ? rc : reader->read(&answer, reader, err);
}

/* Certificates begin and end by the day: that a child's time is a minute late makes no difference. */
static int
tell_time(struct parser *parser, struct child *child, bool looks, struct err *err)
{
	AUTO(str_donep) struct str time = STR_INIT(16);
	struct question q = { .kind = FRAME_NOW, .fd = -1 };
	utc_ms now = looks && parser->now ? parser->now() : 0;
	int rc;

	if (now == 0 || (now >= child->told && now < child->told + TIME_KEPT))
		return 0;
	field_add_int(&time, now);
	q.bytes = str_text(&time);
	q.n = time.len;
	rc = tell(child, &q, err);
	if (rc < 0) {
		child_lost(child);
		return err_set(err, ERR_IO, "the parser does not hear the time");
	}
	child->told = now;
	return 0;
}

/* A child that is there and lives, and trusts whom we trust now. */
static int
ready(struct parser *parser, struct child *child, struct err *err)
{
	int64_t trust;
	bool looks;
	int rc;

	pthread_mutex_lock(&parser->lock);
	trust = parser->trust;
	looks = parser->authorities[0] != '\0';
	pthread_mutex_unlock(&parser->lock);
	if (child->pid != 0 && !is_alive(child))
		child_lost(child);
	if (child->pid != 0 && child->trust != trust)
		child_end(child);
	rc = child->pid == 0 ? child_start(parser, child, err) : 0;
	return rc < 0 ? rc : tell_time(parser, child, looks, err);
}

static int
ask(struct parser *parser, const struct question *q, struct reader *reader, struct err *err)
{
	AUTO(str_donep) struct str buf = STR_INIT(LETTER_ANSWER_MAX);
	struct child *child = child_take(parser);
	int rc = ready(parser, child, err);

	reader->buf = &buf;
	if (rc == 0) {
		rc = hear(child, tell(child, q, err), reader, err);
		/* Whoever talks nonsense once is not asked again. */
		if (rc == ERR_PEER)
			child_lost(child);
	}
	child_give_back(parser, child);
	reader->buf = NULL;
	return rc;
}

static int
read_letter(const struct frame *answer, struct reader *reader, struct err *err)
{
	return letter_decode(answer->payload, answer->len, reader->arena, &reader->letter, err);
}

static int
read_intent(const struct frame *answer, struct reader *reader, struct err *err)
{
	return intent_decode(
	    answer->payload, answer->len, reader->items, reader->arena, &reader->intent, err);
}

static int
read_absence(const struct frame *answer, struct reader *reader, struct err *err)
{
	return absence_decode(answer->payload, answer->len, reader->absence, err);
}

static int
read_text(const struct frame *answer, struct reader *reader, struct err *err)
{
	if (answer->len > LETTER_TEXT_MAX || !utf8_is_valid(answer->payload, answer->len))
		return err_set(err, ERR_PEER, "the parser's answer is not a text");
	reader->text = arena_dup_n(reader->arena, answer->payload, answer->len);
	return 0;
}

static int
ask_large(struct parser *parser, const void *raw, size_t n, struct reader *reader, struct err *err)
{
	AUTO(str_donep) struct str size = STR_INIT(16);
	struct question q = { .kind = FRAME_LETTER_FD };
	int rc = child_seal(raw, n, &q.fd, err);

	if (rc < 0)
		return rc;
	field_add_int(&size, (int64_t)n);
	q.bytes = str_text(&size);
	q.n = size.len;
	rc = ask(parser, &q, reader, err);
	close(q.fd);
	return rc;
}

/* house: wide on purpose */
int
parser_letter(struct parser *parser, const void *raw, size_t n, struct arena *arena,
    struct letter **out, struct err *err)
{
	struct question q = { FRAME_LETTER, raw, n, -1 };
	struct reader reader = { .read = read_letter, .arena = arena };
	int rc;

	if (n > LETTER_RAW_MAX)
		return err_set(err, ERR_LIMIT, "the mail of %zu bytes is too large", n);
	if (fault_here("parser"))
		return err_set(err, ERR_PEER, "the parser died of it");
	if (n > LETTER_INLINE_MAX)
		rc = ask_large(parser, raw, n, &reader, err);
	else
		rc = ask(parser, &q, &reader, err);
	if (rc == 0)
		*out = reader.letter;
	return rc;
}

/* --- several letters ahead ------------------------------------------------------ */

struct flight { /* of letters to one child and back */
	struct child *child;
	struct parser_ask *asks;
	size_t count, told, heard;
	size_t bytes; /* told and not heard */
	int sent; /* how telling the last one went */
	struct str buf;
};

static bool
may_tell(const struct flight *f)
{
	if (f->told == f->count || f->sent < 0)
		return false;
	return f->told == f->heard ||
	    (f->told - f->heard < AHEAD_MAX && f->bytes + f->asks[f->told].n <= AHEAD_BYTES);
}

static void
tell_ahead(struct flight *f)
{
	while (may_tell(f)) {
		const struct parser_ask *ask = &f->asks[f->told++];
		struct question q = { FRAME_LETTER, ask->raw, ask->n, -1 };

		f->bytes += ask->n;
		f->sent = tell(f->child, &q, NULL);
	}
}

/* The child reads in order, so it is the first unanswered letter that it died of. */
static int
hear_next(struct flight *f)
{
	bool is_untold = f->sent < 0 && f->heard + 1 == f->told;
	struct parser_ask *ask = &f->asks[f->heard++];
	struct reader reader = { .read = read_letter, .arena = ask->arena, .buf = &f->buf };

	f->bytes -= ask->n;
	if (fault_here("parser"))
		ask->rc = err_set(&ask->err, ERR_PEER, "the parser died of it");
	else
		ask->rc = hear(f->child, is_untold ? f->sent : 0, &reader, &ask->err);
	if (ask->rc == 0)
		ask->letter = reader.letter;
	return ask->rc;
}

/* How many were answered, or failed: at least one. */
static size_t
fly(struct parser *parser, struct parser_ask *asks, size_t count)
{
	struct flight f = { .asks = asks, .count = count, .buf = STR_INIT(LETTER_ANSWER_MAX) };
	int rc;

	f.child = child_take(parser);
	rc = ready(parser, f.child, &asks->err);
	if (rc < 0) {
		asks->rc = rc;
		f.heard = count = 1;
	}
	while (f.heard < count) {
		tell_ahead(&f);
		if (hear_next(&f) != ERR_PEER)
			continue;
		child_lost(f.child);
		break;
	}
	child_give_back(parser, f.child);
	str_done(&f.buf);
	return f.heard;
}

void
parser_letters(struct parser *parser, struct parser_ask *asks, size_t count)
{
	for (size_t at = 0, end; at < count; at = end) {
		struct parser_ask *ask = &asks[at];

		for (end = at; end < count && asks[end].n <= LETTER_INLINE_MAX;)
			end++;
		if (end > at) {
			end = at + fly(parser, ask, end - at);
			continue;
		}
		ask->rc =
		    parser_letter(parser, ask->raw, ask->n, ask->arena, &ask->letter, &ask->err);
		end = at + 1;
	}
}

static int
ask_text(struct parser *parser, const struct question *q, struct reader *reader, char **out,
    struct err *err)
{
	int rc = ask(parser, q, reader, err);

	if (rc == 0)
		*out = reader->text;
	return rc;
}

/* house: wide on purpose */
int
parser_html(struct parser *parser, const void *html, size_t n, struct arena *arena, char **out,
    struct err *err)
{
	struct question q = { FRAME_HTML, html, n, -1 };

	if (n > HTML_MAX)
		return err_set(err, ERR_LIMIT, "the HTML of %zu bytes is too large", n);
	return ask_text(
	    parser, &q, &(struct reader){ .read = read_text, .arena = arena }, out, err);
}

int
parser_decide(struct parser *parser, const struct intent_ask *wish, struct arena *arena,
    struct intent *out, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(LETTER_TEXT_MAX + 64);
	struct reader reader = { .read = read_intent, .arena = arena, .items = wish->items };
	struct question q = { .kind = FRAME_DECIDE, .fd = -1 };
	int rc;

	if (wish->items < 1 || wish->items > INTENT_ITEMS_MAX ||
	    strlen(wish->words) + strlen(wish->locale) > LETTER_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "the reply is too long to be read as a decision");
	field_add_int(&payload, (int64_t)wish->items);
	field_add_text(&payload, wish->locale);
	field_add_text(&payload, wish->words);
	q.bytes = str_text(&payload);
	q.n = payload.len;
	rc = ask(parser, &q, &reader, err);
	if (rc == 0)
		*out = reader.intent;
	return rc;
}

int
parser_absence(struct parser *parser, struct absence_ask *ask_for, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(LETTER_TEXT_MAX + 64);
	struct reader reader = { .read = read_absence, .absence = ask_for };
	struct question q = { .kind = FRAME_ABSENCE, .fd = -1 };

	absence_ask_encode(ask_for, &payload);
	q.bytes = str_text(&payload);
	q.n = payload.len;
	return ask(parser, &q, &reader, err);
}

int
parser_extract(
    struct parser *parser, const char *text, struct arena *arena, char **out, struct err *err)
{
	struct question q = { FRAME_EXTRACT, text, strlen(text), -1 };

	if (q.n > LETTER_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "the text of %zu bytes is too long", q.n);
	return ask_text(
	    parser, &q, &(struct reader){ .read = read_text, .arena = arena }, out, err);
}
