#include "compose_priv.h"

#include <assent/base/data.h>

#include <pthread.h>
#include <string.h>

#define PATH_MAX_BYTES 256

/* One file as read, compiled or not there. Entries are only added, until forgotten. */
enum what { TWIN, TWIN_WITH_SUBJECT, PHRASES };

struct entry {
	struct entry *next;
	char *site_dir, *path;
	struct mustache *subject; /* text twins only */
	struct mustache *body; /* NULL: there is no such file */
	struct phrases *phrases; /* of a language, whose name is the path; NULL: it has none */
};

/*
 * gate is held for reading while templates are in use, for writing to forget
 * them; lock guards the list's head while somebody adds to it.
 */
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

const char *const compose_kinds[] = { "alert", "already", "answer", "batch", "closed", "digest",
	"escalation", "escalation-answer", "escalation-moved", "escalation-resolved", "genuine",
	"handoff", "not-understood", "outcome", "owner-changed", "probe", "question", "receipt",
	"reminders", "request", "requester", "rule", "second-thought", "stand-in", "stray",
	"transcript", "unclear" };
const size_t compose_kind_count = ARRAY_LEN(compose_kinds);

void
compose_hold(void)
{
	pthread_rwlock_rdlock(&gate);
}

void
compose_release(void)
{
	pthread_rwlock_unlock(&gate);
}

static void
entry_free(struct entry *entry)
{
	mustache_free(entry->subject);
	mustache_free(entry->body);
	phrases_free(entry->phrases);
	mem_free(entry->site_dir);
	mem_free(entry->path);
	mem_free(entry);
}

void
compose_forget(void)
{
	pthread_rwlock_wrlock(&gate);
	while (entries) {
		struct entry *next = entries->next;

		entry_free(entries);
		entries = next;
	}
	pthread_rwlock_unlock(&gate);
}

/* --- reading ------------------------------------------------------------------ */

/* The subject's template, and in *body where the text begins. */
static int
split_subject(const char *source, struct mustache **subject, const char **body, struct err *err)
{
	static const char start[] = "Subject: ";
	const char *line = source + strlen(start), *end = strchr(source, '\n');

	if (!text_starts(source, start) || !end || (end[1] != '\n' && end[1] != '\r'))
		return err_set(err, ERR_INVALID,
		    "1:1: a text template begins with 'Subject: ...' and a blank line");
	*body = strchr(end + 1, '\n') + 1;
	return mustache_compile(line, (size_t)(end - line), subject, err);
}

static int
compile_entry(struct entry *entry, const char *source, bool has_subject, struct err *err)
{
	const char *body = source;
	int rc = 0;

	if (has_subject)
		rc = split_subject(source, &entry->subject, &body, err);
	if (rc == 0)
		rc = mustache_compile(body, strlen(body), &entry->body, err);
	return rc;
}

