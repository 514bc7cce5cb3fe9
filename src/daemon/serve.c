/* serve: the HTTP side: public addresses and the control socket. */
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/base/zone.h>
#include <assent/net/tls.h>
#include <assent/web/api.h>
#include <assent/web/routes.h>

#include "daemon/daemon_priv.h"

#include <arpa/inet.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define LOOKUP_SLOTS 4096
#define LOOKUP_BURST 30
#define LOOKUP_RATE 10 /* failed look-ups a minute */
#define LIVE_RUNS 64
#define LIVE_RUN_BYTES ((size_t)64 << 10) /* a document has half of it */
#define API_SLOTS 1024 /* tokens that are counted at once */
#define CONTROL_MODE 0660
#define CONTROL_GROUP "assent"

static void
served(const struct http_request *rq, int status, uint64_t took_ns, void *arg)
{
	(void)arg;
	histogram_observe(HISTOGRAM_HTTP, took_ns);
	if (log_level_now() > LOG_DEBUG)
		return;
	/* The route, never the path: paths hold tokens. */
	char code[16];
	snprintf(code, sizeof(code), "%d", status);
	log_line(LOG_DEBUG, "http", "method", rq->method, "route",
	    rq->route != NULL ? rq->route : "-", "status", code, NULL);
}

static const char **
listen_texts(const struct settings *settings, struct arena *arena)
{
	const struct listen_list *list = &settings->listen;
	const char **out = arena_alloc(arena, (list->count + 1) * sizeof(*out));

	for (size_t i = 0; i < list->count; i++)
		out[i] = arena_printf(arena, list->items[i].ipv6 ? "[%s]:%u" : "%s:%u",
		    list->items[i].host, list->items[i].port);
	return out;
}

static const char **
proxy_texts(const struct settings *settings, struct arena *arena)
{
	const struct range_list *list = &settings->trusted_proxies;
	const char **out = arena_alloc(arena, (list->count + 1) * sizeof(*out));
	char text[INET6_ADDRSTRLEN] = "";

	for (size_t i = 0; i < list->count; i++) {
		inet_ntop(list->items[i].length == 4 ? AF_INET : AF_INET6, list->items[i].address,
		    text, sizeof(text));
		out[i] = arena_printf(arena, "%s/%u", text, list->items[i].bits);
	}
	return out;
}

/* Who may use the tool is who may write to the socket. */
static int
control_socket(const struct settings *settings, int *out, struct err *err)
{
	const struct group *group;
	int rc = http_unix_socket(settings->control, CONTROL_MODE, out, err);

	if (rc < 0)
		return rc;
	group = getgrnam(CONTROL_GROUP);
	/* Its members may give it away too; everybody else is told. */
	if (group != NULL && group->gr_gid != getegid() &&
	    chown(settings->control, (uid_t)-1, group->gr_gid) < 0)
		log_line(
		    LOG_WARN, "control socket keeps its group", "path", settings->control, NULL);
	return 0;
}

/* What the operator said about the clock or a hold is seen at once, not at the next tick. */
static void
verb_done(const struct web *web, const char *verb)
{
	/* Drafts that were watched may name who is gone. */
	if (text_is(verb, "person.erase"))
		live_forget(web->live);
	if (text_is(verb, "clock.accept") || text_starts(verb, "site."))
		(void)kill(getpid(), SIGUSR1);
}

static void
fill_web(struct daemon *daemon, const struct settings *settings)
{
	daemon->lookups = buckets_new(LOOKUP_SLOTS, LOOKUP_BURST, LOOKUP_RATE);
	daemon->live = live_new(&(struct live_options){
	    .runs = LIVE_RUNS, .run_bytes = LIVE_RUN_BYTES, .epoch = (uint64_t)clock_now() });
	daemon->web = (struct web){
		.db = daemon->db,
		.settings = daemon->settings,
		.pages = daemon->pages,
		.now = clock_now,
		.boot = clock_boot,
		.verb_done = verb_done,
		.started = clock_now(),
		.clock_trusted = clockwork_is_trusted,
		.clock_arg = daemon->clockwork,
		.more_metrics = chain_add_metrics,
		.more_arg = daemon->models,
		.lookups = daemon->lookups,
		.live = daemon->live,
		.api_rates = buckets_new(API_SLOTS, settings->api_rate, settings->api_rate),
		.draft_rates = buckets_new(API_SLOTS, settings->api_drafts, settings->api_drafts),
	};
	daemon->route_count = web_routes(&daemon->web, daemon->routes);
}

