#include <assent/flow/portal.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/flow/ask.h>
#include <assent/flow/decide.h>
#include <assent/flow/matter.h>
#include <assent/model/token.h>
#include <assent/store/post.h>

#include "flow/ask_priv.h"
#include "flow/portal_priv.h"
#include "flow/record.h"
#include "flow/reply_priv.h"
#include "flow/second_thought_priv.h"

#include <string.h>

#define NONCE_CHARS 32

static int
find_matter(struct desk *desk, const char *token, struct matter *out, struct err *err)
{
	uint8_t hash[SHA256_SIZE];
	struct token_row row;
	int rc;

	if (!token_hash(token, strlen(token), hash))
		return err_set(err, ERR_NOT_FOUND, "not a token");
	rc = token_find(desk->tx, hash, &row, err);
	if (rc < 0)
		return rc;
	if (row.of.purpose != TOKEN_LINK)
		return err_set(err, ERR_NOT_FOUND, "not a link's token");
	return matter_load_ballot(desk, &row.of.target, out, err);
}

/* Binds a form to its page, its question and the hour, so that no other site can post it. */
static const char *
nonce_of(struct desk *desk, const char *token, const uint8_t shown[SHA256_SIZE], int64_t hour)
{
	const struct policy *policy = desk->policy;
	const struct site_key *key = &policy->keys[policy->key_count - 1];
	AUTO(str_donep) struct str text = STR_INIT(512);
	AUTO(str_donep) struct str nonce = STR_INIT(NONCE_CHARS);
	AUTO(mem_freep) char *lower = mem_dup(token);
	uint8_t mac[SHA256_SIZE];

	text_lower(lower);
	str_addf(&text, "assentd form\n%s\n%lld\n", lower, (long long)hour);
	str_add_hex(&text, shown, SHA256_SIZE);
	hmac_sha256(key->bytes, sizeof(key->bytes), str_text(&text), text.len, mac);
	str_add_base32(&nonce, mac, 20);
	return arena_dup(tx_arena(desk->tx), str_text(&nonce));
}

const char *
portal_nonce(struct desk *desk, const char *token, const uint8_t shown[SHA256_SIZE])
{
	return nonce_of(desk, token, shown, desk->now / MS_HOUR);
}

bool
portal_nonce_is_good(struct desk *desk, const struct portal_post *post, const uint8_t *shown)
{
	int64_t hour = desk->now / MS_HOUR;

	if (strlen(post->nonce) != NONCE_CHARS)
		return false;
	for (int64_t h = hour; h >= hour - 1; h--)
		if (bytes_equal(post->nonce, nonce_of(desk, post->token, shown, h), NONCE_CHARS))
			return true;
	return false;
}

static enum portal_page
page_of(const struct matter *m)
{
	switch (m->approval.state) {
	case AS_SENT:
	case AS_UNDELIVERABLE:
		return matter_is_elsewhere(m) ? PAGE_ELSEWHERE : PAGE_CONFIRM;
	case AS_APPROVED:
	case AS_REJECTED:
		return PAGE_DECIDED;
	case AS_EXPIRED:
		return PAGE_EXPIRED;
	default:
		return PAGE_WITHDRAWN;
	}
}

/* Enough to know one's own address by, and no help to anybody else: "k…@example.org". */
static const char *
address_hint(struct desk *desk, const char *address)
{
	const char *at = strrchr(address, '@');
	uint32_t first;

	if (at == NULL || at == address)
		return "";
	return arena_printf(tx_arena(desk->tx), "%.*s\xe2\x80\xa6%s",
	    (int)utf8_next(address, strlen(address), &first), address, at);
}

static json_t *
page_view(struct desk *desk, const struct matter *m, const char *token)
{
	json_t *view = matter_view(desk, m);
	json_t *item = matter_item(desk, m);

	json_object_update_missing(view, item);
	json_decref(item);
	AUTO(str_donep) struct str name = STR_INIT(64);
	str_addf(&name, "is_%s", approval_state_name(m->approval.state));
	json_object_set_new(view, str_text(&name), json_true());
	view_text(view, "lang", m->organisation.locale);
	view_text(view, "address_hint", address_hint(desk, m->organisation.owner_email));
	view_text(view, "nonce", portal_nonce(desk, token, m->approval.asked_hash));
	return view;
}

static int
add_question(struct desk *desk, const struct matter *m, const struct asked *asked, json_t *view,
    struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);

	matter_add_summary(m, view);
	view_text(view, "deadline", words_date(arena, m->zone, m->approval.deadline));
	return ask_view_request(desk, m, asked, view, err);
}

