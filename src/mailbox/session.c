#include "session_priv.h"

#include <assent/base/utf8.h>

#include <string.h>

#define TEXTS_MAX ((size_t)256 << 10)
#define LEAVE_TIME (MS_SECOND / 2)
#define WORDS_MAX 200 /* of the server, in a sentence of ours */
#define CHATTER ((int64_t)1 << 20) /* bytes of an answer that holds no mail */
#define FOLDERS_SHOWN 8
#define CAPABILITY "* CAPABILITY "

void
session_init(struct session *s, int wake)
{
	*s = (struct session){
		.arena = arena_new(TEXTS_MAX),
		.wake = wake,
		.capabilities = STR_INIT(4096),
	};
}

void
session_done(struct session *s)
{
	session_close(s);
	arena_free(s->arena);
	str_done(&s->capabilities);
}

/* --- the library's side of the stream --- */

static ssize_t
low_read(mailstream_low *low, void *bytes, size_t n)
{
	return stream_read(low->data, bytes, n);
}

static ssize_t
low_write(mailstream_low *low, const void *bytes, size_t n)
{
	return stream_write(low->data, bytes, n) < 0 ? -1 : (ssize_t)n;
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int
low_fd(mailstream_low *low)
{
	return ((struct stream *)low->data)->fd;
}

/* The stream itself is ours and outlives the library's hold on it. */
static void
low_free(mailstream_low *low)
{
	free(low); /* house: library memory */
}

static mailstream_low_driver driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
};

/* --- talking --- */

void
session_begin(struct session *s, int64_t literal_max, int64_t budget, int64_t fetch_room)
{
	stream_begin(s->stream);
	guard_expect(&s->stream->guard, literal_max, budget, fetch_room);
}

int
session_broke(struct session *s, struct err *err)
{
	if (!s->stream || s->stream->why.code == 0)
		return err_set(err, ERR_PEER, "it answers what cannot be understood");
	*err = s->stream->why;
	session_add_words(s, err);
	return err->code;
}

/* Words of a stranger who knows our secret, and may well repeat it. */
static bool
holds_secret(const struct session *s, const char *said)
{
	char start[17];

	if (!s->what.secret || !*s->what.secret)
		return false;
	snprintf(start, sizeof(start), "%s", s->what.secret);
	return strstr(said, start) || (*s->sent && strstr(said, s->sent));
}

void
session_add_words(struct session *s, struct err *err)
{
	AUTO(str_donep) struct str words = STR_INIT((size_t)4 * WORDS_MAX);
	const char *said = s->stream->guard.said;
	struct err more = *err;

	if (!*said)
		return;
	utf8_add_line(&words, said, WORDS_MAX);
	/* Cleaned as well: what was hidden between its letters is gone by now. */
	if (holds_secret(s, said) || holds_secret(s, str_text(&words))) {
		str_clear(&words);
		str_add(&words, "something that holds our secret");
	}
	err_set(err, more.code, "%.250s, saying: %s", more.text, str_text(&words));
}

int
session_check(struct session *s, int code, const char *what, struct err *err)
{
	if (s->stream->stopped || s->stream->guard.status == GUARD_NONE)
		return session_broke(s, err);
	if (s->stream->guard.status == GUARD_OK)
		return 0;
	err_set(err, code, "cannot %s", what);
	session_add_words(s, err);
	return code;
}

int
session_send(struct session *s, const char *text, struct err *err)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "A%u %s\r\n", ++s->tag, text);

	session_begin(s, 0, CHATTER, 0);
	return stream_write(s->stream, line, (size_t)n) < 0 ? session_broke(s, err) : 0;
}

bool
session_is_tagged(const struct session *s, const char *line)
{
	char tag[16];

	snprintf(tag, sizeof(tag), "A%u ", s->tag);
	return text_starts(line, tag);
}

int
session_await(struct session *s, struct err *err)
{
	for (;;) {
		const char *line = stream_read_line(s->stream);

		if (!line)
			return session_broke(s, err);
		if (session_is_tagged(s, line))
			return 0;
	}
}

int
session_go_ahead(struct session *s, struct err *err)
{
	for (;;) {
		const char *line = stream_read_line(s->stream);

		if (!line)
			return session_broke(s, err);
		if (*line == '+')
			return 0;
		if (session_is_tagged(s, line))
			return 1;
	}
}

/* --- opening --- */

