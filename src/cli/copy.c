#include "copy.h"

#include <assent/base/str.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int
code_of(int no)
{
	switch (no) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_CONFLICT;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	default:
		return ERR_IO;
	}
}

static int
put(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* fd_to below 0 only reads. Returns errno, negative; 0 when all went through. */
static int
pour(int fd_from, int fd_to, struct copied *out)
{
	AUTO(hash_freep) struct hash *hash = hash_new();
	char bytes[65536];
	ssize_t n;

	out->size = 0;
	while ((n = read(fd_from, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (fd_to >= 0 && put(fd_to, bytes, (size_t)n) < 0))
			return -errno;
		hash_add(hash, bytes, (size_t)n);
		out->size += n;
	}
	hash_end(hash, out->sha256);
	return fd_to >= 0 && fsync(fd_to) < 0 ? -errno : 0;
}

int
copy_file(const char *from, const char *to, mode_t mode, struct copied *out, struct err *err)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), fd_to = -1, no = 0;

	if (fd < 0)
		return err_errno(err, code_of(errno), errno, "%s", from);
	if (to) {
		fd_to = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd_to < 0 || fchmod(fd_to, mode) < 0)
			no = -errno;
	}
	if (no == 0)
		no = pour(fd, fd_to, out);
	close(fd);
	if (fd_to >= 0 && close(fd_to) < 0 && no == 0)
		no = -errno;
	if (no < 0 && fd_to >= 0)
		unlink(to);
	return no < 0 ? err_errno(err, code_of(-no), -no, "%s", to ? to : from) : 0;
}

int
folder_is_free(const char *folder, struct err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int rc = 0;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return err_errno(err, code_of(errno), errno, "%s", folder);
	while (rc == 0 && (entry = readdir(dir)))
		if (!text_is(entry->d_name, ".") && !text_is(entry->d_name, ".."))
			rc = err_set(err, ERR_CONFLICT,
			    "%s is not empty; name a new folder, nothing was written", folder);
	closedir(dir);
	return rc;
}
