/* The letter's way through the wall: every limit is checked again on the daemon's side. */
#include <assent/mail/letter.h>

#include <assent/base/crypto.h>
#include <assent/base/frame.h>

#include <string.h>

#define LETTER_VERSION 2

/* clang-format off */
static const size_t line_fields[] = {
	offsetof(struct letter, subject),	offsetof(struct letter, message_id),
	offsetof(struct letter, original_id),	offsetof(struct letter, return_path),
	offsetof(struct letter, loop),		offsetof(struct letter, automatic_why),
};
static const size_t text_fields[] = {
	offsetof(struct letter, text),		offsetof(struct letter, html_text),
	offsetof(struct letter, reply),
};
static const size_t address_fields[] = {
	offsetof(struct letter, from),		offsetof(struct letter, sender),
	offsetof(struct letter, reply_to),	offsetof(struct letter, to),
	offsetof(struct letter, cc),
};
static const size_t list_fields[] = {
	offsetof(struct letter, recipients),	offsetof(struct letter, in_reply_to),
	offsetof(struct letter, references),	offsetof(struct letter, received_by),
};
static const size_t flag_fields[] = {
	offsetof(struct letter, from_odd),	offsetof(struct letter, reply_forwarded),
	offsetof(struct letter, parts_disagree),offsetof(struct letter, auth_malformed),
	offsetof(struct letter, truncated),
};
/* clang-format on */

#define FIELD(letter, type, offset) ((type *)((char *)(letter) + (offset)))
#define FIELD_OF(letter, type, offset) ((const type *)((const char *)(letter) + (offset)))

static void
add_addresses(struct str *out, const struct address_list *list)
{
	field_add_int(out, (int64_t)list->count);
	for (size_t i = 0; i < list->count; i++) {
		field_add_text(out, list->items[i].name);
		field_add_text(out, list->items[i].email);
	}
}

static void
add_list(struct str *out, const struct text_list *list)
{
	field_add_int(out, (int64_t)list->count);
	for (size_t i = 0; i < list->count; i++)
		field_add_text(out, list->items[i]);
}

static void
add_attachments(struct str *out, const struct letter *letter)
{
	field_add_int(out, (int64_t)letter->attachment_count);
	for (size_t i = 0; i < letter->attachment_count; i++) {
		const struct attachment *a = &letter->attachments[i];

		field_add_text(out, a->name);
		field_add_text(out, a->type);
		field_add_int(out, a->size);
		field_add(out, a->sha256, sizeof(a->sha256));
	}
}

static void
add_auth(struct str *out, const struct letter *letter)
{
	field_add_int(out, (int64_t)letter->auth_count);
	for (size_t i = 0; i < letter->auth_count; i++) {
		const struct auth_result *a = &letter->auth[i];

		field_add_text(out, a->authserv_id);
		field_add_text(out, a->method);
		field_add_text(out, a->result);
		field_add_text(out, a->domain);
		field_add_int(out, a->field);
		field_add_int(out, a->received_above);
		field_add_int(out, a->above_received);
	}
}

static void
add_delivery(struct str *out, const struct delivery_status *d)
{
	field_add_text(out, d->action);
	field_add_text(out, d->status);
	field_add_text(out, d->recipient);
	field_add_text(out, d->diagnostic);
	field_add_text(out, d->original_message_id);
}

static void
add_signature(struct str *out, const struct signature *s)
{
	field_add_int(out, s->state);
	field_add_text(out, s->sentence);
	field_add_text(out, s->name);
	field_add_text(out, s->issuer);
	field_add_text(out, s->serial);
	field_add(out, s->sha256, sizeof(s->sha256));
	add_list(out, &s->emails);
	field_add_int(out, s->signed_at);
	add_list(out, &s->references);
}

