#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "help_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a small site ----------------------------------------------------------- */

static enum http_when
hello(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, "hello\n");
	http_answer_header(answer, "Cache-Control", "max-age=5");
	return HTTP_NOW;
}

/* Everything a handler can know, as text. */
static enum http_when
mirror(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const char *q = http_query(rq, "q"), *h = http_header(rq, "X-Test");

	str_addf(rq->page, "%s %s segment=%s route=%s query=%s q=%s header=%s peer=%s key=%s%s",
	    rq->method, rq->path, rq->segment ? rq->segment : "-", rq->route, rq->query,
	    q ? q : "-", h ? h : "-", rq->peer, rq->peer_key, rq->https ? " https" : "");
	http_answer_page(answer, rq, 200, "text/plain; charset=utf-8");
	return HTTP_NOW;
}

static enum http_when
form(struct http_request *rq, struct http_answer *answer, void *arg)
{
	const struct form *fields;
	struct err err;

	if (http_form(rq, &fields, &err) < 0) {
		http_answer_text(answer, 422, arena_dup(rq->arena, err.text));
		return HTTP_NOW;
	}
	str_addf(rq->page, "%zu:%s", fields->count,
	    form_get(fields, "decision") ? form_get(fields, "decision") : "-");
	http_answer_page(answer, rq, 200, "text/plain");
	return HTTP_NOW;
}

static enum http_when
length(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, arena_printf(rq->arena, "%zu", rq->body_len));
	return HTTP_NOW;
}

static enum http_when
both(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, arena_printf(rq->arena, "%s+%s", rq->segment, rq->second));
	return HTTP_NOW;
}

static enum http_when
broken(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200, "x");
	http_answer_header(answer, "X-Bad", "a\r\nSet-Cookie: b");
	return HTTP_NOW;
}

static enum http_when
silent(struct http_request *rq, struct http_answer *answer, void *arg)
{
	return HTTP_NOW;
}

static enum http_when
who(struct http_request *rq, struct http_answer *answer, void *arg)
{
	http_answer_text(answer, 200,
	    arena_printf(
		rq->arena, "%d %d %d %s", rq->over_unix, (int)rq->pid, (int)rq->uid, rq->peer_key));
	return HTTP_NOW;
}

/* clang-format off */
static const struct http_route routes[] = {
	{ "GET",	"/",		hello,	NULL, 0 },
	{ "GET",	"/a/{}",	mirror,	NULL, 0 },
	{ "POST",	"/a/{}",	form,	NULL, 0 },
	{ "GET",	"/a/{}/b",	mirror,	NULL, 0 },
	{ "GET",	"/t/{}/of/{}",	both,	NULL, 0 },
	{ "GET",	"/t/{}/of/{}/b", both,	NULL, 0 },
	{ "POST",	"/length",	length,	NULL, 0 },
	{ "POST",	"/large",	length,	NULL, 3 << 20 },
	{ "GET",	"/broken",	broken,	NULL, 0 },
	{ "GET",	"/silent",	silent,	NULL, 0 },
	{ "GET",	"/who",		who,	NULL, 0 },
};
static const struct http_header headers[] = {
	{ "X-Content-Type-Options",	"nosniff" },
	{ "Cache-Control",		"no-store" },
};
/* clang-format on */

static struct http_options
options(void)
{
	return SITE(
	    routes, .headers = headers, .header_count = ARRAY_LEN(headers), .max_body = 1000);
}

static void
expect(int port, const char *request, int status, const char *body)
{
	struct reply reply = client_ask(port, request);

	if (reply.status != status || (body && strcmp(reply.body, body) != 0))
		print_error("%s\n→ %d %s\n", request, reply.status, reply.body);
	assert_int_equal(reply.status, status);
	if (body)
		assert_string_equal(reply.body, body);
	reply_done(&reply);
}

/* --- routing ---------------------------------------------------------------- */

#define MIRROR(path, segment, route, query, q) \
	"GET " path " segment=" segment " route=" route " query=" query " q=" q \
	" header=- peer=127.0.0.1 key=127.0.0.1"

