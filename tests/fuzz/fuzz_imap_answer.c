/*
 * Whatever a mailbox child answers: what is believed keeps the promises of
 * mail/imap.h, lies inside the answer, and a refusal changes nothing. The first
 * byte says which answer was expected, the second how much was asked for.
 */
#include "mail/imap_priv.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
a_list_is_ascending_and_bounded(const struct frame *answer, uint8_t asked)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 20);
	struct imap_list list = { .first = 1 + asked / 2, .most = asked };
	const struct imap_list before = list;
	struct err err;

	if (imap_read_listed(answer, &list, arena, &err) < 0) {
		assert(memcmp(&list, &before, sizeof(list)) == 0);
		return;
	}
	assert(list.count <= asked && list.next <= IMAP_UID_MAX + 1);
	for (size_t i = 0; i < list.count; i++) {
		assert(list.entries[i].uid >= (i ? list.entries[i - 1].uid + 1 : list.first));
		assert(list.entries[i].uid < list.next && list.entries[i].size >= 0);
	}
	assert(!list.more || list.next > list.first);
}

/* The same answer twice is one letter, as are any that go backwards. */
static void
a_letter_is_one_that_was_asked_for(const struct frame *answer, uint8_t asked)
{
	static const int64_t uids[] = { 7, 41, 42, 900, IMAP_UID_MAX };
	struct imap_fetch fetch = { .uids = uids, .count = 1 + asked % ARRAY_LEN(uids) };
	struct imap_letter letter;
	size_t from = 0, then;
	struct err err;

	if (imap_read_mail(answer, &fetch, &from, &letter, &err) < 0) {
		assert(from == 0 && err.code == ERR_PEER);
		return;
	}
	assert(letter.which < fetch.count && from == letter.which + 1);
	assert(letter.bytes >= answer->payload &&
	    letter.bytes + letter.n == answer->payload + answer->len);
	then = from;
	assert(imap_read_mail(answer, &fetch, &then, &letter, &err) < 0 && then == from);
}

static void
a_greeting_names_a_folder(const struct frame *answer)
{
	struct imap_opened opened = { .uidvalidity = -1 };
	struct err err;

	if (imap_read_opened(answer, &opened, &err) < 0) {
		assert(opened.uidvalidity == -1);
		return;
	}
	assert(opened.uidvalidity >= 1 && opened.uidvalidity <= IMAP_UID_MAX);
	assert(opened.uidnext >= 0 && opened.uidnext <= IMAP_UID_MAX + 1);
}

static void
an_excuse_is_an_error(const struct frame *answer)
{
	struct imap_trouble trouble = { .stage = IMAP_AT_WAIT };
	struct err err;

	if (imap_read_failed(answer, &trouble, &err) == 0) {
		assert(err.code <= ERR_NOT_FOUND && err.code >= ERR_FULL);
		assert(trouble.stage <= IMAP_AT_WAIT && !trouble.has_died && !trouble.is_stop);
	} else {
		assert(err.code == ERR_PEER && trouble.stage == IMAP_AT_WAIT);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame answer;
	struct err err;
	bool news;

	if (size < 2)
		return 0;
	answer = (struct frame){ .kind = (uint8_t)(IMAP_OPENED + data[0] % 6),
		.payload = (const char *)data + 2,
		.len = size - 2 };
	a_list_is_ascending_and_bounded(&answer, data[1]);
	a_letter_is_one_that_was_asked_for(&answer, data[1]);
	a_greeting_names_a_folder(&answer);
	an_excuse_is_an_error(&answer);
	assert(imap_read_news(&answer, &news, &err) < 0 || answer.len == 12);
	return 0;
}
