#pragma once
/*
 * metric: process-wide atomic counters, gauges and histograms, one row each.
 * What ends in _total only grows; any other row is a gauge. docs/METRICS.md
 * describes each; a test holds the two together.
 */
#include <stdint.h>

/* clang-format off */
#define METRICS(X) \
	X(MAIL_IN,		"assentd_mail_received_total",		"Letters taken in") \
	X(MAIL_OUT,		"assentd_mail_sent_total",		"Mails handed over") \
	X(MAIL_RETURNED,	"assentd_mail_returned_total",		"Mails that came back or were refused for good") \
	X(MAIL_WITHHELD,	"assentd_mail_withheld_total",		"Answers to mail that were not sent, because too many went before") \
	X(MAIL_QUARANTINED,	"assentd_mail_quarantined_total",	"Letters that killed the parser three times") \
	X(HOOKS_IN,		"assentd_hooks_received_total",		"Events of helpdesks taken in") \
	X(HOOKS_AGAIN,		"assentd_hooks_repeated_total",		"Deliveries that had come before") \
	X(HOOKS_REFUSED,	"assentd_hooks_refused_total",		"Webhooks that were not signed as they must be") \
	X(HOOKS_WRONG,		"assentd_hooks_wrong_total",		"Signed webhooks that hold no event") \
	X(HOOKS_FILED,		"assentd_hooks_filed_total",		"Events of which something was not applied") \
	X(DECISIONS,		"assentd_decisions_total",		"Decisions recorded") \
	X(DECISIONS_REFUSED,	"assentd_decisions_refused_total",	"Answers that could not decide") \
	X(JOBS_DONE,		"assentd_jobs_done_total",		"Jobs settled") \
	X(JOBS_FAILED,		"assentd_jobs_failed_total",		"Tries of jobs that failed") \
	X(JOBS_DEAD,		"assentd_jobs_dead_total",		"Jobs given up") \
	X(PARSER_DEATHS,	"assentd_parser_deaths_total",		"Parser children lost") \
	X(HTTP_REQUESTS,	"assentd_http_requests_total",		"Requests answered") \
	X(STEPS,		"assentd_store_steps_total",		"Steps committed") \
	X(COMMITS,		"assentd_store_commits_total",		"Transactions committed") \
	X(COMMITS_FAILED,	"assentd_store_commit_failures_total",	"Transactions that could not be committed") \
	X(STORE_FAILING,	"assentd_store_failing",		"1 while the last transaction could not be committed") \
	X(PARSER_CHILDREN,	"assentd_parser_children",		"Parser children alive") \
	X(MAILBOX_CHILDREN,	"assentd_mailbox_children",		"Mailbox children alive") \
	X(MAILBOX_DEATHS,	"assentd_mailbox_deaths_total",		"Mailbox children lost") \
	X(MAILBOXES_PARKED,	"assentd_mailboxes_parked",		"Mailboxes set aside because their child keeps dying") \
	X(TLS_UNTIL,		"assentd_tls_certificate_expiry_timestamp_seconds", "End of our certificate, 0 without one") \
	X(RETENTION_REMOVED,	"assentd_retention_rows_removed_total",	"Rows that were kept for their time only") \
	X(AI_DRAFTS,		"assentd_ai_drafts_total",		"Summaries that a model drafted") \
	X(AI_FAILURES,		"assentd_ai_failures_total",		"Summaries that a model should have drafted and did not") \
	X(RELOADS,		"assentd_reloads_total",		"Settings read again and taken") \
	X(RELOADS_REFUSED,	"assentd_reload_failures_total",	"Settings read again and refused")

/* Seconds that things took. */
#define HISTOGRAMS(X) \
	X(STEP,			"assentd_store_step_seconds",		"From handing a step in to its commit") \
	X(COMMIT,		"assentd_store_commit_seconds",		"The commit of a group of steps") \
	X(HTTP,			"assentd_http_request_seconds",		"From a request's first line to the end of its answer")
/* clang-format on */

enum metric {
#define X(id, name, help) METRIC_##id,
	METRICS(X)
#undef X
	    METRIC_COUNT
};

enum histogram {
#define X(id, name, help) HISTOGRAM_##id,
	HISTOGRAMS(X)
#undef X
	    HISTOGRAM_COUNT
};

#define HISTOGRAM_BUCKETS 12 /* the last one has no bound */

void metric_add(enum metric metric, int64_t n);
void metric_set(enum metric metric, int64_t value); /* gauges only */
int64_t metric_value(enum metric metric);
const char *metric_name(enum metric metric);
const char *metric_help(enum metric metric);

void histogram_observe(enum histogram histogram, uint64_t took_ns);

struct histogram_now {
	int64_t counts[HISTOGRAM_BUCKETS]; /* of each bucket alone */
	int64_t sum_ns;
};

/* Not one moment's picture: others go on counting meanwhile. */
struct histogram_now histogram_value(enum histogram histogram);
uint64_t histogram_bound(int bucket); /* in nanoseconds; of all but the last */
const char *histogram_name(enum histogram histogram);
const char *histogram_help(enum histogram histogram);
