#include "http_priv.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

/*
 * Why a sweeper: libmicrohttpd's own timeout counts silence, and a sender of
 * one byte a second is never silent. Shutting the descriptor down wakes the
 * connection's thread, which then ends it in its own way.
 */

static int
count_of(const struct http_server *server, const struct http_ip *key)
{
	const struct conn *conn;
	struct http_ip other;
	int n = 0;

	for (conn = server->conns; conn; conn = conn->next) {
		http_ip_limit_key(&conn->ip, &other);
		n += http_ip_same(&other, key);
	}
	return n;
}

enum MHD_Result
http_conn_accept(void *arg, const struct sockaddr *sa, socklen_t len)
{
	struct listener *listener = arg;
	struct http_server *server = listener->server;
	struct http_ip ip, key;
	int count;

	if (listener->is_unix || len < sizeof(sa->sa_family))
		return MHD_YES;
	http_ip_from_sockaddr(sa, &ip);
	if (http_is_proxy(server, &ip))
		return MHD_YES;
	http_ip_limit_key(&ip, &key);
	pthread_mutex_lock(&server->conn_lock);
	count = count_of(server, &key);
	pthread_mutex_unlock(&server->conn_lock);
	return count < server->options.max_per_address ? MHD_YES : MHD_NO;
}

static void
set_credentials(struct conn *conn)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	/* Nobody, should the kernel not tell: never root by default. */
	conn->pid = -1;
	conn->uid = (uid_t)-1;
	conn->gid = (gid_t)-1;
	memcpy(conn->key, "unix", sizeof("unix"));
	if (getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	conn->pid = cred.pid;
	conn->uid = cred.uid;
	conn->gid = cred.gid;
}

static void
set_address(struct conn *conn)
{
	const union MHD_ConnectionInfo *info;
	struct http_ip key;

	info = MHD_get_connection_info(conn->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (!info || !info->client_addr)
		return;
	http_ip_from_sockaddr(info->client_addr, &conn->ip);
	http_ip_text(&conn->ip, conn->peer);
	http_ip_limit_key(&conn->ip, &key);
	http_ip_text(&key, conn->key);
}

static struct conn *
conn_open(struct listener *listener, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info;
	struct http_server *server = listener->server;
	struct conn *conn = mem_alloc(sizeof(*conn));

	conn->listener = listener;
	conn->mhd = mhd;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	conn->fd = info ? info->connect_fd : -1;
	if (listener->is_unix)
		set_credentials(conn);
	else
		set_address(conn);
	http_conn_phase(conn, PHASE_IDLE);
	pthread_mutex_lock(&server->conn_lock);
	conn->next = server->conns;
	server->conns = conn;
	if (conn->next)
		conn->next->before = conn;
	else
		pthread_cond_broadcast(&server->conn_changed);
	pthread_mutex_unlock(&server->conn_lock);
	return conn;
}

static void
conn_close(struct conn *conn)
{
	struct http_server *server = conn->listener->server;

	pthread_mutex_lock(&server->conn_lock);
	if (conn->next)
		conn->next->before = conn->before;
	if (conn->before)
		conn->before->next = conn->next;
	else
		server->conns = conn->next;
	http_stream_detach(conn);
	if (atomic_load(&server->stopping))
		pthread_cond_broadcast(&server->conn_changed);
	pthread_mutex_unlock(&server->conn_lock);
	http_work_drop(conn);
	mem_free(conn);
}

void
http_conn_notify(void *listener, struct MHD_Connection *mhd, void **slot,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*slot = conn_open(listener, mhd);
	} else if (*slot) {
		conn_close(*slot);
		*slot = NULL;
	}
}

struct conn *
http_conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

