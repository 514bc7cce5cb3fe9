/* carry_write: documents are written, and what is wrong with the models is told. */
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/flow/story.h>

#include "daemon/daemon_priv.h"

/* As docs/PROMPTS.md lists them; a bit each. */
static const char *const troubles[] = { "rests", "time", "connection", "status", "answer", "budget",
	"none", WRITE_TEXT, WRITE_PROMPT };

static unsigned
bit_of(const char *trouble)
{
	for (unsigned i = 0; i < ARRAY_LEN(troubles); i++)
		if (text_is(troubles[i], trouble))
			return 1u << i;
	return 0;
}

static void
tell(const struct writing *w)
{
	log_line(LOG_WARN, "ai.failed", "kind", w->trouble, "error", w->why, "document",
	    document_kind_name(w->kind), "instead", "drafted without AI", NULL);
	if (text_is(w->trouble, "rests"))
		health_bad("ai", false, clock_now(),
		    "The AI server fails, so documents are drafted without AI; approvals go on. "
		    "Look for ai.failed in the log.");
	if (text_is(w->trouble, "budget"))
		health_bad("ai", false, clock_now(),
		    "The day's tokens of AI are spent, so documents are drafted without AI; "
		    "approvals go on.");
}

/* Each kind of trouble once, until all goes well again. Nothing of a ticket is in it (ai/write.h). */
static void
tell_troubles(struct daemon *daemon, const struct writing *writings, size_t count)
{
	const char *model = "";
	size_t asked = 0;
	unsigned now = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned bit = bit_of(writings[i].trouble);
		if (writings[i].is_offline)
			continue;
		asked++;
		metric_add(writings[i].rc < 0 ? METRIC_AI_FAILURES : METRIC_AI_DRAFTS, 1);
		if (writings[i].rc == 0)
			model = writings[i].model;
		if ((atomic_fetch_or(&daemon->ai_told, bit) & bit) == 0 && bit != 0)
			tell(&writings[i]);
		now |= bit;
	}
	if (now != 0 || asked == 0)
		return;
	if (atomic_exchange(&daemon->ai_told, 0) != 0)
		log_line(LOG_NOTICE, "ai.works", "model", model, NULL);
	health_good("ai");
}

/* Cut off by our own end: after it there is time for all of it. */
static bool
was_cut_off(struct daemon *daemon, const struct writing *writings, size_t count)
{
	bool late = false;

	for (size_t i = 0; i < count; i++)
		late |= text_is(writings[i].trouble, "time");
	return late && atomic_load(&daemon->stop);
}

static void
carry_write(struct daemon *daemon, const struct settings *settings, struct call *call,
    struct writing *writings, size_t count)
{
	bool is_asked = models_are_there(daemon->models);

	write_documents(daemon->models, settings->policy.site_dir, writings, count, call->arena);
	if (!is_asked)
		health_good("ai"); /* of settings that are not in force any more */
	else if (was_cut_off(daemon, writings, count))
		call->rc = err_set(&call->err, ERR_BUSY, "the program stops");
	else
		tell_troubles(daemon, writings, count);
}

void
carry_document(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	watched_begin(daemon, call);
	carry_write(daemon, settings, call, &call->document->writing, 1);
}

void
carry_draft(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	size_t count = call->draft_count;
	struct writing *writings = arena_alloc(call->arena, count * sizeof(*writings));

	for (size_t i = 0; i < count; i++)
		writings[i] = call->drafts[i].writing;
	carry_write(daemon, settings, call, writings, count);
	for (size_t i = 0; i < count; i++)
		call->drafts[i].writing = writings[i];
}
