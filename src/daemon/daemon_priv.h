#pragma once
/* daemon_priv: what the threads of assentd share, and nothing else. */
#include <assent/base/beat.h>
#include <assent/ai/model.h>
#include <assent/base/live.h>
#include <assent/config/settings.h>
#include <assent/daemon/clockwork.h>
#include <assent/mail/outlet.h>
#include <assent/mail/parser.h>
#include <assent/net/http.h>
#include <assent/net/http_client.h>
#include <assent/rules/rules.h>
#include <assent/store/db.h>
#include <assent/store/queue.h>
#include <assent/web/page.h>
#include <assent/web/routes.h>
#include <assent/web/web.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define HOLDER_SIZE 80

/* wake: lanes sleep on it and every commit rings it. */
struct wake {
	pthread_mutex_t lock;
	pthread_cond_t rung;
	uint64_t count;
};

void wake_init(struct wake *wake);
void wake_done(struct wake *wake);
void wake_ring(struct wake *wake);
uint64_t wake_count(struct wake *wake);
/* Until it rings after `seen` was counted, or for at most span. */
void wake_wait(struct wake *wake, uint64_t seen, span_ms span);
/* A condition whose timed waits take the time of wake_deadline(). */
void wake_cond_init(pthread_cond_t *cond);
void wake_deadline(struct timespec *out, span_ms span);

struct story;

/* What the operator was told, between two looks (alerts.c); main's thread only. */
struct alerts {
	uint64_t seen; /* health_version() of the last look */
	span_ms began; /* boot time of the first */
	bool waits, settled, held;
};

struct daemon {
	struct settings_slot *settings;
	struct db *db;
	struct parser *parser;
	const char *mailbox_program; /* NULL: beside ours */
	struct outlet *outlet;
	struct outlet *alert_outlet; /* NULL: alerts go the usual way */
	struct http_client *client; /* of token and AI servers */
	struct models *models; /* who writes documents */
	atomic_uint ai_told; /* a bit for each kind of trouble that the log holds */
	struct pages *pages;
	struct buckets *lookups;
	struct live *live; /* drafts that are being written */
	struct clockwork *clockwork;
	struct http_server *http;
	struct http_route routes[WEB_ROUTES_MAX];
	size_t route_count;
	struct web web;
	const struct story *(*find_story)(const char *kind); /* story_find(), or a test's */
	struct wake wake;
	atomic_bool stop;
	int stop_fd; /* readable once stop is set */
	char holder[HOLDER_SIZE]; /* boot id and process id: whose leases are ours */
	char *instance;
	pthread_mutex_t rules_lock;
	struct rules *rules; /* those in force */
	struct alerts alerts;
	span_ms swept_at; /* boot time; 0: not yet */
	bool tls_failed; /* the last look at the certificate did */
	struct thrift {
		int64_t last; /* work done at the last tick */
		int64_t trimmed; /* and when memory was given back */
	} thrift;
	struct status_told {
		uint64_t seen; /* health_version() */
		span_ms at; /* boot time; 0: never */
	} status_told;
	int lock_fd;
};

/* --- lanes ---------------------------------------------------------------- */

struct lanes;

/* On failure too *out is to be stopped. */
int lanes_start(struct daemon *daemon, struct lanes **out, struct err *err) MUST_USE;
/* After daemon->stop was set: waits until what is under way has ended. */
void lanes_stop(struct lanes *lanes);

/* Do what a call asks for outside; the result is in the call. */
struct call;
void carry(struct daemon *daemon, const struct settings *settings, struct call *call);
void carry_all(
    struct daemon *daemon, const struct settings *settings, struct call **calls, size_t count);
void carry_token(struct daemon *daemon, struct call *call);
void carry_post(struct daemon *daemon, struct call *call);
void carry_document(struct daemon *daemon, const struct settings *settings, struct call *call);
void carry_draft(struct daemon *daemon, const struct settings *settings, struct call *call);
/* What is written is told to who watches; then how it ended, after the commit (watched.c). */
void watched_begin(struct daemon *daemon, struct call *call);
void watched_done(struct daemon *daemon, const struct call *call);
void watched_failed(struct daemon *daemon, const struct call *call);
/* Secrets of a call do not stay in memory that is used again. */
void call_wipe(struct call *call, bool answer_too);

/* --- who may be asked to write -------------------------------------------- */

