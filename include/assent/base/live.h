#pragma once
/*
 * live: drafts while they are being written, for those who watch.
 *
 * A run is a draft by its name. It holds the text of its newest try, the last
 * run_bytes of it, in memory only: loss is allowed, the stored document is the
 * truth. A watcher is a place in a run's text; all watchers share its bytes. A
 * writer never waits for a watcher, and no lock is held while one is called.
 * A run that ended is kept for those who lost their connection, until its room
 * is needed. Thread-safe.
 */
#include <assent/base/attr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_NAME_MAX 128
#define LIVE_END_MAX 1536 /* bytes of what a run ends with */

struct live; /* opaque */
struct live_watch; /* opaque: one watcher */

struct live_options {
	size_t runs; /* kept at most, but for those that somebody watches */
	size_t run_bytes; /* of one run's text */
	uint64_t epoch; /* differs from start to start: places of before are known as such */
};

struct live *live_new(const struct live_options *options) MUST_USE;
/* When nobody writes or watches any more. */
void live_free(struct live *live);
FREEP(struct live, live_free)
/* Every run ends now, with event and json; what is written later is void. */
void live_close(struct live *live, const char *event, const char *json);

/* --- for who writes --------------------------------------------------------- */

/* A new run, or a try that makes void what came before: watchers get LIVE_RESTART. */
void live_begin(struct live *live, const char *run);
/* Nothing without a run that has begun. */
void live_add(struct live *live, const char *run, const char *text, size_t n);
/* Its last event: "done" or "error", and one line of JSON. A run need not have begun. */
void live_end(struct live *live, const char *run, const char *event, const char *json);
/*
 * Nobody is told any more what was written so far: watchers get LIVE_RESTART.
 * What runs is told again from its next try on.
 */
void live_forget(struct live *live);

/* --- for who watches -------------------------------------------------------- */

/*
 * A place in a run: all that came before it is known to the watcher. The zero
 * place is the beginning of what runs, or begins next. Places of a run grow.
 */
struct live_place {
	uint64_t epoch, try, at; /* at: bytes of the try's text */
	bool is_end; /* the last event, too */
	bool is_mark; /* live_mark()'s */
};

#define LIVE_PLACE_SIZE 72
const char *live_place_text(const struct live_place *place, char out[LIVE_PLACE_SIZE]);
/* False for what live_place_text() never wrote. */
bool live_place_parse(const char *text, struct live_place *out) MUST_USE;

/* The zero place of now, for who watches only after a look elsewhere. */
struct live_place live_mark(struct live *live);

/*
 * Is there something to read behind place in this process's memory: the same
 * try of a run, still there?
 */
bool live_knows(struct live *live, const char *run, const struct live_place *place);

/*
 * Watch a run, which may begin later. more is called by any thread, but never
 * twice at once, when there is more to read after live_read() said
 * LIVE_NOTHING; it may read, and may call live_unwatch().
 */
struct live_watch *live_watch(struct live *live, const char *run, const struct live_place *from,
    void (*more)(void *arg), void *arg) MUST_USE;
/* more is not called any more, nor under way (except by the caller). */
void live_unwatch(struct live_watch *watch);

enum live_what {
	LIVE_NOTHING, /* so far; more will be called */
	LIVE_TEXT,
	LIVE_RESTART, /* what was read is void, or the text begins later: lost bytes are missing */
	LIVE_END,
	LIVE_OVER, /* after LIVE_END */
};

struct live_news {
	enum live_what what;
	size_t n; /* of LIVE_TEXT, in the caller's buffer */
	uint64_t lost; /* of LIVE_RESTART */
	const char *event; /* of LIVE_END: until live_unwatch() */
	const char *json;
	struct live_place place; /* behind it */
};

/*
 * The next piece of news, text into buf: whole characters, at most room (8 or
 * more) bytes. One thread a watcher at a time.
 */
void live_read(struct live_watch *watch, char *buf, size_t room, struct live_news *out);
