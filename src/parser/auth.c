/*
 * Authentication-Results (RFC 8601 section 2.2) by hand. A field that cannot be
 * read to its end gives what was read before and a row that says so: an open
 * comment or quote may hide any result.
 */
#include "parser_priv.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 256
#define RANK_TORN 100 /* above each property's */

struct cursor {
	const char *at;
	bool bad;
};

static void
skip_comment(struct cursor *c)
{
	int depth = 0;

	while (*c->at) {
		char ch = *c->at++;

		if (ch == '\\' && *c->at)
			c->at++;
		else if (ch == '(')
			depth++;
		else if (ch == ')' && --depth == 0)
			return;
	}
	c->bad = true;
}

static void
skip_blank(struct cursor *c)
{
	for (;;) {
		c->at += strspn(c->at, " \t\r\n");
		if (*c->at != '(')
			return;
		skip_comment(c);
	}
}

static void
add_char(char *out, size_t *n, char ch, struct cursor *c)
{
	if (*n + 1 < WORD_MAX)
		out[(*n)++] = ch;
	else
		c->bad = true;
}

static void
take_quoted(struct cursor *c, char *out)
{
	size_t n = 0;

	for (c->at++; *c->at && *c->at != '"'; c->at++) {
		if (*c->at == '\\' && c->at[1])
			c->at++;
		/* No name and no value has a control character; one could pass for a blank. */
		if (((unsigned char)*c->at < ' ' && !strchr("\t\r\n", *c->at)) || *c->at == 0x7f)
			c->bad = true;
		add_char(out, &n, *c->at, c);
	}
	out[n] = '\0';
	if (*c->at)
		c->at++;
	else
		c->bad = true;
}

/* A word or a quoted string, up to a blank, ';', '(' or one of stop. */
static bool
take_word(struct cursor *c, const char *stop, char out[WORD_MAX])
{
	size_t n = 0;

	skip_blank(c);
	if (*c->at == '"') {
		take_quoted(c, out);
		return !c->bad;
	}
	while ((unsigned char)*c->at > ' ' && *c->at != 0x7f && !strchr(";(\"", *c->at) &&
	    !strchr(stop, *c->at))
		add_char(out, &n, *c->at++, c);
	out[n] = '\0';
	return n > 0 && !c->bad;
}

static bool
take_sign(struct cursor *c, char sign)
{
	skip_blank(c);
	if (*c->at != sign)
		return false;
	c->at++;
	return true;
}

struct result {
	char authserv_id[WORD_MAX];
	char method[WORD_MAX];
	char result[WORD_MAX];
	char domain[WORD_MAX];
	int rank; /* of the property that gave the domain */
};

static void
add_row(struct reading *r, const struct result *from)
{
	struct letter *l = r->letter;
	void *items = grow(r, &r->auth, l->auth, sizeof(*l->auth));

	if (!items)
		return;
	l->auth = items;
	l->auth[r->auth.count++] = (struct auth_result){
		.authserv_id = header_clean(r, from->authserv_id, WORD_MAX),
		.method = header_clean(r, from->method, WORD_MAX),
		.result = header_clean(r, from->result, WORD_MAX),
		.domain = header_clean(r, from->domain, WORD_MAX),
		.field = r->auth_fields,
		.received_above = r->received_all,
		.above_received = r->received == 0,
	};
	l->auth_count = r->auth.count;
}

/*
 * Each method speaks for one domain only (RFC 8601 section 2.7): a DKIM pass for
 * another's header.d says nothing about the header.from that stands beside it.
 */
static const struct {
	const char *method, *property;
	int rank;
} speaks_for[] = {
	{ "dkim", "header.i", 1 },
	{ "dkim", "header.d", 2 },
	{ "spf", "smtp.mailfrom", 1 },
	{ "dmarc", "header.from", 1 },
	{ "compauth", "header.from", 1 },
};

