#include "mail/smtp_priv.h"

#include <assent/base/utf8.h>
#include <assent/mail/outlet.h>
#include <assent/text/redact.h>

#include <string.h>

#define WORD_MAX 400

void
smtp_begin(struct smtp_talk *talk)
{
	talk->stage = STAGE_CONNECT;
	talk->code = 0;
	talk->length = 0;
	talk->text[0] = '\0';
	talk->has_ended = false;
}

/* --- what we say ------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *beginning;
	enum smtp_stage stage;
} commands[] = {
	{ "EHLO ",	STAGE_HELLO },
	{ "HELO ",	STAGE_HELLO },
	{ "STARTTLS\r",	STAGE_TLS },
	{ "AUTH ",	STAGE_SIGN_IN },
	{ "MAIL FROM:",	STAGE_SENDER },
	{ "RCPT TO:",	STAGE_RECIPIENT },
	{ "DATA\r",	STAGE_DATA },
};
/* clang-format on */

static void
go_to(struct smtp_talk *talk, enum smtp_stage stage)
{
	smtp_begin(talk);
	talk->stage = stage;
	if (stage == STAGE_HELLO)
		talk->offers_tls = talk->offers_sign_in = talk->offers_utf8 = false;
}

static bool
begins(const char *bytes, size_t n, const char *beginning)
{
	size_t want = strlen(beginning);

	return n >= want && memcmp(bytes, beginning, want) == 0;
}

void
smtp_said(struct smtp_talk *talk, const char *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (begins(bytes, n, commands[i].beginning)) {
			go_to(talk, commands[i].stage);
			return;
		}
	if (begins(bytes, n, "QUIT\r"))
		talk->has_ended = true;
	else if (talk->stage == STAGE_SIGN_IN)
		go_to(talk, STAGE_SIGN_IN);
}

void
smtp_said_all(struct smtp_talk *talk)
{
	go_to(talk, STAGE_END);
}

/* --- what the relay says ------------------------------------------------------ */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.1.1 " of RFC 3463 at the beginning; its length, 0 for none. */
static size_t
status_length(const char *text, size_t n)
{
	size_t i = 0;
	int dots = 0;

	while (i < n && (is_digit(text[i]) || text[i] == '.'))
		dots += text[i++] == '.';
	return dots == 2 && i >= 5 && i < n && text[i] == ' ' ? i + 1 : 0;
}

static void
add_words(struct smtp_talk *talk, const char *words, size_t n)
{
	AUTO(str_donep) struct str visible = STR_INIT(4 * SMTP_REPLY_ROOM);
	size_t room;

	/* Each line repeats the status of the first. */
	if (talk->length > 0) {
		size_t status = status_length(words, n);
		words += status;
		n -= status;
	}
	utf8_add_visible(&visible, words, n > SMTP_REPLY_ROOM ? SMTP_REPLY_ROOM : n);
	if (visible.len == 0)
		return;
	for (size_t i = 0; i < visible.len; i++)
		if (visible.text[i] == '\t' || visible.text[i] == '\n')
			visible.text[i] = ' ';
	if (talk->length > 0 && talk->length < SMTP_REPLY_ROOM)
		talk->text[talk->length++] = ' ';
	room = SMTP_REPLY_ROOM - talk->length;
	if (visible.len > room) {
		while (room > 0 && ((unsigned char)visible.text[room] & 0xc0) == 0x80)
			room--;
		visible.len = room;
	}
	memcpy(talk->text + talk->length, str_text(&visible), visible.len);
	talk->length += visible.len;
	talk->text[talk->length] = '\0';
}

static bool
is_keyword(const char *words, size_t n, const char *keyword)
{
	size_t want = strlen(keyword);

	return n >= want && strncasecmp(words, keyword, want) == 0 &&
	    (n == want || words[want] == ' ' || words[want] == '=');
}

static void
note_offer(struct smtp_talk *talk, const char *words, size_t n)
{
	talk->offers_tls |= is_keyword(words, n, "STARTTLS");
	talk->offers_sign_in |= is_keyword(words, n, "AUTH");
	talk->offers_utf8 |= is_keyword(words, n, "SMTPUTF8");
}

void
smtp_heard(struct smtp_talk *talk, const char *line, size_t n)
{
	int code;

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	if (talk->has_ended || n < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]) || (n > 3 && line[3] != ' ' && line[3] != '-'))
		return;
	code = 100 * (line[0] - '0') + 10 * (line[1] - '0') + (line[2] - '0');
	if (talk->code != 0) { /* a second answer to one command: the later one counts */
		talk->code = 0;
		talk->length = 0;
		talk->text[0] = '\0';
	}
	if (n > 4) {
		if (talk->stage == STAGE_HELLO)
			note_offer(talk, line + 4, n - 4);
		/* A challenge is for programs, and what follows may quote the answer. */
		if (code >= 400 || talk->stage == STAGE_END)
			add_words(talk, line + 4, n - 4);
	}
	if (n == 3 || line[3] == ' ')
		talk->code = code;
}

