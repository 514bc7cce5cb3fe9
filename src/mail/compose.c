#include <assent/mail/compose.h>

#include "compose_priv.h"

#include <string.h>

/* A view may hold much that a template leaves out, but not the reverse. */
#define SUBJECT_MAX LETTER_LINE_MAX

struct twins {
	struct str subject, text, html;
};

static void
twins_donep(struct twins *twins)
{
	str_done(&twins->subject);
	str_done(&twins->text);
	str_done(&twins->html);
}

/* Line breaks and runs of blanks as one blank, none at the ends. */
static void
flatten(struct str *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++) {
		bool blank = (unsigned char)s->text[i] <= ' ';

		if (!blank)
			s->text[n++] = s->text[i];
		else if (n > 0 && s->text[n - 1] != ' ')
			s->text[n++] = ' ';
	}
	if (n > 0 && s->text[n - 1] == ' ')
		n--;
	str_cut(s, n);
}

static int
render_subject(
    const struct compose *compose, struct compose_render *render, struct str *out, struct err *err)
{
	int rc;

	if (compose->subject && compose->subject[0]) {
		str_add(out, compose->subject);
		return 0;
	}
	rc = compose_render(render, out, err);
	if (rc == ERR_LIMIT || str_overflowed(out))
		return err_set(
		    err, ERR_LIMIT, "the mail's subject is longer than %u bytes", SUBJECT_MAX);
	flatten(out);
	return rc;
}

/* Which of the reasons for ERR_LIMIT it was: out was full, or the renderer's own. */
static int
render_one(const struct compose_render *render, struct str *out, struct err *err)
{
	int rc = compose_render(render, out, err);

	if (str_overflowed(out))
		return err_set(err, ERR_LIMIT, "the %s mail is larger than %u bytes", render->kind,
		    COMPOSE_MAX);
	return rc;
}

static int
render_twins(struct compose_render *render, const struct compose_template *template,
    struct twins *out, struct err *err)
{
	AUTO(str_donep) struct str raw = STR_INIT(COMPOSE_MAX);
	int rc;

	str_clear(&out->text);
	str_clear(&out->html);
	render->twin = COMPOSE_TEXT;
	render->template = template->text;
	rc = render_one(render, &raw, err);
	if (rc < 0)
		return rc;
	compose_wrap(&out->text, str_text(&raw));
	render->twin = COMPOSE_HTML;
	render->template = template->html;
	return render_one(render, &out->html, err);
}

/* Fifty long cards still become a mail: what the page shows as well is left out first. */
static int
render_fitting(struct compose_render *render, const struct compose_template *template,
    struct twins *out, struct err *err)
{
	json_t *view = (json_t *)render->view;
	int rc = render_twins(render, template, out, err);

	for (int step = 0; rc == ERR_LIMIT && compose_view_shorten(view, step); step++)
		rc = render_twins(render, template, out, err);
	return rc;
}

/* Everything but the headers. Needs compose_hold(). */
static int
render_held(const struct compose *compose, struct twins *out, struct err *err)
{
	struct compose_render render = { .kind = compose->kind,
		.site_dir = compose->site_dir ? compose->site_dir : "" };
	struct compose_template template;
	json_t *view = NULL;
	int rc = compose_find(compose, &template, err);

	if (rc == 0)
		rc = compose_view(compose, template.locale, &view, err);
	if (rc < 0)
		return rc;
	render.locale = template.locale;
	render.view = view;
	render.template = template.subject;
	rc = render_subject(compose, &render, &out->subject, err);
	if (rc == 0) {
		compose_view_finish(compose, str_text(&out->subject), view);
		rc = render_fitting(&render, &template, out, err);
	}
	json_decref(view);
	return rc;
}

static int
render_mail(const struct compose *compose, struct twins *out, struct err *err)
{
	int rc;

	out->subject = STR_INIT(SUBJECT_MAX);
	/* Wrapping may add a few bytes to what fitted. */
	out->text = STR_INIT(2 * COMPOSE_MAX);
	out->html = STR_INIT(COMPOSE_MAX);
	compose_hold();
	rc = render_held(compose, out, err);
	compose_release();
	return rc;
}

int
compose_mail(const struct compose *compose, struct str *out, struct err *err)
{
	AUTO(twins_donep) struct twins twins = { 0 };
	int rc = compose_check_headers(compose, err);

	if (rc == 0)
		rc = render_mail(compose, &twins, err);
	if (rc < 0)
		return rc;
	return compose_write(
	    &(struct compose_parts){ compose, str_text(&twins.subject), &twins.text, &twins.html },
	    out, err);
}

int
compose_text(const struct compose *compose, struct str *out, struct err *err)
{
	AUTO(twins_donep) struct twins twins = { 0 };
	int rc = render_mail(compose, &twins, err);

	if (rc < 0)
		return rc;
	str_addf(out, "Subject: %s\n\n", str_text(&twins.subject));
	str_add_n(out, str_text(&twins.text), twins.text.len);
	return str_overflowed(out) ? err_set(err, ERR_LIMIT, "the text does not fit") : 0;
}

int
compose_html(const struct compose *compose, struct str *out, struct err *err)
{
	AUTO(twins_donep) struct twins twins = { 0 };
	int rc = render_mail(compose, &twins, err);

	if (rc < 0)
		return rc;
	str_add_n(out, str_text(&twins.html), twins.html.len);
	return str_overflowed(out) ? err_set(err, ERR_LIMIT, "the HTML does not fit") : 0;
}

/* Partials are only met when rendering, so each kind is rendered with an empty view. */
int
compose_check(const char *site_dir, const char *locale, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < compose_kind_count; i++) {
		AUTO(twins_donep) struct twins twins = { 0 };
		const struct compose compose = { .kind = compose_kinds[i],
			.locale = locale,
			.site_dir = site_dir,
			.from.email = "agent@example.org" };

		rc = render_mail(&compose, &twins, err);
	}
	return rc;
}