/* given: how many sockets the service manager opened for us instead of http.listen. */
static void
log_ports(const struct daemon *daemon, const struct settings *settings, size_t given)
{
	size_t count = given > 0 ? given : settings->listen.count;
	bool tls = settings->tls_cert_file[0] != '\0';

	for (size_t i = 0; i < count; i++) {
		char port[16];
		snprintf(port, sizeof(port), "%d", http_server_port(daemon->http, i));
		log_line(LOG_INFO, "listening", "host",
		    given > 0 ? NULL : settings->listen.items[i].host, "port", port, "scheme",
		    tls ? "https" : NULL, "opened_by", given > 0 ? "service manager" : NULL, NULL);
	}
}

/* --- the certificate --------------------------------------------------------- */

/* A sixth of its life: fifteen days of the usual ninety, one of six. */
static bool
ends_soon(const struct tls_state *state, utc_ms now)
{
	return state->until - now < (state->until - state->from) / 6;
}

static void
judge_certificate(const struct settings *settings)
{
	AUTO(str_donep) struct str until = STR_INIT(64);
	struct tls_state state;
	utc_ms now = clock_now();

	if (!tls_state(&state))
		return;
	metric_set(METRIC_TLS_UNTIL, state.until / MS_SECOND);
	utc_add_iso(&until, state.until);
	if (now < state.from)
		health_bad("tls", true, now, "%s is not valid yet; is the clock right?",
		    settings->tls_cert_file);
	else if (now >= state.until)
		health_bad("tls", true, now, "%s ended at %s: put a new one there",
		    settings->tls_cert_file, str_text(&until));
	else if (ends_soon(&state, now))
		health_bad("tls", false, now,
		    "%s ends at %s and was not renewed: put a new one there",
		    settings->tls_cert_file, str_text(&until));
	else
		health_good("tls");
}

static int
open_certificate(const struct settings *settings, struct err *err)
{
	const struct tls_files files = { settings->tls_cert_file, settings->tls_key_file };
	int rc;

	if (files.certificate[0] == '\0')
		return 0;
	rc = tls_open(&files, err);
	if (rc == 0)
		judge_certificate(settings);
	return rc < 0 ? err_wrap(err, rc, "https") : 0;
}

/*
 * Who renews a pair writes two files, one after the other: one failure alone
 * is nothing to speak of, the next look reads both again.
 */
void
serve_look_at_tls(struct daemon *daemon, bool forced)
{
	AUTO(settings_unrefp) struct settings *settings = settings_get(daemon->settings);
	struct err err;
	int rc = tls_look(forced || daemon->tls_failed, clock_now(), &err);

	if (rc > 0)
		log_line(LOG_NOTICE, "tls.renewed", "file", settings->tls_cert_file, NULL);
	if (rc >= 0) {
		daemon->tls_failed = false;
		judge_certificate(settings);
		return;
	}
	if (!daemon->tls_failed && !forced) {
		daemon->tls_failed = true;
		return;
	}
	daemon->tls_failed = true;
	health_bad("tls", false, clock_now(), "the old certificate stays in force: %s", err.text);
}

/* --- start ---------------------------------------------------------------------- */

/* Sockets that were handed over replace http.listen and the control socket's path. */
static int
open_sockets(const struct settings *settings, struct activation *given,
    struct http_options *options, struct err *err)
{
	int rc = activation_take(given, err);

	if (rc < 0)
		return err_wrap(err, rc, "socket activation");
	if (given->http_count > 0)
		options->address_count = 0;
	if (given->control < 0)
		rc = control_socket(settings, &given->control, err);
	if (rc < 0)
		return err_wrap(err, rc, "control socket %s", settings->control);
	given->http[given->http_count] = given->control;
	options->sockets = given->http;
	options->socket_count = given->http_count + 1;
	return 0;
}

int
serve_start(struct daemon *daemon, const struct settings *settings, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 20);
	bool tls = settings->tls_cert_file[0] != '\0';
	bool https = tls || text_starts(settings->policy.public_url, "https:");
	struct activation given = { .control = -1 };
	struct http_options options = {
		.addresses = listen_texts(settings, arena),
		.address_count = settings->listen.count,
		.trusted_proxies = proxy_texts(settings, arena),
		.proxy_count = settings->trusted_proxies.count,
		.routes = daemon->routes,
		.headers = https ? page_headers_https : page_headers,
		.header_count = https ? page_headers_https_count : page_header_count,
		.tls = tls,
		.problem = api_problem,
		.problem_arg = &daemon->web,
		.served = served,
	};
	int rc;

	fill_web(daemon, settings);
	options.route_count = daemon->route_count;
	rc = open_certificate(settings, err);
	if (rc == 0)
		rc = open_sockets(settings, &given, &options, err);
	if (rc < 0)
		return rc;
	rc = http_server_start(&options, &daemon->http, err);
	if (rc < 0) {
		close(given.control);
		return rc;
	}
	log_ports(daemon, settings, given.http_count);
	return 0;
}
