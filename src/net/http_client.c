/*
 * http_client: one thread with one multi handle does everybody's calls, so that
 * there is one set of kept connections and no handle is ever shared. It is
 * there before the first call: that may come from a thread that has stepped
 * back, and a thread inherits that. Callers wait for their own run only.
 */
#include <assent/net/http_client.h>

#include "net/http_client_priv.h"

#include <pthread.h>

#define CONNECTIONS 8
#define LOOK 1000 /* milliseconds: longest sleep while something is open */

struct run { /* the calls of one http_client_run() */
	struct run *next;
	struct http_call *calls;
	size_t count;
	size_t begun, ended;
	size_t at_once;
	uint64_t until_ns; /* CLOCK_MONOTONIC */
};

struct http_client {
	struct http_client_options options;
	char *ca_file;
	CURLM *multi; /* the worker's; others only wake it */
	pthread_t thread;

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t work; /* there are runs, or it is over */
	pthread_cond_t done; /* a run ended */
	struct run *runs;
	struct ride *rides;
	size_t waiting; /* threads inside http_client_run() */
	bool is_cancelled, is_over;
};

/* --- the worker's side, under lock ---------------------------------------- */

static void
count_end(struct http_client *client, struct run *run)
{
	if (++run->ended == run->count)
		pthread_cond_broadcast(&client->done);
}

static span_ms
span_left(const struct run *run)
{
	uint64_t now = clock_tick_ns();

	return now < run->until_ns ? (span_ms)((run->until_ns - now) / 1000000) : 0;
}

static void
begin_call(struct http_client *client, struct run *run, struct http_call *call)
{
	struct ride *ride = mem_alloc(sizeof(*ride));
	span_ms span = span_left(run);

	*ride = (struct ride){ .run = run, .call = call, .options = &client->options };
	if (call->timeout < span)
		span = call->timeout;
	if (client->is_cancelled)
		call_fail(call, ERR_BUSY, "the program stops");
	else if (span <= 0)
		call_fail(call, ERR_BUSY, "the time for all requests was over before this one");
	else if (ride_begin(ride, span)) {
		ride->next = client->rides;
		client->rides = ride;
		curl_multi_add_handle(client->multi, ride->easy);
		return;
	}
	mem_free(ride);
	count_end(client, run);
}

static void
begin_calls(struct http_client *client)
{
	for (struct run *run = client->runs; run != NULL; run = run->next)
		while (run->begun < run->count && run->begun - run->ended < run->at_once)
			begin_call(client, run, &run->calls[run->begun++]);
}

static void
end_ride(struct http_client *client, struct ride *ride, CURLcode code)
{
	struct ride **at = &client->rides;
	struct run *run = ride->run;

	while (*at != ride)
		at = &(*at)->next;
	*at = ride->next;
	curl_multi_remove_handle(client->multi, ride->easy);
	ride_end(ride, code);
	mem_free(ride);
	count_end(client, run);
}

static void
end_rides(struct http_client *client)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		struct ride *ride;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ride);
		end_ride(client, ride, code);
	}
	while (client->is_cancelled && client->rides != NULL)
		end_ride(client, client->rides, CURLE_OPERATION_TIMEDOUT);
}

static void *
worker(void *arg)
{
	struct http_client *client = arg;
	int running;

	pthread_mutex_lock(&client->lock);
	while (!client->is_over) {
		begin_calls(client);
		if (client->rides == NULL) {
			pthread_cond_wait(&client->work, &client->lock);
			continue;
		}
		pthread_mutex_unlock(&client->lock);
		curl_multi_perform(client->multi, &running);
		if (running > 0)
			curl_multi_poll(client->multi, NULL, 0, LOOK, NULL);
		pthread_mutex_lock(&client->lock);
		end_rides(client);
	}
	pthread_mutex_unlock(&client->lock);
	return NULL;
}

/* --- the callers' side ------------------------------------------------------ */

