#pragma once
/*
 * wordset: large sets of texts, numbered in the order of their bytes, as the
 * smallest automaton that reads them (contrib/build/wordset.py). Their tables
 * hold no pointers, so that processes share them.
 */
#include <assent/base/attr.h>

#include <stddef.h>
#include <stdint.h>

struct wordset {
	const uint32_t *edges, *skips;
	size_t count;
};

#define WORDSET_NONE SIZE_MAX

/* The number of the text, or WORDSET_NONE. Linear in n. */
size_t wordset_find(const struct wordset *set, const char *text, size_t n) MUST_USE;

/* Every text in order; room for the longest is the caller's. */
#define WORDSET_TEXT_MAX 256
void wordset_each(
    const struct wordset *set, void (*fn)(void *arg, size_t number, const char *text), void *arg);
