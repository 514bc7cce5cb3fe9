#include "http_priv.h"

#include <assent/base/num.h>

#include <arpa/inet.h>
#include <string.h>

#define FORWARDED_MAX 32 /* fields of X-Forwarded-For that are read, the last ones */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* ::ffff:192.0.2.1 is 192.0.2.1: a dual-stack socket must not open a second door. */
static void
unmap(struct http_ip *ip)
{
	if (ip->family != AF_INET6 || memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
		return;
	ip->family = AF_INET;
	memmove(ip->bytes, ip->bytes + sizeof(mapped), 4);
	memset(ip->bytes + 4, 0, 12);
}

bool
http_ip_parse(const char *text, struct http_ip *out)
{
	struct http_ip ip = { .family = AF_INET };

	if (inet_pton(AF_INET, text, ip.bytes) != 1) {
		ip.family = AF_INET6;
		if (inet_pton(AF_INET6, text, ip.bytes) != 1)
			return false;
	}
	unmap(&ip);
	*out = ip;
	return true;
}

void
http_ip_from_sockaddr(const struct sockaddr *sa, struct http_ip *out)
{
	memset(out, 0, sizeof(*out));
	out->family = sa->sa_family;
	if (sa->sa_family == AF_INET)
		memcpy(out->bytes, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(out->bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	unmap(out);
}

void
http_ip_text(const struct http_ip *ip, char out[HTTP_ADDRESS_MAX])
{
	out[0] = '\0';
	if (ip->family == AF_INET || ip->family == AF_INET6)
		(void)inet_ntop(ip->family, ip->bytes, out, HTTP_ADDRESS_MAX);
}

void
http_ip_limit_key(const struct http_ip *ip, struct http_ip *out)
{
	*out = *ip;
	if (out->family == AF_INET6)
		memset(out->bytes + 8, 0, 8);
}

bool
http_ip_same(const struct http_ip *a, const struct http_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int
http_prefix_parse(const char *text, struct http_prefix *out, struct err *err)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char address[HTTP_ADDRESS_MAX];
	struct http_prefix prefix;
	int64_t bits;

	if (n >= sizeof(address))
		return err_set(err, ERR_INVALID, "'%s' is not an address", text);
	memcpy(address, text, n);
	address[n] = '\0';
	if (!http_ip_parse(address, &prefix.ip))
		return err_set(err, ERR_INVALID,
		    "'%s' is not an address; write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32", text);
	bits = prefix.ip.family == AF_INET ? 32 : 128;
	if (slash && !num_parse_within(slash + 1, 0, bits, &bits))
		return err_set(
		    err, ERR_INVALID, "'%s': the length after '/' is out of range", text);
	prefix.bits = (int)bits;
	*out = prefix;
	return 0;
}

static bool
prefix_has(const struct http_prefix *prefix, const struct http_ip *ip)
{
	int whole = prefix->bits / 8, rest = prefix->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (prefix->ip.family != ip->family ||
	    memcmp(prefix->ip.bytes, ip->bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((prefix->ip.bytes[whole] ^ ip->bytes[whole]) & mask) == 0;
}

bool
http_is_proxy(const struct http_server *server, const struct http_ip *ip)
{
	size_t i;

	for (i = 0; i < server->options.proxy_count; i++)
		if (prefix_has(&server->proxies[i], ip))
			return true;
	return false;
}

struct forwarded {
	const char *values[FORWARDED_MAX]; /* in order */
	size_t count;
	const char *proto;
};

/* Of too many the first go: they are the client's own, the proxy's is the last. */
static void
keep_last(struct forwarded *fwd, const char *value)
{
	if (fwd->count == FORWARDED_MAX)
		memmove(fwd->values, fwd->values + 1, --fwd->count * sizeof(fwd->values[0]));
	fwd->values[fwd->count++] = value;
}

static enum MHD_Result
collect_forwarded(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct forwarded *fwd = arg;

	if (!value)
		return MHD_YES;
	if (text_is_nocase(name, "X-Forwarded-For"))
		keep_last(fwd, value);
	else if (text_is_nocase(name, "X-Forwarded-Proto"))
		fwd->proto = value;
	return MHD_YES;
}

/* One entry: an address, perhaps in brackets, perhaps with a port. */
static bool
entry_parse(const char *text, size_t n, struct http_ip *out)
{
	char buf[64], *start, *end;

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	start = text_trim(buf);
	if (*start == '[') {
		end = strchr(++start, ']');
		if (!end)
			return false;
		*end = '\0';
	} else {
		end = strchr(start, ':');
		if (end && end == strrchr(start, ':'))
			*end = '\0';
	}
	return http_ip_parse(start, out);
}

/*
 * From the right, skip our proxies; the first other address is the client.
 * What cannot be read ends the walk: further left is the client's own claim.
 */
static bool
walk_value(const struct http_server *server, const char *value, struct http_ip *ip)
{
	size_t end = strlen(value), start;
	struct http_ip next;

	for (;;) {
		for (start = end; start > 0 && value[start - 1] != ',';)
			start--;
		if (!entry_parse(value + start, end - start, &next))
			return false;
		*ip = next;
		if (!http_is_proxy(server, ip))
			return false;
		if (start == 0)
			return true;
		end = start - 1;
	}
}

static void
set_forwarded(struct work *work)
{
	struct forwarded fwd = { 0 };
	struct http_ip ip = work->conn->ip, key;
	char *text = arena_alloc(work->rq.arena, (size_t)2 * HTTP_ADDRESS_MAX);

	MHD_get_connection_values(work->conn->mhd, MHD_HEADER_KIND, collect_forwarded, &fwd);
	if (fwd.proto)
		work->rq.https = text_is_nocase(fwd.proto, "https");
	while (fwd.count > 0 && walk_value(work->server, fwd.values[fwd.count - 1], &ip))
		fwd.count--;
	http_ip_limit_key(&ip, &key);
	http_ip_text(&ip, text);
	http_ip_text(&key, text + HTTP_ADDRESS_MAX);
	work->rq.peer = text;
	work->rq.peer_key = text + HTTP_ADDRESS_MAX;
}

void
http_peer_set(struct work *work)
{
	struct conn *conn = work->conn;

	work->rq.peer = conn->peer;
	work->rq.peer_key = conn->key;
	work->rq.https = conn->listener->is_tls;
	if (work->server->options.proxy_count > 0 && http_is_proxy(work->server, &conn->ip))
		set_forwarded(work);
}
