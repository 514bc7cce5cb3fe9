#pragma once
/*
 * backup: the database as one file that holds together, taken while others
 * write, and whether a database is sound.
 */
#include <assent/store/db.h>

#include <stddef.h>

/*
 * Copy a snapshot of db into the new file path (mode 0600, durable, without a
 * log beside it). Writers go on meanwhile; their log grows until it is done.
 * ERR_CONFLICT when path exists; ERR_FULL, ERR_DENIED, ERR_IO.
 */
int db_copy(struct db *db, const char *path, struct err *err) MUST_USE;

/* Look through the file's structure; *fault (in arena) is "" when all is well. */
int db_check(struct db *db, struct arena *arena, const char **fault, struct err *err) MUST_USE;

/* The number of the newest migration in it. */
int64_t db_schema(struct db *db);

/* Names of spool files that letters lie in, by name, after `after` ("" for all). */
int spool_list(struct tx *tx, const char *after, size_t max, const char ***out, size_t *count,
    struct err *err) MUST_USE;
/* Does a letter lie in it? */
int spool_is_used(struct tx *tx, const char *name, bool *out, struct err *err) MUST_USE;
