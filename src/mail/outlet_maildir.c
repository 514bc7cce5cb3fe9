#include <assent/mail/outlet.h>

#include <assent/base/crypto.h>
#include <assent/base/fault.h>
#include <assent/base/file.h>
#include <assent/base/str.h>
#include <assent/mail/compose.h>
#include <assent/model/id.h>

#include "maildir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LENGTH_MAX 120

struct maildir_outlet {
	struct outlet outlet; /* first: a struct outlet * is a struct maildir_outlet * */
	char *path;
};

/* One delivery: the paths and the fields that a delivery agent puts on top. */
struct delivery {
	struct str temporary, final, folder, top;
};

static void
delivery_donep(struct delivery *d)
{
	str_done(&d->temporary);
	str_done(&d->final);
	str_done(&d->folder);
	str_done(&d->top);
}

/* Of the key itself where it makes a good file name, so that a person finds it. */
static void
add_name(struct str *out, const char *key)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+=-";
	uint8_t hash[SHA256_SIZE];
	size_t n = strlen(key);

	if (n > 0 && n <= NAME_LENGTH_MAX && key[0] != '.' && strspn(key, good) == n) {
		str_add(out, key);
		return;
	}
	sha256(key, n, hash);
	str_add(out, "sha256-");
	str_add_hex(out, hash, sizeof(hash));
}

static int
failed(const char *path, int no, struct err *err)
{
	switch (no) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return err_errno(err, ERR_FULL, no,
		    "outgoing maildir %s: no room for the mail (free some space)", path);
	case EACCES:
	case EPERM:
	case EROFS:
		return err_errno(err, ERR_DENIED, no,
		    "outgoing maildir %s: cannot write there (its owner must be the daemon's user)",
		    path);
	default:
		return err_errno(err, ERR_IO, no, "outgoing maildir %s: cannot deliver", path);
	}
}

/* A reader may have taken an earlier copy to cur already. */
static bool
is_there(const char *path, const char *name)
{
	static const char *const places[][2] = { { "new/", "" }, { "cur/", "" }, { "cur/", ":2," },
		{ "cur/", ":2,S" } };
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(str_donep) struct str at = STR_INIT(PATH_MAX);

		str_addf(&at, "%s/%s%s%s", path, places[i][0], name, places[i][1]);
		if (stat(str_text(&at), &st) == 0)
			return true;
	}
	return false;
}

static int
write_both(int fd, const struct str *top, const struct outlet_mail *mail)
{
	const char *pieces[] = { str_text(top), mail->bytes };
	const size_t sizes[] = { top->len, mail->size };

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		for (size_t at = 0; at < sizes[i];) {
			ssize_t n = write(fd, pieces[i] + at, sizes[i] - at);

			if (n < 0 && errno != EINTR)
				return -1;
			at += n > 0 ? (size_t)n : 0;
		}
	}
	return 0;
}

