#pragma once
/* reply: lines, and the tables of words (languages/) that tell quotes apart. */
#include <stdbool.h>
#include <stddef.h>

struct line {
	const char *raw; /* without its line end and trailing blanks */
	size_t raw_len;
	const char *fold; /* fold_add(), ended by a NUL */
	size_t fold_len;
	bool quoted; /* starts with '>' */
	bool cut; /* not the writer's own words */
};

struct lines {
	struct line *at;
	size_t count;
	bool has_words; /* a line of the writer's own was met */
};

enum header_kind {
	HEADER_NONE,
	HEADER_FROM,
	HEADER_TO,
	HEADER_CC,
	HEADER_DATE,
	HEADER_SUBJECT,
	HEADER_OTHER, /* Reply-To, Importance, Attachments */
	HEADER_ANY, /* unknown word, but shaped like a header */
};

struct header_word {
	enum header_kind kind;
	const char *word; /* folded, without the colon */
};

/* Each list ends with NULL (or a NULL word); all words are folded. */
extern const struct header_word reply_headers[];
extern const char *const reply_verbs[]; /* "wrote", anywhere in an attribution */
extern const char *const reply_openers[]; /* how an attribution starts */
extern const char *const reply_forwards[]; /* "forwarded message", between dashes */
extern const char *const reply_originals[]; /* "original message", between dashes */
extern const char *const reply_begins[]; /* a whole line above a forwarded mail */
extern const char *const reply_devices[]; /* a line begins so: "sent from my" */
extern const char *const reply_device_ends[]; /* ... or ends so: "iphone gesendet" */
extern const char *const reply_banners[]; /* a line of a mail gateway */
extern const char *const reply_disclaimers[]; /* a legal notice begins so */
extern const char *const reply_closings[]; /* "best regards" */
extern const char *const reply_above[]; /* "reply above this line" */

/* Where the quote of an attribution or header starts; reply_head.c. */
enum head_kind {
	HEAD_NONE,
	HEAD_ATTRIBUTION, /* "On ... wrote:" */
	HEAD_BLOCK, /* From:, Sent:, To: */
	HEAD_FORWARD, /* a forwarded mail */
};

struct head {
	enum head_kind kind;
	size_t lines; /* how many lines it takes */
};

struct head reply_head_at(const struct lines *lines, size_t index);

/* An attribution behind the writer's last words on one line: its offset in raw, or 0. */
size_t reply_head_inside(const struct line *line);
