/* assentd: the approval desk, in the foreground, until SIGTERM. */
#include <assent/ai/prompt.h>
#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/base/health.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/base/version.h>
#include <assent/flow/credential.h>
#include <assent/flow/retention.h>
#include <assent/flow/setup.h>
#include <assent/flow/story.h>
#include <assent/mail/compose.h>
#include <assent/net/tls.h>
#include <assent/rules/rules.h>
#include <assent/store/site.h>

#include "daemon/daemon_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#define DRAIN (3 * MS_SECOND) /* for open requests */
#define DRAIN_MOST 10 /* seconds, for everything */
#define TICK (10 * MS_SECOND)
#define TURN_MOST (2 * MS_MINUTE) /* a tick or a reload, with a full queue before the writer */
#define READERS 8

struct start { /* what opening the database needs to know and finds out */
	struct settings *settings;
	const char *holder;
	char instance[40];
};

static void
print_faults(const char *file, struct err *err, struct faults *faults)
{
	AUTO(str_donep) struct str text = STR_INIT(1u << 20);

	faults_add_text(faults, &text);
	if (text.len > 0)
		fputs(str_text(&text), stderr);
	else
		fprintf(stderr, "assentd: %s: %s\n", file, err->text);
}

struct settings *
daemon_load(const char *file, struct err *err)
{
	struct settings *settings = NULL;
	AUTO(faults_freep) struct faults *faults = faults_new(file);

	if (settings_load(file, &settings, faults, err) < 0) {
		print_faults(file, err, faults);
		return NULL;
	}
	return settings;
}

/* One daemon a state folder; the file says which process it is. */
static int
take_lock(const struct settings *settings, int *out, struct err *err)
{
	char pid[32];
	int fd, rc = folder_make(settings->run_dir, 0750, err);

	if (rc == 0)
		rc = folder_make(settings->state_dir, 0700, err);
	if (rc < 0)
		return rc;
	fd = open(settings->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_errno(err, ERR_DENIED, errno, "lock file %s", settings->lock);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ssize_t n = read(fd, pid, sizeof(pid) - 1);
		pid[n > 0 ? n : 0] = '\0';
		close(fd);
		return err_set(err, ERR_CONFLICT,
		    "another assentd (process %s) works on %s; stop it first", text_trim(pid),
		    settings->state_dir);
	}
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, pid, strlen(pid)) < 0)
		log_line(LOG_WARN, "lock file not written", "path", settings->lock, NULL);
	*out = fd;
	return 0;
}

static int
find_instance(struct tx *tx, struct start *start, struct err *err)
{
	AUTO(str_donep) struct str hex = STR_INIT(32);
	const char *known;
	uint8_t random[16];
	int rc = site_get(tx, "instance", &known, err);

	if (rc == ERR_NOT_FOUND) {
		random_bytes(random, sizeof(random));
		str_add_hex(&hex, random, sizeof(random));
		known = str_text(&hex);
		rc = site_set(tx, "instance", known, err);
	}
	if (rc == 0)
		snprintf(start->instance, sizeof(start->instance), "%s", known);
	return rc;
}

static int
start_step(struct tx *tx, void *arg, struct err *err)
{
	struct start *start = arg;
	struct desk desk = { tx, &start->settings->policy, clock_now(), true };
	int rc = job_release(tx, start->holder, err);

	if (rc == 0)
		rc = find_instance(tx, start, err);
	if (rc == 0)
		rc = retention_sync(&desk, err);
	return rc < 0 ? rc : setup_sync(&desk, err);
}

static void
committed(void *ctx)
{
	struct daemon *daemon = ctx;

	wake_ring(&daemon->wake);
}

/* Who we are to ourselves: the site's own name, else the one that the database was given. */
static void
name_instance(const struct daemon *daemon, struct settings *settings)
{
	if (settings->policy.instance[0] == '\0')
		settings->policy.instance = daemon->instance;
}

static int
watch_step(struct tx *tx, void *arg, struct err *err)
{
	const struct settings *settings = arg;
	struct desk desk = { tx, &settings->policy, clock_now(), true };

	(void)err;
	credential_watch(&desk);
	return 0;
}

static void
watch_credentials(struct daemon *daemon, struct settings *settings)
{
	struct err err;

	if (db_read(daemon->db, NULL, watch_step, settings, &err) < 0)
		log_err(LOG_WARN, "credentials not looked at", &err);
}

