/* Letters, one command a batch, each handed on as it comes. */
#include "session_priv.h"

#define HEADER_MAX ((uint32_t)60 << 10)
#define LINES_MAX ((int64_t)1 << 20) /* bytes around the letters */

struct fetch { /* under way */
	struct session *s;
	const struct fetching *f;
	bool *had; /* of each UID: its letter was handed on */
	struct str letter; /* the one that comes in */
	const void *section; /* which of the library's it is of */
	bool twice; /* one answer held two */
	int rc;
	struct err err;
};

/* Where uid stands among those asked for; -1 when it does not. */
static long
place_of(const struct uids *uids, uint32_t uid)
{
	size_t from = 0, to = uids->count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (uids->items[mid] == uid)
			return (long)mid;
		if (uids->items[mid] < uid)
			from = mid + 1;
		else
			to = mid;
	}
	return -1;
}

static bool
on_bytes(
    int type, struct mailimap_msg_att_body_section *section, const char *bytes, size_t n, void *arg)
{
	struct fetch *f = arg;

	(void)type;
	if (f->section && f->section != section)
		f->twice = true;
	f->section = section;
	str_add_n(&f->letter, bytes, n);
	return !str_overflowed(&f->letter) && !f->twice && f->rc == 0;
}

/* What this answer says of itself: its UID, and whether a letter is in it. */
static uint32_t
read_answer(const struct mailimap_msg_att *att, bool *has_letter)
{
	uint32_t uid = 0;

	*has_letter = false;
	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);
		const struct mailimap_msg_att_static *is;

		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		is = item->att_data.att_static;
		if (is->att_type == MAILIMAP_MSG_ATT_UID)
			uid = is->att_data.att_uid;
		/* NIL where a mail has gone meanwhile; "" of length 0 is a letter all the same. */
		if (is->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			*has_letter = is->att_data.att_body_section->sec_body_part != NULL;
	}
	return uid;
}

static void
on_answer(struct mailimap_msg_att *att, void *arg)
{
	struct fetch *f = arg;
	bool has_letter;
	uint32_t uid = read_answer(att, &has_letter);
	long at = place_of(f->f->uids, uid);

	if (f->rc == 0 && has_letter && at >= 0 && !f->had[at]) {
		f->had[at] = true;
		f->rc = f->f->letter(f->f->arg, uid, str_text(&f->letter), f->letter.len);
		/* The daemon's pace is not the server's fault. */
		stream_begin(f->s->stream);
	}
	str_clear(&f->letter);
	f->section = NULL;
	if (f->rc < 0) {
		err_set(&f->err, ERR_NOT_FOUND, "the daemon has gone");
		stream_fail(f->s->stream, &f->err);
	}
}

static void
no_progress(size_t current, size_t maximum, void *arg)
{
	(void)current;
	(void)maximum;
	(void)arg;
}

/* Runs as intervals, so that the command stays short. */
static struct mailimap_set *
set_of(const struct uids *uids)
{
	struct mailimap_set *set = mailimap_set_new_empty();

	for (size_t i = 0; i < uids->count;) {
		size_t last = i;

		while (last + 1 < uids->count && uids->items[last + 1] == uids->items[last] + 1)
			last++;
		mailimap_set_add_interval(set, uids->items[i], uids->items[last]);
		i = last + 1;
	}
	return set;
}

/* RFC822.SIZE is not asked for here: what counts is what comes. */
static struct mailimap_fetch_type *
wanted(enum imap_part part)
{
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	struct mailimap_fetch_att *body = part == IMAP_HEADER
	    ? mailimap_fetch_att_new_body_peek_section_partial(
		  mailimap_section_new_header(), 0, HEADER_MAX)
	    : mailimap_fetch_att_new_body_peek_section(mailimap_section_new(NULL));

	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, body);
	return type;
}

static int64_t
largest(const struct session *s, enum imap_part part)
{
	return part == IMAP_HEADER ? HEADER_MAX : s->what.max_size;
}

static int
ask(struct fetch *f, struct err *err)
{
	struct session *s = f->s;
	int64_t count = (int64_t)f->f->uids->count, most = largest(s, f->f->part);
	struct mailimap_set *set = set_of(f->f->uids);
	struct mailimap_fetch_type *type = wanted(f->f->part);
	clist *found = NULL;
	int rc;

	session_begin(s, most, count * most + LINES_MAX, 4 * count + 1000);
	mailimap_set_progress_callback(s->imap, no_progress, no_progress, NULL);
	mailimap_set_msg_att_handler(s->imap, on_answer, f);
	mailimap_set_msg_body_handler(s->imap, on_bytes, f);
	rc = mailimap_uid_fetch(s->imap, set, type, &found);
	mailimap_set_msg_body_handler(s->imap, NULL, NULL);
	mailimap_set_msg_att_handler(s->imap, NULL, NULL);
	mailimap_set_progress_callback(s->imap, NULL, NULL, NULL);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	if (rc == MAILIMAP_NO_ERROR && found)
		mailimap_fetch_list_free(found);
	if (f->twice || str_overflowed(&f->letter))
		return err_set(err, ERR_PEER, "it sends two letters as one");
	if (rc != MAILIMAP_NO_ERROR && s->stream->guard.status == GUARD_OK)
		return session_broke(s, err);
	return session_check(s, ERR_PEER, "fetch mails", err);
}

int
session_fetch(struct session *s, const struct fetching *f, struct err *err)
{
	AUTO(mem_freep) bool *had = mem_alloc(f->uids->count * sizeof(bool) + 1);
	struct fetch fetch = {
		.s = s,
		.f = f,
		.had = had,
		.letter = STR_INIT((size_t)largest(s, f->part)),
	};
	int rc;

	s->stage = IMAP_AT_FETCH;
	rc = ask(&fetch, err);
	str_done(&fetch.letter);
	return rc;
}
