#pragma once
/*
 * help_desk: a whole desk in one process, for tests of the stories: a real
 * database in a temporary folder, the real parser child, mails kept in memory,
 * and a clock that the test moves.
 */
#include <assent/flow/story.h>
#include <assent/mail/parser.h>
#include <assent/store/approval.h>

#include <stdbool.h>

struct desk_kit {
	char folder[256];
	struct db *db;
	struct parser *parser;
	struct outlet *outlet;
	struct policy policy;
	utc_ms now;
	bool clock_trusted;
	const struct writer *writer; /* who writes documents; NULL: nobody is asked */
	int parser_answers; /* 0: it works; else every parse comes to this error */
	struct arena *arena; /* of the test */
	int letters; /* taken in so far */
	void (*write)(
	    struct desk_kit *kit, struct writing *writing); /* instead of a model; NULL: offline */
	void *arg; /* its */
};

/* One customer "acme" (acme.test, owner jane@acme.test), one engineer eve@help.test, agent@desk.test. */
void kit_open(struct desk_kit *kit);
void kit_close(struct desk_kit *kit);

/* For cmocka: *state becomes an open kit, and is closed. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* The database file, past the code under test: sqlite3_close() it. */
struct sqlite3 *kit_file(struct desk_kit *kit);
int64_t kit_number(struct desk_kit *kit, const char *sql);
void kit_change(struct desk_kit *kit, const char *sql);

/* Run a step now. */
int kit_step(struct desk_kit *kit, int (*fn)(struct desk *, void *, struct err *), void *arg,
    struct err *err);

/* Take a raw mail in, as a mailbox would; returns the inbound row's id. */
struct id kit_mail(struct desk_kit *kit, const char *raw);
struct id kit_mail_bytes(struct desk_kit *kit, const char *raw, size_t size); /* NULs too */
/* Do every due job until none is due; the number done. Fails the test on a dead letter unless expected. */
int kit_run(struct desk_kit *kit);
/* Move the clock on and run. */
int kit_pass(struct desk_kit *kit, span_ms span);

/* The nth mail sent to this address (0 first), or NULL; text of the plain part undone from its encoding. */
const char *kit_sent(struct desk_kit *kit, const char *to, size_t n);
size_t kit_sent_count(struct desk_kit *kit, const char *to);
/* The value of a header of the nth mail to this address. */
const char *kit_header(struct desk_kit *kit, const char *to, size_t n, const char *name);
/* The token of the mth link "/a/<token>" in that mail. */
const char *kit_link(struct desk_kit *kit, const char *to, size_t n, size_t m);

/* The status and outcome of an inbound row. */
const char *kit_outcome(struct desk_kit *kit, const struct id *inbound);
/* The state of the nth newest approval. */
enum approval_state kit_state(struct desk_kit *kit, size_t n);
/* ... of the item of a batch. */
enum approval_state kit_item_state(struct desk_kit *kit, int64_t item);
size_t kit_approvals(struct desk_kit *kit);

/*
 * A mail with sane headers. vouched: our host says dkim=pass for the From
 * domain. extra: more header lines, each ended by \r\n, or "".
 */
struct kit_letter {
	const char *from, *to, *cc, *subject, *extra, *body;
	const char *message_id; /* NULL: a new one */
	bool not_vouched;
};
struct id kit_letter(struct desk_kit *kit, const struct kit_letter *letter);
