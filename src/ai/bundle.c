#include <assent/ai/bundle.h>

#include <assent/base/utf8.h>
#include <assent/base/zone.h>
#include <assent/text/redact.h>
#include <assent/text/secret.h>

#include "ai/bundle_priv.h"

#include <jansson.h>
#include <string.h>

/* clang-format off */
#define LINE_LIMIT ((size_t)300) /* bytes: of a name or a title */
#define QUESTION_LIMIT ((size_t)2000)
#define CUSTOMER_LIMIT ((size_t)1000)
#define ATTRIBUTES_LIMIT ((size_t)3000)
#define MESSAGE_LIMIT ((size_t)6000) /* of one */
#define THREAD_LIMIT ((size_t)22000) /* of all */
#define FINDINGS_LIMIT ((size_t)6000)
#define FIXES_LIMIT ((size_t)4000)
#define TASKS_LIMIT ((size_t)5000)
#define ACTS_LIMIT ((size_t)4000)
#define ITEM_LIMIT ((size_t)1000)
#define DECISION_LIMIT ((size_t)2000)
/* clang-format on */
#define MARK_ROOM 120 /* for a cut's mark and a heading */
#define TAIL_MAX 512 /* of a word that was cut in two, and may be half a secret */

struct writer {
	const struct bundle *bundle;
	struct arena *arena;
	struct str out;
	struct str clean; /* the text in hand */
};

/* --- texts --------------------------------------------------------------------- */

static size_t
count_chars(const char *text, size_t n)
{
	size_t chars = 0;

	for (size_t i = 0; i < n; i++)
		chars += ((unsigned char)text[i] & 0xc0) != 0x80;
	return chars;
}

static void
add_count(struct str *out, size_t n)
{
	if (n >= 1000) {
		add_count(out, n / 1000);
		str_addf(out, ",%03zu", n % 1000);
	} else {
		str_addf(out, "%zu", n);
	}
}

/* "[… cut, 12,340 more characters]" */
static void
add_cut(struct str *out, size_t left)
{
	str_add(out, "[… cut, ");
	add_count(out, left);
	str_addf(out, " more character%s]", left == 1 ? "" : "s");
}

void
bundle_add_clean(struct str *out, const char *text, size_t n)
{
	AUTO(str_donep) struct str seen = STR_INIT(4 * n + 64), bare = STR_INIT(8 * n + 64);

	utf8_add_visible(&seen, text, n);
	redact_tokens(str_text(&seen), seen.len, &bare);
	secret_redact(str_text(&bare), bare.len, out);
}

/* Where text may be cut so that no word, and so no secret, is halved. */
static size_t
cut_at_word(const char *text, size_t n, size_t max)
{
	size_t cut = utf8_cut(text, n, max), back = cut;

	if (cut == n)
		return n;
	while (back > 0 && cut - back < TAIL_MAX && strchr(" \t\n", text[back]) == NULL)
		back--;
	return back > 0 ? back : cut;
}

/* The text in hand becomes text, at most limit bytes of it; returns how many characters are not. */
static size_t
take(struct writer *w, const char *text, size_t limit)
{
	size_t n, cut, left;

	text = text != NULL ? text : "";
	n = strlen(text);
	/* Four bytes of what is not seen for each that is: more is no mail. */
	cut = cut_at_word(text, n, 4 * limit + TAIL_MAX);
	left = count_chars(text + cut, n - cut);
	str_done(&w->clean);
	w->clean = STR_INIT(16 * cut + 1024);
	bundle_add_clean(&w->clean, text, cut);
	cut = utf8_cut(str_text(&w->clean), w->clean.len, limit);
	left += count_chars(str_text(&w->clean) + cut, w->clean.len - cut);
	str_cut(&w->clean, cut);
	return left;
}

