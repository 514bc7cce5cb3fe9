/* Whatever a child answers: it is refused, or a letter within its limits that encodes to the same bytes. */
#include <assent/base/utf8.h>
#include <assent/mail/letter.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *text, size_t max)
{
	size_t n = strlen(text);

	assert(n <= max && utf8_is_valid(text, n));
}

static void
check_addresses(const struct address_list *list)
{
	assert(list->count <= LETTER_LIST_MAX);
	for (size_t i = 0; i < list->count; i++) {
		check(list->items[i].name, LETTER_LINE_MAX);
		check(list->items[i].email, LETTER_LINE_MAX);
	}
}

static void
check_signature(const struct signature *s)
{
	assert(s->state >= SIGNATURE_NONE && s->state <= SIGNATURE_ENCRYPTED);
	check(s->sentence, LETTER_LINE_MAX);
	check(s->name, LETTER_LINE_MAX);
	assert(s->emails.count <= LETTER_LIST_MAX && s->signed_at >= 0);
	assert(s->references.count == 0 || s->state == SIGNATURE_VALID);
}

static void
check_letter(const struct letter *l)
{
	check(l->subject, LETTER_LINE_MAX);
	check(l->text, LETTER_TEXT_MAX);
	check(l->html_text, LETTER_TEXT_MAX);
	check(l->reply, LETTER_TEXT_MAX);
	check(l->automatic_why, LETTER_LINE_MAX);
	check(l->delivery.diagnostic, LETTER_LINE_MAX);
	check_addresses(&l->from);
	check_addresses(&l->cc);
	assert(l->references.count <= LETTER_LIST_MAX && l->attachment_count <= LETTER_LIST_MAX);
	assert(l->auth_count <= LETTER_LIST_MAX && l->date >= 0 && l->from_fields >= 0);
	assert(l->automatic >= AUTO_NO && l->automatic <= AUTO_RECEIPT);
	check_signature(&l->signature);
}

static void
decode_intent(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str again = STR_INIT(LETTER_ANSWER_MAX);
	struct intent intent;

	if (size < 1 || intent_decode(data + 1, size - 1, data[0] % 8, arena, &intent, NULL) < 0)
		return;
	intent_encode(&intent, &again);
	assert(again.len == size - 1 && memcmp(again.text, data + 1, again.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA_MAX);
	AUTO(str_donep) struct str again = STR_INIT(LETTER_ANSWER_MAX);
	struct letter *letter = NULL;

	if (size <= LETTER_ANSWER_MAX)
		decode_intent(data, size);
	if (letter_decode(data, size, arena, &letter, NULL) < 0) {
		assert(!letter);
		return 0;
	}
	check_letter(letter);
	letter_encode(letter, &again);
	assert(again.len == size && memcmp(again.text, data, size) == 0);
	return 0;
}
