#include "backup.h"

#include "copy.h"

#include <assent/base/file.h>
#include <assent/base/str.h>

#include <stdio.h>
#include <string.h>

#define MANIFEST_MAX ((size_t)256 << 20)

const char *
backup_path(char out[BACKUP_PATH_SIZE], const char *dir, const char *name)
{
	snprintf(out, BACKUP_PATH_SIZE, "%s/%s", dir, name);
	return out;
}

static int
read_manifest(const char *dir, json_t **out, struct err *err)
{
	AUTO(str_donep) struct str text = STR_INIT(MANIFEST_MAX);
	char path[BACKUP_PATH_SIZE];
	int rc = file_read(backup_path(path, dir, BACKUP_MANIFEST), &text, err);

	if (rc == ERR_NOT_FOUND)
		return err_set(err, rc,
		    "%s holds no whole backup: " BACKUP_MANIFEST ", which is written last, is not "
		    "there",
		    dir);
	if (rc < 0)
		return rc;
	*out = json_loadb(str_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*out) ||
	    json_integer_value(json_object_get(*out, "format")) != BACKUP_FORMAT) {
		json_decref(*out);
		return err_set(err, ERR_INVALID, "%s is no manifest that this assent knows", path);
	}
	return 0;
}

/* Nothing but a plain name, or one folder and a plain name: a manifest is input too. */
static bool
is_name(const char *name)
{
	const char *slash = strchr(name, '/');

	return *name && *name != '/' && !strstr(name, "..") && (!slash || !strchr(slash + 1, '/'));
}

static int
check_file(const char *dir, const json_t *file, struct err *err)
{
	const char *name = json_string_value(json_object_get(file, "name"));
	const char *hash = json_string_value(json_object_get(file, "sha256"));
	AUTO(str_donep) struct str hex = STR_INIT(2 * SHA256_SIZE + 1);
	char path[BACKUP_PATH_SIZE];
	struct copied copied = { 0 };
	int rc;

	if (!name || !hash || !is_name(name))
		return err_set(err, ERR_INVALID, "%s: the manifest is damaged", dir);
	rc = copy_file(backup_path(path, dir, name), NULL, 0, &copied, err);
	if (rc < 0)
		return rc;
	str_add_hex(&hex, copied.sha256, sizeof(copied.sha256));
	if (!text_is(str_text(&hex), hash))
		return err_set(err, ERR_INVALID,
		    "%s is not what was backed up: its bytes do not fit the manifest", path);
	return 0;
}

int
backup_verify(const char *dir, json_t **out, struct err *err)
{
	json_t *manifest = NULL, *file;
	int rc = read_manifest(dir, &manifest, err);
	size_t i;

	if (rc < 0)
		return rc;
	json_array_foreach(json_object_get(manifest, "files"), i, file)
	{
		if (rc == 0)
			rc = check_file(dir, file, err);
	}
	if (rc == 0)
		*out = manifest;
	else
		json_decref(manifest);
	return rc;
}
