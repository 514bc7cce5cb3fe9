/* sweep: files beside the database: spooled mail that no row names, and the reserve. */
#include <assent/base/file.h>
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/store/backup.h>

#include "daemon/daemon_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWEEP_EVERY MS_HOUR
#define YOUNG MS_HOUR /* a file this young may belong to a row that is about to be */
#define RESERVE_SIZE ((off_t)8 << 20)
#define PATH_SIZE 4200

/* --- spooled mail ------------------------------------------------------------- */

struct used {
	const char *name;
	bool is_used;
};

static int
used_step(struct tx *tx, void *arg, struct err *err)
{
	struct used *used = arg;

	return spool_is_used(tx, used->name, &used->is_used, err);
}

static bool
is_old(const char *path, utc_ms now)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    now - (utc_ms)st.st_mtime * MS_SECOND > YOUNG;
}

static bool
is_orphan(struct daemon *daemon, const char *name)
{
	struct used used = { .name = name };
	struct err err;

	if (db_read(daemon->db, NULL, used_step, &used, &err) < 0)
		return false;
	return !used.is_used;
}

/*
 * Taken out of the way first and looked at again: a mail with the same bytes
 * that comes in meanwhile makes the file anew, or finds its way back.
 */
static bool
remove_orphan(struct daemon *daemon, const char *folder, const char *name, utc_ms now)
{
	char path[PATH_SIZE], gone[PATH_SIZE + 8];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(gone, sizeof(gone), "%s.gone", path);
	if (!is_old(path, now) || !is_orphan(daemon, name) || rename(path, gone) < 0)
		return false;
	if (!is_old(gone, now) || !is_orphan(daemon, name)) {
		if (link(gone, path) < 0 && errno != EEXIST)
			log_line(LOG_WARN, "spool.kept_aside", "file", gone, NULL);
		else
			unlink(gone);
		return false;
	}
	return unlink(gone) == 0;
}

static void
sweep_spool(struct daemon *daemon, const struct settings *settings)
{
	DIR *dir = opendir(settings->spool);
	const struct dirent *entry;
	utc_ms now = clock_now();
	char count[24];
	size_t n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < 256)
			n += remove_orphan(daemon, settings->spool, entry->d_name, now);
	if (dir != NULL)
		closedir(dir);
	snprintf(count, sizeof(count), "%zu", n);
	if (n > 0)
		log_line(LOG_INFO, "spool.swept", "files", count, NULL);
}

/* --- the reserve ----------------------------------------------------------------- */

static void
reserve_path(const struct settings *settings, char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, "%s/reserve", settings->state_dir);
}

/* Only while there is plenty: the reserve must not be what fills the disk. */
static void
reserve_make(const struct settings *settings)
{
	char path[PATH_SIZE];
	struct stat st;
	int fd, no;

	reserve_path(settings, path);
	if (stat(path, &st) == 0 && st.st_size >= RESERVE_SIZE)
		return;
	if (disk_free(settings->state_dir) < settings->min_free + 2 * RESERVE_SIZE)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	no = posix_fallocate(fd, 0, RESERVE_SIZE);
	close(fd);
	if (no != 0)
		unlink(path);
}

bool
reserve_use(void *arg)
{
	struct daemon *daemon = arg;
	AUTO(settings_unrefp) struct settings *settings = settings_get(daemon->settings);
	char path[PATH_SIZE];

	reserve_path(settings, path);
	if (unlink(path) < 0)
		return false;
	log_line(LOG_ERROR, "disk.full", "effect", "the reserve was given up for decisions",
	    "remedy", "make room", "folder", settings->state_dir, NULL);
	return true;
}

void
sweep_tick(struct daemon *daemon)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(daemon->settings);
	span_ms now = clock_boot();

	reserve_make(settings);
	if (daemon->swept_at != 0 && now - daemon->swept_at < SWEEP_EVERY)
		return;
	daemon->swept_at = now;
	sweep_spool(daemon, settings);
}
