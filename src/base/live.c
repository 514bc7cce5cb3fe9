#include <assent/base/live.h>

#include <assent/base/mem.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PLACE_END ".end"

enum state {
	STATE_WAITED, /* somebody watches what has not begun */
	STATE_RUNNING,
	STATE_ENDED,
};

struct run {
	struct run *next;
	struct live_watch *watches;
	enum state state;
	uint64_t try; /* 0: none yet */
	uint64_t touched; /* by whom the oldest is found */
	uint64_t news; /* grows with each change */
	uint64_t ended; /* of all ends, which one */
	int telling; /* threads that call its watchers */
	struct str text; /* of the try, from byte start on */
	uint64_t start;
	char *event, *json; /* of STATE_ENDED */
	char name[LIVE_NAME_MAX];
};

struct live_watch {
	struct live_watch *next;
	struct live *live;
	struct run *run;
	struct live_place place;
	bool has_place; /* it has read, or came with a place */
	uint64_t mark; /* what had ended by then is nothing to it */
	bool armed; /* it read everything up to heard */
	uint64_t heard;
	bool calling, left;
	bool left_in_call; /* who calls it frees it */
	pthread_t caller; /* while calling */
	char *event, *json; /* what LIVE_END named */
	void (*more)(void *arg);
	void *arg;
};

struct live {
	struct live_options options;
	pthread_mutex_t lock; /* guards all that follows, runs and watches too */
	pthread_cond_t called; /* a call has ended */
	struct run *runs;
	size_t count;
	uint64_t tries, touches, ends;
	char *close_event, *close_json; /* NULL: not closed */
};

/* --- places ------------------------------------------------------------------ */

const char *
live_place_text(const struct live_place *place, char out[LIVE_PLACE_SIZE])
{
	snprintf(out, LIVE_PLACE_SIZE, "%llu.%llu.%llu%s", (unsigned long long)place->epoch,
	    (unsigned long long)place->try, (unsigned long long)place->at,
	    place->is_end ? PLACE_END : "");
	return out;
}

bool
live_place_parse(const char *text, struct live_place *out)
{
	char copy[LIVE_PLACE_SIZE], *rest = copy, *word;
	size_t n = strlen(text), end = strlen(PLACE_END), parts = 0;
	bool is_end = n > end && text_is(text + n - end, PLACE_END);
	int64_t numbers[3];

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n + 1);
	copy[is_end ? n - end : n] = '\0';
	while ((word = strsep(&rest, ".")) != NULL) {
		if (parts == ARRAY_LEN(numbers) ||
		    !num_parse_within(word, 0, INT64_MAX, &numbers[parts++]))
			return false;
	}
	if (parts != ARRAY_LEN(numbers))
		return false;
	*out = (struct live_place){ (uint64_t)numbers[0], (uint64_t)numbers[1],
		(uint64_t)numbers[2], is_end, false };
	return true;
}

/* --- runs, under lock --------------------------------------------------------- */

static struct run *
find(const struct live *live, const char *name)
{
	struct run *run;

	for (run = live->runs; run != NULL; run = run->next)
		if (strcmp(run->name, name) == 0)
			return run;
	return NULL;
}

static void
run_drop(struct live *live, struct run *run)
{
	struct run **at = &live->runs;

	while (*at != run)
		at = &(*at)->next;
	*at = run->next;
	live->count--;
	str_done(&run->text);
	mem_free(run->event);
	mem_free(run->json);
	mem_free(run);
}

/* What ended goes before what runs, the oldest first; nothing that is watched. */
static struct run *
least_wanted(const struct live *live)
{
	struct run *run, *found = NULL;

	for (run = live->runs; run != NULL; run = run->next) {
		if (run->watches != NULL || run->telling > 0)
			continue;
		if (found == NULL || (run->state == STATE_ENDED) > (found->state == STATE_ENDED) ||
		    (run->state == found->state && run->touched < found->touched))
			found = run;
	}
	return found;
}

static void
make_room(struct live *live, size_t most)
{
	struct run *run;

	while (live->count > most && (run = least_wanted(live)) != NULL)
		run_drop(live, run);
}

static struct run *
run_get(struct live *live, const char *name)
{
	struct run *run = find(live, name);

	if (run == NULL) {
		make_room(live, live->options.runs > 0 ? live->options.runs - 1 : 0);
		run = mem_alloc(sizeof(*run));
		run->text = STR_INIT(SIZE_MAX / 2);
		snprintf(run->name, sizeof(run->name), "%s", name);
		run->next = live->runs;
		live->runs = run;
		live->count++;
	}
	run->touched = ++live->touches;
	return run;
}

static void
run_begin(struct live *live, struct run *run)
{
	run->state = STATE_RUNNING;
	run->try = ++live->tries;
	run->start = 0;
	str_clear(&run->text);
	mem_free(TAKE(run->event));
	mem_free(TAKE(run->json));
}

