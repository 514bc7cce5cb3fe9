#include "control.h"
#include "doctor.h"
#include "look.h"
#include "verbs.h"

#include <assent/base/num.h>

#include <stdarg.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)512 << 20)
#define WAIT_DEFAULT (60 * MS_SECOND)
#define WAIT_MOST (30 * MS_MINUTE)

static const char *const names[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARN] = "warn",
	[FINDING_BAD] = "bad",
};

static json_t *
note_json(const struct note *note, const char *text)
{
	json_t *object = json_object();

	json_object_set_new(object, "finding", json_string(names[note->finding]));
	json_object_set_new(object, "what", cli_json_text(note->what));
	json_object_set_new(object, "text", cli_json_text(text));
	json_object_set_new(object, "todo", note->todo ? cli_json_text(note->todo) : json_null());
	return object;
}

void
doctor_say(struct doctor *doctor, const struct note *note, const char *fmt, ...)
{
	char text[1000];
	json_t *object;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (note->finding > doctor->worst)
		doctor->worst = note->finding;
	object = note_json(note, text);
	json_array_append_new(doctor->findings, object);
	if (doctor->cli->json)
		return;
	/* Through a cell, which makes words of strangers harmless. */
	AUTO(str_donep) struct str line = STR_INIT(8000);

	look_add_cell(&line, object, "text", LOOK_TEXT);
	printf("%-4s  %s: %s\n", names[note->finding], note->what, str_text(&line));
	if (note->todo) {
		str_clear(&line);
		look_add_cell(&line, object, "todo", LOOK_TEXT);
		printf("      -> %s\n", str_text(&line));
	}
	fflush(stdout);
}

static int
take_wait(struct cli *cli, span_ms *out)
{
	const char *text = cli_text(cli, "--wait");

	*out = WAIT_DEFAULT;
	if (text && (!span_parse(text, out) || *out < MS_SECOND || *out > WAIT_MOST))
		return cli_usage(cli, "--wait needs a time from 1s to 30m, not '%s'", text);
	return CLI_OK;
}

static int
report(struct doctor *doctor)
{
	bool bad = doctor->worst == FINDING_BAD;

	if (doctor->cli->json)
		cli_print_json(json_pack("{s:b, s:s, s:O}", "ok", !bad, "worst",
		    names[doctor->worst], "findings", doctor->findings));
	else
		printf("\n%s\n",
		    bad ? "Something is wrong: see above what to do."
			: doctor->worst == FINDING_OK
			? "All is well."
			: "It works; see above what could be better.");
	return bad ? CLI_FAULTS : CLI_OK;
}

int
verb_doctor(struct cli *cli)
{
	struct doctor doctor = { .cli = cli };
	span_ms wait;
	int64_t pid;
	int rc = take_wait(cli, &wait);

	if (rc == CLI_OK)
		rc = cli_settings(cli, &doctor.settings);
	if (rc != CLI_OK)
		return rc;
	doctor.arena = arena_new(ARENA_MAX);
	doctor.findings = json_array();
	doctor.is_up = control_state(doctor.settings, &pid) == CONTROL_UP;
	doctor_local(&doctor);
	doctor_trust(&doctor);
	doctor_url(&doctor);
	doctor_servers(&doctor);
	doctor_models(&doctor);
	if (cli_flag(cli, "--mail"))
		doctor_mail(&doctor, wait);
	rc = report(&doctor);
	json_decref(doctor.findings);
	arena_free(doctor.arena);
	return rc;
}
