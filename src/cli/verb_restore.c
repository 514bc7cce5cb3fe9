#include "backup.h"
#include "control.h"
#include "copy.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/store/hold.h>
#include <assent/store/keyring.h>
#include <assent/store/ledger.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE_MODE 0640

struct restore {
	const struct settings *settings;
	const char *dir;
	json_t *manifest;
	struct stat owner; /* of the state folder: whose files these become */
	char fresh[BACKUP_PATH_SIZE]; /* the database on its way in */
	char aside[BACKUP_PATH_SIZE]; /* where the one before went; "" for none */
	bool replace;
	int64_t spooled, entries;
	int64_t lost_key, lost_links; /* a key that open links need and the ring lacks */
};

static int
give(const struct restore *restore, const char *path, struct err *err)
{
	if (geteuid() != 0 || lchown(path, restore->owner.st_uid, restore->owner.st_gid) == 0)
		return 0;
	return err_errno(err, ERR_DENIED, errno, "giving %s to its user", path);
}

/* --- the database ------------------------------------------------------ */

static const json_t *
at(const struct restore *restore, const char *object, const char *key)
{
	return json_object_get(json_object_get(restore->manifest, object), key);
}

static int
check_ledger(struct restore *restore, struct tx *tx, struct err *err)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE + 1);
	struct ledger_report report;
	int rc = ledger_verify(tx, &report, err);

	if (rc < 0)
		return rc;
	str_add_hex(&hex, report.head.hash, sizeof(report.head.hash));
	restore->entries = report.entries;
	if (report.bad_seq)
		return err_set(err, ERR_INVALID,
		    "the ledger in the backup is not intact: %s; nothing was restored",
		    report.fault);
	if (report.head.seq != json_integer_value(at(restore, "ledger", "seq")) ||
	    !text_is(str_text(&hex), json_string_value(at(restore, "ledger", "hash"))))
		return err_set(err, ERR_INVALID,
		    "the ledger in the backup ends elsewhere than its manifest says; nothing was "
		    "restored");
	return 0;
}

/* Links that are out there are made again from the key, so that a reminder carries them. */
static int
check_keys(struct restore *restore, struct tx *tx, struct err *err)
{
	struct key_use *keys;
	size_t n;
	int rc = keyring_tokens(tx, &keys, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!keys[i].open || token_key(&restore->settings->policy, (uint32_t)keys[i].id))
			continue;
		restore->lost_key = keys[i].id;
		restore->lost_links = keys[i].open;
	}
	return rc;
}

static int
note_restored(struct restore *restore, struct tx *tx, struct err *err)
{
	const char *taken = json_string_value(json_object_get(restore->manifest, "taken"));
	const struct ledger_field fields[] = { { "taken", taken ? taken : "" } };
	const struct ledger_entry entry = {
		.at = clock_now(), .kind = "site.restored", .fields = fields, .field_count = 1
	};

	return ledger_append(tx, &entry, NULL, err);
}

static int
restore_step(struct tx *tx, void *arg, struct err *err)
{
	struct restore *restore = arg;
	int rc = check_ledger(restore, tx, err);

	if (rc == 0)
		rc = check_keys(restore, tx, err);
	if (rc == 0)
		rc = hold_set(tx, true, clock_now(), err);
	return rc < 0 ? rc : note_restored(restore, tx, err);
}

static void
remove_fresh(const struct restore *restore)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	char path[BACKUP_PATH_SIZE + 16];

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		snprintf(path, sizeof(path), "%s%s", restore->fresh, tails[i]);
		unlink(path);
	}
}

/* A copy is brought up to date and checked; only then it takes its place. */
static int
bring_database(struct restore *restore, struct err *err)
{
	struct db_options options = { .path = restore->fresh, .mode = DB_TOOL, .readers = 1 };
	char from[BACKUP_PATH_SIZE];
	struct copied copied = { 0 };
	struct db *db = NULL;
	int rc;

	remove_fresh(restore);
	rc = copy_file(backup_path(from, restore->dir, BACKUP_DATABASE), restore->fresh,
	    DATABASE_MODE, &copied, err);
	if (rc == 0)
		rc = db_open(&options, &db, err);
	if (rc == 0)
		rc = db_step(db, restore_step, restore, err);
	db_close(db);
	if (rc == 0)
		rc = give(restore, restore->fresh, err);
	if (rc < 0)
		remove_fresh(restore);
	return rc;
}

/* --- the spool --------------------------------------------------------- */

static int
bring_file(struct restore *restore, const char *name, const char *hash, struct err *err)
{
	char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE];
	struct copied copied = { 0 };
	int rc;

	backup_path(from, restore->dir, name);
	backup_path(to, restore->settings->state_dir, name);
	rc = copy_file(from, to, 0600, &copied, err);
	if (rc == ERR_CONFLICT) {
		AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE + 1);

		rc = copy_file(to, NULL, 0, &copied, err);
		str_add_hex(&hex, copied.sha256, sizeof(copied.sha256));
		if (rc == 0 && !text_is(str_text(&hex), hash))
			rc = err_set(
			    err, ERR_CONFLICT, "%s is in the way, and damaged; remove it", to);
	}
	restore->spooled += rc == 0;
	return rc < 0 ? rc : give(restore, to, err);
}

