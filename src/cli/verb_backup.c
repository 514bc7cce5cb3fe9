#include "backup.h"
#include "copy.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/version.h>
#include <assent/store/backup.h>
#include <assent/store/ledger.h>
#include <assent/store/site.h>

#include <string.h>
#include <unistd.h>

#define SPOOL_PAGE 500
#define ARENA_MAX ((size_t)256 << 20)

struct backup {
	const struct settings *settings;
	const char *dir;
	struct db *live, *copy;
	struct arena *arena;
	json_t *files, *counts;
	struct ledger_head head;
	int64_t spooled, gone, bytes;
	bool with_keys;
	/* of a page of the spool */
	const char *after;
	const char **names;
	size_t count;
	bool is_used;
};

static void
list_file(struct backup *backup, const char *name, const struct copied *copied)
{
	json_t *file = json_object();

	look_set_text(file, "name", name);
	look_set_int(file, "size", copied->size);
	look_set_hex(file, "sha256", copied->sha256, sizeof(copied->sha256));
	json_array_append_new(backup->files, file);
	backup->bytes += copied->size;
}

static int
add_file(struct backup *backup, const char *from, const char *name, struct err *err)
{
	char path[BACKUP_PATH_SIZE];
	struct copied copied = { 0 };
	int rc = copy_file(from, backup_path(path, backup->dir, name), 0600, &copied, err);

	if (rc == 0)
		list_file(backup, name, &copied);
	return rc;
}

/* --- the database ------------------------------------------------------ */

static int
facts_step(struct tx *tx, void *arg, struct err *err)
{
	struct backup *backup = arg;
	struct site_counts counts;
	int rc = site_count(tx, &counts, err);

	if (rc == 0)
		rc = ledger_head(tx, &backup->head, err);
	if (rc < 0)
		return rc;
	json_object_clear(backup->counts);
	look_set_int(backup->counts, "tickets", counts.tickets);
	look_set_int(backup->counts, "approvals", counts.approvals_all);
	look_set_int(backup->counts, "approvals_open", counts.approvals_open);
	look_set_int(backup->counts, "mails_queued", counts.outgoing_queued);
	look_set_int(backup->counts, "jobs_waiting", counts.jobs_waiting);
	return 0;
}

static int
open_read_only(const char *path, struct db **out, struct err *err)
{
	return db_open(
	    &(struct db_options){ .path = path, .mode = DB_READ_ONLY, .readers = 1 }, out, err);
}

static int
take_database(struct backup *backup, struct err *err)
{
	char path[BACKUP_PATH_SIZE];
	struct copied copied = { 0 };
	int rc = look_for_database(backup->settings, err);

	backup_path(path, backup->dir, BACKUP_DATABASE);
	if (rc == 0)
		rc = open_read_only(backup->settings->database, &backup->live, err);
	if (rc == 0)
		rc = db_copy(backup->live, path, err);
	if (rc == 0)
		rc = copy_file(path, NULL, 0, &copied, err);
	if (rc < 0)
		return rc;
	list_file(backup, BACKUP_DATABASE, &copied);
	rc = open_read_only(path, &backup->copy, err);
	return rc < 0 ? rc : db_read(backup->copy, backup->arena, facts_step, backup, err);
}

/* --- the spool --------------------------------------------------------- */

static int
page_step(struct tx *tx, void *arg, struct err *err)
{
	struct backup *backup = arg;

	return spool_list(tx, backup->after, SPOOL_PAGE, &backup->names, &backup->count, err);
}

static int
used_step(struct tx *tx, void *arg, struct err *err)
{
	struct backup *backup = arg;

	return spool_is_used(tx, backup->after, &backup->is_used, err);
}

/* One that is not there any more was removed since, if the database let go of it too. */
static int
take_gone(struct backup *backup, const char *name, struct err *err)
{
	struct err ignored = *err;
	int rc;

	backup->after = name;
	rc = db_read(backup->live, backup->arena, used_step, backup, err);
	if (rc < 0)
		return rc;
	if (backup->is_used) {
		*err = ignored;
		return err_wrap(err, ERR_INVALID, "a mail that the database needs");
	}
	backup->gone++;
	return 0;
}

static int
take_spooled(struct backup *backup, const char *name, struct err *err)
{
	char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
	int rc;

	backup_path(from, backup->settings->spool, name);
	rc = add_file(backup, from, backup_path(to, "spool", name), err);
	if (rc == ERR_NOT_FOUND)
		return take_gone(backup, name, err);
	if (rc == 0 &&
	    !text_is(name,
		json_string_value(json_object_get(
		    json_array_get(backup->files, json_array_size(backup->files) - 1), "sha256"))))
		return err_set(err, ERR_INVALID,
		    "%s is damaged: its bytes do not fit its name; move it away if it is lost",
		    from);
	backup->spooled += rc == 0;
	return rc;
}

