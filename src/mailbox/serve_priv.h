#pragma once
/* serve: the daemon's questions on a socket, answered from one session (mail/imap_wire.h). */
#include <assent/base/attr.h>
#include <assent/base/err.h>

#include <stdbool.h>

/*
 * Until the daemon says IMAP_END or closes: 0. Below 0 when it talks what is
 * no question; the sentence goes to standard error. walls: raise them at the
 * first OPEN (not in tests, whose process lives on).
 */
int serve(int sock, bool walls, struct err *err) MUST_USE;
