/* key: the rings of keys, and the key that signs receipts. */
#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/mem.h>
#include <assent/base/num.h>
#include <assent/store/keyring.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 10)
#define RING_MAX 64 /* as config/secret.c takes */

struct ring {
	const char *name; /* "site" or "credential" */
	const char *file;
	const struct site_key *keys;
	size_t count;
	struct key_use *uses;
	size_t use_count;
	bool is_quiet; /* taking a new key in leaves no trace in the database until it is used */
};

static void
wipe_donep(struct str *s)
{
	if (s->text)
		mem_wipe(s->text, s->room);
	str_done(s);
}

/* --- who needs what ---------------------------------------------------- */

struct needs {
	const struct settings *settings;
	struct ring rings[2];
	struct arena *arena;
};

static void
copy_uses(struct needs *needs, struct ring *ring, const struct key_use *uses, size_t n)
{
	ring->uses = arena_alloc(needs->arena, (n + 1) * sizeof(*uses));
	memcpy(ring->uses, uses, n * sizeof(*uses));
	ring->use_count = n;
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct needs *needs = arg;
	struct key_use *uses;
	size_t n;
	int rc = keyring_tokens(desk->tx, &uses, &n, err);

	if (rc < 0)
		return rc;
	copy_uses(needs, &needs->rings[0], uses, n);
	rc = keyring_credentials(desk->tx, &uses, &n, err);
	if (rc == 0)
		copy_uses(needs, &needs->rings[1], uses, n);
	return rc;
}

static int
find_needs(struct cli *cli, struct needs *needs)
{
	const struct policy *policy;
	int rc = cli_settings(cli, &needs->settings);

	if (rc != CLI_OK)
		return rc;
	policy = &needs->settings->policy;
	needs->rings[0] = (struct ring){ .name = "site",
		.file = needs->settings->site_key_file,
		.keys = policy->keys,
		.count = policy->key_count,
		.is_quiet = true };
	needs->rings[1] = (struct ring){ .name = "credential",
		.file = needs->settings->credential_key_file,
		.keys = policy->credential_keys,
		.count = policy->credential_key_count };
	return CLI_OK;
}

static const struct key_use *
use_of(const struct ring *ring, int64_t id)
{
	for (size_t i = 0; i < ring->use_count; i++)
		if (ring->uses[i].id == id)
			return &ring->uses[i];
	return NULL;
}

/* Has a newer key made something, so that assentd is known to have read it? */
static bool
is_followed(const struct ring *ring, size_t i)
{
	while (++i < ring->count)
		if (use_of(ring, ring->keys[i].id))
			return true;
	return false;
}

/*
 * Why a key without rows may be needed: assentd may not have read the ring
 * since, and goes on making links with it that nobody could make again.
 */
static bool
is_needed(const struct ring *ring, size_t i)
{
	const struct key_use *use = use_of(ring, ring->keys[i].id);

	if (i + 1 == ring->count || (use && use->open > 0))
		return true;
	return ring->is_quiet && !is_followed(ring, i);
}

/* --- list ---------------------------------------------------------------- */

static json_t *
key_json(const struct ring *ring, size_t i)
{
	const struct key_use *use = use_of(ring, ring->keys[i].id);
	json_t *object = json_object();

	look_set_text(object, "ring", ring->name);
	look_set_int(object, "id", ring->keys[i].id);
	look_set_int(object, "open", use ? use->open : 0);
	look_set_int(object, "all", use ? use->all : 0);
	json_object_set_new(object, "newest", json_boolean(i + 1 == ring->count));
	look_set_text(object, "state",
	    i + 1 == ring->count     ? "makes new ones"
		: is_needed(ring, i) ? "needed"
				     : "not needed any more");
	return object;
}

/* A key that rows name and the ring lost is the worst finding here. */
static void
add_lost(const struct ring *ring, json_t *rows)
{
	for (size_t k = 0; k < ring->use_count; k++) {
		bool found = false;

		for (size_t i = 0; i < ring->count; i++)
			found |= ring->keys[i].id == ring->uses[k].id;
		if (found || !ring->uses[k].open)
			continue;
		json_t *object = json_object();
		look_set_text(object, "ring", ring->name);
		look_set_int(object, "id", ring->uses[k].id);
		look_set_int(object, "open", ring->uses[k].open);
		look_set_int(object, "all", ring->uses[k].all);
		json_object_set_new(object, "newest", json_false());
		look_set_text(object, "state", "LOST: put it back into the ring");
		json_array_append_new(rows, object);
	}
}

static json_t *
signing_json(const struct settings *settings)
{
	uint8_t key[ED25519_KEY_SIZE];
	json_t *object = json_object();

	ed25519_public(settings->policy.signing_seed, key);
	look_set_hex(object, "public", key, sizeof(key));
	look_set_text(object, "file", settings->signing_key_file);
	return object;
}

