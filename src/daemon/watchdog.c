/* watchdog: who has hung, and systemd's pings while nobody has. */
#include <assent/base/log.h>
#include <assent/base/num.h>
#include <assent/base/str.h>

#include "daemon/daemon_priv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THREAD_NAME_SIZE 16 /* the kernel's */

struct watchdog {
	pthread_t thread;
	span_ms span; /* systemd waits so long for a ping */
	struct wake wake;
	atomic_bool stop;
	char stuck[BEAT_NAME_SIZE]; /* whom we complained about; "" while all move */
};

struct beat *
thread_begin(const char *what, const char *name)
{
	char beat[BEAT_NAME_SIZE], thread[BEAT_NAME_SIZE];

	snprintf(beat, sizeof(beat), "%s%s%.*s", what, *name ? " " : "", BEAT_NAME_SIZE - 12, name);
	snprintf(
	    thread, sizeof(thread), "%s%s%.*s", what, *name ? "-" : "", BEAT_NAME_SIZE - 12, name);
	thread[THREAD_NAME_SIZE - 1] = '\0';
	pthread_setname_np(pthread_self(), thread);
	return beat_new(beat);
}

span_ms
notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t span, whose;

	if (usec == NULL || !num_parse_within(usec, 1, INT64_MAX, &span))
		return 0;
	if (pid != NULL && (!num_parse(pid, &whose) || whose != (int64_t)getpid()))
		return 0;
	return span / 1000;
}

static void
complain(struct watchdog *self, const struct beat_late *late)
{
	char by[32], status[BEAT_NAME_SIZE + 64];

	if (text_is(self->stuck, late->name))
		return;
	memcpy(self->stuck, late->name, sizeof(self->stuck));
	snprintf(by, sizeof(by), "%lld", (long long)(late->by / MS_SECOND));
	log_line(LOG_ERROR, "watchdog.stuck", "thread", late->name, "seconds_late", by, "effect",
	    "the service manager is not pinged and will restart us", NULL);
	snprintf(status, sizeof(status), "STATUS=stuck: %s does not move", late->name);
	notify_manager(status);
}

/* Half of the span is what a busy machine may add to any promise. */
static void
look(struct watchdog *self)
{
	uint64_t slack = (uint64_t)self->span / 2 * 1000000, now = clock_tick_ns();
	struct beat_late late;

	if (now > slack && beat_find_late(now - slack, &late)) {
		complain(self, &late);
		return;
	}
	if (self->stuck[0] != '\0')
		log_line(LOG_WARN, "watchdog.moves_again", "thread", self->stuck, NULL);
	self->stuck[0] = '\0';
	notify_manager("WATCHDOG=1");
}

static void *
watchdog_main(void *arg)
{
	struct watchdog *self = arg;

	pthread_setname_np(pthread_self(), "watchdog");
	for (;;) {
		uint64_t seen = wake_count(&self->wake);

		if (atomic_load(&self->stop))
			return NULL;
		look(self);
		wake_wait(&self->wake, seen, self->span / 4 + 1);
	}
}

int
watchdog_start(struct watchdog **out, struct err *err)
{
	span_ms span = notify_watchdog();
	struct watchdog *self;
	int no;

	if (span == 0)
		return 0;
	self = mem_alloc(sizeof(*self));
	self->span = span;
	wake_init(&self->wake);
	no = pthread_create(&self->thread, NULL, watchdog_main, self);
	if (no != 0) {
		wake_done(&self->wake);
		mem_free(self);
		return err_errno(err, ERR_BUSY, no, "no thread for the watchdog");
	}
	*out = self;
	return 0;
}

void
watchdog_stop(struct watchdog *self)
{
	if (self == NULL)
		return;
	atomic_store(&self->stop, true);
	wake_ring(&self->wake);
	pthread_join(self->thread, NULL);
	wake_done(&self->wake);
	mem_free(self);
}
