#pragma once
/*
 * links: tokens meet the outside world here and nowhere else. They are derived
 * when a mail is rendered; the store has only their hashes (invariant 7).
 */
#include <assent/flow/desk.h>
#include <assent/model/token.h>
#include <assent/store/post.h>
#include <assent/text/redact.h>

#include <jansson.h>

#define LINKS_CODE REDACT_CODE

/*
 * Put approve_url and reject_url into every object of view that names a
 * ballot, packet_url into a packet's, and reply_code where Reply-To cannot carry the token.
 */
int links_fill(
    struct desk *desk, const struct outgoing *mail, json_t *view, struct err *err) MUST_USE;

/*
 * The Reply-To of a mail: the agent's address with the reply token, where the
 * site has a separator and the mail is about a question or a packet; "" else.
 */
int links_reply_to(
    struct desk *desk, const struct outgoing *mail, const char **out, struct err *err) MUST_USE;

/* The sub-address of one of our addresses ("agent+TOKEN@…" → "TOKEN"), or NULL; in tx_arena(). */
const char *links_sub_address(struct desk *desk, const char *email);

/* Is it this desk's own address, with or without a token? */
bool links_is_own(struct desk *desk, const char *email);

/* text with every token of ours, in links, addresses and codes, made unreadable (invariant 7). */
const char *links_redact(struct arena *arena, const char *text);
/* text without the codes: where a reply is read, they are no words. */
const char *links_without_codes(struct arena *arena, const char *text);

/* links_redact() of text without what nobody sees; and that as one trimmed line. */
const char *links_visible(struct arena *arena, const char *text);
const char *links_line(struct arena *arena, const char *text);