static int
write_temporary(const struct delivery *d, const struct outlet_mail *mail)
{
	int fd = open(str_text(&d->temporary), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int no = 0;

	if (fd < 0)
		return -1;
	if (fault_here("outlet.write"))
		no = ENOSPC;
	else if (write_both(fd, &d->top, mail) < 0 || fsync(fd) < 0)
		no = errno;
	close(fd);
	if (no == 0)
		return 0;
	unlink(str_text(&d->temporary));
	errno = no;
	return -1;
}

/* link() and not rename(): a mail with this key that is there already stays. */
static int
publish(const struct delivery *d)
{
	int rc = link(str_text(&d->temporary), str_text(&d->final));
	int no = errno;

	unlink(str_text(&d->temporary));
	errno = no;
	return rc < 0 && no != EEXIST ? -1 : 0;
}

static int
check_envelope(const struct outlet_mail *mail, struct err *err)
{
	if (mail->from[0] && !address_is_plain(mail->from))
		return err_set(err, ERR_INVALID, "the envelope sender is not a plain address");
	if (!address_is_plain(mail->to))
		return err_set(err, ERR_INVALID, "the recipient is not a plain address");
	return 0;
}

/* RFC 5321 section 4.4: who delivers for good writes the envelope on top. */
static void
prepare(struct delivery *d, const char *path, const char *name, const struct outlet_mail *mail)
{
	str_addf(&d->temporary, "%s/tmp/%s.%ld", path, name, (long)gettid());
	str_addf(&d->final, "%s/new/%s", path, name);
	str_addf(&d->folder, "%s/new", path);
	str_addf(&d->top, "Return-Path: <%s>\r\nDelivered-To: %s\r\n", mail->from, mail->to);
}

static int
maildir_send(struct outlet *outlet, const struct outlet_mail *mail, struct err *err)
{
	const char *path = ((struct maildir_outlet *)outlet)->path;
	AUTO(str_donep) struct str name = STR_INIT(NAME_MAX);
	AUTO(delivery_donep)
	struct delivery d = { STR_INIT(PATH_MAX), STR_INIT(PATH_MAX), STR_INIT(PATH_MAX),
		STR_INIT(PATH_MAX) };
	int rc = check_envelope(mail, err);
	bool is_new;

	if (rc < 0)
		return rc;
	add_name(&name, mail->key);
	prepare(&d, path, str_text(&name), mail);
	if (str_overflowed(&d.temporary) || str_overflowed(&d.top))
		return err_set(err, ERR_INVALID, "outgoing maildir: the path is too long");
	is_new = !is_there(path, str_text(&name));
	if (is_new && (write_temporary(&d, mail) < 0 || publish(&d) < 0))
		return failed(path, errno, err);
	/* Also for one that is there: the try that put it there may have ended before this. */
	rc = folder_sync(str_text(&d.folder), err);
	if (rc == 0)
		return 0;
	/* Nobody is to answer a mail that counts as not sent. */
	if (is_new)
		unlink(str_text(&d.final));
	return err_wrap(err, rc, "outgoing maildir %s", path);
}

static void
maildir_outlet_free(struct outlet *outlet)
{
	mem_free(((struct maildir_outlet *)outlet)->path);
	mem_free(outlet);
}

static const struct outlet_ops maildir_ops = { "maildir", maildir_send, maildir_outlet_free, NULL };

/*
 * What a try of a former life left behind when it was killed. Only files named
 * as ours are: the id of a mail and a thread.
 */
static bool
is_leftover(const char *name)
{
	char text[ID_TEXT_SIZE];
	struct id id;

	if (strlen(name) < ID_TEXT_SIZE + 1 || name[ID_TEXT_SIZE - 1] != '.')
		return false;
	memcpy(text, name, ID_TEXT_SIZE - 1);
	text[ID_TEXT_SIZE - 1] = '\0';
	name += ID_TEXT_SIZE;
	return id_parse(text, &id) && name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static void
sweep(const char *path)
{
	AUTO(str_donep) struct str folder = STR_INIT(PATH_MAX);
	const struct dirent *entry;
	DIR *tmp;

	str_addf(&folder, "%s/tmp", path);
	tmp = opendir(str_text(&folder));
	while (tmp != NULL && (entry = readdir(tmp)) != NULL)
		if (is_leftover(entry->d_name))
			unlinkat(dirfd(tmp), entry->d_name, 0);
	if (tmp != NULL)
		closedir(tmp);
}

int
outlet_maildir_new(const char *path, struct outlet **out, struct err *err)
{
	struct maildir_outlet *outlet;
	int rc = maildir_make(path, err);

	if (rc < 0)
		return err_wrap(err, rc, "outgoing mail");
	sweep(path);
	outlet = mem_alloc(sizeof(*outlet));
	outlet->outlet.ops = &maildir_ops;
	outlet->path = mem_dup(path);
	*out = &outlet->outlet;
	return 0;
}
