#pragma once
/* metric: process-wide atomic counters and gauges, one row each. */
#include <stdint.h>

/* clang-format off */
#define METRICS(X) \
	X(MAIL_IN,		"assentd_mail_received_total",		"Letters taken in") \
	X(MAIL_OUT,		"assentd_mail_sent_total",		"Mails handed over") \
	X(MAIL_QUARANTINED,	"assentd_mail_quarantined_total",	"Letters that killed the parser three times") \
	X(DECISIONS,		"assentd_decisions_total",		"Decisions recorded") \
	X(DECISIONS_REFUSED,	"assentd_decisions_refused_total",	"Answers that could not decide") \
	X(JOBS_DONE,		"assentd_jobs_done_total",		"Jobs settled") \
	X(JOBS_FAILED,		"assentd_jobs_failed_total",		"Tries of jobs that failed") \
	X(JOBS_DEAD,		"assentd_jobs_dead_total",		"Jobs given up") \
	X(PARSER_DEATHS,	"assentd_parser_deaths_total",		"Parser children lost") \
	X(HTTP_REQUESTS,	"assentd_http_requests_total",		"Requests answered") \
	X(STEPS,		"assentd_store_steps_total",		"Steps committed") \
	X(COMMITS,		"assentd_store_commits_total",		"Transactions committed")
/* clang-format on */

enum metric {
#define X(id, name, help) METRIC_##id,
	METRICS(X)
#undef X
	    METRIC_COUNT
};

void metric_add(enum metric metric, int64_t n);
int64_t metric_value(enum metric metric);
const char *metric_name(enum metric metric);
const char *metric_help(enum metric metric);
