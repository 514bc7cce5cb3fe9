/* Which files there are, and all of them as one set. */
#include <assent/base/crypto.h>
#include <assent/base/data.h>
#include <assent/rules/engine.h>

#include "rules/rules_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "rules/"
#define TOTAL_MAX ((size_t)4 << 20) /* of all files */
/*
 * Each byte of an expression makes one node at most, and each value of YAML a
 * few; with RULES_MAX expressions of RULE_WHEN_MAX bytes this is out of reach.
 */
#define ARENA_MAX ((size_t)1 << 30)

struct file {
	char *name;
	struct str text;
	struct faults *faults;
	struct arena *arena; /* of the tree */
	struct node *root;
};

struct loading {
	const struct rules_source *source;
	struct rules *rules;
	sqlite3 *machine;
	struct file files[RULES_FILES_MAX];
	size_t count;
	size_t bytes;
};

/* --- files ---------------------------------------------------------------------- */

static int
add_file(struct loading *loading, const char *name, struct err *err)
{
	struct file *file = &loading->files[loading->count];

	for (size_t i = 0; i < loading->count; i++)
		if (strcmp(loading->files[i].name, name) == 0)
			return 0;
	if (loading->count == RULES_FILES_MAX)
		return err_set(
		    err, ERR_LIMIT, "rules: more than %d files of rules", RULES_FILES_MAX);
	*file = (struct file){ .name = mem_dup(name), .text = STR_INIT(RULES_FILE_MAX) };
	file->faults = faults_new(name);
	loading->count++;
	return 0;
}

static int
add_entry(struct loading *loading, const char *entry, struct err *err)
{
	char name[300];
	int rc;

	snprintf(name, sizeof(name), PREFIX "%s", entry);
	if (*entry == '.' ||
	    (!text_ends_nocase(entry, ".yaml") && !text_ends_nocase(entry, ".yml")))
		return 0;
	rc = add_file(loading, name, err);
	if (rc == 0 && text_ends_nocase(entry, ".yml"))
		faults_add(loading->files[loading->count - 1].faults, 1, 1,
		    "a file of rules ends in .yaml; rename it");
	return rc;
}

static int
list_site(struct loading *loading, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);
	struct dirent *entry;
	DIR *folder;
	int rc = 0;

	if (!loading->source->site_dir || !*loading->source->site_dir)
		return 0;
	str_addf(&path, "%s/rules", loading->source->site_dir);
	folder = opendir(str_text(&path));
	if (!folder && errno == ENOENT)
		return 0;
	if (!folder)
		return err_errno(
		    err, errno == EACCES ? ERR_DENIED : ERR_IO, errno, "%s", str_text(&path));
	while (rc == 0 && (entry = readdir(folder)) != NULL)
		rc = add_entry(loading, entry->d_name, err);
	closedir(folder);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int
list_files(struct loading *loading, struct err *err)
{
	const struct rules_source *source = loading->source;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < source->file_count; i++) {
		rc = add_file(loading, source->files[i].name, err);
		if (rc == 0 && source->files[i].len > 0)
			str_add_n(&loading->files[loading->count - 1].text, source->files[i].text,
			    source->files[i].len);
	}
	if (rc < 0 || source->file_count > 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < data_file_count; i++)
		if (text_starts(data_files[i].name, PREFIX))
			rc = add_file(loading, data_files[i].name, err);
	if (rc == 0)
		rc = list_site(loading, err);
	if (rc == 0 && source->beside)
		rc = add_file(loading, source->beside->name, err);
	/* In the order of their names: it says which rule of a group is first. */
	qsort(loading->files, loading->count, sizeof(loading->files[0]), by_name);
	return rc;
}

/* --- trees ------------------------------------------------------------------------ */

static void
take_nothing(struct rules_reader *reader, const struct node *value, void *into)
{
}

static const struct rules_key top_keys[] = {
	{ "facts", false, take_nothing },
	{ "rules", false, take_nothing },
};
static const struct rules_keys top_group = { "a file of rules", top_keys, ARRAY_LEN(top_keys) };

static int
read_tree(struct loading *loading, struct file *file, struct err *err)
{
	struct rules_reader reader = {
		.rules = loading->rules, .faults = file->faults, .where = ""
	};
	const struct rules_file *beside = loading->source->beside;
	int rc = 0;

	if (beside && strcmp(beside->name, file->name) == 0)
		str_add_n(&file->text, beside->text, beside->len);
	else if (loading->source->file_count == 0)
		rc = data_read(loading->source->site_dir, file->name, &file->text, err);
	if (rc < 0)
		return err_wrap(err, rc, "%s", file->name);
	loading->bytes += file->text.len;
	if (str_overflowed(&file->text) || loading->bytes > TOTAL_MAX)
		return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes, or all files than %zu",
		    file->name, RULES_FILE_MAX, TOTAL_MAX);
	file->arena = arena_new(TREE_ARENA_MAX(file->text.len));
	file->root = tree_read(&file->text, file->arena, file->faults);
	if (file->root)
		rules_read_keys(&reader, &top_group, file->root, NULL);
	return 0;
}

static bool
is_built_in(const struct file *file)
{
	const struct data_file *own = data_find(file->name);

	return own && own->size == file->text.len &&
	    memcmp(own->bytes, str_text(&file->text), own->size) == 0;
}