int
verb_key_list(struct cli *cli)
{
	static const struct look_column columns[] = {
		{ "RING", "ring", LOOK_TEXT },
		{ "KEY", "id", LOOK_TEXT },
		{ "OPEN", "open", LOOK_TEXT },
		{ "STATE", "state", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	struct needs needs = { .arena = arena_new(1 << 20) };
	json_t *out = json_object(), *rows = json_array();
	int rc = find_needs(cli, &needs);

	if (rc == CLI_OK)
		rc = look(cli, gather, &needs);
	for (size_t r = 0; rc == CLI_OK && r < ARRAY_LEN(needs.rings); r++) {
		for (size_t i = 0; i < needs.rings[r].count; i++)
			json_array_append_new(rows, key_json(&needs.rings[r], i));
		add_lost(&needs.rings[r], rows);
	}
	json_object_set_new(out, "keys", rows);
	if (rc == CLI_OK)
		json_object_set_new(out, "signing", signing_json(needs.settings));
	arena_free(needs.arena);
	if (rc == CLI_OK && cli->json)
		return cli_print_json(out);
	if (rc == CLI_OK) {
		look_table(rows, columns, "none");
		printf("Receipts are signed by %s.\n",
		    look_string(json_object_get(out, "signing"), "public"));
	}
	json_decref(out);
	return rc;
}

/* --- writing a file of keys ------------------------------------------------- */

/* Mode and owner stay: assentd must be able to read it afterwards. */
static int
replace(const char *file, const struct str *text, struct err *err)
{
	struct stat st;
	int rc;

	if (stat(file, &st) < 0)
		return err_errno(err, ERR_IO, errno, "%s", file);
	rc = file_write(file, str_text(text), text->len, st.st_mode & 07777, err);
	if (rc == 0 && geteuid() == 0 && chown(file, st.st_uid, st.st_gid) < 0)
		rc = err_errno(err, ERR_DENIED, errno, "giving %s to its user", file);
	return rc;
}

static int64_t
next_id(const struct ring *ring)
{
	int64_t most = 0;

	for (size_t i = 0; i < ring->count; i++)
		if (ring->keys[i].id > most)
			most = ring->keys[i].id;
	for (size_t i = 0; i < ring->use_count; i++)
		if (ring->uses[i].id > most)
			most = ring->uses[i].id;
	return most + 1;
}

static void
add_key_line(struct str *out, int64_t id)
{
	uint8_t bytes[32];

	if (out->len && out->text[out->len - 1] != '\n')
		str_add_char(out, '\n');
	str_addf(out, "%lld ", (long long)id);
	random_bytes(bytes, sizeof(bytes));
	str_add_hex(out, bytes, sizeof(bytes));
	str_add_char(out, '\n');
	mem_wipe(bytes, sizeof(bytes));
}

/* --- telling assentd ----------------------------------------------------------- */

static bool
is_assentd(int64_t pid)
{
	char path[64], line[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return text_is(text_trim(line), "assentd");
}

/* What follows for the running daemon; true when it was told to read its settings again. */
static bool
tell_daemon(const struct settings *settings, const char **next)
{
	int64_t pid;
	enum control_state state = control_state(settings, &pid);

	*next = "assentd takes it at its next start";
	if (state == CONTROL_DOWN)
		return false;
	*next = "tell assentd: systemctl reload assentd";
	if (getenv("CREDENTIALS_DIRECTORY"))
		return false;
	if (pid <= 1 || !is_assentd(pid) || kill((pid_t)pid, SIGHUP) < 0)
		return false;
	*next = "assentd was told to read it; where systemd hands the keys over "
		"(LoadCredential=), restart it instead";
	return true;
}

static int
print_done(struct cli *cli, const struct settings *settings, json_t *out, const char *sentence)
{
	const char *next;
	bool told = tell_daemon(settings, &next);

	json_object_set_new(out, "reloaded", json_boolean(told));
	if (cli->json)
		return cli_print_json(out);
	printf("%s; %s.\n", sentence, next);
	json_decref(out);
	return CLI_OK;
}

/* --- rotate --------------------------------------------------------------------- */

static int
rotate_ring(struct cli *cli, const struct settings *settings, const struct ring *ring)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);
	AUTO(str_donep) struct str sentence = STR_INIT(1000);
	int64_t id = next_id(ring);
	struct err err = { 0 };

	if (!ring->file || !*ring->file)
		return cli_error(cli, ERR_NOT_FOUND,
		    "keys.credential_key_file is not set; make a ring with: assent key new FILE");
	if (ring->count >= RING_MAX)
		return cli_error(cli, ERR_LIMIT,
		    "%s holds %d keys already; assent key prune removes those that nothing needs",
		    ring->file, RING_MAX);
	if (file_read_secret(ring->file, &text, &err) < 0)
		return cli_fail(cli, &err);
	add_key_line(&text, id);
	if (replace(ring->file, &text, &err) < 0)
		return cli_fail(cli, &err);
	str_addf(&sentence, "Key %lld was added to %s; what was made with older ones stays valid",
	    (long long)id, ring->file);
	return print_done(cli, settings,
	    json_pack("{s:s, s:I}", "file", ring->file, "id", (json_int_t)id), str_text(&sentence));
}

/* The public half is written down first: a receipt that it signed must stay provable. */
static int
rotate_signing(struct cli *cli, const struct settings *settings)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);
	AUTO(str_donep) struct str hex = STR_INIT(2 * ED25519_KEY_SIZE + 1);
	struct control_answer answer;
	uint8_t key[ED25519_KEY_SIZE];
	struct err err = { 0 };
	int rc;

	ed25519_public(settings->policy.signing_seed, key);
	str_add_hex(&hex, key, sizeof(key));
	rc =
	    control_verb(cli, "signing.retire", json_pack("{s:s}", "key", str_text(&hex)), &answer);
	if (rc != CLI_OK)
		return rc;
	settings_add_signing_key(&text);
	if (replace(settings->signing_key_file, &text, &err) < 0) {
		json_decref(answer.out);
		return cli_fail(cli, &err);
	}
	return print_done(cli, settings, answer.out,
	    "Receipts are signed by a new key; the old ones stay provable");
}

