#include "syntax_priv.h"

#include <assent/base/num.h>
#include <assent/base/utf8.h>

#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

#define LABEL_MAX 63
#define LOCAL_MAX 64

static bool
is_letter_or_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* text is in lower-case ASCII form here. */
static const char *
labels_fault(const char *text)
{
	size_t label = 0;

	if (strlen(text) > 253)
		return "is longer than 253 characters";
	for (const char *p = text;; p++) {
		if (*p == '.' || *p == '\0') {
			if (label == 0)
				return "has an empty part between its dots";
			if (label > LABEL_MAX)
				return "has a part of more than 63 characters";
			if (p[-1] == '-' || p[-(ptrdiff_t)label] == '-')
				return "has a part that starts or ends with '-'";
			if (*p == '\0')
				return NULL;
			label = 0;
		} else if (is_letter_or_digit((unsigned char)*p) || *p == '-') {
			label++;
		} else {
			return "has a character that no domain has";
		}
	}
}

/* A whole number as the last part is an IPv4 address or a slip, never a domain. */
static bool
ends_in_number(const char *text)
{
	const char *dot = strrchr(text, '.');
	const char *last = dot ? dot + 1 : text;

	return last[strspn(last, "0123456789")] == '\0';
}

const char *
domain_fault(const char *text, struct arena *arena, const char **out)
{
	char *ascii = NULL;
	const char *fault;

	if (!*text)
		return "is empty";
	if (strlen(text) > 1000)
		return "is longer than 253 characters";
	if (idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return "is not a domain name";
	text_lower(ascii);
	fault = labels_fault(ascii);
	if (!fault && !strchr(ascii, '.') && !text_is(ascii, "localhost"))
		fault = "has no dot";
	if (!fault && ends_in_number(ascii))
		fault = "ends in a number";
	if (!fault)
		*out = arena_dup(arena, ascii);
	idn2_free(ascii);
	return fault;
}

static bool
is_atext(unsigned char c)
{
	return c >= 0x80 || is_letter_or_digit(c) || (c >= 'A' && c <= 'Z') ||
	    (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static const char *
local_fault(const char *text, size_t n)
{
	if (n == 0)
		return "has nothing before the '@'";
	if (n > LOCAL_MAX)
		return "has more than 64 bytes before the '@'";
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '.') {
			if (i == 0 || i + 1 == n || text[i + 1] == '.')
				return "has a misplaced dot before the '@'";
		} else if (!is_atext((unsigned char)text[i])) {
			return "is not a plain address like name@example.com";
		}
	}
	return NULL;
}

const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at ? at + 1 : "";
}

const char *
address_fault(const char *text, struct arena *arena, const char **out)
{
	const char *at = strrchr(text, '@');
	const char *domain, *fault;

	if (!at)
		return "has no '@'";
	fault = local_fault(text, (size_t)(at - text));
	if (fault)
		return fault;
	if (!at[1])
		return "has nothing after the '@'";
	fault = domain_fault(at + 1, arena, &domain);
	if (fault)
		return arena_printf(arena, "has a domain that %s", fault);
	if ((size_t)(at - text) + 1 + strlen(domain) > ADDRESS_MAX)
		return "is longer than 254 bytes";
	*out = arena_printf(arena, "%.*s@%s", (int)(at - text), text, domain);
	return NULL;
}

const char *
name_fault(const char *text)
{
	if (!*text)
		return "is empty";
	if (strlen(text) > 64)
		return "is longer than 64 characters";
	for (const char *p = text; *p; p++)
		if (!is_letter_or_digit((unsigned char)*p) && (p == text || !strchr("-_", *p)))
			return "may hold lower-case letters, digits, '-' and '_' only";
	return NULL;
}

