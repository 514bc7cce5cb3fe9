#pragma once
/* help_time: zones and moments as a test writes them. */
#include <assent/base/zone.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
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

/* What is wrong with a text: found holds wanted; NULL is nothing. */
static inline void
assert_wrong(const char *text, const char *found, const char *wanted)
{
	if (!wanted != !found || (found && !strstr(found, wanted)))
		fail_msg("'%s': %s instead of %s", text, found ? found : "nothing",
		    wanted ? wanted : "nothing");
}
