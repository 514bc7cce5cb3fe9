#include <assent/flow/alert.h>

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/flow/notice.h>
#include <assent/store/alert.h>

struct known { /* the rows as they were */
	struct alert *items;
	size_t count;
};

static struct alert *
find(const struct known *known, const char *name)
{
	for (size_t i = 0; i < known->count; i++)
		if (text_is(known->items[i].name, name))
			return &known->items[i];
	return NULL;
}

static bool
is_on(const struct alert_look *look, const char *name)
{
	for (size_t i = 0; i < look->count; i++)
		if (text_is(look->conditions[i].name, name))
			return true;
	return false;
}

/* Was its beginning told, and not only that of an earlier time? Times may jump, counts do not. */
static bool
is_told(const struct alert *alert)
{
	return alert->told != 0 && alert->begins == 0;
}

static int
mail(struct desk *desk, const struct alert *alert, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const struct policy *policy = desk->policy;
	bool over = alert->ended != 0;
	json_t *view = json_object();
	struct notice notice = { .kind = "alert", .to_email = policy->alert_to, .view = view };

	if (policy->alert_to == NULL || policy->alert_to[0] == '\0') {
		json_decref(view);
		return 0;
	}
	view_text(view, "agent_email", policy->agent_email);
	view_text(view, "name", alert->name);
	view_text(view, "text", alert->text);
	view_text(view, "since", words_date(arena, policy->zone, alert->since));
	if (over)
		view_text(view, "ended", words_date(arena, policy->zone, alert->ended));
	if (!over && alert->begins > 1)
		json_object_set_new(view, "begins", json_integer(alert->begins));
	return notice_send(desk, &notice, NULL, err);
}

/* One that began is told, unless it was just told; then the next look does. */
static int
tell_begin(struct desk *desk, struct alert_look *look, struct alert *alert, struct err *err)
{
	int rc;

	if (is_told(alert))
		return 0;
	/* Why the absolute: after the clock jumped back nothing would be told for long. */
	if (look->silent ||
	    (alert->told != 0 && desk->now - alert->told < ALERT_PAUSE &&
		alert->told - desk->now < ALERT_PAUSE)) {
		look->waits = true;
		return 0;
	}
	rc = mail(desk, alert, err);
	alert->told = desk->now;
	alert->begins = 0;
	return rc;
}

static int
take_condition(struct desk *desk, struct alert_look *look, const struct health *health,
    const struct known *known, struct err *err)
{
	const struct alert *old = find(known, health->name);
	struct alert alert = { .since = desk->now };
	int rc;

	if (old != NULL)
		alert = *old;
	if (old == NULL || old->ended != 0) {
		alert.since = desk->now;
		alert.ended = 0;
		alert.begins++;
	}
	alert.name = health->name;
	alert.text = health->text;
	rc = tell_begin(desk, look, &alert, err);
	if (rc < 0 ||
	    (old != NULL && old->ended == 0 && old->told == alert.told &&
		text_is(old->text, alert.text)))
		return rc;
	return alert_put(desk->tx, &alert, err);
}

static int
take_end(struct desk *desk, struct alert_look *look, struct alert *alert, struct err *err)
{
	int rc = 0;

	if (alert->ended != 0 || is_on(look, alert->name))
		return 0;
	if (!look->settled || look->silent) {
		look->waits = true;
		return 0;
	}
	alert->ended = desk->now;
	if (is_told(alert))
		rc = mail(desk, alert, err);
	return rc < 0 ? rc : alert_put(desk->tx, alert, err);
}

int
alert_look(struct desk *desk, struct alert_look *look, struct err *err)
{
	struct known known = { 0 };
	int rc = alert_list(desk->tx, &known.items, &known.count, err);

	look->waits = false;
	for (size_t i = 0; rc == 0 && i < look->count; i++)
		rc = take_condition(desk, look, &look->conditions[i], &known, err);
	for (size_t i = 0; rc == 0 && i < known.count; i++)
		rc = take_end(desk, look, &known.items[i], err);
	return rc < 0 ? err_wrap(err, rc, "alerts") : 0;
}