static int
show_changed(struct desk *desk, const struct matter *m, const struct asked *now,
    struct portal_answer *out, struct err *err)
{
	json_t *stored = json_loads(m->approval.asked, 0, NULL);
	struct asked before;
	int rc = asked_from_json(stored, tx_arena(desk->tx), &before, err);

	json_decref(stored);
	if (rc < 0)
		return rc;
	out->page = PAGE_CHANGED;
	json_object_set_new(out->view, "changes", asked_changes(&before, now));
	return 0;
}

/* The open question: as it was put if that is still true, else what changed. */
static int
show_open(struct desk *desk, const struct matter *m, struct portal_answer *out, struct err *err)
{
	struct asked now;
	uint8_t hash[SHA256_SIZE];
	int rc = ask_snapshot(desk, &m->approval, m->ballot.person_email, &now, err);

	if (rc < 0)
		return rc;
	asked_hash(&now, hash);
	if (!bytes_equal(hash, m->approval.asked_hash, SHA256_SIZE))
		return show_changed(desk, m, &now, out, err);
	view_text(out->view, "asked_hash", record_hex(desk, m->approval.asked_hash));
	json_object_set_new(out->view, "comment_max", json_integer(PORTAL_COMMENT_MAX));
	return add_question(desk, m, &now, out->view, err);
}

static int
invalid(struct portal_answer *out)
{
	out->page = PAGE_INVALID;
	out->view = json_object();
	return 0;
}

/* An expired question that another one followed must not be revived by its link. */
static int
look_for_newer(
    struct desk *desk, const struct matter *m, struct portal_answer *out, struct err *err)
{
	struct approval_filter filter = { .ticket = m->ticket.id, .max = 1 };
	struct approval *newest;
	size_t n;
	int rc = approval_list(desk->tx, &filter, &newest, &n, err);

	if (rc < 0 || n == 0 || id_equal(&newest->id, &m->approval.id))
		return rc;
	out->page = PAGE_WITHDRAWN;
	if (newest->state != AS_WITHDRAWN)
		json_object_set_new(out->view, "is_superseded", json_true());
	return 0;
}

static int
show_matter(struct desk *desk, const struct matter *m, const char *token, struct portal_answer *out,
    struct err *err)
{
	int rc = 0;

	out->page = page_of(m);
	out->view = page_view(desk, m, token);
	if (out->page == PAGE_CONFIRM)
		rc = show_open(desk, m, out, err);
	if (out->page == PAGE_ELSEWHERE)
		rc = reply_elsewhere_view(desk, m, out->view, err);
	if (out->page == PAGE_EXPIRED)
		rc = look_for_newer(desk, m, out, err);
	if (rc < 0) {
		json_decref(out->view);
		out->view = NULL;
	}
	return rc;
}

int
portal_show(struct desk *desk, const char *token, const char *choice, struct portal_answer *out,
    struct err *err)
{
	struct matter m;
	int rc = find_matter(desk, token, &m, err);

	if (rc == ERR_NOT_FOUND)
		return invalid(out);
	if (rc == 0)
		rc = show_matter(desk, &m, token, out, err);
	if (rc == 0 && out->page == PAGE_CONFIRM && choice != NULL)
		json_object_set_new(out->view,
		    text_is(choice, "reject") ? "prefer_reject" : "prefer_approve", json_true());
	return rc;
}

static int
decide_now(struct desk *desk, const struct matter *m, const struct portal_post *post,
    struct answered *out, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	size_t n = strlen(post->comment);
	AUTO(str_donep) struct str comment = STR_INIT(4 * PORTAL_COMMENT_MAX);
	uint8_t shown[SHA256_SIZE] = { 0 };

	hex_decode(post->asked_hash, strlen(post->asked_hash), shown, sizeof(shown));
	utf8_add_visible(&comment, post->comment, utf8_cut(post->comment, n, PORTAL_COMMENT_MAX));
	char *kept = text_trim(arena_dup(arena, str_text(&comment)));
	struct answer answer = {
		.ballot = m->ballot.id,
		.matter = m,
		.shown = shown,
		.decision = {
			.approve = text_is(post->decision, "approve"),
			.comment = kept,
			.at = desk->now,
			.evidence = {
				.channel = CHANNEL_LINK,
				.person = m->ballot.person_email,
				.source = "",
				.vouched = "",
				.words = kept,
				.peer = post->peer,
				.agent = post->agent,
				.inbound = "",
			},
		},
	};
	return decide_answer(desk, &answer, out, err);
}

/* A page that still asks says why, and keeps what was written; one that does not is told as late. */
static int
show_again(struct desk *desk, const struct matter *m, const struct portal_post *post,
    struct portal_answer *out, struct err *err)
{
	int rc = show_matter(desk, m, post->token, out, err);

