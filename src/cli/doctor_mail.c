/* doctor, mail: one to ourselves, out by the relay and in by the mailbox. */
#include "control.h"
#include "doctor.h"
#include "look.h"

#include <assent/base/crypto.h>
#include <assent/mail/sender.h>
#include <assent/store/post.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEWEST 100
#define PAUSE_MS 300
#define NONCE_SIZE 20 /* base32 of ten bytes, and the end */

struct probe {
	struct doctor *doctor;
	char nonce[NONCE_SIZE];
	char address[400]; /* where it goes */
	bool is_sub; /* the address has the nonce in it */
	const char *status; /* of our outgoing mail, "" when not seen */
	const char *error;
	struct id outgoing;
	bool found; /* it came in */
	const void *raw;
	size_t size;
	struct arena *arena;
};

static int
look_for_it(struct desk *desk, void *arg, struct err *err)
{
	struct probe *probe = arg;
	struct inbound *list, one;
	struct outgoing mail;
	size_t n;
	int rc = inbound_list(desk->tx, "", NEWEST, &list, &n, err);

	for (size_t i = 0; rc == 0 && !probe->found && i < n; i++) {
		if (!strstr(list[i].subject, probe->nonce))
			continue;
		rc = inbound_get(desk->tx, &list[i].id, true, &one, err);
		probe->found = rc == 0;
		if (rc == 0 && one.raw) {
			probe->raw = arena_dup_n(probe->arena, one.raw, (size_t)one.size);
			probe->size = (size_t)one.size;
		}
	}
	if (rc == 0 && outgoing_get(desk->tx, &probe->outgoing, &mail, NULL) == 0) {
		probe->status = arena_dup(probe->arena, mail.status);
		probe->error = arena_dup(probe->arena, mail.last_error);
	}
	return rc;
}

/* --- sending --------------------------------------------------------------- */

static bool
send_it(struct probe *probe)
{
	struct control_answer answer;
	json_t *arguments = json_pack("{s:s, s:s}", "nonce", probe->nonce, "to", probe->address);
	bool sent;

	if (control_verb(probe->doctor->cli, "doctor.mail", arguments, &answer) != CLI_OK)
		return false;
	sent = id_parse(look_string(answer.out, "outgoing"), &probe->outgoing);
	json_decref(answer.out);
	return sent;
}

static void
make_address(struct probe *probe)
{
	const struct policy *policy = &probe->doctor->settings->policy;
	AUTO(str_donep) struct str nonce = STR_INIT(NONCE_SIZE);
	const char *at = strrchr(policy->agent_email, '@');
	uint8_t bytes[10];

	random_bytes(bytes, sizeof(bytes));
	str_add_base32(&nonce, bytes, sizeof(bytes));
	snprintf(probe->nonce, sizeof(probe->nonce), "%s", str_text(&nonce));
	probe->is_sub = policy->separator[0] != '\0' && at;
	if (probe->is_sub)
		snprintf(probe->address, sizeof(probe->address), "%.*s%sdoctor-%s%s",
		    (int)(at - policy->agent_email), policy->agent_email, policy->separator,
		    probe->nonce, at);
	else
		snprintf(probe->address, sizeof(probe->address), "%s", policy->agent_email);
}

/* --- waiting ----------------------------------------------------------------- */

static bool
has_failed(const struct probe *probe)
{
	return text_is(probe->status, "refused");
}

static void
show_progress(const struct probe *probe, span_ms gone, span_ms wait)
{
	if (probe->doctor->cli->json || !isatty(STDOUT_FILENO))
		return;
	printf("\r...   mail: %s, %lld of %lld s ", probe->status, (long long)(gone / MS_SECOND),
	    (long long)(wait / MS_SECOND));
	fflush(stdout);
}

/* How long it took; below 0 when it did not come. */
static span_ms
wait_for_it(struct probe *probe, span_ms wait)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	uint64_t began = clock_tick_ns();
	span_ms gone = 0;

	while (!probe->found && !has_failed(probe) && gone < wait) {
		if (look(probe->doctor->cli, look_for_it, probe) != CLI_OK)
			break;
		show_progress(probe, gone, wait);
		if (!probe->found)
			nanosleep(&pause, NULL);
		gone = (span_ms)((clock_tick_ns() - began) / 1000000);
	}
	if (!probe->doctor->cli->json && isatty(STDOUT_FILENO))
		printf("\r%40s\r", "");
	return probe->found ? gone : -1;
}

