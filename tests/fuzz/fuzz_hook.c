/*
 * Property: an event that hook_read() takes keeps every bound of flow/hook.h
 * and holds valid UTF-8 only; one that it refuses is refused with a code, a
 * sentence and a pointer whose parent is in the document (the last step may
 * name what is missing), wherever the document is JSON at all.
 */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/hook.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check_text(const char *text, size_t max, bool has_lines)
{
	if (text == NULL)
		return;
	demand(strlen(text) <= max && utf8_is_valid(text, strlen(text)));
	for (const char *c = text; *c != '\0'; c++)
		demand((unsigned char)*c >= 0x20 || (has_lines && (*c == '\n' || *c == '\t')));
}

static void
check_person(const struct hook_person *person)
{
	check_text(person->email, 512, false);
	check_text(person->name, HOOK_NAME_MAX, false);
	demand(person->name != NULL);
	if (person->email != NULL && *person->email != '\0')
		demand(strchr(person->email, '@') != NULL);
}

static void
check_words(const struct hook_words *words)
{
	check_text(words->text, HOOK_TEXT_MAX, true);
	demand(words->html == NULL || strlen(words->html) <= HOOK_TEXT_MAX);
	demand(words->html == NULL || words->text == NULL);
}

static void
check_message(const struct hook_message *message)
{
	check_text(message->id, HOOK_ID_MAX, false);
	demand(message->id != NULL && *message->id != '\0');
	check_words(&message->words);
	demand(message->words.text != NULL || message->words.html != NULL);
	check_person(&message->from);
	demand(message->at >= 0);
}

static void
check_ticket(const struct hook_ticket *ticket)
{
	demand(ticket->id != NULL && *ticket->id != '\0');
	check_text(ticket->id, HOOK_ID_MAX, false);
	check_text(ticket->title, HOOK_TITLE_MAX, false);
	check_text(ticket->customer, HOOK_WORD_MAX, false);
	check_text(ticket->customer_name, HOOK_NAME_MAX, false);
	check_text(ticket->priority, HOOK_WORD_MAX, false);
	check_text(ticket->status, HOOK_WORD_MAX, false);
	check_text(ticket->url, HOOK_URL_MAX, false);
	check_text(ticket->attributes, HOOK_ATTRIBUTES_MAX, false);
	check_words(&ticket->description);
	check_person(&ticket->requester);
	check_person(&ticket->engineer);
	check_person(&ticket->owner);
	demand(ticket->domain_count <= HOOK_DOMAINS_MAX);
	for (size_t i = 0; i < ticket->domain_count; i++)
		check_text(ticket->domains[i], 512, false);
	demand(ticket->message_count <= HOOK_MESSAGES_MAX + 1);
	for (size_t i = 0; i < ticket->message_count; i++)
		check_message(&ticket->messages[i]);
}

static void
check_event(const struct hook_event *event)
{
	demand(event->type != NULL && event->at >= 0);
	demand(event->ticket_count >= 1 && event->ticket_count <= HOOK_TICKETS_MAX);
	demand(event->kind == HOOK_ASK || event->ticket_count == 1);
	check_text(event->question, HOOK_QUESTION_MAX, false);
	check_text(event->summary, HOOK_SUMMARY_MAX, true);
	for (size_t i = 0; i < event->ticket_count; i++)
		check_ticket(&event->tickets[i]);
}

static size_t
index_of(const char *digits)
{
	int64_t n = 0;

	demand(num_parse_within(digits, 0, HOOK_BODY_MAX, &n));
	return (size_t)n;
}

/* One step of a pointer, unescaped; NULL when there is nothing. */
static const json_t *
step_into(const json_t *json, const char *step, size_t n)
{
	char key[STRICT_POINTER_MAX];
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		if (step[i] == '~' && i + 1 < n)
			key[used++] = step[++i] == '1' ? '/' : '~';
		else
			key[used++] = step[i];
	key[used] = '\0';
	if (json_is_array(json))
		return json_array_get(json, index_of(key));
	return json_object_get(json, key);
}

static void
check_pointer(const json_t *json, const char *pointer)
{
	/* Names of strangers may be clipped in it; those of the format never are. */
	while (*pointer == '/') {
		size_t n = strcspn(++pointer, "/");

		/* An object of the event may be missing whole; so what lies in it is, too. */
		if (json != NULL)
			json = step_into(json, pointer, n);
		pointer += n;
	}
	demand(*pointer == '\0');
}

static void
check_fault(const char *body, size_t n, const struct strict_fault *fault)
{
	json_t *json = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);

	demand(fault->code != NULL && *fault->code != '\0' && fault->message[0] != '\0');
	demand(strlen(fault->pointer) < STRICT_POINTER_MAX);
	demand(utf8_is_valid(fault->pointer, strlen(fault->pointer)));
	demand(fault->pointer[0] == '\0' || fault->pointer[0] == '/');
	if (json == NULL)
		demand(text_is(fault->code, "syntax") || text_is(fault->code, "doubled-key") ||
		    text_is(fault->code, "too-deep"));
	else
		check_pointer(json, fault->pointer);
	json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
	const char *body = (const char *)data;
	struct strict_fault fault = { .code = NULL };
	struct hook_event event;

	if (size > HOOK_BODY_MAX)
		return 0;
	if (hook_read(body, size, arena, &event, &fault))
		check_event(&event);
	else
		check_fault(body, size, &fault);
	return 0;
}
