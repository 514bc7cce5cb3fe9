/*
 * assent-mailbox: one mailbox on an IMAP server, read for the daemon, which
 * starts one child a mailbox and talks to it on descriptor 3
 * (mail/imap_wire.h). It keeps nothing: no file, no database, no key.
 */
#include "serve_priv.h"
#include "walls_priv.h"

#include <assent/base/str.h>

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET 3

static bool
is_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static int
usage(void)
{
	fputs("assent-mailbox reads one IMAP mailbox for assentd, which starts it.\n"
	      "usage: assent-mailbox, with the daemon's socket as descriptor 3\n"
	      "It is of no use by hand: look at a mailbox with assent doctor.\n",
	    stderr);
	return 2;
}

int
main(void)
{
	struct err err = { 0 };

	if (!is_socket(SOCKET))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	/* One heap for the resolver's thread too: another would not fit below the limit. */
	mallopt(M_ARENA_MAX, 1);
	/* Letters of usual size come from a heap that is kept; large ones go back at once. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 4 << 20);
	if (walls_limit(&err) < 0 || serve(SOCKET, true, &err) < 0) {
		fprintf(stderr, "assent-mailbox: %s\n", err.text);
		return 1;
	}
	return 0;
}
