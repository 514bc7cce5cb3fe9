#pragma once
/* site: single facts about this installation, and counts for a status page. */
#include <assent/store/db.h>
#include <assent/store/escalation.h>
#include <assent/store/queue.h>

/* A named text; ERR_NOT_FOUND when it was never set. */
int site_get(struct tx *tx, const char *name, const char **out, struct err *err) MUST_USE;
int site_set(struct tx *tx, const char *name, const char *value, struct err *err) MUST_USE;

struct clock_seen {
	utc_ms wall;
	span_ms boot;
	const char *boot_id;
};

int clock_seen_get(struct tx *tx, struct clock_seen *out, struct err *err) MUST_USE;
int clock_seen_set(struct tx *tx, const struct clock_seen *seen, struct err *err) MUST_USE;

struct site_counts {
	int64_t tickets, approvals_open, approvals_all;
	int64_t inbound_new, inbound_quarantined;
	int64_t jobs_waiting, jobs_dead, outgoing_queued, outgoing_maybe;
	int64_t ledger_entries;
	utc_ms oldest_job_due; /* 0 when none */
};

int site_count(struct tx *tx, struct site_counts *out, struct err *err) MUST_USE;

/* What a monitor asks for every few seconds: only what an index answers. */
struct site_gauges {
	struct {
		int64_t due; /* due now, or later */
		int64_t leased, dead;
		utc_ms oldest; /* due time of the first that waits; 0 when none */
	} lanes[LANE_COUNT];
	int64_t approvals_open, inbound_new, inbound_quarantined;
	int64_t outgoing_queued, outgoing_maybe, ledger_entries;
	struct escalation_gauges packets; /* escalation_gauge() fills them in */
};

int site_gauge(struct tx *tx, struct site_gauges *out, struct err *err) MUST_USE;
