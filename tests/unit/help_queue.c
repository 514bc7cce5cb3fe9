#include "help_queue.h"

#include <stdio.h>

const struct job_ask queue_ask = {
	.lane = LANE_OUTGOING,
	.now = T0,
	.boot = BOOT,
	.lease = LEASE,
	.holder = "boot-1/daemon-1",
	.max = 10,
};

void
queue_add_kind(struct tx *tx, unsigned n, const char *kind, const char *serial)
{
	struct err e, *err = &e;
	struct job job = { id_of(n), kind, LANE_OUTGOING, "{}", serial, .due = T0, .created = T0 };

	OK(job_add(tx, &job, err));
}

void
queue_add(struct tx *tx, unsigned n, const char *serial, utc_ms due)
{
	struct err e, *err = &e;
	struct job job = { id_of(n), "mail.send", LANE_OUTGOING, "{}", serial, due, .created = T0 };

	OK(job_add(tx, &job, err));
}

const char *
queue_claimed(struct tx *tx, const struct job_ask *how)
{
	static char text[200];
	struct err e, *err = &e;
	struct job *jobs;
	size_t count = 0, len = 0;

	text[0] = '\0';
	OK(job_claim(tx, how, &jobs, &count, err));
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s%d", i > 0 ? " " : "", jobs[i].id.bytes[15]);
	return text;
}

struct job
queue_job(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);
	struct job job = { 0 };

	OK(job_get(tx, &id, &job, err));
	return job;
}

void
queue_done(struct tx *tx, unsigned n)
{
	struct err e, *err = &e;
	struct id id = id_of(n);

	OK(job_done(tx, &id, err));
}

bool
queue_fail(struct tx *tx, unsigned n, int64_t max_attempts)
{
	struct err e, *err = &e;
	struct job job = queue_job(tx, n);
	struct job_failure failure = { T0, max_attempts, "451 try later", false };
	bool dead = false;

	OK(job_fail(tx, &job, &failure, &dead, err));
	return dead;
}
