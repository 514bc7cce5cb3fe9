#pragma once
/*
 * oauth: the words of RFC 6749 and RFC 8628, to and from a token endpoint.
 * Pure. What a server answers is believed only where it is exactly what the
 * two RFCs let it say; a token that could break out of a header line is none.
 */
#include <assent/flow/story.h>

#define OAUTH_TOKEN_MAX 8192 /* bytes of one token */
#define OAUTH_LIFETIME MS_HOUR /* where the server does not say (RFC 6749 section 5.1) */

enum oauth_verdict {
	OAUTH_TOKENS, /* here they are */
	OAUTH_REFUSED, /* no use in asking again without a person */
	OAUTH_PENDING, /* the person has not decided yet */
	OAUTH_SLOWER, /* the same, and ask less often */
	OAUTH_EXPIRED, /* the device code is too old */
	OAUTH_LATER, /* the server is busy, broken or not there */
};

struct oauth_answer {
	enum oauth_verdict verdict;
	const char *access, *refresh; /* refresh is NULL when none came */
	span_ms lifetime;
	const char *why; /* sentence, for all but OAUTH_TOKENS */
};

/* Judge what came of a CALL_TOKEN; texts lie in the arena. */
void oauth_read(struct arena *arena, const struct call *call, struct oauth_answer *out);

struct oauth_device {
	const char *code; /* a secret */
	const char *user_code, *url; /* for the person */
	span_ms lifetime, interval;
};

/* The answer of a device authorization endpoint (RFC 8628 section 3.2). */
int oauth_read_device(struct arena *arena, const struct call *call, struct oauth_device *out,
    struct err *err) MUST_USE;

bool oauth_is_token(const char *text);

/* Append "name=value" to a form; nothing for a NULL or empty value. */
void oauth_add_field(struct str *form, const char *name, const char *value);

/* What every request of this client begins with. */
void oauth_add_client(struct str *form, const struct policy_credential *credential);
