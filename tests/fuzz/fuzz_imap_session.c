/*
 * Any bytes as what an IMAP server says, from its greeting to its farewell:
 * every call comes to an end, a listing ascends, a letter was asked for, comes
 * once and is no larger than allowed, and the connection is of no use after
 * the first failure. The IMAP library is in it, behind the guard.
 */
#include <mailbox/session_priv.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It leaks now and then on what it cannot parse; a child is restarted, and bounded. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libetpan\n";
}

#define MAX_SIZE 1000
#define ENTRIES 20

struct script {
	const uint8_t *at;
	size_t left, piece;
	size_t said; /* bytes of the client */
};

static ssize_t
script_read(void *self, void *bytes, size_t n)
{
	struct script *s = self;

	if (n > s->left)
		n = s->left;
	if (n > s->piece)
		n = s->piece;
	if (n == 0)
		return WIRE_END;
	memcpy(bytes, s->at, n);
	s->at += n;
	s->left -= n;
	return (ssize_t)n;
}

static ssize_t
script_write(void *self, const void *bytes, size_t n)
{
	((struct script *)self)->said += n;
	return n > 0 && bytes ? (ssize_t)n : WIRE_FAILED;
}

static const uint32_t asked[] = { 1, 2, 3, 5, 8, 4294967295u };

struct letters {
	unsigned seen;
};

static int
on_letter(void *arg, uint32_t uid, const char *bytes, size_t n)
{
	struct letters *l = arg;

	if (n > MAX_SIZE || !bytes)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (asked[i] == uid) {
			if (l->seen & (1u << i))
				abort();
			l->seen |= 1u << i;
			return 0;
		}
	abort();
}

static int
list(struct session *s, struct err *err)
{
	struct entry entries[ENTRIES];
	struct listing l = { .entries = entries, .most = ENTRIES };
	int64_t first = 1;

	for (int turns = 0; turns < 3; turns++) {
		int rc = session_list(s, first, &l, err);

		if (rc < 0)
			return rc;
		if (l.count > ENTRIES || l.next < first || (l.more && l.next == first))
			abort();
		for (size_t i = 0; i < l.count; i++)
			if (entries[i].uid < first ||
			    (i > 0 && entries[i].uid <= entries[i - 1].uid) ||
			    entries[i].uid >= l.next)
				abort();
		first = l.next;
	}
	return 0;
}

static int
fetch(struct session *s, enum imap_part part, struct err *err)
{
	struct uids uids = { asked, ARRAY_LEN(asked) };
	struct letters letters = { 0 };
	struct fetching f = { &uids, part, on_letter, &letters };

	return session_fetch(s, &f, err);
}

static int
after(struct session *s, struct err *err)
{
	struct uids uids = { asked, ARRAY_LEN(asked) };
	struct waiting w = { .time = 1 };
	int rc = session_flag(s, &uids, err);

	if (rc == 0)
		rc = session_move(s, &uids, "Done", err);
	return rc < 0 ? rc : session_wait(s, &w, err);
}

static int
talk(struct session *s, struct stream *stream, struct err *err)
{
	int rc = session_open_over(s, stream, NULL, err);

	if (rc == 0)
		rc = list(s, err);
	if (rc == 0)
		rc = fetch(s, IMAP_WHOLE, err);
	if (rc == 0)
		rc = after(s, err);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 1 << 14, 1, 7, 100 };
	struct script script = { .at = data, .left = size };
	struct stream *stream = stream_new(-1, -1, MS_MINUTE);
	struct session s;
	struct err err = { 0 };
	int rc;

	script.piece = pieces[size % ARRAY_LEN(pieces)];
	stream_wire(stream, (struct wire){ script_read, script_write, NULL, NULL, &script });
	session_init(&s, -1);
	s.what = (struct opening){ "fuzz", 143, TLS_NONE, AUTH_PASSWORD, "desk",
		mem_dup("correct horse"), "", "INBOX", MS_MINUTE, MAX_SIZE };
	{
		AUTO(mem_freep) char *secret = s.what.secret;

		(void)secret;
		rc = talk(&s, stream, &err);
		if (rc < 0 &&
		    (!*err.text || (s.stage <= IMAP_AT_LOGIN && strstr(err.text, "correct horse"))))
			abort();
	}
	session_done(&s);
	return 0;
}
