#pragma once
/* lane_priv: a lane's threads, and one job while a lane has it. */
#include <assent/base/beat.h>
#include <assent/flow/story.h>

#include "daemon/daemon_priv.h"
#include "daemon/order_priv.h"

#include <pthread.h>

#define CLAIM_MAX 32

/* All threads of one lane. One at a time looks for jobs, while the others do theirs. */
struct team {
	struct daemon *daemon;
	enum lane lane;
	pthread_mutex_t scout; /* held by the one that looks */
	_Atomic size_t most; /* jobs to claim at once */
	span_ms look_again; /* boot time: for leases that ran out */
	struct order order;
};

void team_init(struct team *team, struct daemon *daemon, enum lane lane);
void team_done(struct team *team);

struct claim {
	struct beat *beat; /* of the thread; NULL: nobody watches it */
	struct job_ask ask;
	struct arena *arena;
	struct job *jobs;
	size_t count;
	uint64_t place;
	bool care; /* nothing else of this lane may run meanwhile */
};

/* With the scout's lock: claim what is due; false, and for how long to sleep, when nothing is. */
bool team_look(struct team *team, struct claim *claim, span_ms *nap);
/* Do it; gives the scout's lock up. */
void team_do(struct team *team, struct claim *claim);

struct crew { /* the tasks of one claim */
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	size_t open; /* not settled, failed or skipped yet */
};

struct task {
	struct daemon *daemon;
	struct settings *settings;
	struct team *team;
	struct crew *crew;
	uint64_t place;
	const struct story *story;
	struct job job;
	struct call call;
	story_fn part; /* the one that runs on a snapshot */
	bool is_skipped; /* not begun: we stop */
	bool is_gone; /* somebody else settled it */
	bool is_dead;
	bool tells; /* nobody was told yet that it is given up */
	int rc;
	struct err err;
};

#define TASKS_TOGETHER 16

/* plan, carry, more, carry for each, at most TASKS_TOGETHER; the results are in the tasks. */
void tasks_begin(struct task *tasks, size_t count);
/* Then: to the writer, in order, or out of its crew. */
void task_go_on(struct task *task);
/* For the order: give the settling to the writer. */
void task_hand_in(struct task *task);
/* As a step: settle and the end of the job, both or none. May run more than once. */
int task_settle(struct tx *tx, void *task, struct err *err) MUST_USE;
/* After the settling: count, log, put back what failed. */
void task_end(struct task *task);
