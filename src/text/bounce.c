#include <assent/text/bounce.h>

#include <assent/base/str.h>

#include <stdbool.h>
#include <string.h>

#define LINE_LOOK 2000 /* bytes of a line that are looked at */
#define TEXT_LOOK ((size_t)64 << 10)

enum weight { /* the heaviest phrase of a text decides */
	SAYS_NOTHING,
	SAYS_FAILED,
	SAYS_DELAYED,
	SAYS_FINAL, /* given up, whatever was tried before */
};

struct phrase {
	enum weight weight;
	const char *words; /* lower-case */
};

/* clang-format off */
static const struct phrase phrases[] = {
	/* it was delayed once, and is not tried any more */
	{ SAYS_FINAL,	"not going to try again" },
	{ SAYS_FINAL,	"retry timeout exceeded" },
	{ SAYS_FINAL,	"retry time not reached for any host after a long failure period" },
	{ SAYS_FINAL,	"in the queue too long" },
	{ SAYS_FINAL,	"in queue too long" },
	{ SAYS_FINAL,	"message expired" },
	{ SAYS_FINAL,	"has expired" },
	{ SAYS_FINAL,	"could not be delivered for" },
	{ SAYS_FINAL,	"giving up on" },
	{ SAYS_FINAL,	"gave up" },
	{ SAYS_FINAL,	"this is a permanent error" },
	{ SAYS_FINAL,	"permanent fatal errors" },
	{ SAYS_FINAL,	"permanent failure" },
	{ SAYS_FINAL,	"delivery attempts will be terminated" },

	/* nothing is lost yet */
	{ SAYS_DELAYED,	"will keep trying" },
	{ SAYS_DELAYED,	"will be retried" },
	{ SAYS_DELAYED,	"will retry" },
	{ SAYS_DELAYED,	"will continue to be attempted" },
	{ SAYS_DELAYED,	"will continue trying" },
	{ SAYS_DELAYED,	"will continue to try" },
	{ SAYS_DELAYED,	"still being retried" },
	{ SAYS_DELAYED,	"has not yet been delivered" },
	{ SAYS_DELAYED,	"have not yet been delivered" },
	{ SAYS_DELAYED,	"warning message only" },
	{ SAYS_DELAYED,	"do not need to resend" },
	{ SAYS_DELAYED,	"no action is required on your part" },
	{ SAYS_DELAYED,	"delivery delayed" },
	{ SAYS_DELAYED,	"has been delayed" },
	{ SAYS_DELAYED,	"is delayed" },
	{ SAYS_DELAYED,	"wird weiterhin versucht" },
	{ SAYS_DELAYED,	"wurde verz\xc3\xb6gert" },
	{ SAYS_DELAYED,	"verz\xc3\xb6gert sich" },
	{ SAYS_DELAYED,	"a \xc3\xa9t\xc3\xa9 retard\xc3\xa9" },
	{ SAYS_DELAYED,	"est retard\xc3\xa9" },
	{ SAYS_DELAYED,	"se ha retrasado" },
	{ SAYS_DELAYED,	"\xc3\xa8 in ritardo" },
	{ SAYS_DELAYED,	"foi atrasada" },
	{ SAYS_DELAYED,	"is vertraagd" },
	{ SAYS_DELAYED,	"\xd0\xb7\xd0\xb0\xd0\xb4\xd0\xb5\xd1\x80\xd0\xb6\xd0\xb0\xd0\xbd\xd0\xb0" }, /* задержана */

	{ SAYS_FAILED,	"could not be delivered" },
	{ SAYS_FAILED,	"couldn't be delivered" },
	{ SAYS_FAILED,	"couldn\xe2\x80\x99t be delivered" },
	{ SAYS_FAILED,	"wasn't delivered" },
	{ SAYS_FAILED,	"wasn\xe2\x80\x99t delivered" },
	{ SAYS_FAILED,	"was not delivered" },
	{ SAYS_FAILED,	"not be delivered" },
	{ SAYS_FAILED,	"unable to deliver" },
	{ SAYS_FAILED,	"not able to deliver" },
	{ SAYS_FAILED,	"unable to complete the delivery" },
	{ SAYS_FAILED,	"cannot be delivered" },
	{ SAYS_FAILED,	"could not deliver" },
	{ SAYS_FAILED,	"delivery has failed" },
	{ SAYS_FAILED,	"delivery failed" },
	{ SAYS_FAILED,	"delivery failure" },
	{ SAYS_FAILED,	"did not reach" },
	{ SAYS_FAILED,	"didn't reach" },
	{ SAYS_FAILED,	"undeliverable" },
	{ SAYS_FAILED,	"returned to sender" },
	{ SAYS_FAILED,	"user unknown" },
	{ SAYS_FAILED,	"unknown user" },
	{ SAYS_FAILED,	"user not found" },
	{ SAYS_FAILED,	"no such user" },
	{ SAYS_FAILED,	"address not found" },
	{ SAYS_FAILED,	"address couldn't be found" },
	{ SAYS_FAILED,	"address rejected" },
	{ SAYS_FAILED,	"mailbox unavailable" },
	{ SAYS_FAILED,	"mailbox is full" },
	{ SAYS_FAILED,	"mailbox full" },
	{ SAYS_FAILED,	"over quota" },
	{ SAYS_FAILED,	"not listed in" }, /* Domino's directory */
	{ SAYS_FAILED,	"has been rejected" },
	{ SAYS_FAILED,	"was rejected" },
	{ SAYS_FAILED,	"message blocked" },
	{ SAYS_FAILED,	"konnte nicht zugestellt werden" },
	{ SAYS_FAILED,	"konnte nicht \xc3\xbc" "bermittelt werden" },
	{ SAYS_FAILED,	"fehler bei der nachrichten\xc3\xbc" "bermittlung" },
	{ SAYS_FAILED,	"unzustellbar" },
	{ SAYS_FAILED,	"n'a pas pu \xc3\xaatre" },
	{ SAYS_FAILED,	"n\xe2\x80\x99" "a pas pu \xc3\xaatre" },
	{ SAYS_FAILED,	"\xc3\xa9" "chec de la remise" },
	{ SAYS_FAILED,	"non remis" },
	{ SAYS_FAILED,	"no se pudo entregar" },
	{ SAYS_FAILED,	"no se ha podido entregar" },
	{ SAYS_FAILED,	"error de entrega" },
	{ SAYS_FAILED,	"impossibile recapitare" },
	{ SAYS_FAILED,	"recapito non riuscito" },
	{ SAYS_FAILED,	"mancato recapito" },
	{ SAYS_FAILED,	"n\xc3\xa3o foi poss\xc3\xadvel entregar" },
	{ SAYS_FAILED,	"n\xc3\xa3o p\xc3\xb4" "de ser entregue" },
	{ SAYS_FAILED,	"falha na entrega" },
	{ SAYS_FAILED,	"kan niet worden bezorgd" },
	{ SAYS_FAILED,	"niet worden afgeleverd" },
	{ SAYS_FAILED,	"nie mo\xc5\xbcna dostarczy\xc4\x87" },
	{ SAYS_FAILED,	"nie zosta\xc5\x82" "a dostarczona" },
	{ SAYS_FAILED,	"kunde inte levereras" },
	{ SAYS_FAILED,	"kunne ikke leveres" },
	{ SAYS_FAILED,	"toimittaminen ep\xc3\xa4onnistui" },
	{ SAYS_FAILED,	"teslim edilemedi" },
	{ SAYS_FAILED,	"se nepoda\xc5\x99ilo doru\xc4\x8dit" },
	{ SAYS_FAILED,	"nem k\xc3\xa9zbes\xc3\xadthet\xc5\x91" },
	{ SAYS_FAILED,	"\xd0\xb5 \xd1\x83\xd0\xb4\xd0\xb0\xd0\xbb\xd0\xbe\xd1\x81\xd1\x8c \xd0\xb4\xd0\xbe\xd1\x81\xd1\x82\xd0\xb0\xd0\xb2\xd0\xb8\xd1\x82\xd1\x8c" }, /* [Н]е удалось доставить: capitals of other scripts are not folded */
	{ SAYS_FAILED,	"\xd0\xb5 \xd0\xb4\xd0\xbe\xd1\x81\xd1\x82\xd0\xb0\xd0\xb2\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xbe" }, /* [Н]е доставлено */
	{ SAYS_FAILED,	"\xd7\x9c\xd7\x90 \xd7\xa0\xd7\x9e\xd7\xa1\xd7\xa8\xd7\x94" }, /* לא נמסרה */
	{ SAYS_FAILED,	"\xe9\x85\x8d\xe4\xbf\xa1\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xbe\xe3\x81\x9b\xe3\x82\x93" }, /* 配信できません */
	{ SAYS_FAILED,	"\xe6\x97\xa0\xe6\xb3\x95\xe6\x8a\x95\xe9\x80\x92" }, /* 无法投递 */
	{ SAYS_FAILED,	"\xe6\x97\xa0\xe6\xb3\x95\xe9\x80\x81\xe8\xbe\xbe" }, /* 无法送达 */
	{ SAYS_FAILED,	"\xeb\xb0\xb0\xeb\x8b\xac\xed\x95\x98\xec\xa7\x80 \xeb\xaa\xbb" }, /* 배달하지 못 */
};

