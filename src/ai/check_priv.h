#pragma once
/* check: what a model wrote as lines, in any of the shapes that models use. */
#include <assent/ai/form.h>

#define CHECK_LINES_MAX (2 * FORM_BULLETS_MAX)

struct check_lines {
	const char *items[CHECK_LINES_MAX];
	size_t count;
	bool is_full;
};

/* The bullets of an answer in any of those shapes, as they were written. */
bool check_shape(const char *answer, struct arena *arena, struct check_lines *out) MUST_USE;

/* What follows a bullet's mark ("- ", "* ", "• ", "3. ", "3) "); NULL without one. */
const char *check_behind_mark(const char *line);

/* Models like to put ```json around it; in place. */
char *check_without_fence(char *text);

/* At most FORM_BULLET_SIZE bytes, cut at a word. */
const char *check_clip(struct arena *arena, const char *text);
