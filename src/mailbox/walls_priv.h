#pragma once
/* walls: what a mailbox child may do, for the rest of its life. */
#include <assent/base/attr.h>
#include <assent/base/err.h>

#include <stdint.h>

/* No core, no new rights, no tracing; before anything else. */
int walls_limit(struct err *err) MUST_USE;

/*
 * Memory for letters of max_size; files only to be read, and only where names
 * and certificates are looked up (and ca_file, when it is not ""); TCP only to
 * port and to name servers. As far as the kernel has Landlock. Once.
 */
int walls_raise(const char *ca_file, int port, int64_t max_size, struct err *err) MUST_USE;
