#include "help_imap.h"

#include <assent/base/file.h>
#include <assent/base/frame.h>
#include <assent/base/num.h>
#include <assent/mail/imap.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SOCK 3
#define NAME "fake-mailbox"
#define WORLD_MAX ((size_t)4 << 20)
#define ARENA_MAX ((size_t)64 << 20)

static char folder[300];
static struct str heard = { .ceiling = 1 << 20 }, said = { .ceiling = 64 << 20 };
static struct str world = { .ceiling = WORLD_MAX }, note = { .ceiling = 1 << 20 };
static struct arena *arena;
static struct frame question;
static struct field_reader fields;
static bool is_open, was_fetched;

/* --- the world ------------------------------------------------------------------ */

static void
read_world(void)
{
	char path[400];
	struct err err;

	snprintf(path, sizeof(path), "%s/world", folder);
	if (file_read(path, &world, &err) < 0)
		_exit(20);
}

/* The next line that begins with word; its numbers. False at the end. */
static bool
next_line(const char **at, const char *word, int64_t numbers[3])
{
	while (**at != '\0') {
		const char *line = *at, *end = strchrnul(line, '\n');
		size_t n = strcspn(line, " \n");
		char *save;
		const char *next;

		*at = *end != '\0' ? end + 1 : end;
		if (n != strlen(word) || strncmp(line, word, n) != 0)
			continue;
		(void)strtok_r(arena_dup_n(arena, line, (size_t)(end - line)), " ", &save);
		for (int i = 0; i < 3; i++) {
			numbers[i] = -1;
			next = strtok_r(NULL, " ", &save);
			if (next != NULL && !num_parse(next, &numbers[i]))
				_exit(21);
		}
		return true;
	}
	return false;
}

static bool
says(const char *word, int64_t *first)
{
	const char *at = str_text(&world);
	int64_t numbers[3];

	if (!next_line(&at, word, numbers))
		return false;
	if (first != NULL)
		*first = numbers[0];
	return true;
}

static bool
says_of(const char *word, int64_t uid, int64_t *second)
{
	const char *at = strstr(str_text(&world), word);
	int64_t numbers[3];

	while (at != NULL && next_line(&at, word, numbers))
		if (numbers[0] == uid) {
			if (second != NULL)
				*second = numbers[1];
			return true;
		}
	return false;
}

