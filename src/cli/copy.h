#pragma once
/* copy: one file into a new one, durable, with the hash of what was copied. */
#include <assent/base/crypto.h>
#include <assent/base/err.h>

#include <sys/types.h>

struct copied {
	int64_t size;
	uint8_t sha256[SHA256_SIZE];
};

/*
 * from into the new file to (mode exact, fsynced). to NULL only reads. A file
 * that is there already is ERR_CONFLICT. ERR_NOT_FOUND, ERR_DENIED, ERR_FULL,
 * ERR_IO. What was half written is removed.
 */
int copy_file(
    const char *from, const char *to, mode_t mode, struct copied *out, struct err *err) MUST_USE;

/* Is there nothing in the folder (or no folder)? ERR_CONFLICT with its name otherwise. */
int folder_is_free(const char *folder, struct err *err) MUST_USE;
