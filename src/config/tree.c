#include <assent/config/tree.h>

#include <assent/base/utf8.h>

#include <string.h>
#include <yaml.h>

struct builder {
	yaml_parser_t parser;
	struct arena *arena;
	struct faults *faults;
	const struct str *text;
	struct node *open[TREE_DEPTH_MAX]; /* maps and lists around the next value */
	struct node *key[TREE_DEPTH_MAX]; /* the key whose value comes next, per level */
	size_t depth, nodes;
	struct node *root;
	bool done;
};

struct place {
	int line, column;
};

/* The place of a byte, counted as an editor does: lines end at LF, columns are characters. */
static struct place
place_of(const struct str *text, size_t offset)
{
	struct place at = { 1, 1 };
	uint32_t c;

	for (size_t i = 0; i < offset && i < text->len;) {
		i += utf8_next(text->text + i, text->len - i, &c);
		at.column++;
		if (c == '\n')
			at = (struct place){ at.line + 1, 1 };
	}
	return at;
}

/* What no settings file needs and what makes a line mean something else than it shows. */
static bool
is_unwanted(uint32_t c)
{
	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	return c == 0x7f || (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool
is_whole(const struct str *text, struct faults *faults)
{
	size_t good;

	if (text->len >= 3 && memcmp(text->text, "\xef\xbb\xbf", 3) == 0) {
		faults_add(faults, 1, 1,
		    "the file starts with a byte order mark; save it as UTF-8 without one");
		return false;
	}
	if (text->len == 0 || utf8_is_valid(text->text, text->len))
		return true;
	for (good = 0; good < text->len;) {
		uint32_t c;
		size_t n = utf8_next(text->text + good, text->len - good, &c);

		if (text->text[good] == '\0' || !utf8_is_valid(text->text + good, n))
			break;
		good += n;
	}
	faults_add(faults, place_of(text, good).line, place_of(text, good).column,
	    "byte 0x%02x is not UTF-8 text; save the file as UTF-8",
	    (unsigned char)text->text[good]);
	return false;
}

/* One walk for everything that is told per character. */
static void
look_at_characters(const struct str *text, struct faults *faults)
{
	struct place at = { 1, 1 };
	bool indent = true;
	uint32_t c;

	for (size_t i = 0; i < text->len;) {
		i += utf8_next(text->text + i, text->len - i, &c);
		if (c == '\t' && indent) {
			faults_add(faults, at.line, at.column,
			    "a tab in front of a line; indent with blanks");
			indent = false;
		} else if (is_unwanted(c)) {
			faults_add(faults, at.line, at.column,
			    "character U+%04X is not allowed in this file", (unsigned)c);
		}
		indent = c == '\n' || (indent && c == ' ');
		at.column++;
		if (c == '\n')
			at = (struct place){ at.line + 1, 1 };
	}
}

static void
fault_at_mark(struct builder *b, const yaml_mark_t *mark, const char *message)
{
	faults_add(b->faults, (int)mark->line + 1, (int)mark->column + 1, "%s", message);
	b->done = true;
	b->root = NULL;
}

/* libyaml's own words for what it could not read, with what it was doing. */
static void
fault_of_parser(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	struct place at = { (int)p->problem_mark.line + 1, (int)p->problem_mark.column + 1 };

	if (p->error == YAML_READER_ERROR)
		at = place_of(b->text, p->problem_offset);
	faults_add(b->faults, at.line, at.column, "%s%s%s",
	    p->problem ? p->problem : "this is not YAML", p->context ? " " : "",
	    p->context ? p->context : "");
	b->done = true;
	b->root = NULL;
}

static struct node *
node_new(struct builder *b, enum node_kind kind, const yaml_mark_t *mark)
{
	struct node *node = arena_alloc(b->arena, sizeof(*node));

	node->kind = kind;
	node->line = (int)mark->line + 1;
	node->column = (int)mark->column + 1;
	node->text = "";
	return node;
}

static void
append(struct node *parent, struct node *node)
{
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

/* Put a finished or opened value where it belongs; false after a fault. */
static bool
place_node(struct builder *b, struct node *node, const yaml_mark_t *mark)
{
	struct node *parent = b->depth ? b->open[b->depth - 1] : NULL;
	struct node **key = b->depth ? &b->key[b->depth - 1] : NULL;

	if (++b->nodes > TREE_NODES_MAX) {
		fault_at_mark(b, mark, "too many values in this file");
		return false;
	}
	if (!parent) {
		b->root = node;
	} else if (parent->kind == NODE_LIST) {
		append(parent, node);
	} else if (*key) {
		(*key)->value = node;
		*key = NULL;
	} else if (node->kind == NODE_SCALAR) {
		append(parent, node);
		*key = node;
	} else {
		fault_at_mark(b, mark, "a key must be one word");
		return false;
	}
	return true;
}

static void
open_node(struct builder *b, enum node_kind kind, const yaml_mark_t *mark)
{
	struct node *node = node_new(b, kind, mark);

	if (!place_node(b, node, mark))
		return;
	if (b->depth == TREE_DEPTH_MAX) {
		fault_at_mark(b, mark, "nested too deep");
		return;
	}
	b->open[b->depth] = node;
	b->key[b->depth++] = NULL;
}

static void
add_scalar(struct builder *b, const yaml_event_t *event)
{
	struct node *node = node_new(b, NODE_SCALAR, &event->start_mark);

	node->text = arena_dup_n(b->arena, event->data.scalar.value, event->data.scalar.length);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (strlen(node->text) != event->data.scalar.length)
		fault_at_mark(b, &event->start_mark, "a NUL character in a value");
	else
		place_node(b, node, &event->start_mark);
}

/* Anchors and tags of any event that can carry them. */
static const char *
cleverness(const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (event->type == YAML_ALIAS_EVENT || anchor)
		return "anchors (&) and aliases (*) are not allowed; write the value out, or quote "
		       "it";
	return tag ? "tags (!) are not allowed; write the plain value, or quote it" : NULL;
}

static void
take_event(struct builder *b, const yaml_event_t *event)
{
	const char *clever = cleverness(event);

	if (clever) {
		fault_at_mark(b, &event->start_mark, clever);
		return;
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		add_scalar(b, event);
		break;
	case YAML_MAPPING_START_EVENT:
		open_node(b, NODE_MAP, &event->start_mark);
		break;
	case YAML_SEQUENCE_START_EVENT:
		open_node(b, NODE_LIST, &event->start_mark);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		b->depth--;
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (b->root)
			fault_at_mark(b, &event->start_mark,
			    "a second document (---); this file is one document");
		break;
	case YAML_STREAM_END_EVENT:
		b->done = true;
		break;
	default:
		break;
	}
}

static void
build(struct builder *b)
{
	yaml_event_t event;

	while (!b->done) {
		if (!yaml_parser_parse(&b->parser, &event)) {
			fault_of_parser(b);
			return;
		}
		take_event(b, &event);
		yaml_event_delete(&event);
	}
}

struct node *
tree_read(const struct str *text, struct arena *arena, struct faults *faults)
{
	struct builder b = { .arena = arena, .faults = faults, .text = text };
	size_t before = faults_count(faults);

	if (!is_whole(text, faults))
		return NULL;
	look_at_characters(text, faults);
	if (faults_count(faults) > before)
		return NULL;
	if (!yaml_parser_initialize(&b.parser)) {
		faults_add(faults, 1, 1, "no memory to read YAML");
		return NULL;
	}
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)str_text(text), text->len);
	build(&b);
	yaml_parser_delete(&b.parser);
	if (!b.root && faults_count(faults) == before)
		faults_add(faults, 1, 1, "the file is empty");
	return faults_count(faults) > before ? NULL : b.root;
}

const struct node *
tree_value(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *k = map->first; k; k = k->next)
		if (strcmp(k->text, key) == 0)
			return k->value;
	return NULL;
}

bool
tree_is_nothing(const struct node *node)
{
	return !node || (node->kind == NODE_SCALAR && !node->quoted && !*node->text);
}

const char *
tree_shape(const struct node *node)
{
	if (node->kind == NODE_MAP)
		return "a group of keys";
	if (node->kind == NODE_LIST)
		return "a list";
	return tree_is_nothing(node) ? "nothing" : "one value";
}
