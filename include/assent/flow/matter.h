#pragma once
/*
 * matter: one approval with all that surrounds it, and the words that mails
 * and pages use about it.
 */
#include <assent/flow/desk.h>
#include <assent/model/calendar.h>
#include <assent/store/approval.h>
#include <assent/store/people.h>
#include <assent/store/ticket.h>

#include <jansson.h>

struct notice;

/*
 * An approval may have several ballots: the owner's and those of people asked
 * in his place. A matter is the approval as it was put to one of them: asked
 * and asked_hash are his (invariant 9), and batch is null where he was asked
 * by himself.
 */
struct matter {
	struct approval approval;
	struct ballot ballot; /* of the person at hand */
	struct ballot cast; /* the one that decided; the person's own while none has */
	struct ballot asked_now; /* the newest that is open; the person's own when none is */
	struct id batch; /* the approval's, whoever is at hand */
	struct ticket ticket;
	struct organisation organisation;
	const struct zone *zone; /* the organisation's */
};

int matter_load(
    struct desk *desk, const struct id *approval, struct matter *out, struct err *err) MUST_USE;
/* As it was put to the person of this ballot. */
int matter_load_ballot(
    struct desk *desk, const struct id *ballot, struct matter *out, struct err *err) MUST_USE;
/* Its approval and ballot again, after an answer was written. */
int matter_renew(struct desk *desk, struct matter *matter, struct err *err) MUST_USE;
/* All of it again, after something was written. */
int matter_reload(struct desk *desk, struct matter *matter, struct err *err) MUST_USE;
/* All of a batch, by item. */
int matter_load_batch(struct desk *desk, const struct id *batch, struct matter **out, size_t *count,
    struct err *err) MUST_USE;

/* The organisation's calendar; NULL where none is named. */
const struct calendar *matter_calendar(const struct desk *desk, const struct matter *matter);
/* n of its working days after from, at the same local time: calendar_add_days(). */
utc_ms matter_add_days(const struct desk *desk, const struct matter *matter, utc_ms from, int n);

/* Waits for an answer of the person at hand (or is a draft). */
bool matter_is_open(const struct matter *matter);
/* It is open, but somebody else answers it now. */
bool matter_is_elsewhere(const struct matter *matter);

/* Name, or the address where there is no name. */
const char *matter_person(const struct matter *matter);
const char *matter_engineer(const struct matter *matter);

/* What a reply must show here: never LEVEL_DEFAULT (invariant 8c). */
enum reply_level matter_level(const struct desk *desk, const struct matter *m);
/* ... of an organisation that says this for itself. */
enum reply_level matter_level_of(const struct desk *desk, enum reply_level level);

/* Keys of "the ticket" in docs/TEMPLATES.md, without the question's own. New reference. */
json_t *matter_view(struct desk *desk, const struct matter *matter) MUST_USE;
/* An entry of items[]: number, mark, title, question, outcome, by, when, channel, comment, turnaround. */
json_t *matter_item(struct desk *desk, const struct matter *matter) MUST_USE;
/* Begin a note to the ticket's engineer, in its thread, with matter_view(): 1, or 0 without an engineer. */
int matter_note(
    struct desk *desk, const struct matter *m, struct notice *notice, struct err *err) MUST_USE;
/* Names the ballot so that links can be put in when the mail is rendered. */
void matter_name_links(struct desk *desk, const struct matter *matter, json_t *object);
/* The bullets as shown. */
json_t *matter_summary(const struct matter *matter) MUST_USE;
/* How they came to be: "drafted without AI"; "" when nothing says so. */
const char *matter_summary_label(struct desk *desk, const struct matter *matter) MUST_USE;
/* All into view: summary, summary_label and, where a model wrote it, summary_model. */
void matter_add_summary(const struct matter *matter, json_t *view);

/* "Fri 27 Nov 2026, 17:00 CET", "1.2 MB", "3 h 20 min"; in arena. */
const char *words_date(struct arena *arena, const struct zone *zone, utc_ms at);
/* As that language writes it; English where we have no words of its own. */
struct words_place {
	const char *locale;
	const struct zone *zone;
	const char *site_dir; /* whose phrases may say it */
};
const char *words_date_in(struct arena *arena, const struct words_place *place, utc_ms at);
const char *words_size(struct arena *arena, int64_t bytes);
const char *words_span(struct arena *arena, span_ms span);

/* The JSON as compact text, in arena. */
const char *view_dump(struct arena *arena, const json_t *json);

/* json_object_set_new() of a text that may be NULL or "": then nothing. */
void view_text(json_t *object, const char *key, const char *text);
