#pragma once
/* file: whole files in and out, durable where it says so. */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdint.h>

/*
 * Read a regular file whole into out (cleared first). ERR_NOT_FOUND,
 * ERR_DENIED, ERR_INVALID for a folder or a device, ERR_LIMIT when it is larger
 * than out's ceiling, ERR_IO.
 */
int file_read(const char *path, struct str *out, struct err *err) MUST_USE;

/* file_read() for a secret: also refused (ERR_DENIED) when others may read or write it; one trailing newline is dropped. */
int file_read_secret(const char *path, struct str *out, struct err *err) MUST_USE;

/*
 * Write path whole and durably: a temporary file beside it, fsync, rename,
 * fsync of the folder. mode is exact, whatever the umask. An existing file is
 * replaced. ERR_FULL, ERR_DENIED, ERR_IO.
 */
int file_write(
    const char *path, const void *bytes, size_t n, unsigned mode, struct err *err) MUST_USE;

/* file_write() that never replaces: ERR_CONFLICT when path exists. */
int file_create(
    const char *path, const void *bytes, size_t n, unsigned mode, struct err *err) MUST_USE;

/* mkdir -p with the mode for what it makes. */
int folder_make(const char *path, unsigned mode, struct err *err) MUST_USE;
int folder_sync(const char *path, struct err *err) MUST_USE;

/* Free bytes for an unprivileged writer on path's file system, or -1. */
int64_t disk_free(const char *path);
