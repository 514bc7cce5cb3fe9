/* doctor, servers: mailboxes that mail comes from, and ways it goes out. */
#include "doctor.h"
#include "look.h"

#include <assent/base/certificate.h>
#include <assent/base/mem.h>
#include <assent/flow/credential.h>
#include <assent/mail/imap.h>

#include <curl/curl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE (20 * MS_SECOND)
#define REPLY_MAX 400

/* --- Maildirs ------------------------------------------------------------- */

static void
look_at_maildir(struct doctor *doctor, const char *what, const char *path)
{
	struct stat st, state;

	if (stat(path, &st) < 0)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, what,
			"assentd makes it when it starts; look that the mail system delivers "
			"there"),
		    "%s is not there yet", path);
	else if (!S_ISDIR(st.st_mode))
		doctor_say(
		    doctor, NOTE(FINDING_BAD, what, "name a folder"), "%s is no folder", path);
	else if (stat(doctor->settings->state_dir, &state) == 0 && st.st_uid != state.st_uid &&
	    (st.st_mode & 0070) != 0070)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, what,
			arena_printf(doctor->arena,
			    "let assentd write there: chown --reference=%s %s",
			    doctor->settings->state_dir, path)),
		    "%s belongs to another user than %s does", path, doctor->settings->state_dir);
	else
		doctor_say(doctor, NOTE(FINDING_OK, what, NULL), "the Maildir %s is there", path);
}

/* --- how we sign in ---------------------------------------------------------- */

struct wanted {
	const char *credential;
	const char *secret; /* in the doctor's arena */
	struct arena *arena;
	struct err err; /* why there is none; not the database's fault */
};

static int
read_token(struct desk *desk, void *arg, struct err *err)
{
	struct wanted *wanted = arg;
	const char *token;

	(void)err;
	wanted->secret = NULL;
	if (credential_token(desk, wanted->credential, &token, &wanted->err) == 0)
		wanted->secret = arena_dup(wanted->arena, token);
	return 0;
}

/* The password or token; NULL after the finding was told. */
static const char *
secret_of(struct doctor *doctor, const char *what, const struct login *login)
{
	struct wanted wanted = { .credential = login->credential, .arena = doctor->arena };

	if (login->auth == AUTH_NONE)
		return "";
	if (login->auth == AUTH_PASSWORD)
		return login->password ? login->password : "";
	if (doctor->has_database && look(doctor->cli, read_token, &wanted) == CLI_OK &&
	    wanted.secret)
		return wanted.secret;
	doctor_say(doctor,
	    NOTE(FINDING_BAD, what,
		arena_printf(doctor->arena, "assent mailbox login %s", login->credential)),
	    "%s", wanted.err.code ? wanted.err.text : "there is no access token yet");
	return NULL;
}

/* What usually helps, by what the server or the network said. */
static const char *
login_advice(const struct login *login, int code)
{
	if (code == ERR_DENIED)
		return login->auth == AUTH_XOAUTH2
		    ? "sign in again: assent mailbox login; and look at the credential's scope"
		    : "look at user and password_file; many providers want an app password";
	if (code == ERR_NOT_FOUND)
		return "look at folder: its name must be what the server calls it";
	return "look at host, port and tls; for a private certificate authority name ca_file";
}

/* --- IMAP -------------------------------------------------------------------- */

static void
try_imap(struct doctor *doctor, const char *what, const struct settings_mailbox *box)
{
	AUTO(str_donep) struct str program = STR_INIT(PATH_MAX);
	const char *secret = secret_of(doctor, what, &box->login);
	struct imap_account account = { .login = &box->login,
		.secret = secret,
		.folder = box->folder,
		.deadline = DEADLINE,
		.max_size = doctor->settings->mail_max_size };
	struct imap_opened opened;
	struct err err = { 0 };
	struct imap *imap;
	int rc;

	if (!secret)
		return;
	if (cli_program_beside("assent-mailbox", &program, &err) < 0) {
		doctor_say(doctor, NOTE(FINDING_BAD, what, "install it whole"), "%s", err.text);
		return;
	}
	imap = imap_new(str_text(&program), -1);
	rc = imap_open(imap, &account, &opened, &err);
	imap_free(imap);
	if (rc < 0)
		doctor_say(
		    doctor, NOTE(FINDING_BAD, what, login_advice(&box->login, rc)), "%s", err.text);
	else
		doctor_say(doctor, NOTE(FINDING_OK, what, NULL),
		    "%s: signed in, folder %s opened%s", box->login.host, box->folder,
		    opened.has_idle ? "" : "; it has no IDLE, so new mail waits for the next poll");
}

static void
look_at_mailbox(struct doctor *doctor, const struct settings_mailbox *box)
{
	const char *what = arena_printf(doctor->arena, "mailbox %s", box->name);

	if (*box->maildir)
		look_at_maildir(doctor, what, box->maildir);
	else
		try_imap(doctor, what, box);
}