/* Of an address or "@domain" the domain; the better property wins. */
static void
take_domain(struct result *out, const char *property, const char *value)
{
	const char *at = strrchr(value, '@');

	for (size_t i = 0; i < ARRAY_LEN(speaks_for); i++) {
		const char *domain = at ? at + 1 : value;

		if (!text_is(out->method, speaks_for[i].method) ||
		    !text_is_nocase(property, speaks_for[i].property))
			continue;
		/* Of two domains for one method, nobody knows which one passed. */
		if (speaks_for[i].rank == out->rank && !text_is_nocase(domain, out->domain)) {
			out->rank = RANK_TORN;
			out->domain[0] = '\0';
		}
		if (speaks_for[i].rank <= out->rank)
			continue;
		out->rank = speaks_for[i].rank;
		memmove(out->domain, domain, strlen(domain) + 1);
		text_lower(out->domain);
	}
}

static bool
take_properties(struct cursor *c, struct result *out)
{
	char property[WORD_MAX], value[WORD_MAX];

	for (;;) {
		skip_blank(c);
		if (c->bad)
			return false;
		if (!*c->at || *c->at == ';')
			return true;
		if (!take_word(c, "=", property) || !take_sign(c, '='))
			return false;
		if (!take_word(c, "", value)) {
			/* "smtp.mailfrom=;" is what a null sender looks like. */
			if (c->bad)
				return false;
			value[0] = '\0';
		}
		take_domain(out, property, value);
	}
}

/* Nobody can say what a field of another version means (RFC 8601 section 2.2). */
static bool
take_version(struct cursor *c)
{
	char version[WORD_MAX];

	return take_word(c, "=", version) && text_is(version, "1");
}

/* After a ';': nothing, "none", or one method with its result. */
static bool
take_method(struct reading *r, struct cursor *c, struct result *out)
{
	skip_blank(c);
	if (!*c->at || *c->at == ';')
		return !c->bad;
	if (!take_word(c, "=/", out->method) || text_is_blank(out->method))
		return false;
	text_lower(out->method);
	skip_blank(c);
	if (text_is(out->method, "none") && *c->at != '=')
		return !c->bad && (!*c->at || *c->at == ';');
	if (take_sign(c, '/') && !take_version(c))
		return false;
	if (!take_sign(c, '=') || !take_word(c, "", out->result))
		return false;
	text_lower(out->result);
	if (!take_properties(c, out))
		return false;
	add_row(r, out);
	return true;
}

/* Exchange Online writes no authserv-id: the first word is a method already. */
static bool
take_authserv_id(struct cursor *c, struct result *out)
{
	const char *start = c->at;

	if (!take_word(c, "=", out->authserv_id)) {
		out->authserv_id[0] = '\0';
		return false;
	}
	skip_blank(c);
	if (*c->at == '=') {
		c->at = start;
		out->authserv_id[0] = '\0';
		return !c->bad;
	}
	text_lower(out->authserv_id);
	if (isdigit((unsigned char)*c->at) && !take_version(c))
		return false;
	if (c->bad)
		return false;
	return take_sign(c, ';') || !*c->at;
}

static bool
take_field(struct reading *r, const char *raw, struct result *out)
{
	struct cursor c = { .at = raw };

	if (!take_authserv_id(&c, out))
		return false;
	while (*c.at) {
		out->method[0] = out->result[0] = out->domain[0] = '\0';
		out->rank = 0;
		if (!take_method(r, &c, out))
			return false;
		if (!take_sign(&c, ';') && *c.at)
			return false;
	}
	return !c.bad;
}

void
auth_read(struct reading *r, const char *raw)
{
	struct result result = { 0 };

	if (!take_field(r, raw, &result)) {
		result.method[0] = result.domain[0] = '\0';
		memcpy(result.result, "malformed", sizeof("malformed"));
		add_row(r, &result);
		if (r->received == 0)
			r->letter->auth_malformed = true;
	}
	r->auth_fields++;
}
