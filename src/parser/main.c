/*
 * assent-parser: reads what strangers wrote, behind walls (jail.c), and says
 * on descriptor 3 what it understood. Started by the daemon's side
 * (mail/parser.h), which believes nothing of it unchecked.
 */
#include "charset_priv.h"
#include "jail_priv.h"
#include "parser_priv.h"

#include <assent/base/certificate.h>
#include <assent/base/frame.h>
#include <assent/mail/letter.h>
#include <assent/text/absence.h>
#include <assent/text/intent.h>

#include <fcntl.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET 3
#define REQUEST_MAX ((size_t)2 << 20)
#define MARKERS_MAX 100
#define ARENA_MAX ((size_t)16 << 20)
#define KEEP_MAX ((size_t)256 << 10) /* memory kept from one request to the next */

struct child {
	struct str request, answer;
	struct arena *arena; /* of one request */
	struct arena *kept; /* markers */
	struct rules rules;
	span_ms deadline;
};

#ifdef ASSENT_SANITIZED
/* No leak check at the end: it would need what the jail forbids. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

#ifdef ASSENT_FAULTS
/* Misbehave on demand, so that the walls and the quarantine can be tested. */
static void
obey_test(const char *raw, size_t n)
{
	static const char name[] = "X-Assentd-Test: ";
	const char *at = memmem(raw, n < 4096 ? n : 4096, name, strlen(name));
	size_t left;

	if (!at)
		return;
	at += strlen(name);
	left = (size_t)(raw + n - at);
	if (left >= 5 && memcmp(at, "crash", 5) == 0)
		abort();
	if (left >= 4 && memcmp(at, "exec", 4) == 0)
		execl("/bin/true", "true", (char *)NULL);
	if (left >= 4 && memcmp(at, "file", 4) == 0 && open("/etc/passwd", O_RDONLY) >= 0)
		abort();
	if (left >= 3 && memcmp(at, "net", 3) == 0)
		socket(AF_INET, SOCK_STREAM, 0);
	if (left >= 4 && memcmp(at, "kill", 4) == 0)
		kill(getppid(), SIGUSR1);
	for (volatile bool hang = left >= 4 && memcmp(at, "hang", 4) == 0; hang;)
		;
}
#else
static void
obey_test(const char *raw, size_t n)
{
	(void)raw;
	(void)n;
}
#endif

static int
answer_letter(struct child *child, const void *raw, size_t n, struct err *err)
{
	struct letter *letter;
	int rc;

	obey_test(raw, n);
	rc = mime_parse(raw, n, &child->rules, child->arena, &letter, err);
	if (rc < 0)
		return rc;
	letter_encode(letter, &child->answer);
	if (str_overflowed(&child->answer))
		return err_set(err, ERR_LIMIT, "what is in this mail is too long to be told");
	return 0;
}

static int
answer_letter_fd(struct child *child, const struct frame *frame, int fd, struct err *err)
{
	struct field_reader r;
	size_t n;
	void *raw;
	int rc;

	field_reader_init(&r, frame->payload, frame->len);
	n = (size_t)field_take_int(&r, 1, LETTER_RAW_MAX);
	if (!field_is_end(&r) || fd < 0)
		return err_set(err, ERR_INVALID, "a large mail came without its descriptor");
	raw = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (raw == MAP_FAILED)
		return err_set(err, ERR_LIMIT, "no room for a mail of %zu bytes", n);
	rc = answer_letter(child, raw, n, err);
	munmap(raw, n);
	return rc;
}

static int
answer_html(struct child *child, const struct frame *frame)
{
	AUTO(str_donep) struct str html = STR_INIT(REQUEST_MAX), text = STR_INIT(LETTER_TEXT_MAX);

	charset_decode("utf-8", frame->payload, frame->len, &html);
	html_to_text(str_text(&html), html.len, &text);
	str_add_n(&child->answer, str_text(&text), text.len);
	return 0;
}

static int
answer_extract(struct child *child, const char *text)
{
	AUTO(str_donep) struct str words = STR_INIT(LETTER_TEXT_MAX);

	reply_extract(text, &child->rules.hints, &words, NULL);
	str_add_n(&child->answer, str_text(&words), words.len);
	return 0;
}

static int
answer_decide(struct child *child, const struct frame *frame, struct err *err)
{
	AUTO(str_donep) struct str words = STR_INIT(LETTER_TEXT_MAX);
	struct field_reader r;
	struct intent_ask ask;
	struct intent intent;
	const char *text;

	field_reader_init(&r, frame->payload, frame->len);
	ask.items = (size_t)field_take_int(&r, 1, INTENT_ITEMS_MAX);
	ask.locale = field_take_text(&r, child->arena, LETTER_TEXT_MAX);
	text = field_take_text(&r, child->arena, LETTER_TEXT_MAX);
	if (!field_is_end(&r))
		return err_set(err, ERR_INVALID, "the question to the parser is malformed");
	reply_extract(text, &child->rules.hints, &words, NULL);
	ask.words = str_text(&words);
	intent_read_in(&ask, child->arena, &intent);
	intent_encode(&intent, &child->answer);
	return 0;
}

