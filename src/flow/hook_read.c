/* hook, the door: an event out of a stranger's JSON, or the place that is wrong. */
#include <assent/flow/hook.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/base/zone.h>
#include <assent/mail/compose.h>
#include <assent/mail/sender.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A place in the document, for its pointer; lies on the stack of whoever reads there. */
struct place {
	const struct place *up; /* NULL for the whole */
	const char *key; /* NULL: the item number index */
	size_t index;
	const json_t *json; /* what is there */
};

struct reading {
	struct arena *arena;
	struct strict_fault *fault;
	bool failed; /* the first fault is the one that is told */
};

/* --- faults ------------------------------------------------------------------ */

static void
add_place(const struct place *place, struct str *out)
{
	if (place->up == NULL)
		return;
	add_place(place->up, out);
	if (place->key != NULL)
		strict_add_key(out, place->key, strlen(place->key));
	else
		str_addf(out, "/%zu", place->index);
}

static void fail(struct reading *r, const struct place *place, const char *code, const char *fmt,
    ...) PRINTF(4, 5);

static void
fail(struct reading *r, const struct place *place, const char *code, const char *fmt, ...)
{
	AUTO(str_donep) struct str pointer = STR_INIT(STRICT_POINTER_MAX - 1);
	va_list args;

	if (r->failed)
		return;
	r->failed = true;
	r->fault->code = code;
	add_place(place, &pointer);
	snprintf(r->fault->pointer, sizeof(r->fault->pointer), "%s", str_text(&pointer));
	va_start(args, fmt);
	vsnprintf(r->fault->message, sizeof(r->fault->message), fmt, args);
	va_end(args);
}

/* null says nothing, as if the key were not there. */
static struct place
member(const struct place *object, const char *key)
{
	const json_t *json = json_object_get(object->json, key);

	return (struct place){ object, key, 0, json_is_null(json) ? NULL : json };
}

/* --- texts ------------------------------------------------------------------- */

struct bounds {
	size_t max; /* bytes */
	bool is_needed;
	bool has_lines;
	bool may_be_number; /* ids */
};

/* Is there nothing to clean? Most texts are of this kind. */
static bool
is_plain(const char *text, size_t n, bool has_lines)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] - 0x20u >= 0x7fu - 0x20u &&
		    !(has_lines && (text[i] == '\n' || text[i] == '\t')))
			return false;
	return true;
}

static const char *
clean(struct reading *r, const char *text, size_t n, bool has_lines)
{
	AUTO(str_donep) struct str out = STR_INIT(4 * n + 1);

	if (is_plain(text, n, has_lines))
		return has_lines ? arena_dup_n(r->arena, text, n)
				 : text_trim(arena_dup_n(r->arena, text, n));
	if (has_lines)
		utf8_add_visible(&out, text, n);
	else
		utf8_add_line(&out, text, 4 * n + 1);
	return has_lines ? arena_dup_n(r->arena, str_text(&out), out.len)
			 : text_trim(arena_dup_n(r->arena, str_text(&out), out.len));
}

static const char *
take_number(struct reading *r, const struct place *place)
{
	return arena_printf(r->arena, "%lld", (long long)json_integer_value(place->json));
}

static const char *
take_raw(struct reading *r, const struct place *place, const struct bounds *bounds)
{
	size_t n = json_string_length(place->json);

	if (place->json == NULL && bounds->is_needed)
		fail(r, place, "missing", "this is needed");
	if (place->json == NULL)
		return NULL;
	if (!json_is_string(place->json)) {
		fail(r, place, "wrong-type", "expected a text");
		return NULL;
	}
	if (n > bounds->max) {
		fail(r, place, "too-long", "%zu bytes are more than the %zu there may be", n,
		    bounds->max);
		return NULL;
	}
	return json_string_value(place->json);
}

/* NULL when there is none, and after a fault. */
static const char *
take_text(struct reading *r, const struct place *object, const char *key, struct bounds bounds)
{
	const struct place place = member(object, key);
	const char *text;

	if (bounds.may_be_number && json_is_integer(place.json))
		return take_number(r, &place);
	text = take_raw(r, &place, &bounds);
	if (text == NULL)
		return NULL;
	text = clean(r, text, json_string_length(place.json), bounds.has_lines);
	if (bounds.is_needed && text_is_blank(text))
		fail(r, &place, "missing", "this is empty");
	return text;
}

