#include "control.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/file.h>
#include <assent/base/num.h>
#include <assent/base/version.h>
#include <assent/flow/credential.h>
#include <assent/store/alert.h>
#include <assent/store/hold.h>
#include <assent/store/site.h>

#define RETENTION_LATE (3 * MS_DAY)
#define LATE (5 * MS_MINUTE) /* a job that is due for longer is told */

struct status {
	const struct settings *settings;
	struct site_counts counts;
	struct clock_seen seen; /* wall 0: never */
	char boot_id[64];
	utc_ms accepted;
	utc_ms now;
	json_t *out, *todo;
	json_t *credentials;
	json_t *conditions; /* that are on, as assentd wrote them down */
	bool held;
	utc_ms held_since, swept; /* when retention saw all last; 0: never */
};

/* --- reading ----------------------------------------------------------- */

/* "ok", or why there is no access token and what to do. */
static int
gather_credentials(struct desk *desk, json_t *out, struct err *err)
{
	const struct policy *policy = desk->policy;
	struct err why;

	(void)err;
	for (size_t i = 0; i < policy->credential_count; i++) {
		const char *token, *name = policy->credentials[i].name;
		int rc = credential_token(desk, name, &token, &why);

		look_set_text(out, name, rc == 0 ? "ok" : why.text);
	}
	return 0;
}

static int
gather_conditions(struct desk *desk, struct status *status, struct err *err)
{
	struct alert *alerts;
	size_t n;
	int rc = alert_list(desk->tx, &alerts, &n, err);

	json_array_clear(status->conditions);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *object = json_object();

		look_set_text(object, "name", alerts[i].name);
		look_set_text(object, "text", alerts[i].text);
		look_set_time(object, "since", alerts[i].since);
		look_set_time(object, "told", alerts[i].told);
		if (alerts[i].ended == 0)
			json_array_append_new(status->conditions, object);
		else
			json_decref(object);
	}
	return rc;
}

