/* http_call: one request as libcurl wants it, and what came back. */
#include <assent/base/certificate.h>
#include <assent/base/num.h>
#include <assent/base/version.h>

#include "net/http_client_priv.h"

#include <arpa/inet.h>
#include <string.h>

#define HEAD_MAX ((size_t)64 << 10) /* libcurl keeps all header lines it was sent */
#define RETRY_MOST (30 * MS_DAY)
#define IDLE_MOST 3600L /* seconds a connection is kept; a server that wants less ends it */
#define KEEP_ALIVE 30L /* seconds without a word before the other end is asked, and again */

void
call_fail(struct http_call *call, int code, const char *why)
{
	call->rc = err_set(&call->err, code, "%s", why);
}

/* --- what may be asked ------------------------------------------------------ */

static bool
is_loopback(const char *host)
{
	struct in_addr address;

	/* Not by its first letters: 127.example.com is anybody's. */
	if (inet_pton(AF_INET, host, &address) == 1)
		return ntohl(address.s_addr) >> 24 == 127;
	return text_is_nocase(host, "localhost") || text_is(host, "[::1]");
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool
has_line_break(const char *text)
{
	return text[strcspn(text, "\r\n")] != '\0';
}

/* A part of a url, "" without one; curl_free() it. */
static char *
url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

struct target {
	bool is_plain; /* http */
	bool is_near; /* loopback */
	bool has_user;
	char host[256];
};

static bool
read_target(const char *text, struct target *out)
{
	CURLU *url = curl_url();
	char *scheme, *host, *user;
	bool known = url != NULL && is_printable(text) &&
	    curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK;

	scheme = known ? url_part(url, CURLUPART_SCHEME) : NULL;
	host = known ? url_part(url, CURLUPART_HOST) : NULL;
	user = known ? url_part(url, CURLUPART_USER) : NULL;
	known = scheme != NULL && host != NULL && strlen(host) < sizeof(out->host) &&
	    (text_is_nocase(scheme, "http") || text_is_nocase(scheme, "https"));
	if (known) {
		*out = (struct target){
			.is_plain = text_is_nocase(scheme, "http"),
			.is_near = is_loopback(host),
			.has_user = user != NULL,
		};
		memcpy(out->host, host, strlen(host) + 1);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(url);
	return known;
}

static bool
may_ask(struct ride *ride, struct target *target)
{
	struct http_call *call = ride->call;

	for (size_t i = 0; i < call->header_count; i++)
		if (has_line_break(call->headers[i])) {
			call_fail(call, ERR_INVALID, "a header of the request has a line break");
			return false;
		}
	if (!is_printable(call->method) || !read_target(call->url, target))
		call_fail(call, ERR_INVALID, "the url is no http or https address");
	else if (target->has_user)
		call_fail(call, ERR_INVALID, "the url holds a user name");
	else if (target->is_plain && !target->is_near && !ride->options->allow_http)
		call_fail(
		    call, ERR_INVALID, "plain http is for servers on this machine only; use https");
	else
		return true;
	return false;
}

/* --- what comes back -------------------------------------------------------- */

static bool
is_streamed(const struct ride *ride)
{
	long status = 0;

	if (ride->call->piece == NULL)
		return false;
	curl_easy_getinfo(ride->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static size_t
take_piece(struct ride *ride, const char *bytes, size_t n)
{
	const struct http_call *call = ride->call;

	ride->piece_bytes += n;
	ride->is_long = ride->piece_bytes > call->max_answer;
	ride->is_refused = !ride->is_long && !call->piece(call->piece_arg, bytes, n);
	return ride->is_long || ride->is_refused ? 0 : n;
}

static size_t
take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct ride *ride = arg;
	struct str *answer = &ride->call->answer;

	if (size * n == 0)
		return 0;
	if (is_streamed(ride))
		return take_piece(ride, bytes, size * n);
	str_add_n(answer, bytes, size * n);
	ride->is_long = str_overflowed(answer);
	return ride->is_long ? 0 : size * n;
}

static size_t
take_head(char *bytes, size_t size, size_t n, void *arg)
{
	struct ride *ride = arg;

	(void)bytes;
	ride->head_bytes += size * n;
	ride->is_long = ride->head_bytes > HEAD_MAX;
	return ride->is_long ? 0 : size * n;
}

static const char *
answer_header(CURL *easy, const char *name)
{
	struct curl_header *header;

	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
	    ? header->value
	    : NULL;
}

/*
 * RFC 9110 section 10.2.3: seconds, or a date. The date is read against the
 * answer's own Date, so that the server's clock need not agree with ours.
 */
static span_ms
retry_after(CURL *easy)
{
	const char *value = answer_header(easy, "Retry-After");
	const char *date = answer_header(easy, "Date");
	time_t then, base;
	int64_t seconds;

	if (value == NULL)
		return -1;
	if (num_parse(value, &seconds))
		;
	else if ((then = curl_getdate(value, NULL)) >= 0 && date != NULL &&
	    (base = curl_getdate(date, NULL)) >= 0)
		seconds = then > base ? then - base : 0;
	else
		return -1;
	if (seconds < 0)
		return -1;
	return seconds > RETRY_MOST / MS_SECOND ? RETRY_MOST : seconds * MS_SECOND;
}

/* --- the handle ------------------------------------------------------------- */

static void
set_method(CURL *easy, const struct http_call *call)
{
	bool sends = call->body != NULL || text_is(call->method, "POST");

	if (text_is(call->method, "HEAD"))
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (sends) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)(call->body != NULL ? call->body_len : 0));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body != NULL ? call->body : "");
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void
set_headers(struct ride *ride)
{
	const struct http_call *call = ride->call;

	/* Waiting for a "100 Continue" that nobody sends costs a second. */
	ride->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; i < call->header_count; i++)
		ride->headers = curl_slist_append(ride->headers, call->headers[i]);
	curl_easy_setopt(ride->easy, CURLOPT_HTTPHEADER, ride->headers);
}

