/*
 * Any bytes as a settings file: never a crash, a refusal always names a place
 * that the file has, and what was accepted can be shown and read again.
 */
#include "help_fuzz.h"

#include <assent/base/file.h>
#include <assent/config/settings.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
check_faults(struct faults *faults, int lines)
{
	AUTO(str_donep) struct str text = STR_INIT((size_t)1 << 20);
	const struct fault *f, *before = NULL;

	for (size_t i = 0; (f = faults_at(faults, i)); before = f, i++) {
		/* YAML counts other line ends too, so a last line of its own is allowed. */
		if (f->line < 1 || f->line > lines + 1 || f->column < 1 || !*f->message)
			abort();
		if (strchr(f->message, '\n') || (before && before->line > f->line))
			abort();
	}
	faults_add_text(faults, &text);
	if (!before || strncmp(str_text(&text), "fuzz.yaml:", 10) != 0)
		abort();
}

static void
check_shown(const struct settings *settings)
{
	AUTO(str_donep) struct str shown = STR_INIT((size_t)4 << 20);
	AUTO(faults_freep) struct faults *faults = faults_new("fuzz.yaml");
	AUTO(settings_unrefp) struct settings *again = NULL;
	struct err err;

	settings_add_yaml(settings, &shown);
	if (settings_parse("fuzz.yaml", &shown, &again, faults, &err) < 0)
		abort();
}

static char folder[] = "/tmp/fuzz-settings-XXXXXX";
static char ring[64], key[64];

static void
drop_keys(void)
{
	unlink(ring);
	unlink(key);
	rmdir(folder);
}

/* Without keys every file would have a fault, and the good path would never run. */
static void
make_keys(void)
{
	AUTO(str_donep) struct str text = STR_INIT(1000);
	struct err err;

	if (*ring)
		return;
	if (!mkdtemp(folder))
		abort();
	snprintf(ring, sizeof(ring), "%s/" SETTINGS_SITE_KEYS, folder);
	snprintf(key, sizeof(key), "%s/" SETTINGS_SIGNING_KEY, folder);
	atexit(drop_keys);
	settings_add_site_keys(&text);
	if (file_write(ring, text.text, text.len, 0600, &err) < 0)
		abort();
	str_clear(&text);
	settings_add_signing_key(&text);
	if (file_write(key, text.text, text.len, 0600, &err) < 0)
		abort();
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_donep) struct str text = STR_INIT((size_t)8 << 20);
	AUTO(faults_freep) struct faults *faults = faults_new("fuzz.yaml");
	AUTO(settings_unrefp) struct settings *settings = NULL;
	struct err err = { 0 };
	int rc;

	make_keys();
	str_add_n(&text, data, size);
	rc = settings_parse("fuzz.yaml", &text, &settings, faults, &err);
	if ((rc == 0) != (settings != NULL) || (rc == 0) != (faults_count(faults) == 0))
		abort();
	if (rc < 0)
		check_faults(faults, count_lines(data, size));
	else
		check_shown(settings);
	return 0;
}