/* --- what it means -------------------------------------------------------------- */

/* Does this word, in base64, hold the secret? */
static bool
encodes(const char *word, size_t n, const char *secret)
{
	char bytes[WORD_MAX];
	long got;

	if (n < 4 || n > WORD_MAX)
		return false;
	got = base64_decode(word, n, bytes, sizeof(bytes));
	return got > 0 && memmem(bytes, (size_t)got, secret, strlen(secret)) != NULL;
}

static bool
tells(const char *text, const char *secret)
{
	if (secret[0] == '\0')
		return false;
	if (strstr(text, secret) != NULL)
		return true;
	for (const char *word = text; *word != '\0';) {
		size_t n = strcspn(word, " ");

		/* A quoted token is longer than what is shown of it. */
		if (encodes(word, n, secret) || n > 80)
			return true;
		word += n + strspn(word + n, " ");
	}
	return false;
}

/* The relay's words as they may be stored: neither our password nor a link of ours. */
static void
add_reply(struct str *out, const struct smtp_talk *talk, const struct smtp_try *try)
{
	AUTO(str_donep) struct str words = STR_INIT(2 * SMTP_REPLY_ROOM);

	str_addf(out, "%d", talk->code);
	if (talk->stage <= STAGE_SIGN_IN && tells(talk->text, try->secret)) {
		str_add(out, " (its words are not shown, because they repeat a secret)");
		return;
	}
	if (talk->length > 0)
		str_add_char(out, ' ');
	redact_tokens(talk->text, talk->length, &words);
	str_add_n(out, str_text(&words), utf8_cut(str_text(&words), words.len, SMTP_REPLY_MAX));
}

/*
 * Answers to the recipient or the mail that are about us: many relays keep
 * their opinion of the sender and of the login until then.
 */
