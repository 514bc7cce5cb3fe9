#pragma once
/*
 * check: what a model wrote, as bullets for people, or not at all (invariant 5).
 *
 * Either JSON ({"bullets": […]} or a list of texts, fenced or not) or a list
 * with a mark before each line. Links that the ticket holds are taken out; a
 * link, host name or mail address that it does not hold makes the whole answer
 * void, as does too little, too much or anything that is no bullet.
 */
#include <assent/ai/provider.h>

/*
 * seen is all text of the ticket. ERR_PEER with a reason that quotes nothing;
 * out->bullets and out->count are set on success.
 */
int check_answer(const char *answer, const char *seen, struct arena *arena, struct draft *out,
    struct err *err) MUST_USE;

#define CHECK_LINES_MAX (2 * DRAFT_BULLETS_MAX)

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

/* At most DRAFT_BULLET_SIZE bytes, cut at a word. */
const char *check_clip(struct arena *arena, const char *text);