static int
open_store(struct daemon *daemon, struct settings *settings, struct err *err)
{
	const struct db_options options = {
		.path = settings->database,
		.mode = DB_SERVER,
		.readers = READERS,
		.committed = committed,
		.full = reserve_use,
		.ctx = daemon,
	};
	struct start start = { .settings = settings, .holder = daemon->holder };
	int rc = db_open(&options, &daemon->db, err);

	if (rc == 0)
		rc = db_step(daemon->db, start_step, &start, err);
	if (rc < 0)
		return rc;
	daemon->instance = mem_dup(start.instance);
	name_instance(daemon, settings);
	watch_credentials(daemon, settings);
	return clockwork_open(daemon->db, &daemon->clockwork, err);
}

/* The children lie beside the program that starts them. */
static int
open_parser(struct daemon *daemon, const struct settings *settings, struct err *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct parser_options options = {
		.children = settings->parser_children,
		.deadline = settings->parser_deadline,
		.now = clock_now,
	};
	char *slash;
	int rc;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return err_set(err, ERR_IO, "this program does not find its own folder");
	*slash = '\0';
	AUTO(str_donep) struct str program = STR_INIT(PATH_MAX + 32);
	str_addf(&program, "%s/assent-parser", path);
	options.program = str_text(&program);
	options.markers = compose_cut_markers(&options.marker_count);
	rc = parser_new(&options, &daemon->parser, err);
	if (rc == 0)
		parser_trust(daemon->parser, settings->smime.authorities, settings->smime.crls);
	return rc;
}

static int
open_all(struct daemon *daemon, struct settings *settings, struct err *err)
{
	struct rules *rules = NULL;
	int rc = take_lock(settings, &daemon->lock_fd, err);

	if (rc == 0)
		rc = open_store(daemon, settings, err);
	if (rc == 0)
		rc = open_parser(daemon, settings, err);
	if (rc == 0)
		rc = outlets_open(daemon, settings, err);
	if (rc == 0)
		rc = pages_open(settings->policy.site_dir, &daemon->pages, err);
	if (rc == 0)
		rc = http_client_new(&(struct http_client_options){ 0 }, &daemon->client, err);
	if (rc == 0)
		rc = ruling_load(settings, &rules, err);
	if (rc < 0)
		return rc;
	ruling_take(daemon, rules);
	daemon->models = models_new(
	    &(struct models_options){ daemon->client, clock_boot, clock_now, http_client_pause });
	chain_set(daemon, settings);
	chain_remember(daemon);
	return serve_start(daemon, settings, err);
}

static void
close_all(struct daemon *daemon)
{
	http_server_stop(daemon->http, DRAIN);
	live_free(daemon->live);
	tls_close();
	parser_free(daemon->parser);
	clockwork_close(daemon->clockwork);
	db_close(daemon->db);
	outlets_close(daemon);
	models_free(daemon->models);
	http_client_free(daemon->client);
	pages_close(daemon->pages);
	buckets_free(daemon->lookups);
	buckets_free(daemon->web.api_rates);
	buckets_free(daemon->web.draft_rates);
	settings_slot_free(daemon->settings);
	ruling_take(daemon, NULL);
	wake_done(&daemon->wake);
	mem_free(daemon->instance);
}

static int
sync_step(struct tx *tx, void *arg, struct err *err)
{
	const struct settings *settings = arg;
	struct desk desk = { tx, &settings->policy, clock_now(), true };

	return setup_sync(&desk, err);
}

static void
tell_reloading(void)
{
	char state[80];

	/* notify-reload wants the time; systemd 252 knows only the first line. */
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)(clock_tick_ns() / 1000));
	notify_manager(state);
}

static void
reload_failed(const char *file, const struct err *err)
{
	metric_add(METRIC_RELOADS_REFUSED, 1);
	log_err(LOG_ERROR, "settings not reloaded; the old ones stay in force", err);
	health_bad("settings", false, clock_now(),
	    "%s has faults, so the settings read before stay in force; see: assent config check",
	    file);
}

