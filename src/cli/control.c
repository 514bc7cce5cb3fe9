#include "control.h"

#include "look.h"

#include <assent/base/file.h>
#include <assent/base/num.h>
#include <assent/base/user.h>
#include <assent/flow/verb.h>

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)8 << 20)
#define ANSWER_SECONDS 60L
#define LOCK_TRIES 30
#define LOCK_PAUSE_MS 100

struct control {
	const struct settings *settings;
	const char *name;
	const json_t *arguments;
	json_t *out;
	bool locked_out; /* somebody else has the lock */
	struct err err;
};

/* --- the daemon's socket ----------------------------------------------- */

static size_t
take_bytes(char *bytes, size_t size, size_t n, void *page)
{
	struct str *out = page;

	str_add_n(out, bytes, size * n);
	return str_overflowed(out) ? 0 : size * n;
}

static int
error_code(const char *name)
{
	for (int code = ERR_NOT_FOUND; code >= ERR_FULL; code--)
		if (text_is(err_name(code), name))
			return code;
	return ERR_PEER;
}

/* The daemon's word for it, or what is wrong with its answer. */
static int
read_answer(struct control *control, long status, const struct str *page)
{
	json_t *json = json_loadb(str_text(page), page->len, 0, NULL);
	const json_t *error = json_object_get(json, "error");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *code = json_string_value(json_object_get(error, "code"));
	int rc = 0;

	if (status == 200 && json_is_object(json) && !error)
		control->out = json_incref(json);
	else if (message && code)
		rc = err_set(&control->err, error_code(code), "%s", message);
	else
		rc = err_set(&control->err, ERR_PEER,
		    "what answers on %s is not assentd, or another version of it (status %ld)",
		    control->settings->control, status);
	json_decref(json);
	return rc;
}

static int
no_answer(struct control *control, CURL *curl, CURLcode rc)
{
	const char *socket_path = control->settings->control;
	long no = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &no);
	if (rc == CURLE_COULDNT_CONNECT && (no == EACCES || no == EPERM))
		return err_set(&control->err, ERR_DENIED,
		    "assentd is running, but this user may not command it: %s: permission denied",
		    socket_path);
	if (rc == CURLE_COULDNT_CONNECT)
		return ERR_NOT_FOUND;
	return err_set(&control->err, ERR_BUSY,
	    "assentd did not answer on %s (%s); look whether it was done before you repeat it",
	    socket_path, curl_easy_strerror(rc));
}

static int
post(struct control *control, CURL *curl, const char *body, struct str *page)
{
	AUTO(str_donep) struct str url = STR_INIT(200);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	long status = 0;
	CURLcode rc;

	str_addf(&url, "http://assentd/api/v1/verbs/%s", control->name);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, control->settings->control);
	curl_easy_setopt(curl, CURLOPT_URL, str_text(&url));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, page);
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	return rc == CURLE_OK ? read_answer(control, status, page) : no_answer(control, curl, rc);
}

/* ERR_NOT_FOUND with an empty sentence: nobody listens. */
static int
ask_daemon(struct control *control)
{
	AUTO(str_donep) struct str page = STR_INIT(ANSWER_MAX);
	char *body = json_dumps(control->arguments, JSON_COMPACT);
	CURL *curl = curl_easy_init();
	int rc = ERR_IO;

	if (curl && body)
		rc = post(control, curl, body, &page);
	else
		err_set(&control->err, rc, "the request to assentd could not be made");
	curl_easy_cleanup(curl);
	free(body); /* house: library memory */
	return rc;
}

/* --- what it counted ------------------------------------------------------ */

static const char counted[] = "\nassentd_http_requests_total ";

int
control_requests(const struct settings *settings)
{
	AUTO(str_donep) struct str page = STR_INIT(ANSWER_MAX);
	CURL *curl = curl_easy_init();
	const char *at = NULL;
	char digits[16] = "";
	int64_t n;

	if (!curl)
		return -1;
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, settings->control);
	curl_easy_setopt(curl, CURLOPT_URL, "http://assentd/metrics");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &page);
	if (curl_easy_perform(curl) == CURLE_OK)
		at = strstr(str_text(&page), counted);
	curl_easy_cleanup(curl);
	if (!at)
		return -1;
	at += strlen(counted);
	snprintf(digits, sizeof(digits), "%.*s", (int)strspn(at, "0123456789"), at);
	return num_parse_within(digits, 0, INT32_MAX, &n) ? (int)n : -1;
}

