#pragma once
/* escalation_words: what somebody who answers a packet's mail may write. */
#include <assent/base/clock.h>
#include <assent/base/mem.h>
#include <assent/model/escalation.h>

#include <stdbool.h>

enum escalation_said {
	SAID_NOTHING, /* that we could read */
	SAID_ONE,
	SAID_SEVERAL,
};

struct escalation_word {
	enum escalation_act act;
	const char *text; /* RESOLVE: what was done; ASSIGN: the address; "" for none */
	span_ms span; /* SNOOZE */
};

/*
 * own: the writer's words, without quotes. The first line must be one of the
 * words in whole ("ack", "resolved: …", "snooze 2h", "assign bob@…", "reopen",
 * or as Arabic has them); what was done goes on until a blank line. Any other
 * text behind it is a greeting or signature, unless it is such a word too.
 */
enum escalation_said escalation_words(
    struct arena *arena, const char *own, struct escalation_word *out);
