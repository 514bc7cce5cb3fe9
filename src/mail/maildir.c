#include <assent/mail/maildir.h>

#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/base/utf8.h>

#include "maildir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define SETTLE_TRIES 100

struct maildir {
	char *path;
	int watch; /* inotify on new, or -1 */
};

static const char *const parts[] = { "tmp", "new", "cur" };

/* Parents are not made: a slip in the settings would be a box that nobody fills. */
static int
check_parent(const char *path, struct err *err)
{
	AUTO(mem_freep) char *copy = mem_dup(path);
	const char *parent = dirname(copy);
	struct stat st;

	if (stat(parent, &st) < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
		    "maildir %s: there is no folder %s (make it, or correct the path)", path,
		    parent);
	return 0;
}

int
maildir_make(const char *path, struct err *err)
{
	int rc = folder_make(path, FOLDER_MODE, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(parts); i++) {
		AUTO(str_donep) struct str part = STR_INIT(PATH_MAX);

		str_addf(&part, "%s/%s", path, parts[i]);
		if (str_overflowed(&part))
			return err_set(err, ERR_INVALID, "maildir: the path is too long");
		rc = folder_make(str_text(&part), FOLDER_MODE, err);
	}
	return rc < 0 ? err_wrap(err, rc, "maildir %s", path) : 0;
}