static void
reload_taken(struct daemon *daemon, const struct settings *before)
{
	AUTO(str_donep) struct str key = STR_INIT(256);
	AUTO(settings_unrefp) struct settings *after = settings_get(daemon->settings);
	struct err err;

	metric_add(METRIC_RELOADS, 1);
	name_instance(daemon, after);
	if (db_step(daemon->db, sync_step, after, &err) < 0)
		log_err(LOG_ERROR, "reload", &err);
	watch_credentials(daemon, after);
	if (settings_needs_restart(before, after, &key))
		log_line(LOG_WARN, "takes effect at a restart only", "key", str_text(&key), NULL);
	compose_forget();
	chain_set(daemon, after);
	parser_trust(daemon->parser, after->smime.authorities, after->smime.crls);
	log_set_level((enum log_level)after->log_level);
	log_line(LOG_NOTICE, "settings reloaded", "file", after->file, NULL);
	health_good("settings");
}

/* The rules that the settings in the file lead to; nothing where those have faults. */
static int
reload_rules(const char *file, struct rules **out, struct err *err)
{
	AUTO(faults_freep) struct faults *faults = faults_new(file);
	AUTO(settings_unrefp) struct settings *fresh = NULL;

	/* Who reads them for good tells their faults. */
	if (settings_load(file, &fresh, faults, err) < 0)
		return 0;
	return ruling_load(fresh, out, err);
}

/* In force only if clean; what needs a restart is named and stays as it was. */
static void
reload(struct daemon *daemon)
{
	AUTO(settings_unrefp) struct settings *before = settings_get(daemon->settings);
	AUTO(faults_freep) struct faults *faults = faults_new(before->file);
	struct rules *rules = NULL;
	struct err err;

	tell_reloading();
	if (reload_rules(before->file, &rules, &err) < 0) {
		reload_failed(before->file, &err);
	} else if (settings_reload(daemon->settings, faults, &err) < 0) {
		print_faults(before->file, &err, faults);
		reload_failed(before->file, &err);
	} else {
		reload_taken(daemon, before);
		ruling_take(daemon, TAKE(rules));
	}
	rules_unref(rules);
	serve_look_at_tls(daemon, true);
	/* Before READY=1, so that who waits for the reload finds it. */
	status_tick(daemon);
	notify_manager("READY=1");
}

static void
run_until_told(struct daemon *daemon, const sigset_t *signals)
{
	const struct timespec tick = { .tv_sec = TICK / MS_SECOND };
	struct beat *beat = beat_new("main");

	beat_promise(beat, TURN_MOST);
	alerts_tick(daemon);
	sweep_tick(daemon);
	for (;;) {
		int got;

		beat_promise(beat, TICK);
		got = sigtimedwait(signals, NULL, &tick);
		beat_promise(beat, TURN_MOST);
		if (got == SIGTERM || got == SIGINT)
			break;
		if (got == SIGHUP)
			reload(daemon);
		serve_look_at_tls(daemon, false);
		clockwork_tick(daemon->clockwork);
		chain_tick(daemon);
		alerts_tick(daemon);
		sweep_tick(daemon);
		status_tick(daemon);
		thrift_tick(daemon);
	}
	beat_free(beat);
}

/* What is cut off here is offered again at the next start. */
static void
drained_too_long(int signal)
{
	static const char line[] = "stopped note=\"something did not end in time; it is offered "
				   "again at the next start\"\n";

	(void)signal;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(2);
	_exit(0);
}

static void
stop_threads(struct daemon *daemon, struct mailboxes *mailboxes, struct lanes *lanes)
{
	const uint64_t one = 1;

	signal(SIGALRM, drained_too_long);
	alarm(DRAIN_MOST);
	atomic_store(&daemon->stop, true);
	outlets_stop(daemon);
	/*
	 * Who watches asks again and hears how it went on; who waits is told that it
	 * goes on. Before models are cut off: what is written without them then is void.
	 */
	if (daemon->live != NULL)
		live_close(daemon->live, "", "{}");
	if (write(daemon->stop_fd, &one, sizeof(one)) < 0)
		log_line(LOG_WARN, "mailboxes stop late", NULL);
	http_client_cancel(daemon->client);
	wake_ring(&daemon->wake);
	mailboxes_stop(mailboxes);
	lanes_stop(lanes);
}

