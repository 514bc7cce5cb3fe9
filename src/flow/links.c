#include <assent/flow/links.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/store/approval.h>
#include <assent/store/escalation.h>
#include <assent/text/redact.h>

#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)

static int
derive(struct desk *desk, const struct id *target, enum token_purpose purpose,
    struct token_text *out, struct err *err)
{
	struct token_row row;
	int rc = token_of_target(desk->tx, target, purpose, &row, err);

	if (rc < 0)
		return err_wrap(err, rc, "token of a question");
	if (!token_derive(desk->policy, &row.of, out))
		return err_set(err, ERR_NOT_FOUND,
		    "the key ring no longer holds key %u, which open links were made with; "
		    "put it back",
		    row.of.key_id);
	return 0;
}

static int
fill_object(struct desk *desk, json_t *object, struct err *err)
{
	const char *ballot = json_string_value(json_object_get(object, "ballot"));
	struct token_text token;
	struct id id;
	int rc;

	if (ballot == NULL || !id_parse(ballot, &id))
		return 0;
	rc = derive(desk, &id, TOKEN_LINK, &token, err);
	if (rc < 0)
		return rc;
	const char *base = desk->policy->public_url;
	json_object_set_new(
	    object, "approve_url", json_sprintf("%s/a/%s?d=approve", base, token.text));
	json_object_set_new(
	    object, "reject_url", json_sprintf("%s/a/%s?d=reject", base, token.text));
	json_object_del(object, "ballot");
	return 0;
}

static bool
is_about_question(const struct outgoing *mail)
{
	return !id_is_null(&mail->batch) || !id_is_null(&mail->ballot);
}

/* ERR_NOT_FOUND where this reader was never asked, or has no token of that purpose. */
static int
packet_token(struct desk *desk, const struct outgoing *mail, enum token_purpose purpose,
    struct token_text *out, struct err *err)
{
	struct escalation_person person;
	int rc = ERR_NOT_FOUND;

	if (!id_is_null(&mail->escalation))
		rc =
		    escalation_person_of(desk->tx, &mail->escalation, mail->to_email, &person, err);
	return rc < 0 ? rc : derive(desk, &person.id, purpose, out, err);
}

/* A packet's mail goes out without a link rather than not at all. */
static int
fill_packet(struct desk *desk, const struct outgoing *mail, json_t *view, struct err *err)
{
	struct token_text token;
	int rc = ERR_NOT_FOUND;

	if (desk->policy->public_url[0] != '\0')
		rc = packet_token(desk, mail, TOKEN_PACKET_LINK, &token, err);
	if (rc == 0)
		json_object_set_new(view, "packet_url",
		    json_sprintf("%s/e/%s", desk->policy->public_url, token.text));
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* ERR_NOT_FOUND where the mail asks its reader nothing. */
static int
reply_token(struct desk *desk, const struct outgoing *mail, struct token_text *out, struct err *err)
{
	bool batch = !id_is_null(&mail->batch);

	if (!is_about_question(mail))
		return packet_token(desk, mail, TOKEN_PACKET_REPLY, out, err);
	return derive(desk, batch ? &mail->batch : &mail->ballot,
	    batch ? TOKEN_BATCH_REPLY : TOKEN_REPLY, out, err);
}

/*
 * Where addresses cannot carry the token; and where a signed answer must show
 * in its own words which question it is about, and no link in our text would.
 */
static bool
needs_code(const struct policy *policy)
{
	return policy->separator[0] == '\0' ||
	    (policy->signatures && policy->public_url[0] == '\0');
}

static int
fill_code(struct desk *desk, const struct outgoing *mail, json_t *view, struct err *err)
{
	struct token_text token;
	int rc;

	if (!needs_code(desk->policy))
		return 0;
	rc = reply_token(desk, mail, &token, err);
	if (rc == ERR_NOT_FOUND && !is_about_question(mail))
		return 0;
	if (rc == 0)
		json_object_set_new(
		    view, "reply_code", json_sprintf("%s%s", LINKS_CODE, token.text));
	return rc;
}

int
links_fill(struct desk *desk, const struct outgoing *mail, json_t *view, struct err *err)
{
	json_t *card;
	size_t i;
	int rc = fill_object(desk, view, err);

	json_array_foreach(json_object_get(view, "cards"), i, card)
	{
		if (rc == 0)
			rc = fill_object(desk, card, err);
	}
	if (rc == 0)
		rc = fill_packet(desk, mail, view, err);
	return rc < 0 ? rc : fill_code(desk, mail, view, err);
}

int
links_reply_to(struct desk *desk, const struct outgoing *mail, const char **out, struct err *err)
{
	const struct policy *policy = desk->policy;
	const char *at = strrchr(policy->agent_email, '@');
	struct token_text token;
	int rc;

	*out = "";
	if (policy->separator[0] == '\0' || at == NULL)
		return 0;
	rc = reply_token(desk, mail, &token, err);
	if (rc == ERR_NOT_FOUND && !is_about_question(mail))
		return 0;
	if (rc < 0)
		return rc;
	*out = arena_printf(tx_arena(desk->tx), "%.*s%s%s%s", (int)(at - policy->agent_email),
	    policy->agent_email, policy->separator, token.text, at);
	return 0;
}

const char *
links_sub_address(struct desk *desk, const char *email)
{
	const struct policy *policy = desk->policy;
	const char *at = strrchr(policy->agent_email, '@');
	size_t head = at != NULL ? (size_t)(at - policy->agent_email) : 0;
	size_t gap = strlen(policy->separator), n = strlen(email);

	if (at == NULL || gap == 0 || n <= head + gap + strlen(at) ||
	    strncasecmp(email, policy->agent_email, head) != 0 ||
	    strncmp(email + head, policy->separator, gap) != 0 ||
	    !text_is_nocase(email + n - strlen(at), at))
		return NULL;
	return arena_dup_n(tx_arena(desk->tx), email + head + gap, n - head - gap - strlen(at));
}

bool
links_is_own(struct desk *desk, const char *email)
{
	return text_is_nocase(email, desk->policy->agent_email) ||
	    links_sub_address(desk, email) != NULL;
}

const char *
links_redact(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);

	if (redact_tokens(text, strlen(text), &out) == 0)
		return text;
	return arena_dup(arena, str_text(&out));
}

const char *
links_without_codes(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);
	struct redact_code code;
	size_t at = 0;

	if (redact_may_hold(text, strlen(text)))
		for (; redact_next_code(text, at, &code); at = code.end)
			str_add_n(&out, text + at, code.start - at);
	str_add(&out, text + at);
	return arena_dup(arena, str_text(&out));
}

const char *
links_visible(struct arena *arena, const char *text)
{
	size_t n = strlen(text);
	AUTO(str_donep) struct str out = STR_INIT(4 * n + 1);

	utf8_add_visible(&out, text, n);
	return links_redact(arena, arena_dup(arena, str_text(&out)));
}

const char *
links_line(struct arena *arena, const char *text)
{
	size_t n = strlen(text);
	AUTO(str_donep) struct str out = STR_INIT(4 * n + 16);

	utf8_add_line(&out, text, n + 8);
	return links_redact(arena, text_trim(arena_dup(arena, str_text(&out))));
}