static bool
is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (text_is_nocase(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool
is_ip(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* Cut "host", "host:port" or "[v6]:port"; *port is NULL when there is none. */
static bool
cut_port(char *text, char **host, char **port)
{
	char *colon;

	*host = text;
	*port = NULL;
	if (*text == '[') {
		char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		*host = text + 1;
		*port = end[1] ? end + 2 : NULL;
		*end = '\0';
		return strchr(*host, ':') != NULL;
	}
	colon = strrchr(text, ':');
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return strchr(text, ':') == NULL;
}

static const char *
url_rest_fault(const char *rest)
{
	if (strpbrk(rest, "?#"))
		return "must not hold '?' or '#'";
	for (const char *p = rest; *p; p++)
		if (!is_letter_or_digit((unsigned char)*p) && !(*p >= 'A' && *p <= 'Z') &&
		    !strchr("/-._~%", *p))
			return "holds a character that must not stand in its path";
	return NULL;
}

static const char *
url_host_fault(char *authority, bool secure, struct arena *arena)
{
	const char *ignored, *fault;
	char *host, *port;
	int64_t number;

	if (strchr(authority, '@'))
		return "must not hold a user name";
	if (!cut_port(authority, &host, &port) || !*host)
		return "has no host";
	if (port && !num_parse_within(port, 1, 65535, &number))
		return "has a port that is not between 1 and 65535";
	fault = is_ip(host) ? NULL : domain_fault(host, arena, &ignored);
	if (fault)
		return arena_printf(arena, "has a host that %s", fault);
	if (!secure && !is_loopback(host))
		return "must start with https:// (http:// is for loopback only)";
	return NULL;
}

const char *
url_fault(const char *text, struct arena *arena, const char **out)
{
	bool secure = text_starts(text, "https://");
	char *url = arena_dup(arena, text);
	char *authority = url + strlen(secure ? "https://" : "http://");
	const char *fault;
	size_t len = strlen(url);

	if (!secure && !text_starts(text, "http://"))
		return "must start with https://";
	if (len > 200)
		return "is longer than 200 characters";
	while (len > (size_t)(authority - url) && url[len - 1] == '/')
		url[--len] = '\0';
	fault = url_rest_fault(authority + strcspn(authority, "/?#"));
	if (fault)
		return fault;
	authority = arena_dup_n(arena, authority, strcspn(authority, "/"));
	fault = url_host_fault(authority, secure, arena);
	if (!fault)
		*out = url;
	return fault;
}

const char *
query_fault(const char *text)
{
	for (const char *p = text + 1; *p; p++)
		if (!is_letter_or_digit((unsigned char)*p) && !(*p >= 'A' && *p <= 'Z') &&
		    !strchr("-._~%=&", *p))
			return "holds a character that must not stand behind its '?'";
	return strlen(text) > 200 ? "is longer than 200 characters behind its '?'" : NULL;
}

const char *
listen_fault(const char *text, struct arena *arena, struct listen_address *out)
{
	char *host, *port;
	int64_t number;
	struct in6_addr v6;
	struct in_addr v4;

	if (!cut_port(arena_dup(arena, text), &host, &port) || !port)
		return "is not like 127.0.0.1:8025 or [::1]:8025";
	if (!num_parse_within(port, 0, 65535, &number))
		return "has a port that is not between 0 and 65535";
	if (text_is(host, "localhost"))
		host = arena_dup(arena, "127.0.0.1");
	out->ipv6 = inet_pton(AF_INET6, host, &v6) == 1;
	if (!out->ipv6 && inet_pton(AF_INET, host, &v4) != 1)
		return "has no numeric address; write 0.0.0.0 for every interface";
	out->host = host;
	out->port = (uint16_t)number;
	return NULL;
}

/* Bits behind the prefix must be zero, else the line does not mean what it shows. */
static bool
is_clean_prefix(const struct ip_range *range)
{
	for (unsigned bit = range->bits; bit < range->length * 8u; bit++)
		if (range->address[bit / 8] & (0x80u >> (bit % 8)))
			return false;
	return true;
}

const char *
range_fault(const char *text, struct ip_range *out)
{
	char host[64];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	int64_t bits;

	if (n >= sizeof(host))
		return "is not an IP address";
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, out->address) == 1)
		out->length = 4;
	else if (inet_pton(AF_INET6, host, out->address) == 1)
		out->length = 16;
	else
		return "is not an IP address or a range like 10.0.0.0/8";
	bits = out->length * 8;
	if (slash && !num_parse_within(slash + 1, 0, bits, &bits))
		return "has a prefix length that does not fit the address";
	out->bits = (uint8_t)bits;
	return is_clean_prefix(out) ? NULL : "has bits set behind its prefix length";
}
