#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
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

/* --- to the journal ---------------------------------------------------------- */

static _Atomic(const char *) journal_path = "/run/systemd/journal/socket";
static atomic_int journal_fd = -1;

void
log_set_journal(const char *path)
{
	atomic_store(&journal_path, path);
}

/* Opened once and never connected, so that nothing breaks when the journal restarts. */
static int
journal_open(void)
{
	int first = -1, fd = atomic_load(&journal_fd);

	if (fd >= 0)
		return fd;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || atomic_compare_exchange_strong(&journal_fd, &first, fd))
		return fd;
	close(fd);
	return first;
}

/*
 * One datagram of "FIELD=value" lines (systemd.io/JOURNAL_NATIVE_PROTOCOL);
 * values hold no line feed. Never waiting: a journal that hangs must not hang
 * us, and standard error is there.
 */
static bool
journal_send(const struct str *fields)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = atomic_load(&journal_path);
	int fd = journal_open();

	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		return false;
	memcpy(at.sun_path, path, strlen(path) + 1);
	return sendto(fd, fields->text, fields->len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&at, sizeof(at)) >= 0;
}

/* --- one line ----------------------------------------------------------------- */

struct entry {
	struct str line, fields;
	char priority;
	bool in_journal;
};

/* One write(2), so that the lines of two threads never mix. */
static void
put(struct entry *entry)
{
	struct str *line = &entry->line;
	const char prefix[] = { '<', entry->priority, '>', '\0' };
	struct iovec parts[2] = { { (void *)(uintptr_t)prefix, 3 } };
	ssize_t rc;

	/* The ceiling leaves room for the newline of a line that was too long. */
	line->overflow = false;
	line->ceiling = LONGEST_LINE + 1;
	str_add_char(line, '\n');
	parts[1] = (struct iovec){ line->text, line->len };
	do
		rc = entry->in_journal ? writev(STDERR_FILENO, parts, 2)
				       : write(STDERR_FILENO, line->text, line->len);
	while (rc < 0 && errno == EINTR);
}

static void
add_field_name(struct str *fields, const char *key)
{
	str_add(fields, "ASSENTD_");
	for (; *key; key++) {
		char c = *key;

		str_add_char(fields,
		    c >= 'a' && c <= 'z'				   ? (char)(c - 'a' + 'A')
			: (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c
									   : '_');
	}
	str_add_char(fields, '=');
}

static void
add_pair(struct entry *entry, const char *key, const char *value)
{
	str_addf(&entry->line, " %s=", key);
	add_value(&entry->line, value);
	if (!entry->in_journal)
		return;
	add_field_name(&entry->fields, key);
	utf8_add_line(&entry->fields, value, LONGEST_VALUE);
	str_add_char(&entry->fields, '\n');
}

static void
finish(struct entry *entry)
{
	struct str *fields = &entry->fields;

	if (entry->in_journal) {
		str_addf(fields, "PRIORITY=%c\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", entry->priority,
		    program_invocation_short_name);
		str_add_n(fields, str_text(&entry->line), entry->line.len);
		str_add_char(fields, '\n');
	}
	if (!entry->in_journal || str_overflowed(fields) || !journal_send(fields))
		put(entry);
	str_done(&entry->line);
	str_done(&entry->fields);
}

void
log_line(enum log_level level, const char *event, ...)
{
	static const char priorities[] = { '7', '6', '5', '4', '3' };
	struct entry entry = { STR_INIT(LONGEST_LINE), STR_INIT(4 * LONGEST_LINE),
		priorities[level], false };
	const char *key;
	va_list args;
	int before = errno;

	if (level < log_level_now())
		return;
	entry.in_journal = to_journal();
	str_add(&entry.line, event);
	if (entry.in_journal)
		str_addf(&entry.fields, "ASSENTD_EVENT=%s\n", event);
	va_start(args, event);
	while ((key = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);

		if (value)
			add_pair(&entry, key, value);
	}
	va_end(args);
	finish(&entry);
	errno = before;
}

void
log_err(enum log_level level, const char *event, const struct err *err)
{
	log_line(level, event, "error", err->text, "code", err_name(err->code), NULL);
}
