#pragma once
/*
 * http_priv: what the files of the server share.
 *
 * server > listener > conn > work. A conn lives as long as libmicrohttpd's
 * connection, a work as long as one request; a conn keeps its work for the
 * next request unless somebody still holds it. Everything of a conn belongs to
 * its libmicrohttpd thread, except phase and since, which the sweeper reads.
 */
#include <assent/net/http.h>

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_LISTENERS_MAX 16
#define HTTP_SPARE_BODY ((size_t)64 * 1024) /* a longer body's memory is not kept */
#define HTTP_SPARE_PAGE ((size_t)64 * 1024)
#define HTTP_PAGE_MAX ((size_t)16 << 20)
#define HTTP_ARENA_MAX ((size_t)256 << 20)
#define HTTP_DISCARD_MAX ((size_t)1 << 20) /* read past the cap so that a 413 arrives */
#define HTTP_ADDRESS_MAX INET6_ADDRSTRLEN

/* An IPv4 (also when mapped into IPv6) or IPv6 address. */
struct http_ip {
	int family; /* AF_INET, AF_INET6, AF_UNIX or 0 */
	uint8_t bytes[16];
};

struct http_prefix {
	struct http_ip ip;
	int bits;
};

enum phase {
	PHASE_IDLE, /* accepted or answered, nothing of a request seen */
	PHASE_READING, /* a request line came */
	PHASE_WORKING, /* the handler, or who holds the request, has it */
	PHASE_SENDING,
};

struct conn {
	struct conn *next, *before;
	struct listener *listener;
	struct MHD_Connection *mhd;
	int fd;
	struct http_ip ip;
	char peer[HTTP_ADDRESS_MAX], key[HTTP_ADDRESS_MAX];
	pid_t pid;
	uid_t uid;
	gid_t gid;
	atomic_int phase;
	_Atomic uint64_t since_ns;
	uint64_t answered; /* requests so far */
	int status; /* of the answer under way */
	bool suspended; /* only its own thread sets and reads it */
	struct work *work;
	struct http_stream *stream; /* being sent (server->conn_lock) */
};

/*
 * Its conn's thread alone pulls. Who wakes it, and the sweeper, set what it
 * finds at its next turn; suspended says whether it has to be called for that.
 */
struct http_stream {
	struct http_server *server;
	struct conn *conn; /* NULL before its answer (conn_lock) */
	struct http_source source;
	pthread_mutex_t lock; /* guards the rest; taken behind conn_lock */
	bool suspended;
	bool woken, beat_due, gone, ending;
	uint64_t sent_ns; /* the last piece */
};

enum work_state {
	WORK_NEW,
	WORK_READING,
	WORK_REFUSED, /* read to the end, then answer with work->refusal */
	WORK_HELD,
	WORK_ANSWERED,
	WORK_LATE, /* nobody answered in time: work->late does */
};

struct work {
	struct http_request rq; /* first: one is the other */
	struct conn *conn; /* NULL once the server gave up waiting (server->held_lock) */
	struct http_server *server;
	struct work *next_held, **held_at;
	atomic_int refs; /* the conn's and the holder's */
	enum work_state state;
	int refusal;
	uint64_t began_ns;
	const char *uri; /* as sent */
	size_t max_body, discarded;
	struct str body, page;
	struct form form, query;
	bool form_read, query_read;
	struct err form_err;
	const struct http_route *found;
	const char *allow;
	struct http_answer answer;
	http_finish finish; /* makes the answer; NULL when it is made */
	void *finish_arg;
	http_finish late; /* makes it when until_ns has passed; NULL: no limit (held_lock) */
	void *late_arg;
	uint64_t until_ns;
	uint64_t streamed_ns; /* when an answer in pieces began; 0: none did */
};

struct listener {
	struct http_server *server;
	struct MHD_Daemon *mhd;
	int fd, port;
	bool is_unix, is_tls;
};

struct http_server {
	struct http_options options; /* with defaults filled in */
	struct http_prefix *proxies;
	struct listener listeners[HTTP_LISTENERS_MAX];
	size_t listener_count;
	atomic_int refs; /* its own and one for each held request */
	atomic_bool stopping;
	atomic_int streams;