static int
greet(struct session *s, struct err *err)
{
	mailstream_low *low = mailstream_low_new(s->stream, &driver);
	mailstream *library = low ? mailstream_new(low, 8192) : NULL;
	int rc;

	s->stage = IMAP_AT_GREETING;
	s->imap = mailimap_new(0, NULL);
	if (!library || !s->imap)
		return err_set(err, ERR_LIMIT, "no memory for a session");
	session_begin(s, 0, CHATTER, 0);
	rc = mailimap_connect(s->imap, library);
	if (s->stream->guard.preauth)
		return err_set(err, ERR_DENIED,
		    "it greets us as signed in already (PREAUTH), so it is not clear who reads "
		    "along or as whom: that is not accepted");
	return rc == MAILIMAP_NO_ERROR_NON_AUTHENTICATED ? 0 : session_broke(s, err);
}

static void
keep_capabilities(struct session *s, const char *line)
{
	AUTO(mem_freep) char *words = mem_dup(line);

	str_clear(&s->capabilities);
	str_add(&s->capabilities, text_trim(words + strlen(CAPABILITY)));
}

/* By a command of its own: what a greeting or a tagged answer says along the way may be of before. */
int
session_capabilities(struct session *s, struct err *err)
{
	const char *line;
	int rc = session_send(s, "CAPABILITY", err);

	if (rc < 0)
		return rc;
	s->stream->guard.wants = "CAPABILITY";
	str_clear(&s->capabilities);
	while ((line = stream_read_line(s->stream)) && !session_is_tagged(s, line))
		if (text_starts_nocase(line, CAPABILITY))
			keep_capabilities(s, line);
	if (!line)
		return session_broke(s, err);
	return session_check(s, ERR_PEER, "learn what it can do", err);
}

