#include "daemon/dues.h"

#include <string.h>

#define BLOCK 4096
#define BLOCKS_MAX ((size_t)1 << 20) /* four thousand million tickets */
#define NEVER 0u

struct block {
	uint32_t at[BLOCK]; /* seconds since 1970, at least 1; NEVER */
	uint32_t first; /* none is earlier */
	size_t count;
};

struct dues {
	struct block **blocks;
	size_t room, count, block_count;
};

struct dues *
dues_new(void)
{
	return mem_alloc(sizeof(struct dues));
}

void
dues_free(struct dues *dues)
{
	if (!dues)
		return;
	for (size_t i = 0; i < dues->room; i++)
		mem_free(dues->blocks[i]);
	mem_free(dues->blocks);
	mem_free(dues);
}

static uint32_t
seconds_of(utc_ms at)
{
	if (at <= 0)
		return 1;
	if (at / MS_SECOND >= UINT32_MAX - 1)
		return NEVER;
	return (uint32_t)((at + MS_SECOND - 1) / MS_SECOND);
}

static void
make_room(struct dues *dues, size_t block)
{
	size_t room = dues->room > 0 ? dues->room : 64;

	while (room <= block)
		room *= 2;
	dues->blocks = mem_grow(dues->blocks, room * sizeof(struct block *));
	memset(dues->blocks + dues->room, 0, (room - dues->room) * sizeof(struct block *));
	dues->room = room;
}

static struct block *
make_block(struct dues *dues, size_t at)
{
	if (at >= dues->room)
		make_room(dues, at);
	if (!dues->blocks[at]) {
		dues->blocks[at] = mem_alloc(sizeof(struct block));
		dues->blocks[at]->first = UINT32_MAX;
		dues->block_count++;
	}
	return dues->blocks[at];
}

static void
drop_block(struct dues *dues, size_t at)
{
	mem_free(dues->blocks[at]);
	dues->blocks[at] = NULL;
	dues->block_count--;
}

void
dues_set(struct dues *dues, int64_t ref, utc_ms at)
{
	size_t n = (size_t)ref / BLOCK;
	uint32_t when = seconds_of(at), *slot;
	struct block *block;

	if (ref < 0 || n >= BLOCKS_MAX)
		return;
	if (when == NEVER && (n >= dues->room || !dues->blocks[n]))
		return;
	block = make_block(dues, n);
	slot = &block->at[(size_t)ref % BLOCK];
	block->count += (when != NEVER) - (size_t)(*slot != NEVER);
	dues->count += (when != NEVER) - (size_t)(*slot != NEVER);
	*slot = when;
	if (when != NEVER && when < block->first)
		block->first = when;
	if (block->count == 0)
		drop_block(dues, n);
}

/* Sets first to what it really is when all of the block was looked at. */
static size_t
list_block(struct block *block, int64_t base, const struct dues_wish *wish, int64_t *refs)
{
	uint32_t now = (uint32_t)(wish->now / MS_SECOND), first = UINT32_MAX;
	size_t n = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		uint32_t at = block->at[i];

		if (at != NEVER && at < first)
			first = at;
		if (at == NEVER || at > now || base + (int64_t)i <= wish->after)
			continue;
		if (n == wish->max)
			return n;
		refs[n++] = base + (int64_t)i;
	}
	block->first = first;
	return n;
}

size_t
dues_list(struct dues *dues, const struct dues_wish *wish, int64_t *refs)
{
	size_t n = 0, i = wish->after < 0 ? 0 : (size_t)wish->after / BLOCK;

	for (; n < wish->max && i < dues->room && wish->now > 0; i++) {
		const struct dues_wish rest = { wish->now, wish->after, wish->max - n };
		struct block *block = dues->blocks[i];

		if (block && block->first <= (uint32_t)(wish->now / MS_SECOND))
			n += list_block(block, (int64_t)i * BLOCK, &rest, refs + n);
	}
	return n;
}

size_t
dues_late(const struct dues *dues, utc_ms now)
{
	uint32_t seconds = now > 0 ? (uint32_t)(now / MS_SECOND) : 0;
	size_t n = 0;

	for (size_t i = 0; i < dues->room; i++) {
		const struct block *block = dues->blocks[i];

		for (size_t j = 0; block && block->first <= seconds && j < BLOCK; j++)
			n += block->at[j] != NEVER && block->at[j] <= seconds;
	}
	return n;
}

size_t
dues_count(const struct dues *dues)
{
	return dues->count;
}

size_t
dues_bytes(const struct dues *dues)
{
	return dues->block_count * sizeof(struct block) + dues->room * sizeof(struct block *);
}
