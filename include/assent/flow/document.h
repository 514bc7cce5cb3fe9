#pragma once
/*
 * document: what is written for a ticket: wanted, drafted by a job of its own,
 * looked up, edited.
 *
 * A document is drafted once for as long as the same would be asked: ticket,
 * kind, locale, the ticket's state_version, the prompt and who would be asked
 * (policy->ai_chain). What was drafted without AI because nobody answered is
 * tried again after DOCUMENT_RETRY; what a person wrote stands until the ticket
 * moves or a draft is forced. Who wants the same at the same time waits for the
 * same job. Texts of kinds that a model proposes go to flow/memory.h, inert.
 */
#include <assent/ai/form.h>
#include <assent/flow/desk.h>
#include <assent/store/document.h>

#include <jansson.h>

#define DOCUMENT_TEXT_MAX ((size_t)32000) /* bytes of an edited one */
#define DOCUMENT_LOCALE_MAX ((size_t)35)
/* Of one ticket: kinds in languages that somebody named, and bytes of all that people wrote. */
#define DOCUMENT_NAMES_MAX 100
#define DOCUMENT_WORDS_MAX ((int64_t)2 << 20)
#define DOCUMENT_RETRY (10 * MS_MINUTE)
#define DOCUMENT_USED_STEP MS_HOUR /* what `used` may be late by: hits seldom write */

enum document_stand {
	DOCUMENT_NONE,
	DOCUMENT_STORED,
	DOCUMENT_DRAFTING, /* a job is there that will store it */
};

struct document_wish {
	struct id ticket;
	enum document_kind kind;
	const char *locale; /* "" is the reader's: the owner's for a summary, else the site's */
	bool force; /* draft, whatever is stored */
	bool keep; /* something refers to it: it is never removed for others' sake */
	bool unpaid; /* no model is asked: who wishes has had his share */
	const char *by;
	/*
	 * prompt_hash(), which reads a file and thus is no matter for a step; NULL: the
	 * job looks whether there is anything to do.
	 */
	const char *prompt;
};

/* The name of its run, for base/live.h: "<ticket>/<kind>/<locale>"; in tx_arena(). */
int document_run_name(struct desk *desk, const struct document_wish *wish, const char **out,
    struct err *err) MUST_USE;

/* What stands for the wish: for a snapshot. out is filled where stand is DOCUMENT_STORED. */
int document_look(struct desk *desk, const struct document_wish *wish, struct document *out,
    enum document_stand *stand, struct err *err) MUST_USE;

/* The revision, 0 for the newest, that is stored. ERR_NOT_FOUND. */
int document_read(struct desk *desk, const struct document_wish *wish, int64_t revision,
    struct document *out, struct err *err) MUST_USE;

/* prompt_hash() in tx_arena(); "" where it cannot be read. For a snapshot. */
const char *document_prompt(struct desk *desk, enum document_kind kind);

/*
 * Would asking now give what is stored? 1, and out; 0; or an error. For a
 * snapshot. Without a prompt in the wish it is looked up.
 */
int document_cached(struct desk *desk, const struct document_wish *wish, struct document *out,
    struct err *err) MUST_USE;

/* Is a job under way that will do for the wish? Then wanting it costs nothing more. */
int document_is_coming(
    struct desk *desk, const struct document_wish *wish, bool *out, struct err *err) MUST_USE;

/*
 * In a step: what is stored, or a job that drafts it. ERR_NOT_FOUND for the
 * ticket, ERR_INVALID for the locale, ERR_LIMIT for one too many.
 */
int document_want(struct desk *desk, const struct document_wish *wish, struct document *out,
    enum document_stand *stand, struct err *err) MUST_USE;

struct document_edit {
	struct id ticket;
	enum document_kind kind;
	const char *locale; /* as a wish's */
	const char *text;
	const char *by;
	int64_t revision; /* what was read and is edited; 0: whatever is there */
};

struct document_edited {
	struct document document;
	struct form_faults faults; /* what its form would want: advice */
};

/*
 * A person's revision: cleaned of invisible characters and our tokens. What
 * the form would want is told, not asked for. *wrong as in flow/memory.h. The
 * same text once more is no new revision. ERR_CONFLICT, with who was first,
 * where the revision is not the newest any more. ERR_INVALID for a proposal: its parts
 * are judged as fixes and tasks. ERR_LIMIT where the ticket has enough of them.
 */
int document_edit(struct desk *desk, const struct document_edit *edit, struct document_edited *out,
    const char **wrong, struct err *err) MUST_USE;

/*
 * What a person wrote for the ticket as it was at that state_version is of the
 * ticket as it is now: the step that is under way changed nothing he wrote about.
 */
int document_stays(struct desk *desk, const struct document_wish *wish, int64_t state_version,
    struct err *err) MUST_USE;

/* What `done` of its run says (base/live.h): id, kind, locale, drafted_by_ai, usage. */
const char *document_done_json(const struct document *document, struct arena *arena);
json_t *document_usage_json(const struct document *document);

/* How it came to be: "drafted by AI (m)", "drafted without AI", "written by eve@…"; in tx_arena(). */
const char *document_label(struct desk *desk, const struct document *document);

/* A summary as an approval keeps it: {"bullets", "label", "model"?} as text; in tx_arena(). */
const char *document_summary_json(struct desk *desk, const struct document *document);

/* Verbs of the operator's tool (flow/verb.h). */
int document_verb_draft(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int document_verb_edit(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