void
letter_encode(const struct letter *letter, struct str *out)
{
	field_add_int(out, LETTER_VERSION);
	for (size_t i = 0; i < ARRAY_LEN(line_fields); i++)
		field_add_text(out, *FIELD_OF(letter, char *, line_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
		field_add_text(out, *FIELD_OF(letter, char *, text_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(address_fields); i++)
		add_addresses(out, FIELD_OF(letter, struct address_list, address_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(list_fields); i++)
		add_list(out, FIELD_OF(letter, struct text_list, list_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(flag_fields); i++)
		field_add_int(out, *FIELD_OF(letter, bool, flag_fields[i]));
	field_add_int(out, letter->from_fields);
	field_add_int(out, letter->date);
	field_add_int(out, letter->automatic);
	add_attachments(out, letter);
	add_auth(out, letter);
	add_delivery(out, &letter->delivery);
	field_add(out, letter->fingerprint, sizeof(letter->fingerprint));
	add_signature(out, &letter->signature);
}

struct reading {
	struct field_reader r;
	struct arena *arena;
};

static const char *
take_line(struct reading *in)
{
	return field_take_text(&in->r, in->arena, LETTER_LINE_MAX);
}

static size_t
take_count(struct reading *in)
{
	return (size_t)field_take_int(&in->r, 0, LETTER_LIST_MAX);
}

static bool
take_flag(struct reading *in)
{
	return field_take_int(&in->r, 0, 1) == 1;
}

static void
take_hash(struct reading *in, uint8_t out[SHA256_SIZE])
{
	size_t n;
	const char *bytes = field_take(&in->r, &n);

	if (n == SHA256_SIZE)
		memcpy(out, bytes, SHA256_SIZE);
	else
		in->r.bad = true;
}

static void
take_addresses(struct reading *in, struct address_list *list)
{
	list->count = take_count(in);
	list->items = arena_alloc(in->arena, list->count * sizeof(*list->items));
	for (size_t i = 0; i < list->count; i++) {
		list->items[i].name = take_line(in);
		list->items[i].email = take_line(in);
	}
}

static void
take_list(struct reading *in, struct text_list *list)
{
	list->count = take_count(in);
	list->items = arena_alloc(in->arena, list->count * sizeof(*list->items));
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = take_line(in);
}

static void
take_attachments(struct reading *in, struct letter *letter)
{
	letter->attachment_count = take_count(in);
	letter->attachments =
	    arena_alloc(in->arena, letter->attachment_count * sizeof(*letter->attachments));
	for (size_t i = 0; i < letter->attachment_count; i++) {
		struct attachment *a = &letter->attachments[i];

		a->name = take_line(in);
		a->type = take_line(in);
		a->size = field_take_int(&in->r, 0, LETTER_RAW_MAX);
		take_hash(in, a->sha256);
	}
}

static void
take_auth(struct reading *in, struct letter *letter)
{
	letter->auth_count = take_count(in);
	letter->auth = arena_alloc(in->arena, letter->auth_count * sizeof(*letter->auth));
	for (size_t i = 0; i < letter->auth_count; i++) {
		struct auth_result *a = &letter->auth[i];

		a->authserv_id = take_line(in);
		a->method = take_line(in);
		a->result = take_line(in);
		a->domain = take_line(in);
		a->field = (int)field_take_int(&in->r, 0, INT32_MAX);
		a->received_above = (int)field_take_int(&in->r, 0, INT32_MAX);
		a->above_received = take_flag(in);
	}
}

static void
take_delivery(struct reading *in, struct delivery_status *d)
{
	d->action = take_line(in);
	d->status = take_line(in);
	d->recipient = take_line(in);
	d->diagnostic = take_line(in);
	d->original_message_id = take_line(in);
}

/* The two lists make sense with a certificate only, so a confused parser cannot lend one to a mail. */
static void
take_signature(struct reading *in, struct signature *s)
{
	s->state =
	    (enum signature_state)field_take_int(&in->r, SIGNATURE_NONE, SIGNATURE_ENCRYPTED);
	s->sentence = take_line(in);
	s->name = take_line(in);
	s->issuer = take_line(in);
	s->serial = take_line(in);
	take_hash(in, s->sha256);
	take_list(in, &s->emails);
	s->signed_at = field_take_int(&in->r, 0, INT64_MAX);
	take_list(in, &s->references);
	if (s->references.count > 0 && s->state != SIGNATURE_VALID)
		in->r.bad = true;
}

static void
take_letter(struct reading *in, struct letter *letter)
{
	for (size_t i = 0; i < ARRAY_LEN(line_fields); i++)
		*FIELD(letter, const char *, line_fields[i]) = take_line(in);
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
		*FIELD(letter, const char *, text_fields[i]) =
		    field_take_text(&in->r, in->arena, LETTER_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(address_fields); i++)
		take_addresses(in, FIELD(letter, struct address_list, address_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(list_fields); i++)
		take_list(in, FIELD(letter, struct text_list, list_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(flag_fields); i++)
		*FIELD(letter, bool, flag_fields[i]) = take_flag(in);
	letter->from_fields = (int)field_take_int(&in->r, 0, INT32_MAX);
	letter->date = field_take_int(&in->r, 0, INT64_MAX);
	letter->automatic = (enum auto_kind)field_take_int(&in->r, AUTO_NO, AUTO_RECEIPT);
	take_attachments(in, letter);
	take_auth(in, letter);
	take_delivery(in, &letter->delivery);
	take_hash(in, letter->fingerprint);
	take_signature(in, &letter->signature);
}

int
letter_decode(
    const void *bytes, size_t n, struct arena *arena, struct letter **out, struct err *err)
{
	struct reading in = { .arena = arena };
	struct letter *letter;

	if (n > LETTER_ANSWER_MAX)
		return err_set(err, ERR_PEER, "the parser's answer of %zu bytes is too long", n);
	field_reader_init(&in.r, bytes, n);
	if (field_take_int(&in.r, 0, INT32_MAX) != LETTER_VERSION)
		return err_set(err, ERR_PEER, "the parser speaks another version than we do");
	letter = arena_alloc(arena, sizeof(*letter));
	take_letter(&in, letter);
	if (!field_is_end(&in.r))
		return err_set(err, ERR_PEER,
		    "the parser's answer is not a letter: it went wrong %zu "
		    "bytes before its end",
		    in.r.left);
	*out = letter;
	return 0;
}

void
intent_encode(const struct intent *intent, struct str *out)
{
	field_add_int(out, (int64_t)intent->count);
	for (size_t i = 0; i < intent->count; i++) {
		field_add_int(out, intent->items[i].verdict);
		field_add_text(out, intent->items[i].comment);
	}
	field_add_text(out, intent->comment);
	field_add_int(out, intent->reason);
	field_add_int(out, intent->question);
	field_add_int(out, intent->suspicion);
	field_add_int(out, intent->partly);
}

static bool
decides_nothing(const struct intent *intent)
{
	for (size_t i = 0; i < intent->count; i++)
		if (intent->items[i].verdict != VERDICT_UNCLEAR)
			return false;
	return true;
}

int
intent_decode(const void *bytes, size_t n, size_t count, struct arena *arena, struct intent *out,
    struct err *err)
{
	struct reading in = { .arena = arena };
	struct intent intent = { .count = count };
	int64_t want = (int64_t)count;

	field_reader_init(&in.r, bytes, n);
	if (count > INTENT_ITEMS_MAX || field_take_int(&in.r, 0, INTENT_ITEMS_MAX) != want)
		return err_set(err, ERR_PEER, "the parser read another number of answers");
	intent.items = arena_alloc(arena, count * sizeof(*intent.items));
	for (size_t i = 0; i < count; i++) {
		intent.items[i].verdict =
		    (enum verdict)field_take_int(&in.r, VERDICT_UNCLEAR, VERDICT_REJECT);
		intent.items[i].comment = field_take_text(&in.r, arena, LETTER_TEXT_MAX);
	}
	intent.comment = field_take_text(&in.r, arena, LETTER_TEXT_MAX);
	intent.reason = (enum intent_reason)field_take_int(&in.r, INTENT_CLEAR, INTENT_ITEMS);
	intent.question = take_flag(&in);
	intent.suspicion = take_flag(&in);
	intent.partly = take_flag(&in);
	if (!field_is_end(&in.r) || (intent.suspicion && !decides_nothing(&intent)))
		return err_set(err, ERR_PEER, "the parser's answer is not a reading of decisions");
	*out = intent;
	return 0;
}

/* --- absences ------------------------------------------------------------- */

static void
date_add(struct str *out, const struct absence_date *date)
{
	field_add_int(out, date->year);
	field_add_int(out, date->month);
	field_add_int(out, date->day);
}

static struct absence_date
date_take(struct field_reader *r)
{
	struct absence_date date;

	date.year = (int)field_take_int(r, 0, 9999);
	date.month = (int)field_take_int(r, 0, 12);
	date.day = (int)field_take_int(r, 0, 31);
	return date;
}

void
absence_ask_encode(const struct absence_ask *ask, struct str *out)
{
	date_add(out, &ask->today);
	field_add_int(out, ask->order);
	field_add_text(out, ask->text);
}

int
absence_ask_decode(
    const void *bytes, size_t n, struct arena *arena, struct absence_ask *out, struct err *err)
{
	struct field_reader r;
	struct absence_ask ask = { .found = false };

	field_reader_init(&r, bytes, n);
	ask.today = date_take(&r);
	ask.order = (enum date_order)field_take_int(&r, DATE_ORDER_UNKNOWN, DATE_ORDER_MONTH);
	ask.text = field_take_text(&r, arena, LETTER_TEXT_MAX);
	if (!field_is_end(&r) || ask.today.year < 1970 || ask.today.month < 1 || ask.today.day < 1)
		return err_set(err, ERR_INVALID, "the question to the parser is malformed");
	*out = ask;
	return 0;
}

void
absence_encode(const struct absence_ask *ask, struct str *out)
{
	const struct absence_date none = { 0, 0, 0 };

	field_add_int(out, ask->found);
	date_add(out, ask->found ? &ask->back : &none);
}

int
absence_decode(const void *bytes, size_t n, struct absence_ask *out, struct err *err)
{
	struct field_reader r;
	struct absence_date back;
	bool found;

	field_reader_init(&r, bytes, n);
	found = field_take_int(&r, 0, 1) == 1;
	back = date_take(&r);
	if (!field_is_end(&r) || found != (back.year > 0) || found != (back.month > 0) ||
	    found != (back.day > 0))
		return err_set(err, ERR_PEER, "the parser's answer is not a date");
	out->found = found;
	out->back = back;
	return 0;
}