/* --- SMTP ---------------------------------------------------------------------- */

struct smtp_try {
	const struct login *login;
	const char *from, *helo, *secret;
	char reply[REPLY_MAX]; /* the last no of the relay, "" for none */
};

static size_t
keep_reply(char *bytes, size_t size, size_t n, void *ctx)
{
	struct smtp_try *try = ctx;

	if (n == 0 || (bytes[0] != '4' && bytes[0] != '5'))
		return size * n;
	snprintf(try->reply, sizeof(try->reply), "%.*s", (int)(size * n), bytes);
	text_trim(try->reply);
	return size * n;
}

static void
set_login(CURL *curl, const struct smtp_try *try)
{
	const struct login *login = try->login;

	if (login->auth == AUTH_NONE)
		return;
	curl_easy_setopt(curl, CURLOPT_USERNAME, login->user);
	if (login->auth == AUTH_XOAUTH2) {
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, try->secret);
		curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
	} else {
		curl_easy_setopt(curl, CURLOPT_PASSWORD, try->secret);
	}
}

static void
set_all(CURL *curl, struct smtp_try *try, const char *url, const char *command)
{
	const struct login *login = try->login;
	const char *authorities = authorities_file(login->ca_file);

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)DEADLINE);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
	    login->tls == TLS_STARTTLS ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	if (*authorities) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, command);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_reply);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, try);
	set_login(curl, try);
}

static int
usual_port(const struct login *login)
{
	if (login->port)
		return login->port;
	return login->tls == TLS_IMPLICIT ? 465 : login->tls == TLS_STARTTLS ? 587 : 25;
}

/* Greets, encrypts, signs in and names our sender; no mail is sent. */
static CURLcode
knock(struct smtp_try *try)
{
	AUTO(str_donep) struct str url = STR_INIT(1000), command = STR_INIT(1000);
	CURL *curl = curl_easy_init();
	CURLcode rc;

	if (!curl)
		return CURLE_FAILED_INIT;
	str_addf(&url, "%s://%s:%d/%s", try->login->tls == TLS_IMPLICIT ? "smtps" : "smtp",
	    try->login->host, usual_port(try->login), try->helo);
	str_addf(&command, "MAIL FROM:<%s>", try->from);
	set_all(curl, try, str_text(&url), str_text(&command));
	rc = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return rc;
}

static const char *
relay_advice(const struct smtp_try *try, CURLcode rc)
{
	switch (rc) {
	case CURLE_LOGIN_DENIED:
		return login_advice(try->login, ERR_DENIED);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "the relay's certificate must carry the name in host; for a private "
		       "certificate authority name ca_file";
	case CURLE_USE_SSL_FAILED:
		return "the relay offers no STARTTLS: use tls: implicit, or another port";
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
		return "let the relay accept this sender for this login, or agent.email be one "
		       "that it accepts";
	default:
		return login_advice(try->login, ERR_IO);
	}
}

static void
try_smtp(struct doctor *doctor, const char *what, const struct settings_route *route)
{
	struct smtp_try try = { .login = &route->login,
		.from = doctor->settings->policy.agent_email,
		.helo = route->helo,
		.secret = secret_of(doctor, what, &route->login) };
	CURLcode rc;

	if (!try.secret)
		return;
	rc = knock(&try);
	if (rc == CURLE_OK)
		doctor_say(doctor, NOTE(FINDING_OK, what, NULL),
		    "%s: signed in, accepts mail from %s", route->login.host, try.from);
	else
		doctor_say(doctor, NOTE(FINDING_BAD, what, relay_advice(&try, rc)), "%s: %s%s",
		    route->login.host, *try.reply ? "it said " : "",
		    *try.reply ? try.reply : curl_easy_strerror(rc));
}

/* --- ways out ------------------------------------------------------------------- */

static void
look_at_route(struct doctor *doctor, const char *what, const struct settings_route *route)
{
	if (*route->maildir)
		look_at_maildir(doctor, what, route->maildir);
	else if (*route->sendmail && access(route->sendmail, X_OK) < 0)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, what, "install a mail system, or name its program"),
		    "%s cannot be run", route->sendmail);
	else if (*route->sendmail)
		doctor_say(doctor, NOTE(FINDING_OK, what, NULL), "%s is there", route->sendmail);
	else if (*route->login.host)
		try_smtp(doctor, what, route);
}

void
doctor_servers(struct doctor *doctor)
{
	const struct settings *s = doctor->settings;

	for (size_t i = 0; i < s->mailbox_count; i++)
		look_at_mailbox(doctor, &s->mailboxes[i]);
	look_at_route(doctor, "outgoing", &s->outgoing);
	look_at_route(doctor, "alerts", &s->alerts);
}
