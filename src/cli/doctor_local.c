/* doctor, at home: settings, keys, database, disk, clock, what waits for a person. */
#include "control.h"
#include "doctor.h"
#include "look.h"

#include <assent/base/file.h>
#include <assent/base/identity.h>
#include <assent/base/num.h>
#include <assent/base/str.h>
#include <assent/store/backup.h>
#include <assent/store/hold.h>
#include <assent/store/keyring.h>
#include <assent/store/ledger.h>
#include <assent/store/site.h>

#include <string.h>
#include <sys/stat.h>

#define CHECKS_MAX ((size_t)64 << 10)
#define IDENTITY_WARNING (30 * MS_DAY)

/* --- settings and keys ---------------------------------------------------- */

static void
look_at_settings(struct doctor *doctor)
{
	AUTO(str_donep) struct str wrong = STR_INIT(CHECKS_MAX);

	for (size_t i = 0; cli_checks[i]; i++)
		cli_checks[i](doctor->settings, &wrong);
	if (wrong.len)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "settings",
			"mend the files it names, or take your own ones away"),
		    "%s", text_trim(wrong.text));
	else
		doctor_say(doctor, NOTE(FINDING_OK, "settings", NULL), "%s is clean",
		    doctor->settings->file);
	if (!*doctor->settings->policy.alert_to)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "alerts",
			"set alerts.to to your address, best with a route of its own"),
		    "nobody is told when something goes wrong");
}

/* It was read, so it is ours to read; but are we the one who will read it? */
static void
look_at_key(struct doctor *doctor, const char *file)
{
	struct stat key, state;
	const char *todo;

	if (!file || !*file || stat(file, &key) < 0 ||
	    stat(doctor->settings->state_dir, &state) < 0)
		return;
	if (key.st_uid == state.st_uid || key.st_uid == 0) {
		doctor_say(
		    doctor, NOTE(FINDING_OK, "keys", NULL), "%s: only its owner may read it", file);
		return;
	}
	todo = arena_printf(
	    doctor->arena, "chown --reference=%s %s", doctor->settings->state_dir, file);
	doctor_say(doctor, NOTE(FINDING_WARN, "keys", todo),
	    "%s belongs to another user than %s does", file, doctor->settings->state_dir);
}

/* Who renews it needs days: a warning of a month. */
static void
look_at_identity(struct doctor *doctor)
{
	const struct identity *identity = doctor->settings->smime.identity;
	const char *file = doctor->settings->smime.cert_file;
	AUTO(str_donep) struct str when = STR_INIT(64);
	utc_ms now = clock_now();

	if (!identity)
		return;
	utc_add_iso(&when, identity_until(identity));
	/* That it has ended is a fault of the settings' (checks.c). */
	if (identity_until(identity) <= now)
		return;
	if (identity_until(identity) - now < IDENTITY_WARNING)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "smime",
			"renew the certificate, then systemctl reload assentd"),
		    "our certificate ends at %s (%s)", str_text(&when), file);
	else
		doctor_say(doctor, NOTE(FINDING_OK, "smime", NULL), "our mails are signed until %s",
		    str_text(&when));
}

static void
look_at_keys(struct doctor *doctor)
{
	look_at_key(doctor, doctor->settings->site_key_file);
	look_at_key(doctor, doctor->settings->signing_key_file);
	look_at_key(doctor, doctor->settings->credential_key_file);
	look_at_key(doctor, doctor->settings->smime.key_file);
	look_at_identity(doctor);
}

/* --- the database ----------------------------------------------------------- */

struct inside {
	struct doctor *doctor;
	struct ledger_report ledger;
	char fault[400];
	struct site_counts counts;
	int64_t lost_key, lost_links;
	bool held;
	char retention[32];
};

