#include "mustache_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct open_section {
	size_t node;
	const char *name; /* as written, for the comparison and the message */
	size_t tag; /* where its tag starts */
};

struct compiler {
	const char *src;
	size_t n;
	size_t at;
	bool line_start; /* the next node begins a line of output */
	char open[16], close[16];
	struct mustache *out;
	struct open_section stack[MUSTACHE_DEPTH_MAX];
	size_t depth;
	struct err *err;
};

struct tag {
	char type; /* 0 for {{name}} */
	size_t start, end; /* the whole tag in the source */
	const char *name; /* trimmed content; lives in the arena */
	bool alone; /* nothing but blanks on its line(s) */
	size_t line_from; /* alone: where its line starts ... */
	size_t line_to; /* ... and where the next one does */
};

static int
fail(struct compiler *c, size_t at, int code, const char *what)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at && i < c->n; i++) {
		column++;
		if (c->src[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(c->err, code, "%zu:%zu: %s", line, column, what);
}

static struct node *
node_new(struct compiler *c, enum node_kind kind)
{
	struct mustache *m = c->out;
	if (m->count == m->room) {
		m->room = m->room ? 2 * m->room : 32;
		m->nodes = mem_grow(m->nodes, m->room * sizeof *m->nodes);
	}
	struct node *node = &m->nodes[m->count++];
	*node = (struct node){ .kind = kind, .line_start = c->line_start, .indent = "" };
	return node;
}

/* Text becomes one node a line, so that each line can be indented. */
static void
add_text(struct compiler *c, size_t from, size_t to)
{
	while (from < to) {
		const char *newline = memchr(c->src + from, '\n', to - from);
		size_t len = newline ? (size_t)(newline - (c->src + from)) + 1 : to - from;
		struct node *node = node_new(c, NODE_TEXT);
		node->text = c->src + from;
		node->len = len;
		c->line_start = newline != NULL;
		from += len;
	}
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

/* Does the tag stand alone? Then its whole line goes. */
static void
see_if_alone(struct compiler *c, struct tag *tag)
{
	size_t from = tag->start, to = tag->end;
	while (from > 0 && is_blank(c->src[from - 1]))
		from--;
	while (to < c->n && is_blank(c->src[to]))
		to++;
	bool starts = from == 0 || c->src[from - 1] == '\n';
	if (to < c->n && c->src[to] == '\r')
		to++;
	bool ends = to == c->n || c->src[to] == '\n';
	if (!starts || !ends || strchr("#^/!>=", tag->type) == NULL || tag->type == '\0')
		return;
	tag->alone = true;
	tag->line_from = from;
	tag->line_to = to < c->n ? to + 1 : to;
}

static size_t
find(const struct compiler *c, size_t from, const char *what)
{
	const char *hit =
	    from <= c->n ? memmem(c->src + from, c->n - from, what, strlen(what)) : NULL;
	return hit ? (size_t)(hit - c->src) : c->n;
}

static int
tag_read(struct compiler *c, size_t start, struct tag *tag)
{
	size_t at = start + strlen(c->open);
	*tag = (struct tag){ .start = start };
	if (at < c->n && strchr("#^/!>={&", c->src[at]) != NULL && c->src[at] != '\0')
		tag->type = c->src[at++];
	char closing[sizeof c->close + 2] = "";
	size_t lead = tag->type == '{' || tag->type == '=';
	closing[0] = tag->type == '{' ? '}' : '=';
	memcpy(closing + lead, c->close, strlen(c->close) + 1);
	size_t end = find(c, at, closing);
	if (end == c->n)
		return fail(c, start, ERR_INVALID, "this tag is never closed");
	tag->end = end + strlen(closing);
	while (at < end && strchr(" \t\r\n", c->src[at]) != NULL)
		at++;
	while (end > at && strchr(" \t\r\n", c->src[end - 1]) != NULL)
		end--;
	if (at == end && tag->type != '!')
		return fail(c, start, ERR_INVALID, "this tag has no name");
	tag->name = arena_dup_n(c->out->arena, c->src + at, end - at);
	if (tag->type != '>' || !strchr(tag->name, '.'))
		see_if_alone(c, tag);
	return 0;
}

/* "a.b.c" to "a", "b", "c"; "." to no part at all. */
static void
set_path(struct compiler *c, struct node *node, const char *name)
{
	if (text_is(name, "."))
		return;
	char *parts = arena_dup(c->out->arena, name);
	node->text = parts;
	node->len = 1;
	for (; *parts; parts++) {
		if (*parts == '.') {
			*parts = '\0';
			node->len++;
		}
	}
}

static int
set_delimiters(struct compiler *c, const struct tag *tag)
{
	static const char blanks[] = " \t\r\n";
	size_t a = strcspn(tag->name, blanks);
	const char *second = tag->name + a + strspn(tag->name + a, blanks);
	size_t b = strcspn(second, blanks);
	if (b == 0 || second[b] != '\0' || a >= sizeof c->open || b >= sizeof c->close ||
	    strchr(tag->name, '=') != NULL)
		return fail(
		    c, tag->start, ERR_INVALID, "a change of delimiters is written {{=<% %>=}}");
	memset(c->open, 0, sizeof c->open);
	memset(c->close, 0, sizeof c->close);
	memcpy(c->open, tag->name, a);
	memcpy(c->close, second, b);
	return 0;
}

static int
section_open(struct compiler *c, const struct tag *tag)
{
	if (c->depth == MUSTACHE_DEPTH_MAX)
		return fail(c, tag->start, ERR_LIMIT, "sections are nested too deep");
	struct node *node = node_new(c, tag->type == '#' ? NODE_SECTION : NODE_INVERTED);
	set_path(c, node, tag->name);
	c->stack[c->depth++] =
	    (struct open_section){ (size_t)(node - c->out->nodes), tag->name, tag->start };
	return 0;
}

static int
section_close(struct compiler *c, const struct tag *tag)
{
	if (c->depth == 0)
		return fail(c, tag->start, ERR_INVALID, "no section is open here");
	const struct open_section *open = &c->stack[c->depth - 1];
	if (!text_is(open->name, tag->name)) {
		char what[160];
		snprintf(
		    what, sizeof what, "'%.60s' is open here, not '%.60s'", open->name, tag->name);
		return fail(c, tag->start, ERR_INVALID, what);
	}
	c->out->nodes[open->node].end = c->out->count;
	c->depth--;
	return 0;
}

static void
add_partial(struct compiler *c, const struct tag *tag)
{
	struct node *node = node_new(c, NODE_PARTIAL);
	node->text = tag->name;
	node->len = 1;
	if (!tag->alone)
		return;
	node->indent =
	    arena_dup_n(c->out->arena, c->src + tag->line_from, tag->start - tag->line_from);
}

static int
tag_compile(struct compiler *c, const struct tag *tag)
{
	switch (tag->type) {
	case '!':
		return 0;
	case '=':
		return set_delimiters(c, tag);
	case '#':
	case '^':
		return section_open(c, tag);
	case '/':
		return section_close(c, tag);
	case '>':
		add_partial(c, tag);
		return 0;
	default:
		set_path(c, node_new(c, tag->type == 0 ? NODE_ESCAPED : NODE_RAW), tag->name);
		return 0;
	}
}

static int
compile(struct compiler *c)
{
	while (c->at < c->n) {
		size_t start = find(c, c->at, c->open);
		if (start == c->n) {
			add_text(c, c->at, c->n);
			break;
		}
		struct tag tag;
		int rc = tag_read(c, start, &tag);
		if (rc < 0)
			return rc;
		size_t text_end = tag.alone ? tag.line_from : tag.start;
		/* Two tags can share a line only if one of them is not alone. */
		assert(text_end >= c->at);
		add_text(c, c->at, text_end);
		/* A line that is nothing but the tag leaves nothing to indent. */
		if (tag.alone)
			c->line_start = false;
		rc = tag_compile(c, &tag);
		if (rc < 0)
			return rc;
		c->line_start = tag.alone;
		c->at = tag.alone ? tag.line_to : tag.end;
	}
	if (c->depth > 0)
		return fail(
		    c, c->stack[c->depth - 1].tag, ERR_INVALID, "this section is never closed");
	return 0;
}

int
mustache_compile(const char *text, size_t n, struct mustache **out, struct err *err)
{
	if (n > MUSTACHE_SOURCE_MAX)
		return err_set(err, ERR_LIMIT, "1:1: the template is longer than %zu bytes",
		    MUSTACHE_SOURCE_MAX);
	AUTO(mustache_freep) struct mustache *m = mem_alloc(sizeof *m);
	/* Names are at most as long as the source, twice, in blocks of 16. */
	m->arena = arena_new(32 * n + 65536);
	struct compiler c = { .src = arena_dup_n(m->arena, text, n),
		.n = n,
		.out = m,
		.line_start = true,
		.open = "{{",
		.close = "}}",
		.err = err };
	int rc = compile(&c);
	if (rc < 0)
		return rc;
	*out = TAKE(m);
	return 0;
}

void
mustache_free(struct mustache *template)
{
	if (template == NULL)
		return;
	arena_free(template->arena);
	mem_free(template->nodes);
	mem_free(template);
}
