#pragma once
/* Between html.c and style.c: what an element's attributes say about being seen. */
#include <stdbool.h>
#include <stddef.h>

struct look { /* of one element; a child starts with its parent's */
	bool gone; /* display:none and what else no child can undo */
	bool tiny; /* font-size:0 */
	bool unseen; /* visibility:hidden */
	bool background; /* somebody around it set one */
	bool white; /* letters in the page's own colour */
	unsigned ink, ground; /* marks of both colours where they were set, else 0 */
};

/* Change look by one attribute; names in lower case as the HTML parser gives them. */
void look_attribute(struct look *look, const char *name, const char *value);
bool look_is_hidden(const struct look *look);

/* Does a style sheet in this page hide, strike out or add words? We do not apply sheets. */
bool sheet_changes_words(const char *html, size_t n);
