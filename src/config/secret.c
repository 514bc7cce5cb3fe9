#include "read_priv.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/num.h>

#include <string.h>

#define KEYS_MAX 64
#define KEY_HEX (2 * 32)
#define FILE_MAX ((size_t)16 << 10)

/* What was read of a secret does not stay in freed memory. */
static void
wipe_donep(struct str *s)
{
	if (s->text)
		mem_wipe(s->text, s->room);
	str_done(s);
}

static const char *
remedy_of(const struct settings *settings, const char *path)
{
	return text_is(path, settings->site_key_file) || text_is(path, settings->signing_key_file)
	    ? "`assent init` makes one"
	    : "write what it holds there, mode 0600";
}

static bool
secret_read(struct reader *reader, const char *path, const struct node *at, struct str *out)
{
	struct err err = { 0 };
	int rc;

	if (!path)
		return false;
	rc = file_read_secret(path, out, &err);
	if (rc == ERR_NOT_FOUND)
		faults_add(reader->faults, at->line, at->column,
		    "secret file %.300s does not exist; %s", path,
		    remedy_of(reader->settings, path));
	else if (rc < 0)
		faults_add(reader->faults, at->line, at->column, "%.440s", err.text);
	return rc == 0;
}

static bool
key_parse(const char *hex, uint8_t out[32])
{
	return strlen(hex) == KEY_HEX && hex_decode(hex, KEY_HEX, out, 32) == 32;
}

struct ring {
	struct site_key keys[KEYS_MAX];
	size_t count;
};

/* One line "id key"; returns what is wrong with it, or NULL. */
static const char *
ring_add(struct ring *ring, char *line)
{
	char *blank = strpbrk(line, " \t");
	struct site_key key;
	int64_t id;

	if (!blank)
		return "expected an id and a key of 64 hexadecimal digits";
	*blank = '\0';
	if (!num_parse_within(line, 1, UINT32_MAX, &id))
		return "the id must be a number from 1 to 4294967295";
	if (!key_parse(text_trim(blank + 1), key.bytes))
		return "the key must be 64 hexadecimal digits";
	key.id = (uint32_t)id;
	for (size_t i = 0; i < ring->count; i++)
		if (ring->keys[i].id == key.id)
			return "this id is there already";
	if (ring->count == KEYS_MAX)
		return "more than 64 keys";
	ring->keys[ring->count++] = key;
	return NULL;
}

/* Lines of text into ring; blank lines and lines that start with '#' are passed over. */
static const char *
ring_parse(struct ring *ring, char *text, int *line)
{
	char *rest = text, *next;
	const char *fault;

	for (*line = 1; (next = strsep(&rest, "\n")); ++*line) {
		next = text_trim(next);
		if (!*next || *next == '#')
			continue;
		fault = ring_add(ring, next);
		if (fault)
			return fault;
	}
	*line = 1;
	return ring->count ? NULL : "there is no key in it";
}

/* The keys of file into the snapshot; *count stays 0 when something is wrong. */
static const struct site_key *
read_ring(struct reader *reader, const char *file, const struct node *at, size_t *count)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);
	struct ring ring = { .count = 0 };
	struct site_key *keys = NULL;
	const char *fault;
	int line;

	if (!secret_read(reader, file, at, &text))
		return NULL;
	str_add(&text, "");
	fault = ring_parse(&ring, text.text ? text.text : (char[1]){ 0 }, &line);
	if (fault) {
		faults_add(
		    reader->faults, at->line, at->column, "%.300s line %d: %s", file, line, fault);
	} else {
		keys = arena_alloc(reader->arena, ring.count * sizeof(*keys));
		memcpy(keys, ring.keys, ring.count * sizeof(*keys));
		*count = ring.count;
	}
	mem_wipe(&ring, sizeof(ring));
	return keys;
}

void
read_site_keys(struct reader *reader, const struct node *at)
{
	struct policy *policy = &reader->settings->policy;

	policy->keys = read_ring(reader, reader->settings->site_key_file, at, &policy->key_count);
}

void
read_credential_keys(struct reader *reader, const struct node *at)
{
	struct policy *policy = &reader->settings->policy;
	const char *file = reader->settings->credential_key_file;

	if (file && *file)
		policy->credential_keys =
		    read_ring(reader, file, at, &policy->credential_key_count);
}

const char *
read_secret_text(struct reader *reader, const char *path, const struct node *at)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);

	if (!secret_read(reader, path, at, &text))
		return NULL;
	str_add(&text, "");
	if (strlen(str_text(&text)) != text.len || !*text_trim(text.text)) {
		faults_add(reader->faults, at->line, at->column, "secret file %.300s is %s", path,
		    text.len == strlen(str_text(&text)) ? "empty" : "no text");
		return NULL;
	}
	return arena_dup(reader->arena, text_trim(text.text));
}

void
read_signing_key(struct reader *reader, const struct node *at)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);

	if (!secret_read(reader, reader->settings->signing_key_file, at, &text))
		return;
	if (!text.text || !key_parse(text_trim(text.text), reader->settings->policy.signing_seed))
		faults_add(reader->faults, at->line, at->column,
		    "%.300s: the key must be 64 hexadecimal digits",
		    reader->settings->signing_key_file);
}

static void
add_key(struct str *out)
{
	uint8_t bytes[32];

	random_bytes(bytes, sizeof(bytes));
	str_add_hex(out, bytes, sizeof(bytes));
	str_add(out, "\n");
	mem_wipe(bytes, sizeof(bytes));
}

void
settings_add_site_keys(struct str *out)
{
	str_add(out, "1 ");
	add_key(out);
}

void
settings_add_signing_key(struct str *out)
{
	add_key(out);
}
