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
