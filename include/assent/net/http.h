#pragma once
/*
 * http: the HTTP server, over libmicrohttpd.
 *
 * A table of routes, each with a handler that reads a request and fills an
 * answer. A handler that must wait (for a commit, say) takes the request's
 * handle and any thread answers later; no thread of the server waits with it.
 * An answer may also come in pieces, for as long as it takes (struct http_source).
 *
 * What the layer does for everybody: HEAD is answered as GET without the body;
 * a path that exists under another method gets 405 with Allow; bodies and
 * heads have ceilings (413, 431); a request whose length can be read in two
 * ways is refused (400) and its connection closed; a connection has one
 * deadline from its accept, or its last answer, to the end of the next request
 * and a sweeper cuts it after that, and the same again for taking the answer, or
 * each piece of it; each address has a limit of connections, which those that
 * are sent pieces count to. With TLS it takes 1.2 and 1.3. No path, query or header is ever
 * logged here.
 */
#include <assent/base/attr.h>
#include <assent/base/clock.h>
#include <assent/base/err.h>
#include <assent/base/mem.h>
#include <assent/base/str.h>
#include <assent/net/form.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct http_server; /* opaque */
struct http_later; /* opaque: a request that is answered later */
struct http_stream; /* opaque: an answer that comes in pieces */

#define HTTP_HOLES 2

struct http_header {
	const char *name, *value;
};

/*
 * All text lives until the request is answered, except http_header()'s, which
 * ends when the handler returns HTTP_LATER.
 */
struct http_request {
	const char *method; /* "GET" for HEAD too */
	const char *path; /* decoded, without query: "/a/abc" */
	const char *segment; /* what {} stood for, never empty; NULL without {} */
	const char *second; /* the same for a second {} */
	const char *route; /* the pattern, "/a/{}" (safe to log), or NULL */
	const char *query; /* as sent, without '?'; "" when there is none */
	const char *body; /* NUL-terminated, "" when there is none */
	size_t body_len;
	const char *peer; /* the client's address, proxies seen through; "" over unix */
	const char *peer_key; /* for limits: the IPv4 address or the IPv6 /64; "unix" */
	bool https; /* it came by TLS, or so a trusted proxy says */
	bool head; /* it was HEAD */
	bool over_unix; /* then the next three are the peer's credentials */
	pid_t pid;
	uid_t uid;
	gid_t gid;
	struct arena *arena; /* the request's own: freed when it is answered */
	struct str *page; /* a string to build the body in, empty, kept until answered */
};

/* The header's value, or NULL. Only before http_later(). */
const char *http_header(const struct http_request *rq, const char *name);

/* A value of the query; NULL when it is absent or the query is malformed. */
const char *http_query(struct http_request *rq, const char *name);

/*
 * The body as a form (net/form.h); the same pointer at each call. ERR_INVALID
 * when it is malformed or its Content-Type is not that of a form.
 */
int http_form(struct http_request *rq, const struct form **out, struct err *err) MUST_USE;

#define HTTP_ANSWER_HEADERS 12

/*
 * Text must live until the answer is sent: constants, the request's arena or
 * its page. headers of the same name as one of http_options.headers win.
 */
struct http_answer {
	int status;
	const char *type; /* Content-Type; NULL for none */
	const char *body;
	size_t body_len;
	struct http_header headers[HTTP_ANSWER_HEADERS];
	size_t header_count;
	bool close; /* end the connection after it */
	struct http_stream *stream; /* instead of the body; the server's once answered */
};

/* Fill in status and body as text/plain; text is not copied. */
void http_answer_text(struct http_answer *answer, int status, const char *text);

/* rq->page becomes the body. */
void http_answer_page(
    struct http_answer *answer, const struct http_request *rq, int status, const char *type);

/* The body will come in pieces. */
void http_answer_stream(
    struct http_answer *answer, int status, const char *type, struct http_stream *stream);

/* At most HTTP_ANSWER_HEADERS; a value with a control character makes the answer a 500. */
void http_answer_header(struct http_answer *answer, const char *name, const char *value);

enum http_when { HTTP_NOW, HTTP_LATER };

typedef enum http_when (*http_handler)(
    struct http_request *rq, struct http_answer *answer, void *arg);

struct http_route {
	const char *method; /* "GET" (which serves HEAD too), "POST", … */
	const char *path; /* at most HTTP_HOLES segments are {}: "/a/{}/fresh"; first match wins */
	http_handler handler;
	void *arg;
	size_t max_body; /* 0: http_options.max_body */
};

/*
 * For handlers: keep the request open and return HTTP_LATER. From then on the
 * request belongs to whoever has the handle, who must call http_answer_send()
 * exactly once, from any thread, even after http_server_stop().
 */