static bool
is_about_us(const struct smtp_talk *talk)
{
	static const int codes[] = { 530, 534, 535, 538 };
	static const char *const signs[] = { "5.1.7 ", "5.1.8 ", "5.7.8 ", "5.7.9 ", "5.7.57 ",
		"5.7.60 ", "relay access denied", "relaying denied", "unable to relay",
		"relay not permitted", "relaying not allowed", "not owned by user",
		"sender address rejected", "send as this sender", "authentication required" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (talk->code == codes[i])
			return true;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (text_find_nocase(talk->text, signs[i]) != NULL)
			return true;
	return false;
}

static int
refused_us(
    const struct smtp_talk *talk, const struct smtp_try *try, const char *reply, struct err *err)
{
	switch (talk->stage) {
	case STAGE_CONNECT:
	case STAGE_HELLO:
	case STAGE_TLS:
		return err_set(err, ERR_DENIED,
		    "the relay %s does not talk to us: %s (ask who runs it whether this machine "
		    "may "
		    "send)",
		    try->relay, reply);
	case STAGE_SIGN_IN:
		return err_set(err, ERR_DENIED,
		    "the relay %s refuses the login %s: %s (check the user and its password or "
		    "credential)",
		    try->relay, try->user, reply);
	default:
		return err_set(err, ERR_DENIED,
		    "the relay %s refuses the sender %s: %s (it must allow this login to send as "
		    "that address%s)",
		    try->relay, try->from[0] ? try->from : "<>", reply,
		    strchr(try->from, '+') ? " and its sub-addresses; or set outgoing.verp: false"
					   : "");
	}
}

static int
by_reply(const struct smtp_talk *talk, const struct smtp_try *try, struct err *err)
{
	AUTO(str_donep) struct str reply = STR_INIT(4 * SMTP_REPLY_MAX);

	add_reply(&reply, talk, try);
	if (talk->code < 500)
		return err_set(err, ERR_BUSY, "the relay %s asks to try later: %s", try->relay,
		    str_text(&reply));
	if (talk->stage <= STAGE_SENDER || is_about_us(talk))
		return refused_us(talk, try, str_text(&reply), err);
	if (talk->stage == STAGE_RECIPIENT)
		return err_set(err, ERR_INVALID, "the relay %s refuses the recipient %s: %s",
		    try->relay, try->to, str_text(&reply));
	return err_set(err, ERR_INVALID, "the relay %s refuses the mail to %s: %s", try->relay,
	    try->to, str_text(&reply));
}

static const char *
when(enum smtp_stage stage)
{
	static const char *const names[] = {
		[STAGE_CONNECT] = "before its greeting",
		[STAGE_HELLO] = "after our greeting",
		[STAGE_TLS] = "when encryption began",
		[STAGE_SIGN_IN] = "while we signed in",
		[STAGE_SENDER] = "after the sender was named",
		[STAGE_RECIPIENT] = "after the recipient was named",
		[STAGE_DATA] = "before the whole mail was out",
		[STAGE_END] = "after the mail was out",
	};

	return names[stage];
}

static int
by_break(const struct smtp_talk *talk, const struct smtp_try *try, struct err *err)
{
	switch (try->broke) {
	case BREAK_STOP:
		return err_set(err, ERR_BUSY, "stopped before the mail was sent");
	case BREAK_CERTIFICATE:
		return err_set(err, ERR_IO,
		    "the certificate of the relay %s is not to be trusted: %s (check host and "
		    "ca_file); nothing was sent",
		    try->relay, try->why);
	case BREAK_TLS:
		return err_set(err, ERR_IO,
		    "no encryption with the relay %s: %s; nothing was sent (check tls and port: "
		    "implicit is usually 465, starttls 587)",
		    try->relay, talk->offers_tls ? try->why : "it does not offer STARTTLS");
	case BREAK_SIGN_IN:
		/* XOAUTH2 says no with one more challenge, which libcurl does not answer. */
		if (talk->stage == STAGE_SIGN_IN)
			return err_set(err, ERR_DENIED,
			    "the relay %s refuses the access token of %s; a new one is fetched",
			    try->relay, try->user);
		return err_set(err, ERR_DENIED,
		    "the relay %s offers no way to sign in as auth says%s; nothing was sent",
		    try->relay, talk->offers_sign_in ? "" : " (it offers none at all)");
	case BREAK_UTF8:
		return err_set(err, ERR_INVALID,
		    "the relay %s does not offer SMTPUTF8, which the mail from %s to %s needs",
		    try->relay, try->from, try->to);
	case BREAK_TIME:
		return err_set(err, ERR_IO, "the relay %s did not answer in time, %s", try->relay,
		    when(talk->stage));
	default:
		return err_set(err, ERR_IO, "no connection to the relay %s, %s: %s", try->relay,
		    when(talk->stage), try->why);
	}
}

int
smtp_verdict(const struct smtp_talk *talk, const struct smtp_try *try, struct err *err)
{
	if (talk->stage == STAGE_END && talk->code / 100 == 2)
		return 0;
	if (talk->code >= 400)
		return by_reply(talk, try, err);
	if (talk->stage == STAGE_END)
		return err_set(err, ERR_PEER,
		    "the relay %s was lost after the mail to %s was out and before its answer: "
		    "perhaps it was sent",
		    try->relay, try->to);
	return by_break(talk, try, err);
}

static bool
is_name(const char *word, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		bool letter =
		    (word[i] >= 'a' && word[i] <= 'z') || (word[i] >= 'A' && word[i] <= 'Z');

		if (!letter && !is_digit(word[i]) && strchr("-._", word[i]) == NULL)
			return false;
		digits += is_digit(word[i]);
	}
	return n >= OUTLET_NAME_MIN && digits >= 4;
}

/* "<id@host>", of which the relay says that it is the mail's. */
static bool
is_bracketed_id(const char *word, size_t n)
{
	return n > 4 && word[0] == '<' && word[n - 1] == '>' &&
	    memchr(word + 2, '@', n - 4) != NULL;
}

void
smtp_name(const struct smtp_talk *talk, char *out, size_t room)
{
	out[0] = '\0';
	for (const char *word = talk->text; *word != '\0';) {
		size_t n = strcspn(word, " "), skip = text_starts_nocase(word, "id=") ? 3 : 0;
		const char *start = word + skip;
		size_t len = n - skip;

		while (len > 0 && strchr(".,;", start[len - 1]) != NULL)
			len--;
		if (is_bracketed_id(start, len)) {
			start++;
			len -= 2;
		} else if (!is_name(start, len)) {
			len = 0;
		}
		if (len > 0 && len < room) {
			memcpy(out, start, len);
			out[len] = '\0';
			return;
		}
		word += n + strspn(word + n, " ");
	}
}

bool
smtp_refused_login(const struct smtp_talk *talk, enum smtp_break broke)
{
	return talk->stage == STAGE_SIGN_IN && (talk->code >= 500 || broke == BREAK_SIGN_IN);
}

bool
smtp_was_stale(const struct smtp_talk *talk, enum smtp_break broke)
{
	return talk->stage <= STAGE_SENDER && (talk->code == 421 || talk->code == 0) &&
	    (broke == BREAK_LINE || talk->code == 421);
}