static void
run_end(struct live *live, struct run *run, const char *event, const char *json)
{
	if (run->state != STATE_RUNNING)
		run_begin(live, run);
	run->state = STATE_ENDED;
	run->ended = ++live->ends;
	run->event = mem_dup(event);
	run->json = mem_dup(strlen(json) <= LIVE_END_MAX ? json : "{}");
}

/* A quarter goes at once, so that not each piece moves all the others. */
static void
trim(struct run *run, size_t most)
{
	size_t cut;

	if (run->text.len <= most)
		return;
	cut = run->text.len - most + most / 4;
	while (cut < run->text.len && ((uint8_t)run->text.text[cut] & 0xc0) == 0x80)
		cut++;
	memmove(run->text.text, run->text.text + cut, run->text.len - cut);
	str_cut(&run->text, run->text.len - cut);
	run->start += cut;
}

/* --- calling watchers ---------------------------------------------------------- */

static void
watch_free(struct live_watch *watch)
{
	mem_free(watch->event);
	mem_free(watch->json);
	mem_free(watch);
}

static void
watch_remove(struct live_watch *watch)
{
	struct live_watch **at = &watch->run->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
}

/* The watcher after it. */
static struct live_watch *
tell_one(struct live *live, struct live_watch *watch)
{
	struct live_watch *next;

	while (watch->armed && watch->heard < watch->run->news && !watch->left) {
		watch->armed = false;
		watch->calling = true;
		watch->caller = pthread_self();
		pthread_mutex_unlock(&live->lock);
		watch->more(watch->arg);
		pthread_mutex_lock(&live->lock);
		watch->calling = false;
		pthread_cond_broadcast(&live->called);
	}
	next = watch->next;
	if (watch->left_in_call) {
		watch_remove(watch);
		watch_free(watch);
	}
	return next;
}

/* The lock is given up meanwhile. */
static void
tell(struct live *live, struct run *run)
{
	struct live_watch *watch;

	run->news++;
	run->telling++;
	for (watch = run->watches; watch != NULL;)
		/* Who is called by another thread is called again by it. */
		watch = watch->calling ? watch->next : tell_one(live, watch);
	run->telling--;
}

/* --- writing -------------------------------------------------------------------- */

struct live *
live_new(const struct live_options *options)
{
	struct live *live = mem_alloc(sizeof(*live));

	live->options = *options;
	pthread_mutex_init(&live->lock, NULL);
	pthread_cond_init(&live->called, NULL);
	return live;
}

void
live_free(struct live *live)
{
	if (live == NULL)
		return;
	while (live->runs != NULL)
		run_drop(live, live->runs);
	pthread_cond_destroy(&live->called);
	pthread_mutex_destroy(&live->lock);
	mem_free(live->close_event);
	mem_free(live->close_json);
	mem_free(live);
}

void
live_begin(struct live *live, const char *name)
{
	struct run *run;

	pthread_mutex_lock(&live->lock);
	if (live->close_event == NULL) {
		run = run_get(live, name);
		run_begin(live, run);
		tell(live, run);
	}
	pthread_mutex_unlock(&live->lock);
}

void
live_add(struct live *live, const char *name, const char *text, size_t n)
{
	struct run *run;

	if (n == 0)
		return;
	pthread_mutex_lock(&live->lock);
	run = find(live, name);
	if (run != NULL && run->state == STATE_RUNNING) {
		str_add_n(&run->text, text, n);
		trim(run, live->options.run_bytes);
		tell(live, run);
	}
	pthread_mutex_unlock(&live->lock);
}

void
live_end(struct live *live, const char *name, const char *event, const char *json)
{
	struct run *run;

	pthread_mutex_lock(&live->lock);
	if (live->close_event == NULL) {
		run = run_get(live, name);
		run_end(live, run, event, json);
		tell(live, run);
	}
	pthread_mutex_unlock(&live->lock);
}

static void
run_forget(struct run *run)
{
	run->start += run->text.len;
	mem_wipe(run->text.text, run->text.len);
	str_clear(&run->text);
	if (run->state == STATE_RUNNING)
		run->state = STATE_WAITED;
}

void
live_forget(struct live *live)
{
	struct run *run;

	pthread_mutex_lock(&live->lock);
	for (run = live->runs; run != NULL; run = run->next)
		run_forget(run);
	pthread_mutex_unlock(&live->lock);
}

static struct run *
first_open(const struct live *live)
{
	struct run *run;

	for (run = live->runs; run != NULL && run->state == STATE_ENDED; run = run->next)
		;
	return run;
}

void
live_close(struct live *live, const char *event, const char *json)
{
	struct run *run;

	pthread_mutex_lock(&live->lock);
	if (live->close_event == NULL) {
		live->close_event = mem_dup(event);
		live->close_json = mem_dup(json);
	}
	/* From the first again each time: the list may change while watchers are called. */
	while ((run = first_open(live)) != NULL) {
		run_end(live, run, event, json);
		tell(live, run);
	}
	pthread_mutex_unlock(&live->lock);
}

/* --- watching ------------------------------------------------------------------- */