struct http_later *http_later(struct http_request *rq) MUST_USE;
struct http_request *http_later_request(struct http_later *later);

/* Send the answer (copied; its text is not) and give up the handle. */
void http_answer_send(struct http_later *later, const struct http_answer *answer);

/*
 * The same for who has no time to make the answer: finish makes it, on the
 * connection's own thread. It is called exactly once, also when the client has
 * gone and nobody reads the answer (then perhaps here and now).
 */
typedef void (*http_finish)(struct http_request *rq, struct http_answer *answer, void *arg);
void http_answer_by(struct http_later *later, http_finish finish, void *arg);

/*
 * For who has the handle, before anybody else does: when span has passed
 * without an answer, late makes one on the connection's thread. The handle is
 * still to be answered, by http_answer_by() only; nobody reads that answer.
 */
void http_later_until(struct http_later *later, span_ms span, http_finish late, void *arg);

/*
 * Where the pieces of an answer come from. The connection's own thread asks for
 * the next one when the client has taken what came before; no thread waits. A
 * client that does not take a piece within the deadline is cut. The request
 * may be gone before the last piece is.
 */
#define HTTP_PIECE_ROOM 2048 /* bytes that pull and beat have at least */

enum { HTTP_PIECE_NONE = 0, HTTP_PIECE_LAST = -1 };

struct http_source {
	/*
	 * At most room bytes into buf; how many, HTTP_PIECE_NONE (for now:
	 * http_stream_wake() when there are some) or HTTP_PIECE_LAST.
	 */
	long (*pull)(void *arg, char *buf, size_t room);
	/* The same when nothing was sent for http_options.beat: a sign of life. NULL: none. */
	long (*beat)(void *arg, char *buf, size_t room);
	/*
	 * Exactly once, when pull is not called any more: all was sent, the client
	 * has gone or the server stops. The stream is gone after it.
	 */
	void (*done)(void *arg);
	void *arg;
};

/* For http_answer.stream; NULL when there are http_options.max_streams (answer 503). */
struct http_stream *http_stream_new(
    struct http_request *rq, const struct http_source *source) MUST_USE;
/* It is not going to be an answer's; done is called. NULL is fine. */
void http_stream_drop(struct http_stream *stream);
/* There is something to pull. From any thread, until done was called. */
void http_stream_wake(struct http_stream *stream);

/* The layer's own refusals (400, 404, 405, 413, 500, 503) made pretty; may do nothing. */
typedef void (*http_problem)(
    struct http_request *rq, int status, struct http_answer *answer, void *arg);

/* Called once per answered request, for counting and logs (use rq->route). */
typedef void (*http_served)(const struct http_request *rq, int status, uint64_t took_ns, void *arg);

struct http_options {
	const char *const *addresses; /* "127.0.0.1:8080", "[::1]:8080"; port 0: any */
	size_t address_count;
	const int *sockets; /* bound and listening; the server's on success */
	size_t socket_count;
	const struct http_route *routes; /* must outlive the server */
	size_t route_count;
	const struct http_header *headers; /* put on every answer; must outlive the server */
	size_t header_count;
	const char *const *trusted_proxies; /* "10.0.0.0/8", "::1": may say who the client is */
	size_t proxy_count;
	bool tls; /* TCP listeners speak TLS, with the certificate of tls_open() */
	http_problem problem;
	void *problem_arg;
	http_served served;
	void *served_arg;
	int threads; /* for each TCP listener; 0: 2. A unix socket has one */
	int max_connections; /* for each listener; 0: 1024 */
	int max_per_address; /* connections of one address or /64; 0: 64; proxies exempt */
	size_t max_head; /* request line and headers; 0: 16 KiB */
	size_t max_body; /* 0: 64 KiB */
	int max_streams; /* answers in pieces at once; 0: half of max_connections */
	span_ms deadline; /* 0: 20 s */
	span_ms beat; /* 0: 15 s */
};

/*
 * Start serving. ERR_INVALID for an address, proxy or path that cannot be
 * read, ERR_BUSY when an address is in use, ERR_DENIED when we may not bind
 * it, ERR_IO otherwise. *out is untouched on failure.
 */
int http_server_start(
    const struct http_options *options, struct http_server **out, struct err *err) MUST_USE;

/* The port of the nth listener (addresses first, then sockets); 0 for a unix socket. */
int http_server_port(const struct http_server *server, size_t n);

/*
 * Take no more connections, let the open requests end for at most drain
 * milliseconds, answer what is still held with 503, stop and free. NULL is fine.
 */
void http_server_stop(struct http_server *server, span_ms drain);

/*
 * A listening unix socket at path with these permission bits. A socket file
 * that nobody listens on is replaced; ERR_BUSY when somebody does.
 */
int http_unix_socket(const char *path, mode_t mode, int *out, struct err *err) MUST_USE;