static int
look_at_ring(struct inside *inside, struct tx *tx, struct err *err)
{
	const struct policy *policy = &inside->doctor->settings->policy;
	struct key_use *uses;
	size_t n;
	int rc = keyring_tokens(tx, &uses, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!uses[i].open || token_key(policy, (uint32_t)uses[i].id))
			continue;
		inside->lost_key = uses[i].id;
		inside->lost_links = uses[i].open;
	}
	return rc;
}

static int
inside_step(struct tx *tx, void *arg, struct err *err)
{
	struct inside *inside = arg;
	const char *done = "";
	int rc = ledger_verify(tx, &inside->ledger, err);

	if (rc < 0)
		return rc;
	snprintf(inside->fault, sizeof(inside->fault), "%s", inside->ledger.fault);
	rc = site_count(tx, &inside->counts, err);
	if (rc == 0)
		rc = hold_get(tx, &inside->held, NULL, err);
	if (rc == 0)
		rc = look_at_ring(inside, tx, err);
	if (rc == 0 && site_get(tx, "retention.done", &done, NULL) == 0)
		snprintf(inside->retention, sizeof(inside->retention), "%s", done);
	return rc;
}

static void
say_ledger(struct doctor *doctor, const struct inside *inside)
{
	if (inside->ledger.bad_seq)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "ledger",
			"keep this database as it is, and compare it with your backups: assent "
			"ledger "
			"verify"),
		    "it is not intact: %s", inside->fault);
	else
		doctor_say(doctor, NOTE(FINDING_OK, "ledger", NULL), "%lld entries, all intact",
		    (long long)inside->ledger.entries);
	if (inside->lost_links)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "keys",
			"put the key back into the ring; without it these mails cannot be sent "
			"again "
			"and reminders fail"),
		    "the site key ring lacks key %lld, which %lld open links were made with",
		    (long long)inside->lost_key, (long long)inside->lost_links);
}

static void
say_waiting(struct doctor *doctor, const struct inside *inside)
{
	const struct site_counts *c = &inside->counts;

	if (inside->held)
		doctor_say(doctor, NOTE(FINDING_WARN, "hold", "assent release"),
		    "nothing is sent: %lld mail(s) wait", (long long)c->outgoing_queued);
	if (c->jobs_dead)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "jobs", "assent job list --dead, then job retry"),
		    "%lld job(s) were given up", (long long)c->jobs_dead);
	if (c->inbound_quarantined)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "quarantine", "assent inbound list --quarantined"),
		    "%lld mail(s) could not be read", (long long)c->inbound_quarantined);
	if (!inside->held && !c->jobs_dead && !c->inbound_quarantined)
		doctor_say(doctor, NOTE(FINDING_OK, "work", NULL),
		    "%lld question(s) open, %lld job(s) wait, nothing was given up",
		    (long long)c->approvals_open, (long long)c->jobs_waiting);
}

static void
look_inside(struct doctor *doctor, struct db *db)
{
	struct inside inside = { .doctor = doctor };
	const char *fault = "";
	struct err err = { 0 };
	int rc = db_check(db, doctor->arena, &fault, &err);

	if (rc == 0 && *fault)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "database",
			"stop assentd, keep the file, and restore the last backup: assent restore"),
		    "%s is damaged: %s", doctor->settings->database, fault);
	else if (rc == 0)
		doctor_say(doctor, NOTE(FINDING_OK, "database", NULL), "%s is sound, schema %lld",
		    doctor->settings->database, (long long)db_schema(db));
	if (rc == 0)
		rc = db_read(db, doctor->arena, inside_step, &inside, &err);
	if (rc < 0) {
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "database", "see docs/OPERATING.md, the worst day"), "%s",
		    err.text);
		return;
	}
	doctor->has_database = true;
	say_ledger(doctor, &inside);
	say_waiting(doctor, &inside);
}

