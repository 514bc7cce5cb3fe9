#include "help_imap_box.h"

#include "help_imap.h"

#include <assent/base/file.h>
#include <assent/base/health.h>
#include <assent/base/metric.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct room room;
struct mailbox box;
struct imap_box *imap_box;
struct err last_err;
static char program[400];
utc_ms fresh, old; /* INTERNALDATEs */

static void
open_the_box(void)
{
	struct settings *settings = settings_get(room.daemon.settings);

	box = (struct mailbox){ 0 };
	if (mailbox_open(&box, &room.daemon, &settings->mailboxes[0], &last_err) < 0)
		fail_msg("%s", last_err.text);
	imap_box = box.own.imap;
	settings_unref(settings);
}

int
imap_box_setup(void **state)
{
	char own[400];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	(void)state;
	room_start(&room, SETTINGS "}]\n");
	own[n > 0 ? n : 0] = '\0';
	snprintf(program, sizeof(program), "%s", room_path(&room, "fake-mailbox"));
	assert_int_equal(symlink(own, program), 0);
	room.daemon.mailbox_program = program;
	fresh = clock_now() - MS_HOUR;
	old = clock_now() - 3 * MS_DAY;
	open_the_box();
	return 0;
}

int
imap_box_teardown(void **state)
{
	(void)state;
	mailbox_close(&box);
	room_end(&room);
	health_reset();
	assert_int_equal(metric_value(METRIC_MAILBOX_CHILDREN), 0);
	return 0;
}

struct str lines = { .ceiling = 4 << 20 };

void
write_world(void)
{
	room_file(&room, "world", str_text(&lines), lines.len);
}

/* A world of fresh letters first to last, and more lines of it. */
void
world(int64_t first, int64_t last, const char *more)
{
	str_clear(&lines);
	str_addf(&lines, "%s\n", more);
	for (int64_t uid = first; uid <= last; uid++)
		str_addf(&lines, "mail %lld %lld\n", (long long)uid, (long long)fresh);
	write_world();
}

static int
connect_and_look(void)
{
	int rc = imap_box_connect(imap_box, &last_err);

	return rc < 0 ? rc : imap_box_look(imap_box, &last_err);
}

/* As the thread does it, without the pauses. */
int
try(void)
{
	int rc = connect_and_look();

	(void)imap_box_retreat(imap_box, rc, &last_err);
	imap_free(imap_box->imap);
	imap_box->imap = imap_new(program, -1);
	return rc;
}

void
look(void)
{
	if (try() < 0)
		fail_msg("%s", last_err.text);
}

/* Until it works; how many tries that took. */
int
look_until_it_works(void)
{
	for (int n = 1; n < 200; n++)
		if (try() == 0)
			return n;
	fail_msg("it never works: %s", last_err.text);
	return 0;
}

void
restart(void)
{
	mailbox_close(&box);
	open_the_box();
}

int64_t
rows(const char *where)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM inbound WHERE %s", where);
	return room_number(&room, sql);
}

int64_t
jobs(void)
{
	return room_number(&room, "SELECT count(*) FROM jobs WHERE kind = 'intake' AND lane = 0");
}

int64_t
stored(const char *column)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT %s FROM mailbox_cursor", column);
	return room_number(&room, sql);
}

static struct str log_text = { .ceiling = 4 << 20 };

static const char *
log_of_the_child(void)
{
	if (file_read(room_path(&room, "log"), &log_text, &last_err) < 0)
		fail_msg("%s", last_err.text);
	return str_text(&log_text);
}

size_t
noted(const char *words)
{
	size_t n = 0;

	for (const char *at = log_of_the_child(); (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

int
imap_box_tests(const char *argv0, const struct CMUnitTest *tests, size_t count)
{
	int rc;

	imap_child_begin(argv0);
	rc = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
	str_done(&lines);
	str_done(&log_text);
	return rc;
}
