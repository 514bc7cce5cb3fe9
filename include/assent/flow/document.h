#pragma once
/*
 * document: what is written for a ticket: wanted, drafted by a job of its own,
 * looked up, edited.
 *
 * A document is drafted once for as long as the same would be asked: ticket,
 * kind, locale, the ticket's state_version, the prompt and who would be asked
 * (policy->ai_chain). What was drafted without AI because nobody answered is
 * tried again after DOCUMENT_RETRY. Who wants the same at the same time waits
 * for the same job.
 */
#include <assent/ai/form.h>
#include <assent/flow/desk.h>
#include <assent/store/document.h>

/* How it came to be: "drafted by AI (m)", "drafted without AI", "written by eve@…"; in tx_arena(). */
const char *document_label(struct desk *desk, const struct document *document);

/* A summary as an approval keeps it: {"bullets", "label", "model"?} as text; in tx_arena(). */
const char *document_summary_json(struct desk *desk, const struct document *document);
