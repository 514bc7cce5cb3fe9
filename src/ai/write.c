#include <assent/ai/write.h>

#include <assent/ai/offline.h>
#include <assent/ai/prompt.h>
#include <assent/base/str.h>

#include "ai/form_priv.h"
#include "ai/write_priv.h"

#include <string.h>

#define SCRATCH_MAX ((size_t)64 << 20)
#define HEARD_MAX ((size_t)4 * FORM_LINE_MAX) /* bytes of a line that is streamed */

/* --- a stream, line by line ---------------------------------------------------- */

/*
 * Who watches a draft sees a stranger's words before the whole can be checked.
 * So each line is, before it is told; after one that may not be said no more is
 * told of this try.
 */
struct hearing {
	struct writing *w;
	const struct ground *ground;
	struct arena *scratch; /* of one line */
	struct str line;
	bool is_shut;
};

static void
tell_line(struct hearing *h)
{
	if (!h->is_shut && h->line.len > 0) {
		h->is_shut = !form_may_say(h->ground, str_text(&h->line), h->scratch);
		arena_reset(h->scratch);
		if (!h->is_shut)
			h->w->delta(h->w->arg, str_text(&h->line), h->line.len);
	}
	str_clear(&h->line);
}

static void
hear_began(void *arg)
{
	struct hearing *h = arg;

	h->is_shut = false;
	str_clear(&h->line);
	if (h->w->began != NULL)
		h->w->began(h->w->arg);
}

static void
hear_delta(void *arg, const char *text, size_t n)
{
	struct hearing *h = arg;

	for (size_t i = 0; i < n && !h->is_shut; i++) {
		str_add_char(&h->line, text[i]);
		h->is_shut = h->line.len >= HEARD_MAX;
		if (text[i] == '\n')
			tell_line(h);
	}
}

/* --- one writing ------------------------------------------------------------------ */

struct work {
	struct writing *w;
	struct prompt prompt;
	struct form_check check;
	struct form_faults faults;
	struct model_call call;
	struct hearing hearing;
	struct arena *scratch; /* NULL: nobody listens */
	bool is_asked; /* a model may still write it */
};

/* JSON is nothing to watch. */
static bool
is_heard(const struct writing *w)
{
	return w->delta != NULL && w->kind != DOCUMENT_PROPOSAL;
}

static void
listen(struct work *work)
{
	work->scratch = arena_new(SCRATCH_MAX);
	work->hearing = (struct hearing){ .w = work->w,
		.ground = ground_new(work->check.material, work->scratch),
		.scratch = arena_new(SCRATCH_MAX),
		.line = STR_INIT(HEARD_MAX + 1) };
	work->call.began = hear_began;
	work->call.delta = hear_delta;
	work->call.arg = &work->hearing;
}

static void
give_up(struct work *work, const struct err *err, const char *trouble, struct arena *arena)
{
	work->is_asked = false;
	work->w->rc = err->code;
	work->w->why = arena_dup(arena, err->text);
	work->w->trouble = trouble;
}

static void
begin(struct work *work, struct writing *w, const char *site_dir, struct arena *arena)
{
	const char *material = bundle_text(w->bundle, arena);
	struct err err;

	*work = (struct work){ .w = w };
	if (w->is_offline)
		return;
	work->check = form_check_of(w->kind, w->locale, w->bundle, material);
	work->check.words = w->words;
	if (w->rc < 0)
		return;
	if (prompt_write(site_dir, &work->check, arena, &work->prompt, &err) < 0) {
		give_up(work, &err, WRITE_PROMPT, arena);
		return;
	}
	work->is_asked = true;
	work->call = (struct model_call){
		.tier = work->prompt.tier,
		.task = work->prompt.task,
		.material = work->prompt.material,
		.max_tokens = work->prompt.max_tokens,
		.temperature = work->prompt.temperature,
		.organisation = w->organisation != NULL ? w->organisation : "",
	};
	if (is_heard(w))
		listen(work);
}

static void
end(struct work *work)
{
	if (work->scratch != NULL) {
		str_done(&work->hearing.line);
		arena_free(work->hearing.scratch);
	}
	arena_free(work->scratch);
}

/* As the model is told it. */
static const char *
fault_list(const struct form_faults *faults, struct arena *arena)
{
	AUTO(str_donep) struct str list = STR_INIT(64u << 10);

	str_add(&list,
	    "That cannot be used. Write it once more, the whole of it and nothing else, by the "
	    "same rules, and mend this:\n");
	for (size_t i = 0; i < faults->count; i++)
		str_addf(&list, "- %s\n", faults->items[i]);
	return arena_dup(arena, str_text(&list));
}

