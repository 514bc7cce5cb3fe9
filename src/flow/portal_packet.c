/* portal: the page of a packet, for one whom it was put to. */
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/matter.h>
#include <assent/model/token.h>
#include <assent/store/approval.h>

#include "flow/escalation_priv.h"
#include "flow/portal_priv.h"

#include <string.h>

struct page_of { /* one look at it */
	struct desk *desk;
	const char *token;
	bool may_act; /* the link was not closed with the packet */
	struct escalation_person person;
	struct escalation e;
	uint8_t shown[SHA256_SIZE]; /* what its form is bound to */
};

static int
invalid(struct desk *desk, struct portal_answer *out)
{
	out->page = PAGE_PACKET_INVALID;
	out->view = json_object();
	view_text(out->view, "locale", desk->policy->locale);
	view_text(out->view, "agent_email", desk->policy->agent_email);
	return 0;
}

/* Another round of the same packet has forms of its own. */
static void
bind_form(struct page_of *p)
{
	AUTO(str_donep) struct str text = STR_INIT(200);
	char id[ID_TEXT_SIZE];

	str_addf(&text, "packet\n%s\n%lld\n", id_text(&p->e.id, id), (long long)p->e.began);
	sha256(str_text(&text), text.len, p->shown);
}

static int
find(struct page_of *p, struct err *err)
{
	uint8_t hash[SHA256_SIZE];
	struct token_row row;
	int rc;

	if (!token_hash(p->token, strlen(p->token), hash))
		return err_set(err, ERR_NOT_FOUND, "not a token");
	rc = token_find(p->desk->tx, hash, &row, err);
	if (rc == 0 && row.of.purpose != TOKEN_PACKET_LINK)
		rc = err_set(err, ERR_NOT_FOUND, "not a packet's token");
	if (rc == 0)
		rc = escalation_person_get(p->desk->tx, &row.of.target, &p->person, err);
	if (rc == 0)
		rc = escalation_get(p->desk->tx, &p->person.escalation, &p->e, err);
	if (rc < 0)
		return rc;
	p->may_act = row.open;
	bind_form(p);
	if (!escalation_may_reach(p->desk, p->e.organisation, p->person.email))
		return err_set(err, ERR_NOT_FOUND, "nobody of this desk any more");
	return 0;
}

/* What one must know to act; all else is for who wants to. */
static const char *const about[] = { "ask", "missing", "risk", "suggest" };

static json_t *
view_of(const struct page_of *p)
{
	const struct policy *policy = p->desk->policy;
	const struct escalation_reader reader = { p->person.email, p->person.name,
		policy_locale_of(policy, p->person.email), policy->zone_name };
	json_t *view = escalation_view(p->desk, &p->e, &reader);

	escalation_view_documents(p->desk, &p->e, reader.locale, view);
	view_text(view, "locale", reader.locale);
	view_text(view, "approver_email", p->person.email);
	for (size_t i = 0; i < ARRAY_LEN(about); i++)
		if (json_object_get(view, about[i]) != NULL)
			json_object_set_new(view, "has_about", json_true());
	return view;
}

static bool
is_open(const struct page_of *p)
{
	enum escalation_state state;

	return escalation_state_parse(p->e.state, &state) && escalation_is_open(state);
}

/* A closed one, by whoever it was put to this time: what a mail from him could do. */
static bool
may_reopen(const struct page_of *p)
{
	return !is_open(p) && text_is(p->person.skipped, "") && p->person.at >= p->e.began;
}

static void
offer_reopen(const struct page_of *p, json_t *view)
{
	if (!may_reopen(p))
		return;
	json_object_set_new(view, "can_reopen", json_true());
	view_text(view, "nonce", portal_nonce(p->desk, p->token, p->shown));
}

/* What it is now: with its form, or what became of it. */
static void
show(struct page_of *p, struct portal_answer *out)
{
	out->view = view_of(p);
	out->page = is_open(p) && p->may_act ? PAGE_PACKET : PAGE_PACKET_DONE;
	if (out->page == PAGE_PACKET) {
		view_text(out->view, "nonce", portal_nonce(p->desk, p->token, p->shown));
		if (text_is_nocase(p->e.acked_by, p->person.email))
			json_object_set_new(out->view, "is_mine", json_true());
	} else if (is_open(p)) {
		json_object_set_new(out->view, "is_old", json_true());
	} else {
		json_object_set_new(out->view,
		    p->e.resolved_at != 0 ? "closed_resolved" : "closed_expired", json_true());
		offer_reopen(p, out->view);
	}
}

