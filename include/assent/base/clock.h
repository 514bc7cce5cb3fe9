#pragma once
/*
 * clock: the only reader of time, together with base/zone.
 *
 * utc_ms counts milliseconds since 1970-01-01T00:00:00Z; span_ms is a length.
 * boot_ms counts since boot and goes on in suspend (CLOCK_BOOTTIME).
 * Below src/daemon and src/cli time is always an argument.
 *
 * For demos and tests the environment variable ASSENTD_CLOCK may name a file
 * of three decimal numbers: "shift jump synchronised". shift is added to both
 * clocks (time passed), jump only to the wall clock (somebody set it), and
 * synchronised (0 or 1) replaces what the kernel says. It is read at every
 * call, so a test moves time by rewriting (rename) the file.
 */
#include <stdbool.h>
#include <stdint.h>

typedef int64_t utc_ms;
typedef int64_t span_ms;

#define MS_SECOND ((span_ms)1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR (60 * MS_MINUTE)
#define MS_DAY (24 * MS_HOUR)

utc_ms clock_now(void); /* wall clock */
span_ms clock_boot(void); /* since boot */
bool clock_is_synchronised(void); /* adjtimex(): not TIME_ERROR */
bool clock_is_virtual(void); /* ASSENTD_CLOCK is in force */
uint64_t clock_tick_ns(void); /* CLOCK_MONOTONIC, for measuring only */

/* This boot's id (/proc/sys/kernel/random/boot_id), 36 characters. */
const char *clock_boot_id(void);

struct clock_reading {
	utc_ms wall; /* 0: never read */
	span_ms boot;
	const char *boot_id;
	bool synchronised;
};

struct clock_reading clock_read(void);

/*
 * Is the wall clock of now believable after what was seen? While the two clocks
 * run together, yes, within ten minutes; after a reboot the boot clock starts
 * anew, and a backward jump, or a forward one of more than thirty days, is not.
 * accepted (0: never) is when the operator last vouched for the clock, by that
 * clock; it holds for an hour. A synchronised clock is always believed.
 */
bool clock_is_believable(
    const struct clock_reading *seen, const struct clock_reading *now, utc_ms accepted);