static void
take_text(struct work *work, struct arena *arena)
{
	struct writing *w = work->w;

	work->check.text = work->call.text;
	if (!form_read(&work->check, arena, &w->text, &work->faults)) {
		w->text = NULL;
		work->call.before = work->call.text;
		work->call.fault = fault_list(&work->faults, arena);
		return;
	}
	work->is_asked = false;
	w->is_drafted_by_ai = true;
	w->provider = work->call.provider;
	w->model = work->call.model;
	if (work->faults.count > 0)
		*(struct form_faults *)(uintptr_t)w->faults = work->faults;
	if (work->scratch != NULL)
		tell_line(&work->hearing);
}

static void
take_call(struct work *work, struct arena *arena)
{
	const struct model_call *call = &work->call;
	struct writing *w = work->w;

	w->usage.in += call->usage.in;
	w->usage.cached += call->usage.cached;
	w->usage.out += call->usage.out;
	w->micros += call->micros;
	if (call->provider != NULL && call->model != NULL) {
		w->paid_provider = call->provider;
		w->paid_model = call->model;
	}
	if (call->rc < 0)
		give_up(work, &call->err, model_trouble_name(call->trouble), arena);
	else
		take_text(work, arena);
}

/* --- all ------------------------------------------------------------------------------- */

/* Ask for all that no model has written yet; what is still asked for afterwards has faults. */
static void
ask(const struct writer *writer, struct work *works, size_t count, span_ms deadline,
    struct arena *arena)
{
	struct model_call *calls = arena_alloc(arena, (count + 1) * sizeof(*calls));
	size_t n = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		if (works[i].is_asked)
			calls[n++] = works[i].call;
	if (n > 0)
		writer->run(writer->state, calls, n, deadline, arena);
	for (size_t i = 0; i < count; i++)
		if (works[i].is_asked) {
			works[i].call = calls[at++];
			take_call(&works[i], arena);
		}
}

static void
ask_all(const struct writer *writer, const char *site_dir, struct writing *writings, size_t count,
    struct arena *arena)
{
	static const struct err faults = { ERR_PEER,
		"the model's text has faults, and it had them still when it was told" };
	struct work *works = mem_alloc((count + 1) * sizeof(*works));
	span_ms deadline = writer->deadline(writer->state);

	for (size_t i = 0; i < count; i++)
		begin(&works[i], &writings[i], site_dir, arena);
	ask(writer, works, count, deadline, arena);
	ask(writer, works, count, deadline, arena); /* the one repair round */
	for (size_t i = 0; i < count; i++) {
		if (works[i].is_asked)
			give_up(&works[i], &faults, WRITE_TEXT, arena);
		end(&works[i]);
	}
	mem_free(works);
}

static void
write_offline(struct writing *w, struct arena *arena)
{
	w->text = offline_write_in(w->kind, w->words, w->bundle, arena);
	w->provider = WRITE_OFFLINE;
	w->model = "";
	if (!is_heard(w))
		return;
	if (w->began != NULL)
		w->began(w->arg);
	w->delta(w->arg, w->text, strlen(w->text));
}

/* With words that nobody can read no model is asked: its headings would be none of the site's. */
static void
find_words(struct writing *w, const char *site_dir, struct arena *arena)
{
	struct err err;

	if (form_words_read(site_dir, w->locale, arena, &w->words, &err) == 0)
		return;
	w->words = form_words(w->locale);
	w->rc = err.code;
	w->why = arena_dup(arena, err.text);
	w->trouble = WRITE_PROMPT;
}

void
write_by(const struct writer *writer, const char *site_dir, struct writing *writings, size_t count,
    struct arena *arena)
{
	for (size_t i = 0; i < count; i++) {
		struct writing *w = &writings[i];

		w->text = NULL;
		w->is_drafted_by_ai = false;
		w->usage = (struct model_usage){ 0 };
		w->micros = 0;
		w->rc = 0;
		w->why = w->trouble = "";
		w->paid_provider = w->paid_model = "";
		w->faults = arena_alloc(arena, sizeof(*w->faults));
		find_words(w, site_dir, arena);
	}
	if (writer != NULL)
		ask_all(writer, site_dir, writings, count, arena);
	for (size_t i = 0; i < count; i++)
		if (writings[i].text == NULL)
			write_offline(&writings[i], arena);
}

static span_ms
models_end(void *state)
{
	return models_deadline(state);
}

static void
models_ask(
    void *state, struct model_call *calls, size_t count, span_ms deadline, struct arena *arena)
{
	models_run_until(state, calls, count, deadline, arena);
}

void
write_documents(struct models *models, const char *site_dir, struct writing *writings, size_t count,
    struct arena *arena)
{
	const struct writer writer = { models, models_end, models_ask };
	bool has_any = models != NULL && models_are_there(models);

	write_by(has_any ? &writer : NULL, site_dir, writings, count, arena);
}