int
portal_packet_show(struct desk *desk, const char *token, struct portal_answer *out, struct err *err)
{
	struct page_of p = { .desk = desk, .token = token };
	int rc = find(&p, err);

	if (rc == ERR_NOT_FOUND)
		return invalid(desk, out);
	if (rc == 0)
		show(&p, out);
	return rc;
}

/* --- acting ------------------------------------------------------------------------ */

/* clang-format off */
static const struct choice {
	const char *word;
	enum escalation_act act;
	span_ms span;
} choices[] = {
	{ "ack",	ESCALATION_ACK,		0 },
	{ "resolve",	ESCALATION_RESOLVE,	0 },
	{ "snooze-1h",	ESCALATION_SNOOZE,	MS_HOUR },
	{ "snooze-4h",	ESCALATION_SNOOZE,	4 * MS_HOUR },
	{ "snooze-1d",	ESCALATION_SNOOZE,	MS_DAY },
	{ "assign",	ESCALATION_ASSIGN,	0 },
	{ "reopen",	ESCALATION_REOPEN,	0 },
};
/* clang-format on */

static const struct choice *
choice_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(choices); i++)
		if (text_is(word, choices[i].word))
			return &choices[i];
	return NULL;
}

static const char *
comment_of(struct desk *desk, const struct portal_post *post)
{
	AUTO(str_donep) struct str comment = STR_INIT(4 * PORTAL_COMMENT_MAX);
	size_t n = strlen(post->comment);

	utf8_add_visible(&comment, post->comment, utf8_cut(post->comment, n, PORTAL_COMMENT_MAX));
	return text_trim(arena_dup(tx_arena(desk->tx), str_text(&comment)));
}

/* The form again, with what was written; or, where none is shown any more, what became of it. */
static int
show_again(struct page_of *p, const struct portal_post *post, struct portal_answer *out)
{
	const struct choice *choice = choice_of(post->decision);
	bool wants_open = choice != NULL && choice->act == ESCALATION_REOPEN;

	show(p, out);
	if (out->page != PAGE_PACKET && !(wants_open && may_reopen(p)))
		return 0;
	json_object_set_new(out->view, "is_stale", json_true());
	view_text(out->view, "comment", post->comment);
	view_text(out->view, "whom", post->to);
	return 0;
}

static int
act(struct page_of *p, const struct portal_post *post, struct portal_answer *out, struct err *err)
{
	const struct choice *choice = choice_of(post->decision);
	const struct escalation_wish wish = {
		.id = p->e.id,
		.act = choice->act,
		.by = p->person.email,
		.way = { "link", NULL },
		.to = text_trim(arena_dup(tx_arena(p->desk->tx), post->to)),
		.until = p->desk->now + choice->span,
		.action = choice->act == ESCALATION_RESOLVE ? comment_of(p->desk, post) : "",
	};
	json_t *flags = json_object();
	const char *refused;
	bool done = false;
	int rc = escalation_do_and_say(
	    p->desk, &wish, &(struct escalation_outcome){ &p->e, flags, &done, &refused }, err);

	if (rc == 0) {
		out->page = PAGE_PACKET_DONE;
		out->view = view_of(p);
		json_object_update(out->view, flags);
		if (is_open(p) && p->may_act)
			json_object_set_new(out->view, "can_act", json_true());
		offer_reopen(p, out->view);
	}
	json_decref(flags);
	return rc;
}

/* A closed packet's link opens it again, and does nothing else. */
static bool
may(const struct page_of *p, const struct choice *choice)
{
	if (choice == NULL)
		return false;
	return choice->act == ESCALATION_REOPEN ? may_reopen(p) : p->may_act;
}

int
portal_packet_act(
    struct desk *desk, const struct portal_post *post, struct portal_answer *out, struct err *err)
{
	struct page_of p = { .desk = desk, .token = post->token };
	int rc = find(&p, err);

	if (rc == ERR_NOT_FOUND)
		return invalid(desk, out);
	if (rc < 0)
		return rc;
	if (!may(&p, choice_of(post->decision)) || !portal_nonce_is_good(desk, post, p.shown))
		return show_again(&p, post, out);
	return act(&p, post, out, err);
}
