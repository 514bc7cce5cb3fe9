/* document: what a person makes of it; and the verbs. */
#include <assent/base/str.h>
#include <assent/flow/material.h>
#include <assent/flow/verb.h>

#include "flow/document_priv.h"
#include "flow/memory_priv.h"

#include <string.h>

/* clang-format off */
static const struct memory_text text_rule = { "/text", "the text", DOCUMENT_TEXT_MAX, false, true, false };
/* clang-format on */

/* What a model would be told to mend: for a person it is advice. */
static int
look_at_form(struct desk *desk, const struct document_matter *m, enum document_kind kind,
    struct form_faults *faults, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	struct bundle bundle = { 0 };
	struct form_check check;
	const char *out;
	int rc = material_read(desk, &m->ticket.id, kind, &bundle, err);

	*faults = (struct form_faults){ .count = 0 };
	if (rc < 0)
		return rc;
	check = form_check_of(kind, m->key.locale, &bundle, bundle_text(&bundle, arena));
	if (form_words_read(desk->policy->site_dir, m->key.locale, arena, &check.words, err) < 0)
		check.words = NULL; /* advice in English is advice */
	check.text = m->key.text;
	if (form_read(&check, arena, &out, faults))
		faults->count = 0;
	return 0;
}

static int
read_edit(struct desk *desk, const struct document_edit *edit, struct document_matter *m,
    const char **wrong, struct err *err)
{
	const struct document_wish wish = {
		.ticket = edit->ticket, .kind = edit->kind, .locale = edit->locale, .by = edit->by
	};
	struct memory_read read = { desk, wrong, err, 0 };
	int rc = memory_by_person(edit->by, err);

	*wrong = NULL;
	if (rc == 0 && edit->kind == DOCUMENT_PROPOSAL)
		return err_set(err, ERR_INVALID,
		    "a proposal is accepted, edited or dismissed part by part: see its fixes and "
		    "tasks");
	if (rc == 0)
		rc = document_resolve(desk, &wish, m, err);
	if (rc == 0)
		rc = document_check_names(desk, &wish, &m->key, err);
	if (rc == ERR_INVALID || rc == ERR_LIMIT)
		*wrong = "/locale";
	read.rc = rc;
	m->key.text = memory_clean(&read, edit->text, &text_rule);
	return read.rc;
}

/* Nothing to store: these are the words that the same state of the ticket has. */
static bool
says_so(const struct document *there, const struct document *key)
{
	return there->author[0] != '\0' && text_is(there->text, key->text) &&
	    there->state_version == key->state_version;
}

static int
check_words(struct desk *desk, const struct document *row, struct err *err)
{
	int64_t there = 0;
	int rc = document_words(desk->tx, &row->ticket, &there, err);

	if (rc < 0 || there + (int64_t)strlen(row->text) <= DOCUMENT_WORDS_MAX)
		return rc;
	return err_set(err, ERR_LIMIT,
	    "what people wrote into the documents of this ticket may be %lld KiB in all, and that "
	    "is used up",
	    (long long)(DOCUMENT_WORDS_MAX >> 10));
}

int
document_put_words(
    struct desk *desk, const struct document *row, struct document *out, struct err *err)
{
	const struct document_name name = { row->ticket, row->kind, row->locale, 0 };
	int rc = document_get(desk->tx, &name, out, err);

	if (rc == 0 && says_so(out, row))
		return 0;
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	rc = check_words(desk, row, err);
	if (rc == 0)
		rc = document_add(desk->tx, row, err);
	if (rc == 0)
		rc = document_get(desk->tx, &name, out, err);
	return rc < 0 ? rc : document_event(desk, "document.edited", out, row->author, err);
}

/* Two who edit at once: the second is told, so that he can look at what the first wrote. */
static int
check_revision(struct desk *desk, const struct document *row, int64_t revision, struct err *err)
{
	const struct document_name name = { row->ticket, row->kind, row->locale, 0 };
	struct document there;
	int rc = revision == 0 ? 0 : document_get(desk->tx, &name, &there, err);

	if (revision == 0 || (rc < 0 && rc != ERR_NOT_FOUND))
		return rc;
	if (rc == ERR_NOT_FOUND || revision > there.revision)
		return err_set(err, ERR_CONFLICT, "there is no revision %lld of this document",
		    (long long)revision);
	if (revision == there.revision || says_so(&there, row))
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "revision %lld is not the newest any more: there is revision %lld, %s",
	    (long long)revision, (long long)there.revision, document_label(desk, &there));
}

