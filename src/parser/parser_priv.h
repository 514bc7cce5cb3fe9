#pragma once
/* What the parser's files share. One mail is read at a time, in one thread. */
#include <assent/base/crypto.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/mail/letter.h>
#include <assent/text/reply.h>

#include <gmime/gmime.h>
#include <stdbool.h>

#define DEPTH_MAX 30 /* of parts within parts */
#define PARTS_MAX 500
#define BODY_MAX ((size_t)1 << 20) /* decoded bytes of one body part that are looked at */
#define NAME_MAX_BYTES 512 /* display name, address, file name: keeps the answer under its limit */
#define ID_MAX_BYTES 998 /* RFC 5322 section 2.1.1 */
#define HEADER_BLOCK_MAX ((size_t)1 << 20)
#define ADDRESSES_MAX LETTER_LIST_MAX

/* A list that grows up to LETTER_LIST_MAX. */
struct growing {
	size_t count, room;
};

struct rules { /* how mails are read */
	struct reply_hints hints;
	struct authorities
	    *authorities; /* who may vouch for signers; NULL: S/MIME is not looked at */
	utc_ms now;
};

struct reading { /* one mail on its way to a letter */
	struct arena *arena;
	struct letter *letter;
	const struct rules *rules;
	const struct reply_hints *hints; /* of the rules */
	bool is_sealed; /* all that is read is signed */
	struct hash *fingerprint;
	GMimeParserOptions *options;
	struct str text, html; /* bodies so far; ceiling LETTER_TEXT_MAX */
	struct str scratch; /* decoded bytes of the part in hand; ceiling BODY_MAX */
	int parts;
	int received; /* Received fields so far, local delivery apart */
	int received_all;
	int auth_fields;
	struct growing recipients, in_reply_to, references, received_by, auth, attachments;
	struct growing signed_references;
};

/* mime.c: raw[0..n) as a letter in arena; see parser_letter() for the errors. */
int mime_parse(const void *raw, size_t n, const struct rules *rules, struct arena *arena,
    struct letter **out, struct err *err) MUST_USE;

/* mime.c: a parser of window's bytes, which must outlive what it makes: GMime never writes them. */
GMimeParser *mime_parser(GByteArray *window);

/* mime.c: is it of this media type? */
bool mime_is(GMimeObject *object, const char *type, const char *subtype);

/* smime.c: where the words of a signed mail are. */
struct sealed { /* all NULL for a mail that is not signed */
	GMimeObject *inner; /* what is signed; NULL when it cannot be told apart */
	GMimePart *signature; /* beside it; NULL when around it */
	struct CMS_ContentInfo_st *cms; /* may hold inner's bytes */
	GByteArray window, signature_window; /* what both are read from */
};
struct span {
	const char *bytes;
	size_t n;
};
/* root is the mail's part, mail its bytes, which outlive what is returned. True when it is signed. */
bool smime_open(struct reading *r, GMimeObject *root, struct span mail, struct sealed *out);
void smime_close(struct sealed *sealed);
/* An object met on the way: signed or encrypted, it is not the whole mail that is. */
void smime_note(struct reading *r, GMimeObject *object);
/* Decoded bytes of a signed body part: what in them may be a token of ours? */
void smime_collect(struct reading *r, const char *bytes, size_t n);

/* cms.c: r->letter->signature from cms over content, whose line ends count as CRLF. */
void cms_check(struct reading *r, struct CMS_ContentInfo_st *cms, struct span content);
/* DER or BER as signed data; NULL when it is none. */
struct CMS_ContentInfo_st *cms_read(struct span der);
/* sentence: a constant, or in r's arena. */
void cms_say(struct reading *r, enum signature_state state, const char *sentence);
/* mime.c: room for one more item of size bytes, or NULL when the list is full. */
void *grow(struct reading *r, struct growing *list, void *items, size_t size) MUST_USE;

/* shape.c */
/* Does it begin with a header field, and do the fields end somewhere? */
int shape_check(const char *raw, size_t n, struct err *err) MUST_USE;
/* A NUL ends a field for who reads it as a C string: what stands behind is hidden from him. */
bool shape_has_nul(const char *raw, size_t n);
/* How many bytes stand before the header and are no part of the mail. */
size_t shape_front(const char *raw, size_t n);

/* header.c: one more text in list; what is too many is left out. */
void list_add(struct reading *r, struct growing *growing, struct text_list *list, const char *text);

/* header.c: everything that stands in the fields of the mail itself. */
void header_read(struct reading *r, GMimeMessage *message);
/* One line, decoded, controls as spaces, at most max bytes; never NULL. */
const char *header_text(struct reading *r, const char *raw, size_t max);
/* header_text() of what is UTF-8 already. */
const char *header_clean(struct reading *r, const char *text, size_t max);
/* The next "<id>" of *at without its brackets, moving *at behind it; NULL when none is left. */
const char *header_next_id(struct reading *r, const char **at);
/* Message-ID, In-Reply-To: the first id, or the bare word where brackets are missing. */
const char *header_id(struct reading *r, const char *raw);

/* address.c */
void address_read_all(struct reading *r, GMimeMessage *message);
/* Is a From field's raw value anything but one or more plain mailboxes? */
bool address_is_odd(const char *raw);
/* The bare address in value, "" when it is none. */
const char *address_of(struct reading *r, const char *value);

/* auth.c: one Authentication-Results field, unfolded or not. */
void auth_read(struct reading *r, const char *raw);

/* body.c */
struct leaf { /* the bytes of a part as they lie in the mail */
	const char *bytes;
	size_t n;
	GMimeContentEncoding encoding;
};
bool leaf_open(GMimePart *part, struct leaf *out);
/* Append decoded bytes as far as out's ceiling; false when there were more. */
bool leaf_decode(const struct leaf *leaf, struct str *out);
/* Decoded size and SHA-256, without holding the whole. */
int64_t leaf_hash(const struct leaf *leaf, uint8_t out[SHA256_SIZE]);
/* A text/plain part as UTF-8 with LF line ends, flowed lines joined; false when clipped. */
bool body_plain(struct reading *r, GMimePart *part, struct str *out);
/* A text/html part as the text a person would read. */
bool body_html(struct reading *r, GMimePart *part, struct str *out);

/*
 * html.c: html[0..n), UTF-8, as text appended to out; false when clipped, or
 * when only the tags could be left out.
 */
bool html_to_text(const char *html, size_t n, struct str *out);
/* strip.c: the same by leaving out tags, for what the HTML parser refuses. */
bool html_strip(const char *html, size_t n, struct str *out);

/* agree.c: do two bodies say the same in their own words? */
bool bodies_agree(const char *plain, const char *html, const struct reply_hints *hints);

/* dsn.c: fields of a message/delivery-status part, and the mail that came back. */
void dsn_read(struct reading *r, const char *status, size_t n);
void dsn_returned(struct reading *r, GMimeMessage *returned);
void dsn_returned_headers(struct reading *r, const char *text);
void dsn_finish(struct reading *r, const char *failed_recipients);
