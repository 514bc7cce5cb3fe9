#pragma once
/*
 * escalation: packets reach a person, and somebody answers for each.
 *
 * A packet is raised once while it is open (rule and once_key), put to the
 * people of a role, climbs through its levels until somebody acknowledges it,
 * and expires when its time runs out. Each act is one conditional change with
 * its history, ledger entry, event and mails in the same step; one that is
 * already so changes nothing and says who did it. docs/ESCALATION.md has the
 * rules.
 */
#include <assent/flow/desk.h>
#include <assent/flow/notice.h>
#include <assent/store/escalation.h>

#include <jansson.h>

#define ESCALATION_TITLE_MAX 300
#define ESCALATION_NAME_MAX 200 /* entity, workflow, step, rule, key */
#define ESCALATION_TEXT_MAX 4000 /* risk, suggestion, notes */
#define ESCALATION_TOKEN_MAX 1000
#define ESCALATION_JSON_MAX (64 << 10) /* artifacts, texts, override data: each */
#define ESCALATION_ITEMS_MAX 50 /* missing data, artifacts */
#define ESCALATION_DEPTH_MAX 16
#define ESCALATION_LEVELS_MAX 10
#define ESCALATION_REPEATS_MAX 20 /* of one level */
#define ESCALATION_DUE (4 * MS_HOUR)
#define ESCALATION_DUE_MAX (366 * MS_DAY)
#define ESCALATION_SNOOZE_MAX (31 * MS_DAY)
#define ESCALATION_PATIENCE MS_DAY /* an acknowledged one outlives its due time by this */
#define ESCALATION_BOUNCE (3 * MS_DAY) /* so long after a mail came back nothing is sent there */
#define ESCALATION_CHANCE MS_HOUR /* nobody is told and out of time at once */

/* By which door somebody came; NULL and "" are the same. */
struct escalation_way {
	const char *channel; /* "reply", "link", "api", "console" */
	const char *evidence; /* a line: the mail and what vouched for it, or the tool's user */
};

struct escalation_raise {
	const char *organisation; /* key; "" or NULL: its ticket's, or none */
	const char *title;
	const char *entity_type, *entity_id, *workflow, *failed_step;
	const char *reason;
	const char *missing; /* JSON list of texts */
	const char *priority; /* "": medium */
	const char *risk, *artifacts /* JSON list of {type, title, …} */, *resume_token, *suggest;
	const char *texts; /* JSON: {"title": {"ar": "…"}, "suggest": {…}, "risk": {…}} */
	const char *rule;
	const char *once_key; /* "": never the same as another */
	const char *to; /* role or address; "": escalation_default_to() */
	const char *levels; /* JSON list of {after_ms, to, repeat_ms}, later and later */
	double confidence; /* 0 to 1; < 0: none */
	utc_ms due; /* 0: in ESCALATION_DUE of the organisation's business time */
	struct id ticket; /* null: none */
	const char *by; /* "rules", "api:…", address */
	struct escalation_way way;
	const char *
	    *wrong; /* set to the pointer of what is refused ("/title"), else NULL; may be NULL */
};

/*
 * NULL and "" are the same in every text. *is_new is false when one of this rule and
 * once_key is open: that one is *out, unchanged. ERR_INVALID, ERR_LIMIT with
 * *wrong; nothing was changed then.
 */
int escalation_raise(struct desk *desk, const struct escalation_raise *raise,
    struct escalation *out, bool *is_new, struct err *err) MUST_USE;

struct escalation_wish {
	struct id id;
	enum escalation_act act; /* of people: ACK to REOPEN */
	const char *by; /* address of staff or of who was asked, "operator", "api:…" */
	struct escalation_way way;
	const char *to; /* ASSIGN: an address that may be told (see escalation_may_reach()) */
	utc_ms until; /* SNOOZE */
	const char *action; /* RESOLVE: what was done, a line */
	const char *notes;
	const char *override_json; /* RESOLVE: a JSON object, goes to the workflow */
	const char **wrong; /* as in raise */
};

/*
 * *changed is false when it was so before: *out says who and when, and nothing
 * was written. ERR_NOT_FOUND; ERR_CONFLICT with a sentence when its state
 * forbids the act (an expired one must be opened again first).
 */
