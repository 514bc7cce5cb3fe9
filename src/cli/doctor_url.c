/* doctor, links: does public_url lead to this assentd? */
#include "control.h"
#include "doctor.h"

#include <assent/base/num.h>

#include <string.h>

#define KNOCKS 5
#define TIMEOUT (10 * MS_SECOND)
#define ANSWER_MAX ((size_t)64 << 10)

struct knock {
	struct http_call calls[KNOCKS];
	char url[2100];
};

static void
knock_done(struct knock *knock)
{
	for (size_t i = 0; i < KNOCKS; i++)
		str_done(&knock->calls[i].answer);
}

static int
run(struct knock *knock, size_t count, struct err *err)
{
	const struct http_client_options options = { .connections = 1 };
	AUTO(http_client_freep) struct http_client *client = NULL;
	int rc = http_client_new(&options, &client, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		knock->calls[i] = (struct http_call){ .method = "GET",
			.url = knock->url,
			.timeout = TIMEOUT,
			.max_answer = ANSWER_MAX };
	http_client_run(client, knock->calls, count, 1, 2 * TIMEOUT);
	return 0;
}

static const char *
proxy_advice(const struct doctor *doctor)
{
	return doctor->settings->tls_cert_file[0]
	    ? "look at the name's address record, the firewall, and http.listen"
	    : "look at the proxy (contrib/nginx, contrib/caddy), the name's address record and "
	      "the firewall; http.listen is where the proxy must lead";
}

static void
say_answer(struct doctor *doctor, const struct http_call *call, int before, int after)
{
	const char *url = doctor->settings->policy.public_url;

	if (call->rc < 0)
		doctor_say(doctor,
		    NOTE(doctor->is_up ? FINDING_BAD : FINDING_WARN, "public_url",
			doctor->is_up ? proxy_advice(doctor) : "start assentd and look again"),
		    "%s cannot be reached: %s", url, call->err.text);
	else if (call->status != 200 || !text_is(str_text(&call->answer), "ok\n"))
		doctor_say(doctor,
		    NOTE(doctor->is_up ? FINDING_BAD : FINDING_WARN, "public_url",
			proxy_advice(doctor)),
		    "%s/healthz answers %d: that is not assentd", url, call->status);
	else if (before >= 0 && after - before < KNOCKS)
		doctor_say(doctor, NOTE(FINDING_BAD, "public_url", proxy_advice(doctor)),
		    "%s leads to another assentd than this one", url);
	else
		doctor_say(doctor, NOTE(FINDING_OK, "public_url", NULL), "%s leads here", url);
}

/*
 * Anybody can answer "ok"; that our own count of requests grows with our knocks
 * shows that it is us. -1: it cannot be asked.
 */
static int
requests_so_far(struct doctor *doctor)
{
	return doctor->is_up ? control_requests(doctor->settings) : -1;
}

void
doctor_url(struct doctor *doctor)
{
	const char *url = doctor->settings->policy.public_url;
	struct knock knock = { 0 };
	struct err err = { 0 };
	int before, after;

	if (!*url) {
		doctor_say(doctor, NOTE(FINDING_OK, "public_url", NULL),
		    "none is set: mails carry prefilled answers instead of links");
		return;
	}
	snprintf(knock.url, sizeof(knock.url), "%s/healthz", url);
	before = requests_so_far(doctor);
	if (run(&knock, KNOCKS, &err) < 0) {
		doctor_say(doctor, NOTE(FINDING_BAD, "public_url", NULL), "%s", err.text);
		return;
	}
	after = requests_so_far(doctor);
	say_answer(doctor, &knock.calls[0], before, after);
	knock_done(&knock);
}
