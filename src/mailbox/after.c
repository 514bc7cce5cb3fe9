/* What becomes of a mail on the server once it is safe with us. */
#include "session_priv.h"

#include <string.h>

#define CHATTER ((int64_t)4 << 20) /* EXPUNGE, FETCH of flags */
#define FLAG_LINES 10000

enum { SEEN, DELETED };

static struct mailimap_set *
set_of(const struct uids *uids)
{
	struct mailimap_set *set = mailimap_set_new_empty();

	for (size_t i = 0; i < uids->count; i++)
		mailimap_set_add_single(set, uids->items[i]);
	return set;
}

static void
store(struct session *s, struct mailimap_set *set, int flag)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_store_att_flags *what;

	mailimap_flag_list_add(
	    flags, flag == SEEN ? mailimap_flag_new_seen() : mailimap_flag_new_deleted());
	what = mailimap_store_att_flags_new_add_flags_silent(flags);
	session_begin(s, 0, CHATTER, FLAG_LINES);
	mailimap_uid_store(s->imap, set, what);
	mailimap_store_att_flags_free(what);
}

int
session_flag(struct session *s, const struct uids *uids, struct err *err)
{
	struct mailimap_set *set = set_of(uids);

	s->stage = IMAP_AT_AFTER;
	store(s, set, SEEN);
	mailimap_set_free(set);
	return session_check(s, ERR_PEER, "mark mails as read", err);
}

static int
no_target(struct session *s, const char *folder, struct err *err)
{
	s->permanent = true;
	err_set(err, ERR_NOT_FOUND,
	    "cannot move mails to %.100s: does the folder exist? make it there", folder);
	session_add_words(s, err);
	return ERR_NOT_FOUND;
}

static int
copied(struct session *s, const char *folder, struct err *err)
{
	int rc = session_check(s, ERR_PEER, "move mails", err);

	return rc < 0 && s->stream->guard.status == GUARD_NO ? no_target(s, folder, err) : rc;
}

/* By UID EXPUNGE only: a plain EXPUNGE would take what somebody else deleted. */
static int
copy_and_expunge(struct session *s, struct mailimap_set *set, const char *name, struct err *err)
{
	int rc;

	session_begin(s, 0, CHATTER, FLAG_LINES);
	mailimap_uid_copy(s->imap, set, name);
	rc = copied(s, name, err);
	if (rc < 0)
		return rc;
	store(s, set, DELETED);
	rc = session_check(s, ERR_PEER, "mark mails as deleted", err);
	if (rc < 0)
		return rc;
	session_begin(s, 0, CHATTER, FLAG_LINES);
	mailimap_uid_expunge(s->imap, set);
	return session_check(s, ERR_PEER, "remove mails that were copied", err);
}

int
session_move(struct session *s, const struct uids *uids, const char *folder, struct err *err)
{
	AUTO(str_donep) struct str name = STR_INIT(2048);
	struct mailimap_set *set;
	int rc;

	s->stage = IMAP_AT_AFTER;
	s->permanent = true;
	if (!folder_encode(folder, &name) || strpbrk(folder, "\r\n"))
		return err_set(err, ERR_INVALID, "a folder's name is not one line of UTF-8");
	if (!session_can(s, "MOVE") && !session_can(s, "UIDPLUS"))
		return err_set(err, ERR_INVALID,
		    "it can neither MOVE mails nor UID EXPUNGE them (UIDPLUS): have mails marked "
		    "as "
		    "read instead");
	s->permanent = false;
	set = set_of(uids);
	if (session_can(s, "MOVE")) {
		session_begin(s, 0, CHATTER, FLAG_LINES);
		mailimap_uid_move(s->imap, set, str_text(&name));
		rc = copied(s, folder, err);
	} else {
		rc = copy_and_expunge(s, set, str_text(&name), err);
	}
	mailimap_set_free(set);
	return rc;
}