	if (rc < 0)
		return rc;
	if (out->page == PAGE_CONFIRM)
		view_text(out->view, "comment", post->comment);
	else
		json_object_set_new(out->view, "too_late", json_true());
	return 0;
}

/* NULL when the form is whole and fresh; else what to tell the person. */
static const char *
form_problem(struct desk *desk, const struct matter *m, const struct portal_post *post)
{
	if (!text_is(post->decision, "approve") && !text_is(post->decision, "reject"))
		return "Please choose one of the two buttons.";
	if (!portal_nonce_is_good(desk, post, m->approval.asked_hash))
		return "This page was open for a long time. Nothing was recorded; please choose "
		       "again.";
	return NULL;
}

static int
show_taken(struct desk *desk, const struct matter *m, const struct portal_post *post,
    struct portal_answer *out, struct err *err)
{
	int rc = show_matter(desk, m, post->token, out, err);

	if (rc < 0)
		return rc;
	out->page = PAGE_DONE;
	rc = record_head(desk, out->view, err);
	if (rc < 0) {
		json_decref(out->view);
		out->view = NULL;
	}
	return rc;
}

/* He presses the other button of a page that was still open. */
static int
tell_second_thought(
    struct desk *desk, const struct matter *m, const struct portal_post *post, struct err *err)
{
	const struct second_thought thought = { post->decision, CHANNEL_LINK, "", "" };

	if (text_is(post->decision, "approve") == (m->approval.state == AS_APPROVED))
		return 0;
	return second_thought_tell(desk, m, &thought, err);
}

int
portal_decide(
    struct desk *desk, const struct portal_post *post, struct portal_answer *out, struct err *err)
{
	struct answered answered;
	struct matter m;
	int rc = find_matter(desk, post->token, &m, err);

	if (rc == ERR_NOT_FOUND)
		return invalid(out);
	if (rc < 0)
		return rc;
	/* A form that is not ours does not even note a late answer. */
	const char *problem = form_problem(desk, &m, post);
	if (problem == NULL) {
		rc = decide_now(desk, &m, post, &answered, err);
		if (rc < 0)
			return rc;
		if (answered.result == ANSWER_TAKEN) {
			rc = decide_tell(desk, &answered, 1, "", err);
			return rc < 0 ? rc : show_taken(desk, &answered.matter, post, out, err);
		}
		if (answered.result == ANSWER_ALREADY)
			rc = tell_second_thought(desk, &answered.matter, post, err);
		if (rc < 0)
			return rc;
		problem = "That page was out of date. Nothing was recorded; please choose again.";
	}
	rc = show_again(desk, &m, post, out, err);
	if (rc == 0 && out->page == PAGE_CONFIRM)
		view_text(out->view, "fault", problem);
	return rc;
}

static int
ask_expired_again(struct desk *desk, const struct matter *m, struct err *err)
{
	const struct ask ask = {
		.tickets = &m->ticket.id,
		.ticket_count = 1,
		.question = m->approval.question,
		.by = m->approval.requested_by,
		.summary = "",
		.delay = 0,
	};
	struct ask_result result;

	return ask_request(desk, &ask, &result, err);
}

/* At most one fresh question an hour, however often the button is pressed. */
static int
again_once(struct desk *desk, const struct matter *m, enum portal_page page, struct err *err)
{
	char text[ID_TEXT_SIZE];
	const char *key =
	    arena_printf(tx_arena(desk->tx), "again:%s", id_text(&m->approval.id, text));
	struct id fresh;
	bool first_time;
	int rc = answered_first(desk->tx, key, desk->now - MS_HOUR, desk->now, &first_time, err);

	if (rc < 0 || !first_time)
		return rc;
	return page == PAGE_CHANGED ? ask_again(desk, &m->approval, &fresh, err)
				    : ask_expired_again(desk, m, err);
}

int
portal_again(
    struct desk *desk, const struct portal_post *post, struct portal_answer *out, struct err *err)
{
	struct matter m;
	int rc = find_matter(desk, post->token, &m, err);

	if (rc == ERR_NOT_FOUND)
		return invalid(out);
	if (rc == 0)
		rc = show_matter(desk, &m, post->token, out, err);
	if (rc < 0 || (out->page != PAGE_CHANGED && out->page != PAGE_EXPIRED) ||
	    !portal_nonce_is_good(desk, post, m.approval.asked_hash))
		return rc;
	rc = again_once(desk, &m, out->page, err);
	if (rc < 0) {
		json_decref(out->view);
		out->view = NULL;
		return rc;
	}
	out->page = PAGE_SENT;
	return 0;
}
