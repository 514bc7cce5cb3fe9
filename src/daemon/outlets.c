/*
 * outlets: the ways out for mail, as the settings name them. A route is an
 * outlet around the real one: it keeps to the limits, does not run against a
 * door that was just shut, and says what it learns about the relay's health.
 */
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/str.h>
#include <assent/mail/smtp.h>

#include "daemon/daemon_priv.h"

#include <pthread.h>
#include <string.h>

#define DOMAINS_MAX 1024 /* limited at once */
#define DOMAIN_MAX 254
#define REST_LEAST (5 * MS_SECOND) /* after a failure that is no fault of the mail */
#define REST_MOST MS_MINUTE
#define TIMEOUT (5 * MS_MINUTE) /* of a route that has no such setting */
#define SPREAD (10 * MS_SECOND) /* so that what waits does not come back all at once */

struct route {
	struct outlet outlet; /* first: a struct outlet * is a struct route * */
	struct daemon *daemon;
	struct outlet *inner;
	struct buckets *limits; /* NULL for none */
	bool is_alert;
	const char *condition; /* in base/health.h */
	pthread_mutex_t lock;
	span_ms rest; /* how long it rested last, 0 when all is well */
	span_ms rests_until; /* boot time */
};

/* --- what the relay wants to see ---------------------------------------------- */

static const struct settings_route *
route_settings(const struct settings *settings, bool is_alert)
{
	return is_alert ? &settings->alerts : &settings->outgoing;
}

static int
secret(void *ctx, struct str *out, struct err *err)
{
	const struct route *route = ctx;
	AUTO(settings_unrefp) struct settings *settings = settings_get(route->daemon->settings);

	return login_secret(
	    route->daemon, &route_settings(settings, route->is_alert)->login, out, err);
}

static void
refused(void *ctx)
{
	const struct route *route = ctx;
	AUTO(settings_unrefp) struct settings *settings = settings_get(route->daemon->settings);
	struct err err;

	if (login_refused(route->daemon, &route_settings(settings, route->is_alert)->login, &err) <
	    0)
		log_err(LOG_WARN, "mail.token_not_renewed", &err);
}

/* --- limits --------------------------------------------------------------------- */

/* Between 0 and SPREAD, always the same for one mail. */
static span_ms
spread(const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return (span_ms)(hash % SPREAD);
}

static int
wait_for(const struct outlet_mail *mail, span_ms span)
{
	if (mail->wait != NULL)
		*mail->wait = span + spread(mail->key);
	return ERR_BUSY;
}

static bool
is_within_limit(struct route *route, const struct outlet_mail *mail)
{
	const char *at = strrchr(mail->to, '@');
	char domain[DOMAIN_MAX + 1] = "";

	if (route->limits == NULL || at == NULL || strlen(at + 1) > DOMAIN_MAX)
		return true;
	memcpy(domain, at + 1, strlen(at + 1));
	text_lower(domain);
	return bucket_take(route->limits, domain, clock_boot());
}

/* How long the route still rests. */
static span_ms
rest_left(struct route *route)
{
	span_ms left;

	pthread_mutex_lock(&route->lock);
	left = route->rests_until - clock_boot();
	pthread_mutex_unlock(&route->lock);
	return left > 0 ? left : 0;
}

/* --- health ------------------------------------------------------------------------ */

static void
note_success(struct route *route)
{
	bool was_bad;

	pthread_mutex_lock(&route->lock);
	was_bad = route->rest != 0;
	route->rest = route->rests_until = 0;
	pthread_mutex_unlock(&route->lock);
	if (!was_bad)
		return;
	health_good(route->condition);
	log_line(LOG_NOTICE, "mail goes out again", "by", route->inner->ops->name, NULL);
}

static void
note_trouble(struct route *route, const struct err *err)
{
	bool is_new;

	pthread_mutex_lock(&route->lock);
	is_new = route->rest == 0;
	/* Of several that failed at once one counts. */
	if (clock_boot() >= route->rests_until) {
		route->rest = is_new		  ? REST_LEAST
		    : 2 * route->rest < REST_MOST ? 2 * route->rest
						  : REST_MOST;
		route->rests_until = clock_boot() + route->rest;
	}
	pthread_mutex_unlock(&route->lock);
	health_bad(route->condition, false, clock_now(), "%s", err->text);
	if (is_new)
		log_err(LOG_WARN, "mail does not go out", err);
}

