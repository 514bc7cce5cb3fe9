#pragma once
/* maildir_priv: what reading and delivering share. */
#include <assent/base/err.h>

/* Make what is missing of path and its tmp, new and cur. */
int maildir_make(const char *path, struct err *err);
