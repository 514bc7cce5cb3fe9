#pragma once
/*
 * fold: a line of a person's text in the one form that tables are written in.
 *
 * Lower case; letters of Latin, Greek and Cyrillic only by simple rules, never
 * by locale. Invisible and bidirectional marks, Arabic vowel signs, emphasis
 * marks (*) and variation selectors are dropped; typographic quotes, dashes,
 * full-width forms and foreign digits become ASCII; runs of white space become
 * one blank and none is left at the ends.
 */
#include <assent/base/str.h>

#include <stddef.h>
#include <stdint.h>

/* Append the folded form of s[0..n) to out; returns its length. */
size_t fold_add(struct str *out, const char *s, size_t n);

/* Is it a letter or digit of any script (so that a word may end before it)? */
int fold_is_word(uint32_t code_point);
