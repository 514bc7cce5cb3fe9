/* doctor, trust: who vouched for the mail that came last? */
#include "doctor.h"
#include "look.h"

#include <assent/base/file.h>
#include <assent/mail/sender.h>
#include <assent/store/post.h>

#include <string.h>

#define MAILS 40 /* looked at, newest first */
#define HOSTS 8
#define SPOOLED_MAX ((size_t)4 << 20) /* a larger one is passed over */

struct raw_mail {
	const void *bytes;
	size_t size;
};

struct heard {
	struct arena *arena;
	struct raw_mail mails[MAILS];
	size_t count;
	size_t vouched, failed;
	struct {
		const char *name;
		size_t mails;
	} hosts[HOSTS];
	size_t host_count;
};

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct heard *heard = arg;
	struct inbound *list, one;
	size_t n;
	int rc = inbound_list(desk->tx, "", MAILS, &list, &n, err);

	heard->count = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = inbound_get(desk->tx, &list[i].id, true, &one, err);
		if (rc == 0 && one.raw && (size_t)one.size < SPOOLED_MAX)
			heard->mails[heard->count++] =
			    (struct raw_mail){ arena_dup_n(heard->arena, one.raw, (size_t)one.size),
				    (size_t)one.size };
	}
	return rc;
}

static void
note_host(struct heard *heard, const char *name)
{
	size_t i = 0;

	while (i < heard->host_count && !text_is_nocase(heard->hosts[i].name, name))
		i++;
	if (i == HOSTS || !*name)
		return;
	if (i == heard->host_count)
		heard->hosts[heard->host_count++].name = name;
	heard->hosts[i].mails++;
}

/* Each name once a mail, and only where our own servers may have written it. */
static void
note_hosts(struct heard *heard, const struct letter *letter)
{
	for (size_t i = 0; i < letter->auth_count; i++) {
		bool again = !letter->auth[i].above_received;

		for (size_t k = 0; k < i && !again; k++)
			again = text_is_nocase(
			    letter->auth[k].authserv_id, letter->auth[i].authserv_id);
		if (!again)
			note_host(heard, letter->auth[i].authserv_id);
	}
}

static void
judge(struct heard *heard, const struct policy *policy, struct parser *parser)
{
	const struct sender_trust trust = { policy->trust, policy->authserv_ids,
		policy->own_hosts };

	for (size_t i = 0; i < heard->count; i++) {
		struct letter *letter;
		struct sender sender;

		if (parser_letter(parser, heard->mails[i].bytes, heard->mails[i].size, heard->arena,
			&letter, NULL) < 0)
			continue;
		note_hosts(heard, letter);
		sender_judge(letter, &trust, &sender);
		heard->vouched += sender.verdict == SENDER_VOUCHED;
		heard->failed += sender.verdict == SENDER_FAILED;
	}
}

/* "mx.example (18 of 20)" … what an operator may put under trust.hosts. */
static const char *
hosts_text(const struct heard *heard)
{
	AUTO(str_donep) struct str text = STR_INIT(2000);

	for (size_t i = 0; i < heard->host_count; i++)
		str_addf(&text, "%s%s (%zu of %zu)", i ? ", " : "", heard->hosts[i].name,
		    heard->hosts[i].mails, heard->count);
	return heard->host_count ? arena_dup(heard->arena, str_text(&text)) : "none";
}

static const char *
advice(const struct heard *heard)
{
	if (!heard->host_count)
		return "have your mail server check DKIM, SPF or DMARC and write "
		       "Authentication-Results, then name it under trust.hosts";
	return arena_printf(heard->arena,
	    "names seen in Authentication-Results: %s. If one is your own server, name it: "
	    "trust: source: authserv-id, hosts: [%s]",
	    hosts_text(heard), heard->hosts[0].name);
}

static void
say(struct doctor *doctor, const struct heard *heard)
{
	const struct policy *policy = &doctor->settings->policy;

	if (policy->trust == TRUST_NONE)
		doctor_say(doctor, NOTE(FINDING_WARN, "trust", advice(heard)),
		    "no trust source: replies decide by the reply token and From alone, and mail "
		    "from staff cannot command");
	else if (!heard->count)
		doctor_say(doctor, NOTE(FINDING_WARN, "trust", "look again when mail came in"),
		    "no mail to judge by yet");
	else if (!heard->vouched)
		doctor_say(doctor, NOTE(FINDING_BAD, "trust", advice(heard)),
		    "the trust source vouched for none of the last %zu mails: no reply decides",
		    heard->count);
	else
		doctor_say(doctor, NOTE(FINDING_OK, "trust", NULL),
		    "the trust source vouched for %zu of the last %zu mails, %zu were forged or "
		    "broken",
		    heard->vouched, heard->count, heard->failed);
}

void
doctor_trust(struct doctor *doctor)
{
	struct heard heard = { .arena = doctor->arena };
	struct parser *parser;

	if (doctor->has_database && look(doctor->cli, gather, &heard) != CLI_OK)
		return;
	if (heard.count && cli_parser(doctor->cli, &parser) != CLI_OK)
		return;
	if (heard.count)
		judge(&heard, &doctor->settings->policy, parser);
	say(doctor, &heard);
}