/* Facts of all files first: a rule may read what another file declares. */
static void
read_part(struct loading *loading, const char *key,
    void (*read)(struct rules_reader *, const struct node *))
{
	for (size_t i = 0; i < loading->count; i++) {
		struct file *file = &loading->files[i];
		struct rules_reader reader = { .rules = loading->rules,
			.source = loading->source,
			.faults = file->faults,
			.file = file->name,
			.text = &file->text,
			.machine = loading->machine,
			.is_built_in = is_built_in(file),
			.where = "" };
		const struct node *value = tree_value(file->root, key);

		if (value)
			read(&reader, value);
	}
}

static void
add_hash(struct loading *loading)
{
	AUTO(str_donep) struct str all = STR_INIT(2 * TOTAL_MAX), hex = STR_INIT(2 * SHA256_SIZE);
	uint8_t sum[SHA256_SIZE];

	for (size_t i = 0; i < loading->count; i++) {
		str_addf(&all, "%s %zu\n", loading->files[i].name, loading->files[i].text.len);
		str_add_n(&all, str_text(&loading->files[i].text), loading->files[i].text.len);
	}
	sha256(str_text(&all), all.len, sum);
	str_add_hex(&hex, sum, sizeof(sum));
	memcpy(loading->rules->hash, str_text(&hex), sizeof(loading->rules->hash));
}

/* --- faults ------------------------------------------------------------------------ */

static size_t
count_faults(const struct loading *loading)
{
	size_t n = 0;

	for (size_t i = 0; i < loading->count; i++)
		n += faults_count(loading->files[i].faults);
	return n;
}

/* Each was tried alone; all together they might be too long. */
static int
try_all(struct loading *loading, struct err *err)
{
	AUTO(engine_freep) struct engine *engine = NULL;
	int rc = engine_new(loading->rules, &engine, err);

	return rc < 0 ? err_wrap(err, rc, "rules") : 0;
}

static int
tell_faults(struct loading *loading, size_t total, struct err *err)
{
	const struct rules_source *source = loading->source;
	const struct fault *fault;
	bool first = true;

	for (size_t i = 0; i < loading->count; i++) {
		struct file *file = &loading->files[i];

		for (size_t n = 0; (fault = faults_at(file->faults, n)) != NULL; n++) {
			if (first)
				err_set(err, ERR_INVALID, "%s:%d:%d: %s%s", file->name, fault->line,
				    fault->column, fault->message,
				    total > 1 ? " (and more faults)" : "");
			first = false;
			if (source->fault)
				source->fault(source->arg, file->name, fault);
		}
	}
	return ERR_INVALID;
}

static void
drop(struct loading *loading)
{
	for (size_t i = 0; i < loading->count; i++) {
		mem_free(loading->files[i].name);
		str_done(&loading->files[i].text);
		faults_free(loading->files[i].faults);
		arena_free(loading->files[i].arena);
	}
	rules_unref(loading->rules);
	machine_close(loading->machine);
	mem_free(loading);
}

static int
load(struct loading *loading, struct err *err)
{
	static const struct moment *never;
	int rc = list_files(loading, err);

	if (rc == 0)
		rc = machine_open(&never, &loading->machine, err);
	for (size_t i = 0; rc == 0 && i < loading->count; i++)
		rc = read_tree(loading, &loading->files[i], err);
	if (rc < 0)
		return rc;
	read_part(loading, "facts", rules_read_facts);
	read_part(loading, "rules", rules_read_list);
	if (count_faults(loading) > 0)
		return tell_faults(loading, count_faults(loading), err);
	add_hash(loading);
	return try_all(loading, err);
}

static struct rules *
rules_new(void)
{
	struct rules *rules = mem_alloc(sizeof(*rules));

	rules->refs = 1;
	rules->arena = arena_new(ARENA_MAX);
	for (size_t i = 0; i < FACT_COUNT; i++)
		rules->facts.defs[i] = *fact_built_in((enum fact)i);
	rules->facts.count = FACT_COUNT;
	return rules;
}

int
rules_load(const struct rules_source *source, struct rules **out, struct err *err)
{
	struct loading *loading = mem_alloc(sizeof(*loading));
	int rc;

	loading->source = source;
	loading->rules = rules_new();
	rc = load(loading, err);
	if (rc == 0)
		*out = TAKE(loading->rules);
	drop(loading);
	return rc;
}

/* --- of a site --------------------------------------------------------------------- */

#define ROLES_MAX 200

int
rules_load_site(const struct policy *policy, const struct rules_source *how, struct rules **out,
    struct err *err)
{
	struct rules_source source = how ? *how : (struct rules_source){ .fault = NULL };
	const char *roles[ROLES_MAX];

	source.site_dir = policy->site_dir;
	source.policy = policy;
	source.roles = roles;
	source.role_count = 0;
	for (size_t i = 0; i < policy->role_count && source.role_count < ROLES_MAX; i++)
		roles[source.role_count++] = policy->roles[i].name;
	return rules_load(&source, out, err);
}

int
rules_check(const struct policy *policy, struct err *err)
{
	AUTO(rules_unrefp) struct rules *rules = NULL;

	return rules_load_site(policy, NULL, &rules, err);
}