static int
fill_template(struct entry *entry, bool has_subject, struct err *err)
{
	AUTO(str_donep) struct str source = STR_INIT(MUSTACHE_SOURCE_MAX);
	int rc = data_read(entry->site_dir, entry->path, &source, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? rc : err_wrap(err, rc, "mail template");
	rc = compile_entry(entry, str_text(&source), has_subject, err);
	return rc < 0 ? err_wrap(err, rc, "mail template %s", entry->path) : 0;
}

static int
load(const char *site_dir, const char *path, enum what what, struct entry **out, struct err *err)
{
	struct entry *entry = mem_alloc(sizeof(*entry));
	int rc;

	entry->site_dir = mem_dup(site_dir);
	entry->path = mem_dup(path);
	rc = what == PHRASES ? phrases_read(site_dir, path, &entry->phrases, err)
			     : fill_template(entry, what == TWIN_WITH_SUBJECT, err);
	if (rc < 0 && rc != ERR_NOT_FOUND) {
		entry_free(entry);
		return rc;
	}
	*out = entry;
	return 0;
}

/* The entry of a path, read at the first use. A file that is not there is remembered, too. */
static int
get(const char *site_dir, const char *path, enum what what, const struct entry **out,
    struct err *err)
{
	struct entry *entry;
	int rc = 0;

	pthread_mutex_lock(&lock);
	for (entry = entries; entry; entry = entry->next)
		if (text_is(entry->path, path) && text_is(entry->site_dir, site_dir))
			break;
	if (!entry) {
		rc = load(site_dir, path, what, &entry, err);
		if (rc == 0 && entry) {
			entry->next = entries;
			entries = entry;
		}
	}
	pthread_mutex_unlock(&lock);
	if (rc == 0)
		*out = entry;
	return rc;
}

/* --- finding ------------------------------------------------------------------ */

static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= COMPOSE_NAME_MAX &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

static void
path_of(struct str *out, const char *locale, const char *name, enum compose_twin twin)
{
	str_clear(out);
	str_addf(
	    out, "mail-templates/%s/%s.%s", locale, name, twin == COMPOSE_TEXT ? "txt" : "html");
}

/*
 * Both twins come from one folder: a mail must not speak two languages.
 * ERR_NOT_FOUND when the folder has no text for this kind.
 */
static int
find_in(const char *site_dir, const char *locale, const char *kind, struct compose_template *out,
    struct err *err)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX_BYTES);
	const struct entry *text, *html;
	int rc;

	path_of(&path, locale, kind, COMPOSE_TEXT);
	rc = get(site_dir, str_text(&path), TWIN_WITH_SUBJECT, &text, err);
	if (rc < 0)
		return rc;
	if (!text->body)
		return err_set(err, ERR_NOT_FOUND, "there is no mail template %s", str_text(&path));
	path_of(&path, locale, kind, COMPOSE_HTML);
	rc = get(site_dir, str_text(&path), TWIN, &html, err);
	if (rc < 0)
		return rc;
	if (!html->body)
		return err_set(err, ERR_INVALID, "mail template %s is missing beside its .txt",
		    str_text(&path));
	out->subject = text->subject;
	out->text = text->body;
	out->html = html->body;
	memcpy(out->locale, locale, strlen(locale) + 1);
	return 0;
}

/* The structure in English, the words of a language that has them all for this kind. */
static int
find_words(const char *site_dir, const char *locale, const char *kind, struct compose_template *out,
    struct err *err)
{
	const struct entry *words = NULL;
	int rc = get(site_dir, locale, PHRASES, &words, err);

	if (rc < 0)
		return rc;
	if (!phrases_speak(words->phrases, kind))
		return ERR_NOT_FOUND;
	rc = find_in(site_dir, "en", kind, out, err);
	memcpy(out->locale, locale, strlen(locale) + 1);
	return rc;
}

/* "de-AT" is looked for as "de-AT", as "de", and as "en". */
int
compose_find(const struct compose *compose, struct compose_template *out, struct err *err)
{
	const char *site_dir = compose->site_dir ? compose->site_dir : "";
	const char *locale = compose->locale ? compose->locale : "";
	char language[COMPOSE_NAME_MAX + 1] = "en";
	const char *const folders[] = { is_name(locale) ? locale : "en", language, "en" };
	int rc = ERR_NOT_FOUND;

	if (!compose->kind || !is_name(compose->kind))
		return err_set(err, ERR_INVALID, "a mail's kind is a short name of letters");
	if (is_name(locale) && strcspn(locale, "-_") > 0) {
		memcpy(language, locale, strlen(locale) + 1);
		language[strcspn(locale, "-_")] = '\0';
	}
	for (size_t i = 0; rc == ERR_NOT_FOUND && i < ARRAY_LEN(folders); i++) {
		rc = find_in(site_dir, folders[i], compose->kind, out, err);
		if (rc == ERR_NOT_FOUND && i + 1 < ARRAY_LEN(folders))
			rc = find_words(site_dir, folders[i], compose->kind, out, err);
	}
	return rc;
}

