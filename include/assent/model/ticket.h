#pragma once
/*
 * ticket: the life of a ticket, as a table with one door.
 *
 * What owners are asked moves a ticket between open, waiting and decided; what
 * engineers say closes it, hands it over, or lays it aside. A ticket that is
 * laid aside keeps what it was, and what its owner answers meanwhile changes
 * that. The steps are pure; flow stores the move. The status that a helpdesk
 * has for its ticket is another matter (external_status).
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define TICKET_STATUSES(X) \
	X(OPEN,		"open") \
	X(WAITING,	"waiting")	/* its owner was asked */ \
	X(DECIDED,	"decided")	/* … and has answered */ \
	X(PAUSED,	"paused")	/* laid aside; it was one of the others before */ \
	X(ESCALATED,	"escalated")	/* handed over to somebody else */ \
	X(RESOLVED,	"resolved")

#define TICKET_EVENTS(X) \
	X(ASK,		"ask")		/* a question went out */ \
	X(DECIDE,	"decide")	/* it was answered */ \
	X(LAPSE,	"lapse")	/* the last open one closed without an answer */ \
	X(RESOLVE,	"resolve") \
	X(ESCALATE,	"escalate") \
	X(PAUSE,	"pause") \
	X(RESUME,	"resume") \
	X(REOPEN,	"reopen")	/* it was not solved */
/* clang-format on */

#define X(id, name) TICKET_##id,
enum ticket_status { TICKET_STATUSES(X) TICKET_STATUS_COUNT };
#undef X
#define X(id, name) TICKET_DO_##id,
enum ticket_event { TICKET_EVENTS(X) TICKET_EVENT_COUNT };
#undef X

struct ticket_life {
	enum ticket_status status;
	enum ticket_status before; /* of a paused one: never paused or resolved; else as status */
};

/* True and *to set when event may happen to from. */
bool ticket_step(
    const struct ticket_life *from, enum ticket_event event, struct ticket_life *to) MUST_USE;

const char *ticket_status_name(enum ticket_status status);
bool ticket_status_parse(const char *name, enum ticket_status *out) MUST_USE;
const char *ticket_event_name(enum ticket_event event);

/* "open, waiting, decided, …" for sentences; each word for tables. */
extern const char ticket_status_words[];
extern const char *const ticket_status_names[TICKET_STATUS_COUNT];

/*
 * Time that was spent: "30m", "1h 30m", "1h30", "1.5h", "90 min", "2 hours" or
 * "90" (minutes) as minutes. False for anything else, for nothing, and for more than
 * TICKET_SPENT_MAX.
 */
#define TICKET_SPENT_MAX ((int64_t)1000 * 60)
bool ticket_spent_parse(const char *text, int64_t *minutes) MUST_USE;
#define TICKET_SPENT_SIZE 40
/* "1 h 30 min", "45 min"; "" for none. Returns out. */
const char *ticket_spent_text(int64_t minutes, char out[TICKET_SPENT_SIZE]);
