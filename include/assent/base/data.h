#pragma once
/*
 * data: files that ship inside the program (mail-templates, web pages) and
 * that a site overrides file by file.
 */
#include <assent/base/attr.h>
#include <assent/base/err.h>
#include <assent/base/str.h>

struct data_file {
	const char *name; /* path in the tree: "mail-templates/en/request.txt" */
	const char *bytes; /* followed by a NUL */
	size_t size;
};

extern const struct data_file data_files[]; /* sorted by name; made by the build */
extern const size_t data_file_count;

/*
 * The text of name: site_dir/name where that exists (site_dir may be NULL or
 * ""), else the built-in one. ERR_NOT_FOUND when there is neither.
 */
int data_read(const char *site_dir, const char *name, struct str *out, struct err *err) MUST_USE;

const struct data_file *data_find(const char *name); /* built-in only; NULL if none */