int
verb_key_rotate(struct cli *cli)
{
	struct needs needs = { .arena = arena_new(1 << 20) };
	bool credentials = cli_flag(cli, "--credential");
	int rc = find_needs(cli, &needs);

	if (rc == CLI_OK && credentials && cli_flag(cli, "--signing"))
		rc =
		    cli_usage(cli, "--signing and --credential are two keys; rotate one at a time");
	else if (rc == CLI_OK && cli_flag(cli, "--signing"))
		rc = rotate_signing(cli, needs.settings);
	else if (rc == CLI_OK) {
		rc = look(cli, gather, &needs);
		if (rc == CLI_OK)
			rc = rotate_ring(cli, needs.settings, &needs.rings[credentials ? 1 : 0]);
	}
	arena_free(needs.arena);
	return rc;
}

/* --- prune ------------------------------------------------------------------------ */

/* Is this line a key that goes? Everything else, comments too, stays as it stands. */
static bool
goes(const struct ring *ring, const char *line, size_t len)
{
	char word[24] = "";
	int64_t id;

	for (size_t n = 0; n < len && n + 1 < sizeof(word) && line[n] >= '0' && line[n] <= '9'; n++)
		word[n] = line[n];
	if (!num_parse_within(word, 1, UINT32_MAX, &id))
		return false;
	for (size_t i = 0; i < ring->count; i++)
		if (ring->keys[i].id == id)
			return !is_needed(ring, i);
	return false;
}

static int
prune_ring(const struct ring *ring, json_t *removed, struct err *err)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);
	AUTO(wipe_donep) struct str kept = STR_INIT(FILE_MAX);
	int rc = file_read_secret(ring->file, &text, err);
	size_t before = json_array_size(removed);

	if (rc < 0)
		return rc;
	for (const char *line = str_text(&text), *end; *line; line = end) {
		end = strchrnul(line, '\n');
		end += *end == '\n';
		if (!goes(ring, line, (size_t)(end - line)))
			str_add_n(&kept, line, (size_t)(end - line));
	}
	if (kept.len && kept.text[kept.len - 1] != '\n')
		str_add_char(&kept, '\n');
	for (size_t i = 0; i < ring->count; i++)
		if (!is_needed(ring, i))
			json_array_append_new(removed,
			    json_pack("{s:s, s:I}", "ring", ring->name, "id",
				(json_int_t)ring->keys[i].id));
	return json_array_size(removed) > before ? replace(ring->file, &kept, err) : 0;
}

int
verb_key_prune(struct cli *cli)
{
	struct needs needs = { .arena = arena_new(1 << 20) };
	AUTO(str_donep) struct str sentence = STR_INIT(200);
	json_t *removed = json_array();
	struct err err = { 0 };
	int rc = find_needs(cli, &needs);

	if (rc == CLI_OK)
		rc = look(cli, gather, &needs);
	for (size_t r = 0; rc == CLI_OK && r < ARRAY_LEN(needs.rings); r++)
		if (needs.rings[r].count && prune_ring(&needs.rings[r], removed, &err) < 0)
			rc = cli_fail(cli, &err);
	arena_free(needs.arena);
	if (rc != CLI_OK) {
		json_decref(removed);
		return rc;
	}
	str_addf(&sentence, "%zu key(s) that nothing needs were removed", json_array_size(removed));
	return print_done(
	    cli, needs.settings, json_pack("{s:o}", "removed", removed), str_text(&sentence));
}

/* --- new -------------------------------------------------------------------------- */

int
verb_key_new(struct cli *cli)
{
	AUTO(wipe_donep) struct str text = STR_INIT(FILE_MAX);
	const char *file = cli->words[0];
	struct err err = { 0 };

	settings_add_site_keys(&text);
	if (file_create(file, str_text(&text), text.len, 0600, &err) < 0)
		return cli_fail(cli, &err);
	if (cli->json)
		return cli_print_json(json_pack("{s:o}", "file", cli_json_text(file)));
	printf("A ring with one key is in %s. Give it to the user that runs assentd, name it in\n"
	       "keys.credential_key_file, and keep a copy of it.\n",
	    file);
	return CLI_OK;
}