static const char *
take_word(struct reading *r, const struct place *object, const char *key, size_t max)
{
	return take_text(r, object, key, (struct bounds){ .max = max });
}

static const char *
take_id(struct reading *r, const struct place *object)
{
	return take_text(r, object, "id",
	    (struct bounds){ .max = HOOK_ID_MAX, .is_needed = true, .may_be_number = true });
}

static utc_ms
take_time(struct reading *r, const struct place *object, const char *key, utc_ms fallback)
{
	const struct place place = member(object, key);
	const char *text = take_raw(r, &place, &(struct bounds){ .max = 64 });
	utc_ms at = fallback;

	if (text != NULL && (!utc_parse_iso(text, &at) || at < 0))
		fail(r, &place, "invalid", "expected a time such as 2026-11-16T09:00:00Z");
	return at;
}

/* Either as text or as HTML. */
static struct hook_words
take_words(struct reading *r, const struct place *object, const char *key, const char *html_key)
{
	const struct place html = member(object, html_key);
	const struct bounds most = { .max = HOOK_TEXT_MAX };
	const char *raw = take_raw(r, &html, &most);
	struct hook_words words = {
		.text = take_text(
		    r, object, key, (struct bounds){ .max = HOOK_TEXT_MAX, .has_lines = true }),
		.html = arena_dup(r->arena, raw),
	};

	if (words.text != NULL && words.html != NULL)
		fail(r, &html, "invalid", "give either %s or %s", key, html_key);
	return words;
}

/* --- people ------------------------------------------------------------------ */