/* On one line. */
static void
add_inline(struct writer *w, const char *text, size_t limit)
{
	size_t left = take(w, text, limit);

	if (bundle_is_machine_talk(str_text(&w->clean), w->clean.len))
		str_add(&w->out, BUNDLE_MACHINE " ");
	for (const char *p = str_text(&w->clean); *p != '\0'; p++)
		str_add_char(&w->out, *p == '\n' || *p == '\t' || *p == '\r' ? ' ' : *p);
	if (left > 0) {
		str_add_char(&w->out, ' ');
		add_cut(&w->out, left);
	}
}

static const char *
end_of_line(const char *p)
{
	return p + strcspn(p, "\n");
}

static bool
is_blank_line(const char *p)
{
	p += strspn(p, " \t\r");
	return *p == '\n' || *p == '\0';
}

/* Where the paragraph at p ends. */
static const char *
end_of_paragraph(const char *p)
{
	while (*p != '\0' && !is_blank_line(p)) {
		p = end_of_line(p);
		p += *p == '\n';
	}
	return p;
}

/* Set in by two blanks, so that no line of a stranger looks like a section. */
static void
add_set_in(struct writer *w, const char *text, size_t limit)
{
	size_t left = take(w, text, limit);
	const char *p = str_text(&w->clean), *paragraph = p, *end;

	for (; *p != '\0'; p = *end == '\n' ? end + 1 : end) {
		end = end_of_line(p);
		if (p >= paragraph) {
			paragraph = end_of_paragraph(p);
			if (bundle_is_machine_talk(p, (size_t)(paragraph - p)))
				str_add(&w->out, "  " BUNDLE_MACHINE "\n");
			paragraph = paragraph > p ? paragraph : end + 1;
		}
		str_add(&w->out, "  ");
		str_add_n(&w->out, p, (size_t)(end - p));
		str_add_char(&w->out, '\n');
	}
	if (left > 0) {
		str_add(&w->out, "  ");
		add_cut(&w->out, left);
		str_add_char(&w->out, '\n');
	}
}

static void
add_line(struct writer *w, const char *name, const char *text)
{
	if (text == NULL || text_is_blank(text))
		return;
	str_addf(&w->out, "%s: ", name);
	add_inline(w, text, LINE_LIMIT);
	str_add_char(&w->out, '\n');
}

static void
add_text(struct writer *w, const char *name, const char *text, size_t limit)
{
	if (text == NULL || text_is_blank(text))
		return;
	str_addf(&w->out, "%s:\n", name);
	add_set_in(w, text, limit);
}

/* --- lists that end when they are full ---------------------------------------------- */

struct list {
	size_t start, limit, left;
};

static struct list
begin(struct writer *w, const char *name, size_t limit)
{
	str_addf(&w->out, "%s:\n", name);
	return (struct list){ .start = w->out.len, .limit = limit };
}

/* May one more be shown? Counts those that may not. */
static bool
has_room(const struct writer *w, struct list *list)
{
	bool room = w->out.len - list->start + ITEM_LIMIT + MARK_ROOM < list->limit;

	list->left += !room;
	return room;
}

static void
end(struct writer *w, const struct list *list, const char *what)
{
	if (list->left > 0)
		str_addf(&w->out, "  [… %zu %s left out]\n", list->left, what);
}

/* --- attributes ---------------------------------------------------------------------- */

static bool
is_sensitive(const struct bundle *bundle, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(bundle->sensitive) && bundle->sensitive[i] != NULL; i++)
		if (text_is_nocase(bundle->sensitive[i], name))
			return true;
	return secret_is_name(name);
}

static void
add_attribute(struct writer *w, struct list *list, const char *name, const char *value)
{
	if (!has_room(w, list))
		return;
	str_add(&w->out, "  ");
	add_inline(w, name, LINE_LIMIT);
	str_add(&w->out, ": ");
	add_inline(w, is_sensitive(w->bundle, name) ? SECRET_MARK : value, LINE_LIMIT);
	str_add_char(&w->out, '\n');
}

