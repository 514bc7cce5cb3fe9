#pragma once
/*
 * sender: does a host that we trust vouch for the From address of a letter?
 * (Invariant 8: trust source, alignment, any fail wins.)
 *
 * Domains are compared in their ASCII form (libidn2), alignment by
 * organisational domain (Public Suffix List). Pure but for those two tables.
 */
#include <assent/base/attr.h>
#include <assent/mail/letter.h>
#include <assent/model/policy.h>

#define SENDER_DOMAIN_MAX 256

enum sender_verdict {
	SENDER_NOT_VOUCHED, /* nobody whom we trust says anything */
	SENDER_VOUCHED, /* aligned DMARC, or aligned DKIM or SPF, and no fail */
	SENDER_FAILED, /* a trusted host says no, or there is no one clear From */
};

struct sender_trust {
	enum trust_mode mode;
	struct domain_list authserv_ids; /* TRUST_AUTHSERV: whose fields count */
	/*
	 * Hosts whose Received fields may stand above a field that counts; an
	 * entry covers its subdomains. Empty: only fields above the first
	 * Received field count. Name a domain here only when its border strips
	 * forged Authentication-Results (RFC 8601 section 5). TRUST_M365 always
	 * has outlook.com, where Exchange Online renames what it did not write.
	 */
	struct domain_list own_hosts;
};

struct sender {
	enum sender_verdict verdict;
	const char *email; /* the one From address, "" if there is not exactly one */
	char domain[SENDER_DOMAIN_MAX]; /* its domain in ASCII form, "" likewise */
	char sentence[480]; /* for the evidence, no full stop */
};

const char *sender_verdict_name(enum sender_verdict verdict); /* "vouched", ... */

/* Judge the letter; email points into it. */
void sender_judge(
    const struct letter *letter, const struct sender_trust *trust, struct sender *out);

/*
 * Does the certificate that signed the letter name its sender? Addresses
 * compare in any case, domains in ASCII form. Says nothing about the signature.
 */
bool sender_is_signer(const struct letter *letter, const struct sender *sender) MUST_USE;

/* Same organisational domain? ("mail.example.co.uk" and "example.co.uk"); any form, any case. */
bool sender_domains_align(const char *a, const char *b) MUST_USE;

/*
 * An address with its domain in ASCII form, as the store has it, in arena; the
 * address itself when its domain has no such form.
 */
const char *sender_ascii_address(struct arena *arena, const char *email);
