/* smtp_slot: one mail on one connection, by libcurl. */
#include "mail/smtp_slot_priv.h"

#include <assent/base/certificate.h>
#include <assent/base/utf8.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MAX (30 * MS_SECOND)
#define POLL_MAX MS_SECOND
#define LAST_LOOK ((span_ms)50) /* at the end, for libcurl to see that its sockets are shut */
#define LAST_LOOKS 20

/* --- what libcurl calls back for --------------------------------------------- */

static size_t
give_bytes(char *room, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;
	size_t left = slot->mail->size - slot->at;
	size_t n = size * count < left ? size * count : left;

	memcpy(room, slot->mail->bytes + slot->at, n);
	slot->at += n;
	/* Asked for only when all before is out: now the final dot goes. */
	if (n == 0)
		smtp_said_all(&slot->talk);
	return n;
}

/* After the EHLO that counts: is all there that we need? libcurl would go on without. */
static bool
is_enough(struct slot *slot)
{
	const struct login *login = &slot->smtp->options.login;

	if (slot->talk.stage != STAGE_HELLO || slot->talk.code / 100 != 2 ||
	    (login->tls == TLS_STARTTLS && !slot->is_encrypted))
		return true;
	slot->lacks_utf8 = slot->needs_utf8 && !slot->talk.offers_utf8;
	slot->lacks_sign_in = login->auth != AUTH_NONE && !slot->talk.offers_sign_in;
	return !slot->lacks_utf8 && !slot->lacks_sign_in;
}

static size_t
take_reply(char *line, size_t size, size_t count, void *arg)
{
	struct slot *slot = arg;

	smtp_heard(&slot->talk, line, size * count);
	return is_enough(slot) ? size * count : 0;
}

static size_t
take_nothing(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

static bool
is_loopback(const struct curl_sockaddr *to)
{
	if (to->family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &to->addr, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (to->family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, &to->addr, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

/* Why here too: a name of this machine may come to mean another one. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct slot *slot = arg;
	int fd;

	(void)purpose;
	if (slot->smtp->options.login.tls == TLS_NONE && !is_loopback(to))
		return CURL_SOCKET_BAD;
	fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	for (int i = 0; i < SOCKETS_MAX && fd >= 0; i++)
		if (slot->sockets[i] < 0) {
			slot->sockets[i] = fd;
			break;
		}
	return fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
	struct slot *slot = arg;

	for (int i = 0; i < SOCKETS_MAX; i++)
		if (slot->sockets[i] == fd)
			slot->sockets[i] = -1;
	return close(fd);
}

static void
shut(struct slot *slot, int how)
{
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (slot->sockets[i] >= 0)
			shutdown(slot->sockets[i], how);
}

static bool
is_over(const struct smtp *smtp)
{
	span_ms at = atomic_load(&smtp->stop_at);

	return at != 0 && clock_boot() >= at;
}

/*
 * Why the sockets are shut: libcurl ends an upload that it gives up with the
 * final dot, and half a mail would be a mail. It also waits for the answer to
 * the dot inside curl_multi_perform(), where only this callback reaches it.
 */
/* house: library callback */
static int
look_up(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct slot *slot = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (!is_over(slot->smtp))
		return 0;
	shut(slot, SHUT_RDWR);
	return 1;
}

/* Only to know what was said last; nothing of it is kept (it may be the password). */
static int
watch(CURL *easy, curl_infotype type, char *bytes, size_t n, void *arg)
{
	struct slot *slot = arg;
	enum smtp_stage before = slot->talk.stage;

	(void)easy;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	smtp_said(&slot->talk, bytes, n);
	if (slot->talk.stage == STAGE_HELLO && before == STAGE_CONNECT)
		slot->is_encrypted = false;
	else if (slot->talk.stage == STAGE_TLS)
		slot->is_encrypted = true;
	/* libcurl would wait for the answer to QUIT, two minutes if need be. */
	if (slot->talk.has_ended)
		shut(slot, SHUT_RD);
	return 0;
}

/* --- a slot -------------------------------------------------------------------- */

static void
set_callbacks(struct slot *slot)
{
	CURL *easy = slot->easy;

	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_bytes);
	curl_easy_setopt(easy, CURLOPT_READDATA, slot);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_nothing);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, slot);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, slot);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, slot);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->why);
}