static int
run(struct daemon *daemon, const sigset_t *signals, struct err *err)
{
	struct lanes *lanes = NULL;
	struct mailboxes *mailboxes = NULL;
	struct watchdog *watchdog = NULL;
	struct ruling *ruling = NULL;
	int rc = lanes_start(daemon, &lanes, err);

	if (rc == 0)
		rc = mailboxes_start(daemon, &mailboxes, err);
	if (rc == 0)
		rc = ruling_start(daemon, &ruling, err);
	if (rc == 0)
		rc = watchdog_start(&watchdog, err);
	if (rc == 0) {
		log_line(LOG_NOTICE, "ready", "version", ASSENT_VERSION, NULL);
		notify_manager("READY=1");
		status_tick(daemon);
		run_until_told(daemon, signals);
		notify_manager("STOPPING=1\nSTATUS=ending what is under way");
		log_line(LOG_NOTICE, "stopping", NULL);
	}
	stop_threads(daemon, mailboxes, lanes);
	ruling_stop(ruling);
	watchdog_stop(watchdog);
	return rc;
}

/* Before any thread starts, so that all of them inherit it. */
static void
block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGUSR1); /* our own: something to look at before the next tick */
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int
serve(struct settings *settings)
{
	struct daemon daemon = { .lock_fd = -1, .find_story = story_find };
	sigset_t signals;
	struct err err;
	int rc;

	block_signals(&signals);
	wake_init(&daemon.wake);
	pthread_mutex_init(&daemon.rules_lock, NULL);
	daemon.stop_fd = eventfd(0, EFD_CLOEXEC);
	daemon.settings = settings_slot_new(settings);
	snprintf(daemon.holder, sizeof(daemon.holder), "%s:%ld", clock_boot_id(), (long)getpid());
	log_set_level((enum log_level)settings->log_level);
	if (clock_is_virtual())
		log_line(LOG_WARN, "the clock is a virtual one", "because", "ASSENTD_CLOCK", NULL);
	rc = open_all(&daemon, settings, &err);
	if (rc == 0)
		rc = run(&daemon, &signals, &err);
	if (rc < 0)
		log_err(LOG_ERROR, "assentd cannot start", &err);
	close_all(&daemon);
	if (daemon.lock_fd >= 0)
		close(daemon.lock_fd);
	close(daemon.stop_fd);
	return rc == 0 ? 0 : 1;
}

/* The templates and pages that the settings lead to. */
static int
check_files(const struct settings *settings, struct err *err)
{
	AUTO(pages_closep) struct pages *pages = NULL;
	const struct policy *policy = &settings->policy;
	const struct tls_files tls = { settings->tls_cert_file, settings->tls_key_file };
	int rc = pages_open(policy->site_dir, &pages, err);

	if (rc == 0)
		rc = compose_check(policy->site_dir, policy->locale, err);
	if (rc == 0)
		rc = prompt_check(policy->site_dir, err);
	if (rc == 0)
		rc = rules_check(policy, err);
	if (rc == 0)
		rc = form_words_check(policy->site_dir, policy->locale, err);
	if (rc == 0 && tls.certificate[0] != '\0')
		rc = tls_open(&tls, err);
	tls_close();
	for (size_t i = 0; rc == 0 && i < policy->organisation_count; i++) {
		rc = compose_check(policy->site_dir, policy->organisations[i].locale, err);
		if (rc == 0)
			rc = form_words_check(
			    policy->site_dir, policy->organisations[i].locale, err);
	}
	return rc;
}

static int
usage(FILE *out, int status)
{
	fputs("usage: assentd [-c FILE] [-htV]\n"
	      "  -c FILE  settings (" SETTINGS_FILE ")\n"
	      "  -h       this text\n"
	      "  -t       check the settings, templates and pages, and end\n"
	      "  -V       version\n",
	    out);
	return status;
}

int
main(int argc, char **argv)
{
	const char *file = SETTINGS_FILE;
	struct settings *settings;
	bool only_test = false;
	struct err err;
	int option, rc;

	mem_start();
	while ((option = getopt(argc, argv, "c:tVh")) != -1) {
		if (option == 'c')
			file = optarg;
		else if (option == 't')
			only_test = true;
		else if (option == 'V')
			return puts("assentd " ASSENT_VERSION) < 0;
		else
			return usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		return usage(stderr, 2);
	settings = daemon_load(file, &err);
	if (settings == NULL)
		return 1;
	if (!only_test)
		return serve(settings);
	rc = check_files(settings, &err);
	if (rc < 0)
		fprintf(stderr, "assentd: %s\n", err.text);
	settings_unref(settings);
	return rc == 0 ? 0 : 1;
}