/* What begins the copy of our own mail, each on a line of its own beginning. */
static const char *const copies[] = { "this is a copy of", "below this line is a copy",
	"original message", "message header", "returned message", "undelivered message follows",
	"unsent message below", "original headers", "urspr\xc3\xbcngliche nachricht", "message d'origine",
	"mensaje original", "messaggio originale", "mensagem original" };
/* clang-format on */

/* --- lines ---------------------------------------------------------------------- */

struct line {
	char text[LINE_LOOK + 1]; /* lower-case */
};

static void
take_line(const char *at, size_t n, struct line *out)
{
	n = n > LINE_LOOK ? LINE_LOOK : n;
	memcpy(out->text, at, n);
	out->text[n] = '\0';
	text_lower(out->text);
}

static bool
begins_copy(const char *line)
{
	bool ruled;

	line += strspn(line, " \t>");
	ruled = line[0] == '-' || line[0] == '=' || line[0] == '_' || line[0] == '*';
	if (text_starts(line, "message-id:"))
		return true;
	line += strspn(line, " \t-=_*");
	for (size_t i = 0; i < ARRAY_LEN(copies); i++)
		if (text_starts(line, copies[i]) && (ruled || line[strlen(copies[i])] == ':'))
			return true;
	return false;
}

static enum weight
weigh_line(const char *line)
{
	enum weight best = SAYS_NOTHING;

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].weight > best && strstr(line, phrases[i].words) != NULL)
			best = phrases[i].weight;
	return best;
}

