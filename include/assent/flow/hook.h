#pragma once
/*
 * hook: what helpdesks tell by webhooks (docs/WEBHOOKS.md).
 *
 * An event is read twice: at the door, so that its sender hears what is wrong
 * with it, and by the story "hook", which does what the source may do. Between
 * the two it lies in the inbound table, committed before it is acknowledged
 * (invariant 2).
 */
#include <assent/base/mem.h>
#include <assent/flow/desk.h>
#include <assent/model/id.h>
#include <assent/text/strict.h>

#include <stdbool.h>
#include <stddef.h>

#define HOOK_BODY_MAX ((size_t)1 << 20)
#define HOOK_DEPTH_MAX 32
#define HOOK_ID_MAX 200
#define HOOK_TITLE_MAX 500
#define HOOK_WORD_MAX 100 /* status, priority, a customer's key */
#define HOOK_NAME_MAX 200
#define HOOK_URL_MAX 2000
#define HOOK_TEXT_MAX ((size_t)256 << 10)
#define HOOK_MESSAGES_MAX 200
#define HOOK_DOMAINS_MAX 64
#define HOOK_TICKETS_MAX 50
#define HOOK_ATTRIBUTES_MAX ((size_t)16 << 10)
#define HOOK_QUESTION_MAX 500
#define HOOK_SUMMARY_MAX 4000

enum hook_kind {
	HOOK_TICKET, /* ticket.created, ticket.updated */
	HOOK_MESSAGE, /* message.added */
	HOOK_STATUS, /* status.changed */
	HOOK_ASK, /* approval.requested */
};

/* All texts are valid UTF-8 without invisible characters; NULL where nothing was said. */
struct hook_words {
	const char *text;
	const char *html; /* instead of text */
};

struct hook_person {
	const char *email; /* lower-case, domain in ASCII form; "" for none */
	const char *name; /* "" for none */
};

struct hook_message {
	const char *id;
	struct hook_words words;
	struct hook_person from;
	bool is_public;
	utc_ms at;
};

struct hook_ticket {
	const char *id;
	const char *title;
	struct hook_words description;
	struct hook_message *messages;
	size_t message_count;
	struct hook_person requester, owner, engineer; /* email NULL where nothing was said */
	const char *customer, *customer_name;
	const char **domains;
	size_t domain_count;
	const char *priority, *status, *url;
	const char *attributes; /* an object as text, keys in order, compact */
};

struct hook_event {
	enum hook_kind kind;
	const char *type; /* "ticket.created" */
	utc_ms at;
	struct hook_ticket *tickets; /* one, except for HOOK_ASK */
	size_t ticket_count;
	const char *question, *summary; /* HOOK_ASK; "" for the usual */
};

/* Everything of *out lies in arena. False with *fault filled. */
bool hook_read(const char *body, size_t n, struct arena *arena, struct hook_event *out,
    struct strict_fault *fault) MUST_USE;

/* The source of this name, or NULL. */
const struct policy_source *hook_source(const struct policy *policy, const char *name);

struct hook_delivery {
	const char *source; /* its name */
	const char *id; /* webhook-id */
	const char *body;
	size_t n;
};

/*
 * A step: keep a delivery for the story. *id names its row; *known says that
 * this very delivery came before. ERR_CONFLICT when its id came before with
 * another body.
 */
int hook_keep(struct desk *desk, const struct hook_delivery *delivery, struct id *id, bool *known,
    struct err *err) MUST_USE;