/* From now on the models of these settings are asked. */
void chain_set(struct daemon *daemon, const struct settings *settings);
/* Budgets go on from what the database says was spent today. */
void chain_remember(struct daemon *daemon);
/* Begin and end the conditions "model:NAME" of those that are left alone. */
void chain_tick(struct daemon *daemon);
/* What is known of each, as Prometheus reads it; models is a struct models. */
void chain_add_metrics(void *models, struct str *page);

/* --- rules ------------------------------------------------------------------- */

struct ruling;

/* The rules of these settings; faults go to standard error as well. */
int ruling_load(const struct settings *settings, struct rules **out, struct err *err) MUST_USE;
/* They are in force from now on. Takes rules. */
void ruling_take(struct daemon *daemon, struct rules *rules);
/* Without a thread: one look, for tests. True when there is more to do at once. */
struct ruling *ruling_new(struct daemon *daemon);
bool ruling_turn(struct ruling *ruling);
void ruling_free(struct ruling *ruling);
int ruling_start(struct daemon *daemon, struct ruling **out, struct err *err) MUST_USE;
/* After daemon->stop was set and its stop_fd is readable. NULL is fine. */
void ruling_stop(struct ruling *ruling);

/* --- mailboxes ------------------------------------------------------------ */

struct mailboxes;

/* On failure too *out is to be stopped. */
int mailboxes_start(struct daemon *daemon, struct mailboxes **out, struct err *err) MUST_USE;
void mailboxes_stop(struct mailboxes *mailboxes);

/* --- mail servers ----------------------------------------------------------- */

/*
 * The password of a login, or the access token in force, into out (cleared
 * first; wipe it after use). ERR_NOT_FOUND, ERR_BUSY: not yet, try again
 * later; ERR_DENIED: somebody has to sign in again; or what the database says.
 */
int login_secret(
    struct daemon *daemon, const struct login *login, struct str *out, struct err *err) MUST_USE;
/* A server refused what login_secret() gave: an access token is fetched anew. */
int login_refused(struct daemon *daemon, const struct login *login, struct err *err) MUST_USE;

/* --- ways out ---------------------------------------------------------------- */

/* daemon->outlet and daemon->alert_outlet. On failure too outlets_close() is to be called. */
int outlets_open(struct daemon *daemon, const struct settings *settings, struct err *err) MUST_USE;
/* What is under way ends soon; from any thread. */
void outlets_stop(struct daemon *daemon);
void outlets_close(struct daemon *daemon);

/* --- the rest ------------------------------------------------------------- */

int serve_start(struct daemon *daemon, const struct settings *settings, struct err *err) MUST_USE;
/* Take a renewed certificate in; forced: also when the files look the same. */
void serve_look_at_tls(struct daemon *daemon, bool forced);

#define ACTIVATION_MAX 8

/* Sockets that the service manager listens on for us (FileDescriptorName=). */
struct activation {
	int http[ACTIVATION_MAX + 1]; /* room for the control socket behind them */
	size_t http_count;
	int control; /* -1: none */
};

int activation_take(struct activation *out, struct err *err) MUST_USE;

/* Keep a reserve of disk; now and then remove spooled mail that no row names. */
void sweep_tick(struct daemon *daemon);
/* The disk is full: give the reserve up. False when there is none. For db_options.full. */
bool reserve_use(void *daemon);

/* Look for trouble, and tell the operator what began or ended. */
void alerts_tick(struct daemon *daemon);

/* Tell systemd, if it listens ($NOTIFY_SOCKET); state as in sd_notify(3). */
void notify_manager(const char *state);
/* The span of $WATCHDOG_USEC where it is meant for us, else 0. */
span_ms notify_watchdog(void);
/* STATUS= with what waits, when it is time to or something changed. Main's thread only. */
void status_tick(struct daemon *daemon);
/* Give memory back after a busy time. Main's thread only. */
void thrift_tick(struct daemon *daemon);

/*
 * The calling thread's name ("lane-intake" for tools, "lane intake" for the
 * watchdog) and its beat, to be freed when it ends. name may be "".
 */
struct beat *thread_begin(const char *what, const char *name);

/*
 * watchdog: a thread that pings systemd while every beat is kept, if it asked
 * for that. Why not the main thread: it may be the one that hangs.
 */
struct watchdog;

int watchdog_start(struct watchdog **out, struct err *err) MUST_USE;
void watchdog_stop(struct watchdog *watchdog); /* NULL is fine */

/* Settings from file with the instance filled in; faults go to standard error. */
struct settings *daemon_load(const char *file, struct err *err);
