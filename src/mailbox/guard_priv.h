#pragma once
/*
 * guard: every line of a server, looked at before the IMAP library sees it.
 *
 * libetpan 1.9.4 takes a server's word for most things: it allocates what a
 * literal announces, lets numbers run over, and reads freed or missing memory
 * on odd response codes and on BYE. So it is given only what we asked for:
 * lines that we know, with plain response codes taken out of their brackets,
 * numbers that fit, and literals within what the command in hand allows. What
 * we need of the rest (UIDVALIDITY, the number of mails, the server's last
 * words) is read here. Pure: bytes in, verdict out.
 */
#include <assent/base/err.h>
#include <assent/base/str.h>

#include <stdbool.h>
#include <stdint.h>

#define GUARD_LINE_MAX ((size_t)64 << 10) /* a line of ours has at most a few hundred bytes */
#define GUARD_SAID_MAX 400

enum guard_verdict { GUARD_PASS, GUARD_DROP };

enum guard_status { GUARD_NONE, GUARD_OK, GUARD_NO, GUARD_BAD };

struct guard {
	/* Set before each command: what its answer may hold. */
	int64_t literal_max; /* bytes of one literal; 0: none may come */
	int64_t budget; /* bytes of the whole answer */
	int64_t fetch_room; /* FETCH lines handed on; more are dropped */
	const char *wants; /* "LIST" or "CAPABILITY" where that is the question, else NULL */

	/* What came. */
	int64_t literal; /* bytes still to come of the literal in hand */
	bool inside; /* the next line goes on with a response after a literal */
	bool dropping; /* and that response is dropped */
	bool greeted; /* the first line was there */
	bool preauth; /* the greeting was PREAUTH */
	bool fresh; /* more mails than before; cleared by whoever looked */
	int64_t exists; /* mails in the folder */
	int64_t uidvalidity, uidnext; /* 0: not said */
	int64_t dropped; /* FETCH lines beyond fetch_room */
	enum guard_status status; /* of the last tagged line, or of the greeting */
	char code[32]; /* of that line's response code, "" for none */
	char said[GUARD_SAID_MAX]; /* that line's words, or those of a BYE */
};

/* Begin a command: what its answer may hold, nothing heard yet. */
void guard_expect(struct guard *g, int64_t literal_max, int64_t budget, int64_t fetch_room);

/*
 * One line of n > 0 bytes with its end; some may be changed in place, none
 * moved. Returns an enum guard_verdict and sets g->literal when bytes of a
 * literal follow, which share the line's fate. ERR_PEER for what no server
 * should say, for a BYE too; ERR_LIMIT for more than was asked for.
 */
int guard_line(struct guard *g, char *line, size_t n, struct err *err) MUST_USE;

/* n bytes of the literal in hand, or more of a line, went by: ERR_LIMIT when over budget. */
int guard_count(struct guard *g, size_t n, struct err *err) MUST_USE;
