#pragma once
/*
 * order: settlings go to the writer as their jobs were claimed, however long
 * each took to prepare, so that a letter is filed before the answer to it that
 * came with it. A job that takes longer than ORDER_WAIT is passed over.
 */
#include <assent/base/clock.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_SLOTS 1024 /* more than all threads of a lane can have claimed */
#define ORDER_WAIT MS_SECOND

struct task;

/* Called under the order's lock: hand the task in and return. */
typedef void (*order_fn)(struct task *task);

struct order_slot {
	struct task *task;
	bool is_ready;
	span_ms since;
};

struct order {
	pthread_mutex_t lock;
	order_fn hand_in;
	uint64_t first, end; /* places that wait, and the next free one */
	struct order_slot slots[ORDER_SLOTS];
};

void order_init(struct order *order, order_fn hand_in);
void order_done(struct order *order);

/* n places in a row, at boot time now; the number of the first. */
uint64_t order_take(struct order *order, size_t n, span_ms now);
/* What has this place is ready; NULL when nothing will be handed in. */
void order_ready(struct order *order, uint64_t place, struct task *task);
/* Pass over what has kept the others waiting for too long. */
void order_hurry(struct order *order, span_ms now);
