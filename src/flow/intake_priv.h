#pragma once
/* intake_priv: what the files of the intake story share. */
#include <assent/flow/desk.h>
#include <assent/flow/matter.h>
#include <assent/flow/story.h>
#include <assent/mail/sender.h>
#include <assent/store/post.h>

enum target_kind {
	TARGET_NONE,
	TARGET_BALLOT,
	TARGET_BATCH,
	TARGET_PACKET,
	TARGET_DIGEST,
	TARGET_TICKET,
};

struct target { /* what a letter seems to be about: a finding, never a proof */
	enum target_kind kind;
	bool by_learnt; /* a Message-ID names it that we did not give */
	bool by_token; /* it came to the reply address */
	bool is_torn; /* the address and the mail answered are of two questions */
	bool by_mark; /* only the subject names it, which anybody may write */
	struct id approval; /* TARGET_BALLOT */
	struct id ballot; /* TARGET_BALLOT */
	struct id batch; /* TARGET_BATCH */
	struct id packet; /* TARGET_PACKET */
	struct id person; /* TARGET_PACKET by token: whom it was put to; else null */
	struct id digest; /* TARGET_DIGEST: the mail */
	struct id ticket; /* null where unknown */
};

struct signature_worth { /* what its S/MIME signature is worth */
	bool counts; /* of the sender, and about the question that the letter is about */
	const char *why_not; /* without a full stop; NULL where it counts or there is none */
	const char *refusal; /* a sentence for the owner: it must not decide; NULL for none */
};

struct arrival { /* one letter on its way in */
	const struct letter *letter;
	struct inbound *inbound; /* status and outcome are set by whoever takes it */
	struct sender sender;
	struct target target;
	struct signature_worth signature;
	const struct intent *intent; /* NULL when nothing was asked */
	const struct absence_ask
	    *absence; /* when an absence note ends; NULL when nothing was asked */
	bool opened; /* this letter opened its ticket */
};

int target_find(
    struct desk *desk, const struct letter *letter, struct target *out, struct err *err) MUST_USE;
/*
 * Is target the question that the first of these tokens and Message-IDs that we
 * know belongs to? Unknown ones are passed over, and so are names of this question
 * that we did not give: a robot's mail may have taught us those.
 */
int target_is_named(struct desk *desk, const struct target *target,
    const struct text_list *references, bool *out, struct err *err) MUST_USE;
/* A mail of ours by a Message-ID, its own or what a relay on the way made of it. */
int target_sent(
    struct desk *desk, const char *message_id, struct sent_id *out, struct err *err) MUST_USE;
/* The approvals a TARGET_BALLOT or TARGET_BATCH is about, by item. */
int target_matters(struct desk *desk, const struct target *target, struct matter **out,
    size_t *count, struct err *err) MUST_USE;

/* Weigh the letter's signature; sender and target are known by now. */
int signature_weigh(struct desk *desk, struct arrival *arrival, struct err *err) MUST_USE;
/* For the evidence: who signed, by which certificate; "" where it does not count. */
const char *signature_sentence(struct desk *desk, const struct arrival *arrival);

/* Say what became of the letter. */
void arrival_file(struct arrival *arrival, const char *status, const char *outcome);

int reply_take(struct desk *desk, struct arrival *arrival, struct matter *matters, size_t count,
    struct err *err) MUST_USE;
int staff_take(struct desk *desk, struct arrival *arrival, const struct staff *staff,
    struct err *err) MUST_USE;
/* The mail of a packet is answered: escalation_reply.c. */
int escalation_reply(struct desk *desk, struct arrival *arrival, struct err *err) MUST_USE;
/* A digest is answered: gather_reply.c. */
int gather_reply(struct desk *desk, struct arrival *arrival, struct err *err) MUST_USE;
int contact_take(struct desk *desk, struct arrival *arrival, struct err *err) MUST_USE;
int automatic_take(struct desk *desk, struct arrival *arrival, struct err *err) MUST_USE;

/* Tell a staff member or known contact, at most once, why nothing was done. */
int arrival_explain(
    struct desk *desk, struct arrival *arrival, const char *reason, struct err *err) MUST_USE;

/* At most max times an hour, and a_day times a day: no mail may make us write without end. */
struct often {
	const char *what;
	const struct id *about;
	int max;
	int a_day; /* 0: only the hour counts */
};
int often_enough(struct desk *desk, const struct often *often, bool *out, struct err *err) MUST_USE;

/* A vouched owner whose mail is about no question: which ones wait for him, once a day. */
int stray_take(struct desk *desk, struct arrival *arrival, bool *taken, struct err *err) MUST_USE;

/* Add the letter to the ticket's thread; skip holds lines that are not words to anybody (commands). */
struct arrival_text {
	const char *text; /* whole */
	const char *own; /* without quotes */
};
int arrival_add_message(struct desk *desk, struct arrival *arrival, const struct id *ticket,
    const struct arrival_text *text, struct err *err) MUST_USE;

/* The organisation of the first address in the letter, headers before text, that has one. */
int arrival_organisation(struct desk *desk, const struct letter *letter, struct organisation *out,
    const struct address **who, struct err *err) MUST_USE;

const char *email_domain(const char *email);