/* --- codes ----------------------------------------------------------------------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.1.1" at s, of RFC 3463: its length, 0 for none. */
static size_t
status_at(const char *s)
{
	size_t n = 2, digits;

	if ((s[0] != '4' && s[0] != '5') || s[1] != '.')
		return 0;
	for (int part = 0; part < 2; part++) {
		for (digits = 0; is_digit(s[n]) && digits < 4; digits++)
			n++;
		if (digits == 0 || digits > 3 || (part == 0 && s[n] != '.'))
			return 0;
		n += part == 0;
	}
	return is_digit(s[n]) || (s[n] == '.' && is_digit(s[n + 1])) ? 0 : n;
}

/* The class (4, 5) of the status or of the SMTP code in a line; 0 for none. */
static int
class_of(const char *line, struct bounce_words *out)
{
	char before = ' ';
	int class = 0;

	for (const char *s = line; *s; before = *s++) {
		size_t n;

		if ((*s != '4' && *s != '5') || is_digit(before) || before == '.')
			continue;
		n = status_at(s);
		if (n > 0 && n < sizeof(out->status)) {
			if (!out->status[0]) {
				memcpy(out->status, s, n);
				out->status[n] = '\0';
			}
			return *s - '0';
		}
		if (class == 0 && (strchr(" :<([#\t", before) != NULL) && s[1] >= '0' &&
		    s[1] <= '5' && is_digit(s[2]) && (s[3] == ' ' || s[3] == '-'))
			class = *s - '0';
	}
	return class;
}

void
bounce_read(const char *text, struct bounce_words *out)
{
	static const enum bounce_fate fates[] = { BOUNCE_UNKNOWN, BOUNCE_FAILED, BOUNCE_DELAYED,
		BOUNCE_FAILED };
	const char *start = text, *phrase = NULL, *coded = NULL;
	enum weight best = SAYS_NOTHING;
	struct line line;
	int class = 0;

	*out = (struct bounce_words){ .line = "" };
	while (*text != '\0' && (size_t)(text - start) < TEXT_LOOK) {
		size_t n = strcspn(text, "\n");
		enum weight weight;
		int here;

		take_line(text, n, &line);
		if (begins_copy(line.text))
			break;
		weight = weigh_line(line.text);
		here = class_of(line.text, out);
		if (weight > best) {
			best = weight;
			phrase = text;
		}
		if (here > 0 && coded == NULL) {
			coded = text;
			class = here;
		}
		text += n + (text[n] == '\n');
	}
	out->fate = fates[best];
	if (best == SAYS_NOTHING && class > 0)
		out->fate = class == 5 ? BOUNCE_FAILED : BOUNCE_DELAYED;
	/* The other server's own words say more than how ours puts it. */
	out->line = coded != NULL ? coded : phrase != NULL ? phrase : "";
	out->line += strspn(out->line, " \t>");
	out->line_size = strcspn(out->line, "\r\n");
}
