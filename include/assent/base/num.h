#pragma once
/* num: numbers out of text, whole or not at all (no atoi, no strtol). */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stdint.h>

/* Decimal, optional '-', nothing else around it. False leaves *out alone. */
bool num_parse(const char *text, int64_t *out) MUST_USE;

/* num_parse() that also wants min <= value <= max. */
bool num_parse_within(const char *text, int64_t min, int64_t max, int64_t *out) MUST_USE;

/*
 * A duration such as "250ms", "30s", "5m", "2h", "7d" (a unit is required,
 * except for "0"), in milliseconds.
 */
bool span_parse(const char *text, int64_t *out_ms) MUST_USE;

/* A size such as "512", "64KiB", "25MiB", "1GiB", in bytes. */
bool size_parse(const char *text, int64_t *out) MUST_USE;
