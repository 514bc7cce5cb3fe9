/*
 * The child and the talk with it. Deadlines here are longer than the child's
 * own, so that it can say what happened; only one that hangs meets ours. They
 * count CLOCK_MONOTONIC: a test that moves time does not end a child.
 */
#include <assent/mail/imap.h>

#include <assent/base/metric.h>

#include "child_priv.h"
#include "imap_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ours in terms of the child's, which holds for each of its operations. */
#define OPEN_DEADLINES 9 /* look up, connect, greeting, STARTTLS, … SELECT */
#define CALL_DEADLINES 3
#define FETCH_PATIENCES 10
#define BREAK_TIME (2 * MS_SECOND)
#define FRAME_TIME (5 * MS_SECOND) /* for the rest of a frame that has begun */
#define SEND_TIME (5 * MS_SECOND)
#define END_TIME MS_SECOND
#define ANSWER_MAX ((size_t)1 << 20) /* of all but a letter */
#define QUESTION_MAX ((size_t)64 << 10)
#define KEEP_MAX ((size_t)1 << 20) /* of memory, between two fetches */

struct imap {
	char *program;
	int stop_fd;
	int pid; /* 0 when there is no child */
	int sock;
	span_ms patience; /* for one answer */
	struct str buf; /* the last answer */
	char doing[80]; /* for sentences: "fetching UIDs 7 to 56" */
	struct imap_trouble trouble;
};

struct imap *
imap_new(const char *program, int stop_fd)
{
	struct imap *imap = mem_alloc(sizeof(*imap));

	imap->program = mem_dup(program);
	imap->stop_fd = stop_fd;
	imap->sock = -1;
	imap->buf = STR_INIT(ANSWER_MAX);
	return imap;
}

struct imap_trouble
imap_trouble(const struct imap *imap)
{
	return imap->trouble;
}

int
imap_pid(const struct imap *imap)
{
	return imap->pid;
}

/* --- the process ------------------------------------------------------------- */

static void
describe(int status, char *out, size_t room)
{
	if (WIFSIGNALED(status))
		snprintf(out, room, "died by signal %d", WTERMSIG(status));
	else
		snprintf(out, room, "ended with status %d", WEXITSTATUS(status));
}

/* By force, which changes nothing about one that is dying already. How it ended. */
static int
reap(struct imap *imap)
{
	int status = 0;

	if (imap->pid == 0)
		return 0;
	close(imap->sock);
	kill(imap->pid, SIGKILL);
	while (waitpid(imap->pid, &status, 0) < 0 && errno == EINTR)
		;
	imap->pid = 0;
	imap->sock = -1;
	metric_add(METRIC_MAILBOX_CHILDREN, -1);
	return status;
}

/* It closed its end of the socket: dead, or as good as. */
static int
has_died(struct imap *imap, struct err *err)
{
	char how[40];

	describe(reap(imap), how, sizeof(how));
	imap->trouble.has_died = true;
	metric_add(METRIC_MAILBOX_DEATHS, 1);
	return err_set(err, ERR_PEER, "the mailbox child %s while %s", how, imap->doing);
}

/* It is alive and of no use. */
static int
put_down(struct imap *imap, struct err *err)
{
	reap(imap);
	imap->trouble.has_died = true;
	metric_add(METRIC_MAILBOX_DEATHS, 1);
	return err_wrap(err, ERR_PEER, "while %s", imap->doing);
}

static int
is_late(struct imap *imap, span_ms span, struct err *err)
{
	err_set(err, ERR_PEER, "the mailbox child gave no answer within %lld s and was ended",
	    (long long)(span / MS_SECOND));
	return put_down(imap, err);
}

static int
start(struct imap *imap, struct err *err)
{
	int rc = child_spawn(imap->program, &imap->pid, &imap->sock, err);

	if (rc < 0)
		return rc;
	metric_add(METRIC_MAILBOX_CHILDREN, 1);
	return 0;
}

/* A moment to log out. */
static void
say_goodbye(struct imap *imap)
{
	struct pollfd p = { .fd = imap->sock, .events = POLLIN };

	if (frame_send(imap->sock, IMAP_END, "", 0, -1, clock_boot() + END_TIME, NULL) == 0)
		(void)poll(&p, 1, (int)END_TIME);
}

void
imap_free(struct imap *imap)
{
	if (imap == NULL)
		return;
	if (imap->pid != 0)
		say_goodbye(imap);
	reap(imap);
	str_done(&imap->buf);
	mem_free(imap->program);
	mem_free(imap);
}

/* --- the talk ---------------------------------------------------------------- */

static span_ms
tick_ms(void)
{
	return (span_ms)(clock_tick_ns() / 1000000);
}

