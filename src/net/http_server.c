#include "http_priv.h"
#include "tls_priv.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define GRACE (MS_SECOND / 2) /* for sending the 503s of what was still held */

static void
set_defaults(struct http_options *options)
{
	if (options->threads <= 0)
		options->threads = 2;
	if (options->max_connections <= 0)
		options->max_connections = 1024;
	if (options->max_per_address <= 0)
		options->max_per_address = 64;
	if (options->max_head == 0)
		options->max_head = (size_t)16 * 1024;
	if (options->max_body == 0)
		options->max_body = (size_t)64 * 1024;
	if (options->deadline <= 0)
		options->deadline = 20 * MS_SECOND;
	if (options->max_streams <= 0)
		options->max_streams = options->max_connections / 2;
	if (options->beat <= 0)
		options->beat = 15 * MS_SECOND;
}

void
http_server_unref(struct http_server *server)
{
	if (atomic_fetch_sub(&server->refs, 1) > 1)
		return;
	pthread_mutex_destroy(&server->conn_lock);
	pthread_mutex_destroy(&server->held_lock);
	pthread_cond_destroy(&server->conn_changed);
	mem_free(server->proxies);
	mem_free(server);
}

static struct http_server *
server_new(const struct http_options *options)
{
	struct http_server *server = mem_alloc(sizeof(*server));
	pthread_condattr_t attr;

	server->options = *options;
	set_defaults(&server->options);
	atomic_init(&server->refs, 1);
	pthread_mutex_init(&server->conn_lock, NULL);
	pthread_mutex_init(&server->held_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&server->conn_changed, &attr);
	pthread_condattr_destroy(&attr);
	return server;
}

static int
read_proxies(struct http_server *server, struct err *err)
{
	const struct http_options *options = &server->options;
	size_t i;
	int rc;

	server->proxies = mem_alloc(options->proxy_count * sizeof(*server->proxies));
	for (i = 0; i < options->proxy_count; i++) {
		rc = http_prefix_parse(options->trusted_proxies[i], &server->proxies[i], err);
		if (rc < 0)
			return err_wrap(err, rc, "trusted_proxies");
	}
	return 0;
}

static bool
is_unix_socket(int fd)
{
	struct sockaddr_storage any = { 0 };
	socklen_t len = sizeof(any);

	return getsockname(fd, (struct sockaddr *)&any, &len) == 0 && any.ss_family == AF_UNIX;
}

static void
listener_add(struct http_server *server, int fd)
{
	struct listener *listener = &server->listeners[server->listener_count++];

	listener->server = server;
	listener->fd = fd;
	listener->is_unix = is_unix_socket(fd);
	listener->is_tls = server->options.tls && !listener->is_unix;
	listener->port = http_socket_port(fd);
}

static int
add_listeners(struct http_server *server, struct err *err)
{
	const struct http_options *options = &server->options;
	size_t i;
	int fd, rc;

	if (options->address_count + options->socket_count > HTTP_LISTENERS_MAX)
		return err_set(
		    err, ERR_INVALID, "http: more than %d addresses", HTTP_LISTENERS_MAX);
	for (i = 0; i < options->address_count; i++) {
		rc = http_listen_tcp(options->addresses[i], &fd, err);
		if (rc < 0)
			return rc;
		listener_add(server, fd);
	}
	for (i = 0; i < options->socket_count; i++)
		listener_add(server, options->sockets[i]);
	return 0;
}

/* libmicrohttpd says nothing that a person could act on. */
static void
ignore_log(void *arg, const char *fmt, va_list args)
{
}

static int
listener_start(struct listener *listener, struct err *err)
{
	const struct http_options *options = &listener->server->options;
	int threads = listener->is_unix ? 1 : options->threads;
	struct MHD_OptionItem items[] = {
		{ MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, options->max_connections, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(options->max_head + 4096), NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_CONNECTION_LIMIT,
		    threads > 1 ? threads : options->max_connections, NULL },
		{ listener->is_tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0,
		    (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)tls_pick },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
	    MHD_USE_ERROR_LOG | (listener->is_tls ? MHD_USE_TLS : 0);

	listener->mhd = MHD_start_daemon(flags, 0, http_conn_accept, listener, http_read, listener,
	    MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_URI_LOG_CALLBACK,
	    http_read_uri, listener, MHD_OPTION_NOTIFY_COMPLETED, http_read_done, listener,
	    MHD_OPTION_NOTIFY_CONNECTION, http_conn_notify, listener, MHD_OPTION_ARRAY, items,
	    MHD_OPTION_END);
	if (!listener->mhd)
		return err_set(err, ERR_IO, "http: cannot serve on port %d", listener->port);
	return 0;
}

static int
start(struct http_server *server, struct err *err)
{
	size_t i;
	int rc;

	rc = http_routes_check(&server->options, err);
	if (rc == 0)
		rc = read_proxies(server, err);
	if (rc == 0)
		rc = add_listeners(server, err);
	if (rc == 0)
		rc = http_sweeper_start(server, err);
	for (i = 0; rc == 0 && i < server->listener_count; i++)
		rc = listener_start(&server->listeners[i], err);
	return rc;
}

/* The sockets that the caller brought stay his when the start fails. */
static void
stop_listeners(struct http_server *server, size_t closing)
{
	struct listener *listener;
	size_t i;

	for (i = 0; i < server->listener_count; i++) {
		listener = &server->listeners[i];
		if (listener->mhd) {
			/* Its socket stays open: it is closed here, once. */
			(void)MHD_quiesce_daemon(listener->mhd);
			MHD_stop_daemon(listener->mhd);
		}
		if (i < closing)
			close(listener->fd);
	}
}

int
http_server_start(const struct http_options *options, struct http_server **out, struct err *err)
{
	struct http_server *server = server_new(options);
	int rc = start(server, err);

	if (rc < 0) {
		stop_listeners(server, options->address_count);
		http_sweeper_stop(server);
		http_server_unref(server);
		return rc;
	}
	*out = server;
	return 0;
}

int
http_server_port(const struct http_server *server, size_t n)
{
	return n < server->listener_count ? server->listeners[n].port : 0;
}

void
http_server_stop(struct http_server *server, span_ms drain)
{
	size_t i;

	if (!server)
		return;
	atomic_store(&server->stopping, true);
	for (i = 0; i < server->listener_count; i++)
		(void)MHD_quiesce_daemon(server->listeners[i].mhd);
	http_streams_end(server);
	http_conns_hang_up_idle(server);
	http_conns_drain(server, drain);
	/* A suspended connection would make libmicrohttpd abort. */
	http_held_give_up(server);
	http_conns_drain(server, GRACE);
	stop_listeners(server, server->listener_count);
	http_sweeper_stop(server);
	http_server_unref(server);
}
