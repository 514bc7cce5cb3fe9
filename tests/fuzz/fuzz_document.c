/*
 * fuzz_document: bytes become a ticket and an answer. What is written without a
 * model always has its form, is bounded and visible; what form_read() lets
 * through reads the same again, and holds no link and no stranger of ours.
 */
#include "help_fuzz.h"

#include <assent/ai/offline.h>
#include <assent/base/utf8.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECES 16
#define STRANGER "eve@evil.example"

struct pieces {
	char *items[PIECES];
};

/* A zero byte or a line of "%%" ends a piece. */
static void
cut(struct arena *arena, const uint8_t *data, size_t size, struct pieces *out)
{
	size_t start = 0, count = 0;

	for (size_t i = 0; i < PIECES; i++)
		out->items[i] = arena_dup(arena, "");
	for (size_t i = 0; i <= size && count < PIECES; i++)
		if (i == size || data[i] == '\0' || data[i] == '%') {
			AUTO(str_donep) struct str text = STR_INIT(1u << 20);
			utf8_add_clean(&text, (const char *)data + start, i - start);
			out->items[count++] = arena_dup(arena, str_text(&text));
			start = i + 1;
		}
}

static void
check_text(const struct form_check *asked, const char *text, struct arena *arena)
{
	struct form_check check = *asked;
	struct form_faults faults;
	const char *out, *again;

	check.text = text;
	if (!form_read(&check, arena, &out, &faults)) {
		must(faults.count > 0 && faults.items[0][0] != '\0');
		return;
	}
	must(utf8_is_valid(out, strlen(out)));
	must(strstr(out, "://") == NULL);
	must(strstr(out, STRANGER) == NULL || strstr(check.material, "evil") != NULL);
	check.text = out;
	must(form_read(&check, arena, &again, &faults) && text_is(out, again));
}

static void
check_offline(const struct form_check *asked, const struct bundle *bundle, struct arena *arena)
{
	struct form_check check = *asked;
	struct form_faults faults;
	const char *out;

	check.text = offline_write(check.kind, check.locale, bundle, arena);
	must(form_read(&check, arena, &out, &faults));
	must(text_is(out, check.text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const locales[] = { "en", "de", "fr", "es", "ar" };
	static const int confidences[] = { 0, 59, 60, 80, 81, 100 };
	struct arena *arena = arena_new((size_t)64 << 20);
	struct pieces p;
	uint8_t turn = size > 0 ? data[0] : 0;

	if (size > 64u << 10) {
		arena_free(arena);
		return 0;
	}
	cut(arena, data, size, &p);
	const struct bundle_message messages[] = { { "customer", true, 0, p.items[3] },
		{ "engineer", false, 0, p.items[4] }, { "customer", true, 0, p.items[5] } };
	const struct bundle_finding findings[] = { { "observed", p.items[6], 0 },
		{ "reported", p.items[7], 0 } };
	const struct bundle_fix fixes[] = { { p.items[8], p.items[9], 30, "one_off" },
		{ p.items[10], p.items[11], confidences[turn % 6], "active" } };
	const struct bundle_task tasks[] = { { "question", p.items[12], "", "open" },
		{ "action", p.items[13], p.items[14], "answered" } };
	const struct bundle bundle = { .title = p.items[1],
		.question = p.items[2],
		.attributes = p.items[2],
		.messages = messages,
		.message_count = 3,
		.findings = findings,
		.finding_count = 2,
		.fixes = fixes,
		.fix_count = 2,
		.tasks = tasks,
		.task_count = 2,
		.decision = p.items[9],
		.spent = p.items[15] };
	const char *material = bundle_text(&bundle, arena);
	struct form_check check = form_check_of(
	    (enum document_kind)(turn % DOCUMENT_KINDS), locales[turn % 5], &bundle, material);

	must(strlen(material) <= BUNDLE_MAX && utf8_is_valid(material, strlen(material)));
	check_offline(&check, &bundle, arena);
	check_text(&check, p.items[0], arena);
	arena_free(arena);
	return 0;
}
