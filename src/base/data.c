#include <assent/base/data.h>
#include <assent/base/file.h>

#include <stdlib.h>
#include <string.h>

static int
by_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct data_file *)entry)->name);
}

const struct data_file *
data_find(const char *name)
{
	return bsearch(name, data_files, data_file_count, sizeof(data_files[0]), by_name);
}

/* A locale or a page's name from outside must not lead out of the folder. */
static bool
is_inside(const char *name)
{
	return name[0] != '\0' && name[0] != '/' && !strstr(name, "..");
}

static int
read_site(const char *site_dir, const char *name, struct str *out, struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(4096);

	if (!site_dir || !site_dir[0])
		return ERR_NOT_FOUND;
	str_addf(&path, "%s/%s", site_dir, name);
	if (str_overflowed(&path))
		return err_set(err, ERR_INVALID, "the path of %s is too long", name);
	return file_read(path.text, out, err);
}

int
data_read(const char *site_dir, const char *name, struct str *out, struct err *err)
{
	const struct data_file *file;
	int rc;

	if (!is_inside(name))
		return err_set(err, ERR_INVALID, "'%s' is no name of a data file", name);
	rc = read_site(site_dir, name, out, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	file = data_find(name);
	if (!file)
		return err_set(err, ERR_NOT_FOUND, "there is no data file %s", name);
	str_clear(out);
	str_add_n(out, file->bytes, file->size);
	if (str_overflowed(out))
		return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", name, out->ceiling);
	return 0;
}