bool
session_can(const struct session *s, const char *capability)
{
	size_t n = strlen(capability);

	for (const char *at = str_text(&s->capabilities); at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (text_starts_nocase(at, capability) && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

static int
start_tls(struct session *s, SSL_CTX *trust, struct err *err)
{
	int rc;

	s->stage = IMAP_AT_TLS;
	if (!session_can(s, "STARTTLS"))
		return err_set(err, ERR_DENIED,
		    "it does not offer STARTTLS, and nothing is said to it in clear: use tls: "
		    "implicit with its port, or have STARTTLS switched on");
	rc = session_send(s, "STARTTLS", err);
	if (rc == 0)
		rc = session_await(s, err);
	if (rc == 0)
		rc = session_check(s, ERR_PEER, "begin TLS", err);
	if (rc < 0)
		return rc;
	/* Whatever came before TLS did not come from who we are about to verify. */
	if (!stream_is_quiet(s->stream))
		return err_set(err, ERR_DENIED,
		    "something was put between STARTTLS and TLS: somebody tampers with the "
		    "connection");
	rc = trust_start(s->stream, trust, s->what.host, err);
	return rc < 0 ? rc : session_capabilities(s, err);
}

static void
add_folders(struct session *s, struct str *out)
{
	clist *found = NULL;
	int shown = 0;

	session_begin(s, 1000, CHATTER, 0);
	s->stream->guard.wants = "LIST";
	if (mailimap_list(s->imap, "", "*", &found) != MAILIMAP_NO_ERROR)
		return;
	for (clistiter *i = clist_begin(found); i && shown < FOLDERS_SHOWN; i = clist_next(i)) {
		const struct mailimap_mailbox_list *folder = clist_content(i);

		if (!folder->mb_name)
			continue;
		str_add(out, shown++ ? ", " : "");
		utf8_add_line(out, folder->mb_name, 40);
	}
	mailimap_list_result_free(found);
}

static int
no_folder(struct session *s, struct err *err)
{
	AUTO(str_donep) struct str names = STR_INIT(1024), words = STR_INIT(1024);

	utf8_add_line(&words, s->stream->guard.said, 100);
	add_folders(s, &names);
	s->permanent = true;
	return err_set(err, ERR_NOT_FOUND, "there is no folder %.100s (%s)%s%s", s->what.folder,
	    str_text(&words), names.len ? "; there are " : "", str_text(&names));
}

static int
select_folder(struct session *s, struct err *err)
{
	AUTO(str_donep) struct str name = STR_INIT(2048);
	struct guard *g = &s->stream->guard;
	int rc;

	s->stage = IMAP_AT_SELECT;
	if (!folder_encode(s->what.folder, &name))
		return err_set(err, ERR_INVALID, "the folder's name is not UTF-8 or too long");
	session_begin(s, 0, CHATTER, 0);
	rc = mailimap_select(s->imap, str_text(&name));
	if (g->status == GUARD_NO && !s->stream->stopped)
		return no_folder(s, err);
	if (rc != MAILIMAP_NO_ERROR) {
		rc = session_check(s, ERR_PEER, "open the folder", err);
		return rc < 0 ? rc : session_broke(s, err);
	}
	if (g->uidvalidity == 0)
		return err_set(
		    err, ERR_PEER, "it does not say UIDVALIDITY, so its mails have no names");
	s->highest = g->uidnext > 0 ? g->uidnext - 1 : 0;
	return 0;
}

/* They go to the server as they are: what ends a line there would begin a command. */
static bool
is_one_line(const char *text)
{
	return text && !strpbrk(text, "\r\n");
}

static int
check_opening(struct session *s, struct err *err)
{
	const struct opening *what = &s->what;

	if (is_one_line(what->user) && is_one_line(what->secret) && is_one_line(what->folder) &&
	    *what->host)
		return 0;
	s->permanent = true;
	return err_set(err, ERR_INVALID,
	    "a user, secret or folder with a line break in it, or no host: correct the settings");
}

static int
open_over(struct session *s, SSL_CTX *trust, struct err *err)
{
	int rc = greet(s, err);

	if (rc == 0)
		rc = session_capabilities(s, err);
	if (rc == 0 && s->what.tls == TLS_STARTTLS)
		rc = start_tls(s, trust, err);
	if (rc == 0) {
		s->stage = IMAP_AT_LOGIN;
		rc = session_login(s, err);
	}
	return rc < 0 ? rc : select_folder(s, err);
}

static void
forget_secret(struct session *s)
{
	if (s->what.secret)
		mem_wipe(s->what.secret, strlen(s->what.secret));
	s->what.secret = NULL;
}

int
session_open_over(struct session *s, struct stream *stream, SSL_CTX *trust, struct err *err)
{
	int rc;

	s->stream = stream;
	rc = check_opening(s, err);
	if (rc == 0)
		rc = open_over(s, trust, err);
	/* Nobody's patience mends a certificate, a policy or a password. */
	s->permanent = s->permanent || rc == ERR_DENIED;
	forget_secret(s);
	return rc;
}

static int
connect_to(struct session *s, SSL_CTX *trust, struct stream **out, struct err *err)
{
	struct place place = { s->what.host, s->what.port, s->wake, s->what.deadline };
	int rc;

	s->stage = IMAP_AT_CONNECT;
	rc = reach(&place, out, err);
	if (rc < 0 || s->what.tls != TLS_IMPLICIT)
		return rc;
	s->stage = IMAP_AT_TLS;
	return trust_start(*out, trust, s->what.host, err);
}

int
session_open(struct session *s, SSL_CTX *trust, struct err *err)
{
	AUTO(stream_freep) struct stream *stream = NULL;
	int rc = check_opening(s, err);

	s->permanent = rc < 0;
	if (rc == 0) {
		rc = connect_to(s, trust, &stream, err);
		s->permanent = rc == ERR_DENIED;
	}
	if (rc == 0)
		return session_open_over(s, TAKE(stream), trust, err);
	forget_secret(s);
	return rc;
}

/* --- closing --- */

static void
take_leave(struct session *s)
{
	struct stream *stream = s->stream;
	struct err ignored;

	if (stream->stopped)
		return;
	stream->allowed = LEAVE_TIME;
	stream->wake = -1;
	if (session_send(s, "LOGOUT", &ignored) == 0)
		while (stream_read_line(stream))
			; /* up to BYE, which ends the stream */
}

void
session_close(struct session *s)
{
	static const struct err closed = { ERR_IO, "closed" };

	if (s->stream) {
		take_leave(s);
		/* Or mailimap_free() would say LOGOUT once more and wait. */
		stream_fail(s->stream, &closed);
	}
	if (s->imap)
		mailimap_free(s->imap);
	stream_free(s->stream);
	s->imap = NULL;
	s->stream = NULL;
	s->stage = IMAP_AT_CONNECT;
	s->permanent = false;
	arena_reset(s->arena);
	memset(&s->what, 0, sizeof(s->what));
}