static int
take_spool(struct backup *backup, struct err *err)
{
	char path[BACKUP_PATH_SIZE];
	const char *last = "";
	int rc = folder_make(backup_path(path, backup->dir, "spool"), 0700, err);

	do {
		backup->after = last;
		if (rc == 0)
			rc = db_read(backup->copy, backup->arena, page_step, backup, err);
		for (size_t i = 0; rc == 0 && i < backup->count; i++)
			rc = take_spooled(backup, backup->names[i], err);
		if (rc == 0 && backup->count)
			last = backup->names[backup->count - 1];
	} while (rc == 0 && backup->count == SPOOL_PAGE);
	return rc < 0 ? rc : folder_sync(path, err);
}

/* --- settings, keys, manifest -------------------------------------------- */

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int
take_keys(struct backup *backup, struct err *err)
{
	const struct settings *s = backup->settings;
	const char *files[] = { s->site_key_file, s->signing_key_file, s->credential_key_file };
	char path[BACKUP_PATH_SIZE], name[BACKUP_PATH_SIZE];
	int rc = folder_make(backup_path(path, backup->dir, "keys"), 0700, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(files); i++)
		if (files[i] && *files[i])
			rc = add_file(
			    backup, files[i], backup_path(name, "keys", name_of(files[i])), err);
	return rc < 0 ? rc : folder_sync(path, err);
}

static int
write_manifest(struct backup *backup, struct err *err)
{
	json_t *manifest = json_object(), *ledger = json_object();
	char path[BACKUP_PATH_SIZE];
	char *text;
	int rc;

	look_set_int(manifest, "format", BACKUP_FORMAT);
	look_set_text(manifest, "version", ASSENT_VERSION);
	look_set_time(manifest, "taken", clock_now());
	look_set_int(manifest, "schema", db_schema(backup->copy));
	look_set_int(ledger, "seq", backup->head.seq);
	look_set_hex(ledger, "hash", backup->head.hash, sizeof(backup->head.hash));
	json_object_set_new(manifest, "ledger", ledger);
	json_object_set(manifest, "counts", backup->counts);
	json_object_set_new(manifest, "keys", json_boolean(backup->with_keys));
	json_object_set(manifest, "files", backup->files);
	text = json_dumps(manifest, JSON_INDENT(1));
	rc = file_write(
	    backup_path(path, backup->dir, BACKUP_MANIFEST), text, strlen(text), 0600, err);
	free(text); /* house: library memory */
	json_decref(manifest);
	return rc;
}

static int
take_all(struct backup *backup, struct err *err)
{
	int rc = folder_is_free(backup->dir, err);

	if (rc == 0)
		rc = folder_make(backup->dir, 0700, err);
	if (rc == 0)
		rc = take_database(backup, err);
	if (rc == 0)
		rc = take_spool(backup, err);
	if (rc == 0)
		rc = add_file(backup, backup->settings->file, "assentd.yaml", err);
	if (rc == 0 && backup->with_keys)
		rc = take_keys(backup, err);
	if (rc == 0)
		rc = write_manifest(backup, err);
	return rc;
}

static int
print_taken(struct cli *cli, const struct backup *backup)
{
	json_t *out = json_object();

	look_set_text(out, "folder", backup->dir);
	look_set_int(out, "bytes", backup->bytes);
	look_set_int(out, "spool_files", backup->spooled);
	look_set_int(out, "spool_files_removed_meanwhile", backup->gone);
	look_set_int(out, "ledger_entries", backup->head.seq);
	json_object_set(out, "counts", backup->counts);
	json_object_set_new(out, "keys", json_boolean(backup->with_keys));
	if (cli->json)
		return cli_print_json(out);
	printf("Backed up into %s (%lld bytes):\n"
	       "  the database: %lld tickets, %lld approvals, %lld ledger entries\n"
	       "  %lld large mails from the spool\n"
	       "  the settings file\n",
	    backup->dir, (long long)backup->bytes,
	    (long long)json_integer_value(json_object_get(backup->counts, "tickets")),
	    (long long)json_integer_value(json_object_get(backup->counts, "approvals")),
	    (long long)backup->head.seq, (long long)backup->spooled);
	if (backup->with_keys)
		printf("  the keys: guard this folder like the keys themselves\n");
	else
		printf(
		    "Not in it: the keys (site.keys, signing.key, …). Without them links in mails "
		    "that are\nout there stop working; keep a copy elsewhere, or say "
		    "--with-keys.\n");
	printf(
	    "Not in it: passwords, secrets of webhooks and OAuth2 clients, your own templates.\n");
	json_decref(out);
	return CLI_OK;
}

int
verb_backup(struct cli *cli)
{
	struct backup backup = { .dir = cli->words[0], .with_keys = cli_flag(cli, "--with-keys") };
	struct err err = { 0 };
	int rc = cli_settings(cli, &backup.settings);

	if (rc != CLI_OK)
		return rc;
	if (strlen(backup.dir) > BACKUP_PATH_SIZE / 2)
		return cli_usage(cli, "the folder's name is too long");
	backup.arena = arena_new(ARENA_MAX);
	backup.files = json_array();
	backup.counts = json_object();
	rc = take_all(&backup, &err);
	rc = rc < 0 ? cli_fail(cli, &err) : print_taken(cli, &backup);
	db_close(backup.copy);
	db_close(backup.live);
	json_decref(backup.files);
	json_decref(backup.counts);
	arena_free(backup.arena);
	return rc;
}