static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void
discard(struct http_client *client)
{
	curl_multi_cleanup(client->multi);
	pthread_cond_destroy(&client->done);
	pthread_cond_destroy(&client->work);
	pthread_mutex_destroy(&client->lock);
	mem_free(client->ca_file);
	mem_free(client);
}

int
http_client_new(
    const struct http_client_options *options, struct http_client **out, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_client *client;
	CURLM *multi;

	pthread_once(&once, init_curl);
	multi = curl_multi_init();
	if (multi == NULL)
		return err_set(err, ERR_IO, "libcurl does not start");
	client = mem_alloc(sizeof(*client));
	client->options = *options;
	client->options.ca_file = client->ca_file = mem_dup(options->ca_file);
	client->multi = multi;
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
	    (long)(options->connections > 0 ? options->connections : CONNECTIONS));
	pthread_mutex_init(&client->lock, NULL);
	pthread_cond_init(&client->work, NULL);
	pthread_cond_init(&client->done, NULL);
	if (pthread_create(&client->thread, NULL, worker, client) != 0) {
		discard(client);
		return err_set(err, ERR_BUSY, "no thread for requests");
	}
	*out = client;
	return 0;
}

void
http_client_cancel(struct http_client *client)
{
	if (client == NULL)
		return;
	pthread_mutex_lock(&client->lock);
	client->is_cancelled = true;
	pthread_cond_signal(&client->work);
	pthread_cond_broadcast(&client->done);
	pthread_mutex_unlock(&client->lock);
	curl_multi_wakeup(client->multi);
}

void
http_client_free(struct http_client *client)
{
	if (client == NULL)
		return;
	http_client_cancel(client);
	pthread_mutex_lock(&client->lock);
	while (client->waiting > 0)
		pthread_cond_wait(&client->done, &client->lock);
	client->is_over = true;
	pthread_cond_signal(&client->work);
	pthread_mutex_unlock(&client->lock);
	pthread_join(client->thread, NULL);
	discard(client);
}

static void
remove_run(struct http_client *client, struct run *run)
{
	struct run **at = &client->runs;

	while (*at != run)
		at = &(*at)->next;
	*at = run->next;
}

static void
wait_for(struct http_client *client, struct run *run)
{
	run->next = client->runs;
	client->runs = run;
	pthread_cond_signal(&client->work);
	curl_multi_wakeup(client->multi);
	while (run->ended < run->count)
		pthread_cond_wait(&client->done, &client->lock);
	remove_run(client, run);
}

static void
prepare(struct http_call *call)
{
	call->rc = 0;
	call->err = (struct err){ 0 };
	call->status = 0;
	call->retry_after = -1;
	call->answer = STR_INIT(call->max_answer);
}

void
http_client_run(
    struct http_client *client, struct http_call *calls, size_t count, int at_once, span_ms whole)
{
	struct run run = {
		.calls = calls,
		.count = count,
		.at_once = at_once > 0 ? (size_t)at_once : 1,
		.until_ns = clock_tick_ns() + (whole > 0 ? (uint64_t)whole * 1000000 : 0),
	};

	for (size_t i = 0; i < count; i++)
		prepare(&calls[i]);
	pthread_mutex_lock(&client->lock);
	client->waiting++;
	wait_for(client, &run);
	client->waiting--;
	pthread_cond_broadcast(&client->done);
	pthread_mutex_unlock(&client->lock);
}

bool
http_client_pause(struct http_client *client, span_ms span)
{
	uint64_t end = clock_tick_ns() + (uint64_t)span * 1000000;
	struct timespec at = { .tv_sec = (time_t)(end / 1000000000),
		.tv_nsec = (long)(end % 1000000000) };
	bool goes_on;
	int rc = 0;

	pthread_mutex_lock(&client->lock);
	client->waiting++;
	while (!client->is_cancelled && rc == 0)
		rc = pthread_cond_clockwait(&client->done, &client->lock, CLOCK_MONOTONIC, &at);
	goes_on = !client->is_cancelled;
	client->waiting--;
	pthread_cond_broadcast(&client->done);
	pthread_mutex_unlock(&client->lock);
	return goes_on;
}
