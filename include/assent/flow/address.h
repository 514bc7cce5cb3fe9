#pragma once
/* address: a mail address that somebody typed, as the store keeps it. */
#include <assent/base/attr.h>
#include <assent/base/mem.h>

/* Lower-case with its domain in ASCII form, in arena; NULL when it is no plain address. */
const char *address_read(struct arena *arena, const char *typed) MUST_USE;
