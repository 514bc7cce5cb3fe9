#include <assent/ai/offline.h>

#include <assent/base/utf8.h>

#include "ai/check_priv.h"
#include "ai/extract_priv.h"
#include "ai/form_priv.h"

#include <jansson.h>
#include <string.h>

#define SCRATCH_MAX ((size_t)96 << 20)
#define ITEMS_MAX 6 /* of a section */
#define QUESTIONS_MAX 3
#define MESSAGE_BYTES ((size_t)32 << 10)

struct drafting {
	const struct form_words *words;
	const struct bundle *bundle;
	const struct ground *ground;
	struct arena *arena;
	struct str out;
	size_t items; /* of the section in hand */
	bool is_bare; /* only what the form itself wants */
};

/* --- sentences ------------------------------------------------------------------------ */

static const char *
word(const struct drafting *d, enum form_word which)
{
	return d->words->items[which];
}

/* A line of marks alone says nothing. */
static bool
says_something(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z') || (unsigned char)*text >= 0x80)
			return true;
	return false;
}

static const char *
say(const struct drafting *d, const char *text)
{
	const char *line;

	if (text == NULL || d->is_bare)
		return "";
	line = form_sayable(d->ground, text, d->arena);
	return says_something(line) ? line : "";
}

static void
open_section(struct drafting *d, enum form_word heading)
{
	str_addf(&d->out, "## %s\n", word(d, heading));
	d->items = 0;
}

static void
close_section(struct drafting *d, enum form_word otherwise)
{
	if (d->items == 0)
		str_addf(&d->out, "%s\n", word(d, otherwise));
}

static void
add_item(struct drafting *d, const char *text)
{
	if (*text == '\0' || d->items == ITEMS_MAX)
		return;
	str_addf(&d->out, "- %s\n", text);
	d->items++;
}

/* "label: text", where text says something. */
static void
add_labelled(struct drafting *d, const char *label, const char *text)
{
	const char *line = say(d, text);

	if (*line != '\0')
		add_item(d, arena_printf(d->arena, "%s: %s", label, line));
}

static void
add_said(struct drafting *d, const char *text)
{
	add_item(d, say(d, text));
}

/* --- what a bundle holds ------------------------------------------------------------------ */

static void
add_problem(struct drafting *d)
{
	const struct bundle *b = d->bundle;

	add_said(d, b->title);
	if (b->message_count > 0)
		add_said(d, extract_start(b->messages[0].text, d->arena));
}

static void
add_findings(struct drafting *d, bool with_reported)
{
	static const struct {
		const char *kind;
		enum form_word label;
	} kinds[] = { { "reported", WORD_REPORTED }, { "observed", WORD_OBSERVED },
		{ "check", WORD_CHECK }, { "script", WORD_SCRIPT } };
	const struct bundle *b = d->bundle;

	for (size_t k = with_reported ? 0 : 1; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < b->finding_count; i++)
			if (text_is(b->findings[i].kind, kinds[k].kind))
				add_labelled(d, word(d, kinds[k].label), b->findings[i].text);
}

static bool
is_applied(const struct bundle_fix *fix)
{
	return text_is(fix->state, "one_off") || text_is(fix->state, "draft_template") ||
	    text_is(fix->state, "build_template");
}

static void
add_tried(struct drafting *d)
{
	const struct bundle *b = d->bundle;

	for (size_t i = 0; i < b->fix_count; i++) {
		const struct bundle_fix *fix = &b->fixes[i];
		const char *title = say(d, fix->title);
		if (*title != '\0' && !text_is(fix->state, "active"))
			add_item(d,
			    arena_printf(d->arena, "%s (%s)", title,
				word(d,
				    is_applied(fix)			   ? WORD_APPLIED
					: text_is(fix->state, "dismissed") ? WORD_DISMISSED
									   : WORD_SUPERSEDED)));
	}
}

static void
add_answers(struct drafting *d)
{
	const struct bundle *b = d->bundle;

	for (size_t i = 0; i < b->task_count; i++) {
		const char *text = say(d, b->tasks[i].text), *answer = say(d, b->tasks[i].answer);
		if (*text != '\0' && *answer != '\0')
			add_item(d, arena_printf(d->arena, "%s %s", text, answer));
	}
}

