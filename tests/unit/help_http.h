#pragma once
/*
 * help_http: a server of the test's own, and a client of raw sockets, so that
 * a test may send what no library would.
 */
#include <assent/base/str.h>
#include <assent/net/http.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* struct http_options of a site of these routes, on any port: SITE(routes, .deadline = 100). */
#define SITE(table, ...) \
	((struct http_options){ .addresses = site_address, \
	    .address_count = 1, \
	    .routes = (table), \
	    .route_count = ARRAY_LEN(table), \
	    __VA_ARGS__ })
extern const char *const site_address[1];

/* A server that must start. */
struct http_server *site_start(struct http_options options);

struct reply {
	int status; /* 0: the connection ended without an answer */
	char *head; /* status line and headers */
	char *body;
	size_t body_len;
};

int client_tcp(int port);
int client_of(const struct http_server *server);
int client_unix(const char *path);
void client_send(int fd, const char *text); /* a failing write is not an error */
bool client_try_send(int fd, const void *bytes, size_t n);
struct reply client_read(int fd, bool head); /* head: the answer has no body */
struct reply client_ask(int port, const char *request); /* on a connection of its own */
void client_expect(int fd, int status, const char *body); /* is what comes; NULL: any body */
bool client_is_closed(int fd); /* waits for the end of the stream */
void client_read_all(int fd, struct str *out); /* to the end of the stream */
void reply_done(struct reply *reply);
const char *reply_header(const struct reply *reply, const char *name); /* static buffer */
