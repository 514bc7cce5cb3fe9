#include "cli.h"

#include <assent/base/file.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

struct cli_lines {
	int fd;
	char *chunk;
	size_t at, end; /* what is left of chunk */
	struct str line; /* a line that reaches over chunks */
	bool ended;
};

struct cli_lines *
cli_lines_new(int fd)
{
	struct cli_lines *lines = mem_alloc(sizeof(*lines));

	lines->fd = fd;
	lines->chunk = mem_alloc(CHUNK);
	lines->line = STR_INIT(CLI_LINE_MAX);
	return lines;
}

void
cli_lines_free(struct cli_lines *lines)
{
	if (!lines)
		return;
	str_done(&lines->line);
	mem_free(lines->chunk);
	mem_free(lines);
}

/* Whoever feeds us line by line waits for the answers to what it sent. */
static int
refill(struct cli_lines *lines, struct err *err)
{
	ssize_t n;

	fflush(stdout);
	do {
		n = read(lines->fd, lines->chunk, CHUNK);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, ERR_IO, errno, "reading the input");
	lines->at = 0;
	lines->end = (size_t)n;
	lines->ended = n == 0;
	return 0;
}

int
cli_lines_next(struct cli_lines *lines, const char **line, size_t *len, struct err *err)
{
	bool any = false, complete = false;

	str_clear(&lines->line);
	while (!complete && !lines->ended) {
		const char *start = lines->chunk + lines->at;
		size_t left = lines->end - lines->at;
		const char *newline = memchr(start, '\n', left);
		size_t n = newline ? (size_t)(newline - start) : left;

		complete = newline != NULL;
		any = any || left > 0;
		lines->at += n + (complete ? 1 : 0);
		str_add_n(&lines->line, start, n);
		if (!complete && refill(lines, err) < 0)
			return ERR_IO;
	}
	if (!any && !complete)
		return ERR_NOT_FOUND;
	if (str_overflowed(&lines->line))
		return err_set(
		    err, ERR_LIMIT, "the line is longer than %zu MiB", CLI_LINE_MAX >> 20);
	*line = str_text(&lines->line);
	*len = lines->line.len;
	return 0;
}

static int
read_all(int fd, struct str *out, struct err *err)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_IO, errno, "reading standard input");
		str_add_n(out, chunk, (size_t)n);
		if (str_overflowed(out))
			return err_set(err, ERR_LIMIT, "standard input is larger than %zu bytes",
			    out->ceiling);
	}
	return 0;
}

int
cli_read_file(const char *path, struct str *out, struct err *err)
{
	if (text_is(path, "-"))
		return read_all(STDIN_FILENO, out, err);
	return file_read(path, out, err);
}