static void
set_limits(struct ride *ride, const struct target *target, span_ms span)
{
	CURL *easy = ride->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)span);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, target->is_plain ? "http" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)ride->call->max_answer);
	/* Elsewhere the usual https_proxy is honoured; nobody needs one to reach this machine. */
	if (target->is_near)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void
set_security(struct ride *ride)
{
	const char *authorities = authorities_file(ride->options->ca_file);
	CURL *easy = ride->easy;

	if (authorities[0] != '\0') {
		curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

/* A connection costs the one thread milliseconds: few of them, for long, and alive. */
static void
set_connection(CURL *easy, const struct target *target)
{
	/* Calls at once take one where the server speaks HTTP/2: the others wait to know. */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, target->is_plain ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MOST);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEP_ALIVE);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEP_ALIVE);
}

bool
ride_begin(struct ride *ride, span_ms span)
{
	struct http_call *call = ride->call;
	struct target target = { 0 };

	if (!may_ask(ride, &target))
		return false;
	ride->easy = curl_easy_init();
	if (ride->easy == NULL) {
		call_fail(call, ERR_BUSY, "libcurl has no handle for a request");
		return false;
	}
	curl_easy_setopt(ride->easy, CURLOPT_PRIVATE, ride);
	curl_easy_setopt(ride->easy, CURLOPT_URL, call->url);
	curl_easy_setopt(ride->easy, CURLOPT_USERAGENT, "assentd/" ASSENT_VERSION);
	curl_easy_setopt(ride->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(ride->easy, CURLOPT_WRITEDATA, ride);
	curl_easy_setopt(ride->easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(ride->easy, CURLOPT_HEADERDATA, ride);
	set_method(ride->easy, call);
	set_headers(ride);
	set_limits(ride, &target, span);
	set_security(ride);
	set_connection(ride->easy, &target);
	return true;
}

static void
say_failure(const struct ride *ride, CURLcode code)
{
	struct http_call *call = ride->call;
	struct target target = { .host = "the server" };

	read_target(call->url, &target);
	if (ride->is_long || code == CURLE_FILESIZE_EXCEEDED)
		call->rc = err_set(&call->err, ERR_LIMIT, "%s: the answer is larger than %zu bytes",
		    target.host, call->max_answer);
	else if (ride->is_refused)
		call->rc =
		    err_set(&call->err, ERR_LIMIT, "%s: the rest is not wanted", target.host);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		call->rc = err_set(&call->err, ERR_BUSY, "%s: no answer in time", target.host);
	else
		call->rc =
		    err_set(&call->err, ERR_PEER, "%s: %s", target.host, curl_easy_strerror(code));
}

void
ride_end(struct ride *ride, CURLcode code)
{
	struct http_call *call = ride->call;
	long status = 0;

	curl_easy_getinfo(ride->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK) {
		call->rc = 0;
		call->status = (int)status;
		call->retry_after = retry_after(ride->easy);
	} else {
		say_failure(ride, code);
		call->status = call->rc == ERR_LIMIT ? (int)status : 0;
	}
	curl_easy_cleanup(ride->easy);
	curl_slist_free_all(ride->headers);
	ride->easy = NULL;
	ride->headers = NULL;
}