static int
bring_spool(struct restore *restore, struct err *err)
{
	const json_t *files = json_object_get(restore->manifest, "files"), *file;
	int rc = folder_make(restore->settings->spool, 0700, err);
	size_t i;

	if (rc == 0)
		rc = give(restore, restore->settings->spool, err);
	json_array_foreach((json_t *)files, i, file)
	{
		const char *name = json_string_value(json_object_get(file, "name"));

		if (rc == 0 && text_starts(name, "spool/"))
			rc = bring_file(
			    restore, name, json_string_value(json_object_get(file, "sha256")), err);
	}
	return rc < 0 ? rc : folder_sync(restore->settings->spool, err);
}

/* --- taking its place ----------------------------------------------------- */

static int
move_aside(struct restore *restore, struct err *err)
{
	static const char *const tails[] = { "-wal", "-shm", "" };
	const char *database = restore->settings->database;
	char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE + 16];

	if (access(database, F_OK) < 0)
		return 0;
	snprintf(restore->aside, sizeof(restore->aside), "%s.before-%lld", database,
	    (long long)(clock_now() / MS_SECOND));
	/* Its log first: without it the file is only as new as its last checkpoint. */
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		snprintf(from, sizeof(from), "%s%s", database, tails[i]);
		snprintf(to, sizeof(to), "%s%s", restore->aside, tails[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return err_errno(err, ERR_IO, errno, "moving %s aside", from);
	}
	return 0;
}

static int
put_in_place(struct restore *restore, struct err *err)
{
	int rc = move_aside(restore, err);

	if (rc == 0 && rename(restore->fresh, restore->settings->database) < 0)
		rc = err_errno(err, ERR_IO, errno, "%s", restore->settings->database);
	return rc < 0 ? rc : folder_sync(restore->settings->state_dir, err);
}

static int
check_free(const struct restore *restore, struct err *err)
{
	if (restore->replace || access(restore->settings->database, F_OK) < 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "there is a database %s already; nothing was restored. Say --replace to move it "
	    "aside (it is kept)",
	    restore->settings->database);
}

static int
restore_locked(struct restore *restore, struct err *err)
{
	int fd = -1, rc = control_lock(restore->settings, &restore->owner, &fd, err);

	if (rc == ERR_BUSY)
		err_set(err, rc, "assentd is running; stop it first: systemctl stop assentd");
	if (rc < 0)
		return rc;
	rc = check_free(restore, err);
	if (rc == 0)
		rc = bring_database(restore, err);
	if (rc == 0)
		rc = bring_spool(restore, err);
	if (rc == 0)
		rc = put_in_place(restore, err);
	if (rc < 0)
		remove_fresh(restore);
	close(fd);
	return rc;
}

static int
restore_all(struct restore *restore, struct err *err)
{
	const char *state = restore->settings->state_dir;
	int rc = backup_verify(restore->dir, &restore->manifest, err);

	if (rc == 0)
		rc = folder_make(state, 0700, err);
	if (rc == 0 && stat(state, &restore->owner) < 0)
		rc = err_errno(err, ERR_IO, errno, "%s", state);
	snprintf(
	    restore->fresh, sizeof(restore->fresh), "%s.restoring", restore->settings->database);
	return rc < 0 ? rc : restore_locked(restore, err);
}

static int
print_restored(struct cli *cli, const struct restore *restore)
{
	AUTO(str_donep) struct str taken = STR_INIT(100);
	json_t *out = json_object();

	json_object_set(out, "taken", json_object_get(restore->manifest, "taken"));
	json_object_set(out, "counts", json_object_get(restore->manifest, "counts"));
	look_set_int(out, "ledger_entries", restore->entries);
	look_set_int(out, "spool_files", restore->spooled);
	look_set_text(out, "replaced", restore->aside);
	json_object_set_new(out, "held", json_true());
	look_set_int(out, "lost_links", restore->lost_links);
	if (cli->json)
		return cli_print_json(out);
	look_add_cell(&taken, out, "taken", LOOK_TIME);
	printf("Restored what was backed up at %s: %lld ledger entries, all intact; %lld large "
	       "mails.\n",
	    str_text(&taken), (long long)restore->entries, (long long)restore->spooled);
	if (restore->aside[0])
		printf("What was there before is %s.\n", restore->aside);
	if (restore->lost_links)
		printf(
		    "Careful: the key ring lacks key %lld, which %lld open links were made with; "
		    "put it back into\n%s before you start.\n",
		    (long long)restore->lost_key, (long long)restore->lost_links,
		    restore->settings->site_key_file);
	printf("\nNothing will be sent until you let it:\n"
	       "  1. systemctl start assentd\n"
	       "  2. assent status, and wait until mail that came since was taken in again\n"
	       "  3. assent release\n");
	json_decref(out);
	return CLI_OK;
}

int
verb_restore(struct cli *cli)
{
	struct restore restore = { .dir = cli->words[0], .replace = cli_flag(cli, "--replace") };
	struct err err = { 0 };
	int rc = cli_settings(cli, &restore.settings);

	if (rc != CLI_OK)
		return rc;
	if (strlen(restore.dir) > BACKUP_PATH_SIZE / 2 ||
	    strlen(restore.settings->database) > BACKUP_PATH_SIZE / 2)
		return cli_usage(cli, "the folder's name is too long");
	rc = restore_all(&restore, &err);
	rc = rc < 0 ? cli_fail(cli, &err) : print_restored(cli, &restore);
	json_decref(restore.manifest);
	return rc;
}