/* --- rendering ---------------------------------------------------------------- */

struct partials {
	const struct compose_render *render;
	int rc;
	struct err err;
};

static const struct mustache *
find_phrase(struct partials *partials, const char *locale, const char *name)
{
	const struct compose_render *render = partials->render;
	const struct entry *entry = NULL;

	partials->rc = get(render->site_dir, locale, PHRASES, &entry, &partials->err);
	if (partials->rc < 0)
		return NULL;
	return phrases_find(
	    entry->phrases, name, render->twin == COMPOSE_HTML ? PHRASE_HTML : PHRASE_PLAIN);
}

static const struct mustache *
find_file(struct partials *partials, const char *folder, const char *name)
{
	AUTO(str_donep) struct str path = STR_INIT(PATH_MAX_BYTES);
	const struct compose_render *render = partials->render;
	const struct entry *entry = NULL;

	if (!is_name(name))
		return NULL;
	path_of(&path, folder, name, render->twin);
	partials->rc = get(render->site_dir, str_text(&path), TWIN, &entry, &partials->err);
	return entry ? entry->body : NULL;
}

/* A partial that is not there is a slip in a template: the mail does not go out with a hole. */
static const struct mustache *
find_partial(void *arg, const char *name)
{
	struct partials *partials = arg;
	const struct compose_render *render = partials->render;
	const char *const folders[] = { render->locale, "en" };

	const struct mustache *found = NULL;

	for (size_t i = 0; !found && partials->rc == 0 && i < ARRAY_LEN(folders); i++)
		found = text_starts(name, PHRASE_PREFIX) ? find_phrase(partials, folders[i], name)
							 : find_file(partials, folders[i], name);
	if (found)
		return found;
	if (partials->rc == 0)
		partials->rc = err_set(
		    &partials->err, ERR_INVALID, "there is no partial mail template '%s'", name);
	return NULL;
}

int
compose_render(const struct compose_render *render, struct str *out, struct err *err)
{
	struct partials partials = { .render = render };
	const struct mustache_view view = {
		.data = render->view,
		.escape = render->twin == COMPOSE_HTML ? mustache_html : mustache_plain,
		.partial = find_partial,
		.partial_arg = &partials,
	};
	int rc = mustache_render(render->template, &view, out, err);

	if (partials.rc < 0) {
		if (err)
			*err = partials.err;
		return partials.rc;
	}
	return rc < 0 ? err_wrap(err, rc, "mail template") : 0;
}

static bool
say_in(const struct compose_phrase *phrase, const char *locale, struct str *out)
{
	AUTO(str_donep) struct str name = STR_INIT(2 * COMPOSE_NAME_MAX);
	const struct mustache_view view = { .data = phrase->view, .escape = mustache_plain };
	const struct mustache *said = NULL;
	const struct entry *words;
	struct err err;

	str_addf(&name, PHRASE_PREFIX "%s", phrase->name);
	if (is_name(locale) && get(phrase->site_dir, locale, PHRASES, &words, &err) == 0)
		said = phrases_find(words->phrases, str_text(&name), PHRASE_PLAIN);
	return said && mustache_render(said, &view, out, &err) == 0;
}

bool
compose_phrase(const struct compose_phrase *phrase, struct str *out)
{
	AUTO(str_donep) struct str language = STR_INIT(2 * COMPOSE_NAME_MAX);
	struct compose_phrase ask = *phrase;
	bool found;

	ask.site_dir = phrase->site_dir ? phrase->site_dir : "";
	str_add_n(&language, phrase->locale, strcspn(phrase->locale, "-_"));
	compose_hold();
	found = say_in(&ask, phrase->locale, out) || say_in(&ask, str_text(&language), out);
	compose_release();
	return found;
}