enum control_state
control_state(const struct settings *settings, int64_t *pid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enum control_state state = CONTROL_DOWN;

	*pid = 0;
	if (fd < 0 || strlen(settings->control) >= sizeof(at.sun_path)) {
		if (fd >= 0)
			close(fd);
		return CONTROL_DOWN;
	}
	memcpy(at.sun_path, settings->control, strlen(settings->control));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		state = CONTROL_UP;
	else if (errno == EACCES || errno == EPERM)
		state = CONTROL_HIDDEN;
	if (state == CONTROL_UP && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
		*pid = peer.pid;
	close(fd);
	return state;
}

/* --- without a daemon -------------------------------------------------- */

static int
make_run_dir(const struct settings *settings, const struct stat *owner, struct err *err)
{
	int rc;

	if (access(settings->run_dir, F_OK) == 0)
		return 0;
	rc = folder_make(settings->run_dir, 0755, err);
	if (rc == 0 && geteuid() == 0 && chown(settings->run_dir, owner->st_uid, owner->st_gid) < 0)
		rc = err_errno(err, ERR_IO, errno, "%s", settings->run_dir);
	return rc;
}

/* What root makes beside the database, assentd could not write later. */
static int
become(const struct stat *owner, struct err *err)
{
	if (geteuid() != 0 || owner->st_uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(owner->st_gid, owner->st_gid, owner->st_gid) < 0 ||
	    setresuid(owner->st_uid, owner->st_uid, owner->st_uid) < 0)
		return err_errno(err, ERR_DENIED, errno, "becoming the owner of the database");
	return 0;
}

static int64_t
holder_of(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	int64_t pid;

	text[n > 0 ? n : 0] = '\0';
	return num_parse_within(text_trim(text), 1, INT32_MAX, &pid) ? pid : 0;
}

static int
held_by(const struct settings *settings, int fd, struct err *err)
{
	int64_t pid = holder_of(fd);
	char who[40] = "";

	if (pid)
		snprintf(who, sizeof(who), " (pid %lld)", (long long)pid);
	return err_set(err, ERR_BUSY, "assentd is running%s but does not answer on %s", who,
	    settings->control);
}

/* *out holds the lock until it is closed. ERR_BUSY when somebody else has it. */
static int
take_lock(const struct settings *settings, int *out, struct err *err)
{
	int fd = open(settings->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	int rc;

	if (fd < 0)
		return err_errno(err, errno == EACCES ? ERR_DENIED : ERR_IO, errno,
		    "assentd is not running, and its lock file %s", settings->lock);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (ftruncate(fd, 0) == 0)
			dprintf(fd, "%ld\n", (long)getpid());
		*out = fd;
		return 0;
	}
	rc = errno == EWOULDBLOCK ? held_by(settings, fd, err)
				  : err_errno(err, ERR_IO, errno, "%s", settings->lock);
	close(fd);
	return rc;
}

int
control_lock(const struct settings *settings, const struct stat *owner, int *out, struct err *err)
{
	int rc = make_run_dir(settings, owner, err);

	if (rc == 0)
		rc = take_lock(settings, out, err);
	if (rc == 0 && geteuid() == 0 && fchown(*out, owner->st_uid, owner->st_gid) < 0) {
		rc = err_errno(err, ERR_IO, errno, "%s", settings->lock);
		close(*out);
	}
	return rc;
}

static int
step(struct tx *tx, void *arg, struct err *err)
{
	struct control *control = arg;
	struct desk desk = look_desk(control->settings, tx);

	/* A step may run twice; the first object is void then. */
	json_decref(control->out);
	control->out = NULL;
	return verb_run(&desk, control->name, control->arguments, &control->out, err);
}

static int
run_here(struct control *control)
{
	struct db_options options = { .path = control->settings->database, .mode = DB_TOOL };
	AUTO(db_closep) struct db *db = NULL;
	int rc = db_open(&options, &db, &control->err);

	if (rc == 0)
		rc = db_step(db, step, control, &control->err);
	if (rc < 0) {
		json_decref(control->out);
		control->out = NULL;
	}
	return rc;
}

/* The lock is the truth about who may write; the socket only where to ask. */
static int
run_locked(struct control *control)
{
	struct stat owner;
	int fd = -1, rc = look_for_database(control->settings, &control->err);

	if (rc == 0 && stat(control->settings->database, &owner) < 0)
		rc = err_errno(
		    &control->err, ERR_IO, errno, "database %s", control->settings->database);
	if (rc == 0)
		rc = make_run_dir(control->settings, &owner, &control->err);
	if (rc == 0)
		rc = become(&owner, &control->err);
	if (rc == 0)
		rc = take_lock(control->settings, &fd, &control->err);
	control->locked_out = rc == ERR_BUSY;
	if (rc < 0)
		return rc;
	rc = run_here(control);
	close(fd);
	return rc;
}

/* A daemon that starts or stops, or another tool, holds the lock for moments. */
static int
run_somewhere(struct control *control, bool *by_daemon)
{
	static const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int rc = 0;

	for (int i = 0; i < LOCK_TRIES; i++) {
		*by_daemon = true;
		rc = ask_daemon(control);
		if (rc != ERR_NOT_FOUND || control->err.code != 0)
			return rc;
		*by_daemon = false;
		rc = run_locked(control);
		if (!control->locked_out)
			return rc;
		if (i + 1 < LOCK_TRIES) {
			control->err = (struct err){ 0 };
			nanosleep(&pause, NULL);
		}
	}
	return rc;
}

int
control_verb(struct cli *cli, const char *name, json_t *arguments, struct control_answer *out)
{
	struct control control = { .name = name, .arguments = arguments };
	int rc = cli_settings(cli, &control.settings);
	char user[USER_TEXT_SIZE];

	json_object_set_new(arguments, VERB_USER, json_string(user_text(getuid(), user)));
	if (rc == CLI_OK) {
		rc = run_somewhere(&control, &out->by_daemon);
		rc = rc < 0 ? cli_fail(cli, &control.err) : CLI_OK;
	}
	json_decref(arguments);
	if (rc == CLI_OK)
		out->out = control.out;
	return rc;
}

void
control_print_when(const struct control_answer *answer)
{
	if (!answer->by_daemon)
		printf("assentd is not running; it goes on with this when it starts.\n");
}
