#include "mustache_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sections within partials within sections: bounds the stack we use. */
#define NESTING_MAX (MUSTACHE_DEPTH_MAX * 2)

struct renderer {
	const struct mustache_view *view;
	struct str *out;
	const json_t *scopes[NESTING_MAX + 1]; /* innermost last */
	size_t depth; /* of scopes */
	size_t nesting;
	size_t partials; /* partials inside each other now */
	struct str indent; /* before each line of the partial being rendered */
	size_t steps;
	struct err *err;
};

static int render_nodes(struct renderer *r, const struct mustache *m, size_t from, size_t to);

static const struct {
	char c;
	const char *entity;
} entities[] = {
	{ '&', "&amp;" },
	{ '<', "&lt;" },
	{ '>', "&gt;" },
	{ '"', "&quot;" },
	{ '\'', "&#39;" },
};

/* Asked for each letter of a page. */
static const bool is_special[256] = {
	['&'] = true,
	['<'] = true,
	['>'] = true,
	['"'] = true,
	['\''] = true,
};

static const char *
entity_of(char c)
{
	if (!is_special[(unsigned char)c])
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (entities[i].c == c)
			return entities[i].entity;
	return NULL;
}

void
mustache_html(struct str *out, const char *text, size_t n)
{
	size_t from = 0;
	for (size_t i = 0; i < n; i++) {
		const char *entity = entity_of(text[i]);
		if (entity == NULL)
			continue;
		str_add_n(out, text + from, i - from);
		str_add(out, entity);
		from = i + 1;
	}
	str_add_n(out, text + from, n - from);
}

void
mustache_plain(struct str *out, const char *text, size_t n)
{
	str_add_n(out, text, n);
}

/* The first part is looked up in every scope, the rest only in what it named. */
static const json_t *
look_up(const struct renderer *r, const struct node *node)
{
	if (node->len == 0)
		return r->scopes[r->depth - 1];
	const char *part = node->text;
	const json_t *value = NULL;
	for (size_t i = r->depth; i > 0 && value == NULL; i--)
		value = json_object_get(r->scopes[i - 1], part);
	for (size_t i = 1; i < node->len && value != NULL; i++) {
		part += strlen(part) + 1;
		value = json_object_get(value, part);
	}
	return value;
}

static bool
is_true(const json_t *value)
{
	if (value == NULL || json_is_null(value) || json_is_false(value))
		return false;
	if (json_is_string(value))
		return json_string_length(value) > 0;
	return !json_is_array(value) || json_array_size(value) > 0;
}

/* The shortest of two spellings that reads back as the same number. */
static void
add_real(struct str *out, double value)
{
	char text[40];
	double back;

	snprintf(text, sizeof text, "%.15g", value);
	back = strtod(text, NULL);
	if (back < value || back > value)
		snprintf(text, sizeof text, "%.17g", value);
	str_add(out, text);
}

static void
add_value(struct renderer *r, const json_t *value, bool escape)
{
	mustache_escape_fn put = r->view->escape;
	if (!escape || put == NULL)
		put = mustache_plain;
	if (json_is_string(value))
		put(r->out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		str_addf(r->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		add_real(r->out, json_real_value(value));
	else if (json_is_boolean(value))
		str_add(r->out, json_is_true(value) ? "true" : "false");
}

static int
render_inside(
    struct renderer *r, const struct mustache *m, const struct node *node, const json_t *scope)
{
	size_t index = (size_t)(node - m->nodes);
	r->scopes[r->depth++] = scope;
	int rc = render_nodes(r, m, index + 1, node->end);
	r->depth--;
	return rc;
}

static int
render_section(struct renderer *r, const struct mustache *m, const struct node *node)
{
	const json_t *value = look_up(r, node);
	if (!is_true(value))
		return 0;
	if (!json_is_array(value))
		return render_inside(r, m, node, value);
	size_t count = json_array_size(value);
	for (size_t i = 0; i < count; i++) {
		int rc = render_inside(r, m, node, json_array_get(value, i));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
render_inverted(struct renderer *r, const struct mustache *m, const struct node *node)
{
	if (is_true(look_up(r, node)))
		return 0;
	return render_nodes(r, m, (size_t)(node - m->nodes) + 1, node->end);
}

static int
render_partial(struct renderer *r, const struct node *node)
{
	if (r->view->partial == NULL)
		return 0;
	const struct mustache *partial = r->view->partial(r->view->partial_arg, node->text);
	if (partial == NULL)
		return 0;
	if (r->partials == MUSTACHE_DEPTH_MAX)
		return err_set(r->err, ERR_LIMIT, "partial '%s' nests too deep", node->text);
	size_t before = r->indent.len;
	str_add(&r->indent, node->indent);
	r->partials++;
	int rc = render_nodes(r, partial, 0, partial->count);
	r->partials--;
	str_cut(&r->indent, before);
	return rc;
}

static int
render_node(struct renderer *r, const struct mustache *m, const struct node *node)
{
	if (node->line_start && r->indent.len > 0)
		str_add_n(r->out, r->indent.text, r->indent.len);
	switch (node->kind) {
	case NODE_TEXT:
		str_add_n(r->out, node->text, node->len);
		return 0;
	case NODE_ESCAPED:
	case NODE_RAW:
		add_value(r, look_up(r, node), node->kind == NODE_ESCAPED);
		return 0;
	case NODE_SECTION:
		return render_section(r, m, node);
	case NODE_INVERTED:
		return render_inverted(r, m, node);
	case NODE_PARTIAL:
		return render_partial(r, node);
	}
	return 0;
}

static int
render_each(struct renderer *r, const struct mustache *m, size_t from, size_t to)
{
	size_t i = from;
	while (i < to) {
		const struct node *node = &m->nodes[i];
		if (++r->steps > MUSTACHE_STEPS_MAX)
			return err_set(r->err, ERR_LIMIT, "the template takes too much work");
		if (str_overflowed(r->out))
			return err_set(r->err, ERR_LIMIT,
			    "the rendered text is longer than %zu bytes", r->out->ceiling);
		int rc = render_node(r, m, node);
		if (rc < 0)
			return rc;
		bool section = node->kind == NODE_SECTION || node->kind == NODE_INVERTED;
		i = section ? node->end : i + 1;
	}
	return 0;
}

static int
render_nodes(struct renderer *r, const struct mustache *m, size_t from, size_t to)
{
	if (r->nesting == NESTING_MAX)
		return err_set(r->err, ERR_LIMIT, "the template nests too deep");
	r->nesting++;
	int rc = render_each(r, m, from, to);
	r->nesting--;
	return rc;
}

int
mustache_render(const struct mustache *template, const struct mustache_view *view, struct str *out,
    struct err *err)
{
	struct renderer r = { .view = view,
		.out = out,
		.depth = 1,
		.err = err,
		.indent = STR_INIT(4096),
		.scopes = { view->data } };
	int rc = render_nodes(&r, template, 0, template->count);
	str_done(&r.indent);
	if (rc == 0 && str_overflowed(out))
		rc = err_set(
		    err, ERR_LIMIT, "the rendered text is longer than %zu bytes", out->ceiling);
	return rc;
}
