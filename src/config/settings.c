#include "read_priv.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/identity.h>
#include <assent/model/calendar.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/*
 * What one snapshot may take: a text of 1 MiB holds at most 50,000 values, each
 * copied once or twice, and lists with room for their most entries.
 */
#define SNAPSHOT_MAX ((size_t)64 << 20)

struct snapshot {
	struct settings settings; /* first: a settings pointer is a snapshot pointer */
	struct arena *arena;
	atomic_int references;
};

struct settings_slot {
	pthread_mutex_t mutex;
	struct settings *now;
};

static struct snapshot *
snapshot_new(void)
{
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot));

	snapshot->arena = arena_new(SNAPSHOT_MAX);
	atomic_init(&snapshot->references, 1);
	return snapshot;
}

struct settings *
settings_ref(struct settings *settings)
{
	atomic_fetch_add(&((struct snapshot *)settings)->references, 1);
	return settings;
}

static void
wipe_text(const char *secret)
{
	if (secret)
		mem_wipe((void *)(uintptr_t)secret, strlen(secret));
}

static void
wipe_keys(const struct site_key *keys, size_t count)
{
	if (keys)
		mem_wipe((void *)(uintptr_t)keys, count * sizeof(*keys));
}

static void
wipe_whsecs(const char *text, const struct mac_key *keys, size_t count)
{
	wipe_text(text);
	if (keys)
		mem_wipe((void *)(uintptr_t)keys, count * sizeof(*keys));
}

/* What no arena holds. */
static void
free_others(struct settings *s)
{
	for (size_t i = 0; i < s->policy.calendar_count; i++)
		calendar_free(s->policy.calendars[i].calendar);
	identity_free(s->smime.identity);
}

static void
wipe_secrets(struct settings *s)
{
	struct policy *policy = &s->policy;

	wipe_keys(policy->keys, policy->key_count);
	wipe_keys(policy->credential_keys, policy->credential_key_count);
	mem_wipe(policy->signing_seed, sizeof(policy->signing_seed));
	for (size_t i = 0; i < s->mailbox_count; i++)
		wipe_text(s->mailboxes[i].login.password);
	for (size_t i = 0; i < policy->source_count; i++)
		wipe_whsecs(policy->sources[i].secrets, policy->sources[i].secret_keys,
		    policy->sources[i].secret_count);
	for (size_t i = 0; i < policy->workflow_count; i++)
		wipe_whsecs(policy->workflows[i].secret, policy->workflows[i].keys,
		    policy->workflows[i].key_count);
	for (size_t i = 0; i < policy->credential_count; i++)
		wipe_text(policy->credentials[i].secret);
	wipe_text(s->outgoing.login.password);
	wipe_text(s->alerts.login.password);
	wipe_text(s->ai.key);
	for (size_t i = 0; i < s->model_count; i++)
		wipe_text(s->models[i].key);
	wipe_text(s->smime.key);
}

void
settings_unref(struct settings *settings)
{
	struct snapshot *snapshot = (struct snapshot *)settings;

	if (!settings || atomic_fetch_sub(&snapshot->references, 1) > 1)
		return;
	wipe_secrets(settings);
	free_others(settings);
	arena_free(snapshot->arena);
	mem_free(snapshot);
}

/* The folder of file as an absolute path without links; as it is when it does not exist. */
static const char *
folder_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	char real[PATH_MAX];
	const char *folder = "/";

	if (!slash)
		folder = ".";
	else if (slash > file)
		folder = arena_dup_n(arena, file, (size_t)(slash - file));
	return arena_dup(arena, realpath(folder, real) ? real : folder);
}

/* An address may hold a secret, so only its mark is part of it. */
static const char *
chain_name(struct arena *arena, const struct settings_ai *ai)
{
	const char *name = "";

	for (size_t i = 0; i < ai->chain_count; i++) {
		const struct settings_model *m = &ai->chain[i];
		uint8_t mark[SHA256_SIZE];

		sha256(m->base_url, strlen(m->base_url), mark);
		name = arena_printf(arena, "%s%s%d:%s/%s@%02x%02x%02x%02x", name, i > 0 ? " " : "",
		    m->serves, m->kind, m->model, mark[0], mark[1], mark[2], mark[3]);
	}
	return name;
}

