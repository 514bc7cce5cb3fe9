#pragma once
/*
 * codec: how each API wants to be asked and how it answers. Pure: bytes to
 * texts and back; who sends them is another matter.
 *
 * Keys go into headers only. No sentence of an error holds anything that the
 * ticket, the model or the server's own sentences hold.
 */
#include <assent/ai/model.h>
#include <assent/base/str.h>
#include <assent/net/sse.h>

#include <jansson.h>

#define CODEC_ANSWER_MAX ((size_t)256 << 10) /* bytes of a body, an event, a text */
#define CODEC_STREAM_MAX ((size_t)4 << 20) /* bytes of all events: each has far more than text */

struct codec_reading;

struct codec_server;

struct codec {
	const char *name; /* "openai", "anthropic", "gemini" */
	const char *version; /* path that a base url without any /v… gets; "" for none */
	const char *key_header; /* with ": " and what stands before the key */
	const char *constant_header; /* NULL for none */
	bool ends_with_body; /* each event may say that it is the last */
	const char *(*path)(const struct codec_server *server, bool is_stream, struct arena *arena);
	json_t *(*body)(const struct codec_server *server, const struct model_call *call);
	/* A whole answer, or the data of an event; false: it is not what the API says. */
	bool (*take)(struct codec_reading *reading, const json_t *json);
};

extern const struct codec codec_openai, codec_anthropic, codec_gemini;
/* NULL for a name that is none. */
const struct codec *codec_find(const char *name);

struct codec_server {
	const struct codec *codec;
	const char *base_url, *model;
	const char *key; /* NULL: none is sent */
};

/* --- asking ------------------------------------------------------------------ */

struct codec_request {
	const char *url, *body;
	const char *headers[3];
	size_t header_count;
};

/* A stream is asked for where call->delta is not NULL. ERR_INVALID: a text is not UTF-8. */
int codec_request(const struct codec_server *server, const struct model_call *call,
    struct arena *arena, struct codec_request *out, struct err *err) MUST_USE;

/* --- what comes back ----------------------------------------------------------- */

struct codec_answer {
	const char *text; /* NULL unless the answer is whole */
	struct model_usage usage; /* of what failed, too */
	size_t heard; /* bytes of text that came, whole or not */
};

struct codec_reading {
	const struct codec_server *server;
	const struct model_call *call; /* whose began and delta are told; may be NULL */
	enum { CODEC_UNKNOWN, CODEC_WHOLE, CODEC_STREAM } shape;
	struct sse sse;
	struct str whole, text;
	struct model_usage usage;
	size_t told; /* bytes of text that call->delta has */
	size_t thought; /* bytes that came before the text and are no part of it */
	bool is_done; /* the model came to its end */
	bool
	    is_broken; /* what came is not what the API says: the server's fault, not the model's */
	struct err trouble; /* the first */
};

/*
 * The body of an answer of status 200 in pieces: events, or one JSON from a
 * server that does not stream. Both arguments must outlive it; codec_end() it.
 */
void codec_begin(struct codec_reading *reading, const struct codec_server *server,
    const struct model_call *call);
/* ERR_LIMIT: it is too large and the rest need not come. */
int codec_feed(
    struct codec_reading *reading, const char *bytes, size_t n, struct err *err) MUST_USE;
/* What it came to; frees. out->usage is set in any case, out->text with 0 only. */
int codec_end(struct codec_reading *reading, struct arena *arena, struct codec_answer *out,
    struct err *err) MUST_USE;

/* The same for a body that is there as a whole, one JSON. */
int codec_read(const struct codec_server *server, const char *body, struct arena *arena,
    struct codec_answer *out, struct err *err) MUST_USE;

/* An answer of another status → ERR_PEER: the status, the server's code for it, a hint. */
int codec_status(
    const struct codec_server *server, int status, const char *body, struct err *err) MUST_USE;

/* How long the body of an answer asks to leave the server alone (google.rpc.RetryInfo); 0: it does not. */
span_ms codec_rest(const char *body);

/* For take(). The first trouble stays, and no text is told after it. */
void codec_fail(struct codec_reading *reading, const char *why);
void codec_add(struct codec_reading *reading, const char *text); /* NULL adds nothing */