/* Inside of objects and lists names count, too: "login": {"password": …}. */
static void
hide_sensitive(const struct bundle *bundle, json_t *value)
{
	json_t *item;
	const char *name;
	size_t i;
	void *next;

	json_array_foreach(value, i, item) hide_sensitive(bundle, item);
	json_object_foreach_safe(value, next, name, item)
	{
		if (is_sensitive(bundle, name))
			json_object_set_new(value, name, json_string(SECRET_MARK));
		else
			hide_sensitive(bundle, item);
	}
}

static void
add_json(struct writer *w, struct list *list, const char *name, json_t *value)
{
	char *dump;

	if (json_is_string(value)) {
		add_attribute(w, list, name, json_string_value(value));
		return;
	}
	hide_sensitive(w->bundle, value);
	dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
	add_attribute(w, list, name, dump != NULL ? dump : "");
	free(dump); /* house: library memory */
}

static void
add_attributes(struct writer *w)
{
	const struct bundle *b = w->bundle;
	const char *text = b->attributes != NULL ? b->attributes : "";
	json_t *json = *text != '\0' ? json_loads(text, 0, NULL) : NULL, *value;
	struct list list;
	const char *name;

	if (b->extra_count > 0 || json_object_size(json) > 0) {
		list = begin(w, "Attributes", ATTRIBUTES_LIMIT);
		for (size_t i = 0; i < b->extra_count; i++)
			add_attribute(w, &list, b->extra[i].name, b->extra[i].value);
		json_object_foreach(json, name, value) add_json(w, &list, name, value);
		end(w, &list, "attributes");
	}
	json_decref(json);
}

/* --- the thread ------------------------------------------------------------------------ */

static size_t
room_of(const struct bundle_message *message)
{
	size_t n = strlen(message->text);

	/* Two blanks a line: as many as one byte in four may be line ends. */
	return (n < MESSAGE_LIMIT ? n + n / 2 : MESSAGE_LIMIT + MESSAGE_LIMIT / 2) + MARK_ROOM;
}

/* The first of the newest messages that fit beside the first. */
static size_t
first_shown(const struct bundle *b)
{
	size_t room = THREAD_LIMIT - room_of(&b->messages[0]), i = b->message_count;

	while (i > 1 && room_of(&b->messages[i - 1]) <= room)
		room -= room_of(&b->messages[--i]);
	return i;
}

static void
add_message(struct writer *w, const struct bundle_message *message)
{
	size_t start = w->out.len, most = room_of(message);

	str_addf(&w->out, "From %s (%s", message->from, message->is_public ? "public" : "internal");
	if (message->at > 0) {
		AUTO(str_donep) struct str at = STR_INIT(64);
		utc_add_iso(&at, message->at);
		str_addf(&w->out, ", %.10s %.5s", str_text(&at), str_text(&at) + 11);
	}
	str_add(&w->out, "):\n");
	add_set_in(w, message->text, MESSAGE_LIMIT);
	if (w->out.len - start > most) /* mostly line ends */
		str_cut(
		    &w->out, start + utf8_cut(w->out.text + start, w->out.len - start, most - 1));
	if (w->out.text[w->out.len - 1] != '\n')
		str_add_char(&w->out, '\n');
}

static void
add_thread(struct writer *w)
{
	const struct bundle *b = w->bundle;
	size_t from, left;

	if (b->message_count == 0)
		return;
	from = first_shown(b);
	left = from - 1 + b->skipped;
	str_add(&w->out, "Thread, oldest message first:\n");
	add_message(w, &b->messages[0]);
	if (left > 0)
		str_addf(&w->out, "[… %zu message%s left out]\n", left, left == 1 ? "" : "s");
	for (size_t i = from; i < b->message_count; i++)
		add_message(w, &b->messages[i]);
}

/* --- what was found, tried and is to be done ------------------------------------------- */