/* --- what came -------------------------------------------------------------------- */

static bool
names_it(const struct letter *letter, const char *address)
{
	for (size_t i = 0; i < letter->to.count; i++)
		if (text_is_nocase(letter->to.items[i].email, address))
			return true;
	for (size_t i = 0; i < letter->recipients.count; i++)
		if (text_is_nocase(letter->recipients.items[i], address))
			return true;
	return false;
}

static const char no_sub[] =
    "set agent.separator to the character your mail system uses, or to \"\": answers are then "
    "found by Message-ID and by a code in the text";

static void
say_address(struct doctor *doctor, const struct probe *probe, const struct letter *letter)
{
	if (!probe->is_sub)
		doctor_say(doctor, NOTE(FINDING_OK, "sub-address", NULL),
		    "none is used (agent.separator is empty)");
	else if (names_it(letter, probe->address))
		doctor_say(doctor, NOTE(FINDING_OK, "sub-address", NULL),
		    "%s arrived as it was written", probe->address);
	else
		doctor_say(doctor, NOTE(FINDING_BAD, "sub-address", no_sub),
		    "the mail to %s arrived, but its address was rewritten: reply tokens get lost",
		    probe->address);
}

static void
say_vouched(struct doctor *doctor, const struct letter *letter)
{
	const struct policy *policy = &doctor->settings->policy;
	const struct sender_trust trust = { policy->trust, policy->authserv_ids,
		policy->own_hosts };
	struct sender sender;

	sender_judge(letter, &trust, &sender);
	if (sender.verdict == SENDER_VOUCHED)
		doctor_say(doctor, NOTE(FINDING_OK, "vouched", NULL), "%s", sender.sentence);
	else
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "vouched",
			"some systems do not check mail that stays inside: judge by mail from "
			"outside, "
			"as above under trust"),
		    "for this mail: %s", sender.sentence);
}

static void
say_arrived(struct doctor *doctor, const struct probe *probe, span_ms took)
{
	struct parser *parser;
	struct letter *letter;
	struct err err = { 0 };

	doctor_say(doctor, NOTE(FINDING_OK, "mail", NULL),
	    "a mail to ourselves came back in %lld.%lld s", (long long)(took / MS_SECOND),
	    (long long)(took % MS_SECOND / 100));
	if (!probe->raw || cli_parser(doctor->cli, &parser) != CLI_OK)
		return;
	if (parser_letter(parser, probe->raw, probe->size, doctor->arena, &letter, &err) < 0) {
		doctor_say(
		    doctor, NOTE(FINDING_WARN, "mail", NULL), "it cannot be read: %s", err.text);
		return;
	}
	say_address(doctor, probe, letter);
	say_vouched(doctor, letter);
}

static void
say_missing(struct doctor *doctor, const struct probe *probe, span_ms wait)
{
	if (has_failed(probe))
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "mail",
			probe->is_sub ? no_sub : "look at outgoing in the settings"),
		    "the mail to %s was refused: %s", probe->address, probe->error);
	else if (!text_is(probe->status, "sent"))
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "mail",
			"look at the findings about outgoing above, and at: assent job list"),
		    "the mail to ourselves was not sent within %lld s%s%s",
		    (long long)(wait / MS_SECOND), *probe->error ? ": " : "", probe->error);
	else
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "mail",
			probe->is_sub
			    ? "look whether it was returned or lies in a spam folder; where "
			      "the mail system knows no sub-addresses set agent.separator "
			      "to \"\""
			    : "look whether it was returned, or lies in a spam folder"),
		    "the mail to %s was sent, but did not come in within %lld s", probe->address,
		    (long long)(wait / MS_SECOND));
}

void
doctor_mail(struct doctor *doctor, span_ms wait)
{
	struct probe probe = {
		.doctor = doctor, .arena = doctor->arena, .status = "queued", .error = ""
	};
	span_ms took;

	if (!doctor->is_up) {
		doctor_say(doctor, NOTE(FINDING_BAD, "mail", "start assentd and look again"),
		    "assentd does not run, so no mail can be sent");
		return;
	}
	make_address(&probe);
	if (!send_it(&probe)) {
		doctor_say(
		    doctor, NOTE(FINDING_BAD, "mail", NULL), "assentd did not take the order");
		return;
	}
	took = wait_for_it(&probe, wait);
	if (took >= 0)
		say_arrived(doctor, &probe, took);
	else
		say_missing(doctor, &probe, wait);
}
