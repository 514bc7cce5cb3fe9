#pragma once
/*
 * notice: one mail of ours, written down in the step of its cause with all it
 * needs to be rendered, and the job that sends it. Links and reply tokens are
 * put in when it is rendered; the store never holds them.
 */
#include <assent/flow/desk.h>
#include <assent/store/approval.h>
#include <assent/store/people.h>
#include <assent/store/post.h>
#include <assent/store/ticket.h>

#include <jansson.h>

/* So many answers to mail are written; more are withheld, counted and told (docs/OPERATING.md). */
#define NOTICE_ADDRESS_HOUR 60 /* to one address within an hour */
#define NOTICE_ADDRESS_DAY 240 /* ... within a day */
#define NOTICE_TICKET_HOUR 30 /* about one ticket within an hour */

/*
 * May it become a line of a digest? Of those that may, policy.singles go to one
 * person by themselves within a minute, or at the end of quiet hours; docs/ESCALATION.md.
 */
enum notice_gather {
	GATHER_NEVER,
	GATHER_MANY, /* where many go to one person at once */
	GATHER_ALWAYS, /* he got enough by themselves today */
};

struct notice {
	const char *kind; /* template */
	const char *to_email, *to_name;
	const char *locale; /* NULL: the reader's, policy_locale_of() */
	const char *zone_name; /* NULL: the site's */
	json_t *view; /* taken over */
	const struct id *ticket, *approval, *ballot, *batch; /* NULL for none */
	const struct id *escalation; /* NULL for none */
	utc_ms not_before; /* it waits until then; 0: it does not */
	const char *in_reply_to; /* NULL or "" for none */
	const char *references; /* blank-separated, NULL for none */
	const char *subject; /* NULL or "": the template's */
	bool replied; /* answers inbound mail */
	bool doubtful; /* ... that may be forged */
	enum notice_gather gathers;
};

/* *message_id (may be NULL) is set to the new mail's id, in tx_arena(). */
int notice_send(
    struct desk *desk, struct notice *notice, const char **message_id, struct err *err) MUST_USE;

/* The ticket that a mail is about, null for none. */
int notice_ticket(
    struct desk *desk, const struct outgoing *mail, struct id *out, struct err *err) MUST_USE;

/* Threading of a note to a ticket's engineer: last message, all ids, "Re: title [T-n]". */
int notice_thread(struct desk *desk, const struct ticket *ticket, struct notice *notice,
    struct err *err) MUST_USE;

/* "[T-1001]" */
const char *notice_mark(struct desk *desk, int64_t ref);
