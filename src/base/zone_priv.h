#pragma once
/* A zone's insides, between the files that load, look up and write it. */
#include <assent/base/zone.h>

#include <stddef.h>
#include <stdint.h>

#define DAY_S 86400

struct zone_type {
	int32_t offset_s; /* east of UTC */
	char abbr[8];
};

/* When a rule's change happens: in POSIX's words Jn, n or Mm.w.d, at time. */
struct zone_change {
	char kind; /* 'J', '0' or 'M' */
	int month, week, day;
	int time_s; /* local; may be negative or above a day (RFC 8536) */
};

struct zone_rule { /* the footer: what holds after the last transition */
	bool present, has_dst;
	struct zone_type std, dst;
	struct zone_change start, end;
};

struct zone {
	struct zone *next;
	char name[64];
	size_t n, n_types;
	int64_t *at; /* n transitions in seconds, ascending */
	uint8_t *becomes; /* the type from at[i] on */
	struct zone_type *types;
	struct zone_rule rule;
};

/* A POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3"; false if malformed. */
bool zone_rule_parse(const char *text, struct zone_rule *out);
const struct zone_type *zone_rule_type(const struct zone_rule *rule, int64_t at_s);

/* Fill zone from a TZif file's bytes; what is wrong with them, or NULL. */
const char *tzif_parse(const char *bytes, size_t n, struct zone *zone);
void zone_free(struct zone *zone);
FREEP(struct zone, zone_free)
