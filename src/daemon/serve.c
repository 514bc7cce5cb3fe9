/* serve: the HTTP side: public addresses and the control socket. */
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
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

/* What the operator said about the clock holds at once, not at the next tick. */
static void
verb_done(const char *verb)
{
	if (text_is(verb, "clock.accept"))
		(void)kill(getpid(), SIGUSR1);
}

static void
fill_web(struct daemon *daemon)
{
	daemon->lookups = buckets_new(LOOKUP_SLOTS, LOOKUP_BURST, LOOKUP_RATE);
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
		.lookups = daemon->lookups,
	};
	daemon->route_count = web_routes(&daemon->web, daemon->routes);
}

static void
log_ports(const struct daemon *daemon, const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen.count; i++) {
		char port[16];
		snprintf(port, sizeof(port), "%d", http_server_port(daemon->http, i));
		log_line(LOG_INFO, "listening", "host", settings->listen.items[i].host, "port",
		    port, NULL);
	}
}

int
serve_start(struct daemon *daemon, const struct settings *settings, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 20);
	bool https = text_starts(settings->policy.public_url, "https:");
	struct http_options options = {
		.addresses = listen_texts(settings, arena),
		.address_count = settings->listen.count,
		.trusted_proxies = proxy_texts(settings, arena),
		.proxy_count = settings->trusted_proxies.count,
		.routes = daemon->routes,
		.headers = https ? page_headers_https : page_headers,
		.header_count = https ? page_headers_https_count : page_header_count,
		.problem = page_problem,
		.problem_arg = daemon->pages,
		.served = served,
	};
	int control = -1, rc;

	fill_web(daemon);
	options.route_count = daemon->route_count;
	rc = control_socket(settings, &control, err);
	if (rc < 0)
		return err_wrap(err, rc, "control socket %s", settings->control);
	options.sockets = &control;
	options.socket_count = 1;
	rc = http_server_start(&options, &daemon->http, err);
	if (rc < 0) {
		close(control);
		return rc;
	}
	log_ports(daemon, settings);
	return 0;
}
