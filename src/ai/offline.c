#include <assent/ai/offline.h>

#include <assent/ai/provider.h>
#include <assent/base/utf8.h>

#include "ai/check_priv.h"
#include "ai/form_priv.h"

#include <jansson.h>
#include <string.h>

#define SCRATCH_MAX ((size_t)96 << 20)
#define ITEMS_MAX 6 /* of a section */
#define QUESTIONS_MAX 3
#define MESSAGE_BYTES ((size_t)32 << 10)
#define MESSAGES_MAX 24

struct drafting {
	const char *locale;
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
	return form_word(d->locale, which);
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
		add_said(d, b->messages[0].text);
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

static void
add_resolution(struct drafting *d)
{
	const struct bundle_fix *fix = applied_fix(d->bundle);

	if (fix != NULL) {
		add_said(d, fix->title);
		add_said(d, fix->description);
	}
	add_said(d, d->bundle->decision);
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
	add_tried(d);
	add_answers(d);
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

/* As extract.c drafts it; the newest messages and the first. */
static void
extract(const struct drafting *d, struct draft *out)
{
	const struct bundle *b = d->bundle;
	struct draft_message messages[MESSAGES_MAX];
	struct draft_request request = { "summary", d->locale, b->title ? b->title : "",
		b->question ? b->question : "", messages, 0 };
	size_t skip = b->message_count > MESSAGES_MAX ? b->message_count - MESSAGES_MAX : 0;
	struct err err;

	for (size_t i = 0; i + skip < b->message_count; i++) {
		const char *text = b->messages[i > 0 ? i + skip : 0].text;
		size_t n = utf8_cut(text, strlen(text), MESSAGE_BYTES);
		messages[i] = (struct draft_message){ "", arena_dup_n(d->arena, text, n) };
		request.message_count++;
	}
	if (provider_extract.draft(NULL, &request, d->arena, out, &err) < 0)
		out->count = 0; /* it never fails */
}

/* "Cost: 5 EUR" in the reader's language, and only what may be said. */
static const char *
translated(const struct drafting *d, const char *bullet)
{
	static const enum form_word labels[] = { WORD_ASKED, WORD_IMPACT, WORD_COST, WORD_WHEN,
		WORD_OPEN };

	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		const char *label = form_word("en", labels[i]), *text;
		size_t n = strlen(label);
		if (!text_starts(bullet, label) || !text_starts(bullet + n, ": "))
			continue;
		text = bullet + n + 2;
		if (text_is(text, form_word("en", WORD_SEE_ABOVE)) && !d->is_bare)
			text = word(d, WORD_SEE_ABOVE);
		else if (text_is(text, form_word("en", WORD_NOT_STATED)) || *say(d, text) == '\0')
			text = word(d, WORD_NOT_STATED);
		else
			text = say(d, text);
		return check_clip(
		    d->arena, arena_printf(d->arena, "%s: %s", word(d, labels[i]), text));
	}
	return bullet;
}

static bool
asks(const char *text)
{
	return text_ends_nocase(text, "?") || text_ends_nocase(text, "؟") ||
	    text_ends_nocase(text, "？");
}

static void
write_summary(struct drafting *d)
{
	struct draft draft = { .count = 0 };

	extract(d, &draft);
	for (size_t i = 0; i < draft.count; i++)
		draft.bullets[i] = translated(d, draft.bullets[i]);
	for (size_t i = 0; i < draft.count; i++)
		if (i == 0 || !asks(draft.bullets[i]))
			str_addf(&d->out, "- %s\n", draft.bullets[i]);
	for (size_t i = 1; i < draft.count; i++)
		if (asks(draft.bullets[i]))
			str_addf(&d->out, "- %s\n", draft.bullets[i]);
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
offline_write(
    enum document_kind kind, const char *locale, const struct bundle *bundle, struct arena *arena)
{
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	struct drafting d = {
		.locale = locale, .bundle = bundle, .arena = scratch, .out = STR_INIT(256u << 10)
	};
	const char *material = bundle_text(bundle, scratch), *text;
	struct form_check check = form_check_of(kind, locale, bundle, material);
	struct form_faults faults;

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