static void
add_findings(struct writer *w)
{
	const struct bundle *b = w->bundle;
	struct list list;

	if (b->finding_count == 0)
		return;
	list = begin(w, "Findings", FINDINGS_LIMIT);
	for (size_t i = 0; i < b->finding_count; i++) {
		if (!has_room(w, &list))
			continue;
		str_addf(&w->out, "- %s: ", b->findings[i].kind);
		add_inline(w, b->findings[i].text, ITEM_LIMIT);
		str_add_char(&w->out, '\n');
	}
	end(w, &list, "findings");
}

static void
add_fixes(struct writer *w)
{
	const struct bundle *b = w->bundle;
	struct list list;

	if (b->fix_count == 0)
		return;
	list = begin(w, "Fixes", FIXES_LIMIT);
	for (size_t i = 0; i < b->fix_count; i++) {
		const struct bundle_fix *fix = &b->fixes[i];
		if (!has_room(w, &list))
			continue;
		str_addf(&w->out, "- %s, confidence %d %%: ", fix->state, fix->confidence);
		add_inline(w, fix->title, LINE_LIMIT);
		if (fix->description != NULL && !text_is_blank(fix->description)) {
			str_add(&w->out, "\n  ");
			add_inline(w, fix->description, ITEM_LIMIT - LINE_LIMIT);
		}
		str_add_char(&w->out, '\n');
	}
	end(w, &list, "fixes");
}

static void
add_tasks(struct writer *w)
{
	const struct bundle *b = w->bundle;
	struct list list;

	if (b->task_count == 0)
		return;
	list = begin(w, "Tasks", TASKS_LIMIT);
	for (size_t i = 0; i < b->task_count; i++) {
		const struct bundle_task *task = &b->tasks[i];
		if (!has_room(w, &list))
			continue;
		str_addf(&w->out, "- %s, %s: ", task->kind, task->state);
		add_inline(w, task->text, ITEM_LIMIT / 2);
		if (task->answer != NULL && !text_is_blank(task->answer)) {
			str_add(&w->out, "\n  answer: ");
			add_inline(w, task->answer, ITEM_LIMIT / 2);
		}
		str_add_char(&w->out, '\n');
	}
	end(w, &list, "tasks");
}

static void
add_acts(struct writer *w)
{
	const struct bundle *b = w->bundle;
	struct list list;

	if (b->act_count == 0)
		return;
	list = begin(w, "Done with the ticket", ACTS_LIMIT);
	for (size_t i = 0; i < b->act_count; i++) {
		if (!has_room(w, &list))
			continue;
		str_addf(&w->out, "- %s: ", b->acts[i].name);
		add_inline(w, b->acts[i].value, ITEM_LIMIT);
		str_add_char(&w->out, '\n');
	}
	end(w, &list, "acts");
}

const char *
bundle_text(const struct bundle *bundle, struct arena *arena)
{
	struct writer w = { .bundle = bundle, .arena = arena, .out = STR_INIT(4 * BUNDLE_MAX) };
	const char *text;

	add_line(&w, "Title", bundle->title);
	add_text(&w, "Question", bundle->question, QUESTION_LIMIT);
	add_line(&w, "Status", bundle->status);
	add_text(&w, "Customer facts", bundle->customer, CUSTOMER_LIMIT);
	add_attributes(&w);
	add_thread(&w);
	add_findings(&w);
	add_fixes(&w);
	add_tasks(&w);
	add_acts(&w);
	add_text(&w, "Decision", bundle->decision, DECISION_LIMIT);
	add_line(&w, "Time spent", bundle->spent);
	str_cut(&w.out, utf8_cut(str_text(&w.out), w.out.len, BUNDLE_MAX));
	text = arena_dup_n(arena, str_text(&w.out), w.out.len);
	str_done(&w.clean);
	str_done(&w.out);
	return text;
}

const struct bundle_fix *
bundle_active_fix(const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->fix_count; i++)
		if (text_is(bundle->fixes[i].state, "active"))
			return &bundle->fixes[i];
	return NULL;
}