/* clang-format off */
static const struct {
	const char *request;
	int status;
	const char *body;
} routed[] = {
	{ GET("/"), 200, "hello\n" },
	{ GET("/a/tok"), 200, MIRROR("/a/tok", "tok", "/a/{}", "", "-") },
	{ GET("/a/t%6Fk"), 200, MIRROR("/a/tok", "tok", "/a/{}", "", "-") },
	{ GET("/a/tok/b"), 200, MIRROR("/a/tok/b", "tok", "/a/{}/b", "", "-") },
	{ GET("/a/tok?q=1+2"), 200, MIRROR("/a/tok", "tok", "/a/{}", "q=1+2", "1 2") },
	{ GET("/a/tok?q=%zz"), 200, MIRROR("/a/tok", "tok", "/a/{}", "q=%zz", "-") },
	{ GET("/a/tok?utm&q=1"), 200, MIRROR("/a/tok", "tok", "/a/{}", "utm&q=1", "-") },
	{ GET("/t/x/of/y"), 200, "x+y" },
	{ GET("/t/x/of/of/b"), 200, "x+of" },
	{ GET("/t/x/of/"), 404, NULL },
	{ GET("/t//of/y"), 404, NULL },
	{ GET("/t/x/y/of/z"), 404, NULL },
	{ GET("/t/x"), 404, NULL },
	{ GET("/a/"), 404, NULL },
	{ GET("/a/tok/"), 404, NULL },
	{ GET("/a//b"), 404, NULL },
	{ GET("/a/x/y/b"), 404, NULL },
	{ GET("/nothing"), 404, NULL },
	{ GET("//"), 404, NULL },
	{ GET("/a/../a/tok"), 404, NULL },
	{ GET("/a/x%2Fb"), 400, NULL },
	{ GET("/a/%00"), 400, NULL },
	{ GET("/a/%0d%0a"), 400, NULL },
	{ GET("/a/%"), 400, NULL },
	{ GET("/a/%g1"), 400, NULL },
	{ GET("/a/%ff"), 400, NULL },
	{ GET("http://x/a/tok"), 400, NULL },
	{ GET("/a/x#frag"), 400, NULL },
	{ GET("/broken"), 500, NULL },
	{ GET("/silent"), 500, NULL },
	{ "DELETE /a/tok HTTP/1.1\r\nHost: x\r\n\r\n", 405, NULL },
	{ "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 405, NULL },
	{ "get / HTTP/1.1\r\nHost: x\r\n\r\n", 405, NULL },
	{ "GET / HTTP/1.1\r\n\r\n", 400, NULL },
};
/* clang-format on */

static void
a_request_finds_its_route(void **state)
{
	struct http_server *server = site_start(options());
	size_t i;

	for (i = 0; i < ARRAY_LEN(routed); i++)
		expect(http_server_port(server, 0), routed[i].request, routed[i].status,
		    routed[i].body);
	http_server_stop(server, 0);
}

static void
a_wrong_method_is_told_the_right_ones(void **state)
{
	struct http_server *server = site_start(options());
	struct reply reply =
	    client_ask(http_server_port(server, 0), "PUT /a/tok HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_int_equal(reply.status, 405);
	assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD, POST");
	reply_done(&reply);
	http_server_stop(server, 0);
}

static void
head_is_answered_as_get_without_the_body(void **state)
{
	struct http_server *server = site_start(options());
	int fd = client_of(server);
	struct reply reply;

	client_send(fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	reply = client_read(fd, true);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Content-Length"), "6");
	reply_done(&reply);
	/* Had a body been sent, it would stand before this answer. */
	client_send(fd, GET("/"));
	reply = client_read(fd, false);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "hello\n");
	reply_done(&reply);
	close(fd);
	http_server_stop(server, 0);
}

static void
every_answer_carries_the_fixed_headers(void **state)
{
	static const char *const requests[] = { GET("/a/x"), GET("/none"), GET("/silent"),
		"PUT / HTTP/1.1\r\nHost: x\r\n\r\n" };
	struct http_server *server = site_start(options());
	struct reply reply;
	size_t i;

	for (i = 0; i < ARRAY_LEN(requests); i++) {
		reply = client_ask(http_server_port(server, 0), requests[i]);
		assert_string_equal(reply_header(&reply, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
		reply_done(&reply);
	}
	reply = client_ask(http_server_port(server, 0), GET("/"));
	assert_string_equal(reply_header(&reply, "Cache-Control"), "max-age=5");
	assert_null(strstr(reply.head, "no-store"));
	reply_done(&reply);
	http_server_stop(server, 0);
}

static void
a_connection_serves_many_requests_and_forgets_each(void **state)
{
	struct http_server *server = site_start(options());
	int fd = client_of(server), i;
	struct reply reply;

	for (i = 0; i < 50; i++) {
		client_send(fd,
		    "POST /a/t HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\nContent-Type: "
		    "application/x-www-form-urlencoded\r\n\r\ndecision=approve" GET("/a/u"));
		reply = client_read(fd, false);
		assert_string_equal(reply.body, "1:approve");
		reply_done(&reply);
		reply = client_read(fd, false);
		assert_string_equal(reply.body, MIRROR("/a/u", "u", "/a/{}", "", "-"));
		reply_done(&reply);
	}
	close(fd);
	http_server_stop(server, 0);
}

/* --- forms ------------------------------------------------------------------ */

#define URLENCODED "application/x-www-form-urlencoded"

/* clang-format off */
static const struct {
	const char *type, *body;
	int status;
	const char *answer;
} forms[] = {
	{ URLENCODED, "decision=approve&comment=", 200, "2:approve" },
	{ URLENCODED ";charset=UTF-8", "decision=reject", 200, "1:reject" },
	{ "Application/X-WWW-Form-urlencoded", "decision=reject", 200, "1:reject" },
	{ URLENCODED, "", 200, "0:-" },
	{ URLENCODED, "decision=approve&decision=reject", 422, "form: a field occurs twice" },
	{ URLENCODED, "decision=%8", 422, "form: an escape is cut short" },
	{ URLENCODED "x", "decision=approve", 422, "form: the Content-Type is not that of a form" },
	{ "multipart/form-data; boundary=x", "decision=approve", 422,
	    "form: the Content-Type is not that of a form" },
	{ "text/plain", "decision=approve", 422, "form: the Content-Type is not that of a form" },
};
/* clang-format on */

static void
a_form_is_read_from_the_body(void **state)
{
	struct http_server *server = site_start(options());
	struct str text = STR_INIT(4096);
	size_t i;

	for (i = 0; i < ARRAY_LEN(forms); i++) {
		str_clear(&text);
		str_addf(&text,
		    "POST /a/t HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: "
		    "%zu\r\n\r\n%s",
		    forms[i].type, strlen(forms[i].body), forms[i].body);
		expect(
		    http_server_port(server, 0), str_text(&text), forms[i].status, forms[i].answer);
	}
	str_done(&text);
	http_server_stop(server, 0);
}

static void
a_chunked_body_is_joined(void **state)
{
	struct http_server *server = site_start(options());

	expect(http_server_port(server, 0),
	    "POST /a/t HTTP/1.1\r\nHost: x\r\nContent-Type: " URLENCODED
	    "\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndecision=\r\n7\r\napprove\r\n0\r\n\r\n",
	    200, "1:approve");
	http_server_stop(server, 0);
}

/* --- who asks --------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *headers, *peer, *key;
	bool https;
} forwarded[] = {
	{ "", "127.0.0.1", "127.0.0.1", false },
	{ "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7", "192.0.2.7", false },
	{ "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n", "192.0.2.7", "192.0.2.7", true },
	{ "X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n", "192.0.2.7", "192.0.2.7", false },
	{ "X-Forwarded-For: 203.0.113.9, 10.1.2.3\r\n", "203.0.113.9", "203.0.113.9", false },
	{ "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.9.9.9\r\n", "203.0.113.9", "203.0.113.9", false },
	{ "X-Forwarded-For: 203.0.113.9, junk, 10.1.2.3\r\n", "10.1.2.3", "10.1.2.3", false },
	{ "X-Forwarded-For: 192.0.2.7:4711\r\n", "192.0.2.7", "192.0.2.7", false },
	{ "X-Forwarded-For: [2001:db8::5]:443\r\n", "2001:db8::5", "2001:db8::", false },
	{ "X-Forwarded-For: 2001:db8:1:2:3:4:5:6\r\n", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", false },
	{ "X-Forwarded-For: ::ffff:192.0.2.7\r\n", "192.0.2.7", "192.0.2.7", false },
	{ "X-Forwarded-For: \r\n", "127.0.0.1", "127.0.0.1", false },
	{ "X-Forwarded-For: ,\r\n", "127.0.0.1", "127.0.0.1", false },
};
/* clang-format on */

static void
a_trusted_proxy_says_who_the_client_is(void **state)
{
	static const char *const proxies[] = { "127.0.0.1", "10.0.0.0/8" };
	struct http_options o = options();
	struct http_server *server;
	struct str text = STR_INIT(4096), want = STR_INIT(4096);
	size_t i;

	o.trusted_proxies = proxies;
	o.proxy_count = 2;
	server = site_start(o);
	for (i = 0; i < ARRAY_LEN(forwarded); i++) {
		str_clear(&text);
		str_clear(&want);
		str_addf(&text, "GET /a/t HTTP/1.1\r\nHost: x\r\n%s\r\n", forwarded[i].headers);
		str_addf(&want,
		    "GET /a/t segment=t route=/a/{} query= q=- header=- peer=%s key=%s%s",
		    forwarded[i].peer, forwarded[i].key, forwarded[i].https ? " https" : "");
		expect(http_server_port(server, 0), str_text(&text), 200, str_text(&want));
	}
	str_done(&text);
	str_done(&want);
	http_server_stop(server, 0);
}

static void
a_stranger_is_not_believed_about_himself(void **state)
{
	static const char *const proxies[] = { "192.0.2.0/24" };
	struct http_options o = options();
	struct http_server *server;

	o.trusted_proxies = proxies;
	o.proxy_count = 1;
	server = site_start(o);
	expect(http_server_port(server, 0),
	    "GET /a/t HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 8.8.8.8\r\n"
	    "X-Forwarded-Proto: https\r\nX-Test: 1\r\n\r\n",
	    200, "GET /a/t segment=t route=/a/{} query= q=- header=1 peer=127.0.0.1 key=127.0.0.1");
	http_server_stop(server, 0);
}

static void
a_unix_socket_tells_who_connected(void **state)
{
	char dir[] = "/tmp/test-http-XXXXXX", want[64];
	struct http_options o = options();
	struct http_server *server;
	struct str path = STR_INIT(200);
	struct err err;
	struct reply reply;
	struct stat st;
	int listening, second, fd;

	assert_non_null(mkdtemp(dir));
	str_addf(&path, "%s/control", dir);
	assert_int_equal(http_unix_socket(str_text(&path), 0660, &listening, &err), 0);
	assert_int_equal(stat(str_text(&path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	o.sockets = &listening;
	o.socket_count = 1;
	server = site_start(o);
	assert_int_equal(http_server_port(server, 1), 0);
	assert_int_equal(http_unix_socket(str_text(&path), 0660, &second, &err), ERR_BUSY);

	fd = client_unix(str_text(&path));
	client_send(fd, GET("/who"));
	reply = client_read(fd, false);
	(void)snprintf(want, sizeof(want), "1 %d %d unix", (int)getpid(), (int)getuid());
	assert_string_equal(reply.body, want);
	reply_done(&reply);
	close(fd);
	expect(http_server_port(server, 0), GET("/who"), 200, "0 0 0 127.0.0.1");
	http_server_stop(server, 0);

	/* What a killed daemon leaves behind is replaced, a file is not. */
	assert_int_equal(http_unix_socket(str_text(&path), 0660, &second, &err), 0);
	close(second);
	unlink(str_text(&path));
	assert_int_equal(http_unix_socket(dir, 0660, &second, &err), ERR_INVALID);
	rmdir(dir);
	str_done(&path);
}

static void
an_address_that_cannot_be_read_is_refused(void **state)
{
	static const char *const bad[] = { "", "127.0.0.1", "localhost:80", "127.0.0.1:99999",
		"127.0.0.1:", ":80", "::1:80", "[127.0.0.1]:80", "[::1:80", "[]:80",
		"127.0.0.1:8x" };
	static const char *const proxies[] = { "10.0.0.0/33" };
	struct http_options o = options();
	struct http_server *server = NULL;
	struct err err;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		o.addresses = &bad[i];
		assert_int_equal(http_server_start(&o, &server, &err), ERR_INVALID);
	}
	o = options();
	o.trusted_proxies = proxies;
	o.proxy_count = 1;
	assert_int_equal(http_server_start(&o, &server, &err), ERR_INVALID);
	assert_null(server);
}

static void
a_pattern_that_is_no_route_is_refused(void **state)
{
	static const char *const bad[] = { "", "a/{}", "/a{}", "/a/{}b", "/a/{x}", "/a/{",
		"/{}/{}/{}" };
	struct http_options o = options();
	struct http_server *server = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct http_route route = { "GET", bad[i], hello, NULL, 0 };

		o.routes = &route;
		o.route_count = 1;
		assert_int_equal(http_server_start(&o, &server, &err), ERR_INVALID);
	}
	assert_null(server);
}

static void
a_taken_port_is_said_to_be_busy(void **state)
{
	struct http_options o = options();
	struct http_server *first = site_start(o), *second = NULL;
	char address[32];
	const char *addresses[1] = { address };
	struct err err;

	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", http_server_port(first, 0));
	o.addresses = addresses;
	assert_int_equal(http_server_start(&o, &second, &err), ERR_BUSY);
	assert_non_null(strstr(err.text, address));
	http_server_stop(first, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_finds_its_route),
		cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
		cmocka_unit_test(head_is_answered_as_get_without_the_body),
		cmocka_unit_test(every_answer_carries_the_fixed_headers),
		cmocka_unit_test(a_connection_serves_many_requests_and_forgets_each),
		cmocka_unit_test(a_form_is_read_from_the_body),
		cmocka_unit_test(a_chunked_body_is_joined),
		cmocka_unit_test(a_trusted_proxy_says_who_the_client_is),
		cmocka_unit_test(a_stranger_is_not_believed_about_himself),
		cmocka_unit_test(a_unix_socket_tells_who_connected),
		cmocka_unit_test(an_address_that_cannot_be_read_is_refused),
		cmocka_unit_test(a_pattern_that_is_no_route_is_refused),
		cmocka_unit_test(a_taken_port_is_said_to_be_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