/* --- the outlet ----------------------------------------------------------------------- */

static int
route_send(struct outlet *outlet, const struct outlet_mail *mail, struct err *err)
{
	struct route *route = (struct route *)outlet;
	span_ms rest = rest_left(route);
	int rc;

	if (rest > 0)
		return err_set(err, wait_for(mail, rest),
		    "waits, because %s did not work a moment ago", route->inner->ops->name);
	if (!is_within_limit(route, mail))
		return err_set(
		    err, wait_for(mail, SPREAD), "waits, because of outgoing.per_minute");
	rc = route->inner->ops->send(route->inner, mail, err);
	if (rc == 0)
		note_success(route);
	else if (rc == ERR_DENIED || rc == ERR_IO || rc == ERR_FULL)
		note_trouble(route, err);
	return rc;
}

static void
route_stop(struct outlet *outlet)
{
	outlet_stop(((struct route *)outlet)->inner);
}

static void
route_free(struct outlet *outlet)
{
	struct route *route = (struct route *)outlet;

	outlet_free(route->inner);
	buckets_free(route->limits);
	pthread_mutex_destroy(&route->lock);
	mem_free(route);
}

static const struct outlet_ops route_ops = { "route", route_send, route_free, route_stop };

/* --- opening ---------------------------------------------------------------------------- */

static int
open_smtp(struct route *route, const struct settings_route *wanted, struct err *err)
{
	const struct smtp_options options = {
		.login = wanted->login,
		.helo = wanted->helo,
		.connections = wanted->connections,
		.deadline = wanted->timeout > 0 ? wanted->timeout : TIMEOUT,
		.secret = secret,
		.refused = refused,
		.ctx = route,
	};

	return outlet_smtp_new(&options, &route->inner, err);
}

static int
open_inner(struct route *route, const struct settings_route *wanted, struct err *err)
{
	if (wanted->login.host[0] != '\0')
		return open_smtp(route, wanted, err);
	if (wanted->sendmail[0] != '\0')
		return outlet_sendmail_new(wanted->sendmail, wanted->timeout, &route->inner, err);
	return outlet_maildir_new(wanted->maildir, &route->inner, err);
}

static const char *
condition_of(const struct settings_route *wanted, bool is_alert)
{
	if (is_alert)
		return "alerts";
	return wanted->login.host[0] ? "smtp" : wanted->sendmail[0] ? "sendmail" : "outbox";
}

/* No more than `most` in any minute: what may come at once is taken off the rest. */
static struct buckets *
limits_of(int most)
{
	int burst = (most + 5) / 6;

	if (most <= 0)
		return NULL;
	return buckets_new(DOMAINS_MAX, burst, most > burst ? most - burst : most);
}

static int
open_route(struct daemon *daemon, const struct settings *settings, bool is_alert, struct err *err)
{
	const struct settings_route *wanted = route_settings(settings, is_alert);
	struct route *route = mem_alloc(sizeof(*route));
	int rc;

	route->outlet.ops = &route_ops;
	route->daemon = daemon;
	route->is_alert = is_alert;
	route->condition = condition_of(wanted, is_alert);
	route->limits = limits_of(wanted->per_minute);
	pthread_mutex_init(&route->lock, NULL);
	rc = open_inner(route, wanted, err);
	if (rc < 0) {
		route_free(&route->outlet);
		return err_wrap(err, rc, "%s", is_alert ? "alerts" : "outgoing");
	}
	route->outlet.may_double = route->inner->may_double;
	*(is_alert ? &daemon->alert_outlet : &daemon->outlet) = &route->outlet;
	return 0;
}

static bool
is_given(const struct settings_route *route)
{
	return route->maildir[0] || route->sendmail[0] || route->login.host[0];
}

int
outlets_open(struct daemon *daemon, const struct settings *settings, struct err *err)
{
	int rc = open_route(daemon, settings, false, err);

	if (rc == 0 && is_given(&settings->alerts))
		rc = open_route(daemon, settings, true, err);
	return rc;
}

void
outlets_stop(struct daemon *daemon)
{
	outlet_stop(daemon->outlet);
	outlet_stop(daemon->alert_outlet);
}

void
outlets_close(struct daemon *daemon)
{
	outlet_free(daemon->outlet);
	outlet_free(daemon->alert_outlet);
	daemon->outlet = daemon->alert_outlet = NULL;
}
