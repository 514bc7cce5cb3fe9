#pragma once
/* mustache: the compiled form, between the compiler and the renderer. */
#include <assent/text/mustache.h>

#include <stdbool.h>

enum node_kind {
	NODE_TEXT, /* at most one line, its newline included */
	NODE_ESCAPED,
	NODE_RAW,
	NODE_SECTION, /* until end */
	NODE_INVERTED, /* until end */
	NODE_PARTIAL, /* indented when it stood alone on its line */
};

struct node {
	enum node_kind kind;
	bool line_start; /* a partial's indentation goes before this node */
	size_t end; /* sections: index of the first node behind */
	const char *text; /* text, or a name's parts, each ended by a NUL */
	size_t len; /* bytes of text, or the number of parts; 0 parts is "." */
	const char *indent; /* partials; "" when inline */
};

struct mustache {
	struct arena *arena;
	struct node *nodes;
	size_t count;
	size_t room;
};
