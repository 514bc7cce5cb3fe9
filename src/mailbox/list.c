/* What lies in the folder: size and date first, a window of UIDs at a time. */
#include "session_priv.h"

#include <time.h>

#define UID_MAX ((int64_t)UINT32_MAX)
#define WINDOW_BYTES ((int64_t)256 << 20) /* of the lines of one window, dropped ones too */

struct walk {
	struct session *s;
	struct listing *out;
	int64_t first, last; /* the window */
	bool backward; /* a UID came that is not above the one before */
};

static utc_ms
date_of(const struct mailimap_date_time *d)
{
	struct tm tm = {
		.tm_year = d->dt_year - 1900,
		.tm_mon = d->dt_month - 1,
		.tm_mday = d->dt_day,
		.tm_hour = d->dt_hour,
		.tm_min = d->dt_min,
		.tm_sec = d->dt_sec,
	};
	int64_t zone = ((int64_t)d->dt_zone / 100 * 60 + d->dt_zone % 100) * 60;

	if (d->dt_year < 1970 || d->dt_year > 9999 || d->dt_month < 1 || d->dt_month > 12)
		return 0;
	return ((int64_t)timegm(&tm) - zone) * MS_SECOND;
}

static void
read_item(const struct mailimap_msg_att_static *item, struct entry *out)
{
	switch (item->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		out->uid = item->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		out->size = item->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_INTERNALDATE:
		out->date = date_of(item->att_data.att_internal_date);
		break;
	default:
		break;
	}
}

static void
read_entry(const struct mailimap_msg_att *att, struct entry *out)
{
	*out = (struct entry){ .size = -1 };
	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
			read_item(item->att_data.att_static, out);
	}
}

/* A mail without a size is no answer to our question but news of its flags. */
static void
take_entry(struct walk *w, const struct entry *entry)
{
	struct listing *out = w->out;

	if (entry->size < 0 || entry->uid < w->first || entry->uid > w->last)
		return;
	if (out->count > 0 && entry->uid <= out->entries[out->count - 1].uid)
		w->backward = true;
	else if (out->count < out->most)
		out->entries[out->count++] = *entry;
}

static struct mailimap_fetch_type *
wanted(void)
{
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();

	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_rfc822_size());
	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_internaldate());
	return type;
}

/* The entries of one window; each a line, of which the guard passes on as many as we have room for. */
static int
ask_window(struct walk *w, struct err *err)
{
	struct session *s = w->s;
	struct mailimap_set *set = mailimap_set_new_interval((uint32_t)w->first, (uint32_t)w->last);
	struct mailimap_fetch_type *type = wanted();
	clist *found = NULL;
	int rc;

	session_begin(s, 0, WINDOW_BYTES, (int64_t)w->out->most);
	rc = mailimap_uid_fetch(s->imap, set, type, &found);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	if (rc == MAILIMAP_NO_ERROR)
		for (clistiter *i = clist_begin(found); i; i = clist_next(i)) {
			struct entry entry;

			read_entry(clist_content(i), &entry);
			take_entry(w, &entry);
		}
	if (rc == MAILIMAP_NO_ERROR && found)
		mailimap_fetch_list_free(found);
	if (w->backward)
		return err_set(err, ERR_PEER, "its UIDs do not ascend");
	if (rc != MAILIMAP_NO_ERROR && s->stream->guard.status == GUARD_OK)
		return session_broke(s, err);
	return session_check(s, ERR_PEER, "list the folder", err);
}

/* The highest UID there is; "*" names the last mail, wherever that stands. */
static int
ask_highest(struct session *s, struct err *err)
{
	int rc = session_send(s, "UID FETCH * (UID)", err);
	const char *line;

	if (rc < 0)
		return rc;
	s->stream->guard.fetch_room = 1000;
	while ((line = stream_read_line(s->stream)) && !session_is_tagged(s, line)) {
		const char *fetch = text_find_nocase(line, " FETCH (");
		const char *at = fetch ? text_find_nocase(fetch, "UID ") : NULL;
		int64_t uid = 0;

		for (at = at ? at + 4 : ""; *at >= '0' && *at <= '9'; at++)
			uid = uid * 10 + (*at - '0'); /* the guard saw that it fits */
		if (uid > s->highest)
			s->highest = uid;
	}
	if (!line)
		return session_broke(s, err);
	/* An empty folder has no last mail; some servers call the question wrong then. */
	return 0;
}

/*
 * Windows grow while they are empty, so that a folder whose UIDs lie far
 * apart is walked in a few steps, and one that is full in small ones.
 */
static int
walk(struct walk *w, struct err *err)
{
	int64_t width = (int64_t)w->out->most;
	int rc = 0;

	while (rc == 0 && w->out->count == 0 && w->first <= w->s->highest) {
		w->last = w->first + width - 1;
		if (w->last > w->s->highest)
			w->last = w->s->highest;
		rc = ask_window(w, err);
		w->first = w->last + 1;
		width *= 4;
	}
	return rc;
}

static void
conclude(struct walk *w)
{
	struct listing *out = w->out;

	out->next = w->first;
	/* What had no room is asked for again. */
	if (w->s->stream->guard.dropped > 0 && out->count > 0)
		out->next = (int64_t)out->entries[out->count - 1].uid + 1;
	out->more = out->next <= w->s->highest;
}

int
session_list(struct session *s, int64_t first, struct listing *out, struct err *err)
{
	struct walk w = { .s = s, .out = out, .first = first < 1 ? 1 : first };
	int rc = 0;

	s->stage = IMAP_AT_LIST;
	out->count = 0;
	out->next = w.first;
	out->more = false;
	/* Whatever comes from here on, the next wait hears of. */
	s->stream->guard.fresh = false;
	if (w.first > s->highest && w.first <= UID_MAX)
		rc = ask_highest(s, err);
	if (rc < 0 || w.first > s->highest)
		return rc;
	rc = walk(&w, err);
	if (rc == 0)
		conclude(&w);
	return rc;
}