static void
look_at_database(struct doctor *doctor)
{
	struct db_options options = {
		.path = doctor->settings->database, .mode = DB_READ_ONLY, .readers = 1
	};
	AUTO(db_closep) struct db *db = NULL;
	struct err err = { 0 };
	int rc = look_for_database(doctor->settings, &err);

	if (rc == ERR_NOT_FOUND) {
		doctor_say(doctor, NOTE(FINDING_WARN, "database", "start assentd: it makes it"),
		    "%s", err.text);
		return;
	}
	if (rc == 0)
		rc = db_open(&options, &db, &err);
	if (rc < 0)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "database",
			rc == ERR_DENIED ? "run this as root or as the user of assentd"
					 : "see docs/OPERATING.md, the worst day"),
		    "%s", err.text);
	else
		look_inside(doctor, db);
}

/* --- disk, clock, process --------------------------------------------------------- */

static void
look_at_disk(struct doctor *doctor)
{
	const struct settings *s = doctor->settings;
	int64_t room = disk_free(s->state_dir);
	long long mib = (long long)(room >> 20), least = (long long)(s->min_free >> 20);

	if (room < 0)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "disk",
			"it is made when assentd starts; its file system must exist"),
		    "%s cannot be looked at", s->state_dir);
	else if (room < s->min_free)
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "disk", "make room there; decisions go on meanwhile"),
		    "%s has %lld MiB free, less than min_free (%lld MiB): nothing is taken in",
		    s->state_dir, mib, least);
	else if (room < 4 * s->min_free)
		doctor_say(doctor, NOTE(FINDING_WARN, "disk", "make room there soon"),
		    "%s has %lld MiB free; below %lld MiB nothing is taken in", s->state_dir, mib,
		    least);
	else
		doctor_say(doctor, NOTE(FINDING_OK, "disk", NULL), "%s has %lld MiB free",
		    s->state_dir, mib);
}

static int
read_clock(struct desk *desk, void *arg, struct err *err)
{
	struct clock_seen *seen = arg;
	int rc = clock_seen_get(desk->tx, seen, err);

	if (rc < 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	seen->boot_id = text_is(seen->boot_id, clock_boot_id()) ? clock_boot_id() : "";
	return 0;
}

static void
look_at_clock(struct doctor *doctor)
{
	struct clock_seen seen = { 0 };
	struct clock_reading then = { 0 }, now = clock_read();

	if (doctor->has_database && look(doctor->cli, read_clock, &seen) == CLI_OK)
		then = (struct clock_reading){ seen.wall, seen.boot,
			seen.boot_id ? seen.boot_id : "", false };
	if (then.wall && !clock_is_believable(&then, &now, 0))
		doctor_say(doctor,
		    NOTE(FINDING_BAD, "clock",
			"set it right, or say that it is: assent clock accept"),
		    "it jumped since assentd saw it last: nothing expires until it is right again");
	else if (!now.synchronised)
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "clock",
			"let something keep it: systemctl enable --now systemd-timesyncd"),
		    "nothing synchronises it");
	else
		doctor_say(doctor, NOTE(FINDING_OK, "clock", NULL), "synchronised");
}

static void
look_at_daemon(struct doctor *doctor)
{
	int64_t pid;

	switch (control_state(doctor->settings, &pid)) {
	case CONTROL_UP:
		doctor_say(doctor, NOTE(FINDING_OK, "assentd", NULL), "it runs, process %lld",
		    (long long)pid);
		break;
	case CONTROL_HIDDEN:
		doctor_say(doctor,
		    NOTE(FINDING_WARN, "assentd", "run this as root, or in group assent"),
		    "this user may not ask whether it runs");
		break;
	default:
		doctor_say(doctor, NOTE(FINDING_WARN, "assentd", "systemctl start assentd"),
		    "it does not run");
	}
}

void
doctor_local(struct doctor *doctor)
{
	look_at_settings(doctor);
	look_at_keys(doctor);
	look_at_database(doctor);
	look_at_disk(doctor);
	look_at_clock(doctor);
	look_at_daemon(doctor);
}
