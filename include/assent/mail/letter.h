#pragma once
/*
 * letter: one mail as the jailed parser understood it.
 *
 * Everything is UTF-8 without NUL, decoded, clipped to the limits below, and
 * lives in the arena it was read into. Nothing in it is evidence by itself:
 * it is what a stranger wrote. Missing texts are "", missing lists are empty.
 */
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/text/absence.h>
#include <assent/text/intent.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_TEXT_MAX (512u << 10) /* each of the body texts, bytes */
#define LETTER_LINE_MAX 2048 /* any header value, bytes */
#define LETTER_LIST_MAX 200 /* addresses, ids or attachments in one list */
#define LETTER_ANSWER_MAX (4u << 20) /* the parser's whole answer */
#define LETTER_RAW_MAX (64u << 20) /* the mail itself */
#define LETTER_INLINE_MAX (256u << 10) /* a larger mail travels as a sealed memfd */
#define LETTER_ARENA_MAX ((size_t)8 << 20) /* holds any letter that letter_decode() lets in */

struct address {
	const char *name; /* display name, decoded */
	const char *
	    email; /* "local@domain": domain lower-case, IDN as U-label if it was; "" when unreadable */
};

struct address_list {
	struct address *items;
	size_t count;
};

struct text_list {
	const char **items;
	size_t count;
};

struct attachment {
	const char *name;
	const char *type; /* "application/pdf", lower-case */
	int64_t size; /* decoded bytes */
	uint8_t sha256[32]; /* of the decoded bytes */
};

/*
 * One method of one Authentication-Results field (RFC 8601). A field that
 * could not be read to its end gives one more row: no method, "malformed".
 */
struct auth_result {
	const char *authserv_id;
	const char *method; /* "dkim", "spf", "dmarc", ... lower-case */
	const char *result; /* "pass", "fail", ... lower-case */
	const char
	    *domain; /* header.d, header.from, domain of smtp.mailfrom or header.i; lower-case */
	int field; /* which field, 0 is the topmost */
	int received_above; /* Received fields above it, see letter.received_by */
	bool
	    above_received; /* above the first Received field (one of local delivery, "with LMTP", is none) */
};

enum auto_kind {
	AUTO_NO, /* a person wrote it, as far as signs go */
	AUTO_REPLY, /* vacation, out of office, robot's answer */
	AUTO_GENERATED, /* notifications, list mail, bulk */
	AUTO_BOUNCE, /* delivery status (RFC 3464) or a null return path from a mailer daemon */
	AUTO_RECEIPT, /* read or delivery receipt (RFC 8098) */
};

struct delivery_status { /* RFC 3464, first recipient that is not "delivered" */
	const char *action; /* failed, delayed, ... "" when there is none */
	const char *status; /* "5.1.1" */
	const char *recipient;
	const char *diagnostic;
	const char *original_message_id; /* of the returned mail's headers */
};

enum signature_state {
	SIGNATURE_NONE, /* or S/MIME is not looked at */
	SIGNATURE_VALID, /* over all of the mail's words, and the certificate is vouched for */
	SIGNATURE_UNTRUSTED, /* nobody whom we know vouches for the certificate */
	SIGNATURE_BROKEN, /* forged, changed on the way, or too weak to tell */
	SIGNATURE_PARTIAL, /* something stands outside of what is signed */
	SIGNATURE_ENCRYPTED, /* we cannot read it */
};

struct signature { /* S/MIME (RFC 8551); the texts are a stranger's but for VALID */
	enum signature_state state;
	const char *sentence; /* why it is not VALID, without a full stop */
	const char *name, *issuer; /* of the signer's certificate */
	const char *serial; /* hexadecimal */
	uint8_t sha256[32]; /* of the certificate */
	struct text_list emails; /* that the certificate names */
	utc_ms signed_at; /* as the signer says; 0 when he does not */
	/* What may be tokens or Message-IDs of ours in the signed bytes, topmost first; VALID only. */
	struct text_list references;
};

