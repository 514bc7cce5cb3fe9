/*
 * outlet_smtp: the connections to the relay. Each is a slot with a libcurl
 * multi handle of its own, driven by the thread that sends; libcurl keeps the
 * connection in it between two mails. The lowest free slot is taken, so that
 * few mails need few connections.
 */
#include <assent/mail/smtp.h>

#include <assent/mail/compose.h>

#include "mail/smtp_slot_priv.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define STOP_GRACE (4 * MS_SECOND) /* for a mail that is on its way when we are told to stop */
#define GOODBYE MS_SECOND /* for the relay's last words */

/* --- the outlet --------------------------------------------------------------------- */

static struct slot *
take_slot(struct smtp *smtp)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&smtp->lock);
	while (slot == NULL && atomic_load(&smtp->stop_at) == 0) {
		for (int i = 0; i < smtp->count && slot == NULL; i++)
			if (!smtp->slots[i].is_busy)
				slot = &smtp->slots[i];
		if (slot == NULL)
			pthread_cond_wait(&smtp->freed, &smtp->lock);
	}
	if (slot != NULL)
		slot->is_busy = true;
	pthread_mutex_unlock(&smtp->lock);
	return slot;
}

static void
give_slot(struct slot *slot)
{
	struct smtp *smtp = slot->smtp;

	slot->mail = NULL;
	pthread_mutex_lock(&smtp->lock);
	slot->is_busy = false;
	pthread_cond_signal(&smtp->freed);
	pthread_mutex_unlock(&smtp->lock);
}