static void
keep_note(void)
{
	char path[400];
	int fd;

	snprintf(path, sizeof(path), "%s/log", folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	str_add_char(&note, '\n');
	if (fd < 0 || write(fd, str_text(&note), note.len) != (ssize_t)note.len)
		_exit(22);
	close(fd);
	str_clear(&note);
}

/* --- answers ---------------------------------------------------------------------- */

static void
answer(enum imap_frame kind)
{
	struct err err;

	if (frame_send(SOCK, (uint8_t)kind, str_text(&said), said.len, -1, -1, &err) < 0)
		_exit(0);
	str_clear(&said);
}

static void
fail_at(enum imap_stage stage, enum err_code code, bool is_final)
{
	field_add_int(&said, stage);
	field_add_int(&said, code);
	field_add_int(&said, is_final);
	field_add_text(&said, "the fake server does not want to");
	is_open = false;
	answer(IMAP_FAILED);
}

static void
die(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	_exit(1);
}

static void
be_opened(void)
{
	int64_t validity = 1700, next = 0, is_final;

	str_addf(&note, "open");
	keep_note();
	if (says("dieopen", NULL))
		die();
	if (says("refuse", &is_final)) {
		fail_at(IMAP_AT_LOGIN, ERR_DENIED, is_final > 0);
		return;
	}
	(void)says("validity", &validity);
	(void)says("next", &next);
	is_open = true;
	field_add_int(&said, validity);
	field_add_int(&said, next);
	field_add_int(&said, 1);
	field_add_int(&said, 1);
	field_add_text(&said, "");
	answer(IMAP_OPENED);
}

static size_t
length_of(int64_t uid, struct str *out)
{
	int64_t size = 0;

	str_addf(out, "From: a@acme.test\r\nSubject: mail %lld\r\n\r\nWe need %lld printers.\r\n",
	    (long long)uid, (long long)uid);
	if (says_of("big", uid, &size))
		while (out->len < (size_t)size)
			str_add_char(out, 'x');
	return out->len;
}

static void
list(void)
{
	int64_t first = field_take_int(&fields, 1, IMAP_UID_MAX + 1), numbers[3], next = first;
	size_t most = (size_t)field_take_int(&fields, 1, IMAP_LIST_MAX), count = 0;
	struct str entries = { .ceiling = 1 << 20 };
	const char *at = str_text(&world);
	bool more = false;

	str_addf(&note, "list %lld", (long long)first);
	keep_note();
	while (!more && next_line(&at, "mail", numbers)) {
		struct str text = { .ceiling = 64 << 20 };

		if (numbers[0] < first || (was_fetched && says_of("vanish", numbers[0], NULL)))
			continue;
		more = count == most;
		if (more)
			break;
		field_add_int(&entries, numbers[0]);
		field_add_int(
		    &entries, numbers[2] >= 0 ? numbers[2] : (int64_t)length_of(numbers[0], &text));
		field_add_int(&entries, numbers[1]);
		str_done(&text);
		next = numbers[0] + 1;
		count++;
	}
	field_add_int(&said, next);
	field_add_int(&said, more);
	field_add_int(&said, (int64_t)count);
	str_add_n(&said, str_text(&entries), entries.len);
	str_done(&entries);
	answer(IMAP_LISTED);
}

static void
give(int64_t uid, bool whole)
{
	struct str text = { .ceiling = 64 << 20 };

	length_of(uid, &text);
	if (!whole)
		str_cut(&text, (size_t)(strstr(str_text(&text), "\r\n\r\n") + 4 - str_text(&text)));
	field_add_int(&said, uid);
	field_add(&said, str_text(&text), text.len);
	str_done(&text);
	answer(IMAP_MAIL);
}

static void
fetch(void)
{
	bool whole = field_take_int(&fields, 0, 1) == IMAP_WHOLE, fails = false;
	int64_t uids[IMAP_FETCH_MAX], count = field_take_int(&fields, 1, IMAP_FETCH_MAX);

	str_addf(&note, "fetch %s", whole ? "whole" : "header");
	for (int64_t i = 0; i < count; i++) {
		uids[i] = field_take_int(&fields, 1, IMAP_UID_MAX);
		str_addf(&note, " %lld", (long long)uids[i]);
	}
	keep_note();
	for (int64_t i = 0; i < count; i++) {
		if (says_of(whole ? "kill" : "killhead", uids[i], NULL))
			die();
		fails |= says_of("fail", uids[i], NULL);
		if (!fails && !says_of("omit", uids[i], NULL) && !says_of("vanish", uids[i], NULL))
			give(uids[i], whole);
	}
	was_fetched = true;
	if (fails)
		fail_at(IMAP_AT_FETCH, ERR_PEER, false);
	else
		answer(IMAP_OK);
}

static void
after(void)
{
	int64_t what = field_take_int(&fields, 0, 1), count;

	str_addf(&note, "%s %s", what == IMAP_MOVE ? "move" : "flag",
	    field_take_text(&fields, arena, 300));
	count = field_take_int(&fields, 1, IMAP_FETCH_MAX);
	for (int64_t i = 0; i < count; i++)
		str_addf(&note, " %lld", (long long)field_take_int(&fields, 1, IMAP_UID_MAX));
	keep_note();
	if (says("failafter", NULL))
		fail_at(IMAP_AT_AFTER, ERR_NOT_FOUND, true);
	else
		answer(IMAP_OK);
}

static void
wait_a_while(void)
{
	struct err err;

	if (says("failsoon", NULL)) {
		fail_at(IMAP_AT_WAIT, ERR_PEER, false);
		return;
	}
	/* Nothing happens here: only a BREAK or the daemon's end does. */
	if (frame_receive(SOCK, &heard, &question, NULL, -1, &err) < 0 ||
	    question.kind != IMAP_BREAK)
		_exit(0);
	field_add_int(&said, 0);
	answer(IMAP_NEWS);
}

static void
serve(void)
{
	struct err err;

	if (frame_receive(SOCK, &heard, &question, NULL, -1, &err) < 0)
		_exit(0);
	field_reader_init(&fields, question.payload, question.len);
	arena_reset(arena);
	read_world();
	if (question.kind == IMAP_OPEN)
		be_opened();
	else if (question.kind == IMAP_END || !is_open)
		_exit(question.kind == IMAP_END ? 0 : 23);
	else if (question.kind == IMAP_LIST)
		list();
	else if (question.kind == IMAP_FETCH)
		fetch();
	else if (question.kind == IMAP_AFTER)
		after();
	else if (question.kind == IMAP_WAIT)
		wait_a_while();
}

void
imap_child_begin(const char *argv0)
{
	const char *name = strrchr(argv0, '/');

	if (name == NULL || !text_is(name + 1, NAME))
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(name - argv0), argv0);
	arena = arena_new(ARENA_MAX);
	for (;;)
		serve();
}
