#include "help_escalation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct policy_staff people[] = {
	{ EVE_AT, "Eve Engineer", "engineer", "desk", "" },
	{ MAX_AT, "Max Manager", "admin", "desk", "" },
	{ OLGA_AT, "Olga Owner", "owner", "desk", "" },
};

int
packet_setup(void **state)
{
	int rc = kit_setup(state);
	struct desk_kit *kit = *state;

	kit->policy.staff = people;
	kit->policy.staff_count = ARRAY_LEN(people);
	kit->policy.alert_to = "";
	return rc;
}

struct escalation_raise
packet_plain(void)
{
	return (struct escalation_raise){ .organisation = "acme",
		.title = "A deal above the limit",
		.reason = "high_value_deal",
		.priority = "high",
		.to = "engineer",
		.levels = "[{\"after_ms\": 7200000, \"to\": \"admin\"},"
			  " {\"after_ms\": 86400000, \"to\": \"owner\"}]",
		.suggest = "Review the deal",
		.rule = "",
		.confidence = -1,
		.by = "rules" };
}

/* What a step gave lies in its arena, which ends with it. */
static void
keep(struct desk_kit *kit, struct escalation *e)
{
	const char **texts[] = { &e->organisation, &e->title, &e->reason, &e->priority, &e->rule,
		&e->once_key, &e->source, &e->first_to, &e->levels, &e->state, &e->to, &e->assignee,
		&e->acked_by, &e->action, &e->notes, &e->override_json, &e->resolved_by,
		&e->missing, &e->artifacts, &e->texts, &e->suggest, &e->risk, &e->resume_token,
		&e->entity_type, &e->entity_id, &e->workflow, &e->failed_step };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_dup(kit->arena, *texts[i]);
}

struct kept {
	struct desk_kit *kit;
	const struct escalation_raise *raise;
	const struct escalation_wish *wish;
	const struct id *id;
	struct escalation out;
	bool changed;
};

static int
do_raise(struct desk *desk, void *arg, struct err *err)
{
	struct kept *k = arg;
	int rc = escalation_raise(desk, k->raise, &k->out, &k->changed, err);

	if (rc == 0)
		keep(k->kit, &k->out);
	return rc;
}

int
packet_raise(struct desk_kit *kit, const struct escalation_raise *raise, struct escalation *out,
    bool *is_new, struct err *err)
{
	struct kept kept = { .kit = kit, .raise = raise };
	int rc = kit_step(kit, do_raise, &kept, err);

	*out = kept.out;
	*is_new = kept.changed;
	return rc;
}

struct escalation
packet_new(struct desk_kit *kit, const struct escalation_raise *raise)
{
	struct escalation out;
	bool is_new = false;
	struct err err;

	if (packet_raise(kit, raise, &out, &is_new, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(is_new);
	kit_run(kit);
	return packet_get(kit, &out.id);
}

static int
do_act(struct desk *desk, void *arg, struct err *err)
{
	struct kept *k = arg;
	int rc = escalation_do(desk, k->wish, &k->out, &k->changed, err);

	if (rc == 0)
		keep(k->kit, &k->out);
	return rc;
}

int
packet_act(struct desk_kit *kit, const struct escalation_wish *wish, struct escalation *out,
    bool *changed, struct err *err)
{
	struct kept kept = { .kit = kit, .wish = wish };
	int rc = kit_step(kit, do_act, &kept, err);

	*out = kept.out;
	*changed = kept.changed;
	return rc;
}

struct escalation
packet_do(struct desk_kit *kit, struct escalation_wish wish)
{
	struct escalation out;
	bool changed = false;
	struct err err;

	if (packet_act(kit, &wish, &out, &changed, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(changed);
	kit_run(kit);
	return packet_get(kit, &out.id);
}

static int
do_get(struct desk *desk, void *arg, struct err *err)
{
	struct kept *k = arg;
	int rc = escalation_get(desk->tx, k->id, &k->out, err);

	if (rc == 0)
		keep(k->kit, &k->out);
	return rc;
}

struct escalation
packet_get(struct desk_kit *kit, const struct id *id)
{
	struct kept kept = { .kit = kit, .id = id };
	struct err err;

	if (kit_step(kit, do_get, &kept, &err) < 0)
		fail_msg("%s", err.text);
	return kept.out;
}
