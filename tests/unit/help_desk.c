#include "help_desk.h"

#include "ai/write_priv.h"

#include <assent/base/crypto.h>
#include <assent/base/file.h>
#include <assent/flow/setup.h>
#include <assent/mail/compose.h>
#include <assent/store/post.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const domains[] = { "acme.test" };
static const char *const authserv[] = { "mx.desk.test" };

static struct policy_organisation organisations[] = {
	{ .key = "acme",
	    .name = "Acme Ltd",
	    .owner_email = "jane@acme.test",
	    .owner_name = "Jane Owner",
	    .domains = { (const char **)domains, 1 },
	    .locale = "en",
	    .zone_name = "Europe/Berlin" },
};

static const struct policy_staff staff[] = {
	{ "eve@help.test", "Eve Engineer", "engineer", "desk", "" },
};

static const struct site_key keys[] = { { 1, { 7 } } };

static int
sync_settings(struct desk *desk, void *arg, struct err *err)
{
	(void)arg;
	return setup_sync(desk, err);
}

static void
set_policy(struct policy *policy)
{
	*policy = (struct policy){
		.agent_email = "agent@desk.test",
		.agent_name = "Approval desk",
		.separator = "+",
		.public_url = "https://ok.desk.test",
		.escalate_to = "second@help.test",
		.site_dir = "",
		.locale = "en",
		.zone_name = "Europe/Berlin",
		.send_delay = MS_MINUTE,
		.remind_after_days = 2,
		.expire_after_days = 5,
		.batch_max = 50,
		.trust = TRUST_AUTHSERV,
		.authserv_ids = { (const char **)authserv, 1 },
		.organisations = organisations,
		.organisation_count = 1,
		.staff = staff,
		.staff_count = 1,
		.keys = keys,
		.key_count = 1,
		.instance = "test-instance",
		.job_attempts = 5,
		.mail_lifetime = 3 * MS_DAY,
		.parse_attempts = 3,
	};
	assert_int_equal(zone_get("Europe/Berlin", &policy->zone, NULL), 0);
	organisations[0].zone = policy->zone;
}

/* Where the clock of every kit begins, a Monday; certificates are judged by it. */
static utc_ms
start_time(void)
{
	utc_ms at;

	assert_true(utc_parse_iso("2026-11-16T09:00:00Z", &at));
	return at;
}

