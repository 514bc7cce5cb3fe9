#pragma once
/*
 * help_token: credentials of a desk, and a token server whose answers the test
 * writes: each turn is one job with its request and its answer.
 */
#include "help_desk.h"

#include <assent/flow/credential.h>
#include <assent/store/queue.h>

extern struct policy_credential bench_credential; /* "m365" */
extern const struct site_key bench_keys[2];

struct bench {
	struct desk_kit kit;
	char asked[600]; /* url and form of the last request */
};

/* Fixtures: *state is the bench; the ring holds bench_keys[0]. */
int bench_open(void **state);
int bench_close(void **state);

/* A step that must succeed. */
void step(struct bench *b, int (*fn)(struct desk *, void *, struct err *), void *arg);
/* Steps: as at a reload; begin to sign in. */
int sync_all(struct desk *desk, void *arg, struct err *err);
int sign_in(struct desk *desk, void *arg, struct err *err);

struct turn {
	struct bench *b;
	int rc, status;
	const char *answer;
	span_ms retry_after;
	bool found;
	void (*meanwhile)(struct bench *b);
	struct job job;
	struct call call;
};

/* Do the next due job; false when none is. */
bool run_turn(struct bench *b, struct turn turn);
bool answer(struct bench *b, int status, const char *body);

#define TOKENS(a, r) \
	"{\"access_token\":\"" a "\",\"refresh_token\":\"" r "\",\"token_type\":\"Bearer\"," \
	"\"expires_in\":3600}"
#define ACCESS(a) "{\"access_token\":\"" a "\",\"expires_in\":3600}"
#define REFUSED "{\"error\":\"invalid_grant\"}"
#define DEVICE \
	"{\"device_code\":\"dev-code\",\"user_code\":\"ABCD-EFGH\",\"interval\":5," \
	"\"verification_uri\":\"https://login.test/go\",\"expires_in\":600}"

struct looked {
	const char *name;
	int rc;
	char text[600]; /* the token, or why there is none */
};

struct looked token_of(struct bench *b, const char *name);
const char *token(struct bench *b); /* of m365; must be there */
const char *login_state(struct bench *b);
/* Sign in, with access-1 and refresh-1. */
void signed_in(struct bench *b);
/* Is there a condition of m365 with these words? */
bool is_bad(const char *words);
