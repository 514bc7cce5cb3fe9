#pragma once
/*
 * web: what the handlers of src/web work with; the arg of every route. The
 * daemon fills it before the server starts and keeps it until it has stopped.
 */
#include <assent/base/bucket.h>
#include <assent/base/clock.h>
#include <assent/base/live.h>
#include <assent/config/settings.h>
#include <assent/flow/desk.h>
#include <assent/store/db.h>
#include <assent/web/monitor.h>

#include <stdbool.h>

struct pages; /* web/page.h */

struct web {
	struct db *db;
	struct settings_slot *settings;
	const struct pages *pages;
	utc_ms (*now)(void); /* clock_now(), or a test's */
	span_ms (*boot)(void); /* clock_boot(): what buckets count in */
	bool (*clock_trusted)(void *arg); /* NULL: it is */
	void *clock_arg;
	void (*more_metrics)(
	    void *arg, struct str *page); /* of what web does not know; NULL: none */
	void *more_arg;
	/* After the commit of a verb; may be NULL. */
	void (*verb_done)(const struct web *web, const char *verb);
	utc_ms started;
	struct monitor monitor;
	struct buckets *lookups; /* failed look-ups by http_request.peer_key */
	struct buckets *api_rates; /* requests by a token's id */
	struct buckets
	    *draft_rates; /* documents by a token's id, in boot time / 60: an hour is a minute */
	struct live *live; /* drafts that are being written */
};

/* A desk for one step or snapshot; settings (settings_get()) must outlive it. */
struct desk web_desk(const struct web *web, const struct settings *settings, struct tx *tx);