/* 0 when something can be read; ERR_BUSY when it is time to stop; ERR_LIMIT when it is late. */
static int
await(const struct imap *imap, span_ms until)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = imap->sock, .events = POLLIN },
			{ .fd = imap->stop_fd, .events = POLLIN },
		};
		span_ms left = until - tick_ms();

		if (left <= 0)
			return ERR_LIMIT;
		if (poll(fds, ARRAY_LEN(fds), (int)(left < INT_MAX ? left : INT_MAX)) < 0)
			continue;
		if (fds[0].revents != 0)
			return 0;
		if (fds[1].revents != 0)
			return ERR_BUSY;
	}
}

/* What it was asked is not answered: it cannot be asked anything else. */
static int
is_stopped(struct imap *imap, struct err *err)
{
	reap(imap);
	imap->trouble.is_stop = true;
	return err_set(err, ERR_BUSY, "stopped while %s", imap->doing);
}

static int
receive(struct imap *imap, struct frame *out, struct err *err)
{
	int rc = frame_receive(imap->sock, &imap->buf, out, NULL, clock_boot() + FRAME_TIME, err);

	if (rc == ERR_NOT_FOUND || rc == ERR_PEER)
		return has_died(imap, err);
	return rc < 0 ? put_down(imap, err) : 0;
}

/* The next frame, which is not FAILED. */
static int
hear(struct imap *imap, struct frame *out, span_ms until, struct err *err)
{
	span_ms began = tick_ms();
	int rc = await(imap, until);

	if (rc == ERR_BUSY)
		return is_stopped(imap, err);
	if (rc < 0)
		return is_late(imap, until - began, err);
	rc = receive(imap, out, err);
	if (rc < 0 || out->kind != IMAP_FAILED)
		return rc;
	return imap_read_failed(out, &imap->trouble, err) < 0 ? put_down(imap, err) : err->code;
}

static int
say(struct imap *imap, enum imap_frame kind, const struct str *payload, struct err *err)
{
	int rc;

	imap->trouble = (struct imap_trouble){ 0 };
	if (str_overflowed(payload))
		return err_set(err, ERR_LIMIT, "too much for a mailbox child at once");
	rc = frame_send(imap->sock, (uint8_t)kind, str_text(payload), payload->len, -1,
	    clock_boot() + SEND_TIME, err);
	if (rc == ERR_PEER)
		return has_died(imap, err);
	return rc < 0 ? put_down(imap, err) : 0;
}

/* One question and its one answer, which is not FAILED. */
static int
ask(struct imap *imap, enum imap_frame kind, const struct str *payload, struct frame *out,
    struct err *err)
{
	int rc = say(imap, kind, payload, err);

	return rc < 0 ? rc : hear(imap, out, tick_ms() + imap->patience, err);
}

/* Whoever talks nonsense once is not asked again. */
static int
checked(struct imap *imap, int rc, struct err *err)
{
	return rc == ERR_PEER ? put_down(imap, err) : rc;
}

/* --- the questions ------------------------------------------------------------- */

static void
add_account(struct str *out, const struct imap_account *account)
{
	const struct login *login = account->login;

	field_add_text(out, login->host);
	field_add_int(out, login->port);
	field_add_int(out, login->tls);
	field_add_int(out, login->auth);
	field_add_text(out, login->user);
	field_add_text(out, account->secret);
	field_add_text(out, login->ca_file);
	field_add_text(out, account->folder);
	field_add_int(out, account->deadline);
	field_add_int(out, account->max_size);
}

int
imap_open(
    struct imap *imap, const struct imap_account *account, struct imap_opened *out, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(QUESTION_MAX);
	struct frame answer = { 0 };
	int rc = 0;

	snprintf(imap->doing, sizeof(imap->doing), "signing in");
	imap->trouble = (struct imap_trouble){ 0 };
	imap->buf.ceiling = (size_t)account->max_size + ANSWER_MAX;
	imap->patience = OPEN_DEADLINES * account->deadline;
	if (imap->pid == 0)
		rc = start(imap, err);
	add_account(&payload, account);
	if (rc == 0)
		rc = ask(imap, IMAP_OPEN, &payload, &answer, err);
	mem_wipe(payload.text, payload.len);
	imap->patience = CALL_DEADLINES * account->deadline;
	return rc < 0 ? rc : checked(imap, imap_read_opened(&answer, out, err), err);
}

int
imap_list(struct imap *imap, struct imap_list *list, struct arena *arena, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(QUESTION_MAX);
	struct frame answer = { 0 };
	int rc;

	snprintf(imap->doing, sizeof(imap->doing), "listing from UID %lld", (long long)list->first);
	field_add_int(&payload, list->first);
	field_add_int(&payload, (int64_t)list->most);
	rc = ask(imap, IMAP_LIST, &payload, &answer, err);
	return rc < 0 ? rc : checked(imap, imap_read_listed(&answer, list, arena, err), err);
}

