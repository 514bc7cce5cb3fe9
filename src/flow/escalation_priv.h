#pragma once
/* escalation_priv: what the files of escalation share. */
#include <assent/flow/escalation.h>

#include "flow/record.h"

/* --- what is wished (escalation_read.c) -------------------------------------------- */

/* Clean and check all of raise into *row; *wrong says where it is at fault. */
int escalation_read(struct desk *desk, const struct escalation_raise *raise, struct escalation *row,
    struct err *err) MUST_USE;
/* action, notes and override data of a resolution into *row. */
int escalation_read_resolution(struct desk *desk, const struct escalation_wish *wish,
    struct escalation *row, struct err *err) MUST_USE;

struct escalation_level {
	span_ms after, repeat; /* repeat 0: never */
	const char *to;
};
/* Of what was stored; the number of them. */
size_t escalation_levels(struct desk *desk, const struct escalation *e,
    struct escalation_level out[ESCALATION_LEVELS_MAX]);

/* --- what happened (escalation_note.c) ------------------------------------------------ */

struct escalation_note {
	const char *kind; /* of the packet's own history; with "escalation." in front elsewhere */
	const char *actor;
	const char *before, *after; /* NULL for none */
	bool to_ledger;
	const struct escalation_way *way; /* NULL: the clock, or a rule */
};
int escalation_record(struct desk *desk, const struct escalation *e,
    const struct escalation_note *note, struct err *err) MUST_USE;

/* --- people (escalation_people.c, escalation_tell.c) ------------------------------------ */

/* An address, a role of the settings, or one of staff. */
bool escalation_knows_role(struct desk *desk, const char *organisation, const char *to);
/* Is somebody of its role on call? Then he alone is told, or the next who can be. */
bool escalation_by_turns(struct desk *desk, const struct escalation *e);
/* Why mail to this address is no use; NULL where it is. */
int escalation_hindrance(
    struct desk *desk, const char *email, const char **why, struct err *err) MUST_USE;
/* When a mail to this role may go out. */
utc_ms escalation_delivery(
    struct desk *desk, const struct escalation *e, const char *to, utc_ms at);
/* Is there such a role, or may mail go to that address? Else a sentence with the nearest name. */
int escalation_check_to(
    struct desk *desk, const char *organisation, const char *to, struct err *err) MUST_USE;

/*
 * The packet was put to e->to, or to e->assignee: write down who that is, skip
 * and report whoever cannot be reached, and send the mails. *reached says how
 * many there were.
 */
int escalation_put_to(struct desk *desk, const struct escalation *e, const char *why,
    size_t *reached, struct err *err) MUST_USE;
struct escalation_again {
	const char *why; /* "again", "overdue" */
	bool is_wanted; /* somebody asked for it: no number is too many */
};

/* Once more to everybody of this level (or its assignee) who was reached; to nobody too often. */
int escalation_tell_again(struct desk *desk, const struct escalation *e,
    const struct escalation_again *again, struct err *err) MUST_USE;

/* It is closed: its links only show, and their key may leave the ring (invariant 7). */
int escalation_close_tokens(
    struct desk *desk, const struct escalation *e, struct err *err) MUST_USE;

struct escalation_news { /* for people it was put to since it began */
	const char *kind, *why, *other;
	const char *but; /* not to this address; "" for nobody */
	const char *only; /* only to this one; NULL for all */
	utc_ms before; /* only to whom it was put before; 0 for all */
};
int escalation_tell_all(struct desk *desk, const struct escalation *e,
    const struct escalation_news *news, struct err *err) MUST_USE;

/* --- what it is about (escalation_question.c) --------------------------------------------- */

struct words_place;
/* "ask" of docs/TEMPLATES.md in the place of the entity, where that is a question of ours. */
void escalation_view_question(
    struct desk *desk, const struct escalation *e, const struct words_place *place, json_t *view);

/* --- its documents (escalation_view.c) ------------------------------------------------------ */

/* For a page: the text of each artifact that is a document; a handoff's is view's own. */
void escalation_view_documents(
    struct desk *desk, const struct escalation *e, const char *locale, json_t *view);

/* --- what it came to (escalation_outcome.c) ----------------------------------------------- */

struct escalation_outcome {
	struct escalation *e; /* as it was; then as it is */
	json_t *view; /* gets the flags of docs/TEMPLATES.md */
	bool *done; /* false: it was so before, or was refused */
	const char **refused; /* why not; NULL */
};
/* escalation_do(), whose refusals are words for who wished it; only our own faults are errors. */
int escalation_do_and_say(struct desk *desk, const struct escalation_wish *wish,
    const struct escalation_outcome *out, struct err *err) MUST_USE;

/* --- the clock (escalation_clock.c) -------------------------------------------------------- */

/* When the clock is to look at it next; 0 for never. */
utc_ms escalation_next(struct desk *desk, const struct escalation *e);
/* Nobody takes it: to the next level, or further up while nobody is reached. e is stored. */
int escalation_climb(struct desk *desk, struct escalation *e, struct err *err) MUST_USE;
/* Its jobs as e says, in the place of those that there are. */
int escalation_arm(struct desk *desk, const struct escalation *e, struct err *err) MUST_USE;
