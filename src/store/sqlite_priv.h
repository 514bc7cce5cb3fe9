#pragma once
/* sqlite_priv: what the SQLite version's own files share. */
#include "db_ops.h"

#include <assent/base/str.h>

#include <sqlite3.h>

sqlite3 *sqlite_handle(struct session *session);

/* sqlite_whole.c: the file as a whole. */
int sqlite_copy(struct session *session, const char *path, struct err *err);
int sqlite_check(struct session *session, struct str *fault, struct err *err);