struct letter {
	const char *subject;
	struct address_list from; /* every mailbox of every From field */
	int from_fields; /* how many From fields there were */
	bool from_odd; /* a comment, group or encoded-word trick in From */
	struct address_list sender, reply_to, to, cc;
	struct text_list
	    recipients; /* Delivered-To, X-Original-To, Envelope-To, ... topmost first */
	utc_ms date; /* 0 when missing or unreadable */
	const char *message_id; /* without <>, "" when missing */
	struct text_list in_reply_to, references; /* without <> */
	const char
	    *original_id; /* X-Microsoft-Original-Message-ID, its own or the returned mail's */
	const char *return_path; /* "<>" for the null path, "" when absent */
	const char *loop; /* our own loop header's value (X-Assentd-Loop) */
	const char *text; /* best plain text: text/plain parts, else html_text */
	const char *html_text; /* HTML parts as text, "" when there were none */
	const char *reply; /* the writer's own words: text without quotes and signature */
	bool reply_forwarded; /* the rest was a forwarded mail, not a quote */
	bool parts_disagree; /* plain and HTML alternatives say different things */
	struct attachment *attachments;
	size_t attachment_count;
	struct auth_result *auth;
	size_t auth_count;
	bool auth_malformed; /* a field above the first Received could not be read to its end */
	struct text_list
	    received_by; /* hosts that wrote the Received fields, topmost first, "" when unreadable */
	enum auto_kind automatic;
	const char *automatic_why; /* the sign, such as "Auto-Submitted: auto-replied" */
	struct delivery_status delivery;
	uint8_t fingerprint
	    [32]; /* SHA-256 over Message-ID, From, Date and decoded body, no trace fields */
	bool truncated; /* something met a limit and was clipped */
	struct signature signature;
};

/*
 * Encode for the wire, and read back. Reading checks every length, limit, count
 * and enum value; ERR_PEER says what was wrong and *out is untouched.
 */
void letter_encode(const struct letter *letter, struct str *out);
int letter_decode(const void *bytes, size_t n, struct arena *arena, struct letter **out,
    struct err *err) MUST_USE;

/*
 * What the daemon and a parser child say to each other, as kinds of frames
 * (base/frame.h). The first frame is START, answered by READY when the walls
 * are up; then one answer for each request.
 */
enum parser_frame {
	/* deadline of an answer in ms, count, cut markers, authorities for S/MIME and their CRLs */
	FRAME_START = 1,
	FRAME_LETTER, /* the raw mail */
	FRAME_LETTER_FD, /* its size; the bytes are a memfd beside the header */
	FRAME_HTML, /* a fragment */
	FRAME_DECIDE, /* number of items, locale of our mail, text */
	FRAME_EXTRACT, /* text */
	FRAME_ABSENCE, /* today's year, month and day, order of dates, text */
	FRAME_NOW, /* the time, for certificates; the one frame without an answer */
	FRAME_READY = 64, /* nothing */
	FRAME_ANSWER, /* letter_encode(), intent_encode(), found and a date, or a text */
	FRAME_ERROR, /* code, sentence */
};

/* A reading with count items; intent_decode() as letter_decode(). */
void intent_encode(const struct intent *intent, struct str *out);
int intent_decode(const void *bytes, size_t n, size_t count, struct arena *arena,
    struct intent *out, struct err *err) MUST_USE;

/* A question of FRAME_ABSENCE and its answer: when does the writer of text come back? */
struct absence_ask {
	const char *text;
	struct absence_date today;
	enum date_order order;
	bool found; /* the answer */
	struct absence_date back;
};
void absence_ask_encode(const struct absence_ask *ask, struct str *out);
int absence_ask_decode(const void *bytes, size_t n, struct arena *arena, struct absence_ask *out,
    struct err *err) MUST_USE;
void absence_encode(const struct absence_ask *ask, struct str *out);
/* The answer's part of *out. */
int absence_decode(const void *bytes, size_t n, struct absence_ask *out, struct err *err) MUST_USE;
