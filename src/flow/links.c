#include <assent/flow/links.h>

#include <assent/base/str.h>
#include <assent/store/approval.h>
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

static int
reply_token(struct desk *desk, const struct outgoing *mail, struct token_text *out, struct err *err)
{
	bool batch = !id_is_null(&mail->batch);

	return derive(desk, batch ? &mail->batch : &mail->ballot,
	    batch ? TOKEN_BATCH_REPLY : TOKEN_REPLY, out, err);
}

static int
fill_code(struct desk *desk, const struct outgoing *mail, json_t *view, struct err *err)
{
	struct token_text token;
	int rc;

	if (desk->policy->separator[0] != '\0' || !is_about_question(mail))
		return 0;
	rc = reply_token(desk, mail, &token, err);
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
	if (policy->separator[0] == '\0' || at == NULL || !is_about_question(mail))
		return 0;
	rc = reply_token(desk, mail, &token, err);
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

/* Length of a code that stands at text, 0 for none. */
static size_t
code_length(const char *text)
{
	size_t gap = strlen(LINKS_CODE), n = 0;

	if (!text_starts_nocase(text, LINKS_CODE))
		return 0;
	while (n < TOKEN_CHARS && text[gap + n] != '\0' &&
	    strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text[gap + n]))
		n++;
	return n == TOKEN_CHARS ? gap + n : 0;
}

static void
add_without_codes(struct str *out, const char *text, const char *instead)
{
	while (*text != '\0') {
		size_t n = code_length(text);

		if (n > 0)
			str_add(out, instead);
		else
			str_add_char(out, *text);
		text += n > 0 ? n : 1;
	}
}

const char *
links_redact(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str first = STR_INIT(TEXT_MAX);
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);

	if (!redact_may_hold(text, strlen(text)))
		return text;
	redact_tokens(text, strlen(text), &first);
	add_without_codes(&out, str_text(&first), LINKS_CODE REDACTED);
	return text_is(text, str_text(&out)) ? text : arena_dup(arena, str_text(&out));
}

const char *
links_without_codes(struct arena *arena, const char *text)
{
	AUTO(str_donep) struct str out = STR_INIT(TEXT_MAX);

	if (!redact_may_hold(text, strlen(text)))
		return arena_dup(arena, text);
	add_without_codes(&out, text, "");
	return arena_dup(arena, str_text(&out));
}