static void
add_uids(struct str *out, const int64_t *uids, size_t count)
{
	field_add_int(out, (int64_t)count);
	for (size_t i = 0; i < count; i++)
		field_add_int(out, uids[i]);
}

static void
note_uids(struct imap *imap, const char *verb, const int64_t *uids, size_t count)
{
	if (count == 1)
		snprintf(imap->doing, sizeof(imap->doing), "%s UID %lld", verb, (long long)uids[0]);
	else
		snprintf(imap->doing, sizeof(imap->doing), "%s UIDs %lld to %lld", verb,
		    (long long)uids[0], (long long)uids[count - 1]);
}

/* The child's deadline begins anew with each letter; ours too, but not for ever. */
static span_ms
letter_until(const struct imap *imap, span_ms most)
{
	span_ms until = tick_ms() + imap->patience;

	return until < most ? until : most;
}

static int
hear_letters(struct imap *imap, const struct imap_fetch *fetch, struct err *err)
{
	span_ms most = tick_ms() + FETCH_PATIENCES * imap->patience;
	struct imap_letter letter;
	struct frame answer = { 0 };
	size_t from = 0;
	int rc;

	while ((rc = hear(imap, &answer, letter_until(imap, most), err)) == 0 &&
	    answer.kind != IMAP_OK) {
		rc = checked(imap, imap_read_mail(&answer, fetch, &from, &letter, err), err);
		if (rc < 0)
			return rc;
		rc = fetch->mail(fetch->ctx, letter.which, letter.bytes, letter.n, err);
		if (rc < 0) {
			/* What is still on its way would be read as the next answer. */
			reap(imap);
			return rc;
		}
	}
	return rc;
}

/* One large letter is no reason to keep its memory. */
static void
trim(struct imap *imap)
{
	size_t ceiling = imap->buf.ceiling;

	if (imap->buf.room <= KEEP_MAX)
		return;
	str_done(&imap->buf);
	imap->buf = STR_INIT(ceiling);
}

int
imap_fetch(struct imap *imap, const struct imap_fetch *fetch, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(QUESTION_MAX);
	int rc;

	note_uids(imap, fetch->part == IMAP_HEADER ? "fetching the header of" : "fetching",
	    fetch->uids, fetch->count);
	field_add_int(&payload, fetch->part);
	add_uids(&payload, fetch->uids, fetch->count);
	rc = say(imap, IMAP_FETCH, &payload, err);
	if (rc == 0)
		rc = hear_letters(imap, fetch, err);
	trim(imap);
	return rc;
}

/* OK and nothing else. */
static int
read_ok(const struct frame *answer, struct err *err)
{
	if (answer->kind != IMAP_OK || answer->len > 0)
		return err_set(
		    err, ERR_PEER, "the mailbox child answered with frame %d", answer->kind);
	return 0;
}

int
imap_after(struct imap *imap, const struct imap_settle *settle, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(QUESTION_MAX);
	struct frame answer = { 0 };
	int rc;

	note_uids(
	    imap, settle->what == IMAP_MOVE ? "moving" : "flagging", settle->uids, settle->count);
	field_add_int(&payload, settle->what);
	field_add_text(&payload, settle->folder);
	add_uids(&payload, settle->uids, settle->count);
	rc = ask(imap, IMAP_AFTER, &payload, &answer, err);
	return rc < 0 ? rc : checked(imap, read_ok(&answer, err), err);
}

/* Told to stop: the child ends its IDLE first, so that it can log out. */
static int
wait_no_more(struct imap *imap, struct err *err)
{
	struct frame answer = { 0 };
	int stop_fd = imap->stop_fd, rc;

	imap->stop_fd = -1;
	rc = frame_send(imap->sock, IMAP_BREAK, "", 0, -1, clock_boot() + BREAK_TIME, err);
	if (rc == 0)
		rc = hear(imap, &answer, tick_ms() + BREAK_TIME, err);
	imap->stop_fd = stop_fd;
	if (rc < 0)
		reap(imap);
	imap->trouble = (struct imap_trouble){ .is_stop = true };
	return err_set(err, ERR_BUSY, "stopped while %s", imap->doing);
}

int
imap_wait(struct imap *imap, span_ms span, bool *news, struct err *err)
{
	AUTO(str_donep) struct str payload = STR_INIT(QUESTION_MAX);
	span_ms until = tick_ms() + span + imap->patience;
	struct frame answer = { 0 };
	int rc;

	snprintf(imap->doing, sizeof(imap->doing), "waiting for mail");
	field_add_int(&payload, span);
	rc = say(imap, IMAP_WAIT, &payload, err);
	if (rc < 0)
		return rc;
	if (await(imap, until) == ERR_BUSY)
		return wait_no_more(imap, err);
	rc = hear(imap, &answer, until, err);
	return rc < 0 ? rc : checked(imap, imap_read_news(&answer, news, err), err);
}
