#pragma once
/*
 * doctor: findings, one line each. Every check says one thing at least, and
 * what is not fine says what to do.
 */
#include "cli.h"

#include <assent/net/http_client.h>

enum finding { FINDING_OK, FINDING_WARN, FINDING_BAD };

struct doctor {
	struct cli *cli;
	const struct settings *settings;
	struct arena *arena;
	json_t *findings;
	enum finding worst;
	bool has_database; /* it can be read */
	bool is_up; /* assentd answers */
};

struct note {
	enum finding finding;
	const char *what; /* "disk" */
	const char *todo; /* what helps; NULL for nothing */
};

#define NOTE(...) (&(struct note){ __VA_ARGS__ })

/* One line; printed at once where a person reads. */
void doctor_say(struct doctor *doctor, const struct note *note, const char *fmt, ...) PRINTF(3, 4);

/* doctor_local.c: settings, keys, database, disk, clock, what waits. */
void doctor_local(struct doctor *doctor);
/* doctor_trust.c: does anybody vouch for the mail that came? */
void doctor_trust(struct doctor *doctor);
/* doctor_url.c: do links lead here? */
void doctor_url(struct doctor *doctor);
/* doctor_servers.c: mailboxes and ways out. */
void doctor_servers(struct doctor *doctor);
/* doctor_models.c: does each language model answer? */
void doctor_models(struct doctor *doctor);
/* doctor_mail.c: a mail to ourselves, and how it arrived. */
void doctor_mail(struct doctor *doctor, span_ms wait);