static bool
run_has(const struct run *run, const struct live_place *place)
{
	uint64_t end = run->start + run->text.len;

	if (place->try != run->try || place->at < run->start || place->at > end)
		return false;
	/* Whoever made the place up gets no half of a character. */
	return place->at == end || ((uint8_t)run->text.text[place->at - run->start] & 0xc0) != 0x80;
}

bool
live_knows(struct live *live, const char *name, const struct live_place *place)
{
	const struct run *run;
	bool known;

	pthread_mutex_lock(&live->lock);
	run = find(live, name);
	known = run != NULL && run->try != 0 && place->epoch == live->options.epoch &&
	    run_has(run, place);
	pthread_mutex_unlock(&live->lock);
	return known;
}

struct live_place
live_mark(struct live *live)
{
	struct live_place mark = { .is_mark = true };

	pthread_mutex_lock(&live->lock);
	mark.at = live->ends;
	pthread_mutex_unlock(&live->lock);
	return mark;
}

static void
set_place(struct live_watch *watch, const struct live_place *from)
{
	const struct live *live = watch->live;
	bool is_place = from != NULL && (from->epoch != 0 || from->try != 0);

	watch->mark = from != NULL && from->is_mark ? from->at : live->ends;
	if (!is_place)
		return;
	watch->has_place = true;
	watch->mark = 0;
	/* Tries count from 1: none of this process. */
	watch->place.try = from->epoch == live->options.epoch ? from->
	try:
		0;
	watch->place.at = from->at;
	watch->place.is_end = from->is_end;
}

/* house: wide on purpose */
struct live_watch *
live_watch(struct live *live, const char *name, const struct live_place *from,
    void (*more)(void *arg), void *arg)
{
	struct live_watch *watch = mem_alloc(sizeof(*watch));
	struct run *run;

	*watch = (struct live_watch){ .live = live, .more = more, .arg = arg };
	pthread_mutex_lock(&live->lock);
	set_place(watch, from);
	run = run_get(live, name);
	if (live->close_event != NULL && run->state != STATE_ENDED)
		run_end(live, run, live->close_event, live->close_json);
	watch->run = run;
	watch->next = run->watches;
	run->watches = watch;
	pthread_mutex_unlock(&live->lock);
	return watch;
}

void
live_unwatch(struct live_watch *watch)
{
	struct live *live = watch->live;
	struct run *run = watch->run;

	pthread_mutex_lock(&live->lock);
	watch->left = true;
	watch->left_in_call = watch->calling && pthread_equal(watch->caller, pthread_self());
	if (!watch->left_in_call) {
		while (watch->calling)
			pthread_cond_wait(&live->called, &live->lock);
		watch_remove(watch);
		watch_free(watch);
		if (run->watches == NULL && run->telling == 0 && run->state == STATE_WAITED)
			run_drop(live, run);
		make_room(live, live->options.runs);
	}
	pthread_mutex_unlock(&live->lock);
}

static void
read_restart(struct live_watch *watch, struct live_news *out)
{
	const struct run *run = watch->run;

	watch->place = (struct live_place){ .try = run->try, .at = run->start };
	out->what = LIVE_RESTART;
	out->lost = run->start;
}

static void
read_text(struct live_watch *watch, char *buf, size_t room, struct live_news *out)
{
	const struct str *text = &watch->run->text;
	size_t at = (size_t)(watch->place.at - watch->run->start);

	out->what = LIVE_TEXT;
	out->n = utf8_cut(text->text + at, text->len - at, room);
	memcpy(buf, text->text + at, out->n);
	watch->place.at += out->n;
	watch->place.is_end = false;
}

static void
read_end(struct live_watch *watch, struct live_news *out)
{
	mem_free(watch->event);
	mem_free(watch->json);
	watch->event = mem_dup(watch->run->event);
	watch->json = mem_dup(watch->run->json);
	watch->place.is_end = true;
	out->what = LIVE_END;
	out->event = watch->event;
	out->json = watch->json;
}

static void
read_next(struct live_watch *watch, char *buf, size_t room, struct live_news *out)
{
	const struct run *run = watch->run;

	if (run->try == 0 || (run->state == STATE_ENDED && run->ended <= watch->mark))
		return;
	if (!watch->has_place) {
		watch->has_place = true;
		watch->place.try = run->try;
	}
	if (!run_has(run, &watch->place))
		read_restart(watch, out);
	else if (watch->place.at < run->start + run->text.len)
		read_text(watch, buf, room, out);
	else if (watch->place.is_end)
		out->what = LIVE_OVER;
	else if (run->state == STATE_ENDED)
		read_end(watch, out);
}

void
live_read(struct live_watch *watch, char *buf, size_t room, struct live_news *out)
{
	struct live *live = watch->live;

	*out = (struct live_news){ .what = LIVE_NOTHING };
	pthread_mutex_lock(&live->lock);
	read_next(watch, buf, room, out);
	watch->armed = out->what == LIVE_NOTHING;
	watch->heard = watch->run->news;
	out->place = watch->place;
	out->place.epoch = live->options.epoch;
	pthread_mutex_unlock(&live->lock);
}
