#pragma once
/* help_time: zones and moments as a test writes them. */
#include <assent/base/zone.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static inline const struct zone *
zone(const char *name)
{
	const struct zone *z = NULL;
	struct err err;

	if (zone_get(name, &z, &err) < 0)
		fail_msg("%s", err.text);
	return z;
}

static inline utc_ms
at(const char *iso)
{
	utc_ms t = 0;

	if (!utc_parse_iso(iso, &t))
		fail_msg("%s", iso);
	return t;
}