/* Only new; where inotify is not to be had the caller sweeps. */
static int
watch_new(const char *path)
{
	AUTO(str_donep) struct str name = STR_INIT(PATH_MAX);
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -1;
	str_addf(&name, "%s/new", path);
	if (inotify_add_watch(fd, str_text(&name), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
maildir_open(const char *path, struct maildir **out, struct err *err)
{
	struct maildir *maildir;
	int rc = check_parent(path, err);

	if (rc == 0)
		rc = maildir_make(path, err);
	if (rc < 0)
		return rc;
	maildir = mem_alloc(sizeof(*maildir));
	maildir->path = mem_dup(path);
	maildir->watch = watch_new(path);
	*out = maildir;
	return 0;
}

void
maildir_free(struct maildir *maildir)
{
	if (!maildir)
		return;
	if (maildir->watch >= 0)
		close(maildir->watch);
	mem_free(maildir->path);
	mem_free(maildir);
}

/* --- listing ---------------------------------------------------------- */

/*
 * The max smallest names seen so far, the largest of them on top (a heap): a
 * folder of a hundred thousand mails costs no more memory than max names.
 */
struct pick {
	char **names;
	size_t count, max;
};

static void
swap(char **a, char **b)
{
	char *t = *a;

	*a = *b;
	*b = t;
}

static void
sift_down(struct pick *pick, size_t i, size_t count)
{
	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && strcmp(pick->names[child], pick->names[child + 1]) < 0)
			child++;
		if (strcmp(pick->names[i], pick->names[child]) >= 0)
			return;
		swap(&pick->names[i], &pick->names[child]);
	}
}

static void
sift_up(struct pick *pick, size_t i)
{
	for (; i > 0 && strcmp(pick->names[i], pick->names[(i - 1) / 2]) > 0; i = (i - 1) / 2)
		swap(&pick->names[i], &pick->names[(i - 1) / 2]);
}

static void
pick_add(struct pick *pick, const char *name)
{
	if (pick->count < pick->max) {
		if ((pick->count & (pick->count - 1)) == 0)
			pick->names = mem_grow(pick->names,
			    (pick->count ? 2 * pick->count : 1) * sizeof(*pick->names));
		pick->names[pick->count] = mem_dup(name);
		sift_up(pick, pick->count++);
	} else if (strcmp(name, pick->names[0]) < 0) {
		mem_free(pick->names[0]);
		pick->names[0] = mem_dup(name);
		sift_down(pick, 0, pick->count);
	}
}

/* The heap as a list, smallest first. */
static void
pick_sort(struct pick *pick)
{
	for (size_t n = pick->count; n > 1; n--) {
		swap(&pick->names[0], &pick->names[n - 1]);
		sift_down(pick, 0, n - 1);
	}
}

static void
pick_done(struct pick *pick)
{
	for (size_t i = 0; i < pick->count; i++)
		mem_free(pick->names[i]);
	mem_free(pick->names);
}

static bool
is_candidate(DIR *dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_name[0] == '.')
		return false;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

/*
 * The stable name goes into keys and logs. A name that cannot stand there (not
 * UTF-8, control bytes, nothing before the colon) is written in hex.
 */
static const char *
stable_name(const char *name, struct arena *arena)
{
	AUTO(str_donep) struct str hex = STR_INIT(2 * NAME_MAX + 8);
	size_t n = strcspn(name, ":");
	bool odd = n == 0 || !utf8_is_valid(name, n);

	for (size_t i = 0; i < n; i++)
		odd |= (unsigned char)name[i] < ' ' || name[i] == 0x7f;
	if (!odd)
		return arena_dup_n(arena, name, n);
	str_add(&hex, "hex-");
	str_add_hex(&hex, name, n ? n : strlen(name));
	return arena_dup(arena, str_text(&hex));
}

static size_t
describe(DIR *dir, const struct pick *pick, struct arena *arena, struct maildir_entry *entries)
{
	size_t n = 0;

	for (size_t i = 0; i < pick->count; i++) {
		const char *name = pick->names[i];
		struct stat st;

		/* Gone since, or something else now: not ours to read. */
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		entries[n].name = arena_dup(arena, name);
		entries[n].unique = stable_name(name, arena);
		entries[n].size = st.st_size;
		entries[n].mtime =
		    (utc_ms)st.st_mtim.tv_sec * MS_SECOND + st.st_mtim.tv_nsec / 1000000;
		n++;
	}
	return n;
}

static int
open_new(const struct maildir *maildir, DIR **out, struct err *err)
{
	AUTO(str_donep) struct str name = STR_INIT(PATH_MAX);
	int code;

	str_addf(&name, "%s/new", maildir->path);
	*out = opendir(str_text(&name));
	if (*out)
		return 0;
	code = errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED : ERR_IO;
	return err_errno(err, code, errno, "maildir %s: cannot read the folder new (was it moved?)",
	    maildir->path);
}

int
maildir_list(struct maildir *maildir, size_t max, struct arena *arena, struct maildir_entry **out,
    size_t *count, struct err *err)
{
	struct pick pick = { .max = max };
	struct dirent *entry;
	DIR *dir;
	int rc = open_new(maildir, &dir, err);

	if (rc < 0)
		return rc;
	while (errno = 0, max > 0 && (entry = readdir(dir)))
		if (is_candidate(dir, entry))
			pick_add(&pick, entry->d_name);
	if (errno != 0) {
		rc = err_errno(err, ERR_IO, errno, "maildir %s: cannot list new", maildir->path);
	} else {
		pick_sort(&pick);
		*out = arena_alloc(arena, (pick.count + 1) * sizeof(**out));
		*count = describe(dir, &pick, arena, *out);
	}
	pick_done(&pick);
	closedir(dir);
	return rc;
}

/* --- one mail ---------------------------------------------------------- */

int
maildir_read(struct maildir *maildir, const struct maildir_entry *entry, int64_t max,
    struct str *out, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX);
	size_t ceiling = out->ceiling;
	struct stat st;
	int rc;

	str_addf(&path, "%s/new/%s", maildir->path, entry->name);
	if (lstat(str_text(&path), &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "maildir %s: new/%s is not a regular file",
		    maildir->path, entry->name);
	/* The listed size may be old: the ceiling is what holds. */
	if ((uint64_t)max < ceiling)
		out->ceiling = (size_t)max;
	rc = file_read(str_text(&path), out, err);
	out->ceiling = ceiling;
	return rc < 0 ? err_wrap(err, rc, "maildir %s", maildir->path) : 0;
}

/* In cur under name, or name.1, … where that is taken: a mail is never overwritten. */
static int
move_to_cur(const struct maildir *maildir, const char *name)
{
	AUTO(str_donep) struct str from = STR_INIT(PATH_MAX);
	AUTO(str_donep) struct str to = STR_INIT(PATH_MAX);
	size_t unique = strcspn(name, ":");
	const char *flags = name[unique] ? name + unique : ":2,";

	str_addf(&from, "%s/new/%s", maildir->path, name);
	for (int i = 0; i < SETTLE_TRIES; i++) {
		str_clear(&to);
		str_addf(&to, "%s/cur/%.*s", maildir->path, (int)unique, name);
		if (i > 0)
			str_addf(&to, ".%d", i);
		str_add(&to, flags);
		if (renameat2(
			AT_FDCWD, str_text(&from), AT_FDCWD, str_text(&to), RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int
maildir_settle(struct maildir *maildir, const struct maildir_entry *entry, struct err *err)
{
	int code;

	if (fault_here("maildir.settle"))
		return err_set(err, ERR_IO, "maildir %s: cannot move new/%s to cur: fault",
		    maildir->path, entry->name);
	if (move_to_cur(maildir, entry->name) == 0 || errno == ENOENT)
		return 0;
	code = errno == EACCES || errno == EPERM || errno == EROFS ? ERR_DENIED
	    : errno == ENOSPC || errno == EDQUOT		   ? ERR_FULL
								   : ERR_IO;
	return err_errno(
	    err, code, errno, "maildir %s: cannot move new/%s to cur", maildir->path, entry->name);
}

/* --- watching ----------------------------------------------------------- */

int
maildir_watch_fd(const struct maildir *maildir)
{
	return maildir->watch;
}

void
maildir_watch_clear(struct maildir *maildir)
{
	char events[4096] __attribute__((aligned(8)));

	while (maildir->watch >= 0 && read(maildir->watch, events, sizeof(events)) > 0)
		continue;
}