int escalation_do(struct desk *desk, const struct escalation_wish *wish, struct escalation *out,
    bool *changed, struct err *err) MUST_USE;

/*
 * Expire what is out of time among the next ESCALATION_PAGE that are overdue,
 * newest first; the jobs do it one by one as it happens. ERR_BUSY while the
 * clock is not trusted.
 */
struct escalation_sweep {
	struct id before; /* where the page begins, and the next one; null at first */
	size_t expired; /* is added to */
	bool more;
};
int escalation_sweep(struct desk *desk, struct escalation_sweep *sweep, struct err *err) MUST_USE;
/* When its time runs out; 0 when it is closed. Climbing and snoozing put it off, due stays. */
utc_ms escalation_lapses(struct desk *desk, const struct escalation *e);

/* What becomes of it, from desk->now on, if nobody acts and everybody can be reached. In order. */
struct escalation_foreseen {
	utc_ms at;
	const char *what; /* "level", "again", "due", "expires" */
	const char *to; /* who has it then: role or address */
};
void escalation_foresee(struct desk *desk, const struct escalation *e,
    void (*seen)(void *arg, const struct escalation_foreseen *step), void *arg);

/* "eve@… resolved it on Fri 27 Nov 2026, 17:00 CET"; of whatever happened last. In tx_arena(). */
const char *escalation_last_word(struct desk *desk, const struct escalation *e);

/* --- time and people ------------------------------------------------------------------- */

/*
 * from + span as this organisation (key, "" for none) counts it: its business
 * time; of critical ones all time counts.
 */
utc_ms escalation_after(struct desk *desk, const struct escalation *e, utc_ms from, span_ms span);

/* May mail about packets go there (invariant 13)? Staff, people of roles, escalate_to, alert_to. */
bool escalation_may_reach(struct desk *desk, const char *organisation, const char *email);
/* What "" stands for: a role or address; "" where the site has nobody. */
const char *escalation_default_to(struct desk *desk);

struct escalation_reached {
	const char *email, *name;
};
#define ESCALATION_PEOPLE_MAX 50
/* Of a role or address now, on call first; of escalation_default_to() for an unknown one. */
size_t escalation_people(struct desk *desk, const struct escalation *e, const char *to,
    struct escalation_reached out[ESCALATION_PEOPLE_MAX]);

/* --- words and mail ----------------------------------------------------------------------- */

/* title, suggest or risk ("title") as this language reads it. In tx_arena(). */
const char *escalation_text(
    struct desk *desk, const struct escalation *e, const char *field, const char *locale);

/*
 * What a mail or page says of it: plain texts, dates in the reader's zone.
 * src/flow/escalation_view.c. New reference.
 */
struct escalation_reader {
	const char *email, *name;
	const char *locale, *zone_name; /* never NULL */
};
json_t *escalation_view(
    struct desk *desk, const struct escalation *e, const struct escalation_reader *reader) MUST_USE;

/* The mail's kinds are its templates. */
#define ESCALATION_MAIL "escalation" /* it is put to you */
#define ESCALATION_MAIL_MOVED "escalation-moved" /* it is somebody else's now, or ran out of time */
#define ESCALATION_MAIL_RESOLVED "escalation-resolved"

struct escalation_letter {
	const char *kind; /* one of these */
	struct escalation_person person; /* written down already */
	const char *why; /* "raised", "climbed", "assigned", "again", "overdue", "expired", … */
	const char *other; /* whom it went to, or who did it; "" for nobody */
	enum notice_gather gathers; /* of a critical one it does not count */
};
/* One mail, held back by the role's quiet hours unless it is critical. */
int escalation_tell(struct desk *desk, const struct escalation *e,
    const struct escalation_letter *letter, struct err *err) MUST_USE;

/* Nobody need be woken by this mail: its packet is closed, or somebody else has it. */
struct outgoing;
int escalation_is_taken(
    struct desk *desk, const struct outgoing *mail, bool *out, struct err *err) MUST_USE;

/* In send.c: this mail of a packet reaches nobody. It climbs when nobody else was reached. */
int escalation_undeliverable(struct desk *desk, const struct id *escalation, const char *email,
    const char *why, struct err *err) MUST_USE;
