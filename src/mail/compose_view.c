#include "compose_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)

static json_t *prepare(const json_t *value);

/* --- languages ---------------------------------------------------------------- */

struct language {
	const char *name, *marker, *in_short;
	bool rtl;
};

/*
 * The first row is what a locale without a row gets. The short mark begins the
 * hidden preview line: some programs quote that line above the marker, and it
 * must never be taken for the writer's words.
 */
/* clang-format off */
#define LANGUAGES(X) \
	X("en", COMPOSE_CUT_MARKER_EN,				"In short · ",		false) \
	X("ar", "--- يرجى الرد فوق هذا السطر ---",		"باختصار · ",		true) \
	X("de", "--- Bitte oberhalb dieser Zeile antworten ---", "Kurz gefasst · ",	false) \
	X("es", "--- Responda por encima de esta línea ---",	"En resumen · ",	false) \
	X("fa", "--- لطفاً بالای این خط پاسخ دهید ---",		"خلاصه · ",		true) \
	X("fr", "--- Merci de répondre au-dessus de cette ligne ---", "En bref · ",	false) \
	X("he", "--- נא להשיב מעל שורה זו ---",			"בקצרה · ",		true) \
	X("it", "--- Rispondere sopra questa riga ---",		"In breve · ",		false) \
	X("nl", "--- Antwoord boven deze regel ---",		"In het kort · ",	false) \
	X("pl", "--- Prosimy o odpowiedź powyżej tej linii ---", "W skrócie · ",	false) \
	X("pt", "--- Responda acima desta linha ---",		"Em resumo · ",		false) \
	X("ur", "--- براہ کرم اس سطر کے اوپر جواب دیں ---",	"مختصراً · ",		true)

#define ROW(name, marker, in_short, rtl) { name, marker, in_short, rtl },
#define MARKS(name, marker, in_short, rtl) marker, in_short,
static const struct language languages[] = { LANGUAGES(ROW) };
static const char *const markers[] = { LANGUAGES(MARKS) };
/* clang-format on */

static const struct language *
language_of(const char *locale)
{
	size_t n;

	if (!locale)
		return &languages[0];
	n = strcspn(locale, "-_");
	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if (n == strlen(languages[i].name) && !strncmp(languages[i].name, locale, n))
			return &languages[i];
	return &languages[0];
}

const char *
compose_cut_marker(const char *locale)
{
	return language_of(locale)->marker;
}

const char *const *
compose_cut_markers(size_t *count)
{
	*count = ARRAY_LEN(markers);
	return markers;
}

/* --- texts -------------------------------------------------------------------- */

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(word, words[i]))
			return true;
	return false;
}

/* What may have lines of its own; all other texts are made one line, so that none can fake another. */
static bool
has_lines(const char *key)
{
	static const char *const keys[] = { "text", "question", "comment", "excerpt", "before",
		"after", "answer", "risk", "suggest", "action", "notes" };

	return is_one_of(key, keys, ARRAY_LEN(keys));
}

static json_t *
visible(const char *text, size_t n, bool keep_lines)
{
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);

	utf8_add_visible(&out, text, n);
	for (size_t i = 0; !keep_lines && i < out.len; i++)
		if (out.text[i] == '\n' || out.text[i] == '\t')
			out.text[i] = ' ';
	return json_string(str_text(&out));
}

static json_t *
lines_of(const char *text)
{
	json_t *lines = json_array();

	while (*text) {
		size_t n = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn(text, n));
		text += n + (text[n] == '\n');
	}
	return lines;
}

/* --- added keys ---------------------------------------------------------------- */

static void
set_flag(json_t *object, const char *prefix, const char *name)
{
	AUTO(str_donep) struct str key = STR_INIT(200);

	str_addf(&key, "%s%s", prefix, name);
	if (!str_overflowed(&key))
		json_object_set_new(object, str_text(&key), json_true());
}

static void
add_list_keys(json_t *object, const char *key, const json_t *list)
{
	AUTO(str_donep) struct str name = STR_INIT(200);

	if (json_array_size(list) == 0)
		return;
	set_flag(object, "has_", key);
	if (json_array_size(list) == 1)
		set_flag(object, "one_", key);
	str_addf(&name, "%s_count", key);
	if (!str_overflowed(&name))
		json_object_set_new(
		    object, str_text(&name), json_integer((json_int_t)json_array_size(list)));
}

static void
add_text_keys(json_t *object, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text_is(key, "outcome"))
		set_flag(object, "is_", text);
	if (text_is(key, "channel"))
		set_flag(object, "via_", text);
	if (has_lines(key)) {
		AUTO(str_donep) struct str name = STR_INIT(200);
		json_t *all = visible(text, json_string_length(value), true);

		str_addf(&name, "%s_lines", key);
		json_object_set_new(object, str_text(&name), lines_of(json_string_value(all)));
		json_decref(all);
	}
}

