/* Signing in. What carries a secret lies in memory that is wiped. */
#include "session_priv.h"

#include <openssl/evp.h>
#include <string.h>

#define USER_MAX 512
#define SECRET_MAX ((size_t)16 << 10) /* access tokens have a few KiB */

struct buffer { /* wiped when left */
	char *bytes;
	size_t n;
};

static struct buffer
buffer_new(size_t n)
{
	return (struct buffer){ mem_alloc(n), n };
}

static void
buffer_done(struct buffer *b)
{
	mem_wipe(b->bytes, b->n);
	mem_free(b->bytes);
}

/* RFC 4616: NUL user NUL password. Google and Microsoft: user=… ^A auth=Bearer … ^A ^A. */
static size_t
write_plain(const struct opening *what, struct buffer *out)
{
	return (size_t)snprintf(out->bytes, out->n, "%c%s%c%s", 0, what->user, 0, what->secret);
}

static size_t
write_xoauth2(const struct opening *what, struct buffer *out)
{
	return (size_t)snprintf(
	    out->bytes, out->n, "user=%s\1auth=Bearer %s\1\1", what->user, what->secret);
}

/* "<before><base64>\r\n" */
static struct buffer
coded(const struct opening *what, const char *before)
{
	struct buffer raw = buffer_new(strlen(what->user) + strlen(what->secret) + 64);
	size_t n = what->auth == AUTH_XOAUTH2 ? write_xoauth2(what, &raw) : write_plain(what, &raw);
	struct buffer line = buffer_new(strlen(before) + 4 * (n / 3 + 1) + 3);
	size_t at = strlen(before);

	memcpy(line.bytes, before, at);
	at += (size_t)EVP_EncodeBlock(
	    (unsigned char *)line.bytes + at, (unsigned char *)raw.bytes, (int)n);
	memcpy(line.bytes + at, "\r\n", 2);
	line.n = at + 2;
	buffer_done(&raw);
	return line;
}

static int
send_secret(struct session *s, const char *before, struct err *err)
{
	struct buffer line = coded(&s->what, before);
	int rc = stream_write(s->stream, line.bytes, line.n);

	snprintf(s->sent, sizeof(s->sent), "%.*s", (int)line.n, line.bytes + strlen(before));
	buffer_done(&line);
	return rc < 0 ? session_broke(s, err) : 0;
}

/*
 * After the secret a "+" is a refusal with its reason (XOAUTH2), to which an
 * empty line is the polite answer; then the tagged NO follows.
 */
static int
hear_out(struct session *s, struct err *err)
{
	for (int turns = 0; turns < 3; turns++) {
		const char *line = stream_read_line(s->stream);

		if (!line)
			return session_broke(s, err);
		if (session_is_tagged(s, line))
			return 0;
		if (*line == '+' && stream_write(s->stream, "\r\n", 2) < 0)
			return session_broke(s, err);
	}
	return err_set(err, ERR_PEER, "it does not come to an end when we sign in");
}

static int
sign_in_by(struct session *s, const char *mechanism, struct err *err)
{
	char command[64];
	int rc;

	session_begin(s, 0, (int64_t)64 << 10, 0);
	s->tag++;
	if (session_can(s, "SASL-IR")) {
		snprintf(command, sizeof(command), "A%u AUTHENTICATE %s ", s->tag, mechanism);
		rc = send_secret(s, command, err);
		return rc < 0 ? rc : hear_out(s, err);
	}
	snprintf(command, sizeof(command), "A%u AUTHENTICATE %s\r\n", s->tag, mechanism);
	if (stream_write(s->stream, command, strlen(command)) < 0)
		return session_broke(s, err);
	rc = session_go_ahead(s, err);
	if (rc > 0)
		return 0;
	if (rc == 0)
		rc = send_secret(s, "", err);
	return rc < 0 ? rc : hear_out(s, err);
}

static int
sign_in_plainly(struct session *s, struct err *err)
{
	mailstream *library = s->imap->imap_stream;

	if (session_can(s, "LOGINDISABLED"))
		return err_set(err, ERR_DENIED,
		    "it lets nobody sign in with a password on this connection (LOGINDISABLED): "
		    "use "
		    "TLS, or auth: xoauth2");
	session_begin(s, 0, (int64_t)64 << 10, 0);
	mailimap_login(s->imap, s->what.user, s->what.secret);
	mem_wipe(library->write_buffer, library->buffer_max_size);
	return 0;
}

static int
sign_in(struct session *s, struct err *err)
{
	if (s->what.auth == AUTH_XOAUTH2) {
		if (!session_can(s, "AUTH=XOAUTH2"))
			return err_set(err, ERR_DENIED,
			    "it does not offer XOAUTH2: use auth: password, or ask who runs it");
		return sign_in_by(s, "XOAUTH2", err);
	}
	if (s->what.auth != AUTH_PASSWORD)
		return err_set(err, ERR_INVALID, "a mailbox needs a password or XOAUTH2");
	if (session_can(s, "AUTH=PLAIN"))
		return sign_in_by(s, "PLAIN", err);
	return sign_in_plainly(s, err);
}

/* RFC 5530 has words for a refusal that passes by itself. */
static bool
is_passing(const struct guard *g)
{
	static const char *const codes[] = { "UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG",
		"CONTACTADMIN", "THROTTLED" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (text_is_nocase(g->code, codes[i]))
			return true;
	return text_find_nocase(g->said, "try again") || text_find_nocase(g->said, "too many");
}

int
session_login(struct session *s, struct err *err)
{
	const struct guard *g = &s->stream->guard;
	int rc;

	if (strlen(s->what.user) > USER_MAX || strlen(s->what.secret) > SECRET_MAX)
		return err_set(err, ERR_INVALID, "the user or the secret is too long");
	rc = sign_in(s, err);
	if (rc < 0)
		return rc;
	rc = session_check(s, is_passing(g) ? ERR_BUSY : ERR_DENIED, "sign in", err);
	if (rc < 0)
		return rc;
	s->imap->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return session_capabilities(s, err);
}
