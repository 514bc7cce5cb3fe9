#pragma once
/* user: what an account of this machine is called. */
#include <sys/types.h>

#define USER_TEXT_SIZE 80

/*
 * "sam (uid 1000)"; "uid 1000" for one that /etc/passwd does not have. Why that
 * file alone: name services may take seconds, and who asks serves others, too.
 */
const char *user_text(uid_t uid, char out[USER_TEXT_SIZE]);