static void
add_open_tasks(struct drafting *d, size_t most)
{
	const struct bundle *b = d->bundle;

	for (size_t i = 0; i < b->task_count && d->items < most; i++)
		if (text_is(b->tasks[i].state, "open"))
			add_labelled(d,
			    word(d, text_is(b->tasks[i].kind, "question") ? WORD_ASK : WORD_DO),
			    b->tasks[i].text);
}

static const struct bundle_fix *
applied_fix(const struct bundle *bundle)
{
	for (size_t i = bundle->fix_count; i > 0; i--)
		if (is_applied(&bundle->fixes[i - 1]))
			return &bundle->fixes[i - 1];
	return NULL;
}

/* What was said with the newest one of these. */
static void
add_act(struct drafting *d, const char *act)
{
	for (size_t i = d->bundle->act_count; i > 0; i--)
		if (text_is(d->bundle->acts[i - 1].name, act)) {
			add_said(d, d->bundle->acts[i - 1].value);
			return;
		}
}

static void
add_acts(struct drafting *d, const char *act)
{
	for (size_t i = 0; i < d->bundle->act_count; i++)
		if (text_is(d->bundle->acts[i].name, act))
			add_said(d, d->bundle->acts[i].value);
}

/* "approved: with a comment", with its first word in the reader's language. */
static void
add_decision(struct drafting *d)
{
	static const struct {
		const char *word;
		enum form_word label;
	} words[] = { { "approved", WORD_APPROVED }, { "rejected", WORD_REJECTED } };
	const char *text = d->bundle->decision;

	for (size_t i = 0; text != NULL && i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].word);
		if (!d->is_bare && text_starts(text, words[i].word) &&
		    (text[n] == '\0' || text_starts(text + n, ": "))) {
			if (text[n] == '\0')
				add_item(d, word(d, words[i].label));
			else
				add_labelled(d, word(d, words[i].label), text + n + 2);
			return;
		}
	}
	add_said(d, text);
}

static void
add_resolution(struct drafting *d)
{
	const struct bundle_fix *fix = applied_fix(d->bundle);

	add_act(d, "resolve");
	if (fix != NULL) {
		add_said(d, fix->title);
		add_said(d, fix->description);
	}
	add_decision(d);
}

/* --- kinds --------------------------------------------------------------------------------- */

static void
write_hypothesis(struct drafting *d, const struct bundle_fix *fix)
{
	const char *title;

	open_section(d, WORD_HYPOTHESIS);
	if (fix == NULL || fix->confidence < 60) {
		close_section(d, WORD_NO_HYPOTHESIS);
		return;
	}
	title = form_sayable(d->ground, fix->title, d->arena);
	if (says_something(title))
		add_item(d, title);
	add_said(d, fix->description);
	close_section(d, WORD_NOT_STATED);
}

static void
write_handoff(struct drafting *d)
{
	const struct bundle_fix *fix = bundle_active_fix(d->bundle);

	open_section(d, WORD_PROBLEM);
	add_problem(d);
	close_section(d, WORD_NOT_STATED);
	open_section(d, WORD_CONFIRMED);
	add_findings(d, true);
	close_section(d, WORD_NOTHING);
	open_section(d, WORD_TRIED);
	add_acts(d, "spent");
	add_tried(d);
	add_answers(d);
	add_act(d, "escalate");
	close_section(d, WORD_NOTHING);
	write_hypothesis(d, fix);
	open_section(d, WORD_SUGGESTED);
	if (fix != NULL && fix->confidence > 80)
		add_item(d,
		    arena_printf(d->arena, "%s: %s", word(d, WORD_APPLY),
			form_sayable(d->ground, fix->title, d->arena)));
	add_open_tasks(d, FORM_STEPS_MAX);
	if (d->items < FORM_STEPS_MIN)
		add_item(d, word(d, WORD_CHECK_AGAIN));
	if (d->items < FORM_STEPS_MIN)
		add_item(d, word(d, WORD_REVIEW));
}

static void
write_resolution(struct drafting *d)
{
	const struct bundle_fix *fix = applied_fix(d->bundle);

	open_section(d, WORD_PROBLEM);
	add_problem(d);
	close_section(d, WORD_NOT_STATED);
	open_section(d, WORD_WE_CONFIRMED);
	add_findings(d, false);
	close_section(d, WORD_NOTHING);
	open_section(d, WORD_CAUSE);
	if (fix != NULL)
		add_said(d, fix->description);
	close_section(d, WORD_NOT_STATED);
	open_section(d, WORD_RESOLUTION);
	add_resolution(d);
	close_section(d, WORD_NOT_STATED);
}

