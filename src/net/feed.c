#include <assent/net/feed.h>

#include <assent/base/mem.h>

#include <string.h>

#define HEAD_MAX 160 /* of an event: id, name and what stands around the text */
#define BEAT ": \n\n"

struct feed {
	struct feed_options options;
	struct http_stream *stream;
	struct live_watch *watch;
	bool over;
};

_Static_assert(LIVE_END_MAX + HEAD_MAX <= HTTP_PIECE_ROOM, "what a run ends with must fit");

/* --- events ------------------------------------------------------------------- */

/* Control characters other than line ends and tabs have no business here. */
static void
add_json_text(struct str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			str_add(out, "\\n");
		else if (c == '\t')
			str_add(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			str_add_char(out, ' ');
		else if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else
			str_add_char(out, (char)c);
	}
}

void
feed_add_event(struct str *out, const char *event, const char *json)
{
	str_addf(out, "event: %s\ndata: %s\n\n", event, json);
}

static void
add_place(struct str *out, const struct live_place *place)
{
	char text[LIVE_PLACE_SIZE];

	str_addf(out, "id: %s\n", live_place_text(place, text));
}

static void
add_news(struct str *out, const struct live_news *news, const char *text)
{
	add_place(out, &news->place);
	if (news->what == LIVE_RESTART) {
		str_addf(out, "event: restart\ndata: {\"lost\":%llu}\n\n",
		    (unsigned long long)news->lost);
	} else if (news->what == LIVE_END) {
		feed_add_event(out, news->event, news->json);
	} else {
		str_add(out, "event: delta\ndata: {\"text\":\"");
		add_json_text(out, text, news->n);
		str_add(out, "\"}\n\n");
	}
}

/* --- the source ---------------------------------------------------------------- */

static long
give(struct str *event, char *buf, size_t room)
{
	long n = event->len <= room && !str_overflowed(event) ? (long)event->len : HTTP_PIECE_LAST;

	if (n > 0)
		memcpy(buf, event->text, event->len);
	str_done(event);
	return n;
}

static long
pull(void *arg, char *buf, size_t room)
{
	struct feed *feed = arg;
	struct str event = STR_INIT(room);
	struct live_news news;
	char text[HTTP_PIECE_ROOM];
	/* At worst each byte becomes two. */
	size_t most = (room - HEAD_MAX) / 2;

	if (feed->over)
		return HTTP_PIECE_LAST;
	live_read(feed->watch, text, most < sizeof(text) ? most : sizeof(text), &news);
	if (news.what == LIVE_NOTHING)
		return HTTP_PIECE_NONE;
	if (news.what == LIVE_OVER)
		return HTTP_PIECE_LAST;
	feed->over = news.what == LIVE_END;
	if (feed->over && news.event[0] == '\0')
		return HTTP_PIECE_LAST;
	add_news(&event, &news, text);
	return give(&event, buf, room);
}

static long
beat(void *arg, char *buf, size_t room)
{
	struct feed *feed = arg;
	struct str event = STR_INIT(room);

	if (feed->options.goes_on == NULL || feed->options.goes_on(feed->options.arg, &event)) {
		str_clear(&event);
		str_add(&event, BEAT);
	} else {
		feed->over = true;
	}
	if (event.len == 0) {
		str_done(&event);
		return HTTP_PIECE_LAST;
	}
	return give(&event, buf, room);
}

static void
done(void *arg)
{
	struct feed *feed = arg;

	if (feed->watch != NULL)
		live_unwatch(feed->watch);
	if (feed->options.done != NULL)
		feed->options.done(feed->options.arg);
	mem_free(feed);
}

static void
more(void *arg)
{
	struct feed *feed = arg;

	http_stream_wake(feed->stream);
}

struct http_stream *
feed_new(struct http_request *rq, const struct feed_options *options)
{
	struct feed *feed = mem_alloc(sizeof(*feed));
	struct http_source source = { pull, beat, done, feed };

	feed->options = *options;
	feed->stream = http_stream_new(rq, &source);
	if (feed->stream == NULL) {
		mem_free(feed);
		return NULL;
	}
	feed->watch = live_watch(options->live, options->run, &options->from, more, feed);
	return feed->stream;
}