void
http_conn_phase(struct conn *conn, enum phase phase)
{
	struct http_server *server = conn->listener->server;

	/* A first request counts from the accept, so that silence before it counts too. */
	if (phase != PHASE_READING || conn->answered > 0)
		atomic_store_explicit(&conn->since_ns, clock_tick_ns(), memory_order_relaxed);
	atomic_store_explicit(&conn->phase, (int)phase, memory_order_release);
	if (phase != PHASE_IDLE || !atomic_load(&server->stopping))
		return;
	pthread_mutex_lock(&server->conn_lock);
	pthread_cond_broadcast(&server->conn_changed);
	pthread_mutex_unlock(&server->conn_lock);
}

static void
deadline_after(struct timespec *at, span_ms span)
{
	uint64_t ns = clock_tick_ns() + (uint64_t)span * 1000000;

	at->tv_sec = (time_t)(ns / 1000000000);
	at->tv_nsec = (long)(ns % 1000000000);
}

static void
sweep(struct http_server *server)
{
	uint64_t now = clock_tick_ns();
	uint64_t limit = (uint64_t)server->options.deadline * 1000000;
	uint64_t since;
	struct conn *conn;

	http_held_sweep(server, now);
	for (conn = server->conns; conn; conn = conn->next) {
		if (conn->stream)
			http_stream_sweep(conn, now);
		if (atomic_load_explicit(&conn->phase, memory_order_acquire) == PHASE_WORKING)
			continue;
		since = atomic_load_explicit(&conn->since_ns, memory_order_relaxed);
		if (now > since && now - since > limit)
			(void)shutdown(conn->fd, SHUT_RDWR);
	}
}

static void *
sweeper_main(void *arg)
{
	struct http_server *server = arg;
	span_ms beat = server->options.beat, deadline = server->options.deadline;
	span_ms tick = (beat < deadline ? beat : deadline) / 4;
	struct timespec at;

	tick = tick < 10 ? 10 : tick > MS_SECOND ? MS_SECOND : tick;
	pthread_mutex_lock(&server->conn_lock);
	while (!server->swept_out) {
		/* Nobody connected: sleep without a wake-up. */
		if (!server->conns) {
			pthread_cond_wait(&server->conn_changed, &server->conn_lock);
			continue;
		}
		deadline_after(&at, tick);
		while (!server->swept_out &&
		    pthread_cond_timedwait(&server->conn_changed, &server->conn_lock, &at) == 0)
			;
		sweep(server);
	}
	pthread_mutex_unlock(&server->conn_lock);
	return NULL;
}

int
http_sweeper_start(struct http_server *server, struct err *err)
{
	int no = pthread_create(&server->sweeper, NULL, sweeper_main, server);

	if (no != 0)
		return err_errno(err, ERR_IO, no, "http: start a thread");
	server->sweeper_runs = true;
	return 0;
}

void
http_sweeper_stop(struct http_server *server)
{
	if (!server->sweeper_runs)
		return;
	pthread_mutex_lock(&server->conn_lock);
	server->swept_out = true;
	pthread_cond_broadcast(&server->conn_changed);
	pthread_mutex_unlock(&server->conn_lock);
	pthread_join(server->sweeper, NULL);
	server->sweeper_runs = false;
}

void
http_conns_hang_up_idle(struct http_server *server)
{
	struct conn *conn;

	pthread_mutex_lock(&server->conn_lock);
	for (conn = server->conns; conn; conn = conn->next)
		if (atomic_load(&conn->phase) == PHASE_IDLE)
			(void)shutdown(conn->fd, SHUT_RD);
	pthread_mutex_unlock(&server->conn_lock);
}

static bool
all_idle(const struct http_server *server)
{
	const struct conn *conn;

	for (conn = server->conns; conn; conn = conn->next)
		if (atomic_load(&conn->phase) != PHASE_IDLE)
			return false;
	return true;
}

void
http_conns_drain(struct http_server *server, span_ms span)
{
	struct timespec at;

	deadline_after(&at, span);
	pthread_mutex_lock(&server->conn_lock);
	while (!all_idle(server))
		if (pthread_cond_timedwait(&server->conn_changed, &server->conn_lock, &at) != 0)
			break;
	pthread_mutex_unlock(&server->conn_lock);
}
