/* outlet_sendmail: mail goes to the program of a local mail system. No shell comes near it. */
#include <assent/mail/outlet.h>

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/mail/compose.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define DEADLINE (2 * MS_MINUTE)
#define STOP_GRACE (4 * MS_SECOND)
#define LOOK ((span_ms)200) /* how often to see whether we are stopping */
#define WORDS_MAX 300
#define STDERR_MAX ((size_t)4 << 10)

struct sendmail {
	struct outlet outlet; /* first: a struct outlet * is a struct sendmail * */
	char *program;
	span_ms deadline;
	_Atomic(span_ms) stop_at;
};

/* One mail on its way. */
struct errand {
	struct sendmail *sendmail;
	pid_t pid;
	int process, in, out; /* -1 once closed; out is the program's standard error */
	struct str text; /* the mail, LF line ends */
	size_t at;
	bool has_all; /* it took the last byte, too */
	struct str said;
	span_ms until;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Local programs want the line ends of their system. */
static void
add_unix_lines(struct str *out, const struct outlet_mail *mail)
{
	const char *at = mail->bytes, *end = mail->bytes + mail->size;

	while (at < end) {
		const char *cr = memchr(at, '\r', (size_t)(end - at));
		size_t n = (size_t)((cr ? cr : end) - at);

		str_add_n(out, at, n);
		at += n;
		if (at < end && !(at + 1 < end && at[1] == '\n'))
			str_add_char(out, '\r');
		at += at < end;
	}
}

static int
spawn_with(struct errand *errand, const struct outlet_mail *mail, const int in[2], const int out[2])
{
	const char *program = errand->sendmail->program;
	const char *from = mail->from[0] ? mail->from : "<>";
	const char *argv[] = { program, "-i", "-f", from, "--", mail->to, NULL };
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int no;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	no = posix_spawn(&errand->pid, program, &actions, &attributes, (char *const *)argv,
	    (char *const *)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return no;
}

static int
start(struct errand *errand, const struct outlet_mail *mail, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int no = pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ? errno : 0;

	if (no == 0)
		no = spawn_with(errand, mail, in, out);
	close_fd(&in[0]);
	close_fd(&out[1]);
	errand->in = in[1];
	errand->out = out[0];
	if (no != 0)
		return err_errno(err, no == EAGAIN || no == ENOMEM ? ERR_BUSY : ERR_DENIED, no,
		    "%s cannot be started (check outgoing.sendmail)", errand->sendmail->program);
	errand->process = pidfd_open(errand->pid, 0);
	fcntl(errand->in, F_SETFL, O_NONBLOCK);
	fcntl(errand->out, F_SETFL, O_NONBLOCK);
	return 0;
}

/* --- while it runs --------------------------------------------------------------- */

static void
feed(struct errand *errand)
{
	ssize_t n =
	    write(errand->in, errand->text.text + errand->at, errand->text.len - errand->at);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Who does not want the rest says why with what it ends with. */
	errand->at = n < 0 ? errand->text.len : errand->at + (size_t)n;
	errand->has_all = n >= 0 && errand->at == errand->text.len;
	if (errand->at == errand->text.len)
		close_fd(&errand->in);
}

static void
listen_to(struct errand *errand)
{
	char bytes[512];
	ssize_t n = read(errand->out, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		close_fd(&errand->out);
	else if (errand->said.len + (size_t)n <= STDERR_MAX)
		str_add_n(&errand->said, bytes, (size_t)n);
}

static bool
is_late(const struct errand *errand)
{
	span_ms stop = atomic_load(&errand->sendmail->stop_at), now = clock_boot();

	return now >= errand->until || (stop != 0 && now >= stop);
}

/* True when it ended by itself. */
static bool
attend(struct errand *errand)
{
	while (!is_late(errand)) {
		struct pollfd fds[] = { { errand->process, POLLIN, 0 }, { errand->in, POLLOUT, 0 },
			{ errand->out, POLLIN, 0 } };

		if (poll(fds, ARRAY_LEN(fds), (int)LOOK) <= 0)
			continue;
		if (fds[1].revents)
			feed(errand);
		if (fds[2].revents)
			listen_to(errand);
		if (fds[0].revents) {
			if (errand->out >= 0)
				listen_to(errand);
			return true;
		}
	}
	return false;
}

/* --- what it came to ---------------------------------------------------------------- */

static void
add_words(struct str *out, const struct errand *errand)
{
	const char *said = str_text(&errand->said);
	size_t n = strcspn(said, "\r\n");

	if (n == 0)
		return;
	str_add(out, ": ");
	utf8_add_visible(out, said, n < WORDS_MAX ? n : WORDS_MAX);
}

static bool
is_final(int status)
{
	switch (status) {
	case EX_DATAERR:
	case EX_NOUSER:
	case EX_NOHOST:
		return true;
	default:
		return false;
	}
}

static int
judge(const struct errand *errand, int status, const struct outlet_mail *mail, struct err *err)
{
	AUTO(str_donep) struct str words = STR_INIT(2 * WORDS_MAX);
	const char *program = errand->sendmail->program;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	add_words(&words, errand);
	if (code == 0 && errand->at == errand->text.len)
		return 0;
	if (code < 0)
		return err_set(err, errand->has_all ? ERR_PEER : ERR_IO,
		    "%s was ended by signal %d%s%s", program, WTERMSIG(status), str_text(&words),
		    errand->has_all ? ": perhaps it took the mail" : "");
	if (is_final(code))
		return err_set(err, ERR_INVALID, "%s refuses the mail to %s (status %d)%s", program,
		    mail->to, code, str_text(&words));
	if (code == EX_NOPERM || code == EX_USAGE || code == EX_CONFIG)
		return err_set(err, ERR_DENIED, "%s does not take mail from us (status %d)%s",
		    program, code, str_text(&words));
	return err_set(err, code == EX_TEMPFAIL ? ERR_BUSY : ERR_IO,
	    "%s did not take the mail (status %d)%s", program, code, str_text(&words));
}

static int
run(struct errand *errand, const struct outlet_mail *mail, struct err *err)
{
	bool has_ended;
	int status, rc = start(errand, mail, err);

	if (rc < 0)
		return rc;
	has_ended = errand->process >= 0 && attend(errand);
	if (!has_ended)
		kill(errand->pid, SIGKILL);
	while (waitpid(errand->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (has_ended)
		return judge(errand, status, mail, err);
	/* Had it all, it may have put it into its queue before we ended it. */
	return err_set(err, errand->at == errand->text.len ? ERR_PEER : ERR_IO,
	    "%s did not end in time%s", errand->sendmail->program,
	    errand->at == errand->text.len ? ": perhaps it took the mail" : "");
}

/* --- the outlet ----------------------------------------------------------------------- */

static int
sendmail_send(struct outlet *outlet, const struct outlet_mail *mail, struct err *err)
{
	struct sendmail *sendmail = (struct sendmail *)outlet;
	struct errand errand = {
		.sendmail = sendmail,
		.process = -1,
		.in = -1,
		.out = -1,
		.text = STR_INIT(mail->size + 1),
		.said = STR_INIT(STDERR_MAX),
		.until = clock_boot() + sendmail->deadline,
	};
	int rc;

	if ((mail->from[0] && !address_is_plain(mail->from)) || !address_is_plain(mail->to))
		return err_set(err, ERR_INVALID, "sender or recipient is not a plain address");
	if (atomic_load(&sendmail->stop_at) != 0)
		return err_set(err, ERR_BUSY, "stopped before the mail was sent");
	add_unix_lines(&errand.text, mail);
	rc = run(&errand, mail, err);
	close_fd(&errand.in);
	close_fd(&errand.out);
	close_fd(&errand.process);
	str_done(&errand.text);
	str_done(&errand.said);
	return rc;
}

static void
sendmail_stop(struct outlet *outlet)
{
	atomic_store(&((struct sendmail *)outlet)->stop_at, clock_boot() + STOP_GRACE);
}

static void
sendmail_free(struct outlet *outlet)
{
	mem_free(((struct sendmail *)outlet)->program);
	mem_free(outlet);
}

static const struct outlet_ops sendmail_ops = { "sendmail", sendmail_send, sendmail_free,
	sendmail_stop };

int
outlet_sendmail_new(const char *program, span_ms deadline, struct outlet **out, struct err *err)
{
	struct sendmail *sendmail;

	if (access(program, X_OK) < 0)
		return err_errno(err, ERR_NOT_FOUND, errno,
		    "%s cannot be run (check outgoing.sendmail)", program);
	sendmail = mem_alloc(sizeof(*sendmail));
	sendmail->outlet.ops = &sendmail_ops;
	sendmail->outlet.may_double = true;
	sendmail->program = mem_dup(program);
	sendmail->deadline = deadline > 0 ? deadline : DEADLINE;
	*out = &sendmail->outlet;
	return 0;
}
