/* document: what is written for a ticket: looked up, and wanted. */
#include <assent/flow/document.h>

#include <assent/ai/prompt.h>
#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/store/queue.h>

#include "flow/document_priv.h"
#include "flow/record.h"

#include <string.h>

/* --- words -------------------------------------------------------------------- */

const char *
document_label(struct desk *desk, const struct document *document)
{
	struct arena *arena = tx_arena(desk->tx);

	if (document->author[0] != '\0')
		return arena_printf(arena, "written by %s", document->author);
	if (document->is_by_ai)
		return arena_printf(arena, "drafted by AI (%s)", document->model);
	return "drafted without AI";
}

const char *
document_summary_json(struct desk *desk, const struct document *document)
{
	struct arena *arena = tx_arena(desk->tx);
	char *rest = arena_dup(arena, document->text), *line;
	json_t *bullets = json_array(), *body;
	const char *text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, "-* ");
		if (*line != '\0')
			json_array_append_new(bullets, json_string(line));
	}
	body = json_pack("{s:o, s:s, s:s*}", "bullets", bullets, "label",
	    document_label(desk, document), "model", document->is_by_ai ? document->model : NULL);
	text = view_dump(arena, body);
	json_decref(body);
	return text;
}

int
document_event(struct desk *desk, const char *kind, const struct document *document, const char *by,
    struct err *err)
{
	const char *what =
	    arena_printf(tx_arena(desk->tx), "%s (%s), revision %lld, %s", document->kind,
		document->locale, (long long)document->revision, document_label(desk, document));

	return record_event(
	    desk, &document->ticket, &(struct record_change){ kind, by, NULL, what }, err);
}

/* --- what is meant -------------------------------------------------------------- */

/* A language tag (RFC 5646) by its looks; it goes into a prompt. */
static bool
locale_is_good(const char *locale)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strlen(locale), first = strspn(locale, letters);

	if (first < 2 || first > 3 || len > DOCUMENT_LOCALE_MAX)
		return false;
	for (size_t i = first; i < len; i++) {
		bool is_digit = locale[i] >= '0' && locale[i] <= '9';

		if (locale[i] == '-' ? locale[i - 1] == '-' || i + 1 == len
				     : !is_digit && strchr(letters, locale[i]) == NULL)
			return false;
	}
	return locale[first] == '\0' || locale[first] == '-';
}

static int
find_locale(
    struct desk *desk, const struct document_wish *wish, struct document_matter *m, struct err *err)
{
	m->key.locale = wish->locale;
	if (m->key.locale[0] == '\0' && wish->kind == DOCUMENT_SUMMARY)
		m->key.locale = m->organisation.locale;
	if (m->key.locale[0] == '\0')
		m->key.locale = desk->policy->locale;
	/* What the settings say is a folder of templates, however it is written. */
	if (wish->locale[0] == '\0' || locale_is_good(m->key.locale))
		return 0;
	return err_set(err, ERR_INVALID, "the locale must be a language tag such as de-AT");
}

int
document_resolve(struct desk *desk, const struct document_wish *wish, struct document_matter *out,
    struct err *err)
{
	const char *chain = desk->policy->ai_chain;
	char id[ID_TEXT_SIZE];
	int rc = ticket_get(desk->tx, &wish->ticket, &out->ticket, err);

	out->organisation = (struct organisation){ .key = "", .locale = "" };
	if (rc == 0 && !id_is_null(&out->ticket.organisation))
		rc = organisation_get(desk->tx, &out->ticket.organisation, &out->organisation, err);
	if (rc < 0)
		return rc;
	out->key = (struct document){
		.ticket = wish->ticket,
		.kind = document_kind_name(wish->kind),
		.author = "",
		.state_version = out->ticket.state_version,
		.prompt = wish->prompt != NULL ? wish->prompt : "",
		.chain = chain != NULL ? chain : "",
	};
	rc = find_locale(desk, wish, out, err);
	if (rc < 0)
		return rc;
	out->run = arena_printf(tx_arena(desk->tx), "%s/%s/%s", id_text(&wish->ticket, id),
	    out->key.kind, out->key.locale);
	return 0;
}

int
document_run_name(
    struct desk *desk, const struct document_wish *wish, const char **out, struct err *err)
{
	struct document_matter m;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc == 0)
		*out = m.run;
	return rc;
}

/* --- what is there ---------------------------------------------------------------- */

/*
 * Why not for ever: a draft without AI, because nobody answered, would hide that
 * they answer again. Why not at once: who asks each second would be told to
 * wait by a dead server each second.
 */
static bool
is_fresh(const struct document *document, utc_ms now)
{
	return document->author[0] != '\0' || document->is_by_ai || document->chain[0] == '\0' ||
	    now - document->created < DOCUMENT_RETRY;
}

int
document_find_fresh(
    struct desk *desk, const struct document *key, struct document *out, struct err *err)
{
	int rc = document_find(desk->tx, key, out, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc < 0 ? rc : is_fresh(out, desk->now);
}

/* What cannot be read is told by whoever drafts with it. */
const char *
document_prompt(struct desk *desk, enum document_kind kind)
{
	char hash[2 * SHA256_SIZE + 1];
	struct err err;

	if (prompt_hash(desk->policy->site_dir, kind, hash, &err) < 0)
		return "";
	return arena_dup(tx_arena(desk->tx), hash);
}

int
document_cached(
    struct desk *desk, const struct document_wish *wish, struct document *out, struct err *err)
{
	struct document_matter m;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc < 0)
		return rc;
	if (wish->prompt == NULL)
		m.key.prompt = document_prompt(desk, wish->kind);
	return document_find_fresh(desk, &m.key, out, err);
}

