#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_VALUE 512
#define LONGEST_LINE 4096

static atomic_int least_level = LOG_INFO;

void
log_set_level(enum log_level level)
{
	atomic_store(&least_level, (int)level);
}

enum log_level
log_level_now(void)
{
	return (enum log_level)atomic_load(&least_level);
}

/* JOURNAL_STREAM is "device:inode" (systemd.exec(5)); it may be a parent's. */
static bool
to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return text_is(stream, mine);
}

static void
add_value(struct str *line, const char *value)
{
	AUTO(str_donep) struct str clean = STR_INIT(LONGEST_VALUE);
	const char *p;

	utf8_add_line(&clean, value, LONGEST_VALUE);
	p = str_text(&clean);
	if (*p && !strpbrk(p, " \"\\=")) {
		str_add(line, p);
		return;
	}
	str_add_char(line, '"');
	for (; *p; p++) {
		if (*p == '"' || *p == '\\')
			str_add_char(line, '\\');
		str_add_char(line, *p);
	}
	str_add_char(line, '"');
}

/* One write(2), so that the lines of two threads never mix. */
static void
put(struct str *line)
{
	ssize_t rc;

	/* The ceiling leaves room for the newline of a line that was too long. */
	line->overflow = false;
	line->ceiling = LONGEST_LINE + 1;
	str_add_char(line, '\n');
	do
		rc = write(STDERR_FILENO, line->text, line->len);
	while (rc < 0 && errno == EINTR);
}

static void
start(struct str *line, enum log_level level, const char *event)
{
	static const char priorities[] = { '7', '6', '5', '4', '3' };

	if (to_journal())
		str_addf(line, "<%c>", priorities[level]);
	str_add(line, event);
}

void
log_line(enum log_level level, const char *event, ...)
{
	AUTO(str_donep) struct str line = STR_INIT(LONGEST_LINE);
	const char *key;
	va_list args;
	int before = errno;

	if (level < log_level_now())
		return;
	start(&line, level, event);
	va_start(args, event);
	while ((key = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);

		if (!value)
			continue;
		str_addf(&line, " %s=", key);
		add_value(&line, value);
	}
	va_end(args);
	put(&line);
	errno = before;
}

void
log_err(enum log_level level, const char *event, const struct err *err)
{
	log_line(level, event, "error", err->text, "code", err_name(err->code), NULL);
}
