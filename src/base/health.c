#include <assent/base/health.h>

#include <assent/base/str.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct health kept[HEALTH_MAX]; /* by since */
static size_t count;
static uint64_t version;

static struct health *
find(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(kept[i].name, name))
			return &kept[i];
	return NULL;
}

static struct health *
begin(const char *name, utc_ms now)
{
	struct health *health;

	if (count == HEALTH_MAX)
		return NULL;
	health = &kept[count++];
	*health = (struct health){ .since = now };
	snprintf(health->name, sizeof(health->name), "%s", name);
	return health;
}

void
health_bad(const char *name, bool not_ready, utc_ms now, const char *fmt, ...)
{
	char text[HEALTH_TEXT_SIZE];
	struct health *health;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pthread_mutex_lock(&lock);
	health = find(name);
	if (health == NULL)
		health = begin(name, now);
	if (health != NULL && (!text_is(health->text, text) || health->not_ready != not_ready)) {
		memcpy(health->text, text, sizeof(text));
		health->not_ready = not_ready;
		version++;
	}
	pthread_mutex_unlock(&lock);
}

void
health_good(const char *name)
{
	struct health *health;

	pthread_mutex_lock(&lock);
	health = find(name);
	if (health != NULL) {
		memmove(health, health + 1, (size_t)(kept + count - health - 1) * sizeof(*health));
		count--;
		version++;
	}
	pthread_mutex_unlock(&lock);
}

size_t
health_list(struct health *out, size_t room)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = count;
	if (room > n)
		room = n;
	memcpy(out, kept, room * sizeof(*out));
	pthread_mutex_unlock(&lock);
	return n;
}

bool
health_is_ready(void)
{
	bool ready = true;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < count; i++)
		ready = ready && !kept[i].not_ready;
	pthread_mutex_unlock(&lock);
	return ready;
}

uint64_t
health_version(void)
{
	uint64_t now;

	pthread_mutex_lock(&lock);
	now = version;
	pthread_mutex_unlock(&lock);
	return now;
}

void
health_reset(void)
{
	pthread_mutex_lock(&lock);
	count = 0;
	version++;
	pthread_mutex_unlock(&lock);
}
