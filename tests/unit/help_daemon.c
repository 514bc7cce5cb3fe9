#include "help_daemon.h"
#include "help_file.h"

#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static const char usual[] = "agent: {email: agent@desk.test}\n"
			    "keys: {site_key_file: site.keys, signing_key_file: signing.key}\n"
			    "outgoing: {maildir: out}\n"
			    "state_dir: state\n"
			    "run_dir: run\n";

const char *
room_path(struct room *room, const char *name)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/%s", room->folder, name);
	return path;
}

void
room_file(struct room *room, const char *name, const void *bytes, size_t n)
{
	struct err err;

	if (file_write(room_path(room, name), bytes, n, 0600, &err) < 0)
		fail_msg("%s", err.text);
}

bool
room_has_file(struct room *room, const char *name)
{
	return access(room_path(room, name), F_OK) == 0;
}

static void
write_settings(struct room *room, const char *lines)
{
	AUTO(str_donep) struct str text = STR_INIT(1u << 16);

	str_add(&text, usual);
	if (strstr(lines, "mailboxes:") == NULL)
		str_add(&text, "mailboxes: [{name: desk, maildir: in}]\n");
	str_add(&text, lines);
	room_file(room, "assentd.yaml", str_text(&text), text.len);
}

static void
write_keys(struct room *room)
{
	AUTO(str_donep) struct str site = STR_INIT(1024), signing = STR_INIT(1024);

	settings_add_site_keys(&site);
	settings_add_signing_key(&signing);
	room_file(room, SETTINGS_SITE_KEYS, str_text(&site), site.len);
	room_file(room, SETTINGS_SIGNING_KEY, str_text(&signing), signing.len);
	room_file(room, "password", "secret\n", 7);
}

void
room_settle(struct room *room, const char *lines)
{
	AUTO(faults_freep) struct faults *faults = faults_new("assentd.yaml");
	struct err err;

	write_settings(room, lines);
	if (settings_reload(room->daemon.settings, faults, &err) < 0)
		fail_msg("%s", err.text);
}

void
room_clock(struct room *room, span_ms shift, span_ms jump, bool synchronised)
{
	char text[80];
	int n = snprintf(
	    text, sizeof(text), "%lld %lld %d\n", (long long)shift, (long long)jump, synchronised);

	room_file(room, "clock", text, (size_t)n);
	setenv("ASSENTD_CLOCK", room_path(room, "clock"), 1);
}

static void
ring(void *ctx)
{
	wake_ring(ctx);
}

static void
open_store(struct room *room, const struct settings *settings)
{
	const struct db_options options = {
		.path = settings->database,
		.mode = DB_SERVER,
		.readers = 4,
		.committed = ring,
		.ctx = &room->daemon.wake,
	};
	struct err err;

	if (folder_make(settings->state_dir, 0700, &err) < 0 ||
	    db_open(&options, &room->daemon.db, &err) < 0 ||
	    clockwork_open(room->daemon.db, &room->daemon.clockwork, &err) < 0)
		fail_msg("%s", err.text);
}

void
room_start(struct room *room, const char *lines)
{
	const char *tmp = getenv("TMPDIR");
	AUTO(faults_freep) struct faults *faults = faults_new("assentd.yaml");
	struct settings *settings = NULL;
	struct err err;

	log_set_level((enum log_level)(LOG_ERROR + 1));
	*room = (struct room){ .daemon = { .holder = "boot:1" } };
	snprintf(room->folder, sizeof(room->folder), "%s/assent-daemon-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(room->folder));
	room_clock(room, 0, 0, false);
	write_keys(room);
	write_settings(room, lines);
	if (settings_load(room_path(room, "assentd.yaml"), &settings, faults, &err) < 0)
		fail_msg("%s", err.text);
	wake_init(&room->daemon.wake);
	room->daemon.settings = settings_slot_new(settings);
	room->daemon.outlet = outlet_memory_new();
	room->daemon.stop_fd = eventfd(0, EFD_CLOEXEC);
	open_store(room, settings);
}

void
room_end(struct room *room)
{
	struct daemon *daemon = &room->daemon;

	clockwork_close(daemon->clockwork);
	db_close(daemon->db);
	outlet_free(daemon->outlet);
	settings_slot_free(daemon->settings);
	wake_done(&daemon->wake);
	close(daemon->stop_fd);
	unsetenv("ASSENTD_CLOCK");
	(void)folder_remove(room->folder);
}

void
room_sql(struct room *room, const char *sql)
{
	sql_run(room_path(room, "state/assentd.db"), sql);
}

int64_t
room_number(struct room *room, const char *sql)
{
	return sql_number(room_path(room, "state/assentd.db"), sql);
}

void
room_write(struct room *room, step_fn fn, void *arg)
{
	struct err err;

	if (db_step(room->daemon.db, fn, arg, &err) < 0)
		fail_msg("%s", err.text);
}

void
room_read(struct room *room, step_fn fn, void *arg)
{
	struct err err;

	if (db_read(room->daemon.db, NULL, fn, arg, &err) < 0)
		fail_msg("%s", err.text);
}
