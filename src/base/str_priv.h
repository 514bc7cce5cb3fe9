#pragma once
/* Between the files of base that fill a str straight from the system. */
#include <assent/base/str.h>

/*
 * Make room for n more bytes and the NUL, or overflow (false). The caller may
 * then write up to n bytes at text + len, and must move len and put the NUL.
 */
bool str_reserve(struct str *s, size_t n);
