#pragma once
/* second_thought: somebody says the opposite of what he decided. It never flips; the engineer hears of it at once. */
#include <assent/flow/matter.h>
#include <assent/model/decision.h>

struct second_thought {
	const char *said; /* "approve", "reject" or "otherwise": he takes it back */
	enum channel channel;
	const char *words; /* "" for none */
	const char *source; /* Message-ID, "" for none */
};

/* The ledger notes it, once a day, so that nobody can fill it by pressing a button. */
int second_thought_note(struct desk *desk, const struct matter *m,
    const struct second_thought *thought, struct err *err) MUST_USE;
int second_thought_tell(struct desk *desk, const struct matter *m,
    const struct second_thought *thought, struct err *err) MUST_USE;
