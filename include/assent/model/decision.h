#pragma once
/* decision: what was decided and what shows that it was. */
#include <assent/base/attr.h>
#include <assent/base/clock.h>

#include <stdbool.h>

enum channel { CHANNEL_LINK, CHANNEL_REPLY };

struct evidence {
	enum channel channel;
	const char *person; /* address of the ballot */
	const char *source; /* Message-ID of the reply, or "" */
	const char *vouched; /* sentence: what vouched for the sender */
	const char *words; /* the reply's own words, or the form's comment */
	const char *peer; /* network address of a link's POST, "" for replies */
	const char *agent; /* its User-Agent, "" for replies */
	const char *inbound; /* id of the inbound row, "" for links */
};

struct decision {
	bool approve;
	const char *comment;
	utc_ms at;
	struct evidence evidence;
};

const char *channel_name(enum channel channel); /* "link", "reply" */
bool channel_parse(const char *name, enum channel *out) MUST_USE;