static int
answer_absence(struct child *child, const struct frame *frame, struct err *err)
{
	struct absence_ask ask;
	int rc = absence_ask_decode(frame->payload, frame->len, child->arena, &ask, err);

	if (rc < 0)
		return rc;
	ask.found = absence_return(ask.text, &ask.today, ask.order, &ask.back);
	absence_encode(&ask, &child->answer);
	return 0;
}

static int
answer(struct child *child, const struct frame *frame, int fd, struct err *err)
{
	switch ((enum parser_frame)frame->kind) {
	case FRAME_LETTER:
		return answer_letter(child, frame->payload, frame->len, err);
	case FRAME_LETTER_FD:
		return answer_letter_fd(child, frame, fd, err);
	case FRAME_HTML:
		return answer_html(child, frame);
	case FRAME_DECIDE:
		return answer_decide(child, frame, err);
	case FRAME_ABSENCE:
		return answer_absence(child, frame, err);
	case FRAME_EXTRACT:
		return answer_extract(child, frame->payload);
	default:
		return err_set(
		    err, ERR_INVALID, "the parser does not know request %d", frame->kind);
	}
}

static int
send_error(struct child *child, const struct err *why, struct err *err)
{
	str_clear(&child->answer);
	field_add_int(&child->answer, why->code);
	field_add_text(&child->answer, why->text);
	return frame_send(
	    SOCKET, FRAME_ERROR, str_text(&child->answer), child->answer.len, -1, -1, err);
}

static void
forget(struct child *child)
{
	arena_reset(child->arena);
	if (child->request.room > KEEP_MAX)
		str_done(&child->request);
	if (child->answer.room > KEEP_MAX)
		str_done(&child->answer);
	str_clear(&child->answer);
}

/* The one frame without an answer, so that no mail waits for it. */
static int
take_time(struct child *child, const struct frame *frame, struct err *err)
{
	struct field_reader r;

	field_reader_init(&r, frame->payload, frame->len);
	child->rules.now = field_take_int(&r, 0, INT64_MAX);
	return field_is_end(&r) ? 0 : err_set(err, ERR_INVALID, "the time is malformed");
}

/* One request; below 0 when there is nobody left to answer to. */
static int
serve(struct child *child, struct err *err)
{
	struct frame frame;
	struct err why;
	int fd, rc = frame_receive(SOCKET, &child->request, &frame, &fd, -1, err);

	if (rc < 0)
		return rc;
	if (frame.kind == FRAME_NOW)
		return take_time(child, &frame, err);
	jail_allow(child->deadline);
	rc = answer(child, &frame, fd, &why);
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		rc = send_error(child, &why, err);
	else
		rc = frame_send(
		    SOCKET, FRAME_ANSWER, str_text(&child->answer), child->answer.len, -1, -1, err);
	jail_allow(0);
	forget(child);
	return rc;
}

static int
take_start(struct child *child, struct err *err)
{
	struct field_reader r;
	struct frame frame;
	const char **markers, *bundle, *crls;
	int rc = frame_receive(SOCKET, &child->request, &frame, NULL, -1, err);

	if (rc < 0)
		return rc;
	field_reader_init(&r, frame.payload, frame.len);
	child->deadline = field_take_int(&r, 1, MS_DAY);
	child->rules.hints.marker_count = (size_t)field_take_int(&r, 0, MARKERS_MAX);
	markers = arena_alloc(child->kept, child->rules.hints.marker_count * sizeof(*markers));
	for (size_t i = 0; i < child->rules.hints.marker_count; i++)
		markers[i] = field_take_text(&r, child->kept, LETTER_LINE_MAX);
	child->rules.hints.markers = markers;
	bundle = field_take_text(&r, child->kept, CERTIFICATE_BUNDLE_MAX);
	crls = field_take_text(&r, child->kept, CERTIFICATE_CRL_MAX);
	if (frame.kind != FRAME_START || !field_is_end(&r))
		return err_set(err, ERR_INVALID, "the parser was started by a stranger");
	/* Before the walls go up: libcrypto may look for its own settings. */
	return *bundle ? authorities_read(bundle, crls, &child->rules.authorities, err) : 0;
}

/* Whatever loads files or modules happens before the walls go up. */
static void
load(void)
{
	/* Bodies of usual size come from a heap that is kept; large ones go back at once. */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
	g_mime_init();
	xmlInitParser();
	charset_open_all();
}

static int
run(struct child *child, struct err *err)
{
	int rc = take_start(child, err);

	if (rc < 0)
		return rc;
	load();
	rc = jail_enter(err);
	if (rc < 0)
		return send_error(child, err, NULL);
	rc = frame_send(SOCKET, FRAME_READY, "", 0, -1, -1, err);
	while (rc == 0)
		rc = serve(child, err);
	return rc;
}

int
main(void)
{
	struct child child = {
		.request = STR_INIT(REQUEST_MAX),
		.answer = STR_INIT(LETTER_ANSWER_MAX),
		.arena = arena_new(ARENA_MAX),
		.kept = arena_new((size_t)3 << 20),
	};
	struct err err = { 0 };
	int rc;

	signal(SIGPIPE, SIG_IGN);
	rc = run(&child, &err);
	/* The daemon closed our socket: that is how we are told to go. */
	_exit(rc == ERR_NOT_FOUND ? 0 : 1);
}