/* CR and LF would go out raw and be commands of their own. */
static int
check_envelope(const struct outlet_mail *mail, struct err *err)
{
	if (mail->from[0] != '\0' && !address_is_plain(mail->from))
		return err_set(err, ERR_INVALID, "the envelope sender is not a plain address");
	if (!address_is_plain(mail->to))
		return err_set(err, ERR_INVALID, "the recipient is not a plain address");
	return 0;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static int
smtp_send(struct outlet *outlet, const struct outlet_mail *mail, struct err *err)
{
	struct smtp *smtp = (struct smtp *)outlet;
	struct slot *slot;
	int rc = check_envelope(mail, err);

	if (rc < 0)
		return rc;
	slot = take_slot(smtp);
	if (slot == NULL)
		return err_set(err, ERR_BUSY, "stopped before the mail was sent");
	slot->mail = mail;
	slot->needs_utf8 = !is_ascii(mail->from) || !is_ascii(mail->to);
	rc = slot_send(slot, err);
	give_slot(slot);
	return rc;
}

static void
smtp_stop(struct outlet *outlet)
{
	struct smtp *smtp = (struct smtp *)outlet;

	pthread_mutex_lock(&smtp->lock);
	atomic_store(&smtp->stop_at, clock_boot() + STOP_GRACE);
	for (int i = 0; i < smtp->count; i++)
		if (smtp->slots[i].multi != NULL)
			curl_multi_wakeup(smtp->slots[i].multi);
	pthread_cond_broadcast(&smtp->freed);
	pthread_mutex_unlock(&smtp->lock);
}

/* --- the end ------------------------------------------------------------------------- */

/*
 * libcurl says QUIT when it closes a connection and waits for the answer, two
 * minutes if need be. After GOODBYE the connections are shut under it.
 */
struct goodbye {
	int ended; /* an eventfd */
	int sockets[SLOTS_MAX];
	int count;
};

static void
shut_all(const struct goodbye *goodbye)
{
	for (int i = 0; i < goodbye->count; i++)
		shutdown(goodbye->sockets[i], SHUT_RDWR);
}

static void *
hurry(void *arg)
{
	const struct goodbye *goodbye = arg;
	struct pollfd ended = { goodbye->ended, POLLIN, 0 };

	if (poll(&ended, 1, (int)GOODBYE) <= 0)
		shut_all(goodbye);
	return NULL;
}

static void
end_slots(struct smtp *smtp)
{
	for (int i = 0; i < smtp->count; i++) {
		struct slot *slot = &smtp->slots[i];

		curl_easy_cleanup(slot->easy);
		curl_multi_cleanup(slot->multi);
		slot_wipe(slot);
		str_done(&slot->secret);
	}
}

/* A copy: the number may belong to something else by then. */
static void
note_sockets(struct goodbye *goodbye, const struct slot *slot)
{
	for (int i = 0; i < SOCKETS_MAX && goodbye->count < SLOTS_MAX; i++) {
		int fd = slot->sockets[i] >= 0 ? fcntl(slot->sockets[i], F_DUPFD_CLOEXEC, 0) : -1;

		if (fd >= 0)
			goodbye->sockets[goodbye->count++] = fd;
	}
}

static void
say_goodbye(struct smtp *smtp)
{
	struct goodbye goodbye = { .ended = eventfd(0, EFD_CLOEXEC) };
	pthread_t thread;
	bool hurries;

	for (int i = 0; i < smtp->count; i++)
		note_sockets(&goodbye, &smtp->slots[i]);
	hurries = goodbye.count > 0 && goodbye.ended >= 0 &&
	    pthread_create(&thread, NULL, hurry, &goodbye) == 0;
	/* With nobody to hurry us we leave without a word. */
	if (!hurries)
		shut_all(&goodbye);
	end_slots(smtp);
	if (hurries && eventfd_write(goodbye.ended, 1) == 0)
		pthread_join(thread, NULL);
	for (int i = 0; i < goodbye.count; i++)
		close(goodbye.sockets[i]);
	if (goodbye.ended >= 0)
		close(goodbye.ended);
}

static void
smtp_free(struct outlet *outlet)
{
	struct smtp *smtp = (struct smtp *)outlet;

	say_goodbye(smtp);
	pthread_cond_destroy(&smtp->freed);
	pthread_mutex_destroy(&smtp->lock);
	mem_free(smtp->user);
	mem_free(smtp->url);
	mem_free(smtp->relay);
	mem_free(smtp->ca_file);
	mem_free(smtp);
	curl_global_cleanup();
}

/* --- the beginning ----------------------------------------------------------------------- */

static const struct outlet_ops smtp_ops = { "smtp", smtp_send, smtp_free, smtp_stop };

static bool
holds_only(const char *text, const char *more)
{
	for (; *text != '\0'; text++)
		if (!((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
			(*text >= 'A' && *text <= 'Z') || strchr(more, *text) != NULL))
			return false;
	return true;
}

static int
check_options(const struct smtp_options *options, struct err *err)
{
	const struct login *login = &options->login;

	if (login->host[0] == '\0' || !holds_only(login->host, ".-_:"))
		return err_set(err, ERR_INVALID, "the relay's host is no host name");
	if (!holds_only(options->helo, ".-_:[]"))
		return err_set(err, ERR_INVALID, "helo is no host name");
	if (login->auth != AUTH_NONE &&
	    (login->user == NULL || login->user[0] == '\0' ||
		login->user[strcspn(login->user, "\r\n")] != '\0'))
		return err_set(err, ERR_INVALID, "there is no user to sign in to the relay with");
	return 0;
}

static int
port_of(const struct login *login)
{
	if (login->port != 0)
		return login->port;
	return login->tls == TLS_IMPLICIT ? 465 : login->tls == TLS_STARTTLS ? 587 : 25;
}

/* libcurl takes the name to greet with from the path. */
static char *
make_url(const struct smtp_options *options)
{
	const struct login *login = &options->login;
	AUTO(str_donep) struct str url = STR_INIT(1024);
	bool is_ipv6 = strchr(login->host, ':') != NULL;

	str_addf(&url, "%s://%s%s%s:%d/", login->tls == TLS_IMPLICIT ? "smtps" : "smtp",
	    is_ipv6 ? "[" : "", login->host, is_ipv6 ? "]" : "", port_of(login));
	for (const char *c = options->helo; *c != '\0'; c++)
		if (*c == '[' || *c == ']')
			str_addf(&url, "%%%02X", (unsigned)*c);
		else
			str_add_char(&url, *c);
	return str_take(&url);
}

static void
slots_init(struct smtp *smtp)
{
	smtp->count = smtp->options.connections;
	if (smtp->count < 1)
		smtp->count = 1;
	if (smtp->count > SLOTS_MAX)
		smtp->count = SLOTS_MAX;
	for (int i = 0; i < smtp->count; i++) {
		smtp->slots[i].smtp = smtp;
		smtp->slots[i].secret = STR_INIT(SECRET_MAX);
		for (int k = 0; k < SOCKETS_MAX; k++)
			smtp->slots[i].sockets[k] = -1;
	}
}

int
outlet_smtp_new(const struct smtp_options *options, struct outlet **out, struct err *err)
{
	AUTO(str_donep) struct str relay = STR_INIT(512);
	struct smtp *smtp;
	int rc = check_options(options, err);

	if (rc < 0)
		return rc;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_IO, "libcurl cannot be set up");
	str_addf(&relay, "%s:%d", options->login.host, port_of(&options->login));
	smtp = mem_alloc(sizeof(*smtp));
	smtp->outlet.ops = &smtp_ops;
	smtp->outlet.may_double = true;
	smtp->options = *options;
	/* Its texts stay the caller's. */
	smtp->options.login =
	    (struct login){ .tls = options->login.tls, .auth = options->login.auth };
	smtp->options.helo = NULL;
	smtp->user = mem_dup(options->login.user != NULL ? options->login.user : "");
	smtp->ca_file = mem_dup(options->login.ca_file != NULL ? options->login.ca_file : "");
	smtp->url = make_url(options);
	smtp->relay = str_take(&relay);
	pthread_mutex_init(&smtp->lock, NULL);
	pthread_cond_init(&smtp->freed, NULL);
	slots_init(smtp);
	*out = &smtp->outlet;
	return 0;
}