static const char *
take_email(struct reading *r, const struct place *object, const char *key)
{
	const struct place place = member(object, key);
	const char *given = take_raw(r, &place, &(struct bounds){ .max = 254 });
	char *email;

	if (given == NULL || *given == '\0')
		return given;
	email = arena_dup(r->arena, sender_ascii_address(r->arena, given));
	text_lower(email);
	if (!address_is_plain(email))
		fail(r, &place, "invalid", "this is not a mail address");
	return email;
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* {"email", "name"} at key. */
static struct hook_person
take_person(struct reading *r, const struct place *object, const char *key)
{
	const struct place place = member(object, key);
	struct hook_person person = { NULL, "" };

	if (place.json == NULL)
		return person;
	if (!json_is_object(place.json)) {
		fail(r, &place, "wrong-type", "expected an object with email and name");
		return person;
	}
	person.email = or_empty(take_email(r, &place, "email"));
	person.name = or_empty(take_word(r, &place, "name", HOOK_NAME_MAX));
	return person;
}

static const char *
take_domain(struct reading *r, const struct place *place)
{
	const char *text = take_raw(r, place, &(struct bounds){ .max = 253, .is_needed = true });
	char *email;

	if (text == NULL)
		return "";
	email = arena_printf(r->arena, "x@%s", text);
	email = arena_dup(r->arena, sender_ascii_address(r->arena, email));
	text_lower(email);
	if (!address_is_plain(email) || strchr(email + 2, '@') != NULL)
		fail(r, place, "invalid", "this is not a domain");
	return email + 2;
}

/* --- lists ------------------------------------------------------------------- */

/* The number of items at place; 0 after a fault. */
static size_t
count_list(struct reading *r, const struct place *place, size_t most)
{
	size_t n = json_array_size(place->json);

	if (place->json == NULL)
		return 0;
	if (!json_is_array(place->json))
		fail(r, place, "wrong-type", "expected a list");
	else if (n > most)
		fail(r, place, "too-long", "%zu entries are more than the %zu there may be", n,
		    most);
	return n > most ? 0 : n;
}

static struct place
item(const struct place *list, size_t i)
{
	return (struct place){ list, NULL, i, json_array_get(list->json, i) };
}

static void
take_domains(struct reading *r, const struct place *object, struct hook_ticket *out)
{
	const struct place list = member(object, "domains");
	size_t n = count_list(r, &list, HOOK_DOMAINS_MAX);

	out->domains = arena_alloc(r->arena, (n + 1) * sizeof(*out->domains));
	for (size_t i = 0; i < n; i++) {
		const struct place place = item(&list, i);
		out->domains[out->domain_count++] = take_domain(r, &place);
	}
}

static void
take_message(struct reading *r, const struct place *place, utc_ms at, struct hook_message *out)
{
	const struct place is_public = member(place, "public");
	struct place text = member(place, "text");

	if (!json_is_object(place->json)) {
		fail(r, place, place->json != NULL ? "wrong-type" : "missing",
		    "expected a message as an object");
		return;
	}
	out->id = take_id(r, place);
	out->words = take_words(r, place, "text", "html");
	out->from = take_person(r, place, "from");
	out->at = take_time(r, place, "at", at);
	/* No default: a guess could show an internal note to a customer. */
	if (!json_is_boolean(is_public.json))
		fail(r, &is_public, is_public.json != NULL ? "wrong-type" : "missing",
		    "expected true or false");
	out->is_public = json_is_true(is_public.json);
	if (out->words.text == NULL && out->words.html == NULL)
		fail(r, &text, "missing", "a message needs text or html");
}

static void
take_messages(struct reading *r, const struct place *object, utc_ms at, struct hook_ticket *out)
{
	const struct place list = member(object, "messages");
	size_t n = count_list(r, &list, HOOK_MESSAGES_MAX);

	/* One more for message.added. */
	out->messages = arena_alloc(r->arena, (n + 1) * sizeof(*out->messages));
	for (size_t i = 0; i < n && !r->failed; i++) {
		const struct place place = item(&list, i);
		take_message(r, &place, at, &out->messages[out->message_count++]);
	}
}

/* --- tickets ----------------------------------------------------------------- */

static int
add_chunk(const char *bytes, size_t n, void *text)
{
	str_add_n(text, bytes, n);
	return 0;
}

static const char *
take_attributes(struct reading *r, const struct place *object)
{
	const struct place place = member(object, "attributes");
	AUTO(str_donep) struct str text = STR_INIT(HOOK_ATTRIBUTES_MAX);

	if (place.json == NULL)
		return NULL;
	if (!json_is_object(place.json)) {
		fail(r, &place, "wrong-type", "expected an object");
		return NULL;
	}
	json_dump_callback(place.json, add_chunk, &text, JSON_COMPACT | JSON_SORT_KEYS);
	if (str_overflowed(&text))
		fail(r, &place, "too-long", "more than %zu bytes", HOOK_ATTRIBUTES_MAX);
	return arena_dup_n(r->arena, str_text(&text), text.len);
}

static const char *
take_url(struct reading *r, const struct place *object)
{
	const struct place place = member(object, "url");
	const char *url = take_word(r, object, "url", HOOK_URL_MAX);

	if (url == NULL || *url == '\0')
		return url;
	if (!text_starts(url, "https://") && !text_starts(url, "http://"))
		fail(r, &place, "invalid", "expected an http or https address");
	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			fail(r, &place, "invalid", "a URL has visible ASCII only");
	return url;
}

static void
take_ticket(struct reading *r, const struct place *place, utc_ms at, struct hook_ticket *out)
{
	if (!json_is_object(place->json)) {
		fail(r, place, place->json != NULL ? "wrong-type" : "missing",
		    "expected a ticket as an object");
		return;
	}
	out->id = take_id(r, place);
	out->title = take_word(r, place, "title", HOOK_TITLE_MAX);
	out->description = take_words(r, place, "description", "description_html");
	out->requester = take_person(r, place, "requester");
	out->engineer = take_person(r, place, "engineer");
	out->owner.email = take_email(r, place, "owner_email");
	out->owner.name = or_empty(take_word(r, place, "owner_name", HOOK_NAME_MAX));
	out->customer = take_word(r, place, "customer", HOOK_WORD_MAX);
	out->customer_name = take_word(r, place, "customer_name", HOOK_NAME_MAX);
	out->priority = take_word(r, place, "priority", HOOK_WORD_MAX);
	out->status = take_word(r, place, "status", HOOK_WORD_MAX);
	out->url = take_url(r, place);
	out->attributes = take_attributes(r, place);
	take_domains(r, place, out);
	take_messages(r, place, at, out);
}

static void
take_one(struct reading *r, const struct place *data, struct hook_event *out)
{
	const struct place ticket = member(data, "ticket");

	out->tickets = arena_alloc(r->arena, sizeof(*out->tickets));
	out->ticket_count = 1;
	take_ticket(r, &ticket, out->at, out->tickets);
}

/* --- events ------------------------------------------------------------------ */

static void
need(struct reading *r, const struct place *data, const char *key, const char *value)
{
	const struct place ticket = member(data, "ticket");
	const struct place place = member(&ticket, key);

	if (text_is_blank(or_empty(value)))
		fail(r, &place, "missing", "an event of this type needs it");
}

static void
read_created(struct reading *r, const struct place *data, struct hook_event *out)
{
	take_one(r, data, out);
	need(r, data, "title", out->tickets->title);
}

static void
read_updated(struct reading *r, const struct place *data, struct hook_event *out)
{
	take_one(r, data, out);
}

static void
read_message(struct reading *r, const struct place *data, struct hook_event *out)
{
	const struct place message = member(data, "message");

	take_one(r, data, out);
	if (!r->failed)
		take_message(
		    r, &message, out->at, &out->tickets->messages[out->tickets->message_count++]);
}

static void
read_status(struct reading *r, const struct place *data, struct hook_event *out)
{
	take_one(r, data, out);
	need(r, data, "status", out->tickets->status);
}

static void
read_many(struct reading *r, const struct place *list, struct hook_event *out)
{
	size_t n = count_list(r, list, HOOK_TICKETS_MAX);

	if (n == 0)
		fail(r, list, "missing", "no ticket is named");
	out->tickets = arena_alloc(r->arena, (n + 1) * sizeof(*out->tickets));
	for (size_t i = 0; i < n && !r->failed; i++) {
		const struct place place = item(list, i);
		take_ticket(r, &place, out->at, &out->tickets[out->ticket_count++]);
	}
}

static void
read_ask(struct reading *r, const struct place *data, struct hook_event *out)
{
	const struct place list = member(data, "tickets"), ticket = member(data, "ticket");

	if (list.json != NULL && ticket.json != NULL)
		fail(r, &list, "invalid", "give either ticket or tickets");
	if (list.json != NULL)
		read_many(r, &list, out);
	else
		take_one(r, data, out);
	out->question = or_empty(take_word(r, data, "question", HOOK_QUESTION_MAX));
	out->summary = or_empty(take_text(
	    r, data, "summary", (struct bounds){ .max = HOOK_SUMMARY_MAX, .has_lines = true }));
}

/* clang-format off */
static const struct {
	const char *type;
	enum hook_kind kind;
	void (*read)(struct reading *r, const struct place *data, struct hook_event *out);
} types[] = {
	{ "ticket.created",	HOOK_TICKET,	read_created },
	{ "ticket.updated",	HOOK_TICKET,	read_updated },
	{ "message.added",	HOOK_MESSAGE,	read_message },
	{ "status.changed",	HOOK_STATUS,	read_status },
	{ "approval.requested",	HOOK_ASK,	read_ask },
};
/* clang-format on */

static void
read_type(struct reading *r, const struct place *whole, struct hook_event *out)
{
	const struct place place = member(whole, "type"), data = member(whole, "data");
	const char *type =
	    take_raw(r, &place, &(struct bounds){ .max = HOOK_WORD_MAX, .is_needed = true });

	if (!json_is_object(data.json))
		fail(r, &data, data.json != NULL ? "wrong-type" : "missing", "expected an object");
	for (size_t i = 0; !r->failed && i < ARRAY_LEN(types); i++) {
		if (!text_is(types[i].type, type))
			continue;
		out->type = types[i].type;
		out->kind = types[i].kind;
		types[i].read(r, &data, out);
		return;
	}
	fail(r, &place, "unknown-type", "no event of this type is known here");
}

bool
hook_read(const char *body, size_t n, struct arena *arena, struct hook_event *out,
    struct strict_fault *fault)
{
	struct reading r = { .arena = arena, .fault = fault };
	json_t *json = strict_read(body, n, HOOK_DEPTH_MAX, fault);
	const struct place whole = { .json = json };
	const struct place timestamp = member(&whole, "timestamp");

	if (json == NULL)
		return false;
	*out = (struct hook_event){ .question = "", .summary = "" };
	if (timestamp.json == NULL)
		fail(&r, &timestamp, "missing", "this is needed");
	out->at = take_time(&r, &whole, "timestamp", 0);
	read_type(&r, &whole, out);
	json_decref(json);
	return !r.failed;
}