static void
set_security(struct slot *slot)
{
	const struct smtp *smtp = slot->smtp;
	const char *authorities = authorities_file(smtp->ca_file);
	CURL *easy = slot->easy;

	curl_easy_setopt(easy, CURLOPT_USE_SSL,
	    (long)(smtp->options.login.tls == TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (authorities[0] == '\0')
		return;
	curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
	/* Else the system's authorities would be trusted beside it. */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static void
set_target(struct slot *slot)
{
	const struct smtp *smtp = slot->smtp;
	CURL *easy = slot->easy;

	curl_easy_setopt(easy, CURLOPT_URL, smtp->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	/* Nothing of our surroundings decides where mail goes. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	/* A name server that does not answer must not hold us up at the end. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MAX);
	switch (smtp->options.login.auth) {
	case AUTH_PASSWORD:
		curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
		curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->user);
		curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
		break;
	case AUTH_XOAUTH2:
		curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
		curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->user);
		curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
		break;
	default:
		break;
	}
}

void
slot_wipe(struct slot *slot)
{
	if (slot->secret.len > 0)
		mem_wipe(slot->secret.text, slot->secret.len);
	str_clear(&slot->secret);
}

static int
get_secret(struct slot *slot, struct err *err)
{
	const struct smtp_options *options = &slot->smtp->options;
	int rc;

	slot->is_secret_new = false;
	if (options->login.auth == AUTH_NONE || slot->secret.len > 0)
		return 0;
	rc = options->secret(options->ctx, &slot->secret, err);
	if (rc < 0)
		return err_wrap(err, rc == ERR_DENIED ? rc : ERR_BUSY, "no login for the relay %s",
		    slot->smtp->relay);
	slot->is_secret_new = true;
	curl_easy_setopt(slot->easy,
	    options->login.auth == AUTH_XOAUTH2 ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
	    str_text(&slot->secret));
	return 0;
}

static int
slot_open(struct slot *slot, struct err *err)
{
	CURLM *multi;

	if (slot->multi != NULL)
		return 0;
	slot->easy = curl_easy_init();
	multi = slot->easy != NULL ? curl_multi_init() : NULL;
	if (multi == NULL) {
		curl_easy_cleanup(slot->easy);
		slot->easy = NULL;
		return err_set(err, ERR_IO, "no memory for a connection to the relay");
	}
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 1L);
	pthread_mutex_lock(&slot->smtp->lock);
	slot->multi = multi; /* who stops us looks at it */
	pthread_mutex_unlock(&slot->smtp->lock);
	set_callbacks(slot);
	set_security(slot);
	set_target(slot);
	return 0;
}

/* --- one try ---------------------------------------------------------------------- */

static enum smtp_break
break_of(const struct slot *slot, CURLcode code)
{
	if (slot->lacks_utf8)
		return BREAK_UTF8;
	if (slot->lacks_sign_in)
		return BREAK_SIGN_IN;
	switch (code) {
	case CURLE_OK:
		return BREAK_NONE;
	case CURLE_ABORTED_BY_CALLBACK:
		return BREAK_STOP;
	case CURLE_OPERATION_TIMEDOUT:
		return BREAK_TIME;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return BREAK_CERTIFICATE;
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return BREAK_TLS;
	case CURLE_LOGIN_DENIED:
		return BREAK_SIGN_IN;
	default:
		return BREAK_LINE;
	}
}

static enum smtp_break
drive(struct slot *slot)
{
	CURLcode code = CURLE_SEND_ERROR;
	int running = 1, left, looks = 0;
	const CURLMsg *message;

	for (;;) {
		if (curl_multi_perform(slot->multi, &running) != CURLM_OK || running == 0)
			break;
		if (is_over(slot->smtp)) {
			shut(slot, SHUT_RDWR);
			if (++looks > LAST_LOOKS)
				return BREAK_STOP;
		}
		curl_multi_poll(
		    slot->multi, NULL, 0, (int)(looks > 0 ? LAST_LOOK : POLL_MAX), NULL);
	}
	while ((message = curl_multi_info_read(slot->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	if (code != CURLE_OK && slot->why[0] == '\0')
		snprintf(slot->why, sizeof(slot->why), "%s", curl_easy_strerror(code));
	return break_of(slot, code);
}

struct trial {
	span_ms until; /* boot time */
	bool fresh; /* not on a kept connection */
	bool was_kept; /* it was on one */
	enum smtp_break broke;
};

static void
try_once(struct slot *slot, struct trial *trial)
{
	struct curl_slist *to = curl_slist_append(NULL, slot->mail->to);
	span_ms left = trial->until - clock_boot();
	bool fresh = trial->fresh || (slot->needs_utf8 && !slot->talk.offers_utf8);
	long made = 0;

	slot->at = 0;
	slot->lacks_utf8 = slot->lacks_sign_in = false;
	slot->why[0] = '\0';
	smtp_begin(&slot->talk);
	curl_easy_setopt(slot->easy, CURLOPT_MAIL_FROM, slot->mail->from);
	curl_easy_setopt(slot->easy, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
	curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
	curl_multi_add_handle(slot->multi, slot->easy);
	trial->broke = drive(slot);
	/*
	 * Why not kept: libcurl keeps one whose answer to the dot did not come
	 * in time, and takes that answer for the one to the next mail's sender.
	 */
	if (trial->broke != BREAK_NONE)
		shut(slot, SHUT_RDWR);
	curl_multi_remove_handle(slot->multi, slot->easy);
	curl_easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &made);
	trial->was_kept = made == 0;
	curl_easy_setopt(slot->easy, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(to);
}

static int
verdict(const struct slot *slot, const struct trial *trial, struct err *err)
{
	AUTO(str_donep) struct str why = STR_INIT(2 * CURL_ERROR_SIZE);
	struct smtp_try try = {
		.relay = slot->smtp->relay,
		.user = slot->smtp->user,
		.from = slot->mail->from,
		.to = slot->mail->to,
		.secret = str_text(&slot->secret),
		.broke = trial->broke,
	};

	utf8_add_visible(&why, slot->why, strcspn(slot->why, "\r\n"));
	try.why = str_text(&why);
	return smtp_verdict(&slot->talk, &try, err);
}

/* The first try may find that what was kept has aged: the connection or the token. */
int
slot_send(struct slot *slot, struct err *err)
{
	const struct smtp_options *options = &slot->smtp->options;
	struct trial trial = { .until = clock_boot() + options->deadline };
	int rc = slot_open(slot, err);

	if (rc < 0)
		return rc;
	for (int tries = 0; tries < 3; tries++) {
		rc = get_secret(slot, err);
		if (rc < 0)
			return rc;
		try_once(slot, &trial);
		rc = verdict(slot, &trial, err);
		if (rc == 0 && slot->mail->name != NULL)
			smtp_name(&slot->talk, slot->mail->name, OUTLET_NAME_SIZE);
		if (rc < 0 && trial.was_kept && !trial.fresh &&
		    smtp_was_stale(&slot->talk, trial.broke)) {
			trial.fresh = true;
			continue;
		}
		if (!smtp_refused_login(&slot->talk, trial.broke))
			break;
		slot_wipe(slot);
		if (slot->is_secret_new) {
			if (options->refused != NULL)
				options->refused(options->ctx);
			break;
		}
	}
	return rc;
}