static void
fill_in(struct reader *reader, const char *file)
{
	struct settings *s = reader->settings;
	const char *slash = strrchr(file, '/');

	s->policy.ai_chain = chain_name(reader->arena, &s->ai);
	s->file = arena_printf(reader->arena, "%s/%s", reader->folder, slash ? slash + 1 : file);
	s->database = arena_printf(reader->arena, "%s/assentd.db", s->state_dir);
	s->spool = arena_printf(reader->arena, "%s/spool", s->state_dir);
	s->control = arena_printf(reader->arena, "%s/control", s->run_dir);
	s->lock = arena_printf(reader->arena, "%s/lock", s->run_dir);
}

static void
parse(struct reader *reader, const struct str *text)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TREE_ARENA_MAX(text->len));
	const struct node *root = tree_read(text, arena, reader->faults);

	if (!root)
		return;
	read_settings(reader, root);
	if (root->kind == NODE_MAP)
		check_settings(reader, root);
}

int
settings_parse(const char *file, const struct str *text, struct settings **out,
    struct faults *faults, struct err *err)
{
	struct snapshot *snapshot = snapshot_new();
	AUTO(settings_unrefp) struct settings *settings = &snapshot->settings;
	struct reader reader = { .settings = settings,
		.arena = snapshot->arena,
		.faults = faults,
		.folder = folder_of(snapshot->arena, file) };
	size_t n;

	if (str_overflowed(text) || text->len > SETTINGS_SIZE_MAX)
		faults_add(faults, 1, 1, "the file is larger than 1 MiB");
	else
		parse(&reader, text);
	n = faults_count(faults);
	if (n)
		return err_set(err, ERR_INVALID,
		    "%s has %zu fault%s; `assent config check` shows %s", file, n,
		    n == 1 ? "" : "s", n == 1 ? "it" : "them");
	fill_in(&reader, file);
	*out = TAKE(settings);
	return 0;
}

int
settings_load(const char *file, struct settings **out, struct faults *faults, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(SETTINGS_SIZE_MAX);
	int rc = file_read(file, &text, err);

	if (rc == ERR_LIMIT)
		text.overflow = true;
	else if (rc == ERR_INVALID)
		faults_add(faults, 1, 1, "%s", err->text);
	if (rc < 0 && rc != ERR_LIMIT)
		return rc;
	return settings_parse(file, &text, out, faults, err);
}

/* --- slot -------------------------------------------------------------- */

struct settings_slot *
settings_slot_new(struct settings *first)
{
	struct settings_slot *slot = mem_alloc(sizeof(*slot));

	pthread_mutex_init(&slot->mutex, NULL);
	slot->now = first;
	return slot;
}

void
settings_slot_free(struct settings_slot *slot)
{
	if (!slot)
		return;
	settings_unref(slot->now);
	pthread_mutex_destroy(&slot->mutex);
	mem_free(slot);
}

struct settings *
settings_get(struct settings_slot *slot)
{
	struct settings *now;

	pthread_mutex_lock(&slot->mutex);
	now = settings_ref(slot->now);
	pthread_mutex_unlock(&slot->mutex);
	return now;
}

int
settings_reload(struct settings_slot *slot, struct faults *faults, struct err *err)
{
	AUTO(settings_unrefp) struct settings *now = settings_get(slot);
	AUTO(settings_unrefp) struct settings *fresh = NULL;
	struct settings *old;
	int rc = settings_load(now->file, &fresh, faults, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&slot->mutex);
	old = slot->now;
	slot->now = TAKE(fresh);
	pthread_mutex_unlock(&slot->mutex);
	settings_unref(old);
	return 0;
}
