#include <assent/base/clock.h>

#include <assent/base/str.h>
#include <assent/base/num.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define DRIFT_MAX (10 * MS_MINUTE)
#define OFF_MAX (30 * MS_DAY) /* a machine that was switched off */
#define ACCEPTED_FOR MS_HOUR

#define BOOT_ID_LEN 36

struct virtual
{
	int64_t shift, jump;
	int synchronised; /* -1: as the kernel says */
};

/* The file's bytes as text; empty when it cannot be read. */
static void
read_small(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, out, room - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
}

static const char *
virtual_path(void)
{
	const char *path = getenv("ASSENTD_CLOCK");

	return path && *path ? path : NULL;
}

/* A file that is missing or broken moves nothing. */
static struct virtual virtual_read(void)
{
	struct virtual v = { 0, 0, -1 };
	char text[128], *rest = text;
	int64_t number[3];

	if (!virtual_path())
		return v;
	read_small(virtual_path(), text, sizeof(text));
	for (int i = 0; i < 3; i++) {
		char *word = strtok_r(rest, " \n", &rest);

		if (!num_parse_within(word, INT64_MIN / 4, INT64_MAX / 4, &number[i]))
			return v;
	}
	return (struct virtual){ number[0], number[1], number[2] != 0 };
}

static int64_t
read_ms(clockid_t which)
{
	struct timespec t = { 0 };

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

utc_ms
clock_now(void)
{
	struct virtual v = virtual_read();

	return read_ms(CLOCK_REALTIME) + v.shift + v.jump;
}

span_ms
clock_boot(void)
{
	return read_ms(CLOCK_BOOTTIME) + virtual_read().shift;
}

bool
clock_is_synchronised(void)
{
	struct virtual v = virtual_read();
	struct timex t = { 0 };
	int state;

	if (v.synchronised >= 0)
		return v.synchronised;
	state = adjtimex(&t);
	return state >= 0 && state != TIME_ERROR;
}

bool
clock_is_virtual(void)
{
	return virtual_path() != NULL;
}

uint64_t
clock_tick_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static char boot_id[BOOT_ID_LEN + 2]; /* and the newline */
static pthread_once_t boot_id_once = PTHREAD_ONCE_INIT;

static void
boot_id_read(void)
{
	read_small("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	if (strlen(boot_id) < BOOT_ID_LEN) /* no /proc: then every boot looks like one */
		memcpy(boot_id, "00000000-0000-0000-0000-000000000000", BOOT_ID_LEN);
	boot_id[BOOT_ID_LEN] = '\0';
}

const char *
clock_boot_id(void)
{
	pthread_once(&boot_id_once, boot_id_read);
	return boot_id;
}

struct clock_reading
clock_read(void)
{
	return (struct clock_reading){ clock_now(), clock_boot(), clock_boot_id(),
		clock_is_synchronised() };
}

static bool
is_accepted(const struct clock_reading *now, utc_ms accepted)
{
	span_ms age = now->wall - accepted;

	return accepted != 0 && age <= ACCEPTED_FOR && age >= -ACCEPTED_FOR;
}

bool
clock_is_believable(
    const struct clock_reading *seen, const struct clock_reading *now, utc_ms accepted)
{
	span_ms drift = now->wall - seen->wall, most = OFF_MAX;

	if (now->synchronised || seen->wall == 0 || is_accepted(now, accepted))
		return true;
	if (text_is(seen->boot_id, now->boot_id)) {
		drift -= now->boot - seen->boot;
		most = DRIFT_MAX;
	}
	return drift >= -DRIFT_MAX && drift <= most;
}
