#include "daemon/order_priv.h"

void
order_init(struct order *order, order_fn hand_in)
{
	pthread_mutex_init(&order->lock, NULL);
	order->hand_in = hand_in;
	order->first = order->end = 0;
}

void
order_done(struct order *order)
{
	pthread_mutex_destroy(&order->lock);
}

static struct order_slot *
slot(struct order *order, uint64_t place)
{
	return &order->slots[place % ORDER_SLOTS];
}

uint64_t
order_take(struct order *order, size_t n, span_ms now)
{
	uint64_t first;

	pthread_mutex_lock(&order->lock);
	first = order->end;
	order->end += n;
	for (uint64_t place = first; place < order->end; place++)
		*slot(order, place) = (struct order_slot){ .since = now };
	pthread_mutex_unlock(&order->lock);
	return first;
}

/* Under lock: all from the first on that are ready. */
static void
advance(struct order *order)
{
	while (order->first < order->end && slot(order, order->first)->is_ready) {
		struct task *task = slot(order, order->first++)->task;

		if (task != NULL)
			order->hand_in(task);
	}
}

void
order_ready(struct order *order, uint64_t place, struct task *task)
{
	pthread_mutex_lock(&order->lock);
	if (place < order->first) { /* passed over meanwhile */
		if (task != NULL)
			order->hand_in(task);
	} else {
		slot(order, place)->task = task;
		slot(order, place)->is_ready = true;
		advance(order);
	}
	pthread_mutex_unlock(&order->lock);
}

void
order_hurry(struct order *order, span_ms now)
{
	pthread_mutex_lock(&order->lock);
	while (order->first < order->end && !slot(order, order->first)->is_ready &&
	    now - slot(order, order->first)->since >= ORDER_WAIT) {
		order->first++;
		advance(order);
	}
	pthread_mutex_unlock(&order->lock);
}
