#pragma once
/*
 * parser: the daemon's side of the jail. A pool of assent-parser children that
 * read hostile bytes, so that nobody else has to.
 *
 * Thread-safe: a caller waits for a free child. A child that dies, hangs or
 * answers nonsense is killed and replaced, and the call fails with ERR_PEER;
 * counting tries and putting a letter into quarantine is the caller's affair.
 */
#include <assent/mail/letter.h>
#include <assent/text/intent.h>

struct parser;

struct parser_options {
	const char *program; /* path of assent-parser */
	int children; /* 1 to 16 */
	span_ms deadline; /* for one answer */
	const char *const *markers; /* our cut lines in every language we send */
	size_t marker_count;
	utc_ms (*now)(void); /* for certificates; NULL where S/MIME is not looked at */
};

/* Children are started at the first use and kept. ERR_NOT_FOUND when program cannot be run. */
int parser_new(const struct parser_options *options, struct parser **out, struct err *err) MUST_USE;
void parser_free(struct parser *parser);
FREEP(struct parser, parser_free)

/*
 * Who may vouch for people that sign (PEM; "" for nobody: S/MIME is not looked
 * at), and what was revoked ("" for none). Holds for letters that are asked for
 * after it returns.
 */
void parser_trust(struct parser *parser, const char *authorities, const char *crls);

/*
 * Parse one raw mail. *out lives in arena (LETTER_ARENA_MAX is room for any).
 * ERR_PEER when the child was lost, ERR_LIMIT when the mail or the answer is
 * too large, ERR_INVALID when the child said that these bytes are not a mail.
 * ERR_IO when no child could be started: that is no fault of the mail.
 */
int parser_letter(struct parser *parser, const void *raw, size_t n, struct arena *arena,
    struct letter **out, struct err *err) MUST_USE;

struct parser_ask { /* one letter of several, and what became of it */
	const void *raw;
	size_t n;
	struct arena *arena; /* letter lives in it */
	struct letter *letter;
	int rc; /* as of parser_letter() */
	struct err err;
};

/*
 * parser_letter() for each, by one child that is sent a few letters ahead: it
 * need not sleep between two. A letter that is the child's end fails alone;
 * those behind it are sent again, to the next child.
 */
void parser_letters(struct parser *parser, struct parser_ask *asks, size_t count);

/* HTML as the text a person would read; *out lives in arena. */
int parser_html(struct parser *parser, const void *html, size_t n, struct arena *arena, char **out,
    struct err *err) MUST_USE;

/* Cut the reply out of words (UTF-8) and read it as a decision. */
int parser_decide(struct parser *parser, const struct intent_ask *wish, struct arena *arena,
    struct intent *out, struct err *err) MUST_USE;

/* absence_return() in the jail. */
int parser_absence(struct parser *parser, struct absence_ask *ask, struct err *err) MUST_USE;

/* reply_extract() in the jail. */
int parser_extract(struct parser *parser, const char *text, struct arena *arena, char **out,
    struct err *err) MUST_USE;
