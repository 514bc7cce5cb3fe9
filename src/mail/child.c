#include "child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHILD_SOCKET 3

static int
spawn_with(const char *program, int sock, pid_t *pid)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int no;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, sock, CHILD_SOCKET);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, CHILD_SOCKET + 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	no = posix_spawn(pid, program, &files, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return no;
}

int
child_spawn(const char *program, pid_t *pid, int *sock, struct err *err)
{
	int pair[2], no;

	*pid = 0;
	*sock = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, ERR_IO, errno, "cannot make a socket for %s", program);
	no = spawn_with(program, pair[1], pid);
	close(pair[1]);
	if (no == 0) {
		*sock = pair[0];
		return 0;
	}
	close(pair[0]);
	*pid = 0;
	return err_errno(err, no == ENOENT || no == EACCES ? ERR_NOT_FOUND : ERR_IO, no,
	    "cannot run %s", program);
}

static int
write_whole(int fd, const char *bytes, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, ERR_IO, errno, "cannot copy a mail for the parser");
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

int
child_seal(const void *raw, size_t n, int *out, struct err *err)
{
	int rc, fd = memfd_create("mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_errno(err, ERR_IO, errno, "no memory file for a mail");
	rc = write_whole(fd, raw, n, err);
	if (rc == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		rc = err_errno(err, ERR_IO, errno, "cannot seal a mail for the parser");
	if (rc < 0)
		close(fd);
	else
		*out = fd;
	return rc;
}
