/* gather_reply: somebody answers a digest, and says which of its lines he means. */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/flow/links.h>

#include "flow/answers.h"
#include "flow/escalation_words.h"
#include "flow/gather.h"
#include "flow/intake_priv.h"
#include "flow/reply_priv.h"

#include <string.h>

#define ACTS_MAX 20 /* of one mail */
#define REFUSALS 3 /* that one is told of a digest within a day */
#define DIGITS_MAX 4

#define WHICH_QUESTION \
	"Your mail answers a list of questions that wait. Please use the buttons of the one you " \
	"mean, or answer the mail that asked it."

struct said { /* of one line */
	int64_t number;
	const char *words; /* what is left, with the lines below that have no number */
	struct id packet;
};

struct answering {
	struct desk *desk;
	struct arrival *arrival;
	struct outgoing digest;
	struct said said[ACTS_MAX];
	size_t count;
};

/* --- reading ----------------------------------------------------------------------------- */

/* '7', or U+0667 and U+06F7, as Arabic and Persian keyboards write it; *size is its bytes. */
static int
digit_at(const char *p, size_t *size)
{
	const unsigned char *u = (const unsigned char *)p;

	*size = u[0] >= '0' && u[0] <= '9' ? 1 : 2;
	if (*size == 1)
		return u[0] - '0';
	if (u[0] == 0xd9 && u[1] >= 0xa0 && u[1] <= 0xa9)
		return u[1] - 0xa0;
	if (u[0] == 0xdb && u[1] >= 0xb0 && u[1] <= 0xb9)
		return u[1] - 0xb0;
	return -1;
}

/* "2 ack", "#2: ack", "2) ack": what stands behind the number; NULL for another line. */
static const char *
behind_number(const char *line, int64_t *number)
{
	size_t size;
	int n = 0;

	line += *line == '#';
	*number = 0;
	for (int digit; n <= DIGITS_MAX && (digit = digit_at(line, &size)) >= 0; n++, line += size)
		*number = *number * 10 + digit;
	if (n == 0 || n > DIGITS_MAX)
		return NULL;
	line += strspn(line, ".:)");
	return *line == ' ' || *line == '\t' ? line + strspn(line, " \t") : NULL;
}

/* A line that says something of a number; not "24 people wait here". */
static bool
is_act(struct arena *arena, const char *line, int64_t *number, const char **words)
{
	struct escalation_word word;

	*words = behind_number(line, number);
	return *words != NULL && escalation_words(arena, *words, &word) == SAID_ONE;
}

static void
add_below(struct arena *arena, struct said *said, const char *line)
{
	said->words = arena_printf(arena, "%s\n%s", said->words, line);
}

/* False where it does not begin with a number, or has too many of them. */
static bool
read_all(struct answering *a)
{
	struct arena *arena = tx_arena(a->desk->tx);
	char *rest = arena_dup(arena, links_without_codes(arena, a->arrival->letter->reply));
	const char *words;
	int64_t number;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		line = text_trim(line);
		if (is_act(arena, line, &number, &words)) {
			if (a->count == ACTS_MAX)
				return false;
			a->said[a->count++] = (struct said){ .number = number, .words = words };
		} else if (a->count > 0) {
			add_below(arena, &a->said[a->count - 1], line);
		} else if (*line != '\0') {
			return false;
		}
	}
	return a->count > 0;
}

/* All of them, or nothing is done. */
static int
find_packets(struct answering *a, bool *out, struct err *err)
{
	int rc = 0;

	*out = true;
	for (size_t i = 0; rc == 0 && i < a->count; i++) {
		struct outgoing mail;

		rc = gather_line(a->desk, &a->digest, a->said[i].number, &mail, err);
		if (rc == 0)
			a->said[i].packet = mail.escalation;
		*out = *out && rc == 0 && !id_is_null(&mail.escalation);
		if (rc == ERR_NOT_FOUND)
			rc = 0;
	}
	return rc;
}

/* --- answering ---------------------------------------------------------------------------- */

static int
explain(struct answering *a, struct err *err)
{
	struct desk *desk = a->desk;
	struct arrival *arrival = a->arrival;
	struct arena *arena = tx_arena(desk->tx);
	char id[ID_TEXT_SIZE];
	const struct answers_limit limit = {
		.key = arena_printf(arena, "digest:%s:%s%s", id_text(&a->digest.id, id),
		    arrival->sender.email,
		    arrival->sender.verdict == SENDER_VOUCHED ? "" : ":doubtful"),
		.max = REFUSALS,
		.within = MS_DAY,
	};
	struct notice notice = { .kind = "escalation-answer",
		.to_email = arrival->sender.email,
		.doubtful = arrival->sender.verdict != SENDER_VOUCHED };
	bool may = false;
	int rc = answers_take(desk, &limit, &may, err);

	arrival_file(arrival, "filed", "about a digest, nothing done: it names none of its lines");
	if (rc < 0 || !may)
		return rc;
	notice.view = json_pack("{s:b}", "why_line", 1);
	view_text(notice.view, "title", arrival->letter->subject);
	view_text(notice.view, "agent_email", desk->policy->agent_email);
	view_text(notice.view, "answer",
	    reply_clip(arena, links_without_codes(arena, arrival->letter->reply)));
	reply_under(desk, arrival->letter, &notice);
	return notice_send(desk, &notice, NULL, err);
}

/* Each as if he had answered the packet's own mail. */
static int
act_on_all(struct answering *a, struct err *err)
{
	struct arrival *arrival = a->arrival;
	const struct letter *whole = arrival->letter;
	int rc = 0;

	arrival->target.kind = TARGET_PACKET;
	for (size_t i = 0; rc == 0 && i < a->count; i++) {
		struct letter part = *whole;

		part.reply = a->said[i].words;
		arrival->letter = &part;
		arrival->target.packet = a->said[i].packet;
		rc = escalation_reply(a->desk, arrival, err);
		arrival->letter = whole;
	}
	if (rc == 0 && a->count > 1)
		arrival_file(arrival, "done",
		    arena_printf(tx_arena(a->desk->tx), "about %zu packets; %s", a->count,
			arrival->inbound->outcome));
	return rc;
}

static int
is_known(struct answering *a, bool *out, struct err *err)
{
	const char *email = a->arrival->sender.email;
	struct staff staff;
	int rc;

	*out = text_is_nocase(email, a->digest.to_email);
	if (*out || email[0] == '\0')
		return 0;
	rc = staff_by_email(a->desk->tx, email, &staff, err);
	*out = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
gather_reply(struct desk *desk, struct arrival *arrival, struct err *err)
{
	struct answering a = { .desk = desk, .arrival = arrival };
	bool known = false, found = false;
	int rc = outgoing_get(desk->tx, &arrival->target.digest, &a.digest, err);

	if (rc == 0)
		rc = is_known(&a, &known, err);
	if (rc < 0)
		return rc;
	if (arrival->sender.verdict == SENDER_FAILED || !known) {
		arrival_file(arrival, "filed",
		    known ? arena_printf(
				tx_arena(desk->tx), "not believed: %s", arrival->sender.sentence)
			  : "an answer to a digest that went to somebody else");
		return 0;
	}
	if (text_is(a.digest.kind, GATHER_REMINDERS)) {
		arrival_file(arrival, "filed", "an answer to a list of questions; nothing decided");
		return arrival_explain(desk, arrival, WHICH_QUESTION, err);
	}
	if (read_all(&a))
		rc = find_packets(&a, &found, err);
	if (rc < 0 || !found)
		return rc < 0 ? rc : explain(&a, err);
	return act_on_all(&a, err);
}
