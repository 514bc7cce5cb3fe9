#pragma once
/* payload: what a job is about. */
#include <assent/flow/matter.h>
#include <assent/store/queue.h>

bool payload_id(const struct job *job, const char *name, struct id *out) MUST_USE;

/* Is there this name, and true? */
bool payload_says(const struct job *job, const char *name) MUST_USE;

struct payload_matters {
	struct matter *items;
	size_t count;
};

/* The approval, or all of the batch, that the job names. */
int payload_matters(struct desk *desk, const struct job *job, struct payload_matters *out,
    struct err *err) MUST_USE;