/* "karl@x.example (karl@x.example)" says nothing twice. */
static void
add_address(json_t *object, const json_t *value, const char *key)
{
	const char *address = json_string_value(json_object_get(value, key));
	AUTO(str_donep) struct str name = STR_INIT(200);
	const char *person;

	str_add_n(&name, key, strlen(key) - strlen("_email"));
	person = json_string_value(json_object_get(value, str_text(&name)));
	str_add(&name, "_address");
	if (address != NULL && (person == NULL || !text_is_nocase(person, address)) &&
	    !str_overflowed(&name))
		json_object_set_new(object, str_text(&name), prepare(json_object_get(value, key)));
}

static json_t *
prepare_object(const json_t *value)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_foreach((json_t *)value, key, member)
	{
		json_object_set_new(out, key, prepare(member));
		if (json_is_array(member))
			add_list_keys(out, key, member);
		else if (json_is_string(member))
			add_text_keys(out, key, member);
		if (text_ends_nocase(key, "_email"))
			add_address(out, value, key);
	}
	return out;
}

static json_t *
prepare(const json_t *value)
{
	const json_t *entry;
	json_t *out;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return visible(json_string_value(value), json_string_length(value), false);
	case JSON_OBJECT:
		return prepare_object(value);
	case JSON_ARRAY:
		out = json_array();
		json_array_foreach(value, i, entry) json_array_append_new(out, prepare(entry));
		return out;
	case JSON_INTEGER: /* none of them: as absent */
		return json_integer_value(value) == 0 ? json_false() : json_deep_copy(value);
	default:
		return json_deep_copy(value);
	}
}

/* --- links -------------------------------------------------------------------- */

/* What may stand in an href without a second look: our own pages, nothing a quote could end. */
static bool
is_link(const char *url)
{
	const char *host = strstr(url, "://");

	if (!text_starts(url, "https://") && !text_starts(url, "http://"))
		return false;
	if (host[3] == '\0' || host[3] == '/')
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("\"'<>\\^`{|}", *p))
			return false;
	return true;
}

static int
check_links(const json_t *object, struct err *err)
{
	static const char *const keys[] = { "approve_url", "reject_url", "packet_url" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *url = json_string_value(json_object_get(object, keys[i]));

		if (url && url[0] && !is_link(url))
			return err_set(
			    err, ERR_INVALID, "a mail's %s is not a web address", keys[i]);
	}
	return 0;
}

static bool
has_link(const json_t *object)
{
	const char *url = json_string_value(json_object_get(object, "approve_url"));

	return url && url[0];
}

static int
add_has_links(json_t *view, struct err *err)
{
	const json_t *cards = json_object_get(view, "cards"), *card;
	bool links = has_link(view);
	int rc = check_links(view, err);
	size_t i;

	json_array_foreach(cards, i, card)
	{
		links |= has_link(card);
		if (rc == 0)
			rc = check_links(card, err);
	}
	json_object_set_new(view, "has_links", json_boolean(links));
	return rc;
}

int
compose_view(const struct compose *compose, const char *locale, json_t **out, struct err *err)
{
	const struct language *language = language_of(locale);
	json_t *view = json_is_object(compose->view) ? prepare(compose->view) : json_object();
	bool rtl = language->rtl || json_is_true(json_object_get(view, "rtl"));
	int rc = add_has_links(view, err);

	if (rc < 0) {
		json_decref(view);
		return rc;
	}
	json_object_set_new(view, "lang", json_string(locale));
	json_object_set_new(view, "rtl", json_boolean(rtl));
	json_object_set_new(view, "dir", json_string(rtl ? "rtl" : "ltr"));
	json_object_set_new(view, "cut_marker", json_string(language->marker));
	json_object_set_new(view, "short_mark", json_string(language->in_short));
	*out = view;
	return 0;
}

/* --- answers by mail ------------------------------------------------------------ */

#define SUBJECT_IN_LINK 120 /* bytes before encoding: the whole link stays under 2000 characters */

/* RFC 6068: everything but RFC 3986's unreserved characters and "@" is encoded. */
static void
add_encoded(struct str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c && strchr("-._~@", c)))
			str_add_char(out, text[i]);
		else
			str_addf(out, "%%%02X", c);
	}
}

struct answer { /* a prefilled mail */
	const char *to, *subject, *word, *code, *marker;
	const char *number; /* of the item in a batch, or NULL */
};

