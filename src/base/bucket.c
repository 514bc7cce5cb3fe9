#include <assent/base/bucket.h>
#include <assent/base/crypto.h>
#include <assent/base/mem.h>

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* A token is this many units, so that rate * milliseconds needs no division. */
#define TOKEN ((int64_t)60000)

/* Keys are kept as hashes: short, of one size, and nobody can make two meet. */
struct bucket {
	uint64_t key[2];
	int64_t level; /* in units, at time then */
	span_ms then;
	size_t next; /* in its chain; index + 1, 0 at the end */
};

struct buckets {
	pthread_mutex_t lock;
	size_t slots, used;
	int64_t full; /* in units */
	int64_t rate; /* units gained in a millisecond */
	struct bucket *rows;
	size_t *chains; /* index + 1 of the first row, by key[0] % slots */
};

struct buckets *
buckets_new(size_t slots, int burst, int per_minute)
{
	struct buckets *b = mem_alloc(sizeof(*b));

	pthread_mutex_init(&b->lock, NULL);
	b->slots = slots ? slots : 1;
	b->full = (burst > 0 ? burst : 0) * TOKEN;
	b->rate = per_minute > 0 ? per_minute : 0;
	b->rows = mem_alloc(b->slots * sizeof(*b->rows));
	b->chains = mem_alloc(b->slots * sizeof(*b->chains));
	return b;
}

void
buckets_free(struct buckets *b)
{
	if (!b)
		return;
	pthread_mutex_destroy(&b->lock);
	mem_free(b->rows);
	mem_free(b->chains);
	mem_free(b);
}

static int64_t
level_at(const struct buckets *b, const struct bucket *row, span_ms now)
{
	span_ms passed = now - row->then;

	if (passed <= 0 || b->rate == 0)
		return row->level;
	if (passed > (b->full - row->level) / b->rate)
		return b->full;
	return row->level + passed * b->rate;
}

static struct bucket *
look_up(const struct buckets *b, const uint64_t key[2])
{
	size_t at = b->chains[key[0] % b->slots];

	for (; at; at = b->rows[at - 1].next)
		if (memcmp(b->rows[at - 1].key, key, sizeof(b->rows->key)) == 0)
			return &b->rows[at - 1];
	return NULL;
}

/* A row to use anew: the one that limits its key least. */
static size_t
forget_one(struct buckets *b, span_ms now)
{
	size_t victim = 0, *link;
	int64_t most = -1;

	for (size_t i = 0; i < b->slots; i++) {
		int64_t level = level_at(b, &b->rows[i], now);

		if (level > most) {
			most = level;
			victim = i;
		}
		if (level == b->full)
			break;
	}
	assert(b->slots > 0);
	link = &b->chains[b->rows[victim].key[0] % b->slots];
	while (*link != victim + 1)
		link = &b->rows[*link - 1].next;
	*link = b->rows[victim].next;
	return victim;
}

static struct bucket *
insert(struct buckets *b, const uint64_t key[2], span_ms now)
{
	size_t at = b->used < b->slots ? b->used++ : forget_one(b, now);
	size_t *chain = &b->chains[key[0] % b->slots];
	struct bucket *row = &b->rows[at];

	*row = (struct bucket){ { key[0], key[1] }, b->full, now, *chain };
	*chain = at + 1;
	return row;
}

static void
key_of(const char *text, uint64_t key[2])
{
	uint8_t digest[SHA256_SIZE];

	sha256(text, strlen(text), digest);
	memcpy(key, digest, 2 * sizeof(*key));
}

bool
bucket_take(struct buckets *b, const char *key_text, span_ms now)
{
	struct bucket *row;
	uint64_t key[2];
	bool good;

	key_of(key_text, key);
	pthread_mutex_lock(&b->lock);
	row = look_up(b, key);
	if (!row)
		row = insert(b, key, now);
	row->level = level_at(b, row, now);
	row->then = now;
	good = row->level >= TOKEN;
	if (good)
		row->level -= TOKEN;
	pthread_mutex_unlock(&b->lock);
	return good;
}

bool
bucket_has(struct buckets *b, const char *key_text, span_ms now)
{
	const struct bucket *row;
	uint64_t key[2];
	bool good;

	key_of(key_text, key);
	pthread_mutex_lock(&b->lock);
	row = look_up(b, key);
	good = (row ? level_at(b, row, now) : b->full) >= TOKEN;
	pthread_mutex_unlock(&b->lock);
	return good;
}