int
document_edit(struct desk *desk, const struct document_edit *edit, struct document_edited *out,
    const char **wrong, struct err *err)
{
	struct document_matter m = { 0 };
	int rc = read_edit(desk, edit, &m, wrong, err);

	if (rc == 0)
		rc = look_at_form(desk, &m, edit->kind, &out->faults, err);
	if (rc < 0)
		return rc;
	m.key.id = id_next(desk->now);
	m.key.author = edit->by;
	m.key.kept = true;
	m.key.created = m.key.used = desk->now;
	rc = check_revision(desk, &m.key, edit->revision, err);
	return rc < 0 ? rc : document_put_words(desk, &m.key, &out->document, err);
}

int
document_stays(
    struct desk *desk, const struct document_wish *wish, int64_t state_version, struct err *err)
{
	struct document_matter m = { 0 };
	struct document there;
	int rc = document_resolve(desk, wish, &m, err);

	if (rc == 0)
		rc = document_get(desk->tx,
		    &(struct document_name){ m.key.ticket, m.key.kind, m.key.locale, 0 }, &there,
		    err);
	if (rc != 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	if (there.author[0] == '\0' || there.state_version != state_version)
		return 0;
	return document_carry(desk->tx, &there.id, m.ticket.state_version, err);
}

/* --- verbs -------------------------------------------------------------------------- */

static const char *
text_arg(const json_t *arguments, const char *name)
{
	const char *text = json_string_value(json_object_get(arguments, name));

	return text != NULL ? text : "";
}

static int
kind_arg(const json_t *arguments, enum document_kind *out, struct err *err)
{
	const char *name = text_arg(arguments, "kind");

	if (document_kind_find(name, out))
		return 0;
	return err_set(err, ERR_INVALID,
	    "\"%.40s\" is no kind of document; there are summary, handoff, resolution, proposal "
	    "and notes",
	    name);
}

int
document_verb_draft(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct document_wish wish = {
		.locale = text_arg(arguments, "locale"),
		.force = json_is_true(json_object_get(arguments, "force")),
		.by = "operator",
	};
	struct document document;
	enum document_stand stand;
	const char *run = NULL;
	int rc = verb_ticket(desk, text_arg(arguments, "ticket"), &wish.ticket, err);

	if (rc == 0)
		rc = kind_arg(arguments, &wish.kind, err);
	if (rc == 0)
		rc = document_want(desk, &wish, &document, &stand, err);
	if (rc == 0)
		rc = document_run_name(desk, &wish, &run, err);
	if (rc < 0)
		return rc;
	json_object_set_new(out, "status", json_string("drafting"));
	json_object_set_new(out, "run", json_string(run));
	return 0;
}

int
document_verb_edit(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct document_edit edit = {
		.locale = text_arg(arguments, "locale"),
		.text = text_arg(arguments, "text"),
		.by = "operator",
	};
	struct document_edited edited = { 0 };
	const char *wrong;
	json_t *warnings;
	int rc;

	edit.revision = json_integer_value(json_object_get(arguments, "revision"));
	rc = verb_ticket(desk, text_arg(arguments, "ticket"), &edit.ticket, err);

	if (rc == 0)
		rc = kind_arg(arguments, &edit.kind, err);
	if (rc == 0)
		rc = document_edit(desk, &edit, &edited, &wrong, err);
	if (rc < 0)
		return rc;
	warnings = json_array();
	for (size_t i = 0; i < edited.faults.count; i++)
		json_array_append_new(warnings, json_string(edited.faults.items[i]));
	json_object_set_new(out, "revision", json_integer(edited.document.revision));
	json_object_set_new(out, "locale", json_string(edited.document.locale));
	json_object_set_new(out, "warnings", warnings);
	return 0;
}