static void
write_notes(struct drafting *d)
{
	const char *spent = form_sayable(d->ground, d->bundle->spent, d->arena);

	open_section(d, WORD_PROBLEM_SUMMARY);
	add_problem(d);
	close_section(d, WORD_NOT_STATED);
	open_section(d, WORD_STEPS);
	add_acts(d, "spent");
	add_findings(d, false);
	add_tried(d);
	add_answers(d);
	close_section(d, WORD_NOTHING);
	if (*spent != '\0')
		str_addf(&d->out, "- %s: %s\n", word(d, WORD_SPENT), spent);
	open_section(d, WORD_RESOLUTION);
	add_resolution(d);
	close_section(d, WORD_NOT_STATED);
	open_section(d, WORD_NEXT_STEPS);
	add_open_tasks(d, ITEMS_MAX);
	close_section(d, WORD_NOTHING);
}

/* --- summary --------------------------------------------------------------------------------- */

/* What an owner wants to know beside what is asked, in this order. */
static const struct {
	enum extract_role role;
	enum form_word label;
} wanted[] = { { EXTRACT_IMPACT, WORD_IMPACT }, { EXTRACT_COST, WORD_COST },
	{ EXTRACT_DATE, WORD_WHEN } };

struct bullets {
	const char *items[FORM_BULLETS_MAX], *questions[2];
	size_t count, question_count;
	enum form_word unstated[ARRAY_LEN(wanted)], above[ARRAY_LEN(wanted)];
	size_t unstated_count, above_count;
};

static const char *
say_sentence(const void *arg, const char *text)
{
	return say(arg, text);
}

static size_t
missing(const struct bullets *b)
{
	size_t n = b->count + b->question_count;

	return n < FORM_BULLETS_MIN ? FORM_BULLETS_MIN - n : 0;
}

static void
add_bullet(struct drafting *d, struct bullets *b, const char *text)
{
	b->items[b->count++] = check_clip(d->arena, text);
}

static void
add_fact(struct drafting *d, struct bullets *b, enum form_word label, const char *text)
{
	add_bullet(d, b, arena_printf(d->arena, "%s: %s", word(d, label), text));
}

static void
take_facts(struct drafting *d, struct extract *extract, struct bullets *b)
{
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const char *text = extract_take(extract, wanted[i].role);
		if (text != NULL)
			add_fact(d, b, wanted[i].label, text);
		else if (extract_was_said(extract, wanted[i].role))
			b->above[b->above_count++] = wanted[i].label;
		else
			b->unstated[b->unstated_count++] = wanted[i].label;
	}
}

static void
take_questions(struct drafting *d, struct extract *extract, struct bullets *b)
{
	const char *text;

	while (b->question_count < ARRAY_LEN(b->questions) &&
	    (text = extract_take(extract, EXTRACT_QUESTION)) != NULL)
		b->questions[b->question_count++] = check_clip(
		    d->arena, arena_printf(d->arena, "%s: %s", word(d, WORD_OPEN), text));
}

/* One line for all that the ticket does not say: a line each is noise on a phone. */
static void
add_unstated(struct drafting *d, struct bullets *b)
{
	AUTO(str_donep) struct str list = STR_INIT(1024);

	for (size_t i = 0; i < b->unstated_count; i++)
		str_addf(&list, "%s%s", i > 0 ? " · " : "", word(d, b->unstated[i]));
	if (b->unstated_count > 0 && missing(b) <= 1)
		add_fact(d, b, WORD_UNSTATED, str_text(&list));
	else
		for (size_t i = 0; i < b->unstated_count; i++)
			add_fact(d, b, b->unstated[i], word(d, WORD_NOT_STATED));
	for (size_t i = 0; i < b->above_count && missing(b) > 0; i++)
		add_fact(d, b, b->above[i], word(d, WORD_SEE_ABOVE));
}

static const char *
what_is_asked(struct drafting *d, struct extract *extract)
{
	const char *text = extract_take(extract, EXTRACT_ASK);

	if (text == NULL)
		text = extract_take(extract, EXTRACT_ROLES);
	if (text == NULL)
		text = say(d, d->bundle->title);
	return *text != '\0' ? text : word(d, WORD_NOT_STATED);
}

