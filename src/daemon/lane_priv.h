#pragma once
/* lane_priv: one job while a lane has it. */
#include <assent/flow/story.h>

#include <pthread.h>

struct crew { /* the tasks of one claim */
	pthread_mutex_t lock;
	pthread_cond_t one_done;
	size_t open; /* settlings handed in and not back */
};

struct task {
	struct daemon *daemon;
	struct settings *settings;
	struct crew *crew;
	const struct story *story;
	struct job job;
	struct call call;
	story_fn part; /* the one that part_step() runs */
	bool dead;
	int rc;
	struct err err;
};

struct due {
	enum lane lane;
	utc_ms at;
};
