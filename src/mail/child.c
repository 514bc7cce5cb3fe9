#include "child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
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
