/*
 * intake: what an S/MIME signature is worth. It covers the words and not the
 * address they were sent to, so a signed "yes" could be sent again to another
 * question: it counts only where the signed bytes themselves say which question
 * they answer.
 */
#include <assent/base/str.h>

#include "flow/intake_priv.h"

#define FAR_OFF MS_DAY /* between signing and reading */

static int
weigh_valid(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct signature *s = &arrival->letter->signature;
	bool named;
	int rc;

	if (!sender_is_signer(arrival->letter, &arrival->sender)) {
		arrival->signature.why_not =
		    arena_printf(tx_arena(desk->tx), "it is the signature of %s%s%s, not of %s",
			s->name, s->emails.count > 0 ? ", " : "",
			s->emails.count > 0 ? s->emails.items[0] : "", arrival->sender.email);
		return 0;
	}
	rc = target_is_named(desk, &arrival->target, &s->references, &named, err);
	if (rc < 0)
		return rc;
	arrival->signature.counts = named;
	if (!named)
		arrival->signature.why_not = "what it covers does not show which question is "
					     "answered; leave our mail quoted below the answer";
	return 0;
}

int
signature_weigh(struct desk *desk, struct arrival *arrival, struct err *err)
{
	const struct signature *s = &arrival->letter->signature;

	switch (s->state) {
	case SIGNATURE_NONE:
		break;
	case SIGNATURE_VALID:
		return weigh_valid(desk, arrival, err);
	case SIGNATURE_UNTRUSTED:
		arrival->signature.why_not = s->sentence;
		break;
	case SIGNATURE_BROKEN:
		arrival->signature.refusal = arena_printf(tx_arena(desk->tx),
		    "the S/MIME signature of your mail does not hold: %s", s->sentence);
		break;
	case SIGNATURE_PARTIAL:
		arrival->signature.refusal = arena_printf(tx_arena(desk->tx),
		    "your mail is not as it was signed (S/MIME): %s", s->sentence);
		break;
	case SIGNATURE_ENCRYPTED:
		arrival->signature.refusal =
		    "your mail is encrypted, and we cannot read encrypted mail";
		break;
	}
	return 0;
}

/* The signer's own clock proves nothing; that it is far off is worth a word. */
static const char *
time_note(struct desk *desk, const struct signature *s)
{
	AUTO(str_donep) struct str when = STR_INIT(64);

	if (s->signed_at == 0 ||
	    (s->signed_at > desk->now - FAR_OFF && s->signed_at < desk->now + FAR_OFF))
		return "";
	utc_add_iso(&when, s->signed_at);
	return arena_printf(tx_arena(desk->tx), ", signed (as it says) at %s", str_text(&when));
}

const char *
signature_sentence(struct desk *desk, const struct arrival *arrival)
{
	const struct signature *s = &arrival->letter->signature;
	AUTO(str_donep) struct str hash = STR_INIT(2 * sizeof(s->sha256));

	if (!arrival->signature.counts)
		return "";
	str_add_hex(&hash, s->sha256, sizeof(s->sha256));
	return arena_printf(tx_arena(desk->tx),
	    "S/MIME signature of CN=%s <%s>, issued by %s, serial %s, SHA-256 %s%s", s->name,
	    arrival->sender.email, s->issuer, s->serial, str_text(&hash), time_note(desk, s));
}