static void
write_summary(struct drafting *d)
{
	struct extract *extract = extract_new(d->bundle, say_sentence, d, d->arena);
	struct bullets b = { .count = 0 };
	const char *text;

	add_fact(d, &b, WORD_ASKED, what_is_asked(d, extract));
	take_facts(d, extract, &b);
	take_questions(d, extract, &b);
	/* Else the request's next sentences: they say more than "not stated". */
	while (missing(&b) > (b.unstated_count > 0) &&
	    (text = extract_take(extract, EXTRACT_ROLES)) != NULL)
		add_bullet(d, &b, text);
	add_unstated(d, &b);
	for (size_t i = 0; i < b.count; i++)
		str_addf(&d->out, "- %s\n", b.items[i]);
	for (size_t i = 0; i < b.question_count; i++)
		str_addf(&d->out, "- %s\n", b.questions[i]);
}

/* --- proposal -------------------------------------------------------------------------------- */

static bool
ends_sentence(const char *p)
{
	return strchr(".!?\n", *p) != NULL || text_starts(p, "؟") || text_starts(p, "？") ||
	    text_starts(p, "。");
}

static void
add_questions(const struct drafting *d, const char *text, json_t *out)
{
	const char *start = text, *end = text + utf8_cut(text, strlen(text), MESSAGE_BYTES);

	for (const char *p = text; p < end; p++) {
		size_t len = (unsigned char)*p < 0x80 ? 1 : text_starts(p, "؟") ? 2 : 3;
		if (!ends_sentence(p))
			continue;
		if (*p == '?' || text_starts(p, "؟") || text_starts(p, "？")) {
			const char *line =
			    say(d, arena_dup_n(d->arena, start, (size_t)(p - start) + len));
			if (strlen(line) > 8 && json_array_size(out) < QUESTIONS_MAX)
				json_array_append_new(out, json_string(line));
		}
		start = p + len;
	}
}

/* Nobody answered what the last writer asked. */
static void
write_proposal(struct drafting *d)
{
	const struct bundle *b = d->bundle;
	json_t *questions = json_array();
	json_t *json;
	size_t from = b->message_count;
	char *text;

	while (
	    from > 0 && text_is(b->messages[from - 1].from, b->messages[b->message_count - 1].from))
		from--;
	for (; from < b->message_count; from++)
		add_questions(d, b->messages[from].text, questions);
	json = json_pack("{s:o, s:[]}", "questions", questions, "actions");
	text = json_dumps(json, JSON_COMPACT);
	str_add(&d->out, text);
	free(text); /* house: library memory */
	json_decref(json);
}

/* --- all ---------------------------------------------------------------------------------------- */

static void
write_kind(struct drafting *d, enum document_kind kind)
{
	static void (*const writers[DOCUMENT_KINDS])(struct drafting *) = {
		[DOCUMENT_SUMMARY] = write_summary,
		[DOCUMENT_HANDOFF] = write_handoff,
		[DOCUMENT_RESOLUTION] = write_resolution,
		[DOCUMENT_PROPOSAL] = write_proposal,
		[DOCUMENT_NOTES] = write_notes,
	};

	str_clear(&d->out);
	writers[kind](d);
}

const char *
offline_write_in(enum document_kind kind, const struct form_words *words,
    const struct bundle *bundle, struct arena *arena)
{
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	struct drafting d = {
		.words = words, .bundle = bundle, .arena = scratch, .out = STR_INIT(256u << 10)
	};
	const char *material = bundle_text(bundle, scratch), *text;
	struct form_check check = form_check_of(kind, "", bundle, material);
	struct form_faults faults;

	check.words = words;
	d.ground = ground_new(material, scratch);
	write_kind(&d, kind);
	check.text = str_text(&d.out);
	/* What is cut and put together anew may read as something else; then it is left out. */
	if (!form_read(&check, arena, &text, &faults)) {
		d.is_bare = true;
		write_kind(&d, kind);
		check.text = str_text(&d.out);
		if (!form_read(&check, arena, &text, &faults))
			text = arena_dup(arena, check.text);
	}
	str_done(&d.out);
	return text;
}

const char *
offline_write(
    enum document_kind kind, const char *locale, const struct bundle *bundle, struct arena *arena)
{
	return offline_write_in(kind, form_words(locale), bundle, arena);
}
