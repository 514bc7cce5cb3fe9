#include <assent/flow/hold.h>

#include <assent/base/str.h>
#include <assent/flow/matter.h>
#include <assent/store/hold.h>

#include "flow/record.h"

#define PAGE 200

struct tally {
	json_t *kinds; /* by kind: count and oldest */
	int64_t mails, old, reminders, closed, dropped;
	utc_ms oldest;
	span_ms drop_older; /* reminders older than this go; 0 keeps all */
	bool drops; /* this is the release, not a look */
};

static json_t *
time_json(utc_ms at)
{
	AUTO(str_donep) struct str text = STR_INIT(40);

	if (at == 0)
		return json_null();
	utc_add_iso(&text, at);
	return json_string(str_text(&text));
}

static void
count_mail(struct tally *tally, const struct held_mail *mail, utc_ms now)
{
	json_t *kind = json_object_get(tally->kinds, mail->kind);
	json_int_t n;

	if (kind == NULL) {
		kind = json_pack("{s:i, s:o}", "count", 0, "oldest", time_json(mail->created));
		json_object_set_new(tally->kinds, mail->kind, kind);
	}
	n = json_integer_value(json_object_get(kind, "count"));
	json_object_set_new(kind, "count", json_integer(n + 1));
	if (tally->mails++ == 0)
		tally->oldest = mail->created;
	tally->old += now - mail->created > MS_DAY;
}

static int
drop(struct desk *desk, struct tally *tally, const struct held_mail *mail, const char *why,
    struct err *err)
{
	tally->dropped++;
	return tally->drops ? hold_drop(desk->tx, &mail->id, why, err) : 0;
}

static int
weigh(struct desk *desk, struct tally *tally, const struct held_mail *mail, struct err *err)
{
	/* A question that was answered or closed while its mail waited need not be asked. */
	if (mail->is_closed) {
		tally->closed++;
		return drop(
		    desk, tally, mail, "the question was closed before its mail was let go", err);
	}
	if (mail->is_reminder && tally->drop_older > 0 &&
	    desk->now - mail->created > tally->drop_older)
		return drop(desk, tally, mail, "too old when it was let go", err);
	tally->reminders += mail->is_reminder;
	count_mail(tally, mail, desk->now);
	return 0;
}

static int
weigh_all(struct desk *desk, struct tally *tally, struct err *err)
{
	struct held_mail last, *mails, *after = NULL;
	size_t n;
	int rc;

	do {
		rc = hold_list(desk->tx, after, PAGE, &mails, &n, err);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = weigh(desk, tally, &mails[i], err);
		if (rc == 0 && n > 0) {
			last = mails[n - 1];
			after = &last;
		}
	} while (rc == 0 && n == PAGE);
	return rc;
}

static json_t *
kinds_list(const json_t *kinds)
{
	json_t *list = json_array(), *kind, *row;
	const char *name;

	json_object_foreach((json_t *)kinds, name, kind)
	{
		row = json_copy(kind);
		json_object_set_new(row, "kind", json_string(name));
		json_array_append_new(list, row);
	}
	return list;
}

static void
describe(const struct tally *tally, json_t *out)
{
	json_object_set_new(out, "mails", json_integer(tally->mails));
	json_object_set_new(out, "oldest", time_json(tally->oldest));
	json_object_set_new(out, "old", json_integer(tally->old));
	json_object_set_new(out, "reminders", json_integer(tally->reminders));
	json_object_set_new(out, "closed", json_integer(tally->closed));
	json_object_set_new(out, "kinds", kinds_list(tally->kinds));
}

int
hold_summary(struct desk *desk, json_t *out, struct err *err)
{
	struct tally tally = { .kinds = json_object() };
	utc_ms since = 0;
	bool held = false;
	int rc = hold_get(desk->tx, &held, &since, err);

	if (rc == 0)
		rc = weigh_all(desk, &tally, err);
	if (rc == 0) {
		json_object_set_new(out, "held", json_boolean(held));
		json_object_set_new(out, "since", time_json(since));
		describe(&tally, out);
	}
	json_decref(tally.kinds);
	return rc;
}

static int
note(struct desk *desk, const char *kind, struct err *err)
{
	const struct ledger_field fields[] = { { "by", "operator" } };

	return record_ledger(desk,
	    &(struct record_entry){ .kind = kind, .fields = fields, .field_count = 1 }, NULL, err);
}

int
hold_begin(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	bool held;
	int rc = hold_get(desk->tx, &held, NULL, err);

	(void)arguments;
	if (rc == 0 && !held)
		rc = hold_set(desk->tx, true, desk->now, err);
	if (rc == 0 && !held)
		rc = note(desk, "hold.begun", err);
	if (rc == 0)
		json_object_set_new(out, "held", json_true());
	return rc;
}

int
hold_end(struct desk *desk, const json_t *arguments, json_t *out, struct err *err)
{
	struct tally tally = { .kinds = json_object(), .drops = true };
	bool held;
	int rc = hold_get(desk->tx, &held, NULL, err);

	tally.drop_older = json_integer_value(json_object_get(arguments, "drop_older"));
	if (rc == 0 && !held)
		rc =
		    err_set(err, ERR_CONFLICT, "nothing is held; everything goes out as it should");
	if (rc == 0)
		rc = weigh_all(desk, &tally, err);
	if (rc == 0)
		rc = hold_set(desk->tx, false, desk->now, err);
	if (rc == 0)
		rc = note(desk, "hold.ended", err);
	if (rc == 0) {
		describe(&tally, out);
		json_object_set_new(out, "dropped", json_integer(tally.dropped));
		json_object_set_new(out, "held", json_false());
	}
	json_decref(tally.kinds);
	return rc;
}
