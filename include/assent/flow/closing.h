#pragma once
/*
 * closing: what engineers say about a ticket as a whole: it is resolved, somebody
 * else takes it over, it is laid aside and taken up again. Two phases: the new
 * status stands after the step, and what is to be written about it is drafted
 * afterwards, by jobs of their own.
 *
 * A ticket whose owner is being asked is not resolved before the question is
 * withdrawn: nobody answers for what is done. One that is laid aside is not
 * reminded of; its question stays open until its deadline, and what it was comes
 * back with whatever was answered meanwhile. A customer who writes to a resolved
 * one opens it again.
 *
 * As in flow/memory.h, *wrong gets the part of a wish that is to blame, or NULL.
 */
#include <assent/flow/desk.h>
#include <assent/flow/document.h>
#include <assent/store/closing.h>
#include <assent/store/memory.h>
#include <assent/store/ticket.h>

#include <jansson.h>

#define CLOSING_COMMENT_MAX ((size_t)4000)

struct closing_wish {
	struct id ticket;
	enum ticket_event act; /* resolve, escalate, pause, resume, reopen */
	const char *by; /* address, "operator", "api:…" */
	const char *comment; /* "" for none */
	const char *spent; /* ticket_spent_parse(); "" for none */
	const char *to; /* of escalate: staff; "" is policy->escalate_to */
	bool withdraw; /* of resolve: questions about it, too */
	bool unpaid; /* what is written about it asks no model (flow/document.h) */
};

struct closing_paper { /* what is written about it */
	enum document_kind kind;
	enum document_stand stand;
};
#define CLOSING_PAPERS_MAX 2

struct closing_done {
	struct ticket ticket; /* as it is now */
	enum ticket_event act;
	const struct task *open; /* what is still to be done */
	size_t open_count;
	size_t withdrawn; /* questions */
	struct closing_paper papers[CLOSING_PAPERS_MAX];
	size_t paper_count;
};

/*
 * ERR_CONFLICT says who was first, and when; ERR_INVALID for what is no time,
 * nobody of staff, or an open question; ERR_LIMIT for what is too long.
 */
int closing_do(struct desk *desk, const struct closing_wish *wish, struct closing_done *out,
    const char **wrong, struct err *err) MUST_USE;
/* Only the time, with or without a comment; act does not count. */
int closing_spend(struct desk *desk, const struct closing_wish *wish, struct closing_done *out,
    const char **wrong, struct err *err) MUST_USE;

/* {"ticket", "status", "spent", "open", …} as docs/API.md has it. New reference. */
json_t *closing_json(const struct closing_done *done) MUST_USE;

/* A question went out, was answered, or closed unanswered. What cannot be is no error. */
int closing_of_owner(
    struct desk *desk, const struct id *ticket, enum ticket_event event, struct err *err) MUST_USE;

/* Somebody's public words came; a resolved ticket is open again, unless staff wrote them. */
struct closing_words {
	struct id ticket;
	const char *from; /* address, "" for a program's */
	utc_ms at; /* what was written before it was resolved does not count */
};
int closing_heard(struct desk *desk, const struct closing_words *words, struct err *err) MUST_USE;

/* The text of a document as a mail shows it: a list of headings with paragraphs and items. */
json_t *closing_sections(struct desk *desk, const char *text);

/* A handoff is stored, or will never be (document NULL): whoever takes over is told. */
int closing_handoff(struct desk *desk, const struct id *ticket, const struct document *document,
    struct err *err) MUST_USE;

/* Verbs of the operator's tool (flow/verb.h). */
int closing_verb_resolve(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int closing_verb_escalate(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int closing_verb_pause(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int closing_verb_resume(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int closing_verb_reopen(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
int closing_verb_spent(
    struct desk *desk, const json_t *arguments, json_t *out, struct err *err) MUST_USE;
