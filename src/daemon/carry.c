/* carry: what stories want from outside. No database here. */
#include <assent/base/file.h>
#include <assent/base/identity.h>
#include <assent/flow/story.h>
#include <assent/mail/sign.h>

#include "daemon/daemon_priv.h"

#include <string.h>

static void
carry_parse(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	AUTO(str_donep) struct str spooled = STR_INIT(LETTER_RAW_MAX);
	char *path;

	if (call->raw == NULL) {
		path = arena_printf(call->arena, "%s/%s", settings->spool, call->spool);
		call->rc = file_read(path, &spooled, &call->err);
		if (call->rc < 0)
			return;
		call->rc = parser_letter(daemon->parser, str_text(&spooled), spooled.len,
		    call->arena, &call->letter, &call->err);
		return;
	}
	call->rc = parser_letter(
	    daemon->parser, call->raw, call->raw_size, call->arena, &call->letter, &call->err);
}

static void
carry_decide(struct daemon *daemon, struct call *call)
{
	call->rc =
	    parser_decide(daemon->parser, &call->ask, call->arena, &call->intent, &call->err);
	call->decided = call->rc == 0;
}

/* Those that wait in the queue itself go together; the others each by its own way. */
void
carry_all(struct daemon *daemon, const struct settings *settings, struct call **calls, size_t count)
{
	struct parser_ask *asks = mem_alloc(count * sizeof(*asks));
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (calls[i]->kind == CALL_PARSE && calls[i]->raw != NULL)
			asks[n++] = (struct parser_ask){ calls[i]->raw, calls[i]->raw_size,
				calls[i]->arena, NULL, 0, { 0 } };
	parser_letters(daemon->parser, asks, n);
	n = 0;
	for (size_t i = 0; i < count; i++) {
		if (calls[i]->kind != CALL_PARSE || calls[i]->raw == NULL) {
			carry(daemon, settings, calls[i]);
			continue;
		}
		calls[i]->letter = asks[n].letter;
		calls[i]->rc = asks[n].rc;
		calls[i]->err = asks[n++].err;
	}
	mem_free(asks);
}

/* Each alone: what one leaves open must not swallow the next. */
static void
carry_html(struct daemon *daemon, struct call *call)
{
	for (size_t i = 0; call->rc == 0 && i < call->html_count; i++) {
		const struct html_call *part = &call->htmls[i];
		char *words = NULL;

		call->rc = parser_html(daemon->parser, part->html, strlen(part->html), call->arena,
		    &words, &call->err);
		if (call->rc == 0)
			*part->words = words;
	}
}

/* An expired certificate would only warn people of us. */
static bool
may_sign(const struct settings *settings)
{
	const struct identity *identity = settings->smime.identity;

	return identity != NULL && clock_now() < identity_until(identity);
}

static void
carry_mail(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	AUTO(str_donep) struct str bytes = STR_INIT(SIGN_MAX);
	struct outlet_mail mail = call->mail;
	struct outlet *outlet =
	    call->is_alert && daemon->alert_outlet != NULL ? daemon->alert_outlet : daemon->outlet;

	call->may_double = outlet->may_double;
	if (may_sign(settings)) {
		call->rc = mail_sign(settings->smime.identity, &call->mail, &bytes, &call->err);
		mail.bytes = str_text(&bytes);
		mail.size = bytes.len;
	}
	if (call->rc == 0)
		call->rc = outlet->ops->send(outlet, &mail, &call->err);
}

void
carry(struct daemon *daemon, const struct settings *settings, struct call *call)
{
	call->rc = 0;
	switch (call->kind) {
	case CALL_NONE:
		break;
	case CALL_PARSE:
		carry_parse(daemon, settings, call);
		break;
	case CALL_ABSENCE:
		call->rc = parser_absence(daemon->parser, &call->absence, &call->err);
		break;
	case CALL_DECIDE:
		carry_decide(daemon, call);
		break;
	case CALL_DRAFT:
		carry_draft(daemon, settings, call);
		break;
	case CALL_DOCUMENT:
		carry_document(daemon, settings, call);
		break;
	case CALL_SEND:
		carry_mail(daemon, settings, call);
		break;
	case CALL_HTML:
		carry_html(daemon, call);
		break;
	case CALL_TOKEN:
		carry_token(daemon, call);
		break;
	case CALL_POST:
		carry_post(daemon, call);
		break;
	}
}