void
kit_open(struct desk_kit *kit)
{
	static const char *markers[1];
	struct parser_options parser = { .program = BUILD_DIR "/assent-parser",
		.children = 1,
		.deadline = 20 * MS_SECOND,
		.markers = markers,
		.marker_count = 1,
		.now = start_time };
	struct db_options db = { .mode = DB_TOOL, .readers = 1 };
	char path[300];
	struct err err;

	*kit = (struct desk_kit){ .clock_trusted = true };
	markers[0] = compose_cut_marker("en");
	snprintf(kit->folder, sizeof(kit->folder), "%s/assent-desk-XXXXXX",
	    getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(kit->folder));
	snprintf(path, sizeof(path), "%s/test.db", kit->folder);
	db.path = path;
	if (db_open(&db, &kit->db, &err) < 0 || parser_new(&parser, &kit->parser, &err) < 0)
		fail_msg("%s", err.text);
	kit->outlet = outlet_memory_new();
	kit->arena = arena_new(64u << 20);
	kit->now = start_time();
	set_policy(&kit->policy);
	if (kit_step(kit, sync_settings, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

void
kit_close(struct desk_kit *kit)
{
	char command[400];

	db_close(kit->db);
	parser_free(kit->parser);
	outlet_free(kit->outlet);
	arena_free(kit->arena);
	for (int i = 0; i < 3; i++) {
		static const char *const tails[] = { "", "-wal", "-shm" };
		snprintf(command, sizeof(command), "%s/test.db%s", kit->folder, tails[i]);
		unlink(command);
	}
	rmdir(kit->folder);
}

struct kit_call {
	struct desk_kit *kit;
	int (*fn)(struct desk *, void *, struct err *);
	void *arg;
};

static int
in_step(struct tx *tx, void *arg, struct err *err)
{
	struct kit_call *call = arg;
	struct desk desk = { tx, &call->kit->policy, call->kit->now, call->kit->clock_trusted };

	return call->fn(&desk, call->arg, err);
}

int
kit_step(struct desk_kit *kit, int (*fn)(struct desk *, void *, struct err *), void *arg,
    struct err *err)
{
	struct kit_call call = { kit, fn, arg };

	return db_step(kit->db, in_step, &call, err);
}

static int
kit_read(struct desk_kit *kit, int (*fn)(struct desk *, void *, struct err *), void *arg,
    struct err *err)
{
	struct kit_call call = { kit, fn, arg };

	return db_read(kit->db, kit->arena, in_step, &call, err);
}

struct mail_step {
	struct inbound inbound;
	char payload[80];
};

static int
add_inbound(struct desk *desk, void *arg, struct err *err)
{
	struct mail_step *step = arg;
	struct job job = { .id = id_new(desk->now),
		.kind = "intake",
		.lane = LANE_INTAKE,
		.payload = step->payload,
		.serial = "",
		.due = desk->now,
		.created = desk->now };
	int rc = inbound_add(desk->tx, &step->inbound, err);

	return rc < 0 ? rc : job_add(desk->tx, &job, err);
}

struct id
kit_mail(struct desk_kit *kit, const char *raw)
{
	return kit_mail_bytes(kit, raw, strlen(raw));
}

struct id
kit_mail_bytes(struct desk_kit *kit, const char *raw, size_t size)
{
	struct mail_step step = { .inbound = { .id = id_new(kit->now),
				      .source = "test",
				      .received = kit->now,
				      .size = (int64_t)size,
				      .raw = raw,
				      .spool = "",
				      .status = "new",
				      .outcome = "",
				      .from_email = "",
				      .subject = "" } };
	char key[64], text[ID_TEXT_SIZE];
	struct err err;

	snprintf(key, sizeof(key), "test:%d", kit->letters++);
	step.inbound.source_key = key;
	snprintf(step.payload, sizeof(step.payload), "{\"inbound\":\"%s\"}",
	    id_text(&step.inbound.id, text));
	if (kit_step(kit, add_inbound, &step, &err) < 0)
		fail_msg("%s", err.text);
	return step.inbound.id;
}

/* --- a lane in small ------------------------------------------------------ */

struct work {
	const struct story *story;
	struct job job;
	struct call call;
	story_fn part;
	bool dead;
};

static void
carry(struct desk_kit *kit, struct call *call)
{
	call->rc = 0;
	if ((call->kind == CALL_PARSE || call->kind == CALL_HTML) && kit->parser_answers != 0)
		call->rc = err_set(&call->err, kit->parser_answers, "the test says so");
	else if (call->kind == CALL_PARSE)
		call->rc = parser_letter(
		    kit->parser, call->raw, call->raw_size, call->arena, &call->letter, &call->err);
	if (call->kind == CALL_DECIDE)
		call->rc =
		    parser_decide(kit->parser, &call->ask, call->arena, &call->intent, &call->err);
	if (call->kind == CALL_ABSENCE)
		call->rc = parser_absence(kit->parser, &call->absence, &call->err);
	call->decided |= call->kind == CALL_DECIDE && call->rc == 0;
	for (size_t i = 0; call->kind == CALL_DRAFT && i < call->draft_count; i++)
		write_by(
		    kit->writer, kit->policy.site_dir, &call->drafts[i].writing, 1, call->arena);
	for (size_t i = 0; call->kind == CALL_HTML && call->rc == 0 && i < call->html_count; i++)
		call->rc =
		    parser_html(kit->parser, call->htmls[i].html, strlen(call->htmls[i].html),
			kit->arena, (char **)(uintptr_t)call->htmls[i].words, &call->err);
	if (call->kind == CALL_DOCUMENT) {
		write_by(
		    kit->writer, kit->policy.site_dir, &call->document->writing, 1, call->arena);
		if (kit->write != NULL)
			kit->write(kit, &call->document->writing);
	}
	call->may_double = kit->outlet->may_double;
	if (call->kind == CALL_SEND)
		call->rc = kit->outlet->ops->send(kit->outlet, &call->mail, &call->err);
}

static int
do_part(struct desk *desk, void *arg, struct err *err)
{
	struct work *work = arg;

	return work->part(desk, &work->job, &work->call, err);
}

static int
do_settle(struct desk *desk, void *arg, struct err *err)
{
	struct work *work = arg;
	int rc = work->story->settle(desk, &work->job, &work->call, err);

	if (rc < 0)
		return rc;
	return work->call.again != 0 ? job_postpone(desk->tx, &work->job.id, work->call.again, err)
				     : job_done(desk->tx, &work->job.id, err);
}

static int
do_fail(struct desk *desk, void *arg, struct err *err)
{
	struct work *work = arg;
	struct job_failure failure = { desk->now,
		work->call.is_patient ? INT64_MAX : desk->policy->job_attempts, work->call.err.text,
		false };
	int rc = job_fail(desk->tx, &work->job, &failure, &work->dead, err);

	if (rc == 0 && work->dead && work->story->given_up != NULL)
		rc = work->story->given_up(desk, &work->job, &work->call, err);
	return rc;
}

static int
read_part(struct desk_kit *kit, struct work *work, story_fn part, struct err *err)
{
	work->part = part;
	return part == NULL ? 0 : kit_read(kit, do_part, work, err);
}

static void
do_job(struct desk_kit *kit, const struct job *job)
{
	struct work work = {
		.story = story_find(job->kind), .job = *job, .call = { .arena = kit->arena }
	};
	struct err err;
	int rc;

	assert_non_null(work.story);
	rc = read_part(kit, &work, work.story->plan, &err);
	if (rc == 0) {
		carry(kit, &work.call);
		if (work.call.rc == 0)
			rc = read_part(kit, &work, work.story->more, &err);
		if (rc == 0 && (work.call.kind == CALL_DECIDE || work.call.kind == CALL_ABSENCE))
			carry(kit, &work.call);
	}
	if (rc == 0)
		rc = kit_step(kit, do_settle, &work, &err);
	if (rc == 0)
		return;
	work.call.err = err;
	if (kit_step(kit, do_fail, &work, &err) < 0)
		fail_msg("%s", err.text);
}

struct claim {
	struct desk_kit *kit;
	enum lane lane;
	struct job *jobs;
	size_t count;
};

static int
claim_one(struct desk *desk, void *arg, struct err *err)
{
	struct claim *claim = arg;
	struct job_ask ask = { claim->lane, desk->now, desk->now, MS_MINUTE, "test", 1 };
	struct arena *arena = claim->kit->arena;
	int rc = job_claim(desk->tx, &ask, &claim->jobs, &claim->count, err);

	for (size_t i = 0; rc == 0 && i < claim->count; i++) {
		struct job *copy = arena_alloc(arena, sizeof(*copy));
		*copy = claim->jobs[i];
		copy->kind = arena_dup(arena, copy->kind);
		copy->payload = arena_dup(arena, copy->payload);
		copy->serial = arena_dup(arena, copy->serial);
		copy->state = arena_dup(arena, copy->state);
		copy->last_error = arena_dup(arena, copy->last_error);
		claim->jobs = copy;
	}
	return rc;
}

int
kit_run(struct desk_kit *kit)
{
	int done = 0, lane = 0;

	while (lane < LANE_COUNT && done < 10000) {
		struct claim claim = { kit, (enum lane)lane, NULL, 0 };
		struct err err;

		if (kit_step(kit, claim_one, &claim, &err) < 0)
			fail_msg("%s", err.text);
		if (claim.count == 0) {
			lane++;
			continue;
		}
		do_job(kit, claim.jobs);
		done++;
		lane = 0;
	}
	return done;
}

int
kit_pass(struct desk_kit *kit, span_ms span)
{
	kit->now += span;
	return kit_run(kit);
}

/* --- looking at what went out --------------------------------------------- */

static const struct outlet_mail *
mail_to(struct desk_kit *kit, const char *to, size_t n)
{
	for (size_t i = 0; i < outlet_memory_count(kit->outlet); i++) {
		const struct outlet_mail *mail = outlet_memory_at(kit->outlet, i);
		if (text_is(mail->to, to) && n-- == 0)
			return mail;
	}
	return NULL;
}

static struct letter *
letter_to(struct desk_kit *kit, const char *to, size_t n)
{
	const struct outlet_mail *mail = mail_to(kit, to, n);
	struct letter *letter;
	struct err err;

	if (mail == NULL)
		return NULL;
	if (parser_letter(kit->parser, mail->bytes, mail->size, kit->arena, &letter, &err) < 0)
		fail_msg("%s", err.text);
	return letter;
}

const char *
kit_sent(struct desk_kit *kit, const char *to, size_t n)
{
	struct letter *letter = letter_to(kit, to, n);

	return letter == NULL
	    ? NULL
	    : arena_printf(kit->arena, "Subject: %s\n\n%s", letter->subject, letter->text);
}

size_t
kit_sent_count(struct desk_kit *kit, const char *to)
{
	size_t n = 0;

	while (mail_to(kit, to, n) != NULL)
		n++;
	return n;
}

const char *
kit_header(struct desk_kit *kit, const char *to, size_t n, const char *name)
{
	const struct outlet_mail *mail = mail_to(kit, to, n);
	char *needle = arena_printf(kit->arena, "\n%s: ", name), *value, *end;

	if (mail == NULL)
		return NULL;
	value = (char *)(uintptr_t)text_find_nocase(mail->bytes, needle);
	if (value == NULL)
		return NULL;
	value += strlen(needle);
	end = value;
	/* Unfold: a line that begins with a blank goes on. */
	while (end[0] != '\0' && !(end[0] == '\n' && end[1] != ' ' && end[1] != '\t'))
		end++;
	value = arena_dup_n(kit->arena, value, (size_t)(end - value));
	for (char *p = value; *p != '\0'; p++)
		if (*p == '\r' || *p == '\n')
			*p = ' ';
	return text_trim(value);
}

const char *
kit_link(struct desk_kit *kit, const char *to, size_t n, size_t m)
{
	const char *text = kit_sent(kit, to, n);

	for (const char *p = text != NULL ? strstr(text, "/a/") : NULL; p != NULL;
	     p = strstr(p + 1, "/a/"))
		if (m-- == 0)
			return arena_dup_n(kit->arena, p + 3, 32);
	return NULL;
}

struct look {
	const struct id *id;
	struct inbound inbound;
	struct approval *approvals;
	size_t count;
};

static int
look_inbound(struct desk *desk, void *arg, struct err *err)
{
	struct look *look = arg;

	return inbound_get(desk->tx, look->id, false, &look->inbound, err);
}

const char *
kit_outcome(struct desk_kit *kit, const struct id *inbound)
{
	struct look look = { .id = inbound };
	struct err err;

	if (kit_read(kit, look_inbound, &look, &err) < 0)
		fail_msg("%s", err.text);
	return arena_printf(kit->arena, "%s: %s", look.inbound.status, look.inbound.outcome);
}

static int
look_approvals(struct desk *desk, void *arg, struct err *err)
{
	struct look *look = arg;
	struct approval_filter filter = { .max = 1000 };

	return approval_list(desk->tx, &filter, &look->approvals, &look->count, err);
}

size_t
kit_approvals(struct desk_kit *kit)
{
	struct look look = { 0 };
	struct err err;

	if (kit_read(kit, look_approvals, &look, &err) < 0)
		fail_msg("%s", err.text);
	return look.count;
}

enum approval_state
kit_state(struct desk_kit *kit, size_t n)
{
	struct look look = { 0 };
	struct err err;

	if (kit_read(kit, look_approvals, &look, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(n < look.count);
	return look.approvals[n].state;
}

enum approval_state
kit_item_state(struct desk_kit *kit, int64_t item)
{
	struct look look = { 0 };
	struct err err;

	if (kit_read(kit, look_approvals, &look, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < look.count; i++)
		if (look.approvals[i].item == item)
			return look.approvals[i].state;
	fail_msg("there is no item %d", (int)item);
	return AS_COUNT;
}

struct id
kit_letter(struct desk_kit *kit, const struct kit_letter *l)
{
	AUTO(str_donep) struct str raw = STR_INIT(8u << 20);
	const char *at = strrchr(l->from, '@');
	const char *message_id = l->message_id != NULL
	    ? l->message_id
	    : arena_printf(kit->arena, "letter-%d@mail.test", kit->letters);

	if (!l->not_vouched)
		str_addf(&raw, "Authentication-Results: mx.desk.test; dkim=pass header.d=%.*s\r\n",
		    (int)strcspn(at + 1, "> "), at + 1);
	str_addf(&raw,
	    "Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\nFrom: %s\r\n"
	    "To: %s\r\n",
	    l->from, l->to != NULL ? l->to : "agent@desk.test");
	if (l->cc != NULL)
		str_addf(&raw, "Cc: %s\r\n", l->cc);
	str_addf(&raw,
	    "Subject: %s\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
	    "Message-ID: <%s>\r\n%s"
	    "Content-Type: text/plain; charset=utf-8\r\n\r\n%s",
	    l->subject, message_id, l->extra != NULL ? l->extra : "", l->body);
	return kit_mail(kit, str_text(&raw));
}

int
kit_setup(void **state)
{
	struct desk_kit *kit = mem_alloc(sizeof(*kit));

	kit_open(kit);
	*state = kit;
	return 0;
}

int
kit_teardown(void **state)
{
	kit_close(*state);
	mem_free(*state);
	return 0;
}
