#pragma once
/*
 * gather: many mails to one person at once become lines of one, the digest.
 *
 * A mail that may be gathered and comes after policy.singles others within a
 * minute is stored as "gathered" and waits for its digest, which is "gathering"
 * for that minute (or until quiet hours end). Then the lines are put in order,
 * most urgent first, and their numbers written down: an answer names them.
 */
#include <assent/flow/desk.h>
#include <assent/store/post.h>

#include <jansson.h>

#define GATHER_DIGEST "digest" /* of mails about packets, and what rules tell */
#define GATHER_REMINDERS "reminders" /* of questions that wait */
#define GATHER_LINES 50 /* shown; of the others it says how many they are */

/*
 * May one more go to him beyond what he gets in a day, as a line? One digest of
 * that kind in a day may.
 */
int gather_may(
    struct desk *desk, const char *email, const char *kind, bool *out, struct err *err) MUST_USE;

bool gather_is_digest(const struct outgoing *mail);

/* What of a mail's view a line of a digest shows. In tx_arena(). */
const char *gather_keep(struct desk *desk, const struct outgoing *mail);

/* The lines of a digest, by number, as its templates want them, with links; into view. */
int gather_fill_view(
    struct desk *desk, const struct outgoing *digest, json_t *view, struct err *err) MUST_USE;

/* The mail that is line number (1 is the first) of a digest; ERR_NOT_FOUND. */
int gather_line(struct desk *desk, const struct outgoing *digest, int64_t number,
    struct outgoing *out, struct err *err) MUST_USE;

/* The digest's fate is that of its lines. */
int gather_settled(
    struct desk *desk, const struct outgoing *digest, const char *status, struct err *err) MUST_USE;
