#include <assent/base/fault.h>
#include <assent/base/file.h>

#include "str_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define READ_PIECE ((size_t)32 * 1024)

/* Like close(), for AUTO. */
static void
fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int
read_code(int no)
{
	switch (no) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

static int
write_code(int no)
{
	switch (no) {
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

/* Non-blocking, so that a FIFO in a file's place cannot hold us up. */
static int
open_regular(const char *path, struct stat *st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, read_code(errno), errno, "cannot open %s", path);
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return err_set(err, ERR_INVALID, "%s is not a regular file", path);
	}
	return fd;
}

static int
read_all(int fd, const char *path, struct str *out, struct err *err)
{
	ssize_t n;

	do {
		size_t piece = out->ceiling - out->len;

		if (piece > READ_PIECE)
			piece = READ_PIECE;
		/* At the ceiling one byte more tells whether the file ends there. */
		if (piece == 0) {
			char more;

			n = read(fd, &more, 1);
			if (n > 0)
				return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path,
				    out->ceiling);
		} else {
			str_reserve(out, piece);
			n = read(fd, out->text + out->len, piece);
			if (n > 0)
				out->len += (size_t)n;
			out->text[out->len] = '\0';
		}
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? err_errno(err, ERR_IO, errno, "cannot read %s", path) : 0;
}

int
file_read(const char *path, struct str *out, struct err *err)
{
	struct stat st;
	AUTO(fd_closep) int fd = open_regular(path, &st, err);

	str_clear(out);
	return fd < 0 ? fd : read_all(fd, path, out, err);
}

int
file_read_secret(const char *path, struct str *out, struct err *err)
{
	struct stat st = { 0 };
	AUTO(fd_closep) int fd = open_regular(path, &st, err);
	int rc;

	str_clear(out);
	if (fd < 0)
		return fd;
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return err_set(err, ERR_DENIED,
		    "%s holds a secret but others may read or write it (chmod o= %s)", path, path);
	rc = read_all(fd, path, out, err);
	if (rc == 0 && out->len > 0 && out->text[out->len - 1] == '\n')
		str_cut(out, out->len - 1);
	return rc;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

struct content {
	const void *bytes;
	size_t n;
	unsigned mode;
	bool replace;
};

/* errno and true when the fault point says so. */
static bool
fails_here(const char *point, int no)
{
	if (!fault_here(point))
		return false;
	errno = no;
	return true;
}

static int
fill(int fd, const struct content *c)
{
	if (fails_here("file.write", ENOSPC) || write_all(fd, c->bytes, c->n) < 0)
		return -1;
	/* Not at open(): the umask would take bits away. */
	if (fchmod(fd, c->mode) < 0)
		return -1;
	if (fails_here("file.sync", EIO) || fsync(fd) < 0)
		return -1;
	return 0;
}

static int
put_in_place(const char *temporary, const char *path, bool replace)
{
	if (fails_here("file.rename", EIO))
		return -1;
	if (replace)
		return rename(temporary, path);
	if (link(temporary, path) < 0)
		return -1;
	unlink(temporary);
	return 0;
}

/* The folder part of path, "." where there is none, "/" for the root. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (!slash)
		return mem_dup(".");
	if (slash == path)
		return mem_dup("/");
	folder = mem_dup(path);
	folder[slash - path] = '\0';
	return folder;
}

static int
store(const char *path, const struct content *c, struct err *err)
{
	AUTO(mem_freep) char *folder = folder_of(path);
	AUTO(str_donep) struct str name = STR_INIT(4096);
	int fd, no;

	str_addf(&name, "%s.XXXXXX", path);
	if (str_overflowed(&name))
		return err_set(err, ERR_IO, "cannot write a file: the path is too long");
	fd = mkostemp(name.text, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, write_code(errno), errno, "cannot make a file in %s", folder);
	if (fill(fd, c) < 0 || put_in_place(name.text, path, c->replace) < 0) {
		no = errno;
		close(fd);
		unlink(name.text);
		if (no == EEXIST && !c->replace)
			return err_set(err, ERR_CONFLICT, "%s exists already", path);
		return err_errno(err, write_code(no), no, "cannot write %s", path);
	}
	close(fd);
	return folder_sync(folder, err);
}

int
file_write(const char *path, const void *bytes, size_t n, unsigned mode, struct err *err)
{
	const struct content content = { bytes, n, mode, true };

	return store(path, &content, err);
}

int
file_create(const char *path, const void *bytes, size_t n, unsigned mode, struct err *err)
{
	const struct content content = { bytes, n, mode, false };

	return store(path, &content, err);
}

/* One level; a folder that is there already is fine and keeps its mode. */
static int
make_one(const char *path, unsigned mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0) {
		if (chmod(path, mode) < 0)
			return err_errno(err, write_code(errno), errno, "cannot chmod %s", path);
		return 0;
	}
	if (errno != EEXIST)
		return err_errno(err, write_code(errno), errno, "cannot make folder %s", path);
	if (stat(path, &st) < 0)
		return err_errno(err, write_code(errno), errno, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_IO, "%s is in the way: it is not a folder", path);
	return 0;
}

int
folder_make(const char *path, unsigned mode, struct err *err)
{
	AUTO(mem_freep) char *part = mem_dup(path);
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	for (char *p = part; *p; p++) {
		if (*p != '/' || p == part)
			continue;
		*p = '\0';
		rc = make_one(part, mode, err);
		*p = '/';
		if (rc < 0)
			return rc;
	}
	return make_one(part, mode, err);
}

int
folder_sync(const char *path, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, read_code(errno), errno, "cannot open folder %s", path);
	if (fails_here("folder.sync", EIO) || fsync(fd) < 0)
		return err_errno(err, write_code(errno), errno, "cannot sync folder %s", path);
	return 0;
}

int64_t
disk_free(const char *path)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return -1;
	return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}
