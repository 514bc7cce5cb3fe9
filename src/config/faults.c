#include <assent/config/faults.h>

#include <assent/base/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX 400

struct faults {
	char *file;
	struct fault kept[FAULTS_MAX];
	size_t kept_count, count;
	struct fault *last; /* where faults_meant() writes, NULL when it was not kept */
};

struct faults *
faults_new(const char *file)
{
	struct faults *faults = mem_alloc(sizeof(*faults));

	faults->file = mem_dup(file);
	return faults;
}

void
faults_free(struct faults *faults)
{
	if (!faults)
		return;
	for (size_t i = 0; i < faults->kept_count; i++) {
		mem_free((char *)faults->kept[i].message);
		mem_free((char *)faults->kept[i].meant);
	}
	mem_free(faults->file);
	mem_free(faults);
}

/* Words out of the file stand in the sentence, so it is cleaned here, once. */
static char *
clean(const char *text)
{
	struct str line = STR_INIT(MESSAGE_MAX + 8);

	utf8_add_line(&line, text, MESSAGE_MAX);
	if (!line.text)
		str_add_char(&line, '?');
	return str_take(&line);
}

static bool
is_before(const struct fault *fault, int line, int column)
{
	return fault->line < line || (fault->line == line && fault->column <= column);
}

void
faults_add(struct faults *faults, int line, int column, const char *fmt, ...)
{
	char text[1024];
	size_t at = faults->kept_count;
	va_list args;

	faults->last = NULL;
	if (faults->count++ >= FAULTS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while (at > 0 && !is_before(&faults->kept[at - 1], line, column))
		at--;
	memmove(&faults->kept[at + 1], &faults->kept[at],
	    (faults->kept_count - at) * sizeof(faults->kept[0]));
	faults->kept_count++;
	faults->last = &faults->kept[at];
	*faults->last = (struct fault){ .line = line, .column = column, .message = clean(text) };
}

void
faults_meant(struct faults *faults, const char *word)
{
	if (!faults->last || !word)
		return;
	mem_free((char *)faults->last->meant);
	faults->last->meant = clean(word);
}

size_t
faults_count(const struct faults *faults)
{
	return faults->count;
}

bool
faults_is_full(const struct faults *faults)
{
	return faults->count > FAULTS_MAX;
}

const struct fault *
faults_at(struct faults *faults, size_t i)
{
	return i < faults->kept_count ? &faults->kept[i] : NULL;
}

const char *
faults_file(const struct faults *faults)
{
	return faults->file;
}

void
faults_add_text(struct faults *faults, struct str *out)
{
	const struct fault *f;

	for (size_t i = 0; (f = faults_at(faults, i)); i++) {
		str_addf(out, "%s:%d:%d: %s", faults->file, f->line, f->column, f->message);
		if (f->meant)
			str_addf(out, " (did you mean '%s'?)", f->meant);
		str_add_char(out, '\n');
	}
	if (faults->count > faults->kept_count)
		str_addf(
		    out, "%s: and %zu more\n", faults->file, faults->count - faults->kept_count);
}
