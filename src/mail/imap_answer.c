#include "imap_priv.h"

#define CAPABILITIES_MAX 8192
#define SIZE_MOST (INT64_MAX / 4)
#define TIME_MOST INT64_C(253402300800000) /* the year 10000 */

static int
nonsense(struct err *err, const char *what)
{
	return err_set(err, ERR_PEER, "the mailbox child sent %s that cannot be", what);
}

int
imap_read_opened(const struct frame *answer, struct imap_opened *out, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(2 * CAPABILITIES_MAX);
	struct imap_opened opened;
	struct field_reader r;

	field_reader_init(&r, answer->payload, answer->len);
	opened.uidvalidity = field_take_int(&r, 1, IMAP_UID_MAX);
	opened.uidnext = field_take_int(&r, 0, IMAP_UID_MAX + 1);
	opened.has_idle = field_take_int(&r, 0, 1) != 0;
	opened.has_move = field_take_int(&r, 0, 1) != 0;
	(void)field_take_text(&r, arena, CAPABILITIES_MAX);
	if (answer->kind != IMAP_OPENED || !field_is_end(&r))
		return nonsense(err, "a greeting");
	*out = opened;
	return 0;
}

/* Ascending, none below what was asked for. */
static bool
read_entries(struct field_reader *r, struct imap_list *list, struct arena *arena)
{
	int64_t least = list->first;

	list->entries = arena_alloc(arena, (list->count + 1) * sizeof(*list->entries));
	for (size_t i = 0; i < list->count && !r->bad; i++) {
		struct imap_entry *entry = &list->entries[i];

		entry->uid = field_take_int(r, least, IMAP_UID_MAX);
		entry->size = field_take_int(r, 0, SIZE_MOST);
		entry->time = field_take_int(r, -TIME_MOST, TIME_MOST);
		least = entry->uid + 1;
	}
	return field_is_end(r) && list->next >= least && (!list->more || list->next > list->first);
}

int
imap_read_listed(
    const struct frame *answer, struct imap_list *list, struct arena *arena, struct err *err)
{
	struct imap_list read = { .first = list->first, .most = list->most };
	struct field_reader r;

	field_reader_init(&r, answer->payload, answer->len);
	read.next = field_take_int(&r, 1, IMAP_UID_MAX + 1);
	read.more = field_take_int(&r, 0, 1) != 0;
	read.count = (size_t)field_take_int(&r, 0, (int64_t)read.most);
	if (answer->kind != IMAP_LISTED || r.bad || !read_entries(&r, &read, arena))
		return nonsense(err, "a list");
	*list = read;
	return 0;
}

int
imap_read_mail(const struct frame *answer, const struct imap_fetch *fetch, size_t *from,
    struct imap_letter *out, struct err *err)
{
	struct imap_letter letter;
	struct field_reader r;
	size_t at = *from;
	int64_t uid;

	field_reader_init(&r, answer->payload, answer->len);
	uid = field_take_int(&r, 1, IMAP_UID_MAX);
	letter.bytes = field_take(&r, &letter.n);
	if (answer->kind != IMAP_MAIL || !field_is_end(&r))
		return nonsense(err, "a letter");
	while (at < fetch->count && fetch->uids[at] != uid)
		at++;
	if (at == fetch->count)
		return err_set(err, ERR_PEER,
		    "the mailbox child sent UID %lld, which nobody asked for now", (long long)uid);
	letter.which = at;
	*from = at + 1;
	*out = letter;
	return 0;
}

int
imap_read_news(const struct frame *answer, bool *out, struct err *err)
{
	struct field_reader r;
	bool news;

	field_reader_init(&r, answer->payload, answer->len);
	news = field_take_int(&r, 0, 1) != 0;
	if (answer->kind != IMAP_NEWS || !field_is_end(&r))
		return nonsense(err, "news");
	*out = news;
	return 0;
}

int
imap_read_failed(const struct frame *answer, struct imap_trouble *out, struct err *said)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4 * sizeof(said->text));
	struct imap_trouble trouble = { 0 };
	struct field_reader r;
	const char *text;
	int code;

	field_reader_init(&r, answer->payload, answer->len);
	trouble.stage = (enum imap_stage)field_take_int(&r, IMAP_AT_CONNECT, IMAP_AT_WAIT);
	code = (int)field_take_int(&r, ERR_FULL, ERR_NOT_FOUND);
	trouble.is_final = field_take_int(&r, 0, 1) != 0;
	text = field_take_text(&r, arena, sizeof(said->text));
	if (answer->kind != IMAP_FAILED || !field_is_end(&r))
		return nonsense(said, "an excuse");
	*out = trouble;
	err_set(said, code, "%s", text);
	return 0;
}
