#pragma once
/*
 * outlet: where outgoing mail goes. A struct of functions: a maildir, the
 * program of a local mail system, an SMTP relay (mail/smtp.h), memory (tests).
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>

#include <stdbool.h>
#include <stddef.h>

#define OUTLET_NAME_MIN 20 /* a shorter name is not one mail's only */
#define OUTLET_NAME_SIZE 201 /* with the NUL */

struct outlet_mail {
	const char *key; /* stable name of this mail: the same on a repeat */
	const char *from; /* envelope sender, "" for the null path */
	const char *to;
	const char *bytes;
	size_t size;
	/* Where not NULL, set with ERR_BUSY: it waits only because we send slowly; for so long. */
	span_ms *wait;
	utc_ms date; /* as it stands in the mail */
	/*
	 * Where not NULL, OUTLET_NAME_SIZE bytes: how the relay that took it calls
	 * it, "" where it does not say. Some make a new Message-ID of that name.
	 */
	char *name;
};

struct outlet;

struct outlet_ops {
	const char *name;
	/*
	 * 0: accepted. ERR_INVALID: refused for good. ERR_PEER: perhaps sent,
	 * nobody knows (invariant 3). Others: not sent, try later; ERR_DENIED
	 * and ERR_IO are no fault of this mail. Any thread.
	 */
	int (*send)(struct outlet *outlet, const struct outlet_mail *mail, struct err *err);
	void (*free)(struct outlet *outlet);
	/* End what is under way soon and begin nothing more; NULL where nothing takes long. */
	void (*stop)(struct outlet *outlet);
};

struct outlet {
	const struct outlet_ops *ops;
	bool may_double; /* a repeat with the same key may arrive as a second mail */
};

/*
 * Delivery into a Maildir (made when missing): written to tmp, fsynced, linked
 * into new under a name made from the key, folder fsynced. A repeat with the
 * same key replaces nothing and succeeds. What killed tries left in tmp goes.
 */
int outlet_maildir_new(const char *path, struct outlet **out, struct err *err) MUST_USE;

/*
 * Each mail to `program -i -f sender -- recipient` on its standard input, with
 * nothing but PATH around it; what it ends with counts as sysexits.h says.
 * After deadline (0: a usual one) it is ended.
 */
int outlet_sendmail_new(
    const char *program, span_ms deadline, struct outlet **out, struct err *err) MUST_USE;

/* Keeps mails in memory, thread-safe, for tests. */
struct outlet *outlet_memory_new(void) MUST_USE;
size_t outlet_memory_count(struct outlet *outlet);
const struct outlet_mail *outlet_memory_at(struct outlet *outlet, size_t i);
void outlet_memory_fail_next(struct outlet *outlet, int code);
/* The relay's name for the next mail; it stays the caller's. */
void outlet_memory_name_next(struct outlet *outlet, const char *name);

void outlet_stop(struct outlet *outlet); /* NULL is fine */
void outlet_free(struct outlet *outlet);
FREEP(struct outlet, outlet_free)
