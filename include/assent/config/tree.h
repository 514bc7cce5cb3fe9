#pragma once
/*
 * tree: YAML as a tree with places, strict where YAML is too clever.
 *
 * Refused with a fault at the place: anchors, aliases and tags (nobody needs
 * them here, and they are how a small file becomes a huge one), a second
 * document, keys that are not plain words, nesting over TREE_DEPTH_MAX, more
 * than TREE_NODES_MAX values, bytes that are not UTF-8, control characters, a
 * byte order mark, and tabs in front of a line.
 */
#include <assent/base/err.h>
#include <assent/base/str.h>
#include <assent/config/faults.h>

#define TREE_DEPTH_MAX 8
#define TREE_NODES_MAX 50000

/* What a tree of a text of n bytes may take. */
#define TREE_ARENA_MAX(n) ((size_t)(16u << 20) + 4 * (n))

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind kind;
	bool quoted; /* a scalar in quotes or a block: never "nothing" */
	int line, column; /* from 1 */
	const char *text; /* of a scalar, "" otherwise */
	struct node *first; /* items of a list; keys of a map */
	struct node *next;
	struct node *value; /* of a key */
	struct node *last;
};

/* Read text whole. Returns the root, or NULL when faults were added. */
struct node *tree_read(const struct str *text, struct arena *arena, struct faults *faults);

/* The value of key in map (which may be NULL or no map), or NULL. */
const struct node *tree_value(const struct node *map, const char *key);

/* Is there nothing written (key: and then no value)? NULL counts as nothing. */
bool tree_is_nothing(const struct node *node);

/* "a group of keys", "a list", "one value" or "nothing", for sentences. */
const char *tree_shape(const struct node *node);