int
document_read(struct desk *desk, const struct document_wish *wish, int64_t revision,
    struct document *out, struct err *err)
{
	struct document_matter m;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc < 0)
		return rc;
	rc = document_get(desk->tx,
	    &(struct document_name){ m.key.ticket, m.key.kind, m.key.locale, revision }, out, err);
	return rc != ERR_NOT_FOUND
	    ? rc
	    : err_set(err, rc, "no such %s in \"%s\" is stored", m.key.kind, m.key.locale);
}

int
document_look(struct desk *desk, const struct document_wish *wish, struct document *out,
    enum document_stand *stand, struct err *err)
{
	struct document_matter m;
	const char *payload;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc < 0)
		return rc;
	*stand = DOCUMENT_DRAFTING;
	rc = document_job(desk->tx, m.run, &payload, err);
	if (rc != ERR_NOT_FOUND)
		return rc;
	*stand = DOCUMENT_STORED;
	rc = document_get(desk->tx,
	    &(struct document_name){ m.key.ticket, m.key.kind, m.key.locale, 0 }, out, err);
	if (rc == ERR_NOT_FOUND)
		*stand = DOCUMENT_NONE;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Who reads them all at once must not read without end. */
int
document_check_names(struct desk *desk, const struct document_wish *wish,
    const struct document *key, struct err *err)
{
	const struct document_name name = { key->ticket, key->kind, key->locale, 0 };
	int64_t others = 0;
	int rc = wish->locale[0] != '\0' ? document_names(desk->tx, &name, &others, err) : 0;

	if (rc < 0 || others < DOCUMENT_NAMES_MAX)
		return rc;
	return err_set(err, ERR_LIMIT,
	    "this ticket has documents of %d kinds and languages already, and that is the most",
	    DOCUMENT_NAMES_MAX);
}

/* --- what is wanted ---------------------------------------------------------------- */

int
document_touch(struct desk *desk, const struct document *document, bool keep, struct err *err)
{
	int rc = 0;

	if (desk->now - document->used >= DOCUMENT_USED_STEP)
		rc = document_use(desk->tx, &document->id, desk->now, err);
	return rc < 0 || !keep || document->kept ? rc : document_keep(desk->tx, &document->id, err);
}

/* Will the job give what is wished for? It drafts from the ticket as it is then, or as it was when it began. */
static bool
covers(const char *job, const struct document_wish *wish, int64_t version)
{
	json_t *payload = json_loads(job, 0, NULL);
	bool force = json_is_true(json_object_get(payload, "force"));
	bool keep = json_is_true(json_object_get(payload, "keep"));
	bool unpaid = json_is_true(json_object_get(payload, "unpaid"));
	bool same = json_integer_value(json_object_get(payload, "version")) == version;

	json_decref(payload);
	return same && (force || !wish->force) && (keep || !wish->keep) &&
	    (!unpaid || wish->unpaid);
}

static int
add_job(struct desk *desk, const struct document_wish *wish, const struct document_matter *m,
    struct err *err)
{
	char id[ID_TEXT_SIZE];
	json_t *payload = json_pack("{s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:s}", "ticket",
	    id_text(&wish->ticket, id), "kind", m->key.kind, "locale", m->key.locale, "version",
	    (json_int_t)m->ticket.state_version, "force", wish->force, "keep", wish->keep, "unpaid",
	    wish->unpaid, "by", wish->by);
	struct job job = {
		.id = id_next(desk->now),
		.kind = "document",
		.lane = LANE_DRAFT,
		.payload = view_dump(tx_arena(desk->tx), payload),
		.serial = m->run,
		.due = desk->now,
		.created = desk->now,
	};

	json_decref(payload);
	return job_add(desk->tx, &job, err);
}

/*
 * One job a run, whoever wants it and however often; behind one that began with
 * the ticket as it was before stands at most one more, which then finds what
 * the first stored, if that will do.
 */
static int
queue_draft(struct desk *desk, const struct document_wish *wish, const struct document_matter *m,
    struct err *err)
{
	const char *job;
	int rc = document_job(desk->tx, m->run, &job, err);

	if (rc == 0 && covers(job, wish, m->ticket.state_version))
		return 0;
	return rc < 0 && rc != ERR_NOT_FOUND ? rc : add_job(desk, wish, m, err);
}

int
document_is_coming(struct desk *desk, const struct document_wish *wish, bool *out, struct err *err)
{
	struct document_matter m;
	const char *job;
	int rc = document_resolve(desk, wish, &m, err);

	*out = false;
	if (rc < 0)
		return rc;
	rc = document_job(desk->tx, m.run, &job, err);
	*out = rc == 0 && covers(job, wish, m.ticket.state_version);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
document_want(struct desk *desk, const struct document_wish *wish, struct document *out,
    enum document_stand *stand, struct err *err)
{
	struct document_matter m;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc == 0 && !wish->force && wish->prompt != NULL)
		rc = document_find_fresh(desk, &m.key, out, err);
	if (rc == 0)
		rc = document_check_names(desk, wish, &m.key, err);
	if (rc < 0)
		return rc;
	*stand = rc > 0 ? DOCUMENT_STORED : DOCUMENT_DRAFTING;
	return rc > 0 ? document_touch(desk, out, wish->keep, err)
		      : queue_draft(desk, wish, &m, err);
}
