#include <assent/mail/sender.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <idn2.h>
#include <libpsl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct judging {
	const struct letter *letter;
	const struct sender_trust *trust;
	struct sender *out;
};

const char *
sender_verdict_name(enum sender_verdict verdict)
{
	static const char *const names[] = { "not-vouched", "vouched", "failed" };

	return (size_t)verdict < ARRAY_LEN(names) ? names[verdict] : "not-vouched";
}

/* Letters, digits, dots and single hyphens inside labels: already what IDNA would make of it. */
static bool
is_plain_domain(const char *domain)
{
	size_t label = 0, i;

	for (i = 0; domain[i] != '\0'; i++) {
		char c = (char)(domain[i] | 0x20);
		bool letter = (c >= 'a' && c <= 'z') || (domain[i] >= '0' && domain[i] <= '9');

		/* After a dot or hyphen, and before one, stands a letter. */
		if (!letter &&
		    ((domain[i] != '.' && domain[i] != '-') || label == 0 || domain[i - 1] == '-' ||
			domain[i - 1] == '.'))
			return false;
		label = domain[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return i > 0 && i < 254 && domain[i - 1] != '.' && domain[i - 1] != '-';
}

/* Lower-case ASCII form without a final dot; false for what is no domain. */
static bool
domain_to_ascii(const char *domain, char out[SENDER_DOMAIN_MAX])
{
	char *ascii = NULL;
	size_t n;
	bool fits;

	if (is_plain_domain(domain)) {
		snprintf(out, SENDER_DOMAIN_MAX, "%s", domain);
		text_lower(out);
		return true;
	}
	if (!*domain ||
	    idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return false;
	n = strlen(ascii);
	if (n > 0 && ascii[n - 1] == '.')
		n--;
	fits = n > 0 && n < SENDER_DOMAIN_MAX;
	if (fits) {
		memcpy(out, ascii, n);
		out[n] = '\0';
		text_lower(out);
	}
	idn2_free(ascii);
	return fits;
}

/*
 * In no other spelling than its own: no final dot, and nothing that IDNA would
 * map onto other letters (full width, circles, other full stops). Two programs
 * may take such a domain for two.
 */
static bool
is_one_spelling(const char *domain)
{
	char *ascii = NULL;
	int rc;

	if (is_plain_domain(domain))
		return true;
	if (text_ends_nocase(domain, "."))
		return false;
	rc = idn2_to_ascii_8z(domain, &ascii, IDN2_NO_TR46 | IDN2_NFC_INPUT);
	idn2_free(ascii);
	return rc == IDN2_OK;
}

/* Both in ASCII form. A domain without an organisational one (a bare suffix) aligns with itself only. */
static bool
ascii_align(const char *a, const char *b)
{
	const char *org_a, *org_b;

	if (text_is(a, b))
		return true;
	org_a = psl_registrable_domain(psl_builtin(), a);
	org_b = psl_registrable_domain(psl_builtin(), b);
	return org_a && org_b && text_is(org_a, org_b);
}

bool
sender_domains_align(const char *a, const char *b)
{
	char ascii_a[SENDER_DOMAIN_MAX], ascii_b[SENDER_DOMAIN_MAX];

	return domain_to_ascii(a, ascii_a) && domain_to_ascii(b, ascii_b) &&
	    ascii_align(ascii_a, ascii_b);
}

PRINTF(3, 4)
static void
conclude(struct sender *out, enum sender_verdict verdict, const char *fmt, ...)
{
	AUTO(str_donep) struct str clean = STR_INIT(sizeof(out->sentence) - 1);
	char text[sizeof(out->sentence)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* What a stranger's mail says goes into the ledger and onto pages. */
	utf8_add_line(&clean, text, sizeof(text) - 1);
	snprintf(out->sentence, sizeof(out->sentence), "%s", str_text(&clean));
	out->verdict = verdict;
}

/* The one From address, or a sentence on why there is none. */
static bool
find_from(struct judging *j)
{
	const struct letter *letter = j->letter;
	const char *email, *at;

	if (letter->from_fields == 0 || letter->from.count == 0) {
		conclude(j->out, SENDER_FAILED, "the mail has no From address");
		return false;
	}
	if (letter->from_fields != 1 || letter->from.count != 1) {
		conclude(j->out, SENDER_FAILED, "the mail names more than one From address");
		return false;
	}
	email = letter->from.items[0].email;
	at = strrchr(email, '@');
	if (letter->from_odd || !at || at == email || !is_one_spelling(at + 1) ||
	    !domain_to_ascii(at + 1, j->out->domain)) {
		conclude(j->out, SENDER_FAILED, "the mail's From field is not one plain address");
		return false;
	}
	j->out->email = email;
	return true;
}

static bool
is_below(const char *host, const char *domain)
{
	size_t n = strlen(host), m = strlen(domain);

	if (m == 0 || n < m || !text_is_nocase(host + n - m, domain))
		return false;
	return n == m || host[n - m - 1] == '.';
}

static bool
is_own_host(const struct sender_trust *trust, const char *host)
{
	if (trust->mode == TRUST_M365 && is_below(host, "outlook.com"))
		return true;
	for (size_t i = 0; i < trust->own_hosts.count; i++)
		if (is_below(host, trust->own_hosts.items[i]))
			return true;
	return false;
}

/* Did only our own hosts touch the mail after this field was written? */
static bool
is_above_foreign_hosts(const struct judging *j, const struct auth_result *a)
{
	const struct text_list *by = &j->letter->received_by;

	if (a->above_received)
		return true;
	if (a->received_above < 0 || (size_t)a->received_above > by->count)
		return false;
	for (int i = 0; i < a->received_above; i++)
		if (!is_own_host(j->trust, by->items[i]))
			return false;
	return true;
}

/* A field that cannot be read to its end may hide anybody's word, ours too. */
static bool
is_unreadable(const struct judging *j, const struct auth_result *a)
{
	return text_is(a->result, "malformed") && !a->method[0] && !a->authserv_id[0] &&
	    is_above_foreign_hosts(j, a);
}

static bool
counts(const struct judging *j, const struct auth_result *a)
{
	if (!is_above_foreign_hosts(j, a))
		return false;
	if (j->trust->mode == TRUST_M365)
		return a->authserv_id[0] == '\0';
	for (size_t i = 0; a->authserv_id[0] && i < j->trust->authserv_ids.count; i++)
		if (text_is_nocase(a->authserv_id, j->trust->authserv_ids.items[i]))
			return true;
	return false;
}

static bool
is_aligned(const struct judging *j, const struct auth_result *a)
{
	char domain[SENDER_DOMAIN_MAX];

	return domain_to_ascii(a->domain, domain) && ascii_align(domain, j->out->domain);
}

/*
 * Does this result speak against the sender? A DKIM signature of somebody else
 * (a list, a relay) may break without saying anything about the author; one
 * that names no domain could be the author's, so it counts.
 */
static bool
is_fail(const struct judging *j, const struct auth_result *a)
{
	if (text_is(a->result, "malformed") && !a->method[0])
		return true;
	if (!text_is(a->result, "fail") && !text_is(a->result, "hardfail"))
		return false;
	if (text_is(a->method, "dmarc") || text_is(a->method, "spf"))
		return true;
	if (text_is(a->method, "compauth"))
		return j->trust->mode == TRUST_M365;
	return text_is(a->method, "dkim") && (!a->domain[0] || is_aligned(j, a));
}

static bool
is_pass(const struct judging *j, const struct auth_result *a)
{
	static const char *const methods[] = { "dmarc", "dkim", "spf" };

	if (!text_is(a->result, "pass"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (text_is(a->method, methods[i]))
			return is_aligned(j, a);
	return false;
}

static const char *
who_says(const struct auth_result *a)
{
	return a->authserv_id[0] ? a->authserv_id : "Microsoft 365";
}

static void
conclude_fail(struct judging *j, const struct auth_result *a)
{
	if (!a->method[0])
		conclude(j->out, SENDER_FAILED,
		    "an Authentication-Results field could not be read to its end");
	else
		conclude(j->out, SENDER_FAILED, "%s says %s=%s for %s", who_says(a), a->method,
		    a->result, a->domain[0] ? a->domain : j->out->domain);
}

static void
weigh(struct judging *j)
{
	const struct auth_result *pass = NULL, *any = NULL;

	for (size_t i = 0; i < j->letter->auth_count; i++) {
		const struct auth_result *a = &j->letter->auth[i];

		if (!counts(j, a) && !is_unreadable(j, a))
			continue;
		any = a;
		if (is_fail(j, a)) {
			conclude_fail(j, a);
			return;
		}
		/* DMARC says most about the author, so it is named where it passes. */
		if (is_pass(j, a) && (!pass || text_is(a->method, "dmarc")))
			pass = a;
	}
	if (pass)
		conclude(j->out, SENDER_VOUCHED, "%s vouches for %s: %s=pass for %s",
		    who_says(pass), j->out->domain, pass->method, pass->domain);
	else if (any)
		conclude(j->out, SENDER_NOT_VOUCHED, "%s found nothing that proves %s",
		    who_says(any), j->out->domain);
	else
		conclude(j->out, SENDER_NOT_VOUCHED,
		    "sender not vouched for: no trusted host said anything about %s",
		    j->out->domain);
}

void
sender_judge(const struct letter *letter, const struct sender_trust *trust, struct sender *out)
{
	struct judging j = { letter, trust, out };

	*out = (struct sender){ .email = "" };
	if (!find_from(&j))
		return;
	if (trust->mode == TRUST_NONE) {
		conclude(out, SENDER_NOT_VOUCHED,
		    "sender not vouched for: no trust source is configured");
		return;
	}
	if (letter->auth_malformed) {
		conclude(out, SENDER_FAILED,
		    "an Authentication-Results field could not be read to its end");
		return;
	}
	weigh(&j);
}

const char *
sender_ascii_address(struct arena *arena, const char *email)
{
	const char *at = strrchr(email, '@');
	char domain[SENDER_DOMAIN_MAX];

	if (!at || !domain_to_ascii(at + 1, domain))
		return email;
	return arena_printf(arena, "%.*s@%s", (int)(at - email), email, domain);
}

bool
sender_is_signer(const struct letter *letter, const struct sender *sender)
{
	const struct text_list *emails = &letter->signature.emails;
	const char *at = strrchr(sender->email, '@'), *other;
	char domain[SENDER_DOMAIN_MAX];

	for (size_t i = 0; at && i < emails->count; i++) {
		other = strrchr(emails->items[i], '@');
		if (!other || other - emails->items[i] != at - sender->email ||
		    strncasecmp(emails->items[i], sender->email, (size_t)(at - sender->email)) != 0)
			continue;
		if (domain_to_ascii(other + 1, domain) && text_is(domain, sender->domain))
			return true;
	}
	return false;
}
