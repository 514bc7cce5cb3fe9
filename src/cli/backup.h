#pragma once
/*
 * backup: what lies in a backup's folder.
 *
 *	manifest.json	what there is, with hashes; written last
 *	assentd.db	the database, one file
 *	spool/HEX	large mails that it names
 *	assentd.yaml	the settings as they were
 *	keys/NAME	only with --with-keys
 */
#include <assent/base/err.h>

#include <jansson.h>

#define BACKUP_MANIFEST "manifest.json"
#define BACKUP_DATABASE "assentd.db"
#define BACKUP_FORMAT 1

/* "DIR/name" in a buffer of the caller's. */
#define BACKUP_PATH_SIZE 4200
const char *backup_path(char out[BACKUP_PATH_SIZE], const char *dir, const char *name);

/*
 * Read and check the manifest: its format, and that every file it names is
 * there with its hash. A new reference in *out. ERR_NOT_FOUND: DIR holds no
 * whole backup; ERR_INVALID says which file is not what it was.
 */
int backup_verify(const char *dir, json_t **out, struct err *err) MUST_USE;
