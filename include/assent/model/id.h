#pragma once
/*
 * id: public ids, UUID version 7 (RFC 9562): time-ordered, so that tables keyed
 * by them grow at one end. Chance is an argument as time is.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <stdbool.h>
#include <stdint.h>

#define ID_TEXT_SIZE 37

struct id {
	uint8_t bytes[16];
};

/* A new id; the 10 random bytes come from base/crypto's random_bytes(). */
struct id id_new(utc_ms now);
/* id_new() that sorts after each one that it gave before (RFC 9562 section 6.2). */
struct id id_next(utc_ms now);

/* When it was made, as it says itself. */
utc_ms id_time(const struct id *id);

/* "0193…-…" into out. Returns out. */
char *id_text(const struct id *id, char out[ID_TEXT_SIZE]);
bool id_parse(const char *text, struct id *out) MUST_USE;
bool id_is_null(const struct id *id);
bool id_equal(const struct id *a, const struct id *b);
