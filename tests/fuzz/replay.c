/*
 * A plain main for every fuzzer: each file of the folders named on the command
 * line (tests/fuzz/corpus/<name> without any) is tried as it is and in
 * REPLAY_MUTATIONS changed forms, the same ones in each run.
 */
#include <assent/base/file.h>
#include <assent/base/num.h>

#include <dirent.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LARGEST_INPUT ((size_t)4 << 20)
#define MOST_FILES 4096
#define MUTATIONS 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __asan_on_error(void);

struct input {
	char *name;
	uint8_t *bytes;
	size_t n;
};

struct corpus {
	struct input files[MOST_FILES];
	size_t n;
};

static char current[512]; /* what to try again after a crash */

/* On the way out nothing but write(2) is safe. */
static void
tell_current(void)
{
	ssize_t rc = write(STDERR_FILENO, current, strlen(current));

	(void)rc;
}

void
__asan_on_error(void)
{
	tell_current();
}

static void
on_abort(int signal_number)
{
	(void)signal_number;
	tell_current();
}

/* xorshift64*: small, and the same everywhere. */
static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

static size_t
draw_below(uint64_t *seed, size_t n)
{
	return n ? (size_t)(draw(seed) >> 16) % n : 0;
}

struct buffer {
	uint8_t bytes[LARGEST_INPUT];
	size_t n;
};

static void
erase(struct buffer *b, size_t at, size_t n)
{
	if (n > b->n - at)
		n = b->n - at;
	memmove(b->bytes + at, b->bytes + at + n, b->n - at - n);
	b->n -= n;
}

static void
insert(struct buffer *b, size_t at, const uint8_t *bytes, size_t n)
{
	if (n > sizeof(b->bytes) - b->n)
		n = sizeof(b->bytes) - b->n;
	memmove(b->bytes + at + n, b->bytes + at, b->n - at);
	memcpy(b->bytes + at, bytes, n);
	b->n += n;
}

static void
change_byte(struct buffer *b, uint64_t *seed)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '\r', ' ', '<', '>', '"',
		'{', '}', ':', ';', '=', '@', ',', '(', '\\' };
	size_t at = draw_below(seed, b->n);

	if (b->n == 0)
		return;
	if (draw(seed) >> 63)
		b->bytes[at] = telling[draw_below(seed, sizeof(telling))];
	else
		b->bytes[at] ^= (uint8_t)(1u << draw_below(seed, 8));
}

static void
mutate_once(struct buffer *b, const struct corpus *c, uint64_t *seed)
{
	const struct input *other = &c->files[draw_below(seed, c->n)];
	size_t at = draw_below(seed, b->n + 1), from = draw_below(seed, other->n);
	uint8_t row[64];

	switch (draw_below(seed, 6)) {
	case 0:
		erase(b, at, 1 + draw_below(seed, 64));
		return;
	case 1:
		insert(b, at, other->bytes + from, draw_below(seed, other->n - from + 1));
		return;
	case 2:
		memset(row, (int)draw_below(seed, 256), sizeof(row));
		insert(b, at, row, 1 + draw_below(seed, sizeof(row)));
		return;
	case 3:
		b->n = at;
		return;
	default:
		change_byte(b, seed);
	}
}

/* A copy of the exact size, so that the sanitizer sees a byte too many. */
static void
try(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = mem_alloc(n);

	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	mem_free(copy);
}

static void
try_mutations(const struct corpus *c, size_t which, int64_t mutations)
{
	static struct buffer b;

	for (int64_t i = 0; i < mutations; i++) {
		uint64_t seed = (which + 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i * 2 + 1;

		snprintf(current, sizeof(current), "replay: %s, mutation %lld\n",
		    c->files[which].name, (long long)i);
		memcpy(b.bytes, c->files[which].bytes, c->files[which].n);
		b.n = c->files[which].n;
		for (size_t k = 1 + draw_below(&seed, 6); k > 0; k--)
			mutate_once(&b, c, &seed);
		try(b.bytes, b.n);
	}
}

static int
read_one(struct corpus *c, const char *folder, const char *name)
{
	AUTO(str_donep) struct str path = STR_INIT(4096), bytes = STR_INIT(LARGEST_INPUT);
	struct input *in = &c->files[c->n];
	struct err err;

	str_addf(&path, "%s/%s", folder, name);
	if (c->n == MOST_FILES || file_read(str_text(&path), &bytes, &err) < 0) {
		fprintf(stderr, "replay: %s: %s\n", str_text(&path),
		    c->n == MOST_FILES ? "too many files" : err.text);
		return -1;
	}
	in->n = bytes.len;
	in->name = str_take(&path);
	in->bytes = (uint8_t *)str_take(&bytes);
	c->n++;
	return 0;
}

/* In the order of their names: a run must not depend on the file system. */
static int
read_folder(struct corpus *c, const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort), rc = 0;

	if (n < 0) {
		fprintf(stderr, "replay: cannot list %s\n", folder);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0 && names[i]->d_name[0] != '.')
			rc = read_one(c, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int64_t
mutations_wanted(void)
{
	int64_t n = MUTATIONS;

	if (getenv("REPLAY_MUTATIONS") &&
	    !num_parse_within(getenv("REPLAY_MUTATIONS"), 0, 100000000, &n))
		fprintf(stderr, "replay: REPLAY_MUTATIONS is no number, taking %d\n", MUTATIONS);
	return n;
}

static void
run(struct corpus *c, const char *name)
{
	int64_t mutations = mutations_wanted();

	signal(SIGABRT, on_abort);
	for (size_t i = 0; i < c->n; i++) {
		snprintf(current, sizeof(current), "replay: %s\n", c->files[i].name);
		try(c->files[i].bytes, c->files[i].n);
		try_mutations(c, i, mutations);
	}
	printf("%s: %zu inputs\n", name, c->n * (size_t)(mutations + 1));
	for (size_t i = 0; i < c->n; i++) {
		mem_free(c->files[i].name);
		mem_free(c->files[i].bytes);
	}
}

int
main(int argc, char **argv)
{
	static struct corpus corpus;
	AUTO(str_donep) struct str own = STR_INIT(4096);
	const char *name = basename(argv[0]);

	if (text_starts(name, "fuzz_"))
		name += strlen("fuzz_");
	str_addf(&own, "tests/fuzz/corpus/%s", name);
	if (argc < 2 && read_folder(&corpus, str_text(&own)) < 0)
		return 1;
	for (int i = 1; i < argc; i++)
		if (read_folder(&corpus, argv[i]) < 0)
			return 1;
	if (corpus.n == 0) {
		fprintf(stderr, "replay: %s: there is nothing to replay\n", name);
		return 1;
	}
	run(&corpus, name);
	return 0;
}
