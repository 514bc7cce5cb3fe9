#include <assent/base/fault.h>

#ifdef ASSENT_FAULTS

#include <assent/base/attr.h>
#include <assent/base/num.h>
#include <assent/base/str.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_POINTS 64
#define LONGEST_NAME 48

struct point {
	char name[LONGEST_NAME];
	int passed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t env_once = PTHREAD_ONCE_INIT;
static struct point points[MOST_POINTS];
static char armed[LONGEST_NAME];
static int armed_n;
static bool armed_kills, armed_by_env;

static void
arm(const char *point, int n, bool kills)
{
	memset(points, 0, sizeof(points));
	memset(armed, 0, sizeof(armed));
	memcpy(armed, point, strnlen(point, sizeof(armed) - 1));
	armed_n = n;
	armed_kills = kills;
}

/* ASSENTD_FAULT=point:n[:kill] */
static void
read_env(void)
{
	const char *value = getenv("ASSENTD_FAULT");
	char *text, *rest, *name, *number;
	int64_t n;

	if (!value)
		return;
	text = rest = mem_dup(value);
	name = strsep(&rest, ":");
	number = strsep(&rest, ":");
	if (num_parse_within(number, 1, 1000000000, &n)) {
		arm(name, (int)n, text_is(rest, "kill"));
		armed_by_env = true;
	}
	mem_free(text);
}

/* The row of a point, made at its first passage; NULL when all are in use. */
static struct point *
find(const char *name)
{
	for (size_t i = 0; i < MOST_POINTS; i++) {
		struct point *p = &points[i];

		if (!p->name[0])
			memcpy(p->name, name, strnlen(name, sizeof(p->name) - 1));
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

bool
fault_here(const char *point)
{
	struct point *p;
	bool now;

	pthread_once(&env_once, read_env);
	pthread_mutex_lock(&lock);
	p = find(point);
	now = p && ++p->passed == armed_n && strcmp(armed, point) == 0;
	/* Whoever started the program learns that the point was reached. */
	if (now && armed_by_env)
		dprintf(STDERR_FILENO, "fault point=%s passage=%d\n", point, armed_n);
	if (now && armed_kills)
		raise(SIGKILL);
	pthread_mutex_unlock(&lock);
	return now;
}

void
fault_arm(const char *point, int n)
{
	pthread_once(&env_once, read_env);
	pthread_mutex_lock(&lock);
	arm(n < 1 ? "" : point, n < 1 ? 0 : n, false);
	pthread_mutex_unlock(&lock);
}

int
fault_passed(const char *point)
{
	struct point *p;
	int passed;

	pthread_mutex_lock(&lock);
	p = find(point);
	passed = p ? p->passed : 0;
	pthread_mutex_unlock(&lock);
	return passed;
}

#endif