static int
gather_operation(struct desk *desk, struct status *status, struct err *err)
{
	const char *done;
	int rc = hold_get(desk->tx, &status->held, &status->held_since, err);

	if (rc == 0)
		rc = gather_conditions(desk, status, err);
	if (rc == 0)
		rc = site_get(desk->tx, "retention.done", &done, err);
	if (rc == 0 && !num_parse(done, &status->swept))
		status->swept = 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int
gather(struct desk *desk, void *arg, struct err *err)
{
	struct status *status = arg;
	const char *accepted;
	int rc = site_count(desk->tx, &status->counts, err);

	status->now = desk->now;
	if (rc == 0)
		rc = gather_operation(desk, status, err);
	json_object_clear(status->credentials);
	if (rc == 0)
		rc = gather_credentials(desk, status->credentials, err);
	if (rc == 0)
		rc = clock_seen_get(desk->tx, &status->seen, err);
	if (rc == 0) {
		snprintf(status->boot_id, sizeof(status->boot_id), "%s", status->seen.boot_id);
		status->seen.boot_id = status->boot_id;
	}
	if (rc == 0 || rc == ERR_NOT_FOUND)
		rc = site_get(desk->tx, "clock.accepted", &accepted, err);
	if (rc == 0 && !num_parse(accepted, &status->accepted))
		status->accepted = 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- the clock --------------------------------------------------------- */

/*
 * The judgement of assentd's clockwork, from what it stored last: while it does
 * not believe the clock it stores nothing, so the same difference is seen here.
 */
static bool
clock_is_believed(const struct status *status)
{
	const struct clock_reading seen = { status->seen.wall, status->seen.boot,
		status->seen.boot_id, false };
	const struct clock_reading now = clock_read();

	return clock_is_believable(&seen, &now, status->accepted);
}

/* Takes the reference. */
static void
todo(struct status *status, json_t *sentence)
{
	json_array_append_new(status->todo, sentence);
}

static void
add_clock(struct status *status)
{
	bool synchronised = clock_is_synchronised();
	bool believed = clock_is_believed(status);
	json_t *clock = json_object();

	json_object_set_new(clock, "believed", json_boolean(believed));
	json_object_set_new(clock, "synchronised", json_boolean(synchronised));
	look_set_time(clock, "now", status->now);
	look_set_time(clock, "seen", status->seen.wall);
	look_set_text(clock, "sentence",
	    !believed	       ? "it jumped: nothing expires until it is right again"
		: synchronised ? "believed, and synchronised"
			       : "believed, though nothing synchronises it");
	json_object_set_new(status->out, "clock", clock);
	if (!believed)
		todo(status,
		    json_string(
			"The clock jumped, so nothing expires. Set it right, or say that it is: "
			"assent clock accept"));
}

/* --- trust ------------------------------------------------------------- */

static void
add_voucher(const struct policy *policy, struct str *out)
{
	if (policy->trust == TRUST_M365)
		str_add(out, "Microsoft 365");
	for (size_t i = 0; policy->trust == TRUST_AUTHSERV && i < policy->authserv_ids.count; i++)
		str_addf(out, "%s%s", i ? " or " : "", policy->authserv_ids.items[i]);
}

static void
trust_sentence(const struct policy *policy, struct str *out)
{
	AUTO(str_donep) struct str who = STR_INIT(4000);
	enum reply_level level = policy->level;

	add_voucher(policy, &who);
	if (level == LEVEL_DEFAULT)
		level = policy->trust == TRUST_NONE ? LEVEL_TOKEN : LEVEL_VOUCHED;
	if (level == LEVEL_LINK)
		str_add(out, "replies never decide, links do");
	else if (level == LEVEL_SIGNED)
		str_add(out, "replies decide when their owner signed them (S/MIME)");
	else if (policy->trust == TRUST_NONE)
		str_add(out, "replies decide by token only: no trust source is configured");
	else if (level == LEVEL_TOKEN)
		str_addf(out, "replies decide by token, unless %s says that the sender is forged",
		    str_text(&who));
	else
		str_addf(out, "replies decide when %s vouches for the sender", str_text(&who));
}

static const char *
level_word(enum reply_level level)
{
	static const char *const words[] = { [LEVEL_DEFAULT] = "default",
		[LEVEL_VOUCHED] = "vouched",
		[LEVEL_TOKEN] = "token",
		[LEVEL_LINK] = "link",
		[LEVEL_SIGNED] = "signed" };

	return words[level];
}

static void
add_trust(struct status *status)
{
	static const char *const sources[] = {
		[TRUST_NONE] = "none", [TRUST_AUTHSERV] = "authserv-id", [TRUST_M365] = "m365"
	};
	const struct policy *policy = &status->settings->policy;
	AUTO(str_donep) struct str sentence = STR_INIT(8000);
	json_t *trust = json_object(), *other = json_object();

	trust_sentence(policy, &sentence);
	look_set_text(trust, "source", sources[policy->trust]);
	look_set_text(trust, "sentence", str_text(&sentence));
	for (size_t i = 0; i < policy->organisation_count; i++)
		if (policy->organisations[i].level != LEVEL_DEFAULT)
			look_set_text(other, policy->organisations[i].key,
			    level_word(policy->organisations[i].level));
	json_object_set_new(trust, "organisations", other);
	json_object_set_new(status->out, "trust", trust);
}

/* --- credentials ------------------------------------------------------- */

static void
add_credentials(struct status *status)
{
	const char *name;
	json_t *state;

	json_object_foreach(status->credentials, name, state)
	{
		if (!text_is(json_string_value(state), "ok"))
			todo(status, json_incref(state));
	}
	json_object_set_new(status->out, "credentials", status->credentials);
}

/* --- the daemon and its work ------------------------------------------- */

static void
add_daemon(struct status *status)
{
	static const char *const states[] = { [CONTROL_DOWN] = "down",
		[CONTROL_UP] = "up",
		[CONTROL_HIDDEN] = "not to be seen by this user" };
	json_t *daemon = json_object();
	int64_t pid;
	enum control_state state = control_state(status->settings, &pid);

	look_set_text(daemon, "state", states[state]);
	if (state == CONTROL_HIDDEN)
		json_object_set_new(daemon, "up", json_null());
	else
		json_object_set_new(daemon, "up", json_boolean(state == CONTROL_UP));
	json_object_set_new(daemon, "pid", pid ? json_integer(pid) : json_null());
	look_set_text(daemon, "control", status->settings->control);
	json_object_set_new(status->out, "daemon", daemon);
	if (state == CONTROL_DOWN)
		todo(status, json_string("assentd does not run: systemctl start assentd"));
}

static void
add_counts(struct status *status)
{
	const struct site_counts *c = &status->counts;
	json_t *counts = json_object();

	look_set_int(counts, "tickets", c->tickets);
	look_set_int(counts, "approvals_open", c->approvals_open);
	look_set_int(counts, "approvals", c->approvals_all);
	look_set_int(counts, "inbound_new", c->inbound_new);
	look_set_int(counts, "inbound_quarantined", c->inbound_quarantined);
	look_set_int(counts, "jobs_waiting", c->jobs_waiting);
	look_set_int(counts, "jobs_dead", c->jobs_dead);
	look_set_int(counts, "mails_queued", c->outgoing_queued);
	look_set_int(counts, "mails_maybe_sent", c->outgoing_maybe);
	look_set_int(counts, "ledger_entries", c->ledger_entries);
	json_object_set_new(status->out, "counts", counts);
	look_set_time(status->out, "oldest_job_due", c->oldest_job_due);
}

static void
add_operation(struct status *status)
{
	json_t *hold = json_object(), *retention = json_object(), *condition;
	size_t i;

	json_object_set_new(hold, "held", json_boolean(status->held));
	look_set_time(hold, "since", status->held_since);
	look_set_text(hold, "sentence", status->held ? "on: nothing is sent" : "");
	json_object_set_new(status->out, "hold", hold);
	look_set_time(retention, "done", status->swept);
	json_object_set_new(status->out, "retention", retention);
	json_object_set(status->out, "conditions", status->conditions);
	if (status->held)
		todo(status,
		    json_sprintf("nothing is sent, %lld mail(s) wait; look, then: assent release",
			(long long)status->counts.outgoing_queued));
	json_array_foreach(status->conditions, i, condition)
	{
		if (!text_is(look_string(condition, "name"), "hold"))
			todo(status,
			    json_sprintf("%s: %s", look_string(condition, "name"),
				look_string(condition, "text")));
	}
	if (status->swept && status->now - status->swept > RETENTION_LATE)
		todo(status, json_string("what is old was not removed for days: assent job list"));
}

static void
add_todo(struct status *status)
{
	const struct site_counts *c = &status->counts;
	int64_t free_bytes = disk_free(status->settings->state_dir);

	if (c->jobs_dead)
		todo(status,
		    json_sprintf("%lld job(s) were given up: assent job list --dead",
			(long long)c->jobs_dead));
	if (c->inbound_quarantined)
		todo(status,
		    json_sprintf(
			"%lld mail(s) are in quarantine: assent inbound list --quarantined",
			(long long)c->inbound_quarantined));
	if (c->outgoing_maybe)
		todo(status,
		    json_sprintf("%lld mail(s) were maybe sent: assent approval show marks them",
			(long long)c->outgoing_maybe));
	if (c->oldest_job_due && status->now - c->oldest_job_due > LATE)
		todo(status, json_string("the oldest job is late: assent job list"));
	if (free_bytes >= 0 && free_bytes < status->settings->min_free)
		todo(status,
		    json_sprintf("%s has too little free space: no mail is taken in",
			status->settings->state_dir));
	json_object_set_new(
	    status->out, "free_bytes", free_bytes >= 0 ? json_integer(free_bytes) : json_null());
}

static void
print_status(const struct status *status)
{
	static const struct look_column fields[] = {
		{ "assentd", "daemon.state", LOOK_TEXT },
		{ "Process", "daemon.pid", LOOK_TEXT },
		{ "Database", "database", LOOK_TEXT },
		{ "Trust", "trust.sentence", LOOK_TEXT },
		{ "Clock", "clock.sentence", LOOK_TEXT },
		{ "Hold", "hold.sentence", LOOK_TEXT },
		{ "Tickets", "counts.tickets", LOOK_TEXT },
		{ "Approvals", "counts.approvals", LOOK_TEXT },
		{ "  open", "counts.approvals_open", LOOK_TEXT },
		{ "Mail to read", "counts.inbound_new", LOOK_TEXT },
		{ "  quarantined", "counts.inbound_quarantined", LOOK_TEXT },
		{ "Mail to send", "counts.mails_queued", LOOK_TEXT },
		{ "  maybe sent", "counts.mails_maybe_sent", LOOK_TEXT },
		{ "Jobs waiting", "counts.jobs_waiting", LOOK_TEXT },
		{ "  next due", "oldest_job_due", LOOK_TIME },
		{ "  given up", "counts.jobs_dead", LOOK_TEXT },
		{ "Old removed", "retention.done", LOOK_TIME },
		{ "Ledger entries", "counts.ledger_entries", LOOK_TEXT },
		{ NULL, NULL, LOOK_TEXT },
	};
	const json_t *line;
	size_t i;

	look_fields(status->out, fields);
	if (json_array_size(status->todo) > 0)
		look_heading("Waiting for you:");
	json_array_foreach(status->todo, i, line)
	{
		look_bullet(json_string_value(line));
	}
}

int
verb_status(struct cli *cli)
{
	struct status status = { .credentials = json_object(), .conditions = json_array() };
	int rc = cli_settings(cli, &status.settings);

	if (rc == CLI_OK)
		rc = look(cli, gather, &status);
	if (rc != CLI_OK) {
		json_decref(status.credentials);
		json_decref(status.conditions);
		return rc;
	}
	status.out = json_object();
	status.todo = json_array();
	look_set_text(status.out, "version", ASSENT_VERSION);
	look_set_text(status.out, "database", status.settings->database);
	add_daemon(&status);
	add_trust(&status);
	add_credentials(&status);
	add_clock(&status);
	add_counts(&status);
	add_operation(&status);
	json_decref(status.conditions);
	add_todo(&status);
	json_object_set_new(status.out, "waiting_for_a_person", status.todo);
	if (cli->json)
		return cli_print_json(status.out);
	print_status(&status);
	json_decref(status.out);
	return CLI_OK;
}
