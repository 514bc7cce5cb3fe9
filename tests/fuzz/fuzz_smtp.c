/*
 * Properties of what a relay may say, in any order: the words kept of it are
 * one visible, bounded line; the sentence made of them holds neither our
 * password nor a link's token; and a mail counts as sent only after its end.
 */
#include "mail/smtp_priv.h"

#include <assent/base/utf8.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "correct-horse-battery"
#define TOKEN "abcdefghijklmnopqrstuvwxyz234567"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct smtp_talk *talk, enum smtp_break broke)
{
	const struct smtp_try try = { "mx.test:587", "desk", "agent@desk.test", "k@x.test", SECRET,
		broke, "why" };
	struct err err = { 0 };
	int rc = smtp_verdict(talk, &try, &err);

	demand(talk->length == strlen(talk->text) && talk->length <= SMTP_REPLY_ROOM);
	demand(utf8_is_valid(talk->text, talk->length));
	for (size_t i = 0; i < talk->length; i++)
		demand((unsigned char)talk->text[i] >= ' ' && talk->text[i] != 0x7f);
	demand((rc == 0) == (talk->stage == STAGE_END && talk->code / 100 == 2));
	if (rc == 0)
		return;
	demand(err.text[0] != '\0');
	demand(strstr(err.text, "/a/" TOKEN) == NULL);
	if (talk->stage == STAGE_SIGN_IN)
		demand(strstr(err.text, SECRET) == NULL);
	/* Whether it was sent is in doubt only between the end and its answer. */
	demand((rc == ERR_PEER) == (talk->stage == STAGE_END && talk->code < 400));
}

/* A line that begins with '>' is ours, '.' alone is the end of the mail, others are the relay's. */
static void
take(struct smtp_talk *talk, const char *line, size_t n)
{
	if (n > 0 && line[0] == '>')
		smtp_said(talk, line + 1, n - 1);
	else if (n == 1 && line[0] == '.')
		smtp_said_all(talk);
	else
		smtp_heard(talk, line, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_talk talk = { 0 };
	const char *at = (const char *)data, *end = at + size;

	smtp_begin(&talk);
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((lf ? lf : end) - at);

		take(&talk, at, n);
		for (int broke = BREAK_NONE; broke <= BREAK_UTF8; broke++)
			check(&talk, (enum smtp_break)broke);
		at += n + (lf != NULL);
	}
	return 0;
}
