#pragma once
/* hook_priv: what the files of the hook story share. */
#include <assent/base/str.h>
#include <assent/flow/hook.h>
#include <assent/store/people.h>
#include <assent/store/post.h>
#include <assent/store/ticket.h>

#define HOOK_PREFIX "hook:" /* before a source's name, where it stands beside addresses */

struct hook_run { /* one event on its way into the tables */
	struct desk *desk;
	const struct policy_source *source;
	const struct hook_event *event;
	const struct inbound *inbound;
	const char *by; /* "hook:NAME" */
	const char *evidence; /* for the ledger */
	struct str *notes; /* what happened, a clause each */
	bool refused; /* something of the event was not applied */
	struct id *tickets; /* of the event's, null for those that were not taken */
};

/* Add a clause to the outcome; hook_refuse() also says that part of the event was not applied. */
void hook_note(struct hook_run *run, const char *fmt, ...) PRINTF(2, 3);
void hook_refuse(struct hook_run *run, const char *fmt, ...) PRINTF(2, 3);

/* Why rc is no failure of ours: refuse with its sentence and go on. Else rc. */
int hook_excuse(struct hook_run *run, const char *what, int rc, const struct err *err) MUST_USE;

/* Words without any token of ours (invariant 7); "" for none. */
const char *hook_words(struct hook_run *run, const struct hook_words *words);

/* Create or update; *out stays null when the ticket cannot be taken. */
int hook_ticket(
    struct hook_run *run, const struct hook_ticket *said, struct id *out, struct err *err) MUST_USE;

/* Bring description and messages into the thread; *changed says whether anything was new. */
int hook_thread(struct hook_run *run, const struct hook_ticket *said, const struct ticket *ticket,
    bool *changed, struct err *err) MUST_USE;

/* May the source speak for this organisation (invariant 13)? */
bool hook_may_speak(const struct policy_source *source, const struct organisation *organisation);

/*
 * The organisation that an event means, made or brought up to date where the
 * source may. ERR_NOT_FOUND when none is meant; ERR_DENIED, with what was
 * refused in the outcome, when the source may not.
 */
int hook_organisation(struct hook_run *run, const struct hook_ticket *said,
    struct organisation *out, struct err *err) MUST_USE;
/* Owner and contact as the event says; before is the organisation as it stands. */
int hook_people(struct hook_run *run, const struct hook_ticket *said,
    const struct organisation *before, struct err *err) MUST_USE;

/* The question that the event asks for, about run->tickets. */
int hook_ask(struct hook_run *run, struct err *err) MUST_USE;