	pthread_mutex_t conn_lock; /* guards the next three */
	pthread_cond_t conn_changed;
	struct conn *conns;
	bool swept_out; /* the sweeper ends */

	pthread_mutex_t held_lock; /* guards the next two and work->conn */
	struct work *held;
	bool held_closed; /* nobody waits any more */
	pthread_t sweeper;
	bool sweeper_runs;
};

/* http_listen.c */
int http_listen_tcp(const char *address, int *out, struct err *err) MUST_USE;
int http_socket_port(int fd);

/* http_peer.c */
bool http_ip_parse(const char *text, struct http_ip *out) MUST_USE;
void http_ip_from_sockaddr(const struct sockaddr *sa, struct http_ip *out);
void http_ip_text(const struct http_ip *ip, char out[HTTP_ADDRESS_MAX]);
void http_ip_limit_key(const struct http_ip *ip, struct http_ip *out); /* its /64 */
bool http_ip_same(const struct http_ip *a, const struct http_ip *b);
int http_prefix_parse(const char *text, struct http_prefix *out, struct err *err) MUST_USE;
bool http_is_proxy(const struct http_server *server, const struct http_ip *ip);
/* Fill in rq->peer, peer_key and https from the connection and its proxies' words. */
void http_peer_set(struct work *work);

/* http_conn.c */
enum MHD_Result http_conn_accept(void *listener, const struct sockaddr *sa, socklen_t len);
void http_conn_notify(void *listener, struct MHD_Connection *mhd, void **slot,
    enum MHD_ConnectionNotificationCode code);
struct conn *http_conn_of(struct MHD_Connection *mhd);
void http_conn_phase(struct conn *conn, enum phase phase);
int http_sweeper_start(struct http_server *server, struct err *err) MUST_USE;
void http_sweeper_stop(struct http_server *server);
void http_conns_hang_up_idle(struct http_server *server);
/* Wait until every conn is idle or span has passed. */
void http_conns_drain(struct http_server *server, span_ms span);

/* http_work.c */
struct work *http_work_begin(struct conn *conn, const char *uri);
void http_work_end(struct conn *conn); /* after an answer: kept for the next request */
void http_work_drop(struct conn *conn); /* the conn dies */
/* Make the answer, if somebody promised to (http_answer_by()). */
void http_work_finish(struct work *work);
/* WORK_ANSWERED, WORK_LATE, or WORK_HELD when the server gave up. */
enum work_state http_held_state(struct work *work);
void http_held_give_up(struct http_server *server);
/* Let go of those whose time is over. */
void http_held_sweep(struct http_server *server, uint64_t now_ns);
void http_server_unref(struct http_server *server);

/* http_route.c */
/* Decode the path and find work->found; 0 or the status of the refusal (400, 404, 405). */
int http_route_find(struct work *work, const char *method);
int http_routes_check(const struct http_options *options, struct err *err) MUST_USE;

/* http_head.c */
/* Judge the head of a request; 0 or the status of the refusal (400, 404, 405, 413). */
int http_head_read(struct work *work, const char *method, const char *version);

/* http_read.c: libmicrohttpd's callbacks */
void *http_read_uri(void *listener, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_read(void *listener, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **slot);
void http_read_done(
    void *listener, struct MHD_Connection *mhd, void **slot, enum MHD_RequestTerminationCode code);

/* http_answer.c */
enum MHD_Result http_answer_queue(struct conn *conn, const struct http_answer *answer);
void http_answer_problem(struct work *work, int status);

/* http_stream.c */
struct MHD_Response *http_stream_response(struct http_stream *stream);
/* conn is about to send it, and when the conn ends first. */
void http_stream_begin(struct http_stream *stream, struct conn *conn);
void http_stream_detach(struct conn *conn); /* under conn_lock */
void http_stream_sweep(struct conn *conn, uint64_t now_ns); /* under conn_lock */
void http_streams_end(struct http_server *server);