static json_t *
mailto(const struct answer *a)
{
	AUTO(str_donep) struct str link = STR_INIT(4000);
	AUTO(str_donep) struct str body = STR_INIT(1000);

	if (a->number)
		str_addf(&body, "%s: ", a->number);
	str_addf(&body, "%s\r\n", a->word);
	if (a->code && a->code[0])
		/* Below our marker: it finds the question and is no part of the answer. */
		str_addf(&body, "\r\n%s\r\n%s\r\n", a->marker, a->code);
	str_add(&link, "mailto:");
	add_encoded(&link, a->to, strlen(a->to));
	str_add(&link, "?subject=Re%3A%20");
	add_encoded(&link, a->subject, utf8_cut(a->subject, strlen(a->subject), SUBJECT_IN_LINK));
	str_add(&link, "&body=");
	add_encoded(&link, str_text(&body), body.len);
	return json_string(str_text(&link));
}

static void
add_hrefs(json_t *object, struct answer *answer)
{
	static const char *const rows[][3] = {
		{ "approve_url", "approve_href", "approved" },
		{ "reject_url", "reject_href", "rejected" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *url = json_object_get(object, rows[i][0]);

		answer->word = rows[i][2];
		if (url && json_string_length(url) > 0)
			json_object_set(object, rows[i][1], url);
		else
			json_object_set_new(object, rows[i][1], mailto(answer));
	}
}

static bool
asks(const char *kind)
{
	static const char *const kinds[] = { "request", "batch", "unclear", "answer", "reminders" };

	return is_one_of(kind, kinds, ARRAY_LEN(kinds));
}

/* Its question has an address of its own: its number says nothing there. */
static bool
add_own_hrefs(json_t *card, const struct answer *answer)
{
	struct answer own = *answer;

	own.to = json_string_value(json_object_get(card, "reply_to"));
	own.code = json_string_value(json_object_get(card, "reply_code"));
	own.number = NULL;
	if (own.to == NULL)
		return false;
	add_hrefs(card, &own);
	return true;
}

static void
add_card_hrefs(json_t *card, struct answer *answer)
{
	const json_t *number = json_object_get(card, "number");
	AUTO(str_donep) struct str text = STR_INIT(40);

	if (add_own_hrefs(card, answer))
		return;

	if (json_is_integer(number))
		str_addf(&text, "%lld", (long long)json_integer_value(number));
	else if (json_is_string(number))
		str_add(&text, json_string_value(number));
	answer->number = str_text(&text);
	add_hrefs(card, answer);
}

/* For the sentence "1 ok": after some are decided the first is no longer 1. */
static void
add_first_numbers(json_t *view, const json_t *cards)
{
	static const char *const keys[] = { "first_number", "second_number" };

	for (size_t i = 0; i < ARRAY_LEN(keys) && i < json_array_size(cards); i++) {
		json_t *number = json_object_get(json_array_get(cards, i), "number");

		if (number)
			json_object_set(view, keys[i], number);
	}
}

void
compose_view_finish(const struct compose *compose, const char *subject, json_t *view)
{
	json_t *cards = json_object_get(view, "cards"), *card;
	struct answer answer = {
		.to = compose->reply_to && compose->reply_to[0] ? compose->reply_to
								: compose->from.email,
		.subject = subject,
		.code = json_string_value(json_object_get(view, "reply_code")),
		.marker = json_string_value(json_object_get(view, "cut_marker")),
	};
	size_t i;

	json_object_set_new(view, "subject", json_string(subject));
	if (!asks(compose->kind))
		return;
	add_first_numbers(view, cards);
	json_array_foreach(cards, i, card) add_card_hrefs(card, &answer);
	answer.number = NULL;
	if (json_array_size(cards) == 0)
		add_hrefs(view, &answer);
}

/* --- too large -------------------------------------------------------------------- */

#define BULLETS_KEPT 2

static bool
cut_summary(json_t *card)
{
	json_t *summary = json_object_get(card, "summary");
	bool cut = json_array_size(summary) > BULLETS_KEPT;

	while (json_array_size(summary) > BULLETS_KEPT)
		json_array_remove(summary, json_array_size(summary) - 1);
	return cut;
}

bool
compose_view_shorten(json_t *view, int step)
{
	json_t *cards = json_object_get(view, "cards"), *card;
	bool cut = false;
	size_t i;

	if (step > 1 || json_array_size(cards) == 0)
		return false;
	json_array_foreach(cards, i, card)
	{
		if (step == 0)
			cut |= json_object_del(card, "excerpt") == 0;
		else
			cut |= cut_summary(card);
	}
	json_object_set_new(view, "shortened", json_true());
	/* With nothing to cut at this step the next one may still help. */
	return cut || compose_view_shorten(view, step + 1);
}
